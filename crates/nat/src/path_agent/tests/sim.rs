//! A small internet: two nodes, their routers, links with delay and loss, and as much of WireGuard as the
//! agents depend on. Deterministic; time only moves in [`Sim::run_for`] and [`Sim::run_until`].

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use lanrage_party::{Candidate, CandidateType};

use crate::{PathAgent, PathAgentConfig, PathEvent, PathTransmit};

pub(super) const A: usize = 0;
pub(super) const B: usize = 1;

/// The session's side that begins handshakes is always A.
const INITIATOR: usize = A;
/// One-way delay of a link that was not set.
const DELAY: Duration = Duration::from_millis(10);
/// How often flowing packets are reported to the agents.
const TRAFFIC_TICK: Duration = Duration::from_millis(100);

pub(super) fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub(super) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// RFC 4787 §4.1.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Mapping {
    EndpointIndependent,
    AddressAndPortDependent,
}

/// RFC 4787 §5.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Filtering {
    EndpointIndependent,
    AddressAndPortDependent,
}

pub(super) struct Nat {
    public: Ipv4Addr,
    mapping: Mapping,
    filtering: Filtering,
    mapped: HashMap<(SocketAddr, Option<SocketAddr>), u16>,
    /// Per public port: the inside, and when each outside was last sent to.
    ports: HashMap<u16, (SocketAddr, HashMap<SocketAddr, Instant>)>,
}

impl Nat {
    /// How long a router admits answers; the shortest that is common.
    const LIFETIME: Duration = Duration::from_secs(30);

    fn new(public: &str, mapping: Mapping, filtering: Filtering) -> Self {
        Self {
            public: public.parse().unwrap(),
            mapping,
            filtering,
            mapped: HashMap::new(),
            ports: HashMap::new(),
        }
    }

    pub(super) fn port_restricted(public: &str) -> Self {
        Self::new(public, Mapping::EndpointIndependent, Filtering::AddressAndPortDependent)
    }

    pub(super) fn full_cone(public: &str) -> Self {
        Self::new(public, Mapping::EndpointIndependent, Filtering::EndpointIndependent)
    }

    pub(super) fn symmetric(public: &str) -> Self {
        Self::new(public, Mapping::AddressAndPortDependent, Filtering::AddressAndPortDependent)
    }

    fn outbound(&mut self, now: Instant, inside: SocketAddr, to: SocketAddr) -> SocketAddr {
        let key = (inside, (self.mapping == Mapping::AddressAndPortDependent).then_some(to));
        let fresh = 40_000 + u16::try_from(self.mapped.len()).unwrap();
        let port = *self.mapped.entry(key).or_insert(fresh);
        let (_, outsides) = self.ports.entry(port).or_insert_with(|| (inside, HashMap::new()));
        outsides.insert(to, now);
        (self.public, port).into()
    }

    fn inbound(&self, now: Instant, port: u16, from: SocketAddr) -> Option<SocketAddr> {
        let (inside, outsides) = self.ports.get(&port)?;
        let known = outsides.get(&from).is_some_and(|sent| now - *sent < Self::LIFETIME);
        (known || self.filtering == Filtering::EndpointIndependent).then_some(*inside)
    }
}

pub(super) struct Node {
    pub(super) agent: PathAgent,
    /// At most one address per family.
    locals: Vec<SocketAddr>,
    nat: Option<Nat>,
    /// Nodes of one site reach each other's own addresses.
    site: u32,
    pub(super) events: Vec<(Duration, PathEvent)>,
    pub(super) sent: Vec<(Duration, SocketAddr)>,
    /// The live session; the number is that of its handshake.
    session: Option<u64>,
    /// A: the last two initiations sent. B: the session that waits for its first packet.
    handshakes: Vec<u64>,
    /// B: the newest initiation seen; older ones are replays.
    newest: u64,
}

#[derive(Clone)]
enum Message {
    Punch,
    Initiation(u64),
    Response(u64),
    Data { session: u64, probe: Option<Vec<u8>> },
}

struct Flight {
    from: SocketAddr,
    to: SocketAddr,
    receiver: usize,
    message: Message,
}

pub(super) struct Sim {
    start: Instant,
    pub(super) now: Instant,
    pub(super) nodes: [Node; 2],
    flights: BTreeMap<(Instant, u64), Flight>,
    sequence: u64,
    initiations: u64,
    /// Addresses from and to which nothing goes.
    pub(super) cut: HashSet<IpAddr>,
    /// One-way delay to an address, in place of the default.
    pub(super) delay: HashMap<IpAddr, Duration>,
    /// Adds up to so much to every delay, different each time.
    pub(super) jitter: Duration,
    /// So many of a thousand datagrams get lost.
    pub(super) lost_per_mille: u64,
    pub(super) traffic: bool,
    random: u64,
}

