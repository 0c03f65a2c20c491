//! Who somebody is and what only friends can read: keys, signatures, seals.

pub(crate) mod access;
pub(crate) mod door;
pub(crate) mod epochs;
pub(crate) mod identity;
pub(crate) mod key;
pub(crate) mod knock;
pub(crate) mod leave;
pub(crate) mod pass;
pub(crate) mod record;
pub(crate) mod ruling;
pub(crate) mod rulings;
pub(crate) mod said;
pub(crate) mod seal;
pub(crate) mod server;
pub(crate) mod share;
