mod bad;
mod world;

use std::time::Duration;

use lanrage_base::clock::{Now, UnixMillis};

use crate::{
    Addresses, Beacon, BeaconEntry, Caller, Engine, Event, Finder, FinderOutput, Health, Kind, Order, Place,
    Trouble,
};
use world::{World, address, keys, mark, member};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A host alone, whose party has been up for a minute.
fn hosted() -> (World, usize) {
    let mut world = World::new();
    let host = world.add(1, 0);
    world.party(&[host]);
    world.run(seconds(60));
    (world, host)
}

#[test]
fn who_searches_is_led_to_the_member_that_the_beacon_names_by_the_first_value() {
    let (mut world, _) = hosted();
    let (bob, since) = (world.add(2, 0), world.now);
    world.at(bob, |finder, now| finder.handle_search(now));
    world.run(seconds(10));
    let after = world.called(bob, Caller::Member(mark(1)), since).expect("the beacon is found");
    assert!(after < Duration::from_millis(1_100), "{after:?}");
    let (_, call) = &world.players[bob].calls[0];
    assert_eq!(call.addresses, [address(1)]);
}

#[test]
fn who_cannot_be_reached_and_who_searches_are_led_to_each_other_while_the_link_is_fresh() {
    let (mut world, host) = hosted();
    world.at(host, |finder, now| finder.handle_link_copied(now));
    for n in 2..20 {
        let (bob, since) = (world.add(n, 0), world.now);
        world.at(bob, |finder, now| finder.handle_search(now));
        let token = world.players[bob].finder.token();
        world.run(seconds(8));
        let after = world.called(host, Caller::Newcomer(token), since).expect("the door is read");
        assert!(after < seconds(8), "{after:?}");
        world.at(bob, |finder, now| finder.handle_found(now));
        world.run(seconds(1));
    }
}

#[test]
fn hours_later_the_keeper_still_comes_to_the_door_in_time() {
    let (mut world, host) = hosted();
    world.run(seconds(5 * 3_600));
    let (bob, since) = (world.add(2, 0), world.now);
    world.at(bob, |finder, now| finder.handle_search(now));
    let token = world.players[bob].finder.token();
    world.run(seconds(22));
    let after = world.called(host, Caller::Newcomer(token), since).expect("the door is read");
    assert!(after < seconds(22), "{after:?}");
}

#[test]
fn two_who_search_while_nobody_is_there_find_each_other_at_the_door() {
    let mut world = World::new();
    let [ann, bob] = [1, 2].map(|n| world.add(n, 0));
    let since = world.now;
    for player in [ann, bob] {
        world.at(player, |finder, now| finder.handle_search(now));
        world.run(Duration::from_millis(700));
    }
    world.run(seconds(20));
    for (player, other) in [(ann, bob), (bob, ann)] {
        let token = world.players[other].finder.token();
        assert!(world.called(player, Caller::Newcomer(token), since).is_some(), "{player}");
    }
}

#[test]
fn eight_newcomers_at_once_all_come_to_the_keepers_ear() {
    // All write at the door between each other's reading and writing, again and again.
    for (seed, apart_ms) in (0..15).flat_map(|seed| [(seed, 0), (seed, 20), (seed, 125)]) {
        let mut world = World::seeded(seed);
        let host = world.add(1, 0);
        world.party(&[host]);
        world.run(seconds(30));
        let since = world.now;
        let newcomers: Vec<usize> = (2..10).map(|n| world.add(n, 0)).collect();
        for newcomer in &newcomers {
            world.at(*newcomer, |finder, now| finder.handle_search(now));
            world.run(Duration::from_millis(apart_ms));
        }
        let mut outside = newcomers;
        while !outside.is_empty() && world.now < since + seconds(25) {
            world.run(Duration::from_millis(100));
            outside.retain(|newcomer| {
                let token = world.players[*newcomer].finder.token();
                let is_let_in = world.called(host, Caller::Newcomer(token), since).is_some();
                if is_let_in {
                    world.at(*newcomer, |finder, now| finder.handle_found(now));
                }
                !is_let_in
            });
        }
        assert!(outside.is_empty(), "seed {seed}, {apart_ms} ms apart: {outside:?} are not read of");
    }
}

