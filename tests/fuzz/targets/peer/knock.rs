use lanrage_party::{Knock, PartyId, limits};

/// What a holder of the link may have sealed: whatever is a knock is the same knock when it is written again, and always of one
/// length.
pub(crate) fn run(data: &[u8]) {
    let party = PartyId::from_random([1; 16]);
    if let Some(knock) = Knock::from_plain(data, party) {
        let plain = knock.to_plain();
        assert_eq!(plain.len() + 1 + 24 + 16, limits::KNOCK_BYTES);
        if data.len() <= plain.len() {
            assert_eq!(Knock::from_plain(&plain, party), Some(knock));
        }
    }
}
