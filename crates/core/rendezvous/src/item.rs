//! What lies in the store: a sealed text of one length, in the form of a pkarr item, signed as BEP 44 wants it.

pub(crate) mod keys;
pub(crate) mod lock;
pub(crate) mod signed;
pub(crate) mod txt;

/// Length of what is sealed, in bytes: twelve entries of either kind and a head fit, and it is always filled up, so that its
/// length tells nothing.
pub const PLAIN_BYTES: usize = 840;
/// Length of nonce, sealed text and tag, in bytes.
pub const SEALED_BYTES: usize = 24 + PLAIN_BYTES + 16;