impl Sim {
    pub(super) fn new(a: (&[&str], Option<Nat>), b: (&[&str], Option<Nat>)) -> Self {
        let start = Instant::now();
        let mut site = 0;
        let mut node = |(locals, nat): (&[&str], Option<Nat>)| {
            site += 1;
            Node {
                agent: PathAgent::new(PathAgentConfig { initiator: site == 1 }, start),
                locals: locals.iter().map(|text| addr(text)).collect(),
                nat,
                site,
                events: Vec::new(),
                sent: Vec::new(),
                session: None,
                handshakes: Vec::new(),
                newest: 0,
            }
        };
        Self {
            start,
            now: start,
            nodes: [node(a), node(b)],
            flights: BTreeMap::new(),
            sequence: 0,
            initiations: 0,
            cut: HashSet::new(),
            delay: HashMap::new(),
            jitter: Duration::ZERO,
            lost_per_mille: 0,
            traffic: false,
            random: 0x9E37_79B9_7F4A_7C15,
        }
    }

    /// Two nodes with a public IPv4 and IPv6 address each: two independent paths.
    pub(super) fn dual_stack() -> Self {
        Self::new(
            (&["198.51.100.1:1111", "[2001:db8:a::1]:1111"], None),
            (&["198.51.100.2:2222", "[2001:db8:b::2]:2222"], None),
        )
    }

