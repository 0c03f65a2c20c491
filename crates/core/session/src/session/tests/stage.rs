use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use ipnet::Ipv4Net;
use lanrage_control::{
    LinkAction, LinkClosed, LinkEvent, LinkId, Now,
    protocol::{
        Change, ClientMessage, Nonce, PROTOCOL_VERSION, PartySnapshot, PeerEntry, Refusal, Request,
        ServerMessage, ServerProof, SessionMessage, SessionToken,
    },
};
use lanrage_nat::{NetworkState, Probe};
use lanrage_party::TunnelEvent;
use lanrage_party::{
    ControlEndpoint, DeviceIdentity, ForwardLimits, Invitation, Name, NatType, PartyId, PartySecret, PeerId,
    PeerRecord, QualityThresholds, Remote, SearchRedirect, SignedRecord, Subnet, UnixMillis, VirtualIp,
    WireGuardPrivateKey, challenge_message,
};
use lanrage_rendezvous::{Event, Order, PutFault, SignedItem};
use lanrage_shield::{Gate, Rules};

use crate::{
    Command, CommandError, DataPlaneView, Entropy, Input, Kept, Notice, Output, Outputs, Session, Settings,
    Setup, Snapshot, StoreAction, Ticket, Traffic, flush, party::active::ActiveParty, step,
};

/// One device's decisions, with the test as its server, its network and its clock.
pub(super) struct Stage {
    pub(super) session: Session,
    /// What the device asked of its server.
    pub(super) requests: Vec<Request>,
    /// What went to the data plane.
    pub(super) tunnel: Vec<Output>,
    pub(super) notices: Vec<Notice>,
    pub(super) results: Vec<(Ticket, Result<(), CommandError>)>,
    pub(super) adapters_opened: usize,
    pub(super) measurements: usize,
    /// The address for which games are watched.
    pub(super) games_watched: Option<VirtualIp>,
    pub(super) redirects: Vec<SearchRedirect>,
    pub(super) doors_watched: bool,
    /// The last look at what listens that was asked for.
    pub(super) look: u64,
    /// How often everybody was asked for games.
    pub(super) searches: usize,
    /// What the data plane lets peers begin.
    pub(super) gates: (Gate, Vec<(PeerId, Gate)>),
    /// How often the public store was asked for something.
    pub(super) looks: usize,
    /// What the public store holds.
    pub(super) items: Vec<SignedItem>,
    /// What was put into it, and what comes of that.
    pub(super) puts: Vec<SignedItem>,
    pub(super) put_outcome: Result<(), PutFault>,
    /// The networks that the device has routes to.
    pub(super) routes: Vec<Ipv4Net>,
    /// What the next start would find.
    pub(super) kept: Vec<StoreAction>,
    /// Whose key the server shows; `None` for one that has none.
    pub(super) server_key: Option<u8>,
    /// What is found when a membership is looked up.
    pub(super) stored: Option<Kept>,
    start: Instant,
    elapsed: Duration,
    /// By how much the clock was set back.
    pub(super) set_back: Duration,
    link: Option<LinkId>,
    revision: u64,
}

impl Stage {
    /// A device that uses no server.
    pub(super) fn without_server() -> Self {
        Self::with_server(None, NatType::Unknown)
    }

    /// The same behind a router that was measured before.
    pub(super) fn behind(router: NatType) -> Self {
        Self::with_server(None, router)
    }

    /// A device that dials its server; nobody has answered yet.
    pub(super) fn new() -> Self {
        Self::with_server(Some("ws://server.example:8787".parse().unwrap()), NatType::Unknown)
    }

    fn with_server(server: Option<ControlEndpoint>, remembered_nat: NatType) -> Self {
        let start = Instant::now();
        let at = Now { instant: start, wall: UnixMillis(1_000_000) };
        let identity = DeviceIdentity::from_seed(&[1; 32]);
        let setup = Setup {
            identity,
            udp_port: 51_820,
            settings: settings(server),
            network: network([192, 168, 1, 10]),
            newest_sequence: 0,
            remembered_nat,
            problems: Vec::new(),
        };
        let session = Session::new(at, setup, Entropy::fixed(1));
        let mut stage = Self {
            session,
            requests: Vec::new(),
            tunnel: Vec::new(),
            notices: Vec::new(),
            results: Vec::new(),
            adapters_opened: 0,
            measurements: 0,
            games_watched: None,
            redirects: Vec::new(),
            doors_watched: false,
            look: 0,
            searches: 0,
            gates: (Gate::default(), Vec::new()),
            looks: 0,
            puts: Vec::new(),
            put_outcome: Ok(()),
            items: Vec::new(),
            routes: Vec::new(),
            kept: Vec::new(),
            server_key: None,
            stored: None,
            start,
            elapsed: Duration::ZERO,
            set_back: Duration::ZERO,
            link: None,
            revision: 0,
        };
        let mut wanted = Wanted::default();
        flush(&mut stage.session, &mut wanted);
        stage.carry_out(wanted);
        stage
    }

