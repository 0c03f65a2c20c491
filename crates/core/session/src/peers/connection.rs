use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use lanrage_nat::{PathAgent, PathAgentConfig, PathState, PathView, relay_pool::PeerRelayInfo};
use lanrage_party::StoredPeer;
use lanrage_party::{
    AllocationId, Candidate, CandidateType, ConnectionType, NatType, PeerId, PeerRecord, Quality,
    QualityThresholds, Remote, SignalKey, SignedRecord, UnixMillis,
    facts::{News, RelayReason, Situation, Unreached},
};

use crate::{facts::ConnectionState, peers::signal::RelayDistance};

/// Share of lost probes from which a path counts as degraded, and below which it has recovered.
const DEGRADED_LOSS: f32 = 0.2;
const RECOVERED_LOSS: f32 = 0.05;

/// What is said of a peer by the control plane, beside its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PeerInfo {
    pub(crate) nat_type: NatType,
    pub(crate) joined_at: UnixMillis,
    /// `None` where no server watches.
    pub(crate) online: Option<bool>,
}

/// A peer that was let in.
#[derive(Debug, Clone)]
pub(crate) struct KnownPeer {
    /// As it travels, for the next start.
    pub(crate) signed: SignedRecord,
    /// The same, verified.
    pub(crate) record: PeerRecord,
    pub(crate) info: PeerInfo,
}

/// My relation with one peer: its verified record, the search for a path to it, and what became of that.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) signed: SignedRecord,
    pub(crate) record: PeerRecord,
    pub(crate) info: PeerInfo,
    pub(crate) key: SignalKey,
    pub(crate) agent: PathAgent,
    line: Line,
    /// From hearing of the peer to its first authenticated packet.
    pub(crate) first_packet: Option<Duration>,
    /// [Order](crate::peers::signal::Signal::order) of the newest signal seen of the peer, if one was.
    pub(crate) seen_signal: Option<(u64, u64)>,
    /// The server no longer lists the peer; it goes when its path does.
    pub(crate) unlisted: bool,
    /// Where the peer was last reached without a relay, also in an earlier life of this program.
    pub(crate) last_endpoint: Option<SocketAddr>,
    /// What the peer last said of itself.
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) relays: Vec<RelayDistance>,
    heard_at: Instant,
}

/// What the path agent does not remember of the line to the peer.
#[derive(Debug, Default)]
struct Line {
    /// How packets travelled when there last was a path.
    last_way: Option<ConnectionType>,
    /// When the path was lost, until there is another.
    lost_at: Option<Instant>,
    /// When the round after the last failed one begins or began, until there is a path.
    retry_at: Option<Instant>,
    /// When the peer was last here, once it has gone by its own doing; until there is a path again.
    away_since: Option<UnixMillis>,
    /// The peer itself has said that it goes, and whether for good; until there is a sign of its being back.
    parted: Option<Parted>,
    /// The path in use loses packets. Holds until it clearly does not any more.
    is_degraded: bool,
}

/// How a peer has gone, by its own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parted {
    ForNow,
    ForGood,
}

/// What finding a path has changed for the user.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Gain {
    Connected,
    Reconnected { silence: Duration },
    Back,
    MovedToDirect,
    MovedToRelay,
}

impl Gain {
    /// What the user is told of it.
    pub(crate) fn news(self, peer: String) -> News {
        match self {
            Self::Connected => News::Connected { peer },
            Self::Reconnected { silence } => {
                News::Reconnected { peer, seconds: (silence.as_secs_f64() * 10.0).round() / 10.0 }
            }
            Self::Back => News::PeerBack { peer },
            Self::MovedToDirect => News::MovedToDirect { peer },
            Self::MovedToRelay => News::MovedToRelay { peer },
        }
    }
}

impl Connection {
    pub(crate) fn new(
        KnownPeer { signed, record, info }: KnownPeer,
        key: SignalKey,
        initiator: bool,
        now: Instant,
    ) -> Self {
        Self {
            signed,
            record,
            info,
            key,
            agent: PathAgent::new(PathAgentConfig { initiator }, now),
            line: Line::default(),
            first_packet: None,
            seen_signal: None,
            unlisted: false,
            last_endpoint: None,
            candidates: Vec::new(),
            relays: Vec::new(),
            heard_at: now,
        }
    }

    /// A packet of the peer was authenticated.
    pub(crate) fn note_packet(&mut self, now: Instant) {
        self.first_packet.get_or_insert_with(|| now.saturating_duration_since(self.heard_at));
    }

    /// The path in use, if one is proven.
    pub(crate) fn path(&self) -> Option<PathView> {
        self.agent.selected()
    }

    /// What is kept of the peer for the next start.
    pub(crate) fn to_stored(&self) -> StoredPeer {
        StoredPeer {
            peer: self.record.peer_id(),
            record: self.signed.clone(),
            nat_type: self.info.nat_type,
            joined_at: self.info.joined_at,
            last_endpoint: self.last_endpoint,
            last_seen: None,
        }
    }

