//! Parties that nobody ever came to: what a stranger can make many of, and what is missed least.

use lanrage_party::{PartyId, PeerId, UnixMillis};

use super::{Registry, party::PartyState};

/// Of so many parties that there may be, one is forgotten at a time where there is no room, so that the search for them
/// is worth it.
const SHARE: usize = 1_000;

impl PartyState {
    /// Whether its only member has always been alone here, and is away. It has every right to make the party again.
    fn waits_alone(&self) -> bool {
        !self.had_company && self.members.values().all(|member| !member.online)
    }

    /// Its only member, if that one has been alone here all the time and is away since before `since`.
    pub(super) fn deserted(&self, since: UnixMillis) -> Option<PeerId> {
        let (peer, member) = self.members.first_key_value()?;
        (self.waits_alone() && member.last_seen < since).then_some(*peer)
    }
}

impl Registry {
    /// Makes room for another party, if need be by forgetting some that wait alone, the youngest first: what a stranger
    /// has just made many of. Nobody who is here, and no party that ever had a second member, makes room. False if all are
    /// such.
    pub(super) fn make_room(&mut self) -> bool {
        if self.parties.len() < self.settings.parties {
            return true;
        }
        let alone = self.parties.values().filter(|party| party.waits_alone());
        let mut alone: Vec<(UnixMillis, PartyId)> = alone.map(|party| (party.created_at, party.id)).collect();
        alone.sort_unstable_by(|one, other| other.cmp(one));
        for (_, id) in alone.iter().take((self.settings.parties / SHARE).max(1)) {
            let members: Vec<PeerId> = self.members(id).collect();
            members.into_iter().for_each(|peer| self.remove(*id, peer, None));
            self.forgotten += 1;
        }
        !alone.is_empty()
    }

    /// How many parties have made room for others so far.
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }
}
