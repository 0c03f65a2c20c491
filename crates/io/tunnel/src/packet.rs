//! Packets, as they are inside the tunnel: IPv4. Arithmetic and rules; nothing here has state but memory and counters.

pub(crate) mod batch;
pub(crate) mod begun;
pub(crate) mod checksum;
pub(crate) mod counters;
pub(crate) mod elsewhere;
pub(crate) mod everyone;
pub(crate) mod fragment;
pub(crate) mod icmp;
pub(crate) mod ipv4;
pub(crate) mod probe;
pub(crate) mod readdress;
pub(crate) mod routing;
