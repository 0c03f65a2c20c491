//! The two sessions with a peer, one for each lane, as each lane's lock holds them.

use parking_lot::MutexGuard;

use crate::{
    datagram::demux::INITIATION_BYTES,
    peer::{pending::PendingPackets, wireguard::Session},
};

/// Implementation: initiations of an express session that are sent before the peer counts as one that has a single
/// lane, until the bulk session is made anew.
const EXPRESS_TRIES: u8 = 3;

/// Implementation: initiations of an express session that are answered before one is completed. The number of the lane is
/// outside an initiation's integrity check, so somebody on the way can lead those of the bulk lane here; the eighth would
/// push out the session in use. Honest ones are fewer ([`EXPRESS_TRIES`]).
const EXPRESS_ANSWERS: u8 = 6;

/// The session that every WireGuard peer has.
pub(super) struct BulkLane {
    pub(super) session: Session,
    pub(super) pending: PendingPackets,
}

/// The second session, which the first one's establishment begins. It counts only beside the bulk session that it was
/// made for: a peer that was started again has forgotten both, and only the first one's handshake tells us.
pub(super) struct ExpressLane {
    pub(super) session: Session,
    /// Handshakes of bulk sessions at the time when this one was established. Fewer than the present bulk session has
    /// seen: it belongs to a former one.
    pub(super) belongs_to: Option<u32>,
    /// Initiations sent since the bulk session was established.
    pub(super) tries: u8,
    /// Initiations answered since a session of either lane was established.
    pub(super) answers: u8,
}

/// A lane's lock while packets of that lane are handled.
pub(super) enum Held<'a> {
    Bulk(MutexGuard<'a, BulkLane>),
    Express(MutexGuard<'a, ExpressLane>),
    /// The bulk lane's, which has no live session: packets wait.
    NoSession(MutexGuard<'a, BulkLane>),
}

impl ExpressLane {
    /// Whether it can seal, beside a bulk session that was established after so many handshakes.
    pub(super) fn is_usable(&self, bulk_session: u32) -> bool {
        self.belongs_to.is_some_and(|handshakes| handshakes >= bulk_session) && self.session.is_live()
    }

    /// Counts an initiation that is about to be answered; false if it is one too many.
    pub(super) fn may_answer(&mut self) -> bool {
        self.answers = self.answers.saturating_add(1);
        self.answers <= EXPRESS_ANSWERS
    }

    /// Moves the clock. A peer that does not answer has one lane, and is left in peace.
    pub(super) fn tick(&mut self, out: &mut [u8]) -> Option<usize> {
        let len = self.session.tick(out)?;
        let is_initiation = len == INITIATION_BYTES && out[0] == 1;
        if is_initiation {
            self.tries = self.tries.saturating_add(1);
        }
        (!is_initiation || self.tries <= EXPRESS_TRIES).then_some(len)
    }
}
