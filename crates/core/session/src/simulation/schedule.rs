//! What happens in a schedule, and what must be true in it.

use std::time::Duration;

use lanrage_nat::PathState;
use lanrage_party::{Name, Remote};
use lanrage_testnet::expected::{Dependence, Nat, Network, Path, Relation, expected};

use super::{
    site::Site,
    world::{Event, Meeting, World, trace},
};
use crate::{Command, Input};

/// How long the world may take to settle once nothing disturbs it any more.
pub(super) const SETTLING: Duration = Duration::from_secs(75);
/// Between two looks at what users want and have.
const LOOK: Duration = Duration::from_millis(250);
/// Most times that an engine may wake up per second, on average, with nothing to do but to keep a party.
const WAKEUPS_AT_REST: u64 = 40;
/// What a politely closed connection may take to be gone everywhere.
const GOODBYE: Duration = Duration::from_secs(4);
/// The same for the others to hear of it, where the one who left first has to find a dead connection out.
const FAREWELL: Duration = Duration::from_secs(45);
/// How long the watch on the network collects what comes together.
const COALESCE: Duration = Duration::from_millis(40);
/// From the first packet of a game to the moment where all pass, also if the path has just died.
const PASSING: Duration = Duration::from_secs(5);
/// An allocation that nobody refreshes is gone after its lifetime (RFC 8656 §3.2), which is ten minutes.
const LIFETIME: Duration = Duration::from_secs(605);

/// What goes wrong, and what ends it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    Offline {
        host: usize,
    },
    Online {
        host: usize,
    },
    Roam {
        host: usize,
        site: usize,
    },
    /// The watch on the network tells the engine.
    Notice {
        host: usize,
    },
    Flush {
        router: usize,
    },
    StopControl,
    StartControl {
        remembers: bool,
    },
    StopRelay {
        relay: usize,
    },
    StartRelay {
        relay: usize,
    },
    BreakLink {
        host: usize,
    },
    Sleep {
        host: usize,
    },
    Wake {
        host: usize,
        slept: Duration,
    },
    Restart {
        host: usize,
    },
    Leave {
        host: usize,
    },
    Join {
        host: usize,
    },
    /// The user hides the device's addresses from friends, or does so no more.
    Hide {
        host: usize,
        hides: bool,
    },
    Replay,
}

impl Fault {
    pub(super) fn strike(self, world: &mut World) {
        trace!(world, "{self:?}");
        match self {
            Self::Offline { host } => {
                world.hosts[host].offline = true;
                world.stall(host);
            }
            Self::Online { host } => world.hosts[host].offline = false,
            Self::Roam { host, site } => {
                world.attach(host, site);
                let pause = world.rng.millis(1..400);
                world.after(pause, Event::Fault(Self::Notice { host }));
            }
            Self::Notice { host } => {
                if world.hosts[host].asleep {
                    world.hosts[host].moved_asleep = true;
                } else {
                    let network = world.hosts[host].network();
                    world.input(host, Input::Network(network));
                }
            }
            Self::Flush { router } => world.internet.flush(router),
            Self::StopControl => world.stop_control(),
            Self::StartControl { remembers } => world.start_control(remembers),
            Self::StopRelay { relay } => world.stop_relay(relay),
            Self::StartRelay { relay } => world.start_relay(relay),
            Self::BreakLink { host } => world.break_link(host),
            Self::Sleep { host } => {
                world.hosts[host].asleep = true;
                world.stall(host);
            }
            Self::Wake { host, slept } => {
                if std::mem::take(&mut world.hosts[host].asleep) {
                    world.input(host, Input::Woken(slept));
                    // What the system told of the network meanwhile has waited.
                    if std::mem::take(&mut world.hosts[host].moved_asleep) {
                        world.after(COALESCE, Event::Fault(Self::Notice { host }));
                    }
                }
            }
            Self::Restart { host } => world.restart(host),
            Self::Leave { host } => world.hosts[host].wants_party = false,
            Self::Join { host } => world.hosts[host].wants_party = true,
            Self::Hide { host, hides } => {
                if !world.hosts[host].asleep {
                    world.hosts[host].hides = hides;
                    let settings = world.settings(host);
                    world.input(host, Input::Configure(settings));
                }
            }
            Self::Replay => world.replay(),
        }
    }
}

