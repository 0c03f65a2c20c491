//! Whose a party is and was, and whose word is an owner's.
//!
//! An owner has signed what they ruled, and can sign more with any date. So whoever is handed a party goes on in their own name
//! with what they know was ruled, and from then on nothing else by the owners before counts.

use sha2::{Digest, Sha256};

use super::{HAND_OVERS, Rulings, first_of};
use crate::{DeviceIdentity, Matter, PeerId, Ruling, UnixMillis};

/// For how long after a hand-over that is known an earlier one by the same owner may still take its place: their device may
/// have forgotten that one. Later it would be dated back.
const SETTLED_MS: u64 = 2 * 3_600_000;

impl Rulings {
    /// Whether a party that was handed over to somebody is not [taken over](Self::take_over) yet: whether all is known that the
    /// owner before had ruled by their word.
    pub fn has_to_take_over(&self, heir: &PeerId) -> Option<bool> {
        let [.., (from, _, until), (owner, ..)] = self.reigns()[..] else { return None };
        let hand_over = self.hand_overs.get(&(from, until)).filter(|_| owner == *heir)?;
        let is_complete = match hand_over.matter() {
            Matter::HandOver { estate, .. } => *estate == self.estate_of(&from),
            _ => false,
        };
        (!self.taken_over.contains_key(&(from, until))).then_some(is_complete)
    }

    /// Goes on in one's own name with all that the owners before have ruled and that is in force, with the versions that it has: so
    /// nothing of theirs has to count any more, which they could date back into their time, and nothing is overruled that is not
    /// known here. The new rulings, to be told to everybody.
    pub fn take_over(&mut self, identity: &DeviceIdentity) -> Vec<Ruling> {
        let own = identity.peer_id();
        let [.., (from, _, until), _] = self.reigns()[..] else { return Vec::new() };
        if self.has_to_take_over(&own).is_none() {
            return Vec::new();
        }
        let of_others = self.rest.values().filter(|ruling| ruling.author() != own);
        let estate = of_others.filter(|ruling| self.owned(&ruling.author(), ruling.version()));
        let in_force = estate.filter(|ruling| self.is_in_force(ruling));
        let going_on = in_force.map(|ruling| (ruling.version(), ruling.matter().clone()));
        let last = (until + 1, Matter::TakenOver { from });
        let all: Vec<(u64, Matter)> = going_on.chain([last]).collect();
        let mut made = Vec::new();
        for (version, matter) in all {
            let ruling = Ruling::sign(identity, &self.party, version, matter);
            // Nobody rules on themselves: what was ruled on the new owner ends.
            if !self.knows(&ruling) && !self.is_void(&ruling) {
                self.insert(ruling.clone());
                made.push(ruling);
            }
        }
        made
    }

    /// Whether somebody goes on by it with what an owner before had ruled: it decides nothing anew.
    pub fn goes_on(&self, ruling: &Ruling) -> bool {
        let is_of_before =
            |(owner, since, _): &(PeerId, u64, u64)| *owner == ruling.author() && ruling.version() < *since;
        self.reigns().last().is_some_and(is_of_before)
    }

    /// Stands for all that an owner has ruled and that counts.
    pub(super) fn estate_of(&self, owner: &PeerId) -> u64 {
        let mut hasher = Sha256::new();
        let rights = self.rights();
        let is_estate =
            |ruling: &&Ruling| ruling.author() == *owner && is_within(&rights, owner, ruling.version());
        self.rest.values().filter(is_estate).for_each(|ruling| hasher.update(ruling.mark()));
        first_of(hasher)
    }

    /// Whether a hand-over would come before one of the same owner's that is known for long. Their device may have forgotten that
    /// one, and then the first counts; else whoever had the party could take it back for ever.
    pub(super) fn is_dated_back(&self, ruling: &Ruling, wall: UnixMillis) -> bool {
        let (author, version) = (ruling.author(), ruling.version());
        let comes_before = |(owner, from, until): &(PeerId, u64, u64)| {
            *owner == author
                && *until < u64::MAX
                && (*from..=*until).contains(&version)
                && until.saturating_add(SETTLED_MS) < wall.0
        };
        ruling.matter().heir(&author).is_some() && self.reigns().iter().any(comes_before)
    }

    /// Whose rulings are an owner's from when until when (versions): since the last time that an heir has taken over, whose own go
    /// back for ever.
    fn rights(&self) -> Vec<(PeerId, u64, u64)> {
        let mut reigns = self.reigns();
        let is_taken_over =
            |(owner, _, until): &(PeerId, u64, u64)| self.taken_over.contains_key(&(*owner, *until));
        if let Some(last) = reigns.iter().rposition(is_taken_over) {
            reigns.drain(..=last);
        }
        if let Some((_, since, _)) = reigns.first_mut() {
            *since = 0;
        }
        reigns
    }

    /// Who owned the party from when until when (versions), the present owner last.
    pub(super) fn reigns(&self) -> Vec<(PeerId, u64, u64)> {
        let (mut owner, mut since) = (self.founder, 0);
        let mut reigns = Vec::new();
        while reigns.len() < HAND_OVERS {
            let next = self.hand_overs.range((owner, since)..=(owner, u64::MAX)).next();
            let Some((&(_, until), ruling)) = next else { break };
            reigns.push((owner, since, until));
            let Some(heir) = ruling.matter().heir(&owner) else { break };
            (owner, since) = (heir, until + 1);
        }
        reigns.push((owner, since, u64::MAX));
        reigns
    }

    /// Whether somebody's ruling of this version is an owner's.
    pub(super) fn owned(&self, author: &PeerId, version: u64) -> bool {
        let acts = |claim: &Ruling| claim.author() == *author && version >= claim.version();
        // The present owner may go on with anything.
        self.claim.as_ref().is_some_and(acts)
            || *author == self.owner()
            || is_within(&self.rights(), author, version)
    }

    /// Whether the party was somebody's at the time of this version.
    pub(super) fn reigned(&self, peer: &PeerId, version: u64) -> bool {
        is_within(&self.reigns(), peer, version)
    }

    /// Whom somebody has handed the party over to just before this version.
    pub(super) fn heir_of(&self, from: &PeerId, version: u64) -> Option<PeerId> {
        self.hand_overs.get(&(*from, version.checked_sub(1)?))?.matter().heir(from)
    }
}

fn is_within(reigns: &[(PeerId, u64, u64)], peer: &PeerId, version: u64) -> bool {
    reigns.iter().any(|(owner, from, until)| owner == peer && (*from..=*until).contains(&version))
}

#[cfg(test)]
mod tests;