    /// How it is with the peer: what the path agent does, and what became of it before.
    pub(crate) fn state(&self) -> ConnectionState {
        let Line { last_way, retry_at, is_degraded, .. } = self.line;
        match (self.path(), retry_at) {
            (Some(_), _) if is_degraded => ConnectionState::Degraded,
            (Some(_), _) => ConnectionState::Connected,
            (None, Some(_)) => ConnectionState::Failed,
            (None, None) if last_way.is_some() => ConnectionState::Reconnecting,
            (None, None) => ConnectionState::Connecting,
        }
    }

    /// The agent has selected a path.
    pub(crate) fn note_selected(&mut self, now: Instant, previous_was_relayed: Option<bool>) -> Option<Gain> {
        let path = self.path()?;
        if !path.is_relayed {
            self.last_endpoint = Some(path.remote.address);
        }
        self.line.retry_at = None;
        if self.line.last_way.replace(way(&path)).is_none() {
            return Some(Gain::Connected);
        }
        let lost_at = self.line.lost_at.take();
        self.line.parted = None;
        if self.line.away_since.take().is_some() {
            return Some(Gain::Back);
        }
        match (lost_at, previous_was_relayed, path.is_relayed) {
            (Some(lost_at), ..) => {
                Some(Gain::Reconnected { silence: now.saturating_duration_since(lost_at) })
            }
            (None, Some(true), false) => Some(Gain::MovedToDirect),
            (None, Some(false), true) => Some(Gain::MovedToRelay),
            _ => None,
        }
    }

    /// The agent has given up the path in use, and knows no other.
    pub(crate) fn note_lost(&mut self, now: Instant) {
        self.line.lost_at.get_or_insert(now);
        self.line.is_degraded = false;
    }

    /// Whether the peer has gone by its own doing: it said so, or a server saw it leave, and there is no path any more. True once for each
    /// absence of a peer that was there.
    pub(crate) fn note_away(&mut self, wall: UnixMillis) -> bool {
        let is_gone = self.online() == Some(false) && !self.unlisted && self.path().is_none();
        let is_news = is_gone && self.line.last_way.is_some() && self.line.away_since.is_none();
        if is_news {
            self.line.away_since = Some(wall);
            self.agent.forget_history();
        }
        is_news
    }

    /// The peer itself has said that it goes. It may have been looked for already.
    pub(crate) const fn note_farewell(&mut self, leaves: bool) {
        self.line.parted = Some(if leaves { Parted::ForGood } else { Parted::ForNow });
        self.line.lost_at = None;
        self.line.is_degraded = false;
    }

    /// There is a sign that the peer is back: a handshake, or a server's word.
    pub(crate) const fn note_sign(&mut self) {
        self.line.parted = None;
    }

    /// Whether the peer itself has said that it leaves the party.
    pub(crate) const fn has_left(&self) -> bool {
        matches!(self.line.parted, Some(Parted::ForGood))
    }

    /// Whether there should be a path to the peer, and none is found.
    pub(crate) fn is_missed(&self) -> bool {
        let is_sought = matches!(self.state(), ConnectionState::Reconnecting | ConnectionState::Failed);
        is_sought && self.line.parted.is_none()
    }

    /// Whether nobody says where the peer is, who may be there.
    pub(crate) fn is_nowhere(&self) -> bool {
        let mut named = self.candidates.iter().filter(|candidate| candidate.is_usable());
        self.path().is_none()
            && !self.has_left()
            && self.online() != Some(false)
            && self.last_endpoint.is_none()
            && named.next().is_none()
    }

    /// When the peer was first heard of.
    pub(crate) const fn heard_at(&self) -> Instant {
        self.heard_at
    }

    /// Whether the peer is there, by its own word or a server's; `None` where nobody says.
    pub(crate) const fn online(&self) -> Option<bool> {
        if self.line.parted.is_some() { Some(false) } else { self.info.online }
    }

    /// When the peer was last here, while it is away by its own doing.
    pub(crate) const fn away_since(&self) -> Option<UnixMillis> {
        self.line.away_since
    }

    /// The path in use leaves probes unanswered.
    pub(crate) const fn note_unresponsive(&mut self) {
        self.line.is_degraded = true;
    }

    /// A round of the agent's has found nothing.
    pub(crate) const fn note_failed(&mut self, retry_at: Instant) {
        self.line.retry_at = Some(retry_at);
    }

    /// Grades the path in use by its recent loss, with hysteresis.
    pub(crate) fn grade(&mut self) {
        let Some(path) = self.path() else { return };
        if path.loss >= DEGRADED_LOSS {
            self.line.is_degraded = true;
        } else if path.loss <= RECOVERED_LOSS && path.state == PathState::Proven {
            self.line.is_degraded = false;
        }
    }

    /// How good the line is, once it is measured.
    pub(crate) fn quality(&self, thresholds: &QualityThresholds) -> Option<Quality> {
        let path = self.path()?;
        Some(Quality::of(path.rtt?, path.jitter, path.loss, thresholds))
    }

