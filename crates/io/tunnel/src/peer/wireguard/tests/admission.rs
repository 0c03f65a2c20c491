//! Which handshake messages are worth a Diffie-Hellman.

use std::net::SocketAddr;

use lanrage_party::{AllocationId, Remote};
use proptest::prelude::*;

use super::*;
use crate::{datagram::relays, peer::admission::UNPROVEN};

/// An initiation from there, of which none was expected; what is sent back.
fn admit(
    end: &End,
    from: impl Into<IpAddr>,
    datagram: &[u8],
    now: Instant,
) -> (Result<(), DropReason>, Option<Vec<u8>>) {
    admit_from(end, Remote::straight(SocketAddr::new(from.into(), 1)), datagram, now)
}

fn admit_from(
    end: &End,
    from: Remote,
    datagram: &[u8],
    now: Instant,
) -> (Result<(), DropReason>, Option<Vec<u8>>) {
    let (cookie_address, source) = (relays::cookie_address(from), relays::source_address(from));
    let sender = Sender { cookie_address, source, is_expected: || false };
    let mut reply = [0; COOKIE_REPLY_BYTES];
    let Ok(Kind::WireGuard(message)) = classify(datagram) else { panic!("not WireGuard") };
    match end.key.admit(sender, (message, datagram), now, &mut reply) {
        Ok(()) => (Ok(()), None),
        Err((reason, len)) => (Err(reason), (len > 0).then(|| reply[..len].to_vec())),
    }
}

/// As many as are taken without a cookie.
fn use_up_what_is_free(active: &mut End, passive: &End, now: Instant) {
    for _ in 0..UNPROVEN.burst {
        assert_eq!(admit(passive, [198, 51, 100, 1], &active.initiate(), now), (Ok(()), None));
    }
}

/// Has the address prove itself.
fn give_cookie(active: &mut End, passive: &End, from: [u8; 4], now: Instant) {
    give_cookie_to(active, passive, Remote::straight(SocketAddr::from((from, 1))), now);
}

fn give_cookie_to(active: &mut End, passive: &End, from: Remote, now: Instant) {
    let (refused, reply) = admit_from(passive, from, &active.initiate(), now);
    let (reply, refused) = (reply.expect("a cookie"), refused.unwrap_err());
    assert_eq!(refused, DropReason::RateLimited);
    let Ok(Kind::WireGuard(message @ Message::CookieReply { receiver })) = classify(&reply) else {
        panic!("{reply:?}")
    };
    assert_eq!(SessionIndex::of_receiver(receiver).peer(), A, "the cookie finds the peer by its index");
    active.session.handshake(message, &reply, &mut active.out).unwrap();
}

#[test]
fn handshakes_over_the_limit_get_a_cookie_and_are_let_in_with_it_from_there_alone() {
    let ((mut active, passive), now) = (pair(), Instant::now());
    use_up_what_is_free(&mut active, &passive, now);
    give_cookie(&mut active, &passive, [192, 0, 2, 1], now);
    let with_cookie = active.initiate();
    let (elsewhere, reply) = admit(&passive, [192, 0, 2, 2], &with_cookie, now);
    assert_eq!((elsewhere, reply.is_some()), (Err(DropReason::RateLimited), true));
    assert_eq!(admit(&passive, [192, 0, 2, 1], &with_cookie, now), (Ok(()), None));
}

#[test]
fn who_has_a_cookie_is_let_in_at_its_own_rate_and_another_beside_it() {
    let ((mut active, passive), now) = (pair(), Instant::now());
    let mut friend = pair().0;
    use_up_what_is_free(&mut active, &passive, now);
    give_cookie(&mut active, &passive, [192, 0, 2, 1], now);
    let floods: Vec<_> =
        (0..50).map(|_| admit(&passive, [192, 0, 2, 1], &active.initiate(), now).0).collect();
    assert_eq!(floods.iter().filter(|admitted| admitted.is_ok()).count(), 5);
    assert!(floods[5..].iter().all(|refused| *refused == Err(DropReason::HandshakeFlood)));
    give_cookie(&mut friend, &passive, [192, 0, 2, 9], now);
    assert_eq!(admit(&passive, [192, 0, 2, 9], &friend.initiate(), now), (Ok(()), None));
}

