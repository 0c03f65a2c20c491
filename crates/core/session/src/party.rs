//! Being in a party: who this device is there, whom it lets in, and how guests come to it.

pub(crate) mod active;
pub(crate) mod codes;
pub(crate) mod first_link;
pub(crate) mod found;
pub(crate) mod last_knocks;
pub(crate) mod membership;
mod missing;
pub(crate) mod parting;
pub(crate) mod requests;
pub(crate) mod roster;
pub(crate) mod shield;
pub(crate) mod undo;
