//! Short codes that this device's player has made, and the one that it looks up.

use std::time::Instant;

use lanrage_base::bucket::{Rate, TokenBucket};
use lanrage_party::{Serial, UnixMillis};
use lanrage_rendezvous::code::{CodeOffer, CodeSearch, OfferState, ShortCode};

use crate::input::Ticket;

/// Most codes of a party at a time that one device has made.
pub(crate) const MOST: usize = 4;
/// How often codes may be looked up: five times at once, and then once a minute. Whoever tries codes by another program is held back by
/// their number alone; this is for who types what comes to mind.
const TRIES: Rate = Rate { burst: 300, per_second: 1 };
const TRY: u64 = 60;

/// A code of this party, made here.
#[derive(Debug)]
pub(crate) struct OwnCode {
    pub(crate) code: ShortCode,
    /// The limited link behind it.
    pub(crate) serial: Serial,
    /// When it leads nowhere any more.
    pub(crate) ends: UnixMillis,
    pub(crate) offer: CodeOffer,
    /// Whether everybody with the party's link could come in before there was this one.
    pub(crate) was_open: bool,
    /// Who waits for it to be found.
    pub(crate) ticket: Option<Ticket>,
}

impl OwnCode {
    /// Whether it is shown: not one that leads nowhere any more.
    pub(crate) const fn is_good(&self) -> bool {
        matches!(self.offer.state(), OfferState::Storing | OfferState::Stored)
    }
}

/// A code that is looked up.
#[derive(Debug)]
pub(crate) struct TypedCode {
    pub(crate) ticket: Ticket,
    pub(crate) since: UnixMillis,
    pub(crate) search: CodeSearch,
}

/// How often codes were looked up.
#[derive(Debug)]
pub(crate) struct Tries(TokenBucket);

impl Default for Tries {
    fn default() -> Self {
        Self(TokenBucket::new(TRIES))
    }
}

impl Tries {
    /// Whether one more is allowed now; it counts then.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        self.0.take(now, TRY)
    }
}
