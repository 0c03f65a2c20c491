//! A party falls apart; on both sides some come in, at the same address now and then, and one leaves; and then it is whole again.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use lanrage_party::{Name, Subnet};

use super::{
    schedule::SETTLING,
    site::Site,
    world::{Meeting, World, trace},
};
use crate::{Command, Input, Settings};

/// Schedules of a run of the test suite.
const ROUNDS: u64 = 150;
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// Members before it falls apart, of whom every second one is on the far side, and those who come in meanwhile.
const OLD: usize = 4;
const NEW: usize = 4;
/// From the first path between the halves to one roster.
const MERGED: Duration = Duration::from_secs(2);
/// A path that is lost is asked for twice a second for so long; what was apart for less is whole again at once.
const SHORT: Duration = Duration::from_secs(55);
/// The same for what was apart for longer.
const LONG: Duration = Duration::from_secs(35);

struct Outcome {
    /// Pairs of members with one address when the halves met.
    shared: usize,
    is_short: bool,
    /// From the end of the cut to the first path between the halves, and from there to one roster.
    met: Duration,
    merged: Duration,
}

#[test]
fn halves_of_a_party_have_one_roster_within_two_seconds_and_no_address_twice_and_no_ghost() {
    let chosen = super::number("LANRAGE_SIM_SEED");
    let rounds = super::number("LANRAGE_SIM_ROUNDS").unwrap_or(ROUNDS);
    let seeds = chosen.map_or(0..rounds, |seed| seed..seed + 1);
    let outcomes: Vec<Outcome> = seeds.map(|seed| run(seed, chosen.is_some())).collect();
    let worst = |of: fn(&Outcome) -> Duration, is_short: bool| {
        outcomes.iter().filter(|outcome| outcome.is_short == is_short).map(of).max().unwrap_or_default()
    };
    let shared: usize = outcomes.iter().map(|outcome| outcome.shared).sum();
    println!(
        "{} times apart and together: {shared} pairs had one address; the halves met within {:?} ({:?} after more than \
         {SHORT:?} apart), and had one roster {:?} after that at the latest",
        outcomes.len(),
        worst(|outcome| outcome.met, true),
        worst(|outcome| outcome.met, false),
        worst(|outcome| outcome.merged, true).max(worst(|outcome| outcome.merged, false)),
    );
    assert!(shared > 0 || chosen.is_some(), "nobody had another one's address");
    assert!(worst(|outcome| outcome.met, true) <= MERGED && worst(|outcome| outcome.met, false) <= LONG);
    assert!(outcomes.iter().all(|outcome| outcome.merged <= MERGED));
}

fn run(seed: u64, traced: bool) -> Outcome {
    let mut world = World::new(seed, traced, Meeting::Knocks);
    for site in 0..OLD + NEW {
        world.sites.push(Site::PUBLIC);
        world.add_host(site);
    }
    // So small that some come to the same address.
    let default_subnet = Subnet::new("10.66.0.0/26".parse().expect("a network")).expect("a party's");
    let settings = Settings { default_subnet, ..world.settings(0) };
    world.input(0, Input::Configure(settings));
    let name = Name::new("LAN").expect("a name");
    world.input(0, Input::Command(1, Command::CreateParty { name }));
    (1..OLD).for_each(|host| join(&mut world, host, 0));
    until(&mut world, seed, |world| is_whole(world, 0..OLD));

    world.far = (0..OLD + NEW).filter(|host| host % 2 == 1).collect();
    trace!(world, "apart");
    let length = world.rng.millis(2_000..100_000);
    let (began, end) = (world.now(), world.now() + length);
    // Who leaves, on either side; whoever made the party stays, and the first of the far side.
    let leavers = [2 + 2 * world.rng.below(OLD / 2 - 1), 3 + 2 * world.rng.below(OLD / 2 - 1)];
    let mut due: Vec<(Duration, usize)> = Vec::new();
    for host in (OLD..OLD + NEW).chain(leavers) {
        due.push((began + world.rng.millis(0..length.as_millis() as u64), host));
    }
    due.sort_unstable();
    for (at, host) in due {
        world.run_until(at);
        if leavers.contains(&host) {
            world.input(host, Input::Command(2, Command::LeaveParty));
        } else {
            join(&mut world, host, host % 2);
        }
    }
    world.run_until(end);
    until(&mut world, seed, |world| {
        let sides = [0, 1].map(|side| members(world).filter(move |host| host % 2 == side));
        sides.into_iter().all(|side| is_whole(world, side))
    });
    let mut held: BTreeMap<_, usize> = BTreeMap::new();
    members(&world).for_each(|host| *held.entry(world.hosts[host].lease()).or_default() += 1);
    let shared = held.values().map(|count| count * (count - 1) / 2).sum();
    let is_short = world.now() - began < SHORT;

    world.far.clear();
    trace!(world, "together, {shared} pairs share an address");
    let healed = world.now();
    until(&mut world, seed, |world| {
        members(world).any(|one| {
            let reached =
                world.hosts[one].party().map(|party| party.connections.reached()).unwrap_or_default();
            members(world).any(|other| one % 2 != other % 2 && reached.contains(&world.hosts[other].id))
        })
    });
    let met = world.now();
    until(&mut world, seed, is_one_roster);
    let merged = world.now() - met;
    until(&mut world, seed, |world| is_whole(world, members(world)));
    Outcome { shared, is_short, met: met - healed, merged }
}

/// Follows a link of that member's.
fn join(world: &mut World, host: usize, by: usize) {
    let link = world.hosts[by].link(world.time()).expect("in the party").parse().expect("a link");
    world.input(host, Input::Command(3, Command::JoinParty(Box::new(link))));
}

fn until(world: &mut World, seed: u64, is_so: impl Fn(&World) -> bool) {
    let deadline = world.now() + SETTLING;
    while !is_so(world) {
        if world.now() >= deadline {
            violation!("seed {seed}: not so after {SETTLING:?}");
        }
        let next = world.now() + LOOK;
        world.run_until(next);
    }
}

/// Those who are in the party.
fn members(world: &World) -> impl Iterator<Item = usize> {
    let is_in = |host: &usize| world.hosts[*host].party().is_some_and(|party| !party.is_being_joined());
    (0..world.hosts.len()).filter(is_in)
}

/// Whether all of these, and nobody else, reach each other.
fn is_whole(world: &World, hosts: impl Iterator<Item = usize>) -> bool {
    let hosts: Vec<usize> = hosts.collect();
    hosts.iter().all(|host| {
        let others = hosts.iter().filter(|other| *other != host).map(|other| world.hosts[*other].id);
        let reached = world.hosts[*host].party().map(|party| party.connections.reached());
        reached.is_some_and(|reached| others.collect::<BTreeSet<_>>() == reached.into_iter().collect())
    })
}

/// Whether everybody knows all others who are in and nobody else, by the addresses that they have, of which no two are the same.
fn is_one_roster(world: &World) -> bool {
    let all: BTreeMap<_, _> =
        members(world).map(|host| (world.hosts[host].id, world.hosts[host].lease())).collect();
    let leases: BTreeSet<_> = all.values().collect();
    let knows_all = |host: usize| {
        let known = world.hosts[host].party().into_iter().flat_map(|party| party.connections.connections());
        let known: BTreeMap<_, _> = known.map(|(id, peer)| (*id, Some(peer.record.virtual_ip))).collect();
        let others = all.iter().filter(|(id, _)| **id != world.hosts[host].id);
        known == others.map(|(id, lease)| (*id, *lease)).collect()
    };
    leases.len() == all.len() && members(world).all(knows_all)
}
