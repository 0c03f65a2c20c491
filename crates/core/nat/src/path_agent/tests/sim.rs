//! A small internet: two nodes, their routers, relays, links with delay, loss, reordering and duplication, and as
//! much of WireGuard as the agents depend on. Deterministic; time only moves in [`Sim::run_for`] and [`Sim::run_until`].

use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use lanrage_party::{AllocationId, Candidate, CandidateType, Remote};
use lanrage_testnet::{
    Clock, Link, Rng, Router, World,
    expected::{
        Dependence::{self, AddressAndPortDependent, EndpointIndependent},
        Nat, PortAssignment,
    },
};

use crate::{
    Allocation, PathAgent, PathAgentConfig, PathEvent, PathTransmit, Reach, path_agent::pairs, predicted,
    timing,
};

pub(super) const A: usize = 0;
pub(super) const B: usize = 1;

/// The session's side that begins handshakes is always A.
const INITIATOR: usize = A;
/// One-way delay of a link that was not set.
const DELAY: Duration = Duration::from_millis(10);
/// How often flowing packets are reported to the agents.
const TRAFFIC_TICK: Duration = Duration::from_millis(100);
/// How often a game sends.
const GAME_TICK: Duration = Duration::from_millis(20);
/// REKEY_AFTER_TIME and REJECT_AFTER_TIME of WireGuard.
const REKEY_AFTER: Duration = Duration::from_secs(120);
const REJECT_AFTER: Duration = Duration::from_secs(180);
/// How often a renewal is tried again (REKEY_TIMEOUT).
const REKEY_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub(super) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// How long a router keeps an unused mapping; the shortest that is common.
const MAPPING_LIFETIME: Duration = Duration::from_secs(30);

fn router(public: &str, mapping: Dependence, filtering: Dependence) -> Router {
    Router::new(Nat::new(mapping, filtering), public.parse().unwrap(), MAPPING_LIFETIME)
}

pub(super) fn port_restricted(public: &str) -> Router {
    router(public, EndpointIndependent, AddressAndPortDependent)
}

/// One that forgets a way by which nothing went out or came in for so long, as Linux does; then it gives the same port again,
/// or any.
pub(super) fn forgetful(public: &str, lifetime: Duration, random: bool) -> Router {
    let mut nat = Nat::new(EndpointIndependent, AddressAndPortDependent);
    if random {
        nat.ports = PortAssignment::Random;
    }
    Router::new(nat, public.parse().unwrap(), lifetime).with_inbound_refresh(true)
}

pub(super) fn full_cone(public: &str) -> Router {
    router(public, EndpointIndependent, EndpointIndependent)
}

pub(super) fn symmetric(public: &str) -> Router {
    router(public, AddressAndPortDependent, AddressAndPortDependent)
}

/// As [`symmetric`], with ports one behind the other.
pub(super) fn sequential(public: &str, step: u16) -> Router {
    symmetric(public).with_sequential_ports(step)
}

/// One allocation of a node: RFC 8656 with a permission for everyone whom the node sent to.
pub(super) struct OnRelay {
    pub(super) id: AllocationId,
    pub(super) relayed: SocketAddr,
    permissions: HashSet<IpAddr>,
}

