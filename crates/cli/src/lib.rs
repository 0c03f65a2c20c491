//! lanrage-cli
