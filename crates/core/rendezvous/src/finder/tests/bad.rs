//! What a link-holder, a node or an engine may do.

use std::time::Duration;

use lanrage_base::clock::{Now, UnixMillis};
use proptest::prelude::*;

use super::{
    hosted, seconds,
    world::{World, keys, mark, member},
};
use crate::{
    Beacon, Caller, Door, Event, Finder, FinderOutput, Health, Kind, LookId, Order, PLAIN_BYTES, Place,
    PutFault, PutId, SignedItem, Trouble,
};

fn place(world: &World, kind: Kind, slot: u8) -> Place {
    Place { kind, window: keys().window(world.wall), slot }
}

fn freeze(world: &mut World, kind: Kind, slot: u8) {
    let item = keys().seal(place(world, kind, slot), 1 << 62, &[0; PLAIN_BYTES], [1; 24]);
    for node in &mut world.nodes {
        node.insert(item.key, item.clone());
    }
}

#[test]
fn a_number_that_nobody_can_exceed_moves_everybody_to_the_next_place() {
    for slots in 1..=3 {
        let mut world = World::new();
        for slot in 0..slots {
            freeze(&mut world, Kind::Beacon, slot);
            freeze(&mut world, Kind::Door, slot);
        }
        let host = world.add(1, 0);
        world.party(&[host]);
        world.run(seconds(60));
        let (bob, since) = (world.add(2, 0), world.now);
        world.at(bob, |finder, now| finder.handle_search(now));
        let token = world.players[bob].finder.token();
        world.run(seconds(20));
        assert!(world.called(bob, Caller::Member(mark(1)), since).is_some(), "{slots}");
        assert!(world.called(host, Caller::Newcomer(token), since).is_some(), "{slots}");
        assert!(!world.players[host].health.contains(&Health::Unwell(Trouble::Frozen)));
    }
}

#[test]
fn an_item_of_a_clock_that_is_hours_ahead_is_exceeded() {
    let mut world = World::new();
    let ahead = (world.wall.0 as i64 + 20 * 3_600_000) * 1_000;
    let item = keys().seal(place(&world, Kind::Beacon, 0), ahead, &Beacon::default().to_plain(), [1; 24]);
    for node in &mut world.nodes {
        node.insert(item.key, item.clone());
    }
    let host = world.add(1, 0);
    world.party(&[host]);
    world.run(seconds(30));
    assert!(world.players[host].puts.iter().all(|(_, put)| put.seq > ahead));
    let (bob, since) = (world.add(2, 0), world.now);
    world.at(bob, |finder, now| finder.handle_search(now));
    world.run(seconds(5));
    assert!(world.called(bob, Caller::Member(mark(1)), since).is_some());
}

#[test]
fn all_four_places_frozen_is_said_and_does_not_spin() {
    let mut world = World::new();
    for slot in 0..4 {
        freeze(&mut world, Kind::Beacon, slot);
    }
    let host = world.add(1, 0);
    world.party(&[host]);
    world.run(seconds(300));
    assert!(world.players[host].health.contains(&Health::Unwell(Trouble::Frozen)));
    assert_eq!(world.players[host].puts.len(), 0);
    assert!(world.players[host].looks.len() < 300, "{}", world.players[host].looks.len());
}

#[test]
fn who_overwrites_the_beacon_is_overwritten_within_the_hour_and_not_fought_for_ever() {
    let (mut world, host) = hosted();
    let puts = world.players[host].puts.len();
    for _ in 0..360 {
        let seq = world.wall.0 as i64 * 1_000 + 3_600_000_000;
        let item = keys().seal(place(&world, Kind::Beacon, 0), seq, &[1; PLAIN_BYTES], [1; 24]);
        for node in &mut world.nodes {
            node.insert(item.key, item.clone());
        }
        world.run(seconds(10));
    }
    let puts = world.players[host].puts.len() - puts;
    assert!(puts <= 16, "{puts} puts in an hour");
}

