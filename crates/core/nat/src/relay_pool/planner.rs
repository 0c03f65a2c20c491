use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lanrage_party::PeerId;

use super::{ALLOCATIONS, PeerRelayInfo};
use crate::relay_choice::{RelayChooser, RelayHealth};

/// The own best relay and a warm spare.
const OWN: usize = 2;

/// Decides on which relays allocations are held.
#[derive(Debug, Default)]
pub(super) struct Planner {
    best: RelayChooser<String>,
    spare: RelayChooser<String>,
    pairs: BTreeMap<PeerId, RelayChooser<String>>,
}

/// A relay as the planner sees it, in the order of the offer.
#[derive(Debug)]
pub(super) struct Offered<'a> {
    pub(super) name: &'a str,
    pub(super) health: RelayHealth,
    /// There is an allocation on it, or one is being made.
    pub(super) held: bool,
    /// It let us down a moment ago.
    pub(super) distrusted: bool,
}

impl Planner {
    /// The relays to hold, most important first, at most [`ALLOCATIONS`]. `blindly`: relays that nobody has
    /// measured are taken too. `refuses`: whether a relay reaches none of a peer's addresses.
    pub(super) fn plan(
        &mut self,
        now: Instant,
        offered: &[Offered<'_>],
        peers: &[PeerRelayInfo],
        blindly: bool,
        refuses: impl Fn(&str, &PeerId) -> bool,
    ) -> Vec<String> {
        let mut own: Vec<(String, RelayHealth)> =
            offered.iter().map(|relay| (relay.name.to_owned(), relay.health)).collect();
        let mut wanted: Vec<String> = Vec::new();
        let pairs = self.pairs(now, &own, peers, refuses);
        wanted.extend(self.best.update(now, &own, None).cloned());
        own.retain(|(name, _)| !wanted.contains(name));
        wanted.extend(self.spare.update(now, &own, None).cloned());
        for name in pairs {
            if wanted.len() < ALLOCATIONS && !wanted.contains(&name) {
                wanted.push(name);
            }
        }
        // Where measuring has not told enough, what is there stays, and then the order of the offer counts.
        let mut rest: Vec<&Offered<'_>> =
            offered.iter().filter(|relay| !wanted.iter().any(|name| name == relay.name)).collect();
        rest.retain(|relay| relay.held || blindly);
        rest.sort_by_key(|relay| (relay.distrusted, !relay.held));
        let missing = OWN.saturating_sub(wanted.len());
        wanted.extend(rest.into_iter().take(missing).map(|relay| relay.name.to_owned()));
        wanted
    }

    /// The best relay of each pair, those of most pairs first.
    fn pairs(
        &mut self,
        now: Instant,
        own: &[(String, RelayHealth)],
        peers: &[PeerRelayInfo],
        refuses: impl Fn(&str, &PeerId) -> bool,
    ) -> Vec<String> {
        self.pairs.retain(|id, _| peers.iter().any(|info| info.peer == *id));
        let mut votes: BTreeMap<&String, usize> = BTreeMap::new();
        for info in peers {
            let mut usable = own.to_vec();
            usable.retain(|(name, _)| !refuses(name, &info.peer));
            let chooser = self.pairs.entry(info.peer).or_default();
            // Who is refused by a relay needs another, also if only we know how far that is.
            if chooser.update(now, &usable, Some(&info.relay_rtts)).is_none() && usable.len() < own.len() {
                chooser.update(now, &usable, None);
            }
        }
        for name in self.pairs.values().filter_map(RelayChooser::chosen) {
            *votes.entry(name).or_default() += 1;
        }
        let mut names: Vec<(&String, usize)> = votes.into_iter().collect();
        names.sort_by_key(|(_, votes)| std::cmp::Reverse(*votes));
        names.into_iter().map(|(name, _)| name.clone()).collect()
    }

    /// When to plan anew though nothing happened.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let choosers = self.pairs.values().chain([&self.best, &self.spare]);
        choosers.filter_map(RelayChooser::deadline).min()
    }
}

/// Implementation: how long to wait for measurements before relays are taken in the order of the offer. The first to
/// answer is the nearest; a player's ten nearest relays answer within this.
pub(super) const MEASURING: Duration = Duration::from_millis(300);
