use std::{cmp::Reverse, collections::BTreeMap};

use lanrage_party::{Departure, PartyId, PeerId};

/// Most departures that are remembered; the oldest are forgotten first.
const MOST: usize = 1_024;
/// Most that are kept for the next start, the newest ones: so many tell of all that a party can have lost at once.
const KEPT: usize = 64;

/// Who has left the party by its own word, so that nobody who missed that brings it back.
#[derive(Debug, Default)]
pub(crate) struct Departures {
    all: BTreeMap<PeerId, Departure>,
    /// What is kept for the next start is no longer what is known.
    differs_from_kept: bool,
}

impl Departures {
    /// Takes up what the last start in `party` has kept, as far as it is proven.
    pub(crate) fn restore(&mut self, kept: Vec<Departure>, party: &PartyId) {
        let proven =
            kept.into_iter().filter(|departure| departure.leave.is_of(&departure.identity, party, 0));
        self.all.extend(proven.take(MOST).map(|departure| (departure.peer(), departure)));
    }

    /// Each with the proof.
    pub(crate) const fn all(&self) -> &BTreeMap<PeerId, Departure> {
        &self.all
    }

    /// What is to be kept for the next start, if that is something else now.
    pub(crate) fn take_unkept(&mut self) -> Option<Vec<Departure>> {
        std::mem::take(&mut self.differs_from_kept).then(|| {
            let mut newest: Vec<Departure> = self.all.values().copied().collect();
            newest.sort_by_key(|departure| Reverse(departure.leave.sequence));
            newest.truncate(KEPT);
            newest
        })
    }

    /// Whether a peer has left after it said what has this sequence.
    pub(crate) fn has_left(&self, peer: &PeerId, sequence: u64) -> bool {
        self.all.get(peer).is_some_and(|departure| departure.leave.sequence >= sequence)
    }

    /// A peer is a member again.
    pub(crate) fn forget(&mut self, peer: &PeerId) {
        self.differs_from_kept |= self.all.remove(peer).is_some();
    }

    /// Remembers a departure that was verified. True if it is news.
    pub(crate) fn note(&mut self, peer: PeerId, departure: Departure) -> bool {
        if self.has_left(&peer, departure.leave.sequence) {
            return false;
        }
        self.differs_from_kept = true;
        self.all.insert(peer, departure);
        if self.all.len() > MOST {
            let oldest = self.all.iter().min_by_key(|(_, departure)| departure.leave.sequence);
            oldest.map(|(id, _)| *id).map(|id| self.all.remove(&id));
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
        let kept = departures.take_unkept().unwrap();
        assert_eq!((kept.len(), kept[0].leave.sequence, departures.take_unkept()), (KEPT, 3_000, None));
    }

    #[test]
    fn of_what_was_kept_only_what_proves_itself_is_taken_up() {
        let party = PartyId::from_random([1; 16]);
        let [ann, bob] = [1, 2].map(|seed| DeviceIdentity::from_seed(&[seed; 32]));
        let of = |who: &DeviceIdentity, by: &DeviceIdentity, party: &PartyId| Departure {
            identity: who.public(),
            leave: Leave::sign(by, party, 7),
        };
        let elsewhere = PartyId::from_random([2; 16]);
        let kept = vec![of(&ann, &bob, &party), of(&bob, &bob, &elsewhere), of(&bob, &bob, &party)];
        let mut departures = Departures::default();
        departures.restore(kept, &party);
        assert!(departures.has_left(&bob.peer_id(), 7) && !departures.has_left(&bob.peer_id(), 8));
        assert!(!departures.has_left(&ann.peer_id(), 1));
        assert_eq!(departures.take_unkept(), None, "they are kept already");
        departures.forget(&bob.peer_id());
        assert_eq!(departures.take_unkept(), Some(Vec::new()));
    }
}
