use std::collections::{BTreeMap, VecDeque};

use lanrage_party::{PeerId, UnixMillis};

use super::Proven;
use crate::{
    protocol::{ErrorCode, Refusal, Request, ServerMessage, StunEndpoint},
    registry::{Registry, StoredChange},
};

/// Number of a connection, never used twice while its hub lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

impl ConnectionId {
    /// The registry's owner, which needs no connection.
    pub(crate) const HOME: Self = Self(0);
}

/// A registry and the connections of those who use it: a pure state machine.
///
/// A peer has one connection, the last one that it made; what an earlier one says is ignored from then on.
/// Whoever keeps the registry on a disk writes [`Hub::take_changes`] before it takes the outputs, so that what
/// a peer was told is never lost.
#[derive(Debug)]
pub struct Hub {
    registry: Registry,
    stun: Vec<StunEndpoint>,
    connections: BTreeMap<PeerId, ConnectionId>,
    peers: BTreeMap<ConnectionId, PeerId>,
    outputs: VecDeque<HubOutput>,
}

/// What a [`Hub`] wants done with connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HubOutput {
    /// Send this to each of them.
    Send {
        /// The connections.
        to: Vec<ConnectionId>,
        /// The message.
        message: ServerMessage,
    },
    /// Say why, and close. Nothing that it says from now on counts.
    Close {
        /// The connection.
        connection: ConnectionId,
        /// Why.
        refusal: Refusal,
    },
}

impl Hub {
    /// A registry with nobody connected. `stun` is what clients are told of.
    pub const fn new(registry: Registry, stun: Vec<StunEndpoint>) -> Self {
        Self {
            registry,
            stun,
            connections: BTreeMap::new(),
            peers: BTreeMap::new(),
            outputs: VecDeque::new(),
        }
    }

    /// The registry.
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Begins again with another registry, forgetting every connection and output.
    pub fn replace(&mut self, registry: Registry) {
        self.registry = registry;
        self.connections.clear();
        self.peers.clear();
        self.outputs.clear();
    }

    /// A connection is from now on that of a peer that has proven itself; an earlier one is closed. Except:
    /// who asks to be let in only if absent, or claims to be the registry's owner, is itself sent off.
    pub fn connect(&mut self, connection: ConnectionId, proven: Proven, now: UnixMillis) {
        let Proven { peer, protocol, token, resumed, if_absent } = proven;
        if let Some(earlier) = self.connections.get(&peer).copied() {
            if if_absent || earlier == ConnectionId::HOME {
                self.close(connection, ErrorCode::Replaced);
                return;
            }
            self.peers.remove(&earlier);
            self.close(earlier, ErrorCode::Replaced);
            self.connections.remove(&peer);
            self.registry.disconnected(peer, now);
        }
        self.connections.insert(peer, connection);
        self.peers.insert(connection, peer);
        if !resumed {
            self.registry.issue_token(token.clone(), peer, now);
        }
        let heartbeat = self.registry.settings().heartbeat_interval;
        let message = ServerMessage::Welcome {
            session: token,
            protocol,
            heartbeat_interval_ms: u64::try_from(heartbeat.as_millis()).unwrap_or(u64::MAX),
            server_time: now,
            stun: self.stun.clone(),
        };
        self.outputs.push_back(HubOutput::Send { to: vec![connection], message });
        self.collect();
    }

    /// The registry's owner is here, always, and told by outputs to [`ConnectionId::HOME`].
    pub(crate) fn settle_owner(&mut self, owner: PeerId) {
        self.connections.insert(owner, ConnectionId::HOME);
        self.peers.insert(ConnectionId::HOME, owner);
    }

    /// A connection asks for something.
    pub fn request(&mut self, connection: ConnectionId, request: Request, now: UnixMillis) {
        if let Some(peer) = self.peers.get(&connection) {
            self.registry.handle(*peer, request, now);
            self.collect();
        }
    }

    /// A connection gives a sign of life.
    pub fn heartbeat(&mut self, connection: ConnectionId, now: UnixMillis) {
        if let Some(peer) = self.peers.get(&connection) {
            self.registry.heartbeat(*peer, now);
            let message = ServerMessage::Alive;
            self.outputs.push_back(HubOutput::Send { to: vec![connection], message });
        }
    }

    /// A connection is over. Nothing happens if its peer has another one by now.
    pub fn disconnected(&mut self, connection: ConnectionId, now: UnixMillis) {
        if let Some(peer) = self.peers.remove(&connection) {
            self.connections.remove(&peer);
            self.registry.disconnected(peer, now);
            self.collect();
        }
    }

    /// Cleans up; see [`Registry::sweep`].
    pub fn sweep(&mut self, now: UnixMillis) {
        self.registry.sweep(now);
        for peer in self.registry.take_silent() {
            if let Some(connection) = self.connections.remove(&peer) {
                self.peers.remove(&connection);
                self.close(connection, ErrorCode::TimedOut);
            }
        }
        self.collect();
    }

    /// Lets the registry do something else.
    pub(crate) fn with_registry(&mut self, change: impl FnOnce(&mut Registry)) {
        change(&mut self.registry);
        self.collect();
    }

    /// What has to be stored; see [`Registry::take_changes`].
    pub fn take_changes(&mut self) -> Vec<StoredChange> {
        self.registry.take_changes()
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<HubOutput> {
        self.outputs.pop_front()
    }

    fn close(&mut self, connection: ConnectionId, code: ErrorCode) {
        self.outputs.push_back(HubOutput::Close { connection, refusal: code.into() });
    }

    fn collect(&mut self) {
        while let Some(outgoing) = self.registry.poll_outgoing() {
            let to: Vec<ConnectionId> =
                outgoing.to.iter().filter_map(|peer| self.connections.get(peer).copied()).collect();
            if !to.is_empty() {
                self.outputs.push_back(HubOutput::Send { to, message: outgoing.message });
            }
        }
    }
}
