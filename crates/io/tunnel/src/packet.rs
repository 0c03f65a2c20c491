//! Packets, as they are inside the tunnel: IPv4. Arithmetic and rules; nothing here has state but memory and counters.

pub(crate) mod batch;
pub(crate) mod begun;
pub(crate) mod checksum;
pub(crate) mod counters;
pub(crate) mod flood;
pub(crate) mod fragment;
pub(crate) mod household;
pub(crate) mod icmp;
pub(crate) mod ipv4;
pub(crate) mod probe;
pub(crate) mod readdress;
pub(crate) mod repeats;
pub(crate) mod routing;
pub(crate) mod search_copy;
pub(crate) mod unicast_copy;
