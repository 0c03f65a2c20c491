use std::collections::BTreeMap;

use lanrage_party::PeerId;

use super::message::Departure;

/// Most departures that are remembered; the oldest are forgotten first.
const MOST: usize = 1_024;

/// Who has left the party by its own word, so that nobody who missed that brings it back.
#[derive(Debug, Default)]
pub(crate) struct Departures(BTreeMap<PeerId, Departure>);

impl Departures {
    /// Each with the proof.
    pub(crate) const fn all(&self) -> &BTreeMap<PeerId, Departure> {
        &self.0
    }

    /// Whether a peer has left after it said what has this sequence.
    pub(crate) fn has_left(&self, peer: &PeerId, sequence: u64) -> bool {
        self.0.get(peer).is_some_and(|departure| departure.leave.sequence >= sequence)
    }

    /// A peer is a member again.
    pub(crate) fn forget(&mut self, peer: &PeerId) {
        self.0.remove(peer);
    }

    /// Remembers a departure that was verified. True if it is news.
    pub(crate) fn note(&mut self, peer: PeerId, departure: Departure) -> bool {
        if self.has_left(&peer, departure.leave.sequence) {
            return false;
        }
        self.0.insert(peer, departure);
        if self.0.len() > MOST {
            let oldest = self.0.iter().min_by_key(|(_, departure)| departure.leave.sequence);
            oldest.map(|(id, _)| *id).map(|id| self.0.remove(&id));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use lanrage_party::{DeviceIdentity, Leave, PartyId};

    use super::*;

    #[test]
    fn the_newest_departures_are_kept_however_many_there_are() {
        let mut departures = Departures::default();
        for n in 0..3_000_u64 {
            let leaver = DeviceIdentity::from_seed(&std::array::from_fn(|at| (n >> (at % 8 * 8)) as u8));
            let leave = Leave::sign(&leaver, &PartyId::from_random([1; 16]), n + 1);
            let departure = Departure { identity: leaver.public(), leave };
            assert!(departures.note(leaver.peer_id(), departure));
            assert!(!departures.note(leaver.peer_id(), departure), "known already");
        }
        assert_eq!(departures.all().len(), MOST);
        assert!(departures.all().values().all(|kept| kept.leave.sequence > 3_000 - MOST as u64));
    }
}
