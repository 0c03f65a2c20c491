//! lanrage-control