pub(super) struct Node {
    pub(super) agent: PathAgent,
    /// At most one address per family.
    locals: Vec<SocketAddr>,
    pub(super) nat: Option<Router>,
    pub(super) on_relays: Vec<OnRelay>,
    /// The process stands still; what arrives is lost.
    pub(super) frozen: bool,
    /// No UDP but to the relays.
    pub(super) udp_blocked: bool,
    /// Where the game's packets go: where they last could.
    game_to: Option<Remote>,
    /// When packets of the game arrived, and how many were sent.
    pub(super) game_arrivals: Vec<Duration>,
    pub(super) game_sent: usize,
    /// Those that arrived, each once.
    pub(super) game_seen: HashSet<usize>,
    session_at: Option<Instant>,
    rekeyed_at: Option<Instant>,
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
pub(super) enum Message {
    Punch,
    Initiation(u64),
    Response(u64),
    Data {
        session: u64,
        probe: Option<Vec<u8>>,
    },
    /// A second copy has the same number.
    Game {
        session: u64,
        number: usize,
    },
}

#[derive(Clone)]
pub(super) struct Flight {
    from: SocketAddr,
    to: SocketAddr,
    /// The receiver's allocation that it comes out of.
    via: Option<AllocationId>,
    receiver: usize,
    message: Message,
}

pub(super) struct Sim {
    clock: Clock<Flight>,
    pub(super) nodes: [Node; 2],
    next_tick: Instant,
    next_move: Instant,
    initiations: u64,
    /// Addresses from and to which nothing goes.
    pub(super) cut: HashSet<IpAddr>,
    /// One-way delay to an address, in place of the default.
    pub(super) delay: HashMap<IpAddr, Duration>,
    /// Every way, but for its delay.
    pub(super) link: Link,
    /// Of a thousand datagrams without a relay on their way so many are lost.
    pub(super) straight_loss: u32,
    rng: Rng,
    /// Largest packet inside the tunnel that passes an address.
    pub(super) mtu: HashMap<IpAddr, usize>,
    pub(super) traffic: bool,
    /// Both sides play: packets flow, and their arrivals are written down.
    pub(super) game: bool,
    /// Sessions are renewed and expire as WireGuard's do; without, they live for ever.
    pub(super) sessions_expire: bool,
}

impl Sim {
    pub(super) fn new(a: (&[&str], Option<Router>), b: (&[&str], Option<Router>)) -> Self {
        let clock = Clock::new();
        let start = clock.now();
        let mut site = 0;
        let mut node = |(locals, nat): (&[&str], Option<Router>)| {
            site += 1;
            Node {
                agent: PathAgent::new(PathAgentConfig { initiator: site == 1 }, start),
                locals: locals.iter().map(|text| addr(text)).collect(),
                nat,
                on_relays: Vec::new(),
                frozen: false,
                udp_blocked: false,
                game_to: None,
                game_arrivals: Vec::new(),
                game_sent: 0,
                game_seen: HashSet::new(),
                session_at: None,
                rekeyed_at: None,
                site,
                events: Vec::new(),
                sent: Vec::new(),
                session: None,
                handshakes: Vec::new(),
                newest: 0,
            }
        };
        Self {
            clock,
            nodes: [node(a), node(b)],
            next_tick: start,
            next_move: start,
            initiations: 0,
            cut: HashSet::new(),
            delay: HashMap::new(),
            link: Link::default(),
            straight_loss: 0,
            rng: Rng::new(0),
            mtu: HashMap::new(),
            traffic: false,
            game: false,
            sessions_expire: false,
        }
    }

    /// Two nodes with a public IPv4 and IPv6 address each: two independent paths.
    pub(super) fn dual_stack() -> Self {
        Self::new(
            (&["198.51.100.1:1111", "[2001:db8:a::1]:1111"], None),
            (&["198.51.100.2:2222", "[2001:db8:b::2]:2222"], None),
        )
    }

    pub(super) fn with_seed(mut self, seed: u64) -> Self {
        self.rng = Rng::new(seed);
        self
    }

    /// Gives `node` an allocation on the relay at `relay`.
    pub(super) fn allocate(&mut self, node: usize, id: u32, relay: &str) {
        let port = 50_000 + 100 * u16::try_from(node).unwrap() + u16::try_from(id).unwrap();
        let relayed = SocketAddr::new(relay.parse().unwrap(), port);
        let on_relay = OnRelay { id: AllocationId(id), relayed, permissions: HashSet::new() };
        self.nodes[node].on_relays.push(on_relay);
        self.tell_allocations(node);
    }

    pub(super) fn release(&mut self, node: usize, id: u32) {
        self.nodes[node].on_relays.retain(|on_relay| on_relay.id != AllocationId(id));
        self.tell_allocations(node);
    }

