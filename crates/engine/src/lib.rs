//! lanrage-engine
mod snapshot;
pub use snapshot::*;