    /// Round-trip times of the last minute, one a second, oldest first; `None` where no path worked.
    pub(crate) fn history(&self) -> impl Iterator<Item = Option<Duration>> {
        self.agent.history().map(|sample| sample.remote.and(sample.rtt))
    }

    /// How packets travel now; with a peer that is away, how they travelled last.
    pub(crate) fn connection_type(&self) -> ConnectionType {
        let last = self.line.last_way.filter(|_| self.line.away_since.is_some());
        self.path().as_ref().map(way).or(last).unwrap_or(ConnectionType::Connecting)
    }

    /// What the relays must know of the peer; `None` while they need not wait for it.
    pub(crate) fn relay_info(&self) -> Option<PeerRelayInfo> {
        let reachable =
            |candidate: &&Candidate| candidate.kind != CandidateType::Host || !is_local(candidate.address);
        (!self.agent.is_dormant()).then(|| PeerRelayInfo {
            peer: self.record.peer_id(),
            addresses: self.candidates.iter().filter(reachable).map(|candidate| candidate.address).collect(),
            relay_rtts: self
                .relays
                .iter()
                .map(|relay| (relay.name.clone(), Duration::from_millis(relay.rtt_ms.into())))
                .collect(),
        })
    }

    /// What explains state and path.
    pub(crate) fn situation(&self, own: &Surroundings<'_>, now: Instant) -> Situation {
        let peer = self.record.name.to_string();
        if self.path().is_none() && self.online() == Some(false) {
            return if self.has_left() { Situation::Left { peer } } else { Situation::Away { peer } };
        }
        match self.state() {
            ConnectionState::Connecting => Situation::Seeking { peer },
            ConnectionState::Connected => self.path_situation(own, now, false),
            ConnectionState::Degraded => self.path_situation(own, now, true),
            ConnectionState::Reconnecting => Situation::Reconnecting { peer },
            ConnectionState::Failed => {
                let because = if own.relays_are_missing {
                    Unreached::without_relay(self.relay_reason(own))
                } else if own.refused.contains(&self.record.peer_id()) {
                    Unreached::RelaysRefuse
                } else {
                    Unreached::NoAnswer
                };
                let retry_in_s = seconds_until(self.line.retry_at, now).unwrap_or_default();
                Situation::NoPath { peer, because, retry_in_s }
            }
        }
    }

    fn path_situation(&self, own: &Surroundings<'_>, now: Instant, loses_packets: bool) -> Situation {
        let peer = self.record.name.to_string();
        let Some(path) = self.path() else { return Situation::Seeking { peer } };
        if path.is_relayed {
            return Situation::Relayed {
                relay: own.relay_of(&path.remote).map(str::to_owned),
                because: self.relay_reason(own),
                retry_in_s: Some(seconds_until(self.agent.next_direct_try(), now).unwrap_or_default()),
                loses_packets,
            };
        }
        match path.kind {
            CandidateType::Host if is_local(path.remote.address) => {
                Situation::DirectOnLan { peer, loses_packets }
            }
            _ => Situation::Direct { peer, loses_packets },
        }
    }

    /// What stands between the two networks.
    fn relay_reason(&self, own: &Surroundings<'_>) -> RelayReason {
        if own.udp_is_blocked {
            return RelayReason::UdpBlocked;
        }
        own.nat_type.obstacle(self.info.nat_type).map_or(RelayReason::NotYet, Into::into)
    }
}

/// What a connection's words need to know of this device.
#[derive(Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) nat_type: NatType,
    pub(crate) udp_is_blocked: bool,
    pub(crate) relays_are_missing: bool,
    /// Peers whose addresses every relay at hand refuses.
    pub(crate) refused: BTreeSet<PeerId>,
    /// The known relays: addresses that are theirs, and how people call them.
    pub(crate) relays: &'a [RelayAddress],
}

/// A relay by one of its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelayAddress {
    pub(crate) ip: IpAddr,
    pub(crate) allocation: Option<AllocationId>,
    pub(crate) label: String,
}

impl Surroundings<'_> {
    /// The relay of ours that the remote is reached by, or else the one at whose address the remote is.
    fn relay_of(&self, remote: &Remote) -> Option<&str> {
        let relay = self.relays.iter().find(|relay| match remote.via {
            Some(via) => relay.allocation == Some(via),
            None => relay.ip == remote.address.ip(),
        })?;
        Some(&relay.label)
    }
}

fn seconds_until(at: Option<Instant>, now: Instant) -> Option<u64> {
    at.map(|at| at.saturating_duration_since(now))
        .filter(|wait| !wait.is_zero())
        .map(|wait| wait.as_secs() + 1)
}

fn is_local(address: SocketAddr) -> bool {
    match address {
        SocketAddr::V4(address) => address.ip().is_private() || address.ip().is_link_local(),
        SocketAddr::V6(address) => address.ip().is_unique_local() || address.ip().is_unicast_link_local(),
    }
}

const fn way(path: &PathView) -> ConnectionType {
    if path.is_relayed { ConnectionType::Relayed } else { ConnectionType::Direct }
}