    pub(super) fn release_nth(&mut self, node: usize, index: usize) {
        if index < self.nodes[node].on_relays.len() {
            self.nodes[node].on_relays.remove(index);
            self.tell_allocations(node);
        }
    }

    fn tell_allocations(&mut self, node: usize) {
        let allocation =
            |on: &OnRelay| Allocation { id: on.id, reach: Reach::Family { ipv6: on.relayed.is_ipv6() } };
        let allocations: Vec<Allocation> = self.nodes[node].on_relays.iter().map(allocation).collect();
        self.with(node, |agent, now| agent.set_allocations(now, &allocations));
    }

    /// The relays that packets from `node` go by now.
    pub(super) fn relays_in_use(&self, node: usize) -> Vec<IpAddr> {
        let Some(path) = self.nodes[node].agent.selected() else { return Vec::new() };
        let ours = self.nodes[node].on_relays.iter().filter(|on| Some(on.id) == path.remote.via);
        let theirs = self.nodes[1 - node].on_relays.iter().filter(|on| on.relayed == path.remote.address);
        ours.chain(theirs).map(|on| on.relayed.ip()).collect()
    }

    /// The longest time without a packet of the game from `since` on, at either side.
    pub(super) fn longest_gap(&self, since: Duration) -> Duration {
        let gap_of = |node: &Node| {
            let arrivals = node.game_arrivals.iter().copied().filter(|at| *at >= since);
            let marks: Vec<Duration> = [since].into_iter().chain(arrivals).chain([self.elapsed()]).collect();
            marks.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap()
        };
        self.nodes.iter().map(gap_of).max().unwrap()
    }

    /// Whether both sides got a packet of the game at or after `since`.
    pub(super) fn plays_since(&self, since: Duration) -> bool {
        self.nodes.iter().all(|node| node.game_arrivals.last().is_some_and(|at| *at >= since))
    }

