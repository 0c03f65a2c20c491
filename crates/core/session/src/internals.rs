//! What the fuzzer takes apart, by one function each. No part of the product: a host builds without the feature that this
//! is behind.

use lanrage_party::PartyId;

use crate::peers::gossip::message::Message;

/// Reads what a member may tell another inside their session, and writes it again.
pub fn gossip(bytes: &[u8], party: PartyId) -> Option<Vec<u8>> {
    Some(Message::parse(bytes, party)?.to_bytes())
}
