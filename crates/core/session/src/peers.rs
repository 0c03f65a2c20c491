//! The friends, and the paths to them.

pub(crate) mod connection;
mod connection_state;
pub(crate) mod connections;
pub(crate) mod signal;
