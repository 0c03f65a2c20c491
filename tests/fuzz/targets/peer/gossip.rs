use lanrage_party::PartyId;
use lanrage_session::internals::gossip;

/// What a member may tell inside a session: whatever is read says no more than its bytes, and is the same when it is written
/// and read again.
pub(crate) fn run(data: &[u8]) {
    let party = PartyId::from_random([1; 16]);
    if let Some(written) = gossip(data, party) {
        assert!(written.len() <= data.len());
        assert_eq!(gossip(&written, party), Some(written));
    }
}
