//! Datagrams, as they are outside the tunnel: UDP, straight or by a relay.

pub(crate) mod asked;
pub(crate) mod batch;
pub(crate) mod demux;
pub(crate) mod forwarding;
pub(crate) mod hop;
pub(crate) mod knocks;
pub(crate) mod relays;