/// What a schedule came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome {
    /// From the end of the faults to everybody connected as expected.
    pub(super) settled_in: Duration,
    pub(super) pairs: u32,
    pub(super) direct: u32,
    /// Direct although the table says that a relay is needed: luck with ports.
    pub(super) lucky: u32,
    pub(super) datagrams: u64,
    pub(super) most_wakeups: u32,
    pub(super) virtual_time: Duration,
    pub(super) digest: u64,
}

/// Runs one schedule. Panics where it finds a violation.
pub(super) fn run(seed: u64, traced: bool, meeting: Meeting) -> Outcome {
    let mut world = World::new(seed, traced, meeting);
    let calm_at = set_the_stage(&mut world);
    while world.now() < calm_at {
        attend(&mut world);
        let next = world.now() + LOOK;
        world.run_until(next);
    }
    calm_down(&mut world);
    let mut outcome = Outcome::default();
    settle(&mut world, SETTLING);
    outcome.settled_in = world.now() - calm_at;
    trace!(world, "settled");
    talk(&mut world);
    // The packets may have shown that a path was dead already.
    settle(&mut world, SETTLING);
    if seed.is_multiple_of(8) {
        rest(&mut world);
    }
    count_paths(&world, &mut outcome);
    one_leaves(&mut world);
    all_leave(&mut world, seed.is_multiple_of(64));
    outcome.datagrams = world.datagrams;
    outcome.most_wakeups = world.hosts.iter().map(|host| host.most_wakeups).max().unwrap_or(0);
    outcome.virtual_time = world.now();
    outcome.digest = world.digest;
    outcome
}

/// Makes hosts and their networks, and plans what happens; gives when it is over.
fn set_the_stage(world: &mut World) -> Duration {
    let hosts = world.rng.pick(&[2, 2, 2, 2, 2, 3, 3, 4]);
    for index in 0..hosts {
        let site = match index {
            // Without a server somebody has to be reachable.
            0 if world.meeting == Meeting::Knocks => {
                world.sites.push(Site::PUBLIC);
                world.sites.len() - 1
            }
            0 => new_site(world, None),
            _ if world.rng.chance(150) => world.hosts[index - 1].site,
            _ if world.rng.chance(120) => {
                let neighbour = world.sites[world.hosts[index - 1].site];
                new_site(world, neighbour.router.is_some().then_some(neighbour))
            }
            _ => new_site(world, None),
        };
        world.add_host(site);
    }
    world.loss = world.rng.pick(&[0, 10, 50, 200]);
    world.doubled = world.rng.pick(&[0, 20, 100]);
    world.late = world.rng.pick(&[0, 20, 200]);
    let length = world.rng.millis(500..9_000);
    for host in 0..hosts {
        let at = if host == 0 { Duration::ZERO } else { world.rng.millis(0..3_000).min(length) };
        world.after(at, Event::Fault(Fault::Join { host }));
    }
    for _ in 0..world.rng.below(3) {
        let (from, to) = (world.rng.below(hosts), world.rng.below(hosts));
        if from != to {
            let at = world.rng.millis(500..4_000);
            let pause = world.rng.millis(16..120);
            world.after(at, Event::Game { from, to, left: 60, pause });
        }
    }
    let faults = world.rng.pick(&[0, 1, 1, 2, 2, 3, 5, 8]);
    let mut departed = false;
    let mut forgot = false;
    for _ in 0..faults {
        let at = world.rng.millis(0..length.as_millis() as u64);
        let lasts = world.rng.millis(50..4_000);
        let host = world.rng.below(hosts);
        let relay = world.rng.below(world.relays.len());
        let choice = world.rng.below(13);
        // Its user stays at home, in the party, and hides from nobody: the link leads there.
        let stays = match world.meeting {
            Meeting::Server => false,
            Meeting::Knocks => matches!(choice, 1 | 2 | 9),
            // A party that all have left is over.
            Meeting::Store => choice == 9,
        };
        if host == 0 && stays {
            continue;
        }
        let (fault, end) = match choice {
            0 => (Fault::Offline { host }, Some(Fault::Online { host })),
            1 | 2 => {
                let site = if world.rng.chance(200) {
                    let other = world.rng.below(hosts);
                    world.hosts[other].site
                } else {
                    new_site(world, None)
                };
                (Fault::Roam { host, site }, None)
            }
            3 => match world.sites[world.hosts[host].site].router {
                Some(router) => (Fault::Flush { router }, None),
                None => continue,
            },
            4 => {
                let remembers = departed || world.rng.chance(500);
                forgot |= !remembers;
                (Fault::StopControl, Some(Fault::StartControl { remembers }))
            }
            5 => (Fault::StopRelay { relay }, Some(Fault::StartRelay { relay })),
            6 => (Fault::BreakLink { host }, None),
            7 => (Fault::Sleep { host }, Some(Fault::Wake { host, slept: lasts })),
            8 => (Fault::Restart { host }, None),
            9 if !forgot => {
                departed = true;
                (Fault::Leave { host }, Some(Fault::Join { host }))
            }
            // Who hides is reached by relays alone.
            10 | 11 if world.meeting != Meeting::Server => continue,
            10 => (Fault::Hide { host, hides: true }, None),
            11 => (Fault::Hide { host, hides: true }, Some(Fault::Hide { host, hides: false })),
            _ => (Fault::Replay, None),
        };
        world.after(at, Event::Fault(fault));
        if let Some(end) = end {
            world.after((at + lasts).min(length), Event::Fault(end));
        }
    }
    length
}

