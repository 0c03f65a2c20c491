//! Where peers are and how packets reach them: addresses, ways, lanes, relays.

pub(crate) mod adapter_look;
pub(crate) mod adapter_name;
pub(crate) mod candidate;
pub(crate) mod flow_lanes;
pub(crate) mod forwarding;
pub(crate) mod ipam;
pub(crate) mod lane;
pub(crate) mod nat_type;
pub(crate) mod pace;
pub(crate) mod quality;
pub(crate) mod relay;
pub(crate) mod remote;
pub(crate) mod search_ways;
pub(crate) mod searches;
pub(crate) mod tunnel;
