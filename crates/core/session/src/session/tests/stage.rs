use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_control::{
    LinkAction, LinkClosed, LinkEvent, LinkId, LocalControlPlane, Now,
    protocol::{
        Change, ClientMessage, Nonce, PROTOCOL_VERSION, PartySnapshot, PeerEntry, Refusal, Request,
        ServerMessage, SessionMessage, SessionToken,
    },
};
use lanrage_nat::{Probe, net_watch::NetworkState};
use lanrage_party::TunnelEvent;
use lanrage_party::{
    ControlEndpoint, DeviceIdentity, Invitation, Name, NatType, PartyId, PartySecret, PeerId, PeerRecord,
    Remote, SignedRecord, Subnet, UnixMillis, VirtualIp, WireGuardPrivateKey,
};

use crate::{
    CommandError, DataPlaneView, Notice, Snapshot, Traffic,
    entropy::Entropy,
    output::{Action, StoreAction, Ticket, TunnelAction},
    session::{Hosting, Session},
};

/// One device's decisions, with the test as its server, its network and its clock.
pub(super) struct Stage {
    pub(super) manager: Session,
    /// What the device asked of its server.
    pub(super) requests: Vec<Request>,
    pub(super) tunnel: Vec<TunnelAction>,
    pub(super) notices: Vec<Notice>,
    pub(super) results: Vec<(Ticket, Result<(), CommandError>)>,
    pub(super) adapters_opened: usize,
    /// What the next start would find.
    pub(super) kept: Vec<StoreAction>,
    start: Instant,
    elapsed: Duration,
    link: Option<LinkId>,
    revision: u64,
}

impl Stage {
    /// A device that uses no server, and lets guests in itself.
    pub(super) fn without_server() -> Self {
        Self::with_server(None)
    }

    /// A device that dials its server; nobody has answered yet.
    pub(super) fn new() -> Self {
        Self::with_server(Some("ws://server.example:8787".parse().unwrap()))
    }

    fn with_server(server: Option<ControlEndpoint>) -> Self {
        let start = Instant::now();
        let at = Now { instant: start, wall: UnixMillis(1_000_000) };
        let identity = DeviceIdentity::from_seed(&[1; 32]);
        let name = Name::new("Ann").unwrap();
        let mut manager = Session::new(
            at,
            identity.clone(),
            name,
            51_820,
            LocalControlPlane::new(identity.peer_id(), at),
            Entropy::fixed(1),
        );
        manager.initialize_nat(at, network([192, 168, 1, 10]), Vec::new());
        manager.hosting = Hosting::at(vec![50_000], false);
        manager.initialize_control(at, server);
        let mut stage = Self {
            manager,
            requests: Vec::new(),
            tunnel: Vec::new(),
            notices: Vec::new(),
            results: Vec::new(),
            adapters_opened: 0,
            kept: Vec::new(),
            start,
            elapsed: Duration::ZERO,
            link: None,
            revision: 0,
        };
        stage.settle();
        stage
    }

    /// The same with a server that has said welcome.
    pub(super) fn connected() -> Self {
        let mut stage = Self::new();
        stage.welcome();
        stage
    }

    /// A device in its own party, of which its server knows.
    pub(super) fn in_party() -> Self {
        let mut stage = Self::connected();
        let now = stage.now();
        stage.manager.create_party(now, 1, Name::new("LAN").unwrap(), Subnet::DEFAULT);
        stage.settle();
        stage.say_party(&[]);
        assert!(matches!(stage.results.pop(), Some((1, Ok(())))), "the party is made");
        stage
    }

    pub(super) fn now(&self) -> Now {
        let wall = UnixMillis(1_000_000).plus(self.elapsed.as_millis() as u64);
        Now { instant: self.start + self.elapsed, wall }
    }

    /// Lets time pass, with every timer called when it is due.
    pub(super) fn pass(&mut self, duration: Duration) {
        let end = self.elapsed + duration;
        while let Some(at) = self.manager.poll_timeout() {
            let due = at.saturating_duration_since(self.start);
            if due > end {
                break;
            }
            self.elapsed = due.max(self.elapsed + Duration::from_millis(1));
            let now = self.now();
            self.manager.handle_timeout(now);
            self.settle();
        }
        self.elapsed = end;
    }

    pub(super) fn welcome(&mut self) {
        let wall = self.now().wall;
        self.welcome_at(wall.0);
    }

    /// The welcome of a server whose clock shows this.
    pub(super) fn welcome_at(&mut self, server_time_ms: u64) {
        let link = self.link.expect("the device has dialled");
        let now = self.now();
        self.manager.handle_link(now, LinkEvent::Opened(link));
        self.settle();
        self.say(ServerMessage::Welcome {
            session: SessionToken::from_random([5; 32]),
            protocol: PROTOCOL_VERSION,
            heartbeat_interval_ms: 30_000,
            server_time: UnixMillis(server_time_ms),
            stun: Vec::new(),
            relays: Vec::new(),
        });
    }

    /// A frame from the server.
    pub(super) fn say(&mut self, message: ServerMessage) {
        let link = self.link.expect("the device has dialled");
        let now = self.now();
        self.manager.handle_link(now, LinkEvent::Frame(link, message.encode()));
        self.settle();
    }

    /// The connection to the server ends.
    pub(super) fn lose_server(&mut self) {
        let link = self.link.take().expect("the device has dialled");
        let now = self.now();
        self.manager.handle_link(now, LinkEvent::Closed(link, LinkClosed::Ended));
        self.settle();
    }

