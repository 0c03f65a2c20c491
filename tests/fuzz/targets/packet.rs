//! Packets of the virtual device, and of other interfaces.

pub(crate) mod offload;
pub(crate) mod search_copy;
pub(crate) mod shield;