    pub(super) fn same_site(&mut self) {
        self.nodes[B].site = self.nodes[A].site;
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// What STUN would tell: host candidates, and the server-reflexive one behind a router.
    pub(super) fn gather(&mut self, node: usize) -> Vec<Candidate> {
        let Node { locals, nat, .. } = &mut self.nodes[node];
        let host = |address: &SocketAddr| Candidate { kind: CandidateType::Host, address: *address };
        let mut candidates: Vec<Candidate> = locals.iter().map(host).collect();
        if let Some(nat) = nat {
            let inside = *locals.iter().find(|local| local.is_ipv4()).unwrap();
            let address = nat.outbound(self.now, inside, addr("192.0.2.3:3478"));
            candidates.push(Candidate { kind: CandidateType::ServerReflexive, address });
        }
        candidates
    }

    /// Gives `node` what the other one gathers now.
    pub(super) fn signal_to(&mut self, node: usize) {
        let candidates = self.gather(1 - node);
        self.nodes[node].agent.set_remote_candidates(self.now, &candidates);
        self.drain(node);
    }

    pub(super) fn signal(&mut self) {
        self.signal_to(A);
        self.signal_to(B);
    }

    /// Does something to one agent, and sends what comes of it.
    pub(super) fn with(&mut self, node: usize, act: impl FnOnce(&mut PathAgent, Instant)) {
        act(&mut self.nodes[node].agent, self.now);
        self.drain(node);
    }

    /// The process ends and starts again: agent and session are new, the addresses are not.
    pub(super) fn restart(&mut self, node: usize) {
        let config = PathAgentConfig { initiator: node == INITIATOR };
        self.nodes[node].agent = PathAgent::new(config, self.now);
        self.nodes[node].session = None;
        self.nodes[node].handshakes.clear();
    }

    /// The node moves into another network.
    pub(super) fn move_to(&mut self, node: usize, local: &str, nat: Option<Nat>) {
        self.nodes[node].locals = vec![addr(local)];
        self.nodes[node].nat = nat;
        self.with(node, |agent, now| agent.handle_network_change(now));
    }

    pub(super) fn is_connected(&self) -> bool {
        self.nodes.iter().all(|node| node.agent.selected().is_some())
    }

    pub(super) fn selected(&self, node: usize) -> Option<SocketAddr> {
        self.nodes[node].agent.selected().map(|path| path.address)
    }

    pub(super) fn clear_logs(&mut self) {
        for node in &mut self.nodes {
            node.events.clear();
            node.sent.clear();
        }
    }

    pub(super) fn run_for(&mut self, duration: Duration) {
        assert_eq!(self.run_until(duration, |_| false), None);
    }

    /// Runs until `done` or for `limit`; returns how long it took.
    pub(super) fn run_until(&mut self, limit: Duration, done: impl Fn(&Self) -> bool) -> Option<Duration> {
        let (begin, end) = (self.now, self.now + limit);
        let mut tick = self.now;
        loop {
            if done(self) {
                return Some(self.now - begin);
            }
            let arrival = self.flights.keys().next().map(|key| key.0);
            let deadlines = self.nodes.iter().filter_map(|node| node.agent.poll_timeout());
            let next = deadlines.chain(arrival).chain(self.traffic.then_some(tick)).min();
            let Some(next) = next.filter(|next| *next <= end) else {
                self.now = end;
                return None;
            };
            self.now = self.now.max(next);
            while let Some(entry) = self.flights.first_entry().filter(|entry| entry.key().0 <= self.now) {
                let flight = entry.remove();
                self.deliver(flight);
            }
            if self.traffic && tick <= self.now {
                tick = self.now + TRAFFIC_TICK;
                for node in [A, B] {
                    self.with(node, PathAgent::handle_traffic);
                }
            }
            for node in [A, B] {
                self.with(node, PathAgent::handle_timeout);
                let deadline = self.nodes[node].agent.poll_timeout();
                assert!(
                    deadline.is_none_or(|at| at > self.now),
                    "a deadline in the past would spin the caller"
                );
            }
        }
    }

    fn drain(&mut self, node: usize) {
        while let Some(event) = self.nodes[node].agent.poll_event() {
            let at = self.elapsed();
            self.nodes[node].events.push((at, event));
        }
        while let Some(transmit) = self.nodes[node].agent.poll_transmit() {
            match transmit {
                PathTransmit::Punch { to } => self.send(node, to, Message::Punch),
                PathTransmit::Handshake { targets } => {
                    assert_eq!(node, INITIATOR, "only the initiator begins handshakes");
                    self.initiations += 1;
                    let handshakes = &mut self.nodes[node].handshakes;
                    handshakes.push(self.initiations);
                    if handshakes.len() > 2 {
                        handshakes.remove(0);
                    }
                    for to in targets {
                        self.send(node, to, Message::Initiation(self.initiations));
                    }
                }
                PathTransmit::Probe { to, payload } => {
                    if let Some(session) = self.nodes[node].session {
                        self.send(node, to, Message::Data { session, probe: Some(payload) });
                    }
                }
            }
        }
    }

    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    fn send(&mut self, sender: usize, to: SocketAddr, message: Message) {
        let at = self.elapsed();
        self.nodes[sender].sent.push((at, to));
        let lost = self.random() % 1_000 < self.lost_per_mille;
        let Some((from, receiver)) = self.route(sender, to) else {
            return;
        };
        if lost || self.cut.contains(&from.ip()) || self.cut.contains(&to.ip()) {
            return;
        }
        let jitter = self.jitter.mul_f64((self.random() % 1_000) as f64 / 1_000.0);
        let arrival = self.now + self.delay.get(&to.ip()).copied().unwrap_or(DELAY) + jitter;
        self.sequence += 1;
        self.flights.insert((arrival, self.sequence), Flight { from, to, receiver, message });
    }

    /// From which address a datagram leaves, and whom it would reach.
    fn route(&mut self, sender: usize, to: SocketAddr) -> Option<(SocketAddr, usize)> {
        let (now, receiver) = (self.now, 1 - sender);
        let neighbours = self.nodes[A].site == self.nodes[B].site;
        let local = *self.nodes[sender].locals.iter().find(|local| local.is_ipv4() == to.is_ipv4())?;
        if neighbours && self.nodes[receiver].locals.contains(&to) {
            return Some((local, receiver));
        }
        let from = match &mut self.nodes[sender].nat {
            Some(nat) if to.is_ipv4() => nat.outbound(now, local, to),
            _ => local,
        };
        let target = &self.nodes[receiver];
        let reaches = match &target.nat {
            Some(nat) if to.is_ipv4() => to.ip() == nat.public && !neighbours,
            _ => target.locals.contains(&to),
        };
        reaches.then_some((from, receiver))
    }

    fn deliver(&mut self, Flight { from, to, receiver, message }: Flight) {
        let now = self.now;
        let node = &mut self.nodes[receiver];
        let admitted = node.locals.contains(&to)
            || node.nat.as_ref().is_some_and(|nat| nat.inbound(now, to.port(), from).is_some());
        if !admitted {
            return;
        }
        match message {
            Message::Punch => node.agent.handle_punch(now, from),
            Message::Initiation(number) => {
                if number > node.newest {
                    node.newest = number;
                    node.handshakes = vec![number];
                    self.send(receiver, from, Message::Response(number));
                }
            }
            Message::Response(number) => {
                if node.handshakes.contains(&number) && node.session.is_none_or(|current| number > current) {
                    node.session = Some(number);
                    node.agent.handle_session(now, from);
                    self.send(receiver, from, Message::Data { session: number, probe: None });
                }
            }
            Message::Data { session, probe } => {
                if receiver != INITIATOR && node.handshakes == [session] {
                    node.handshakes.clear();
                    node.session = Some(session);
                    node.agent.handle_session(now, from);
                }
                if node.session == Some(session) {
                    node.agent.handle_remote(now, from);
                    if let Some(probe) = probe {
                        // Late and repeated responses are refused; that is no failure.
                        let _ = node.agent.handle_probe(now, from, &probe);
                    }
                }
            }
        }
        self.drain(receiver);
    }
}
