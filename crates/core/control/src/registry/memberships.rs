use std::collections::BTreeMap;

use lanrage_party::{PartyId, PeerId};

/// Which parties each peer is in. Lists, not sets: nearly every peer is in one party, and none in more than
/// [`super::RegistrySettings::parties_per_peer`].
#[derive(Debug, Default)]
pub(super) struct Memberships(BTreeMap<PeerId, Vec<PartyId>>);

impl Memberships {
    pub(super) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(super) fn of(&self, peer: &PeerId) -> &[PartyId] {
        self.0.get(peer).map_or(&[], Vec::as_slice)
    }

    pub(super) fn add(&mut self, peer: PeerId, party: PartyId) {
        let mine = self.0.entry(peer).or_default();
        if !mine.contains(&party) {
            mine.reserve_exact(1);
            mine.push(party);
        }
    }

    pub(super) fn remove(&mut self, peer: &PeerId, party: &PartyId) {
        if let Some(mine) = self.0.get_mut(peer) {
            mine.retain(|id| id != party);
            if mine.is_empty() {
                self.0.remove(peer);
            }
        }
    }
}
