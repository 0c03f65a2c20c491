//! The clock, what is under way, and who handles it.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use lanrage_control::{LinkAction, LinkClosed, LinkEvent, LinkId, Now, session::ConnectionId};
use lanrage_nat::{
    relay_stream::{RelayStreamEvent, RelayStreamTarget},
    stun,
    turn::{FiveTuple, Transport},
};
use lanrage_party::{AllocationId, ControlEndpoint, Invitation, PeerId, UnixMillis};
use lanrage_testnet::{Clock, Flight, INTERNET, Internet, Node, Rng};

use super::{
    control::{ControlServer, Said},
    data_plane::{Effects, Inner, PLAINTEXT, Vault, is_sealed},
    host::{Host, Wanted},
    relay::{PORT, RelayServer, Sent},
    schedule::Fault,
    site::Site,
};
use crate::{Input, Names, Output, RelayStreamCommand, StoreAction, flush, step};

/// The wall clock when a schedule begins.
const EPOCH_MS: u64 = 1_700_000_000_000;
/// Between two looks of a shell at its traffic, and two moves of the sessions' clocks.
const TICK: Duration = Duration::from_millis(200);
/// Between two looks of the servers at their timers.
const HOUSEKEEPING: Duration = Duration::from_secs(1);
/// Most outputs that one input may cause.
const OUTPUTS: usize = 2_000;
/// Most times that an engine may wake up in a second, whatever happens. A busy loop makes a thousand.
const WAKEUPS: u32 = 500;
/// Most datagrams that a host may send in a second, whatever happens.
const DATAGRAMS: u32 = 3_000;
/// Index of the control server among the servers; relays follow.
const CONTROL: usize = 0;

#[derive(Debug)]
pub(super) enum Event {
    Arrival { flight: Flight, bytes: Vec<u8> },
    Tick { host: usize },
    Housekeeping,
    Names { host: usize, life: u32, names: Names, wish: u64 },
    Adapter { host: usize, life: u32 },
    LinkOpened { connection: u64 },
    LinkFailed { host: usize, life: u32, link: LinkId },
    LinkClosed { connection: u64 },
    FrameUp { connection: u64, text: String },
    FrameDown { connection: u64, text: String },
    ConnectionGone { connection: u64 },
    StreamOpened { stream: u64 },
    StreamFailed { host: usize, life: u32, allocation: AllocationId },
    StreamUp { stream: u64, bytes: Vec<u8> },
    StreamDown { stream: u64, bytes: Vec<u8> },
    StreamClosed { stream: u64 },
    StreamGone { stream: u64 },
    Game { from: usize, to: usize, left: u32, pause: Duration },
    Fault(Fault),
}

/// A connection to the control server.
#[derive(Debug)]
struct Link {
    host: usize,
    life: u32,
    link: LinkId,
    attachment: u32,
    /// The network has lost it, and told nobody.
    stalled: bool,
    up_at: Duration,
    down_at: Duration,
}

/// A connection to a relay.
#[derive(Debug)]
struct Stream {
    host: usize,
    life: u32,
    allocation: AllocationId,
    relay: usize,
    tuple: FiveTuple,
    attachment: u32,
    used: bool,
    up_at: Duration,
    down_at: Duration,
}

pub(super) struct World {
    clock: Clock<Event>,
    pub(super) rng: Rng,
    pub(super) internet: Internet,
    pub(super) sites: Vec<Site>,
    pub(super) hosts: Vec<Host>,
    pub(super) control: ControlServer,
    control_ip: IpAddr,
    pub(super) relays: Vec<RelayServer>,
    /// What makes the keys of one schedule others than those of the next.
    salt: u8,
    vault: Vault,
    links: BTreeMap<u64, Link>,
    streams: BTreeMap<u64, Stream>,
    next_connection: u64,
    /// Datagrams lost, doubled and kept back, in a thousand.
    pub(super) loss: u32,
    pub(super) doubled: u32,
    pub(super) late: u32,
    /// Datagrams that somebody on the way has kept, to send them again.
    overheard: Vec<(SocketAddr, Vec<u8>)>,
    pub(super) invitation: Option<Invitation>,
    pub(super) traced: bool,
    pub(super) datagrams: u64,
    /// Of everything that happened, to compare runs by.
    pub(super) digest: u64,
}

macro_rules! trace {
    ($world:expr, $($text:tt)*) => {
        if $world.traced {
            println!("{:>10.4} {}", $world.now().as_secs_f64(), format_args!($($text)*));
        }
    };
}
pub(super) use trace;