    /// The device's own party as the server tells it, with whomever it likes in it.
    pub(super) fn say_party(&mut self, others: &[SignedRecord]) {
        let invitation = self.invitation();
        self.revision += 1;
        let peers = [self.own_record()].iter().chain(others).map(entry).collect();
        self.say(ServerMessage::Party {
            snapshot: PartySnapshot {
                party: invitation.party,
                name: invitation.name.clone(),
                subnet: invitation.subnet,
                host: invitation.host,
                created_at: self.now().wall,
                revision: self.revision,
                peers,
            },
        });
    }

    pub(super) fn say_change(&mut self, change: Change) {
        self.revision += 1;
        let party = self.invitation().party;
        self.say(ServerMessage::Delta { party, revision: self.revision, change });
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.say(ServerMessage::Error(refusal));
    }

    pub(super) fn invitation(&self) -> Invitation {
        self.manager.party.as_ref().expect("in a party").membership.invitation.clone()
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.manager.get_party_status(self.now(), |_| Traffic::default(), DataPlaneView::default())
    }

    /// The codes of the problems that the user sees.
    pub(super) fn problems(&self) -> Vec<String> {
        self.snapshot().problems.into_iter().map(|problem| problem.code).collect()
    }

    /// What was sent, or prepared to be sent, to anybody but the control server.
    pub(super) fn sent_to_peers(&self) -> Vec<&TunnelAction> {
        let is_traffic = |action: &&TunnelAction| {
            !matches!(action, TunnelAction::Enter(_) | TunnelAction::Leave | TunnelAction::RemovePeer(_))
        };
        self.tunnel.iter().filter(is_traffic).collect()
    }

    /// The peer answers a probe from `address`, as it does once a path works.
    pub(super) fn prove_path(&mut self, peer: PeerId, address: SocketAddr) {
        let now = self.now();
        let from = Remote::straight(address);
        self.manager.handle_tunnel(now, TunnelEvent::SessionEstablished { peer, from });
        self.settle();
        let asked = self.tunnel.iter().rev().find_map(|action| match action {
            TunnelAction::Probe { payload, .. } => match Probe::parse(payload) {
                Ok(Probe::Request { id }) => Some(id),
                _ => None,
            },
            _ => None,
        });
        let id = asked.expect("a session is probed at once");
        let payload = Probe::Response { id, observed: address }.to_bytes();
        self.manager.handle_tunnel(now, TunnelEvent::Probe { peer, from, payload });
        self.settle();
        assert!(self.snapshot().party.unwrap().peers[0].endpoint.is_some(), "the path is proven");
    }

    /// The record that the device last gave its server.
    fn own_record(&self) -> SignedRecord {
        let mine = |request: &Request| match request {
            Request::CreateParty { record, .. } | Request::JoinParty { record, .. } => Some(record.clone()),
            _ => None,
        };
        self.requests.iter().rev().find_map(mine).expect("the device has registered")
    }

    pub(super) fn settle(&mut self) {
        while let Some(action) = self.manager.poll_action() {
            match action {
                Action::Link(LinkAction::Dial { link, .. }) => self.link = Some(link),
                Action::Link(LinkAction::Send(text)) => match ClientMessage::parse(&text).unwrap() {
                    ClientMessage::Request(request) => self.requests.push(request),
                    ClientMessage::Session(SessionMessage::Hello { .. }) => {
                        self.say(ServerMessage::Challenge { nonce: Nonce::from_random([6; 32]) });
                    }
                    ClientMessage::Session(_) => {}
                },
                Action::Link(LinkAction::Close)
                | Action::CloseAdapter
                | Action::LookUp(_)
                | Action::MeasureNat(_)
                | Action::MapPort(_)
                | Action::RelayStream(_)
                | Action::Guests(_) => {}
                Action::OpenAdapter { .. } => self.adapters_opened += 1,
                Action::Store(action) => self.kept.push(action),
                Action::Tunnel(action) => self.tunnel.push(action),
                Action::Notice(notice) => self.notices.push(notice),
                Action::Complete { ticket, result } => self.results.push((ticket, result)),
            }
        }
    }
}

/// A network in which the device has this address.
pub(super) fn network(address: [u8; 4]) -> NetworkState {
    NetworkState { addresses: vec![address.into()], ..NetworkState::default() }
}

pub(super) fn entry(record: &SignedRecord) -> PeerEntry {
    PeerEntry {
        record: record.clone(),
        nat_type: NatType::PortRestrictedCone,
        joined_at: UnixMillis(1_000_000),
        online: true,
    }
}

/// Somebody else, who may or may not know the party secret.
pub(super) struct Somebody {
    pub(super) identity: DeviceIdentity,
    pub(super) private_key: WireGuardPrivateKey,
    pub(super) record: PeerRecord,
}

impl Somebody {
    pub(super) fn new(seed: u8, party: PartyId) -> Self {
        let identity = DeviceIdentity::from_seed(&[seed; 32]);
        let private_key = WireGuardPrivateKey::from_random([seed; 32]);
        let record = PeerRecord {
            party,
            identity: identity.public(),
            wireguard_key: private_key.public(),
            virtual_ip: VirtualIp([10, 66, 0, seed].into()),
            name: Name::new(&format!("peer {seed}")).unwrap(),
            protocol: 1,
            epoch: 1,
            sequence: 100,
        };
        Self { identity, private_key, record }
    }

    pub(super) fn sign(&self, secret: &PartySecret) -> SignedRecord {
        self.record.clone().sign(&self.identity, secret)
    }
}

/// Where the friends in these tests may be reached.
pub(super) fn somewhere() -> SocketAddr {
    "203.0.113.9:4000".parse().unwrap()
}