    pub(super) fn same_site(&mut self) {
        self.nodes[B].site = self.nodes[A].site;
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// What STUN would tell: host candidates, and the server-reflexive one behind a router.
    pub(super) fn gather(&mut self, node: usize) -> Vec<Candidate> {
        let elapsed = self.elapsed();
        let Node { locals, nat, .. } = &mut self.nodes[node];
        let host = |address: &SocketAddr| Candidate { kind: CandidateType::Host, address: *address };
        let mut candidates: Vec<Candidate> = locals.iter().map(host).collect();
        if let Some(nat) = nat {
            let inside = *locals.iter().find(|local| local.is_ipv4()).unwrap();
            let counts_ports = nat.counts_ports();
            let mut seen_by = |server| nat.outbound(elapsed, inside, addr(server), &mut self.rng);
            let address = seen_by("192.0.2.3:3478");
            candidates.push(Candidate { kind: CandidateType::ServerReflexive, address });
            if counts_ports {
                let seen = [address, seen_by("192.0.2.4:3478"), seen_by("192.0.2.5:3478")];
                candidates.extend(predicted(&seen));
            }
        }
        let relayed = self.nodes[node].on_relays.iter().map(|on| on.relayed);
        candidates.extend(relayed.map(|address| Candidate { kind: CandidateType::Relayed, address }));
        candidates
    }

    /// Gives `node` what the other one gathers now.
    pub(super) fn signal_to(&mut self, node: usize) {
        let candidates = self.gather(1 - node);
        self.nodes[node].agent.set_remote_candidates(self.now(), &candidates);
        self.drain_node(node);
    }

    pub(super) fn signal(&mut self) {
        self.signal_to(A);
        self.signal_to(B);
    }

    /// Does something to one agent, and sends what comes of it.
    pub(super) fn with(&mut self, node: usize, act: impl FnOnce(&mut PathAgent, Instant)) {
        act(&mut self.nodes[node].agent, self.clock.now());
        self.drain_node(node);
    }

    /// The process ends and starts again: agent and session are new, the addresses are not.
    pub(super) fn restart(&mut self, node: usize) {
        let config = PathAgentConfig { initiator: node == INITIATOR };
        self.nodes[node].agent = PathAgent::new(config, self.now());
        self.nodes[node].session = None;
        self.nodes[node].session_at = None;
        self.nodes[node].handshakes.clear();
        self.tell_allocations(node);
    }

    /// The node moves into another network.
    pub(super) fn move_to(&mut self, node: usize, local: &str, nat: Option<Router>) {
        self.nodes[node].locals = vec![addr(local)];
        self.nodes[node].nat = nat;
        self.with(node, |agent, now| agent.handle_network_change(now));
    }

    pub(super) fn is_connected(&self) -> bool {
        self.nodes.iter().all(|node| node.agent.selected().is_some())
    }

    pub(super) fn selected(&self, node: usize) -> Option<SocketAddr> {
        self.nodes[node].agent.selected().map(|path| path.remote.address)
    }

    pub(super) fn clear_logs(&mut self) {
        for node in &mut self.nodes {
            node.events.clear();
            node.sent.clear();
            node.game_arrivals.clear();
            node.game_sent = 0;
            node.game_seen.clear();
        }
    }

    pub(super) fn run_for(&mut self, duration: Duration) {
        assert_eq!(self.run_until(duration, |_| false), None);
    }

    /// Runs until `done` or for `limit`; returns how long it took.
    pub(super) fn run_until(&mut self, limit: Duration, done: impl Fn(&Self) -> bool) -> Option<Duration> {
        let begin = self.now();
        self.next_tick = begin;
        let is_done = self.run_to(begin + limit, done);
        if !is_done {
            self.clock.advance(begin + limit);
        }
        is_done.then(|| self.now() - begin)
    }

    fn ticks(&self) -> bool {
        self.traffic || self.game || self.sessions_expire
    }

    fn tick(&mut self, node: usize) {
        if (self.traffic || self.game) && !self.nodes[node].frozen {
            self.with(node, PathAgent::handle_traffic);
        }
        self.age_session(node);
    }

    fn play(&mut self, node: usize) {
        let Node { frozen: false, game_to: Some(to), session: Some(session), .. } = self.nodes[node] else {
            return;
        };
        let number = self.nodes[node].game_sent;
        let second = self.nodes[node].agent.second();
        for to in [to].into_iter().chain(second) {
            let has_way = to.via.is_none_or(|via| self.nodes[node].on_relays.iter().any(|on| on.id == via));
            if has_way {
                self.nodes[node].game_sent = number + 1;
                self.send(node, to, Message::Game { session, number });
            }
        }
    }

    /// WireGuard's own timers, as far as the owner of an agent has to do with them.
    fn age_session(&mut self, node: usize) {
        let Node { frozen: false, session_at: Some(session_at), .. } = self.nodes[node] else { return };
        if !self.sessions_expire {
            return;
        }
        let (now, age) = (self.now(), self.now() - session_at);
        if age >= REJECT_AFTER {
            self.nodes[node].session = None;
            self.nodes[node].session_at = None;
        } else if node == INITIATOR && age >= REKEY_AFTER {
            let due = self.nodes[node].rekeyed_at.is_none_or(|at| now >= at + REKEY_TIMEOUT);
            if let Some(selected) = self.nodes[node].agent.selected().filter(|_| due) {
                self.nodes[node].rekeyed_at = Some(now);
                self.initiate(node, vec![selected.remote]);
            }
        }
    }

    fn initiate(&mut self, node: usize, targets: Vec<Remote>) {
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

    fn drain_node(&mut self, node: usize) {
        while let Some(event) = self.nodes[node].agent.poll_event() {
            let at = self.elapsed();
            if let PathEvent::Selected { remote, .. } = event {
                self.nodes[node].game_to = Some(remote);
            }
            self.nodes[node].events.push((at, event));
        }
        while let Some(transmit) = self.nodes[node].agent.poll_transmit() {
            match transmit {
                PathTransmit::Punch { to } => self.send(node, to, Message::Punch),
                PathTransmit::Handshake { targets } => {
                    assert_eq!(node, INITIATOR, "only the initiator begins handshakes");
                    let by_allocation = targets.iter().filter(|to| to.via.is_some()).count();
                    assert!(by_allocation <= timing::BURST_BY_ALLOCATION);
                    assert!(targets.len() - by_allocation <= pairs::STRAIGHT_PATHS);
                    self.initiate(node, targets);
                }
                PathTransmit::Probe { to, payload } => {
                    if let Some(session) = self.nodes[node].session {
                        self.send(node, to, Message::Data { session, probe: Some(payload) });
                    }
                }
            }
        }
    }

    fn send(&mut self, sender: usize, to: Remote, message: Message) {
        let at = self.elapsed();
        self.nodes[sender].sent.push((at, to.address));
        let Some((flight, hops)) = self.route_by_relays(sender, to, message) else {
            return;
        };
        let too_big = |ip: &IpAddr| match &flight.message {
            Message::Data { probe: Some(probe), .. } => {
                self.mtu.get(ip).is_some_and(|mtu| probe.len() + 20 > *mtu)
            }
            _ => false,
        };
        if hops.iter().any(|ip| self.cut.contains(ip) || too_big(ip)) {
            return;
        }
        let may_be_lost = self.straight_loss > 0 && flight.via.is_none() && hops.len() == 2;
        if may_be_lost && self.rng.chance(self.straight_loss) {
            return;
        }
        let delay: Duration = hops[1..].iter().map(|ip| self.delay.get(ip).copied().unwrap_or(DELAY)).sum();
        self.clock.send(self.link, delay, &mut self.rng, flight);
    }

    /// What arrives, and the addresses that it passes: that which it leaves from, the relays, the last one.
    fn route_by_relays(
        &mut self,
        sender: usize,
        to: Remote,
        message: Message,
    ) -> Option<(Flight, Vec<IpAddr>)> {
        let receiver = 1 - sender;
        let to_relay = |on: &OnRelay| on.relayed == to.address;
        let mut hops = Vec::new();
        let source = match to.via {
            Some(via) => {
                let on = self.nodes[sender].on_relays.iter_mut().find(|on| on.id == via)?;
                on.permissions.insert(to.address.ip());
                // Of the sender only the relay's own link counts.
                hops.extend([on.relayed.ip(); 2]);
                Some(on.relayed)
            }
            None => None,
        };
        if let Some(index) = self.nodes[receiver].on_relays.iter().position(to_relay) {
            let from = match source {
                Some(relayed) => relayed,
                None if self.nodes[sender].udp_blocked => return None,
                None => self.leave(sender, to.address)?,
            };
            let on = &self.nodes[receiver].on_relays[index];
            if !on.permissions.contains(&from.ip()) {
                return None;
            }
            if hops.is_empty() {
                hops.push(from.ip());
            }
            hops.push(on.relayed.ip());
            let flight = Flight { from, to: on.relayed, via: Some(on.id), receiver, message };
            return Some((flight, hops));
        }
        if self.nodes[receiver].udp_blocked || source.is_none() && self.nodes[sender].udp_blocked {
            return None;
        }
        let from = match source {
            // Nobody is a relay's neighbour: only public addresses are reached from there.
            Some(relayed) if self.is_public_address_of(receiver, to.address) => relayed,
            Some(_) => return None,
            None => self.route(sender, to.address)?.0,
        };
        if hops.is_empty() {
            hops.push(from.ip());
        }
        hops.push(to.address.ip());
        Some((Flight { from, to: to.address, via: None, receiver, message }, hops))
    }

    fn is_public_address_of(&self, node: usize, address: SocketAddr) -> bool {
        match &self.nodes[node].nat {
            Some(nat) if address.is_ipv4() => address.ip() == nat.external(),
            _ => self.nodes[node].locals.contains(&address),
        }
    }

    /// From which address a datagram to the internet leaves.
    fn leave(&mut self, sender: usize, to: SocketAddr) -> Option<SocketAddr> {
        let elapsed = self.elapsed();
        let Node { locals, nat, .. } = &mut self.nodes[sender];
        let local = *locals.iter().find(|local| local.is_ipv4() == to.is_ipv4())?;
        match nat {
            Some(nat) if to.is_ipv4() => Some(nat.outbound(elapsed, local, to, &mut self.rng)),
            _ => Some(local),
        }
    }

    /// From which address a datagram leaves, and whom it would reach.
    fn route(&mut self, sender: usize, to: SocketAddr) -> Option<(SocketAddr, usize)> {
        let receiver = 1 - sender;
        let neighbours = self.nodes[A].site == self.nodes[B].site;
        let local = *self.nodes[sender].locals.iter().find(|local| local.is_ipv4() == to.is_ipv4())?;
        if neighbours && self.nodes[receiver].locals.contains(&to) {
            return Some((local, receiver));
        }
        let from = self.leave(sender, to)?;
        let target = &self.nodes[receiver];
        let reaches = match &target.nat {
            Some(nat) if to.is_ipv4() => to.ip() == nat.external() && !neighbours,
            _ => target.locals.contains(&to),
        };
        reaches.then_some((from, receiver))
    }
}

impl World for Sim {
    type Event = Flight;

    fn clock(&mut self) -> &mut Clock<Flight> {
        &mut self.clock
    }

    fn drain(&mut self) {
        for node in [A, B] {
            self.drain_node(node);
        }
    }

    fn timeout(&self) -> Option<Instant> {
        let awake = self.nodes.iter().filter(|node| !node.frozen);
        let deadlines = awake.filter_map(|node| node.agent.poll_timeout());
        let tick = self.ticks().then_some(self.next_tick);
        deadlines.chain(tick).chain(self.game.then_some(self.next_move)).min()
    }

    fn handle_timeout(&mut self) {
        let now = self.now();
        if self.next_tick <= now {
            self.next_tick = now + TRAFFIC_TICK;
            self.tick(A);
            self.tick(B);
        }
        if self.game && self.next_move <= now {
            self.next_move = now + GAME_TICK;
            self.play(A);
            self.play(B);
        }
        for node in [A, B] {
            if !self.nodes[node].frozen {
                self.with(node, PathAgent::handle_timeout);
                let deadline = self.nodes[node].agent.poll_timeout();
                assert!(deadline.is_none_or(|at| at > now), "a deadline in the past would spin the caller");
            }
        }
    }

    fn handle(&mut self, Flight { from, to, via, receiver, message }: Flight) {
        let (now, at) = (self.now(), self.elapsed());
        let node = &mut self.nodes[receiver];
        let on_relay = via.is_some_and(|via| node.on_relays.iter().any(|on| on.id == via));
        if node.frozen || via.is_some() && !on_relay {
            return;
        }
        let admitted = on_relay
            || node.locals.contains(&to)
            || node.nat.as_mut().is_some_and(|nat| nat.inbound(at, from, to.port()).is_some());
        if !admitted {
            return;
        }
        let from = Remote { address: from, via };
        match message {
            Message::Game { session, number } => {
                if node.session == Some(session) {
                    node.game_seen.insert(number);
                    node.game_arrivals.push(at);
                    node.agent.handle_remote(now, from);
                }
            }
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
                    node.session_at = Some(now);
                    node.agent.handle_session(now, from);
                    self.send(receiver, from, Message::Data { session: number, probe: None });
                }
            }
            Message::Data { session, probe } => {
                if receiver != INITIATOR && node.handshakes == [session] {
                    node.handshakes.clear();
                    node.session = Some(session);
                    node.session_at = Some(now);
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
        self.drain_node(receiver);
    }
}