/// Whether players there meet without a server and its relays: what lets no UDP out needs one, and without an address in the
/// link nobody is sure to be reached but who keeps one endpoint.
fn is_served(meeting: Meeting, network: &Network) -> bool {
    let keeps = |nat: Nat| nat.mapping == Dependence::EndpointIndependent;
    match meeting {
        Meeting::Server => true,
        Meeting::Knocks => network.udp,
        Meeting::Store => network.udp && network.home.is_none_or(keeps) && network.carrier.is_none(),
    }
}

pub(super) fn new_site(world: &mut World, neighbour: Option<Site>) -> usize {
    let mut site = Site::random(&mut world.internet, neighbour.as_ref(), &mut world.rng);
    // What lets no UDP out needs a server.
    while !is_served(world.meeting, &site.network) {
        site = Site::random(&mut world.internet, None, &mut world.rng);
    }
    world.sites.push(site);
    world.sites.len() - 1
}

/// Does what the users would: who is to be in the party joins, who is not leaves.
fn attend(world: &mut World) {
    for index in 0..world.hosts.len() {
        let host = &mut world.hosts[index];
        if host.asleep || host.party().is_some() == host.wants_party {
            continue;
        }
        if !host.wants_party {
            world.input(index, Input::Command(1, Command::LeaveParty));
        } else if let Some(invitation) = world.invitation.clone() {
            // Whoever sends the link copies it anew.
            let fresh = world.hosts[0].link(world.time()).and_then(|link| link.parse().ok());
            let mut invitation = fresh.filter(|_| world.meeting == Meeting::Knocks).unwrap_or(invitation);
            if world.meeting == Meeting::Store {
                invitation.addresses.clear();
            }
            world.input(index, Input::Command(2, Command::JoinParty(Box::new(invitation))));
        } else if index == 0 {
            let name = Name::new("LAN").expect("a name");
            world.input(0, Input::Command(3, Command::CreateParty { name }));
            let shown = world.hosts[0].link(world.time());
            world.invitation = shown.map(|link| link.parse().expect("a link"));
        }
    }
}

/// From now on nothing goes wrong.
fn calm_down(world: &mut World) {
    (world.loss, world.doubled, world.late) = (0, 0, 0);
    for host in 0..world.hosts.len() {
        // What is planned for this very moment may not have happened yet.
        Fault::Online { host }.strike(world);
        Fault::Wake { host, slept: Duration::from_secs(1) }.strike(world);
        world.hosts[host].wants_party = true;
    }
    if !world.control.up {
        Fault::StartControl { remembers: true }.strike(world);
    }
    for relay in 0..world.relays.len() {
        if !world.relays[relay].is_up() {
            Fault::StartRelay { relay }.strike(world);
        }
    }
    trace!(world, "calm");
}

