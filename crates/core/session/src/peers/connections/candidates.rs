//! Where peers may be reached: what they are told of this device by sealed signals, and what they tell of themselves.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use lanrage_nat::Nat64Prefix;
use lanrage_party::{
    Candidate, CandidateType, NatType, PeerId, PeerRecord, SealedSignal, SignalKey, SignedRecord,
};
use tracing::debug;

use super::Connections;
use crate::{
    output::Turn,
    peers::{
        connection::Connection,
        signal::{RelayDistance, Signal},
    },
};

/// Shortest time between two announcements of nothing but distances to relays.
const DISTANCES_PERIOD: Duration = Duration::from_secs(30);

impl Connections {
    /// This device's candidates, its distances to relays, or what its router does: everybody is told of a change. Distances move all the
    /// time; they are told no more often than every [`DISTANCES_PERIOD`], and only when they differ clearly.
    pub(crate) fn set_candidates(
        &mut self,
        turn: &mut Turn<'_>,
        candidates: Vec<Candidate>,
        relays: Vec<RelayDistance>,
        nat_type: NatType,
    ) {
        let now = turn.now.instant;
        let rested = self.distances_told_at.is_none_or(|at| now >= at + DISTANCES_PERIOD);
        let moved = rested && differ_clearly(&relays, &self.relays);
        if candidates == self.candidates && nat_type == self.nat_type && !moved {
            return;
        }
        if moved {
            self.distances_told_at = Some(now);
        }
        (self.candidates, self.relays, self.nat_type) = (candidates, relays, nat_type);
        self.announce(turn);
    }

    /// This device's line has no IPv4 any more, and this translator to it, or it has.
    pub(crate) fn set_translator(&mut self, turn: &mut Turn<'_>, translator: Option<Nat64Prefix>) {
        self.translator = translator;
        let peers: Vec<PeerId> = self.connections.keys().copied().collect();
        for peer in peers {
            if let Some(connection) = self.connections.get_mut(&peer) {
                let ways = reached_by(translator, &connection.candidates);
                connection.agent.set_remote_candidates(turn.now.instant, &ways);
            }
            self.drive(turn, peer);
        }
    }

    /// What peers are told of where this device may be reached.
    #[cfg(test)]
    pub(crate) fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// Tells every peer this device's candidates, for example when the control plane is back.
    pub(crate) fn announce(&mut self, turn: &mut Turn<'_>) {
        let peers: Vec<PeerId> = self.connections.keys().copied().collect();
        for peer in peers {
            self.send_candidates(turn, peer);
        }
    }

    /// The peer was reached here before; until it says more, that is where it is looked for.
    pub(crate) fn try_last_endpoint(&mut self, turn: &mut Turn<'_>, peer: PeerId, endpoint: SocketAddr) {
        if let Some(connection) = self.connections.get_mut(&peer) {
            let last = Candidate { kind: CandidateType::PeerReflexive, address: endpoint };
            connection.last_endpoint = Some(endpoint);
            connection.candidates = vec![last];
            let ways = reached_by(self.translator, &[last]);
            connection.agent.set_remote_candidates(turn.now.instant, &ways);
            self.drive(turn, peer);
        }
    }

    /// A sealed signal arrived, allegedly from `from`. What is not authentic or not new is dropped.
    pub(crate) fn handle_signal(&mut self, turn: &mut Turn<'_>, from: &PeerId, sealed: &SealedSignal) {
        let Some(connection) = self.connections.get_mut(from) else { return };
        let signal = match connection.key.open(sealed) {
            Ok(message) => Signal::decode(&message),
            Err(error) => {
                debug!(peer = %from.short(), %error, "signal dropped");
                self.dropped_signals += 1;
                return;
            }
        };
        match signal {
            Ok(signal) if Some(signal.order()) > connection.seen_signal => {
                let is_first = connection.seen_signal.is_none_or(|(life, _)| life != signal.life);
                connection.seen_signal = Some(signal.order());
                let candidates = signal.all_candidates();
                connection.relays = signal.relays;
                if signal.nat != NatType::Unknown {
                    connection.info.nat_type = signal.nat;
                }
                self.place(turn, from, candidates);
                // Its first: what it was told before it knew of this device is lost.
                if is_first {
                    self.send_candidates(turn, *from);
                }
            }
            Ok(_) => {
                debug!(peer = %from.short(), "old signal dropped");
                self.dropped_signals += 1;
            }
            Err(error) => {
                debug!(peer = %from.short(), %error, "signal dropped");
                self.dropped_signals += 1;
            }
        }
    }

    /// What somebody says of itself who is not known yet, and whose key this record claims.
    pub(crate) fn introduction(&self, claimed: &PeerRecord, sealed: &SealedSignal) -> Option<SignedRecord> {
        let key = SignalKey::new(&self.secret, &self.private_key, &claimed.wireguard_key);
        let signal = Signal::decode(&key.open(sealed).ok()?).ok()?;
        let is_same = |own: &SignedRecord| {
            let own = own.claimed();
            own.identity == claimed.identity && own.wireguard_key == claimed.wireguard_key
        };
        signal.record.filter(is_same)
    }

    /// A peer may be reached there, by its own word.
    pub(crate) fn place(&mut self, turn: &mut Turn<'_>, peer: &PeerId, mut candidates: Vec<Candidate>) {
        let Some(connection) = self.connections.get_mut(peer) else { return };
        let claimed = candidates.len();
        // A packet to a friend at such an address would go into the tunnel again, and again.
        candidates.retain(|candidate| !self.subnet.covers(candidate.address.ip()));
        // Such an address is a friend's only on a link that this device is on, too; elsewhere it is a service of the
        // machine's (RFC 3927 §2.6.2).
        let shares_link = self.candidates.iter().any(is_link_local);
        candidates.retain(|candidate| shares_link || !is_link_local(candidate));
        self.dropped_candidates += (claimed - candidates.len()) as u64;
        let ways = reached_by(self.translator, &candidates);
        connection.agent.set_remote_candidates(turn.now.instant, &ways);
        // Guesses are for now, and kept nowhere.
        candidates.retain(|candidate| candidate.kind.lasts());
        connection.candidates = candidates;
        self.peers_moved = true;
        self.drive(turn, *peer);
    }

