//! lanrage