/// Waits until everybody is connected.
pub(super) fn settle(world: &mut World, patience: Duration) {
    let deadline = world.now() + patience;
    loop {
        attend(world);
        let next = world.now() + LOOK;
        world.run_until(next);
        let Some(problem) = first_problem(world) else { return };
        if world.now() >= deadline {
            violation!("not settled after {patience:?}: {problem}; {}", world.relay_states());
        }
    }
}

/// What is not as it must be in the end, if something is.
fn first_problem(world: &World) -> Option<String> {
    for (index, host) in world.hosts.iter().enumerate().filter(|(_, host)| host.wants_party) {
        let Some(party) = host.party() else { return Some(format!("host {index} is in no party")) };
        if world.meeting == Meeting::Server
            && !world.control.is_online(&party.membership.invitation.party, &host.id)
        {
            return Some(format!("host {index} is not registered"));
        }
        let connections = party.connections.connections();
        for (other, peer) in world.hosts.iter().enumerate().filter(|(_, peer)| peer.wants_party) {
            if other == index {
                continue;
            }
            let wanted = wanted_path(world, index, other);
            let Some(connection) = connections.get(&peer.id) else {
                return Some(format!("host {index} does not know host {other}"));
            };
            // Without a server there are no relays.
            if world.meeting != Meeting::Server && wanted != Path::Direct {
                continue;
            }
            let Some(path) = connection.path().filter(|path| path.state == PathState::Proven) else {
                return Some(format!(
                    "host {index} has no path to host {other}: {:?}, {:?}",
                    connection.state(),
                    connection.agent.phase()
                ));
            };
            // Degraded is connected as well: the grade looks back at the losses of a while.
            if !connection.state().has_path() {
                return Some(format!("host {index} sees host {other} as {:?}", connection.state()));
            }
            let relayed = is_relayed(world, &path.remote);
            if relayed != path.is_relayed {
                return Some(format!("host {index} takes {} for relayed: {}", path.remote, path.is_relayed));
            }
            if (host.hides || peer.hides) && !relayed {
                return Some(format!("host {index} sees host {other} directly, though one of them hides"));
            }
            if wanted == Path::Direct && relayed {
                return Some(format!("host {index} is on a relay to host {other}, which could be direct"));
            }
        }
    }
    None
}

fn is_relayed(world: &World, remote: &Remote) -> bool {
    remote.via.is_some() || world.is_relay(remote.address.ip())
}

fn wanted_path(world: &World, one: usize, other: usize) -> Path {
    if [one, other].iter().any(|host| world.hosts[*host].hides) {
        return Path::Relayed;
    }
    let [a, b] = [one, other].map(|host| &world.sites[world.hosts[host].site]);
    let relation = a.relation(b);
    if relation != Relation::SameLan && (is_split(&a.network) || is_split(&b.network)) {
        return Path::Relayed;
    }
    expected(&a.network, &b.network, relation)
}

/// Whether a carrier that filters sees one host as several, because its home's translator gives it an endpoint per
/// destination: what the carrier let out to a peer does not open the way to the endpoint that the peer knows. The
/// table does not look at that, so direct paths are welcome there, and not demanded.
fn is_split(network: &Network) -> bool {
    let splits = |home: Nat| home.mapping != Dependence::EndpointIndependent;
    let filters = |carrier: Nat| carrier.filtering != Dependence::EndpointIndependent;
    network.home.is_some_and(splits) && network.carrier.is_some_and(filters)
}

/// Game packets pass between all of them.
fn talk(world: &mut World) {
    let deadline = world.now() + PASSING;
    let hosts = 0..world.hosts.len();
    world.hosts.iter_mut().for_each(|host| host.received.clear());
    while world.now() < deadline {
        for (from, to) in hosts.clone().flat_map(|from| hosts.clone().map(move |to| (from, to))) {
            let is_served = world.meeting == Meeting::Server || wanted_path(world, from, to) == Path::Direct;
            if from != to && is_served {
                world.hosts[to].received.entry(from).or_default();
                world.play(from, to);
            }
        }
        let next = world.now() + Duration::from_millis(200);
        world.run_until(next);
        if silent_pair(world).is_none() {
            return;
        }
    }
    if let Some((from, to)) = silent_pair(world) {
        violation!("connected, but no packet passes from host {from} to host {to}");
    }
}