#[test]
fn a_clock_that_is_wrong_by_most_of_a_day_finds_and_is_found() {
    let cases = [-23, -20, -12, 12, 20, 23].into_iter().flat_map(|skew| [(skew, false), (skew, true)]);
    // The second time the link is followed at once: the beacon is on its way still.
    for (since_up, (skew_h, host_is_wrong)) in cases.flat_map(|case| [(60, case), (0, case)]) {
        let skew = skew_h * 3_600_000;
        let (of_host, of_bob) = if host_is_wrong { (skew, 0) } else { (0, skew) };
        let mut world = World::new();
        let host = world.add(1, of_host);
        world.party(&[host]);
        world.run(seconds(since_up));
        let (bob, since) = (world.add(2, of_bob), world.now);
        world.at(bob, |finder, now| finder.handle_search(now));
        let token = world.players[bob].finder.token();
        // Five places, all at once.
        world.run(seconds(30));
        let case = format!("{skew_h} h, {host_is_wrong}, {since_up} s");
        assert!(world.called(bob, Caller::Member(mark(1)), since).is_some(), "{case}: the beacon");
        assert!(world.called(host, Caller::Newcomer(token), since).is_some(), "{case}: the door");
    }
}

#[test]
fn a_change_of_keys_hides_nobody() {
    let mut world = World::new();
    let to_change = keys().until_change_ms(world.wall);
    let host = world.add(1, 0);
    world.party(&[host]);
    world.run(Duration::from_millis(to_change - 2_000_000));
    for n in 2..12 {
        let (bob, since) = (world.add(n, 0), world.now);
        world.at(bob, |finder, now| finder.handle_search(now));
        let token = world.players[bob].finder.token();
        world.run(seconds(30));
        assert!(world.called(bob, Caller::Member(mark(1)), since).is_some(), "{n}");
        assert!(world.called(host, Caller::Newcomer(token), since).is_some(), "{n}");
        world.at(bob, |finder, now| finder.handle_found(now));
        world.run(seconds(370));
    }
    let keys: std::collections::BTreeSet<_> =
        world.players[host].puts.iter().map(|(_, item)| item.key).collect();
    assert_eq!(keys.len(), 2, "the beacons of both windows");
}

#[test]
fn while_somebody_is_reachable_nothing_is_asked_but_every_45_minutes() {
    let mut world = World::new();
    let host = world.add(1, 0);
    world.party(&[host]);
    let reachable = crate::Member { reachable: true, ..member(1) };
    world.at(host, |finder, now| finder.set_me(now, reachable));
    world.run(seconds(600));
    let (looks, puts) = (world.players[host].looks.len(), world.players[host].puts.len());
    assert!(world.players[host].rests > 0, "no engine is wanted meanwhile");
    world.run(seconds(10 * 3_600));
    let (looks, puts) = (world.players[host].looks.len() - looks, world.players[host].puts.len() - puts);
    assert!((12..=15).contains(&puts), "{puts}");
    assert!(looks <= 3 * puts, "{looks} looks for {puts} puts");
}

#[test]
fn who_is_let_in_by_the_link_alone_asks_nobody() {
    let (mut world, host) = hosted();
    let peer = world.players[host].peer;
    let bob = world.add(2, 0);
    world.at(bob, |finder, now| finder.handle_search(now));
    world.run(Duration::from_millis(100));
    world.at(bob, |finder, now| {
        finder.handle_found(now);
        finder.handle_up(now);
        finder.set_members(now, Some(peer), &[]);
    });
    // The session with who let it in.
    world.run(Duration::from_millis(500));
    world.party(&[host, bob]);
    world.run(seconds(60));
    assert_eq!((world.players[bob].looks.len(), world.players[bob].puts.len()), (0, 0));
}

#[test]
fn the_keeper_looks_less_and_less_often() {
    let mut world = World::new();
    let host = world.add(1, 0);
    world.party(&[host]);
    world.run(seconds(4));
    let door = |world: &World| {
        let place = Place { kind: Kind::Door, window: keys().window(world.wall), slot: 0 };
        let key = keys().item_key(place);
        world.players[host].looks.iter().filter(|(_, looked)| *looked == key).count()
    };
    for (time, paces) in [(170, 55..=58), (6, 0..=2), (1_800, 179..=181), (1_500, 99..=101)] {
        let before = door(&world);
        world.run(seconds(time));
        let looks = door(&world) - before;
        assert!(paces.contains(&looks), "{looks} in {time} s, not {paces:?}");
    }
    world.at(host, |finder, now| finder.handle_link_copied(now));
    let before = door(&world);
    world.run(seconds(30));
    assert!(door(&world) - before >= 9);
}

