use proptest::prelude::*;

use super::*;

fn peer(n: u8) -> PeerId {
    PeerId::from_bytes([n; 16])
}

fn address(n: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, n], 5_000))
}

fn near(n: u8, ms: u64) -> Way {
    Way { peer: peer(n), straight: Some((address(n), Duration::from_millis(ms))), is_there: true }
}

fn missed(n: u8) -> Way {
    Way { peer: peer(n), straight: None, is_there: true }
}

/// One that misses member 9 and has asked friends 1 and 2, and the time.
fn asking() -> (Carried, Instant) {
    let (mut carried, now) = (Carried::new(0), Instant::now());
    carried.follow(now, &[near(1, 20), near(2, 30), near(3, 40), missed(9)]);
    assert_eq!(carried.take_due(now), [], "a straight way may still be found");
    let now = carried.poll_timeout().unwrap();
    assert_eq!(carried.take_due(now), [(peer(1), vec![peer(9)]), (peer(2), vec![peer(9)])]);
    (carried, now)
}

fn ids(carried: &Carried, of: u8) -> Vec<u32> {
    let ways = carried.allocations();
    ways.get(&peer(of)).into_iter().flatten().map(|allocation| allocation.id.0).collect()
}

#[test]
fn the_nearest_friends_are_asked_and_what_they_grant_is_a_way() {
    let (mut carried, now) = asking();
    assert!(carried.handle_channels(now, &peer(1), &[(peer(9), 0x4001)]));
    let id = AllocationId(FIRST_ID);
    assert_eq!(
        carried.take_actions(),
        [
            Action::Open { id, friend: address(1) },
            Action::Channel { id, peer: stand_in(&peer(9)), channel: Some(0x4001) },
        ]
    );
    assert_eq!(ids(&carried, 9), [FIRST_ID]);
    assert!(!carried.handle_channels(now, &peer(1), &[(peer(9), 0x4001)]), "no news");
    assert_eq!(carried.take_actions(), []);
    assert!(carried.handle_channels(now, &peer(1), &[]), "it is over");
    assert_eq!((carried.take_actions(), ids(&carried, 9).len()), (vec![Action::Close(id)], 0));
}

#[test]
fn only_who_is_reached_straight_is_believed_and_no_more_than_two() {
    let (mut carried, now) = asking();
    assert!(!carried.handle_channels(now, &peer(9), &[(peer(3), 0x4001)]));
    assert!(!carried.handle_channels(now, &peer(1), &[(peer(9), 0x3FFF), (peer(1), 0x4001)]));
    for (n, is_taken) in [(1, true), (2, true), (3, false)] {
        assert_eq!(carried.handle_channels(now, &peer(n), &[(peer(9), 0x4001)]), is_taken, "{n}");
    }
    assert_eq!(ids(&carried, 9).len(), FRIENDS);
}

#[test]
fn a_friend_that_moves_is_followed_under_the_same_id_and_one_that_is_lost_is_left() {
    let (mut carried, now) = asking();
    carried.handle_channels(now, &peer(1), &[(peer(9), 0x4001)]);
    carried.take_actions();
    let id = AllocationId(FIRST_ID);
    let moved = Way { straight: Some((address(7), Duration::ZERO)), ..near(1, 0) };
    assert!(!carried.follow(now, &[moved, missed(9)]));
    assert_eq!(
        carried.take_actions(),
        [
            Action::Close(id),
            Action::Open { id, friend: address(7) },
            Action::Channel { id, peer: stand_in(&peer(9)), channel: Some(0x4001) },
        ]
    );
    assert!(carried.follow(now, &[missed(1), missed(9)]));
    assert_eq!((carried.take_actions(), ids(&carried, 9).len()), (vec![Action::Close(id)], 0));
}

#[test]
fn it_is_asked_again_and_again_while_a_way_is_missed_and_a_silent_friend_is_left() {
    let (mut carried, begun) = asking();
    let mut now = begun;
    let mut pauses = Vec::new();
    for _ in 0..4 {
        let due = carried.poll_timeout().unwrap();
        pauses.push(due - now);
        now = due;
        assert!(!carried.take_due(now).is_empty());
    }
    assert_eq!(pauses, [AGAIN[0], AGAIN[1], AGAIN[2], RENEWAL], "ever more slowly");
    carried.handle_channels(now, &peer(1), &[(peer(9), 0x4001)]);
    assert!(!carried.handle_timeout(now + LEASE / 2));
    assert!(carried.handle_timeout(now + LEASE));
    assert!(ids(&carried, 9).is_empty());
    carried.follow(now, &[near(1, 20), near(9, 20)]);
    assert_eq!(carried.poll_timeout(), None, "nobody is missed");
}

