use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_nat::{PathAgent, PathAgentConfig, PathState, PathView};
use lanrage_party::{
    CandidateType, ConnectionType, NatType, PeerRecord, SignalKey, SignedRecord, UnixMillis,
};
use lanrage_store::StoredPeer;

use crate::ConnectionState;

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
    pub(crate) state: ConnectionState,
    /// When the next round of attempts begins, while the state is `Failed`.
    pub(crate) retry_at: Option<Instant>,
    /// When the current silence began, while reconnecting.
    pub(crate) lost_at: Option<Instant>,
    /// From hearing of the peer to its first authenticated packet.
    pub(crate) first_packet: Option<Duration>,
    /// Highest signal sequence seen of the peer.
    pub(crate) seen_signal: u64,
    /// The server no longer lists the peer; it goes when its path does.
    pub(crate) unlisted: bool,
    /// Where the peer was last reached, in an earlier life of this program.
    pub(crate) last_endpoint: Option<SocketAddr>,
    heard_at: Instant,
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
            state: ConnectionState::Connecting,
            retry_at: None,
            lost_at: None,
            first_packet: None,
            seen_signal: 0,
            unlisted: false,
            last_endpoint: None,
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
            last_endpoint: self.path().map(|path| path.address).or(self.last_endpoint),
            last_seen: None,
        }
    }

    /// Grades the path in use by its recent loss, with hysteresis.
    pub(crate) fn grade(&mut self) {
        let Some(path) = self.path() else { return };
        match self.state {
            ConnectionState::Connected if path.loss >= DEGRADED_LOSS => {
                self.state.transition_to(ConnectionState::Degraded);
            }
            ConnectionState::Degraded if path.loss <= RECOVERED_LOSS && path.state == PathState::Proven => {
                self.state.transition_to(ConnectionState::Connected);
            }
            _ => {}
        }
    }

    /// How packets travel now.
    pub(crate) fn connection_type(&self) -> ConnectionType {
        match self.path() {
            None => ConnectionType::Connecting,
            Some(PathView { kind: CandidateType::Relayed, .. }) => ConnectionType::Relayed,
            Some(_) => ConnectionType::Direct,
        }
    }

    /// One sentence that explains state and path.
    pub(crate) fn explanation(&self, own_nat: NatType, now: Instant) -> String {
        let name = &self.record.name;
        match self.state {
            ConnectionState::Connecting if self.info.online == Some(false) => {
                format!("{name} is not online; the connection begins when they return.")
            }
            ConnectionState::Connecting => format!("Looking for a path to {name}."),
            ConnectionState::Connected => match self.path().map(|path| (path.kind, path.address)) {
                Some((CandidateType::Host, address)) if is_local(address) => {
                    format!("Direct to {name} on your own network.")
                }
                Some((CandidateType::Relayed, _)) => {
                    format!("Through a relay, because {}.", own_nat.compatibility(self.info.nat_type).reason)
                }
                _ => format!("Direct to {name} over the internet."),
            },
            ConnectionState::Degraded => format!("The path to {name} loses packets."),
            ConnectionState::Reconnecting => format!("The path to {name} went silent; looking for another."),
            ConnectionState::Failed => {
                let wait = self.retry_at.map_or(0, |at| at.saturating_duration_since(now).as_secs() + 1);
                let reason = own_nat.compatibility(self.info.nat_type);
                let why = if self.info.online == Some(false) {
                    "they are not online".to_owned()
                } else if reason.direct {
                    "no answer came on any path".to_owned()
                } else {
                    reason.reason.to_owned()
                };
                format!("No path to {name}: {why}. Next try in {wait} s.")
            }
            ConnectionState::Closed => format!("{name} has left."),
        }
    }
}

fn is_local(address: SocketAddr) -> bool {
    match address {
        SocketAddr::V4(address) => address.ip().is_private() || address.ip().is_link_local(),
        SocketAddr::V6(address) => address.ip().is_unique_local() || address.ip().is_unicast_link_local(),
    }
}