    /// A device whose server has shown this key and said welcome.
    pub(super) fn with_server_key(key: u8) -> Self {
        let mut stage = Self::new();
        stage.server_key = Some(key);
        stage.welcome();
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
        stage.make_party(1);
        stage.say_party(&[]);
        assert!(matches!(stage.results.pop(), Some((1, Ok(())))), "the party is made");
        stage
    }

    pub(super) fn now(&self) -> Now {
        let passed = self.elapsed.saturating_sub(self.set_back);
        let wall = UnixMillis(1_000_000).plus(passed.as_millis() as u64);
        Now { instant: self.start + self.elapsed, wall }
    }

    /// Lets time pass, with every timer called when it is due.
    pub(super) fn pass(&mut self, duration: Duration) {
        let end = self.elapsed + duration;
        while let Some((at, _)) = self.session.poll_timeout() {
            let due = at.saturating_duration_since(self.start);
            if due > end {
                break;
            }
            self.elapsed = due.max(self.elapsed + Duration::from_millis(1));
            self.input(Input::Timeout);
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
        self.input(Input::Link(LinkEvent::Opened(link)));
        self.say(ServerMessage::Welcome {
            session: SessionToken::from_random([5; 32]),
            protocol: PROTOCOL_VERSION,
            heartbeat_interval_ms: 30_000,
            server_time: UnixMillis(server_time_ms),
            nonce: Some(Nonce::from_random([6; 32])),
            has_page: true,
            stun: Vec::new(),
            relays: Vec::new(),
        });
    }

    /// A frame from the server.
    pub(super) fn say(&mut self, message: ServerMessage) {
        let link = self.link.expect("the device has dialled");
        self.input(Input::Link(LinkEvent::Frame(link, message.encode())));
    }

    /// The connection to the server ends.
    pub(super) fn lose_server(&mut self) {
        let link = self.link.take().expect("the device has dialled");
        self.input(Input::Link(LinkEvent::Closed(link, LinkClosed::Ended)));
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
        self.party().expect("in a party").membership.invitation.clone()
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.session.snapshot(self.now(), |_| Traffic::default(), DataPlaneView::default())
    }

    /// The codes of the problems that the user sees.
    pub(super) fn problems(&self) -> Vec<String> {
        self.snapshot().problems.into_iter().map(|problem| problem.fault.code().to_owned()).collect()
    }

    /// What was sent, or prepared to be sent, to anybody but the control server.
    pub(super) fn sent_to_peers(&self) -> Vec<&Output> {
        let is_traffic = |output: &&Output| {
            !matches!(
                output,
                Output::Enter(_) | Output::Leave | Output::RemovePeer(_) | Output::ChooseSources
            )
        };
        self.tunnel.iter().filter(is_traffic).collect()
    }

    /// The peer answers a probe from `address`, as it does once a path works.
    pub(super) fn prove_path(&mut self, peer: PeerId, address: SocketAddr) {
        let from = Remote::straight(address);
        self.input(Input::Tunnel(TunnelEvent::SessionEstablished { peer, from }));
        let asked = self.tunnel.iter().rev().find_map(|action| match action {
            Output::Probe { payload, .. } => match Probe::parse(payload) {
                Ok(Probe::Request { id }) => Some(id),
                _ => None,
            },
            _ => None,
        });
        let id = asked.expect("a session is probed at once");
        let payload = Probe::Response { id, observed: address }.to_bytes();
        self.input(Input::Tunnel(TunnelEvent::Probe { peer, from, payload }));
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

    /// The user wants something.
    pub(super) fn command(&mut self, ticket: Ticket, command: Command) {
        self.input(Input::Command(ticket, command));
    }

    pub(super) fn make_party(&mut self, ticket: Ticket) {
        self.command(ticket, Command::CreateParty { name: Name::new("LAN").unwrap() });
    }

    pub(super) fn party(&self) -> Option<&ActiveParty> {
        self.session.state().party()
    }

    /// Something happens, and the shells do what follows from it.
    pub(super) fn input(&mut self, input: Input) {
        let (now, mut wanted) = (self.now(), Wanted::default());
        step(&mut self.session, now, input, &mut wanted);
        self.carry_out(wanted);
    }

    fn carry_out(&mut self, Wanted(outputs): Wanted) {
        for output in outputs {
            match output {
                Output::Link(LinkAction::Dial { link, .. }) => self.link = Some(link),
                Output::Link(LinkAction::Send(text)) => match ClientMessage::parse(&text).unwrap() {
                    ClientMessage::Request(request) => self.requests.push(request),
                    ClientMessage::Session(SessionMessage::Hello { identity, nonce: theirs, .. }) => {
                        let nonce = Nonce::from_random([6; 32]);
                        let server = self.server_key.zip(theirs).map(|(key, theirs)| {
                            let (key, peer) = (server_identity(key), PeerId::of(&identity));
                            let message = challenge_message(nonce.as_bytes(), theirs.as_bytes(), &peer);
                            ServerProof { key: key.public(), signature: key.sign(&message) }
                        });
                        self.say(ServerMessage::Challenge { nonce, server });
                    }
                    ClientMessage::Session(_) => {}
                },
                Output::Link(LinkAction::Close)
                | Output::CloseAdapter
                | Output::MendAdapter
                | Output::LookUp(_)
                | Output::MapPort(_)
                | Output::RelayStream(_)
                | Output::Rendezvous(Order::Reopen | Order::Rest) => {}
                Output::Rendezvous(Order::Look { id, key, .. }) => {
                    self.looks += 1;
                    for item in self.items.clone().into_iter().filter(|item| item.key == key) {
                        self.input(Input::Rendezvous(Event::Replica(id, item)));
                    }
                    self.input(Input::Rendezvous(Event::LookEnded(id)));
                }
                Output::Rendezvous(Order::Put { id, item, .. }) => {
                    self.puts.push(item);
                    self.input(Input::Rendezvous(Event::PutEnded(id, self.put_outcome)));
                }
                Output::MeasureNat(_) => self.measurements += 1,
                Output::WatchPrograms(watch) => {
                    self.games_watched = watch.filter(|watch| watch.games).map(|watch| watch.address);
                    self.doors_watched = watch.is_some_and(|watch| watch.doors);
                }
                Output::LookAgain(number) => self.look = number,
                Output::SearchGames(_) => self.searches += 1,
                Output::SetGates { others, named } => self.gates = (others, named),
                Output::RedirectSearches(redirects) => self.redirects = redirects,
                Output::Load { ticket, .. } => {
                    let stored = self.stored.take();
                    self.input(Input::Kept(ticket, stored.ok_or(CommandError::NotAMember)));
                }
                Output::ReadRoutes => self.input(Input::Routes(self.routes.clone())),
                Output::OpenAdapter { .. } => self.adapters_opened += 1,
                Output::Store(action) => self.kept.push(action),
                Output::Notice(notice) => self.notices.push(notice),
                Output::Complete { ticket, result } => self.results.push((ticket, result)),
                to_data_plane => self.tunnel.push(to_data_plane),
            }
        }
    }
}

/// The identity of a server.
pub(super) fn server_identity(n: u8) -> DeviceIdentity {
    DeviceIdentity::from_seed(&[100 + n; 32])
}

/// What a step has asked for.
#[derive(Default)]
struct Wanted(Vec<Output>);

impl Outputs for Wanted {
    fn perform(&mut self, _session: &Session, output: Output) {
        self.0.push(output);
    }
}

/// Settings with this server for new parties.
pub(super) fn settings(server: Option<ControlEndpoint>) -> Settings {
    Settings {
        player_name: Name::new("Ann").unwrap(),
        server,
        server_key: None,
        stun_servers: Vec::new(),
        quality_thresholds: QualityThresholds::default(),
        default_subnet: Subnet::DEFAULT,
        relay_only: false,
        sends_twice: true,
        uses_rendezvous: false,
        forward_limits: ForwardLimits { pair_kbits: 2_000, total_kbits: 8_000 },
        shares_games: true,
        shield: Rules::default(),
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
