//! lanrage-adapter