impl World {
    pub(super) fn new(seed: u64, traced: bool) -> Self {
        let mut rng = Rng::new(seed);
        let mut internet = Internet::new();
        let clock = Clock::new();
        let start = clock.start();
        let control_ip = internet.public_address();
        internet.place(INTERNET, control_ip, Node::Server(CONTROL));
        let mut relays = Vec::new();
        for index in 0..1 + usize::from(rng.chance(400)) {
            let ip = internet.public_address();
            internet.place(INTERNET, ip, Node::Server(1 + index));
            let mut relay = RelayServer::new(index, ip, Rng::new(rng.word()));
            relay.start(start, EPOCH_MS / 1_000);
            relays.push(relay);
        }
        let now = Now { instant: start, wall: UnixMillis(EPOCH_MS) };
        let control = ControlServer::new(now, &relays, Rng::new(rng.word()));
        let salt = rng.word() as u8;
        let mut world = Self {
            clock,
            rng,
            internet,
            sites: Vec::new(),
            hosts: Vec::new(),
            control,
            control_ip,
            relays,
            salt,
            vault: Vault::default(),
            links: BTreeMap::new(),
            streams: BTreeMap::new(),
            next_connection: 0,
            loss: 0,
            doubled: 0,
            late: 0,
            overheard: Vec::new(),
            invitation: None,
            traced,
            datagrams: 0,
            digest: 0,
        };
        world.after(HOUSEKEEPING, Event::Housekeeping);
        world
    }

    /// The time since the beginning.
    pub(super) fn now(&self) -> Duration {
        self.clock.elapsed()
    }

    pub(super) fn time(&self) -> Now {
        let wall = UnixMillis(EPOCH_MS).plus(self.clock.elapsed().as_millis() as u64);
        Now { instant: self.clock.now(), wall }
    }

    pub(super) fn endpoint(&self) -> ControlEndpoint {
        format!("ws://{}:8787", self.control_ip).parse().expect("an address")
    }

    pub(super) fn after(&mut self, pause: Duration, event: Event) {
        self.clock.after(pause, event);
    }

    fn at(&mut self, at: Duration, event: Event) {
        self.after(at.saturating_sub(self.clock.elapsed()), event);
    }

    /// What the engines think of the relays.
    pub(super) fn relay_states(&self) -> String {
        let states = |host: &Host| {
            host.session.state().relays().views().into_iter().map(|view| view.state).collect::<Vec<_>>()
        };
        format!("{:?}", self.hosts.iter().map(states).collect::<Vec<_>>())
    }

    /// Whether the address is a relay's.
    pub(super) fn is_relay(&self, ip: IpAddr) -> bool {
        self.relays.iter().any(|relay| relay.ip == ip)
    }

    /// Adds a host at a site and starts its engine.
    pub(super) fn add_host(&mut self, site: usize) {
        let index = self.hosts.len();
        let latency = self.rng.millis(1..40);
        self.hosts.push(Host::new(index, self.salt, latency, self.time()));
        self.after(TICK, Event::Tick { host: index });
        self.attach(index, site);
        self.boot(index);
    }

    /// Plugs a host in at a site, without telling its engine.
    pub(super) fn attach(&mut self, index: usize, site: usize) {
        let address = self.sites[site].address(&mut self.internet);
        let realm = self.sites[site].realm();
        let host = &mut self.hosts[index];
        if let Some((realm, address)) = host.place.replace((realm, address)) {
            self.internet.remove(realm, address);
        }
        host.site = site;
        host.attachment += 1;
        self.internet.place(realm, address, Node::Host(index));
        trace!(self, "host {index} is at {address} of site {site}: {:?}", self.sites[site].network);
    }

    /// Starts an engine, with what its last life has kept.
    pub(super) fn boot(&mut self, index: usize) {
        let now = self.time();
        let endpoint = self.endpoint();
        self.hosts[index].boot(now, endpoint);
        let mut wanted = Wanted::default();
        flush(&mut self.hosts[index].session, &mut wanted);
        self.settle(index, wanted);
    }

    /// The process is killed and started again.
    pub(super) fn restart(&mut self, index: usize) {
        let (links, streams) = self.connections_of(index);
        for connection in links {
            self.after(Duration::from_millis(30), Event::ConnectionGone { connection });
        }
        for stream in streams {
            self.after(Duration::from_millis(30), Event::StreamGone { stream });
        }
        self.boot(index);
    }

    fn connections_of(&self, index: usize) -> (Vec<u64>, Vec<u64>) {
        let links = self.links.iter().filter(|(_, link)| link.host == index);
        let streams = self.streams.iter().filter(|(_, stream)| stream.host == index);
        (links.map(|(id, _)| *id).collect(), streams.map(|(id, _)| *id).collect())
    }

    /// The network loses the host's connections, and tells nobody.
    pub(super) fn stall(&mut self, index: usize) {
        self.links.values_mut().filter(|link| link.host == index).for_each(|link| link.stalled = true);
        for stream in self.connections_of(index).1 {
            let pause = self.rng.millis(1_000..5_000);
            self.after(pause, Event::StreamClosed { stream });
        }
    }

