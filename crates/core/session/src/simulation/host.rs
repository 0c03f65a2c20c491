use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::IpAddr,
    time::Duration,
};

use lanrage_control::{LinkId, Now};
use lanrage_nat::NetworkState;
use lanrage_party::{
    CandidateType, ControlEndpoint, Departure, DeviceIdentity, ForwardLimits, Name, NatType, PeerId,
    QualityThresholds, StoredPeer, Subnet, VirtualIp, facts::News, limits,
};
use lanrage_testnet::RealmId;

use super::data_plane::DataPlane;
use crate::{
    CommandError, DataPlaneView, Entropy, Input, Kept, Output, Outputs, SavedMembership, Session, Settings,
    Setup, Traffic, party::active::ActiveParty,
};

/// A device: an engine's decisions, the model of its data plane, and what the shells around them know.
pub(super) struct Host {
    index: usize,
    /// What makes the keys of one schedule others than those of the next.
    salt: u8,
    identity: DeviceIdentity,
    pub(super) id: PeerId,
    pub(super) session: Session,
    pub(super) plane: DataPlane,
    /// What the session has yet to hear.
    pub(super) inputs: VecDeque<Input>,
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
    /// Its network has changed while it slept.
    pub(super) moved_asleep: bool,
    pub(super) wants_party: bool,
    /// Whether its user hides its addresses from friends.
    pub(super) hides: bool,
    pub(super) dialled: Option<LinkId>,
    pub(super) completed: Vec<Result<(), CommandError>>,
    /// What its user was told.
    pub(super) news: Vec<News>,
    pub(super) wake: Option<Duration>,
    pub(super) woken_at: Duration,
    pub(super) moved: BTreeSet<PeerId>,
    /// Game packets by sender.
    pub(super) received: BTreeMap<usize, u32>,
    pub(super) saved: Option<(SavedMembership, PeerId)>,
    pub(super) saved_peers: BTreeMap<PeerId, StoredPeer>,
    pub(super) saved_departures: Vec<Departure>,
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
        let settings = settings(index, None, false);
        let session = session(index, salt, 0, &identity, now, settings, NetworkState::default());
        Self {
            index,
            salt,
            id: identity.peer_id(),
            identity,
            session,
            plane: DataPlane::default(),
            inputs: VecDeque::new(),
            place: None,
            site: 0,
            attachment: 0,
            life: 0,
            latency,
            offline: false,
            asleep: false,
            moved_asleep: false,
            wants_party: false,
            hides: false,
            dialled: None,
            completed: Vec::new(),
            news: Vec::new(),
            wake: None,
            woken_at: Duration::ZERO,
            moved: BTreeSet::new(),
            received: BTreeMap::new(),
            saved: None,
            saved_peers: BTreeMap::new(),
            saved_departures: Vec::new(),
            datagrams: (0, 0),
            second: 0,
            wakeups: 0,
            most_wakeups: 0,
            all_wakeups: 0,
            network_generation: 0,
            name_wishes: 0,
        }
    }

    pub(super) const fn identity(&self) -> &DeviceIdentity {
        &self.identity
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
    pub(super) fn boot(&mut self, now: Now, settings: Settings) {
        self.life += 1;
        self.plane = DataPlane::default();
        self.inputs.clear();
        self.dialled = None;
        (self.asleep, self.moved_asleep) = (false, false);
        let network = self.network();
        self.session = session(self.index, self.salt, self.life, &self.identity, now, settings, network);
        if let Some((membership, host)) = self.saved.clone() {
            let peers = self.saved_peers.values().cloned().collect();
            let departures = self.saved_departures.clone();
            self.inputs.push_back(Input::Restore(Kept { membership, host, peers, departures }));
        }
    }

    /// The settings as its user has them.
    pub(super) fn settings(&self, server: Option<ControlEndpoint>) -> Settings {
        settings(self.index, server, self.hides)
    }

    /// The party that it is in.
    pub(super) fn party(&self) -> Option<&ActiveParty> {
        self.session.state().party()
    }

    /// The link that its user would copy.
    pub(super) fn link(&self, now: Now) -> Option<String> {
        let shown = self.session.snapshot(now, |_| Traffic::default(), DataPlaneView::default());
        Some(shown.party?.invitation.0)
    }

    /// Its lease in the party, if it is in one.
    pub(super) fn lease(&self) -> Option<VirtualIp> {
        self.party().map(|party| party.membership.virtual_ip)
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
        let Some(party) = self.party() else { return };
        for (peer, connection) in party.connections.connections() {
            let paths = connection.agent.paths().count();
            if paths > limits::CANDIDATES + 24 {
                violation!("host {}: {paths} paths to {peer:?}", self.index);
            }
        }
        let told = party.connections.candidates();
        let shown = told.iter().find(|told| told.kind != CandidateType::Relayed);
        if let Some(shown) = shown.filter(|_| self.plane.is_relay_only()) {
            violation!("host {} hides its addresses, and tells friends of {shown:?}", self.index);
        }
        let allocations = self.session.state().relays().allocations().len();
        if allocations > lanrage_nat::relay_pool::HOLDS {
            violation!("host {}: {allocations} allocations", self.index);
        }
    }
}

fn settings(index: usize, server: Option<ControlEndpoint>, relay_only: bool) -> Settings {
    Settings {
        player_name: Name::new(&format!("host {index}")).expect("a name"),
        server,
        server_key: None,
        stun_servers: Vec::new(),
        quality_thresholds: QualityThresholds::default(),
        default_subnet: Subnet::DEFAULT,
        relay_only,
        sends_twice: true,
        uses_rendezvous: false,
        forward_limits: ForwardLimits { pair_kbits: 2_000, total_kbits: 8_000 },
        shares_games: true,
        shield: lanrage_shield::Rules::default(),
    }
}

fn port(index: usize) -> u16 {
    50_000 + index as u16 % 2
}

fn session(
    index: usize,
    salt: u8,
    life: u32,
    identity: &DeviceIdentity,
    now: Now,
    settings: Settings,
    network: NetworkState,
) -> Session {
    let entropy = Entropy::fixed(salt ^ ((index as u8) << 5) ^ (life as u8 % 32));
    let setup = Setup {
        identity: identity.clone(),
        udp_port: port(index),
        settings,
        network,
        newest_sequence: 0,
        remembered_nat: NatType::Unknown,
        problems: Vec::new(),
    };
    Session::new(now, setup, entropy)
}

/// What a step has asked for, in order.
#[derive(Default)]
pub(super) struct Wanted(pub(super) VecDeque<Output>);

impl Outputs for Wanted {
    fn perform(&mut self, _session: &Session, output: Output) {
        self.0.push_back(output);
    }
}
