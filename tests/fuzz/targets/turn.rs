//! TURN in both roles, over datagrams and streams.

pub(crate) mod channel_data;
pub(crate) mod client;
pub(crate) mod server;
pub(crate) mod stream;
pub(crate) mod wire;
pub(crate) mod world;