#[test]
fn nobody_is_asked_for_who_is_away_and_all_at_once_when_the_first_friend_comes() {
    let (mut carried, now) = (Carried::new(0), Instant::now());
    let away = Way { is_there: false, ..missed(8) };
    carried.follow(now, &[missed(9), away]);
    assert_eq!(carried.poll_timeout(), None, "nobody can be asked");
    carried.follow(now, &[missed(9), away, near(1, 20)]);
    assert_eq!(carried.take_due(now), [(peer(1), vec![peer(9)])]);
}

#[test]
fn whom_the_nearest_do_not_reach_the_others_are_asked_for_in_turn_and_who_does_goes_on() {
    let (mut carried, now) = (Carried::new(0), Instant::now());
    let ways: Vec<Way> = (1..=9).map(|n| near(n, n.into())).chain([missed(20), missed(21)]).collect();
    carried.follow(now, &ways);
    let ask = |carried: &mut Carried| {
        let due = carried.poll_timeout().unwrap();
        let asks = carried.take_due(due).into_iter();
        let friends = asks.map(|(friend, wanted)| (friend.as_bytes()[0], wanted.len())).collect::<Vec<_>>();
        (due, friends)
    };
    let (now, asked) = ask(&mut carried);
    assert_eq!(asked, [(1, 2), (2, 2)]);
    for n in [1, 2] {
        carried.handle_channels(now, &peer(n), &[(peer(20), 0x4001)]);
    }
    assert_eq!(ask(&mut carried).1, [(1, 2), (2, 2), (3, 1), (4, 1), (5, 1), (6, 1)]);
    let (now, asked) = ask(&mut carried);
    assert_eq!(asked, [(1, 2), (2, 2), (7, 1), (8, 1), (9, 1)]);
    assert!(carried.handle_channels(now, &peer(8), &[(peer(21), 0x4001)]), "beside the nearest two");
    assert!(!carried.handle_channels(now, &peer(9), &[(peer(21), 0x4001)]), "there is a way already");
    assert_eq!(ask(&mut carried).1, [(1, 2), (2, 2), (8, 1)], "nobody is missed any more");
    let ended = now + Duration::from_secs(6);
    carried.handle_channels(ended, &peer(8), &[]);
    assert!(carried.poll_timeout().unwrap() <= ended, "another one is asked at once");
}

proptest! {
    #[test]
    fn whomever_a_friend_reaches_there_is_a_way_to_and_few_are_asked_at_a_time(
        reaches in prop::collection::vec(any::<[bool; 3]>(), 1..40)
    ) {
        let (mut carried, start) = (Carried::new(0), Instant::now());
        let friends = (0..reaches.len() as u8).map(|n| near(n, n.into()));
        let ways: Vec<Way> = friends.chain((100..103).map(missed)).collect();
        carried.follow(start, &ways);
        let mut granted: BTreeMap<(PeerId, PeerId), Instant> = BTreeMap::new();
        while let Some(now) = carried.poll_timeout().filter(|due| *due < start + LEASE * 6) {
            carried.handle_timeout(now);
            let asks = carried.take_due(now);
            prop_assert!(asks.len() <= FRIENDS + OTHERS + MOST);
            for (friend, wanted) in asks {
                let can = reaches[usize::from(friend.as_bytes()[0])];
                let reached = wanted.iter().filter(|to| can[usize::from(to.as_bytes()[0]) - 100]);
                granted.extend(reached.map(|to| ((friend, *to), now + LEASE)));
                let channels: Vec<(PeerId, u16)> = granted
                    .iter()
                    .filter(|((by, _), until)| *by == friend && **until > now)
                    .map(|((_, to), _)| (*to, 0x4000 + u16::from(to.as_bytes()[0])))
                    .collect();
                carried.handle_channels(now, &friend, &channels);
            }
            carried.follow(now, &ways);
        }
        for at in 0..3 {
            let can_be = reaches.iter().any(|can| can[at]);
            prop_assert_eq!(!ids(&carried, 100 + at as u8).is_empty(), can_be);
        }
        prop_assert!(carried.friends.len() <= MOST);
    }
}

#[test]
fn every_member_has_an_address_of_its_own_that_is_never_on_a_wire() {
    let [one, other] = [1, 2].map(|n| stand_in(&peer(n)));
    assert_ne!(one, other);
    assert!(one.ip().to_string().starts_with("2001:db8:"));
}