#[test]
fn what_changes_often_is_written_once_and_nothing_without_an_address() {
    let mut world = World::new();
    let host = world.add(1, 0);
    let nowhere = crate::Member { addresses: Addresses::default(), ..member(1) };
    world.at(host, |finder, now| finder.set_me(now, nowhere));
    world.party(&[host]);
    world.run(seconds(120));
    assert_eq!(world.players[host].puts.len(), 0);
    for n in 0..10 {
        world.at(host, |finder, now| {
            let addresses = [address(100 + n)].into_iter().collect();
            finder.set_me(now, crate::Member { addresses, ..member(1) });
        });
        world.run(Duration::from_millis(150));
    }
    world.run(seconds(20));
    assert_eq!(world.players[host].puts.len(), 1);
}

#[test]
fn only_the_first_by_host_and_id_keeps_and_the_next_one_when_it_goes() {
    let mut world = World::new();
    let players: Vec<usize> = (1..=3).map(|n| world.add(n, 0)).collect();
    world.party(&players);
    world.run(seconds(120));
    let wrote = |world: &World| players.iter().map(|n| world.players[*n].puts.len()).collect::<Vec<_>>();
    assert!(wrote(&world)[0] > 0 && wrote(&world)[1..] == [0, 0], "{:?}", wrote(&world));

    world.at(players[0], |finder, now| finder.handle_leave(now));
    let left = world.players[players[0]].puts.last().unwrap().1.clone();
    let place = Place { kind: Kind::Beacon, window: keys().window(world.wall), slot: 0 };
    let beacon = Beacon::parse(&keys().open(place, &left).unwrap()).unwrap();
    let named: Vec<_> = beacon.entries.iter().map(|entry| entry.peer).collect();
    assert!(!named.contains(&mark(1)) && named.len() == 2, "who leaves takes itself out: {named:?}");
    world.run(seconds(2));
    assert!(world.players[players[0]].finder.is_done());

    let rest = [member(2), member(3)];
    for n in 1..3 {
        let other = rest[2 - n].clone();
        world.at(players[n], |finder, now| finder.set_members(now, Some(member(1).peer), &[other]));
    }
    world.run(seconds(30));
    let heir = if member(2).peer < member(3).peer { 1 } else { 2 };
    assert!(wrote(&world)[heir] > 0 && wrote(&world)[3 - heir] == 0, "{:?}", wrote(&world));
}

#[test]
fn who_leaves_alone_leaves_an_empty_beacon() {
    let (mut world, host) = hosted();
    world.at(host, |finder, now| finder.handle_leave(now));
    world.run(seconds(5));
    assert!(world.players[host].finder.is_done() && world.players[host].rests > 0);
    let puts = world.players[host].puts.len();
    let (bob, since) = (world.add(2, 0), world.now);
    world.at(bob, |finder, now| finder.handle_search(now));
    world.run(seconds(3_600 * 2));
    assert_eq!(world.players[host].puts.len(), puts);
    // A node that did not hear of it may still say otherwise; most do.
    let stale = world.called(bob, Caller::Member(mark(1)), since).is_some();
    let empty = world.nodes.iter().flat_map(|node| node.values()).filter(|item| {
        let place =
            Place { kind: Kind::Beacon, window: keys().window(UnixMillis(item.seq as u64 / 1_000)), slot: 0 };
        keys().open(place, item).and_then(|plain| Beacon::parse(&plain)).is_some_and(|b| b.entries.is_empty())
    });
    assert!(empty.count() >= 6 || !stale);
}

#[test]
fn two_halves_of_a_party_find_each_other_by_the_beacon() {
    let (mut world, _) = hosted();
    let since = world.now;
    let eve = world.add(4, 0);
    world.party(&[eve]);
    world.run(seconds(60));
    assert!(world.called(eve, Caller::Member(mark(1)), since).is_some());
    let bob = world.add(5, 0);
    world.at(bob, |finder, now| finder.handle_search(now));
    world.run(seconds(5));
    for n in [1, 4] {
        assert!(world.called(bob, Caller::Member(mark(n)), since).is_some(), "{n} is in the beacon");
    }
}

#[test]
fn a_store_that_forgets_or_is_gone_is_said_and_the_other_engine_asked_too() {
    let (mut world, host) = hosted();
    assert!(matches!(world.players[host].health[..], [Health::Well { holders: 4..=6 }]));
    assert!(!world.players[host].engines.contains(&Engine::Relays));
    world.alive = 3;
    world.run(seconds(2 * 3_600));
    assert_eq!(world.players[host].health[1], Health::Unwell(Trouble::FewHolders(3)));
    assert!(world.players[host].engines.contains(&Engine::Relays));
    world.alive = 0;
    world.run(seconds(3_600));
    assert!(world.players[host].health.contains(&Health::Unwell(Trouble::NoNodes)));
    world.alive = 8;
    world.run(seconds(3_600));
    assert!(matches!(world.players[host].health.last(), Some(Health::Well { .. })));
}