    /// Where those may be that no path leads to: those first who can be expected to be reached directly from behind a router like
    /// ours, and of all the places where they were last reached first.
    pub(crate) fn lost_addresses(&self, ours: NatType) -> impl Iterator<Item = SocketAddr> {
        let is_lost = |peer: &&Connection| peer.path().is_none() && !peer.has_left();
        let mut all: Vec<&Connection> = self.connections.values().filter(is_lost).collect();
        all.sort_by_key(|peer| ours.obstacle(peer.info.nat_type).is_some());
        let lost = move || all.clone().into_iter();
        let named = lost().flat_map(|peer| {
            peer.candidates
                .iter()
                .filter(|candidate| candidate.kind.lasts() && candidate.kind != CandidateType::Relayed)
        });
        lost()
            .filter_map(|peer| peer.last_endpoint)
            .chain(named.filter(|candidate| candidate.is_usable()).map(|candidate| candidate.address))
    }

    /// Where each of those was last, or says to be, who should be reached and are not: one address each.
    pub(crate) fn missed_addresses(&self) -> impl Iterator<Item = SocketAddr> {
        let missed = self.connections.values().filter(|peer| peer.is_missed());
        missed.filter_map(|peer| {
            let named = peer.candidates.iter().filter(|candidate| candidate.kind != CandidateType::Relayed);
            let mut named =
                named.filter(|candidate| candidate.is_usable()).map(|candidate| candidate.address);
            peer.last_endpoint.or_else(|| named.next())
        })
    }

    /// Whether nobody says where somebody is who may be there. Not even a path is looked for then.
    pub(crate) fn misses_somebody_nowhere(&self) -> bool {
        self.connections.values().any(Connection::is_nowhere)
    }

    /// Where each peer may be, its path or where it was last reached first, at most `most` addresses each.
    pub(crate) fn whereabouts(&self, most: usize) -> impl Iterator<Item = (PeerId, Vec<SocketAddr>)> {
        self.connections.iter().filter(|(_, peer)| !peer.has_left()).map(move |(id, peer)| {
            let path = peer.path().filter(|path| path.remote.via.is_none()).map(|path| path.remote.address);
            let named = peer.candidates.iter().filter(|candidate| candidate.kind != CandidateType::Relayed);
            let named = named.filter(|candidate| candidate.is_usable()).map(|candidate| candidate.address);
            let mut all: Vec<SocketAddr> = Vec::new();
            for address in path.into_iter().chain(peer.last_endpoint).chain(named) {
                if all.len() < most && !all.contains(&address) {
                    all.push(address);
                }
            }
            (*id, all)
        })
    }

    pub(super) fn send_candidates(&mut self, turn: &mut Turn<'_>, to: PeerId) {
        self.say_candidates(turn, to, false);
    }

    /// The same; `again` if that was said before, and may not have been heard.
    pub(super) fn say_candidates(&mut self, turn: &mut Turn<'_>, to: PeerId, again: bool) {
        let Some(connection) = self.connections.get(&to) else { return };
        // An empty list takes back what was told before.
        if (self.candidates.is_empty() && !self.relay_only) || connection.info.online == Some(false) {
            return;
        }
        self.last_signal = turn.now.wall.0.max(self.last_signal + 1);
        let is_guess = |candidate: &&Candidate| candidate.kind == CandidateType::Predicted;
        let (guesses, told): (Vec<&Candidate>, Vec<&Candidate>) = self.candidates.iter().partition(is_guess);
        let signal = Signal {
            life: self.life,
            sequence: self.last_signal,
            candidates: told.into_iter().copied().collect(),
            predicted: guesses.into_iter().map(|candidate| candidate.address).collect(),
            relays: self.relays.clone(),
            nat: self.nat_type,
            record: self
                .former
                .iter()
                .find(|own| own.claimed().epoch == connection.signed.claimed().epoch)
                .cloned(),
        };
        match connection.key.seal(&signal.encode(), turn.entropy.bytes()) {
            Ok(signal) => self.signals.push_back((to, signal, again)),
            Err(error) => debug!(%error, "signal not sent"),
        }
    }
}

/// Where a peer is reached that offers these: its addresses of IPv4 also where the line's translator has them.
fn reached_by(translator: Option<Nat64Prefix>, candidates: &[Candidate]) -> Vec<Candidate> {
    let behind = |candidate: &Candidate| {
        let address = translator?.reach(candidate.address)?;
        Some(Candidate { address, ..*candidate })
    };
    candidates.iter().filter_map(behind).chain(candidates.iter().copied()).collect()
}

/// Whether it is an IPv4 address that holds on its own link alone (RFC 3927).
fn is_link_local(candidate: &Candidate) -> bool {
    matches!(candidate.address.ip().to_canonical(), IpAddr::V4(ip) if ip.is_link_local())
}

/// Whether another set of relays is known, or one of them is a quarter nearer or further than was said.
fn differ_clearly(now: &[RelayDistance], told: &[RelayDistance]) -> bool {
    now.len() != told.len()
        || now.iter().any(|relay| {
            let before = told.iter().find(|known| known.name == relay.name);
            before.is_none_or(|before| relay.rtt_ms.abs_diff(before.rtt_ms) > before.rtt_ms / 4 + 2)
        })
}
