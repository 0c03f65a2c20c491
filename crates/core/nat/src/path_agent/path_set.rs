//! Which paths there are. Bounded, whatever a peer does.

use lanrage_party::{Candidate, CandidateType, Remote, limits};

use super::{
    PathAgent, PathTransmit, State,
    pairs::{self, ALLOCATION_PATHS, Pair, STRAIGHT_PATHS},
    path::Path,
    seen, timing,
};
use crate::{
    Probe,
    address::{canonical, is_public},
};

impl PathAgent {
    /// Something authenticated came from there.
    pub(super) fn note(&mut self, from: Remote) {
        let now = self.now;
        if self.path_mut(from).is_none() {
            let pair = seen(from);
            if !self.may_add(pair) {
                self.stats.candidates_dropped += 1;
                return;
            }
            // Its router has given it another port for the same way: it had forgotten the one of before.
            let remapped = |path: &&Path| {
                path.is_proven()
                    && path.remote().via == from.via
                    && path.remote().address.ip() == from.address.ip()
            };
            let quiet = self.paths.iter().filter(remapped).map(|path| path.quiet_for(now)).min();
            if let Some(quiet) = quiet.filter(|quiet| *quiet >= timing::SHORTEST_KEEPALIVE) {
                self.quiet.forgotten_after(quiet);
            }
            self.make_room(pair);
            self.insert(pair, false);
        }
        if let Some(quiet) = self.path_mut(from).and_then(|path| path.heard(now)) {
            tracing::debug!(?quiet, "a router forgets");
            self.quiet.forgotten_after(quiet);
        }
    }

    /// Answers a request on the way that it came, unless that way is closed.
    pub(super) fn respond(&mut self, from: Remote, id: u64) {
        if self.has_way(from) {
            let payload = Probe::Response { id, observed: from.address }.to_bytes();
            self.transmits.push(PathTransmit::Probe { to: from, payload });
        }
    }

    /// Makes the paths those that candidates and allocations give now; proven ones stay as long as there is a
    /// way to them. Returns whether there is a new one.
    pub(super) fn form_pairs(&mut self) -> bool {
        let mut pairs = pairs::form(&self.offered, &self.allocations);
        pairs.retain(|pair| self.has_way(pair.remote));
        let is_offered = |remote| pairs.iter().any(|pair| pair.remote == remote);
        let mut paths = std::mem::take(&mut self.paths);
        paths.retain(|path| {
            self.has_way(path.remote()) && (path.is_proven() || !path.signalled || is_offered(path.remote()))
        });
        self.paths = paths;
        for path in &mut self.paths {
            path.signalled = false;
        }
        let mut news = false;
        for pair in pairs {
            match self.path_mut(pair.remote) {
                Some(path) => {
                    path.signalled = true;
                    path.pair = pair;
                }
                None => news |= self.insert(pair, true),
            }
        }
        news
    }

    /// New candidates may have guesses among them, of which port the peer's router gives next: they are tried for a moment.
    pub(super) fn begin_guesses(&mut self) {
        let has_guesses = self.offered.iter().any(|candidate| !candidate.kind.lasts());
        self.guesses_end = has_guesses.then(|| self.now + timing::GUESSES);
    }

    /// Forgets guesses that nothing came of: the router has given those ports to others by now. One that was right is an
    /// address like any that the peer was seen at. Called in every step.
    pub(super) fn end_guesses(&mut self) {
        if self.guesses_end.is_none_or(|end| self.now < end) {
            return;
        }
        self.guesses_end = None;
        self.offered.retain(|candidate| candidate.kind.lasts());
        let is_guess = |path: &Path| !path.pair.target.lasts();
        self.paths.retain(|path| !is_guess(path) || path.is_proven() || path.heard_at().is_some());
        for path in self.paths.iter_mut().filter(|path| is_guess(path)) {
            path.pair.target = CandidateType::PeerReflexive;
        }
        if self.paths.is_empty() && matches!(self.state, State::Checking(_)) {
            self.start_round();
        }
    }

    /// Whether there is a socket or an allocation to send by.
    pub(super) fn has_way(&self, remote: Remote) -> bool {
        match remote.via {
            None => !self.relay_only,
            Some(via) => self.allocations.iter().any(|allocation| allocation.id == via),
        }
    }

    /// Whether what was merely seen there may become a path.
    pub(super) fn may_add(&self, pair: Pair) -> bool {
        let candidate = Candidate { kind: pair.target, address: pair.remote.address };
        let allowed = pair.remote.via.is_none() || is_public(pair.remote.address.ip());
        candidate.is_usable() && allowed && self.has_way(pair.remote)
    }

    pub(super) fn is_full_for(&self, pair: Pair) -> bool {
        let straight = pair.remote.via.is_none();
        let limit = if straight { STRAIGHT_PATHS } else { ALLOCATION_PATHS };
        self.paths.iter().filter(|path| path.remote().via.is_none() == straight).count() >= limit
    }

    /// Forgets the least promising path of its sort if there is no room for `pair`: one that was seen before one
    /// that is offered, and what was heard long ago before what was heard lately. Never a proven one.
    pub(super) fn make_room(&mut self, pair: Pair) {
        if !self.is_full_for(pair) {
            return;
        }
        let unproven =
            self.paths.iter().enumerate().filter(|(_, path)| !path.is_proven() && path.competes_with(pair));
        let least = unproven.min_by_key(|(_, path)| (path.signalled, path.heard_at(), path.pair.rank()));
        if let Some((index, _)) = least {
            self.paths.swap_remove(index);
        }
    }

    /// Adds a path. Without room, an unproven one that is not offered yields: to an offer any such, to a hint
    /// only another hint, so that nobody's punches displace what the session authenticated. Returns whether
    /// there was room.
    pub(super) fn insert(&mut self, pair: Pair, signalled: bool) -> bool {
        if self.is_full_for(pair) {
            let yields = |path: &Path| {
                path.competes_with(pair)
                    && !path.is_proven()
                    && !path.signalled
                    && (signalled || path.heard_at().is_none())
            };
            let yielding = self.paths.iter().enumerate().filter(|(_, path)| yields(path));
            let Some((index, _)) = yielding.min_by_key(|(_, path)| path.heard_at()) else {
                self.stats.candidates_dropped += 1;
                return false;
            };
            self.paths.swap_remove(index);
        }
        self.paths.push(Path::new(pair, signalled, self.now));
        true
    }

    /// The usable ones, each address once under its best type.
    pub(super) fn sift(&mut self, candidates: &[Candidate]) -> Vec<Candidate> {
        let mut sifted: Vec<Candidate> = Vec::new();
        for candidate in candidates {
            let candidate = Candidate { address: canonical(candidate.address), ..*candidate };
            match sifted.iter().position(|known| known.address == candidate.address) {
                Some(index) if candidate.priority() > sifted[index].priority() => sifted[index] = candidate,
                Some(_) => {}
                None if candidate.is_usable() && sifted.len() < limits::CANDIDATES => sifted.push(candidate),
                None => self.stats.candidates_dropped += 1,
            }
        }
        sifted
    }
}