fn silent_pair(world: &World) -> Option<(usize, usize)> {
    let silent = |(to, host): (usize, &super::host::Host)| {
        host.received.iter().find(|(_, count)| **count == 0).map(|(from, _)| (*from, to))
    };
    world.hosts.iter().enumerate().find_map(silent)
}

/// At rest an engine sleeps, and nothing falls apart.
fn rest(world: &mut World) {
    let settled = world.now() + Duration::from_secs(12);
    world.run_until(settled);
    let before: Vec<u64> = world.hosts.iter().map(|host| host.all_wakeups).collect();
    let seconds = 10;
    let end = world.now() + Duration::from_secs(seconds);
    world.run_until(end);
    for (index, before) in before.into_iter().enumerate() {
        let wakeups = world.hosts[index].all_wakeups - before;
        if wakeups > WAKEUPS_AT_REST * seconds {
            violation!("host {index} wakes up {wakeups} times in {seconds} s at rest");
        }
    }
    // An address that a translator took back may have to be told by a connection that has yet to be found dead.
    settle(world, SETTLING);
}

fn count_paths(world: &World, outcome: &mut Outcome) {
    for (index, host) in world.hosts.iter().enumerate() {
        let Some(party) = host.party() else { continue };
        for (other, peer) in world.hosts.iter().enumerate().filter(|(other, _)| *other > index) {
            let path = party.connections.connections().get(&peer.id).and_then(|known| known.path());
            let Some(path) = path else { continue };
            let direct = !is_relayed(world, &path.remote);
            outcome.pairs += 1;
            outcome.direct += u32::from(direct);
            outcome.lucky += u32::from(direct && wanted_path(world, index, other) == Path::Relayed);
        }
    }
}

/// One of them leaves: nothing of it stays with the others.
fn one_leaves(world: &mut World) {
    let first = usize::from(world.meeting != Meeting::Server);
    let gone = first + world.rng.below(world.hosts.len() - first);
    world.hosts[gone].wants_party = false;
    attend(world);
    let deadline = world.now() + FAREWELL;
    let goodbye = world.now() + GOODBYE;
    while let Some(other) = who_knows(world, gone) {
        if world.now() >= deadline {
            violation!("host {other} still knows host {gone}, which has left");
        }
        let next = world.now() + LOOK;
        world.run_until(next);
    }
    world.run_until(goodbye.max(world.now()));
    check_empty(world, gone);
    settle(world, SETTLING);
}

/// One of the others to whom who has left still exists.
fn who_knows(world: &World, gone: usize) -> Option<usize> {
    let id = world.hosts[gone].id;
    (0..world.hosts.len()).filter(|index| *index != gone).find(|index| {
        let host = &world.hosts[*index];
        let party = host.party();
        let known = party.is_some_and(|party| party.connections.connections().contains_key(&id));
        known || host.plane.has_peer(&id)
    })
}

/// All leave: nothing stays anywhere.
fn all_leave(world: &mut World, to_the_end: bool) {
    world.hosts.iter_mut().for_each(|host| host.wants_party = false);
    attend(world);
    let next = world.now() + GOODBYE;
    world.run_until(next);
    for index in 0..world.hosts.len() {
        check_empty(world, index);
    }
    if to_the_end {
        let end = world.now() + LIFETIME;
        world.run_until(end);
        for relay in &world.relays {
            if relay.allocations() > 0 {
                violation!("{} still has {} allocations", relay.name, relay.allocations());
            }
        }
    }
}

fn check_empty(world: &World, index: usize) {
    let host = &world.hosts[index];
    if !host.plane.is_empty() {
        violation!("host {index} has left, and its data plane has not: {:?}", host.plane);
    }
    let held =
        host.session.state().relays().allocations().len() + host.session.state().relays().candidates().len();
    if held > 0 {
        violation!("host {index} has left, and holds allocations: {:?}", host.session.state().relays());
    }
}