#[test]
fn a_flood_is_cut_by_its_source_in_either_family_straight_or_relayed() {
    let at = |text: &str, via: Option<u32>| Remote {
        address: SocketAddr::new(text.parse().unwrap(), 1),
        via: via.map(AllocationId),
    };
    for (senders, other) in [
        ([at("192.0.2.1", None), at("::ffff:192.0.2.1", None)], at("192.0.2.2", None)),
        ([at("2001:db8::1", None), at("2001:db8::ffff:2", None)], at("2001:db8:0:1::1", None)),
        ([at("192.0.2.1", Some(7)), at("192.0.2.1", Some(7))], at("192.0.2.1", Some(8))),
        ([at("2001:db8::1", Some(7)), at("2001:db8::2", Some(7))], at("2001:db8::1", None)),
    ] {
        let ((mut active, passive), now) = (pair(), Instant::now());
        use_up_what_is_free(&mut active, &passive, now);
        let mut admitted = 0;
        for from in senders {
            let mut sender = pair().0;
            give_cookie_to(&mut sender, &passive, from, now);
            let taken = (0..50).filter(|_| admit_from(&passive, from, &sender.initiate(), now).0.is_ok());
            admitted += taken.count();
        }
        assert_eq!(admitted, 5, "{senders:?}");
        let mut friend = pair().0;
        give_cookie_to(&mut friend, &passive, other, now);
        assert_eq!(admit_from(&passive, other, &friend.initiate(), now), (Ok(()), None), "{other:?}");
    }
}

#[test]
fn an_expected_sender_needs_no_cookie_whatever_strangers_do() {
    let ((mut active, passive), now) = (pair(), Instant::now());
    use_up_what_is_free(&mut active, &passive, now);
    let from = IpAddr::from([192, 0, 2, 1]);
    let expected = Sender { cookie_address: from, source: from, is_expected: || true };
    let mut reply = [0; COOKIE_REPLY_BYTES];
    let message = (Message::Initiation { lane: Lane::Bulk }, &active.initiate()[..]);
    assert_eq!(passive.key.admit(expected, message, now, &mut reply), Ok(()));
}

#[test]
fn a_copy_of_an_admitted_message_costs_nothing_and_is_not_counted() {
    let ((mut active, passive), now) = (pair(), Instant::now());
    let initiation = active.initiate();
    assert_eq!(admit(&passive, [192, 0, 2, 1], &initiation, now), (Ok(()), None));
    for n in 0..UNPROVEN.burst as u8 {
        let copy = admit(&passive, [192, 0, 2, n], &initiation, now);
        assert_eq!(copy, (Err(DropReason::StaleHandshake), None));
    }
    assert_eq!(admit(&passive, [192, 0, 2, 1], &active.initiate(), now), (Ok(()), None));
}

#[test]
fn cookie_replies_that_nobody_expects_are_few() {
    let ((mut active, passive), now) = (pair(), Instant::now());
    let reply = [&[3, 0, 0, 0][..], &[7; 60]].concat();
    let taken = (0..1_000).filter(|_| admit(&passive, [192, 0, 2, 1], &reply, now).0.is_ok()).count();
    assert_eq!(taken as u64, UNPROVEN.burst);
    give_cookie(&mut active, &passive, [192, 0, 2, 1], now);
}

#[test]
fn a_message_with_a_wrong_mac_costs_nothing() {
    let ((mut active, passive), now) = (pair(), Instant::now());
    let mut initiation = active.initiate();
    initiation[20] ^= 1;
    for _ in 0..=UNPROVEN.burst {
        let refused = admit(&passive, [192, 0, 2, 1], &initiation, now);
        assert_eq!(refused, (Err(DropReason::Unauthenticated), None), "not counted against the limit");
    }
    assert_eq!(admit(&passive, [192, 0, 2, 1], &active.initiate(), now), (Ok(()), None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_bytes_are_refused(
        mut bytes in prop::collection::vec(any::<u8>(), 4..400), kind in 1_u8..=4, fitting: bool, index: u8
    ) {
        let (_, mut passive) = pair();
        bytes[..4].copy_from_slice(&[kind, 0, 0, 0]);
        if fitting {
            bytes.resize([148, 92, 64, 100][usize::from(kind) - 1], 7);
            let at = if kind == 2 { 8 } else { 4 };
            bytes[at..at + 4].copy_from_slice(&(B.session(Lane::Bulk).get() << 8 | u32::from(index)).to_le_bytes());
        }
        prop_assert!(passive.key.initiator_of(&bytes).is_none());
        match classify(&bytes) {
            Ok(Kind::WireGuard(Message::Data { receiver })) => {
                prop_assert!(passive.session.open(receiver, &bytes, &mut passive.out).is_err());
            }
            Ok(Kind::WireGuard(message)) => {
                let _ = admit(&passive, [192, 0, 2, 1], &bytes, Instant::now());
                prop_assert!(passive.session.handshake(message, &bytes, &mut passive.out).is_err());
            }
            _ => {}
        }
    }
}
