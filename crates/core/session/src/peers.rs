//! The friends, and the paths to them.

pub(crate) mod awaited;
pub(crate) mod called;
pub(crate) mod connection;
pub(crate) mod connections;
pub(crate) mod gossip;
pub(crate) mod knocking;
pub(crate) mod relaying;
pub(crate) mod sightings;
pub(crate) mod signal;
