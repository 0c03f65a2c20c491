use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lanrage_party::{Announcement, PartyId, PeerId, RelayOffer, UnixMillis};

use super::Proven;
use crate::{
    protocol::{ErrorCode, Refusal, RelayRegistration, Request, RequestKind, ServerMessage, StunEndpoint},
    registry::{Access, Caller, OffersChange, Registry, RelayRegistry, StoredChange, StoredRelay},
};

/// Number of a connection, never used twice while its hub lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// Connections that are told of the relays in one step, each with credentials of its own. Were they told all at once,
/// everybody would wait for that.
const TOLD_AT_ONCE: usize = 64;

/// Nothing new can be stored now.
pub fn not_stored(kind: RequestKind, party: PartyId) -> Refusal {
    Refusal::new(ErrorCode::Internal).retry_after(2_000).about(kind, party)
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
    has_page: bool,
    announcement: Option<Announcement>,
    relays: RelayRegistry,
    /// When each connection was last told of relays.
    offered: BTreeMap<ConnectionId, UnixMillis>,
    /// Who has still to be told of relays.
    untold: BTreeSet<ConnectionId>,
    connections: BTreeMap<PeerId, ConnectionId>,
    peers: BTreeMap<ConnectionId, Caller>,
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
            has_page: false,
            announcement: None,
            relays: RelayRegistry::none(),
            offered: BTreeMap::new(),
            untold: BTreeSet::new(),
            connections: BTreeMap::new(),
            peers: BTreeMap::new(),
            outputs: VecDeque::new(),
        }
    }

    /// With a page for invitations, at the address by which clients come.
    #[must_use]
    pub const fn with_page(mut self) -> Self {
        self.has_page = true;
        self
    }

    /// With relays to offer.
    #[must_use]
    pub fn with_relays(mut self, relays: RelayRegistry) -> Self {
        self.relays = relays;
        self
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
        self.offered.clear();
        self.untold.clear();
        self.outputs.clear();
    }

    /// A connection is from now on that of a peer that has proven itself; an earlier one is closed. Except:
    /// who asks to be let in only if absent is itself sent off; and so is who has not proven itself to this very server, where the peer's program is known to do that.
    pub fn connect(&mut self, connection: ConnectionId, proven: Proven, now: UnixMillis) {
        let Proven { peer, protocol, token, resumed, if_absent, nonce, bound } = proven;
        if self.registry.access().banned.contains(&peer) {
            self.close(connection, ErrorCode::Banned);
            return;
        }
        if !bound && self.registry.binds_logins(&peer) {
            self.close(connection, ErrorCode::WrongServer);
            return;
        }
        if let Some(earlier) = self.connections.get(&peer).copied() {
            if if_absent {
                self.close(connection, ErrorCode::Replaced);
                return;
            }
            self.peers.remove(&earlier);
            self.offered.remove(&earlier);
            self.close(earlier, ErrorCode::Replaced);
            self.connections.remove(&peer);
            self.registry.disconnected(peer, now);
        }
        self.connections.insert(peer, connection);
        self.peers.insert(connection, Caller { peer, nonce: Some(nonce) });
        if !resumed {
            self.registry.issue_token(token.clone(), peer, now);
        }
        let heartbeat = self.registry.settings().heartbeat_interval;
        let message = ServerMessage::Welcome {
            session: token,
            protocol,
            heartbeat_interval_ms: u64::try_from(heartbeat.as_millis()).unwrap_or(u64::MAX),
            server_time: now,
            nonce: Some(nonce),
            has_page: self.has_page,
            stun: self.stun.clone(),
            relays: self.offers(peer, now),
        };
        if self.registry.company(&peer).is_some() {
            self.offered.insert(connection, now);
        }
        self.outputs.push_back(HubOutput::Send { to: vec![connection], message });
        if let Some(text) = self.announcement.clone() {
            let message = ServerMessage::Announcement { text: Some(text) };
            self.outputs.push_back(HubOutput::Send { to: vec![connection], message });
        }
        self.collect();
    }

    /// What the operator tells everybody.
    pub const fn announcement(&self) -> Option<&Announcement> {
        self.announcement.as_ref()
    }

    /// Tells everybody something from now on, or nothing any more.
    pub fn announce(&mut self, text: Option<Announcement>) {
        if self.announcement == text {
            return;
        }
        self.announcement.clone_from(&text);
        let to: Vec<ConnectionId> = self.peers.keys().copied().collect();
        if !to.is_empty() {
            let message = ServerMessage::Announcement { text };
            self.outputs.push_back(HubOutput::Send { to, message });
        }
    }

    /// Lets others do something from now on. Who is banned now is sent off, and is in no party any more.
    pub fn set_access(&mut self, access: Access, now: UnixMillis) {
        let banned: Vec<PeerId> = access.banned.iter().copied().collect();
        self.registry.set_access(access);
        for peer in banned {
            self.registry.expel_everywhere(peer);
            self.collect();
            if let Some(connection) = self.connections.remove(&peer) {
                self.peers.remove(&connection);
                self.offered.remove(&connection);
                self.close(connection, ErrorCode::Banned);
                self.registry.disconnected(peer, now);
                self.collect();
            }
        }
    }

    /// A connection asks for something.
    pub fn request(&mut self, connection: ConnectionId, request: Request, now: UnixMillis) {
        if let Some(caller) = self.peers.get(&connection) {
            let party = request.party();
            self.registry.handle(*caller, request, now);
            self.collect();
            self.offer_in_company(party, now);
        }
    }

    /// Relays are for those who have somebody to play with: alone, nobody needs one, and a stranger without a party gets
    /// nothing to send with.
    fn offers(&self, peer: PeerId, now: UnixMillis) -> Vec<RelayOffer> {
        self.registry.company(&peer).map_or_else(Vec::new, |party| self.relays.offers(peer, party, now))
    }

    /// Tells the members of a party of the relays that were not told before, once there are two.
    fn offer_in_company(&mut self, party: PartyId, now: UnixMillis) {
        let members: Vec<PeerId> = self.registry.members(&party).collect();
        if members.len() < 2 {
            return;
        }
        for peer in members {
            let Some(connection) = self.connections.get(&peer).copied() else { continue };
            if self.offered.contains_key(&connection) {
                continue;
            }
            self.offered.insert(connection, now);
            let relays = self.offers(peer, now);
            if !relays.is_empty() {
                let message = ServerMessage::Relays { relays };
                self.outputs.push_back(HubOutput::Send { to: vec![connection], message });
            }
        }
    }

    /// Something new that `peer` asked for in this batch could not be stored: it is taken back, what would have
    /// acknowledged it is not sent, and its connection is told to try again.
    pub fn take_back(&mut self, connection: ConnectionId, peer: PeerId, party: PartyId, kind: RequestKind) {
        self.outputs.retain(|output| match output {
            HubOutput::Send { to, message: ServerMessage::Party { snapshot } } => {
                snapshot.party != party || !to.contains(&connection)
            }
            _ => true,
        });
        self.registry.take_back(party, peer);
        self.refuse(connection, not_stored(kind, party));
        self.collect();
    }

    /// What a connection asks for is refused.
    pub fn refuse(&mut self, connection: ConnectionId, refusal: Refusal) {
        self.outputs
            .push_back(HubOutput::Send { to: vec![connection], message: ServerMessage::Error(refusal) });
    }

    /// A connection is not let in, or no longer.
    pub fn send_off(&mut self, connection: ConnectionId, refusal: Refusal) {
        self.outputs.push_back(HubOutput::Close { connection, refusal });
    }

    /// The operator removes a member of a party, or all of them and so the party. Says whether there was any.
    pub fn expel(&mut self, party: PartyId, peer: Option<PeerId>) -> bool {
        let members: Vec<PeerId> =
            self.registry.members(&party).filter(|member| peer.is_none_or(|peer| peer == *member)).collect();
        for member in &members {
            self.registry.expel(party, *member);
        }
        self.collect();
        !members.is_empty()
    }

    /// The relays that have registered themselves.
    pub fn registered_relays(&self) -> impl Iterator<Item = StoredRelay> {
        self.relays.registered()
    }

    /// The operator has a registered relay forgotten, until it registers again. Says whether there was such a relay.
    pub fn forget_relay(&mut self, name: &str, now: UnixMillis) -> bool {
        let forgotten = self.relays.forget(name);
        if forgotten {
            self.offer(now, |_| true);
        }
        forgotten
    }

    /// Number of peers that are connected.
    pub fn sessions(&self) -> usize {
        self.connections.len()
    }

    /// Who asks by a connection.
    pub(super) fn caller(&self, connection: ConnectionId) -> Option<Caller> {
        self.peers.get(&connection).copied()
    }

    /// Whose connection it is.
    pub fn peer_of(&self, connection: ConnectionId) -> Option<PeerId> {
        self.peers.get(&connection).map(|caller| caller.peer)
    }

    /// A connection gives a sign of life.
    pub fn heartbeat(&mut self, connection: ConnectionId, now: UnixMillis) {
        if let Some(peer) = self.peer_of(connection) {
            self.registry.heartbeat(peer, now);
            let message = ServerMessage::Alive;
            self.outputs.push_back(HubOutput::Send { to: vec![connection], message });
        }
    }

    /// A connection is over. Nothing happens if its peer has another one by now.
    pub fn disconnected(&mut self, connection: ConnectionId, now: UnixMillis) {
        if let Some(Caller { peer, .. }) = self.peers.remove(&connection) {
            self.offered.remove(&connection);
            self.connections.remove(&peer);
            self.registry.disconnected(peer, now);
            self.collect();
        }
    }

    /// Cleans up; see [`Registry::sweep`].
    pub fn sweep(&mut self, now: UnixMillis) {
        self.registry.sweep(now);
        let change = self.relays.sweep(now);
        for peer in self.registry.take_silent() {
            if let Some(connection) = self.connections.remove(&peer) {
                self.peers.remove(&connection);
                self.offered.remove(&connection);
                self.close(connection, ErrorCode::TimedOut);
            }
        }
        self.collect();
        let renewal = self.relays.renewal_ms();
        self.offer(now, |offered| {
            change != OffersChange::Nothing || renewal.is_some_and(|renewal| now.since(offered) >= renewal)
        });
    }

    /// A connection wants fresh credentials for the relays.
    pub fn get_relays(&mut self, connection: ConnectionId, now: UnixMillis) {
        if let Some(peer) = self.peer_of(connection) {
            let message = ServerMessage::Relays { relays: self.offers(peer, now) };
            if self.registry.company(&peer).is_some() {
                self.offered.insert(connection, now);
            }
            self.outputs.push_back(HubOutput::Send { to: vec![connection], message });
        }
    }

    /// A connection is that of a relay, which says how it is.
    pub fn register_relay(&mut self, connection: ConnectionId, relay: RelayRegistration, now: UnixMillis) {
        let Some(peer) = self.peer_of(connection) else { return };
        self.registry.heartbeat(peer, now);
        let (change, message) = match self.relays.register(peer, relay, now) {
            Ok(change) => (change, ServerMessage::Alive),
            Err(refusal) => (OffersChange::Nothing, ServerMessage::Error(refusal)),
        };
        self.outputs.push_back(HubOutput::Send { to: vec![connection], message });
        // A load that moves waits for the next sweep.
        if change == OffersChange::Set {
            self.offer(now, |_| true);
        }
    }

    /// How full a relay is that needs no session.
    pub fn set_relay_load(&mut self, name: &str, load_percent: u8) {
        let _ = self.relays.set_load(name, load_percent);
    }

    /// Tells of the relays whoever `due` says, by when it was last told: some now, the others with [`Hub::tell_on`].
    fn offer(&mut self, now: UnixMillis, due: impl Fn(UnixMillis) -> bool) {
        self.relays.told();
        let due = self.offered.iter().filter(|(_, offered)| due(**offered));
        self.untold.extend(due.map(|(connection, _)| *connection));
        self.tell_on(now);
    }

    /// Whether somebody has still to be told of the relays, by [`Hub::tell_on`].
    pub fn has_untold(&self) -> bool {
        !self.untold.is_empty()
    }

    /// Tells the next connections of the relays as they are now.
    pub fn tell_on(&mut self, now: UnixMillis) {
        for _ in 0..TOLD_AT_ONCE {
            let Some(connection) = self.untold.pop_first() else { return };
            let Some(Caller { peer, .. }) = self.peers.get(&connection) else { continue };
            if let Some(party) = self.registry.company(peer) {
                let message = ServerMessage::Relays { relays: self.relays.offers(*peer, party, now) };
                self.offered.insert(connection, now);
                self.outputs.push_back(HubOutput::Send { to: vec![connection], message });
            }
        }
    }

    /// What has to be stored; see [`Registry::take_changes`].
    pub fn take_changes(&mut self) -> Vec<StoredChange> {
        let mut changes = self.registry.take_changes();
        changes.extend(self.relays.take_changes());
        changes
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
