//! Being in a party: who this device is there, and whom it lets in.

pub(crate) mod membership;
pub(crate) mod roster;