    /// The control server or something before it ends a host's connection.
    pub(super) fn break_link(&mut self, index: usize) {
        for connection in self.connections_of(index).0 {
            self.after(Duration::ZERO, Event::LinkClosed { connection });
            self.after(Duration::ZERO, Event::ConnectionGone { connection });
        }
    }

    pub(super) fn stop_control(&mut self) {
        let now = self.time();
        self.control.stop(now);
        let links: Vec<u64> = self.links.keys().copied().collect();
        for connection in links {
            self.after(Duration::from_millis(20), Event::LinkClosed { connection });
        }
    }

    pub(super) fn start_control(&mut self, remembers: bool) {
        let now = self.time();
        self.control.start(now, remembers);
    }

    pub(super) fn stop_relay(&mut self, relay: usize) {
        self.relays[relay].stop();
        let streams = self.streams.iter().filter(|(_, stream)| stream.relay == relay);
        for stream in streams.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.after(Duration::from_millis(20), Event::StreamClosed { stream });
        }
    }

    pub(super) fn start_relay(&mut self, relay: usize) {
        let now = self.time();
        self.relays[relay].start(now.instant, now.wall.0 / 1_000);
    }

    /// Gives a session an input, and carries out what it decides.
    pub(super) fn input(&mut self, index: usize, input: Input) {
        let now = self.time();
        let mut wanted = Wanted::default();
        step(&mut self.hosts[index].session, now, input, &mut wanted);
        self.settle(index, wanted);
    }

    fn settle(&mut self, index: usize, mut wanted: Wanted) {
        let mut outputs = 0;
        loop {
            while let Some(output) = wanted.0.pop_front() {
                outputs += 1;
                if outputs > OUTPUTS {
                    violation!("host {index}: an input causes outputs without end, like {output:?}");
                }
                self.perform(index, output);
            }
            let Some(input) = self.hosts[index].inputs.pop_front() else { break };
            trace!(self, "host {index} hears {input:?}");
            let now = self.time();
            step(&mut self.hosts[index].session, now, input, &mut wanted);
        }
        let start = self.clock.start();
        let host = &mut self.hosts[index];
        let wake = host.session.poll_timeout();
        // Timers are no finer than this.
        let least = host.woken_at + Duration::from_millis(1);
        host.wake = wake.map(|(at, _)| at.saturating_duration_since(start).max(least));
        host.check_bounds();
    }

    /// Lets time pass.
    pub(super) fn run_until(&mut self, end: Duration) {
        loop {
            let wake = self.hosts.iter().enumerate().filter(|(_, host)| !host.asleep);
            let wake = wake.filter_map(|(index, host)| Some((host.wake?, index))).min();
            let next = self.clock.next().map(|at| at - self.clock.start());
            let queued = next.is_some_and(|at| wake.is_none_or(|(wake, _)| at <= wake));
            let at = if queued { next } else { wake.map(|(at, _)| at) };
            let Some(at) = at.filter(|at| *at <= end) else { break };
            self.clock.advance(self.clock.start() + at);
            self.digest = self.digest.rotate_left(5) ^ self.clock.elapsed().as_nanos() as u64;
            if queued {
                if let Some(event) = self.clock.take_due() {
                    self.handle(event);
                }
            } else if let Some((_, index)) = wake {
                self.wake_up(index);
            }
        }
        self.clock.advance(self.clock.start() + end);
    }

    fn wake_up(&mut self, index: usize) {
        let now = self.clock.elapsed();
        let host = &mut self.hosts[index];
        host.woken_at = now;
        if host.count_wakeup(now) > WAKEUPS {
            violation!("host {index} wakes up all the time");
        }
        self.input(index, Input::Timeout);
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Arrival { flight, bytes } => self.arrive(flight, bytes),
            Event::Tick { host } => self.tick(host),
            Event::Housekeeping => {
                self.after(HOUSEKEEPING, Event::Housekeeping);
                let now = self.time();
                self.relays.iter_mut().for_each(|relay| relay.timeout(now.instant));
                let said = self.control.housekeep(now);
                self.say(said);
            }
            Event::Names { host, life, names, wish } => {
                // The shell answers the newest wish only.
                if self.is_alive(host, life) && self.hosts[host].name_wishes == wish {
                    // Every name here is an address already.
                    let known =
                        names.hosts().filter_map(|host| Some((host.to_owned(), vec![host.parse().ok()?])));
                    let found = names.found(&known.collect());
                    self.input(host, Input::Names(found));
                }
            }
            Event::Adapter { host, life } => {
                if self.is_alive(host, life) {
                    self.input(host, Input::Adapter(Ok("lanrage0".to_owned())));
                }
            }
            Event::LinkOpened { connection } => self.link_opened(connection),
            Event::LinkFailed { host, life, link } => {
                if self.is_alive(host, life) && self.hosts[host].dialled == Some(link) {
                    let closed = LinkEvent::Closed(link, LinkClosed::TimedOut);
                    self.input(host, Input::Link(closed));
                }
            }
            Event::LinkClosed { connection } => {
                let Some(link) = self.links.get(&connection) else { return };
                if link.stalled || link.attachment != self.hosts[link.host].attachment {
                    return;
                }
                let Link { host, life, link, .. } = self.links.remove(&connection).expect("just seen");
                if self.is_alive(host, life) {
                    let closed = LinkEvent::Closed(link, LinkClosed::Ended);
                    self.input(host, Input::Link(closed));
                }
            }
            Event::FrameUp { connection, text } => {
                trace!(self, "connection {connection} says {}", &text[..text.len().min(150)]);
                let lost = self
                    .links
                    .get(&connection)
                    .is_some_and(|link| link.stalled || link.attachment != self.hosts[link.host].attachment);
                if !lost && self.control.up {
                    let now = self.time();
                    let said = self.control.frame(now, ConnectionId(connection), &text);
                    self.say(said);
                }
            }
            Event::FrameDown { connection, text } => {
                trace!(self, "connection {connection} hears {}", &text[..text.len().min(150)]);
                let Some(link) = self.links.get(&connection) else { return };
                let (host, id) = (link.host, link.link);
                if link.stalled
                    || !self.is_alive(host, link.life)
                    || link.attachment != self.hosts[host].attachment
                {
                    return;
                }
                self.input(host, Input::Link(LinkEvent::Frame(id, text)));
            }
            Event::ConnectionGone { connection } => {
                let now = self.time();
                let known = self.links.remove(&connection);
                if known.is_none_or(|link| !link.stalled) && self.control.up {
                    let said = self.control.gone(now, ConnectionId(connection));
                    self.say(said);
                }
            }
            Event::StreamOpened { stream } => {
                let Some(Stream { host, life, allocation, .. }) = self.streams.get(&stream) else { return };
                let (host, life, allocation) = (*host, *life, *allocation);
                self.stream_event(host, life, allocation, RelayStreamEvent::Connected);
            }
            Event::StreamFailed { host, life, allocation } => {
                let closed = RelayStreamEvent::Closed { reason: "no connection".to_owned() };
                self.stream_event(host, life, allocation, closed);
            }
            Event::StreamUp { stream, bytes } => {
                let Some(Stream { relay, tuple, .. }) = self.streams.get(&stream) else { return };
                let (relay, tuple) = (*relay, *tuple);
                let now = self.time().instant;
                let sent = self.relays[relay].client(now, tuple, &bytes);
                self.relay_sends(relay, sent);
            }
            Event::StreamDown { stream, bytes } => self.stream_down(stream, bytes),
            Event::StreamClosed { stream } => {
                if let Some(Stream { host, life, allocation, .. }) = self.streams.remove(&stream) {
                    let closed = RelayStreamEvent::Closed { reason: "it ended".to_owned() };
                    self.stream_event(host, life, allocation, closed);
                }
            }
            Event::StreamGone { stream } => {
                if let Some(Stream { relay, tuple, .. }) = self.streams.remove(&stream) {
                    let now = self.time().instant;
                    self.relays[relay].gone(now, tuple);
                }
            }
            Event::Game { from, to, left, pause } => {
                self.play(from, to);
                if left > 0 {
                    self.after(pause, Event::Game { from, to, left: left - 1, pause });
                }
            }
            Event::Fault(fault) => fault.strike(self),
        }
    }

    fn is_alive(&self, host: usize, life: u32) -> bool {
        self.hosts[host].life == life && !self.hosts[host].asleep
    }

    fn tick(&mut self, index: usize) {
        self.after(TICK, Event::Tick { host: index });
        if self.hosts[index].asleep {
            return;
        }
        let effects = self.hosts[index].plane.tick(self.clock.elapsed(), &mut self.vault);
        self.follow(index, effects);
        let moved: Vec<PeerId> = std::mem::take(&mut self.hosts[index].moved).into_iter().collect();
        if !moved.is_empty() {
            self.input(index, Input::Traffic(moved));
        }
    }

    /// A game of one host's sends to another.
    pub(super) fn play(&mut self, from: usize, to: usize) {
        let id = self.hosts[to].id;
        if self.hosts[from].asleep || !self.hosts[from].plane.has_peer(&id) {
            return;
        }
        let mut payload = PLAINTEXT.to_vec();
        payload.extend([from as u8, to as u8]);
        self.hosts[from].moved.insert(id);
        let effects = self.hosts[from].plane.packet(self.clock.elapsed(), &id, payload, &mut self.vault);
        self.follow(from, effects);
    }

    /// A game packet came out of the tunnel: it must be from who its lease says.
    fn delivered(&mut self, index: usize, peer: PeerId, inner: &Inner) {
        let [.., from, to] = inner.payload[..] else { violation!("a packet without an origin: {inner:?}") };
        let sender = &self.hosts[usize::from(from)];
        if sender.id != peer || usize::from(to) != index {
            violation!("host {index} got {inner:?} in the name of {peer:?}");
        }
        let claimed = sender.lease();
        let receiver = &mut self.hosts[index];
        let believed = receiver.party().and_then(|party| {
            party.connections.connections().get(&peer).map(|connection| connection.record.virtual_ip)
        });
        if claimed.is_some_and(|claimed| claimed != inner.source) && believed != Some(inner.source) {
            violation!("host {index} got a packet from {:?}, which is not {peer:?}'s lease", inner.source);
        }
        receiver.moved.insert(peer);
        *receiver.received.entry(usize::from(from)).or_default() += 1;
    }

    fn follow(&mut self, index: usize, effects: Effects) {
        let Effects { datagrams, messages, events, packets } = effects;
        for (peer, inner) in packets {
            self.delivered(index, peer, &inner);
        }
        for (to, bytes) in datagrams {
            self.transmit(index, to, bytes);
        }
        for (allocation, bytes) in messages {
            self.stream_up(index, allocation, bytes);
        }
        if !events.is_empty() {
            self.hosts[index].inputs.extend(events.into_iter().map(Input::Tunnel));
            self.settle(index, Wanted::default());
        }
    }

    /// Like [`Self::follow`], for what a session's own outputs cause: the events wait for their turn.
    fn follow_output(&mut self, index: usize, effects: Effects) {
        let Effects { datagrams, messages, events, packets } = effects;
        self.hosts[index].inputs.extend(events.into_iter().map(Input::Tunnel));
        self.follow(index, Effects { datagrams, messages, events: Default::default(), packets });
    }

    fn perform(&mut self, index: usize, output: Output) {
        if self.traced {
            match &output {
                Output::Probe { to, .. } => trace!(self, "host {index}: probe to {to}"),
                Output::Datagram { to, bytes } => {
                    trace!(self, "host {index}: datagram of {} bytes to {to}", bytes.len());
                }
                Output::Relayed { .. }
                | Output::Link(_)
                | Output::LookUp(_)
                | Output::Store(_)
                | Output::KeepParties(_) => {}
                Output::Notice(notice) => trace!(self, "host {index}: {}", notice.news.code()),
                output => trace!(self, "host {index}: {output:?}"),
            }
        }
        let now = self.clock.elapsed();
        let host = &mut self.hosts[index];
        let plane = &mut host.plane;
        match output {
            Output::Enter(end) => plane.enter(&end),
            Output::Leave => plane.leave(),
            Output::AddPeer(config) => plane.add_peer(config),
            Output::RemovePeer(peer) => plane.remove_peer(&peer),
            Output::SetPath { peer, to } => plane.set_path(&peer, Some(to)),
            Output::OpenAllocation { id, server } => plane.open_allocation(id, Some(server)),
            Output::CloseAllocation(id) => plane.close_allocation(id),
            Output::SetChannel { allocation, peer, channel } => plane.set_channel(allocation, peer, channel),
            Output::Handshake { peer, targets } => {
                let effects = plane.initiate(now, &peer, &targets, &mut self.vault);
                self.follow_output(index, effects);
            }
            Output::Probe { peer, to, payload } => {
                let effects = plane.probe(now, &peer, to, payload, &mut self.vault);
                self.follow_output(index, effects);
            }
            Output::Datagram { to, bytes } => {
                let effects = plane.datagram(to, bytes);
                self.follow_output(index, effects);
            }
            Output::Relayed { from, bytes } => {
                let effects = plane.receive(now, from, bytes, &mut self.vault);
                self.follow_output(index, effects);
            }
            Output::Link(action) => self.perform_link(index, action),
            Output::RelayStream(command) => self.perform_stream(index, command),
            Output::LookUp(names) => {
                host.name_wishes += 1;
                let (life, wish) = (host.life, host.name_wishes);
                let pause = self.rng.millis(1..30);
                self.after(pause, Event::Names { host: index, life, names, wish });
            }
            Output::OpenAdapter { .. } => {
                let life = host.life;
                self.after(Duration::from_millis(20), Event::Adapter { host: index, life });
            }
            Output::ReadRoutes => host.inputs.push_back(Input::Routes(Vec::new())),
            // The disks of registries are not part of this world.
            Output::KeepParties(_) => {}
            Output::Store(action) => host.keep(action),
            Output::Complete { result, .. } => host.completed.push(result),
            Output::Notice(_)
            | Output::SetPathMtu { .. }
            | Output::Guests(_)
            | Output::CloseAdapter
            | Output::MendAdapter
            | Output::MeasureNat(_)
            | Output::MapPort(_) => {}
            Output::Load { ticket, .. } => host.inputs.push_back(Input::Kept(ticket, None)),
        }
    }

    /// A host's socket sends.
    fn transmit(&mut self, index: usize, to: SocketAddr, bytes: Vec<u8>) {
        check_outside(index, to, &bytes);
        self.datagrams += 1;
        if self.hosts[index].count_datagram(self.clock.elapsed()) > DATAGRAMS {
            violation!("host {index} sends without end, now to {to}");
        }
        let host = &self.hosts[index];
        let Some((realm, address)) = host.place.filter(|_| !host.offline) else { return };
        let flight = Flight { realm, from: SocketAddr::new(address, host.port()), to };
        let latency = host.latency;
        if self.rng.chance(5) {
            let at = self.rng.below(16);
            if self.overheard.len() < 16 {
                self.overheard.push((to, bytes.clone()));
            } else {
                self.overheard[at] = (to, bytes.clone());
            }
        }
        self.launch(flight, bytes, latency);
    }

    fn launch(&mut self, flight: Flight, bytes: Vec<u8>, latency: Duration) {
        let from = flight.realm;
        let outward = self.internet.outward(self.clock.elapsed(), flight, bytes.len(), &mut self.rng);
        let flight = match outward {
            Ok(flight) => flight,
            Err(why) => {
                trace!(self, "lost: {} to {}: {why}", flight.from, flight.to);
                return;
            }
        };
        let local = flight.realm == from && from != INTERNET;
        if !local && self.rng.chance(self.loss) {
            return;
        }
        let mut delay = if local { Duration::from_millis(1) } else { latency + Duration::from_millis(4) };
        delay += Duration::from_micros(self.rng.word() % 1_000);
        if self.rng.chance(self.late) {
            delay += self.rng.millis(5..150);
        }
        if self.rng.chance(self.doubled) {
            let again = delay + self.rng.millis(0..50);
            self.after(again, Event::Arrival { flight, bytes: bytes.clone() });
        }
        self.after(delay, Event::Arrival { flight, bytes });
    }

    /// Somebody sends again what was overheard, under another address.
    pub(super) fn replay(&mut self) {
        if self.overheard.is_empty() {
            return;
        }
        let (to, bytes) = self.overheard[self.rng.below(self.overheard.len())].clone();
        let stranger = SocketAddr::from(([198, 51, 100, self.rng.below(250) as u8], 4_000));
        let flight = Flight { realm: INTERNET, from: stranger, to };
        self.launch(flight, bytes, Duration::from_millis(9));
    }

    fn arrive(&mut self, flight: Flight, bytes: Vec<u8>) {
        let (node, flight) = match self.internet.inward(self.clock.elapsed(), flight, bytes.len()) {
            Ok(arrived) => arrived,
            Err(why) => {
                trace!(self, "lost: {} to {}: {why}", flight.from, flight.to);
                return;
            }
        };
        match node {
            Node::Host(index) => {
                let host = &mut self.hosts[index];
                if host.offline || host.asleep || flight.to.port() != host.port() {
                    return;
                }
                let effects = host.plane.arrived(self.clock.elapsed(), flight.from, bytes, &mut self.vault);
                self.follow(index, effects);
            }
            Node::Server(CONTROL) => {
                if self.control.up
                    && flight.to.port() == PORT
                    && let Some(answer) = stun::answer(&bytes, flight.from)
                {
                    let back = Flight { realm: INTERNET, from: flight.to, to: flight.from };
                    self.launch(back, answer, Duration::from_millis(5));
                }
            }
            Node::Server(server) => {
                let relay = server - 1;
                let now = self.time().instant;
                let sent = if flight.to.port() == PORT {
                    let tuple =
                        FiveTuple { transport: Transport::Udp, client: flight.from, server: flight.to };
                    self.relays[relay].client(now, tuple, &bytes)
                } else {
                    self.relays[relay].peer(now, flight.to.port(), flight.from, &bytes)
                };
                self.relay_sends(relay, sent);
            }
            Node::Router(_) => unreachable!("routers pass on"),
        }
    }

    fn relay_sends(&mut self, relay: usize, sent: Vec<Sent>) {
        let latency = Duration::from_millis(3 + 10 * relay as u64);
        for sent in sent {
            match sent {
                Sent::ToPeer { from, to, bytes } => {
                    self.launch(Flight { realm: INTERNET, from, to }, bytes, latency);
                }
                Sent::ToClient { tuple, bytes } if tuple.transport == Transport::Udp => {
                    let flight = Flight { realm: INTERNET, from: tuple.server, to: tuple.client };
                    self.launch(flight, bytes, latency);
                }
                Sent::ToClient { tuple, bytes } => {
                    let stream = self.streams.iter_mut().find(|(_, stream)| stream.tuple == tuple);
                    if let Some((id, stream)) = stream {
                        stream.down_at =
                            stream.down_at.max(self.clock.elapsed() + latency + Duration::from_millis(20));
                        let (id, at) = (*id, stream.down_at);
                        self.at(at, Event::StreamDown { stream: id, bytes });
                    }
                }
            }
        }
    }

    fn perform_link(&mut self, index: usize, action: LinkAction) {
        let pause = self.hosts[index].latency + Duration::from_millis(5);
        match action {
            LinkAction::Dial { link, .. } => {
                self.hang_up(index);
                let host = &mut self.hosts[index];
                host.dialled = Some(link);
                let life = host.life;
                if host.offline || !self.control.up {
                    let pause = if self.rng.chance(500) { 50 } else { 3_000 };
                    self.after(Duration::from_millis(pause), Event::LinkFailed { host: index, life, link });
                    return;
                }
                self.next_connection += 1;
                let connection = self.next_connection;
                let attachment = host.attachment;
                let now = self.clock.elapsed();
                let new =
                    Link { host: index, life, link, attachment, stalled: false, up_at: now, down_at: now };
                self.links.insert(connection, new);
                self.after(pause * 4, Event::LinkOpened { connection });
            }
            LinkAction::Send(text) => {
                let dialled = self.hosts[index].dialled;
                let is_it = |link: &Link| link.host == index && Some(link.link) == dialled;
                let now = self.clock.elapsed();
                let Some((id, link)) =
                    self.links.iter_mut().map(|(id, link)| (*id, link)).find(|(_, link)| is_it(link))
                else {
                    return;
                };
                link.up_at = link.up_at.max(now + pause);
                let at = link.up_at;
                self.at(at, Event::FrameUp { connection: id, text });
            }
            LinkAction::Close => {
                self.hosts[index].dialled = None;
                self.hang_up(index);
            }
        }
    }

    /// The host is done with its connection to the control server; what it said before is still heard.
    fn hang_up(&mut self, index: usize) {
        for connection in self.connections_of(index).0 {
            let at = self.links[&connection].up_at.max(self.clock.elapsed() + Duration::from_millis(10));
            self.at(at, Event::ConnectionGone { connection });
        }
    }

    fn link_opened(&mut self, connection: u64) {
        let Some(link) = self.links.get(&connection) else { return };
        let (host, id) = (link.host, link.link);
        if link.stalled || !self.is_alive(host, link.life) || self.hosts[host].dialled != Some(id) {
            return;
        }
        if !self.control.up {
            self.links.remove(&connection);
            let closed = LinkEvent::Closed(id, LinkClosed::Unreachable("it is down".to_owned()));
            self.input(host, Input::Link(closed));
            return;
        }
        let now = self.time();
        self.control.open(now, ConnectionId(connection));
        self.input(host, Input::Link(LinkEvent::Opened(id)));
    }

    fn say(&mut self, said: Vec<(ConnectionId, Said)>) {
        for (ConnectionId(connection), said) in said {
            let Some(link) = self.links.get_mut(&connection) else { continue };
            let pause = self.hosts[link.host].latency + Duration::from_millis(5);
            link.down_at = link.down_at.max(self.clock.elapsed() + pause);
            let at = link.down_at;
            self.at(
                at,
                match said {
                    Said::Frame(text) => Event::FrameDown { connection, text },
                    Said::Closed => Event::LinkClosed { connection },
                },
            );
        }
    }

    fn perform_stream(&mut self, index: usize, command: RelayStreamCommand) {
        trace!(self, "host {index}: {command:?}");
        let pause = self.hosts[index].latency + Duration::from_millis(5);
        match command {
            RelayStreamCommand::Connect(RelayStreamTarget { allocation, server, .. }) => {
                let life = self.hosts[index].life;
                let relay = self.relays.iter().position(|relay| relay.ip == server.ip());
                let up = relay.filter(|relay| self.relays[*relay].is_up() && !self.hosts[index].offline);
                let (Some(relay), Some((realm, address))) = (up, self.hosts[index].place) else {
                    let failed = Event::StreamFailed { host: index, life, allocation };
                    self.after(Duration::from_millis(500), failed);
                    return;
                };
                self.next_connection += 1;
                let stream = self.next_connection;
                let client = self.internet.outermost(realm, address);
                let client = SocketAddr::new(client, 1_024 + (stream % 60_000) as u16);
                let tuple = FiveTuple { transport: Transport::Stream, client, server };
                let attachment = self.hosts[index].attachment;
                let now = self.clock.elapsed();
                let new = Stream {
                    host: index,
                    life,
                    allocation,
                    relay,
                    tuple,
                    attachment,
                    used: false,
                    up_at: now,
                    down_at: now,
                };
                self.streams.insert(stream, new);
                self.after(pause * 2, Event::StreamOpened { stream });
            }
            RelayStreamCommand::Send { allocation, bytes } => self.stream_up(index, allocation, bytes),
            RelayStreamCommand::Use(allocation) => {
                self.hosts[index].plane.open_allocation(allocation, None);
                if let Some((_, stream)) = self.stream_of(index, allocation) {
                    stream.used = true;
                }
            }
            RelayStreamCommand::Close(allocation) => {
                if let Some((stream, link)) = self.stream_of(index, allocation) {
                    let at = link.up_at;
                    self.at(at, Event::StreamGone { stream });
                }
            }
        }
    }

    fn stream_of(&mut self, index: usize, allocation: AllocationId) -> Option<(u64, &mut Stream)> {
        let life = self.hosts[index].life;
        let mut streams = self.streams.iter_mut();
        let is_it =
            |stream: &Stream| (stream.host, stream.life, stream.allocation) == (index, life, allocation);
        streams.find(|(_, stream)| is_it(stream)).map(|(id, stream)| (*id, stream))
    }

    fn stream_up(&mut self, index: usize, allocation: AllocationId, bytes: Vec<u8>) {
        if !bytes.len().is_multiple_of(4) {
            violation!("a stream's message of {} bytes", bytes.len());
        }
        check_outside(index, SocketAddr::from(([0; 4], 0)), &bytes);
        let host = &self.hosts[index];
        let (pause, offline, attachment) =
            (host.latency + Duration::from_millis(5), host.offline, host.attachment);
        let now = self.clock.elapsed();
        let Some((id, stream)) = self.stream_of(index, allocation) else { return };
        if offline || stream.attachment != attachment {
            // What TCP would notice after a while: the connection is over.
            self.after(Duration::from_secs(2), Event::StreamClosed { stream: id });
            return;
        }
        stream.up_at = stream.up_at.max(now + pause);
        let at = stream.up_at;
        self.at(at, Event::StreamUp { stream: id, bytes });
    }

    fn stream_down(&mut self, id: u64, bytes: Vec<u8>) {
        let Some(stream) = self.streams.get(&id) else { return };
        let (index, allocation, used) = (stream.host, stream.allocation, stream.used);
        let host = &self.hosts[index];
        if stream.life != host.life || stream.attachment != host.attachment || host.offline || host.asleep {
            return;
        }
        if !bytes.first().is_some_and(|first| (0x40..0x50).contains(first)) {
            self.stream_event(index, self.hosts[index].life, allocation, RelayStreamEvent::Message(bytes));
        } else if used {
            let plane = &mut self.hosts[index].plane;
            let effects = plane.arrived_by_stream(self.clock.elapsed(), allocation, &bytes, &mut self.vault);
            self.follow(index, effects);
        }
    }

    fn stream_event(&mut self, host: usize, life: u32, allocation: AllocationId, event: RelayStreamEvent) {
        trace!(self, "host {host}: stream of {allocation:?}: {event:?}");
        if self.is_alive(host, life) {
            self.input(host, Input::RelayStream(allocation, event));
        }
    }
}

/// What leaves a host is sealed, or STUN, or either behind a channel's number.
fn check_outside(index: usize, to: SocketAddr, bytes: &[u8]) {
    let inner = match bytes {
        [0x40..=0x4F, _, _, _, inner @ ..] => inner,
        bytes => bytes,
    };
    let sees_plaintext = inner.windows(PLAINTEXT.len()).any(|window| window == PLAINTEXT);
    if sees_plaintext || !(is_sealed(inner) || stun::is_stun(inner)) {
        violation!("host {index} sends {to} what is neither sealed nor STUN: {bytes:02x?}");
    }
}

impl Host {
    fn keep(&mut self, action: StoreAction) {
        match action {
            StoreAction::SaveMembership { membership, host, .. } => {
                self.saved = Some((*membership, host));
            }
            StoreAction::ForgetMembership(_) => {
                self.saved = None;
                self.saved_peers.clear();
            }
            StoreAction::SavePeer { peer, .. } => {
                self.saved_peers.insert(peer.peer, *peer);
            }
            StoreAction::RemovePeer { peer, .. } => {
                self.saved_peers.remove(&peer);
            }
            StoreAction::SaveNat(_) => {}
        }
    }
}