#[test]
fn a_search_asks_at_four_places_in_the_first_seconds_and_not_many_more_in_a_minute() {
    let mut world = World::new();
    let bob = world.add(2, 0);
    world.at(bob, |finder, now| finder.handle_search(now));
    world.run(seconds(60));
    let places: std::collections::BTreeSet<_> =
        world.players[bob].looks.iter().map(|(_, key)| *key).collect();
    assert_eq!(places.len(), 4, "three beacons and a door");
    let first = world.players[bob].looks[0].0;
    assert!(first >= world.start + Duration::from_millis(300), "who answers by the link needs none of it");
}

#[test]
fn where_the_dht_is_silent_the_relays_lead_to_each_other_within_seconds() {
    let mut world = World::new();
    world.dead.insert(Engine::Dht);
    let host = world.add(1, 0);
    world.party(&[host]);
    world.run(seconds(8));
    assert!(world.players[host].finder.view().stored.is_some(), "the beacon is there");
    let (bob, since) = (world.add(2, 0), world.now);
    world.at(bob, |finder, now| finder.handle_search(now));
    let token = world.players[bob].finder.token();
    world.run(seconds(12));
    let beacon = world.called(bob, Caller::Member(mark(1)), since).expect("the beacon is found");
    assert!(beacon < seconds(3), "{beacon:?}");
    let door = world.called(host, Caller::Newcomer(token), since).expect("the door is read");
    assert!(door < seconds(11), "{door:?}");
    assert!(world.players[bob].health.contains(&Health::Unwell(Trouble::NoAnswer)));
}

#[test]
fn dead_relays_cost_nobody_anything() {
    let mut world = World::new();
    // So few that the relays are asked, too.
    world.alive = 3;
    world.dead.insert(Engine::Relays);
    let host = world.add(1, 0);
    world.party(&[host]);
    world.run(seconds(30));
    assert!(world.players[host].engines.contains(&Engine::Relays));
    world.at(host, |finder, now| finder.handle_link_copied(now));
    for n in 2..6 {
        let (bob, since) = (world.add(n, 0), world.now);
        world.at(bob, |finder, now| finder.handle_search(now));
        let token = world.players[bob].finder.token();
        world.run(seconds(10));
        let after = world.called(host, Caller::Newcomer(token), since).expect("the door is read");
        assert!(after < seconds(9), "{after:?}");
        world.at(bob, |finder, now| finder.handle_found(now));
    }
    let before = world.players[host].looks.len();
    world.run(seconds(60));
    // By two engines, every three seconds.
    let looks = world.players[host].looks.len() - before;
    assert!(looks >= 36, "{looks}");
}

#[test]
fn an_answer_that_comes_late_still_leads_somewhere() {
    let world = World::new();
    let now = |ms: u64| Now { instant: world.start + Duration::from_millis(ms), wall: world.wall.plus(ms) };
    let mut finder = Finder::new(now(0), keys(), member(2), [1; 32]);
    let mut asked = Vec::new();
    let mut drain = |finder: &mut Finder| {
        let mut calls = Vec::new();
        while let Some(output) = finder.poll_output() {
            match output {
                FinderOutput::Order(Order::Look { id, key, engine }) => asked.push((id, key, engine)),
                FinderOutput::Knock(call) => calls.push(call.caller),
                _ => {}
            }
        }
        (asked.clone(), calls)
    };
    finder.handle_search(now(0));
    for ms in [300, 1_000, 1_500, 1_800] {
        finder.handle_timeout(now(ms));
    }
    let (asked, _) = drain(&mut finder);
    let (dht, place, _) = asked[0];
    let relays = asked.iter().find(|(_, key, engine)| *key == place && *engine == Engine::Relays).unwrap().0;
    finder.handle_event(now(2_000), Event::LookEnded(relays));
    finder.handle_timeout(now(4_000));
    let today = Place { kind: Kind::Beacon, window: keys().window(world.wall), slot: 0 };
    let entry = BeaconEntry {
        peer: mark(1),
        age_s: 0,
        reachable: true,
        relays: false,
        nat_type: lanrage_party::NatType::FullCone,
        addresses: [address(1)].into_iter().collect(),
    };
    let beacon = Beacon { written: world.wall, entries: vec![entry] };
    let item = keys().seal(today, 5, &beacon.to_plain(), [9; 24]);
    assert_eq!(item.key, place);
    finder.handle_event(now(5_000), Event::Replica(dht, item));
    assert_eq!(drain(&mut finder).1, [Caller::Member(mark(1))]);
}