#[test]
fn items_of_strangers_and_old_keys_and_other_places_say_nothing() {
    let (mut world, host) = hosted();
    let mut forged: Vec<SignedItem> = Vec::new();
    let door = place(&world, Kind::Door, 0);
    let full = Door::default().to_plain();
    let good = keys().seal(door, 5, &full, [1; 24]);
    forged.push(SignedItem { seq: 6, ..good.clone() });
    forged.push(SignedItem { value: vec![0; 1_000], ..good.clone() });
    forged.push(SignedItem { value: Vec::new(), seq: i64::MIN, ..good.clone() });
    forged.push(SignedItem { seq: i64::MAX, ..good.clone() });
    forged.push(keys().seal(Place { kind: Kind::Beacon, ..door }, 5, &full, [1; 24]));
    for item in forged {
        for node in &mut world.nodes {
            node.insert(good.key, item.clone());
        }
        let before = world.players[host].calls.len();
        world.run(seconds(10));
        assert_eq!(world.players[host].calls.len(), before);
        assert!(!world.players[host].health.contains(&Health::Unwell(Trouble::Frozen)));
    }
}

#[test]
fn an_engine_that_never_answers_is_unwell_after_ten_seconds() {
    let start = World::new();
    let now = |ms: u64| Now { instant: start.start + Duration::from_millis(ms), wall: start.wall.plus(ms) };
    let mut finder = Finder::new(now(0), keys(), member(1), [1; 32]);
    finder.handle_search(now(0));
    let mut looks = 0;
    for ms in (0..15_000).step_by(100) {
        finder.handle_timeout(now(ms));
        while let Some(output) = finder.poll_output() {
            match output {
                FinderOutput::Order(Order::Look { .. }) => looks += 1,
                FinderOutput::Health(health) => {
                    assert_eq!(health, Health::Unwell(Trouble::NoAnswer));
                    assert!((10_300..10_500).contains(&ms), "{ms}");
                }
                _ => {}
            }
        }
    }
    assert!(looks >= 4 && finder.view().health == Health::Unwell(Trouble::NoAnswer));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_order_of_inputs_leaves_a_finder_that_waits_and_does_not_ask_much(
        inputs in prop::collection::vec((0..14_u8, any::<u16>()), 1..200)
    ) {
        let world = World::new();
        let mut instant = world.start;
        let mut wall = world.wall;
        let mut finder = Finder::new(Now { instant, wall }, keys(), member(1), [1; 32]);
        let (mut asked, mut ids, mut puts) = (0, Vec::new(), Vec::new());
        for (input, value) in &inputs {
            let now = Now { instant, wall };
            match input {
                0 => finder.handle_search(now),
                1 => finder.handle_found(now),
                2 => finder.handle_up(now),
                3 => finder.handle_link_copied(now),
                4 => finder.handle_network_change(now),
                5 => finder.handle_leave(now),
                6 => finder.set_members(now, None, &[member(*value as u8)]),
                7 => finder.set_me(now, crate::Member { reachable: value % 2 == 0, ..member(1) }),
                8 => {
                    let look = ids.pop().unwrap_or(LookId(u32::from(*value)));
                    finder.handle_event(now, Event::LookEnded(look));
                }
                9 => {
                    let put = puts.pop().unwrap_or(PutId(u32::from(*value)));
                    let outcome = if value % 2 == 0 { Ok(()) } else { Err(PutFault::Older) };
                    finder.handle_event(now, Event::PutEnded(put, outcome));
                }
                // The wall clock jumps.
                10 => wall = UnixMillis(u64::from(*value) * 100_000_000),
                11 => wall = UnixMillis(wall.0.saturating_sub(u64::from(*value) * 1_000)),
                _ => {
                    instant += Duration::from_millis(u64::from(*value));
                    wall = wall.plus(u64::from(*value));
                    finder.handle_timeout(Now { instant, wall });
                }
            }
            while let Some(output) = finder.poll_output() {
                match output {
                    FinderOutput::Order(Order::Look { id, .. }) => {
                        asked += 1;
                        ids.push(id);
                    }
                    FinderOutput::Order(Order::Put { id, .. }) => puts.push(id),
                    _ => {}
                }
            }
            prop_assert!(finder.poll_timeout().is_none_or(|due| due > instant), "the caller would spin");
        }
        prop_assert!(asked <= 16 * inputs.len());
    }
}
