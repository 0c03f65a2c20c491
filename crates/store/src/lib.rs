//! lanrage-store
