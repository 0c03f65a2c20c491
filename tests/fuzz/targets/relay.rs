//! Relays: how they are written, and the pool of those in use.

pub(crate) mod pool;
pub(crate) mod uri;
