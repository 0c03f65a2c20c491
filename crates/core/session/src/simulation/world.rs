//! The clock, what is under way, and who handles it.

mod links;
mod outputs;
mod streams;
mod traffic;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use lanrage_control::{LinkId, Now};
use lanrage_party::{AllocationId, ControlEndpoint, Invitation, UnixMillis};
use lanrage_rendezvous::{Event as Answer, ItemKey, SignedItem};
use lanrage_testnet::{Clock, Flight, INTERNET, Internet, Node, Rng};

use self::{links::Link, streams::Stream};
use super::{
    control::ControlServer,
    data_plane::Vault,
    host::{Host, Wanted},
    liar::Liar,
    relay::{PORT, RelayServer},
    schedule::Fault,
    site::Site,
};
use crate::{Input, Names, Settings, flush, step};

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
    Store { host: usize, life: u32, event: Answer },
    Fault(Fault),
}

/// How members of a party learn of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meeting {
    /// By a server, which has relays.
    Server,
    /// By knocks at the link's addresses, and gossip. The server's address answers STUN alone.
    Knocks,
    /// Likewise, but the link names no address: by sealed items in a store that anyone may write.
    Store,
}

pub(super) struct World {
    clock: Clock<Event>,
    pub(super) rng: Rng,
    pub(super) internet: Internet,
    pub(super) sites: Vec<Site>,
    pub(super) hosts: Vec<Host>,
    pub(super) control: ControlServer,
    control_ip: IpAddr,
    /// What the control server says instead of what it should, while it lies.
    pub(super) liar: Option<Liar>,
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
    /// Hosts on the far side of a cut, through which nothing passes.
    pub(super) far: BTreeSet<usize>,
    /// Datagrams that somebody on the way has kept, to send them again.
    overheard: Vec<(SocketAddr, Vec<u8>)>,
    pub(super) invitation: Option<Invitation>,
    pub(super) meeting: Meeting,
    /// What the public store holds: of each item what was written last, and what that replaced.
    pub(super) store: BTreeMap<ItemKey, Vec<SignedItem>>,
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
    pub(super) fn new(seed: u64, traced: bool, meeting: Meeting) -> Self {
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
            liar: None,
            relays,
            salt,
            vault: Vault::default(),
            links: BTreeMap::new(),
            streams: BTreeMap::new(),
            next_connection: 0,
            loss: 0,
            doubled: 0,
            late: 0,
            far: BTreeSet::new(),
            overheard: Vec::new(),
            invitation: None,
            meeting,
            store: BTreeMap::new(),
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

    /// A host's settings, as its user has them.
    pub(super) fn settings(&self, index: usize) -> Settings {
        let (server, stun) = match self.meeting {
            Meeting::Server => (Some(self.endpoint()), Vec::new()),
            Meeting::Knocks | Meeting::Store => (None, vec![(self.control_ip.to_string(), PORT)]),
        };
        let uses_rendezvous = self.meeting == Meeting::Store;
        Settings { stun_servers: stun, uses_rendezvous, ..self.hosts[index].settings(server) }
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

    /// Whether a server listens there, and not a relay for one of its clients.
    pub(super) fn is_server(&self, to: SocketAddr) -> bool {
        to.port() == PORT && (to.ip() == self.control_ip || self.is_relay(to.ip()))
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
        let settings = self.settings(index);
        self.hosts[index].boot(now, settings);
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
                    let found = names.found(&known.collect(), None);
                    self.input(host, Input::Names(found));
                }
            }
            Event::Adapter { host, life } => {
                if self.is_alive(host, life) {
                    self.input(host, Input::Adapter(Ok("lanrage0".to_owned())));
                }
            }
            Event::LinkOpened { connection } => self.link_opened(connection),
            Event::LinkFailed { host, life, link } => self.link_failed(host, life, link),
            Event::LinkClosed { connection } => self.link_closed(connection),
            Event::FrameUp { connection, text } => self.frame_up(connection, &text),
            Event::FrameDown { connection, text } => self.frame_down(connection, text),
            Event::ConnectionGone { connection } => self.connection_gone(connection),
            Event::StreamOpened { stream } => self.stream_opened(stream),
            Event::StreamFailed { host, life, allocation } => self.stream_failed(host, life, allocation),
            Event::StreamUp { stream, bytes } => self.stream_arrived(stream, &bytes),
            Event::StreamDown { stream, bytes } => self.stream_down(stream, bytes),
            Event::StreamClosed { stream } => self.stream_closed(stream),
            Event::StreamGone { stream } => self.stream_gone(stream),
            Event::Game { from, to, left, pause } => {
                self.play(from, to);
                if left > 0 {
                    self.after(pause, Event::Game { from, to, left: left - 1, pause });
                }
            }
            Event::Store { host, life, event } => {
                if self.is_alive(host, life) {
                    self.input(host, Input::Rendezvous(event));
                }
            }
            Event::Fault(fault) => fault.strike(self),
        }
    }

    fn is_alive(&self, host: usize, life: u32) -> bool {
        self.hosts[host].life == life && !self.hosts[host].asleep
    }
}
