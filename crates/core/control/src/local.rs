mod guests;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Instant,
};

use lanrage_party::{DeviceIdentity, PartyId, PeerId};

pub use self::guests::{GuestAction, GuestEvent, GuestRefusals};
use crate::{
    ControlEvent, ControlPlane, Now,
    protocol::{Change, PartySnapshot, Request, ServerMessage},
    registry::{Registry, RegistrySettings, StoredChange},
    session::{ConnectionId, ConnectionLimits, Hub, HubOutput, ServerSession},
    state::ControlState,
};

/// A control plane inside the app: the registry without a network in between. It is always connected.
///
/// - **It remembers**: [`LocalControlPlane::restore`] begins with what was kept, and
///   [`LocalControlPlane::take_changes`] says what is to be kept. Parties, peers and leases come back under the same ids;
///   everybody is away until registered again.
/// - **Friends can connect to it**: what the listener reports goes into [`LocalControlPlane::handle_guest`], and
///   [`LocalControlPlane::poll_guest`] says what to do. So a party
///   needs no server anywhere. Only the owner makes parties here.
/// - **It can stand in for a server**: [`LocalControlPlane::mirror`] takes over what a server says of a party,
///   so that the party goes on here under the same ids and leases when the server is gone.
#[derive(Debug)]
pub struct LocalControlPlane {
    hub: Hub,
    me: PeerId,
    /// Whether what changes is kept anywhere.
    keeps: bool,
    changes: Vec<StoredChange>,
    limits: ConnectionLimits,
    /// Shown to guests as a server's key.
    key: Option<DeviceIdentity>,
    guests: BTreeMap<ConnectionId, ServerSession>,
    guest_actions: VecDeque<GuestAction>,
    refused: GuestRefusals,
    events: VecDeque<ControlEvent>,
    next_sweep: Instant,
}

impl LocalControlPlane {
    /// An empty registry that is kept nowhere, with this device as the only one that speaks to it.
    pub fn new(me: PeerId, now: Now) -> Self {
        Self::with_registry(me, now, Registry::new(RegistrySettings::inside_app(me), now.wall), false)
    }

    /// A registry with what was stored, whose changes are to be stored ([`Self::take_changes`]). Returns the number of
    /// stored rows that broke a rule of the registry and were left out, too.
    pub fn restore(me: PeerId, now: Now, stored: Option<ControlState>) -> (Self, usize) {
        let (parties, peers) = stored.unwrap_or_default().into_parts();
        let settings = RegistrySettings::inside_app(me);
        let (registry, refused) = Registry::restore(settings, parties, peers, now.wall);
        let mut plane = Self::with_registry(me, now, registry, true);
        plane.drain();
        (plane, refused)
    }

    fn with_registry(me: PeerId, now: Now, registry: Registry, keeps: bool) -> Self {
        let next_sweep = now.instant + registry.settings().sweep_interval;
        let mut hub = Hub::new(registry, Vec::new());
        hub.settle_owner(me);
        Self {
            hub,
            me,
            keeps,
            changes: Vec::new(),
            limits: ConnectionLimits::inside_app(),
            key: None,
            guests: BTreeMap::new(),
            guest_actions: VecDeque::new(),
            refused: GuestRefusals::default(),
            events: [ControlEvent::Connected { stun: Vec::new(), server_time: None, server: None }].into(),
            next_sweep,
        }
    }

    /// What has to be stored since the last call, in order. Take it after every input.
    pub fn take_changes(&mut self) -> Vec<StoredChange> {
        std::mem::take(&mut self.changes)
    }

    /// A party as this registry has it.
    pub fn party(&self, party: &PartyId) -> Option<PartySnapshot> {
        self.hub.registry().party(party)
    }

    /// Takes over what a control server says of a party: every event of the [`crate::RemoteControlPlane`] is to
    /// be passed here, for the parties whose members are to find each other here when the server is gone. The
    /// rules are those of [`Registry::adopt`]. Events of other kinds are ignored.
    ///
    /// Signatures are checked here, membership is not: only the engine has the party secret. It leaves out what it does
    /// not let in, so that a lying server cannot fill the party.
    pub fn mirror(&mut self, now: Now, event: &ControlEvent) {
        self.hub.with_registry(|registry| match event {
            ControlEvent::Party(snapshot) => registry.adopt(snapshot, now.wall),
            ControlEvent::Change { party, change, .. } => match change {
                Change::PeerJoined { entry } | Change::PeerUpdated { entry } => {
                    registry.adopt_member(*party, entry, now.wall);
                }
                Change::PeerLeft { peer, .. } => registry.adopt_departure(*party, *peer),
                Change::HostChanged { host } => registry.adopt_host(*party, *host),
                Change::PeerOnline { .. } | Change::Unknown => {}
            },
            _ => {}
        });
        self.drain();
    }

    /// Notes what has changed, and hands on what the registry says: to this device, and to guests.
    fn drain(&mut self) {
        let changes = self.hub.take_changes();
        if self.keeps {
            self.changes.extend(changes);
        }
        while let Some(output) = self.hub.poll_output() {
            match output {
                HubOutput::Send { to, message } => self.send(&to, message),
                HubOutput::Close { connection, refusal } => {
                    if let Some(session) = self.guests.get_mut(&connection) {
                        session.end(refusal);
                        self.drain_guest(connection);
                    }
                }
            }
        }
    }
}

impl ControlPlane for LocalControlPlane {
    fn request(&mut self, now: Now, request: Request) {
        self.hub.request(ConnectionId::HOME, request, now.wall);
        self.drain();
    }

    fn handle_timeout(&mut self, now: Now) {
        self.handle_guest_timeouts(now);
        if now.instant < self.next_sweep {
            return;
        }
        self.next_sweep = now.instant + self.hub.registry().settings().sweep_interval;
        self.hub.with_registry(|registry| {
            registry.heartbeat(self.me, now.wall);
        });
        self.hub.sweep(now.wall);
        self.drain();
    }

    fn poll_event(&mut self) -> Option<ControlEvent> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.guests.values().filter_map(ServerSession::poll_timeout).chain([self.next_sweep]).min()
    }
}

fn event(message: ServerMessage) -> Option<ControlEvent> {
    match message {
        ServerMessage::Party { snapshot } => Some(ControlEvent::Party(snapshot)),
        ServerMessage::Delta { party, revision, change } => {
            Some(ControlEvent::Change { party, revision, change })
        }
        ServerMessage::Signal { party, from, signal } => Some(ControlEvent::Signal { party, from, signal }),
        ServerMessage::Left { party } => Some(ControlEvent::Left { party }),
        ServerMessage::Error(refusal) => Some(ControlEvent::Refused { refusal, retry_at: None }),
        ServerMessage::Challenge { .. }
        | ServerMessage::Welcome { .. }
        | ServerMessage::Relays { .. }
        | ServerMessage::Alive => None,
    }
}
