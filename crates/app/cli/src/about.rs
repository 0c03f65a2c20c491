//! What this program says of this computer, and of itself.

pub(crate) mod doctor;
pub(crate) mod version;
