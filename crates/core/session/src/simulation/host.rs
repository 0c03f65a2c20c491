use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::IpAddr,
    time::Duration,
};

use lanrage_control::{LinkId, LocalControlPlane, Now};
use lanrage_nat::net_watch::NetworkState;
use lanrage_party::StoredPeer;
use lanrage_party::TunnelEvent;
use lanrage_party::{ControlEndpoint, DeviceIdentity, Name, PeerId, VirtualIp, limits};

use super::{data_plane::DataPlane, network::RealmId};
use crate::{CommandError, entropy::Entropy, party::membership::SavedMembership, session::Session};

/// A device: an engine's decisions, the model of its data plane, and what the shells around them know.
pub(super) struct Host {
    index: usize,
    /// What makes the keys of one schedule others than those of the next.
    salt: u8,
    identity: DeviceIdentity,
    pub(super) id: PeerId,
    pub(super) manager: Session,
    pub(super) plane: DataPlane,
    pub(super) events: VecDeque<TunnelEvent>,
    pub(super) place: Option<(RealmId, IpAddr)>,
    pub(super) site: usize,
    /// Counts the places, as connections do not survive a move.
    pub(super) attachment: u32,
    /// Counts the starts.
    pub(super) life: u32,
    /// One way to the internet.
    pub(super) latency: Duration,
    pub(super) offline: bool,
    pub(super) asleep: bool,
    pub(super) wants_party: bool,
    pub(super) dialled: Option<LinkId>,
    pub(super) completed: Vec<Result<(), CommandError>>,
    pub(super) wake: Option<Duration>,
    pub(super) woken_at: Duration,
    pub(super) moved: BTreeSet<PeerId>,
    /// Game packets by sender.
    pub(super) received: BTreeMap<usize, u32>,
    pub(super) saved: Option<(SavedMembership, PeerId)>,
    pub(super) saved_peers: BTreeMap<PeerId, StoredPeer>,
    /// Of which second, and how many.
    datagrams: (u64, u32),
    second: u64,
    wakeups: u32,
    pub(super) most_wakeups: u32,
    pub(super) all_wakeups: u64,
    network_generation: u64,
    /// How often names were to be looked up.
    pub(super) name_wishes: u64,
}

impl Host {
    pub(super) fn new(index: usize, salt: u8, latency: Duration, now: Now) -> Self {
        let identity = DeviceIdentity::from_seed(&[index as u8 + 1; 32]);
        let manager = manager(index, salt, 0, &identity, now);
        Self {
            index,
            salt,
            id: identity.peer_id(),
            identity,
            manager,
            plane: DataPlane::default(),
            events: VecDeque::new(),
            place: None,
            site: 0,
            attachment: 0,
            life: 0,
            latency,
            offline: false,
            asleep: false,
            wants_party: false,
            dialled: None,
            completed: Vec::new(),
            wake: None,
            woken_at: Duration::ZERO,
            moved: BTreeSet::new(),
            received: BTreeMap::new(),
            saved: None,
            saved_peers: BTreeMap::new(),
            datagrams: (0, 0),
            second: 0,
            wakeups: 0,
            most_wakeups: 0,
            all_wakeups: 0,
            network_generation: 0,
            name_wishes: 0,
        }
    }

    /// Its UDP port, which follows from the device's identity.
    pub(super) fn port(&self) -> u16 {
        port(self.index)
    }

    /// The network as the watch on it would tell.
    pub(super) fn network(&mut self) -> NetworkState {
        self.network_generation += 1;
        let addresses = self.place.iter().map(|(_, address)| *address).collect();
        NetworkState { generation: self.network_generation, addresses, default_route: None }
    }

    /// Starts, with what the last life has kept.
    pub(super) fn boot(&mut self, now: Now, endpoint: ControlEndpoint) {
        self.life += 1;
        self.plane = DataPlane::default();
        self.events.clear();
        self.dialled = None;
        self.asleep = false;
        self.manager = manager(self.index, self.salt, self.life, &self.identity, now);
        let network = self.network();
        self.manager.initialize_nat(now, network, Vec::new());
        self.manager.initialize_control(now, Some(endpoint));
        if let Some((membership, host)) = self.saved.clone() {
            let peers = self.saved_peers.values().cloned().collect();
            self.manager.restore(now, membership, host, peers);
        }
    }

    /// Its lease in the party, if it is in one.
    pub(super) fn lease(&self) -> Option<VirtualIp> {
        self.manager.party.as_ref().map(|party| party.membership.virtual_ip)
    }

    /// Gives how many datagrams it sent in this second.
    pub(super) fn count_datagram(&mut self, now: Duration) -> u32 {
        if self.datagrams.0 != now.as_secs() {
            self.datagrams = (now.as_secs(), 0);
        }
        self.datagrams.1 += 1;
        self.datagrams.1
    }

    /// Gives how often it woke up in this second.
    pub(super) fn count_wakeup(&mut self, now: Duration) -> u32 {
        if self.second != now.as_secs() {
            (self.second, self.wakeups) = (now.as_secs(), 0);
        }
        self.wakeups += 1;
        self.all_wakeups += 1;
        self.most_wakeups = self.most_wakeups.max(self.wakeups);
        self.wakeups
    }

    /// Nothing may grow without end.
    pub(super) fn check_bounds(&self) {
        let Some(party) = &self.manager.party else { return };
        for (peer, connection) in party.connections.connections() {
            let paths = connection.agent.paths().count();
            if paths > limits::CANDIDATES + 24 {
                violation!("host {}: {paths} paths to {peer:?}", self.index);
            }
        }
        let allocations = self.manager.relays.allocations().len();
        if allocations > lanrage_nat::relay_pool::HOLDS {
            violation!("host {}: {allocations} allocations", self.index);
        }
    }
}

fn port(index: usize) -> u16 {
    50_000 + index as u16 % 2
}

fn manager(index: usize, salt: u8, life: u32, identity: &DeviceIdentity, now: Now) -> Session {
    let name = Name::new(&format!("host {index}")).expect("a name");
    let local = LocalControlPlane::new(identity.peer_id(), now);
    let entropy = Entropy::fixed(salt ^ ((index as u8) << 5) ^ (life as u8 % 32));
    Session::new(now, identity.clone(), name, port(index), local, entropy)
}
