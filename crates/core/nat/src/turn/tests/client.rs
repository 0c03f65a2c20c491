//! The client alone, against replies made by hand.

use std::time::Instant;

use proptest::prelude::*;

use super::world::*;
use crate::{
    stun::{self, TransactionId},
    turn::{
        AddPeerError, IpFamily, LongTermKey, Received, TURN_PEERS, Transport, TurnClient, TurnClientConfig,
        TurnEvent, TurnFailure, TurnPhase,
        message::{Class, Message, Method},
    },
};

/// A client, and the server's answers written by hand.
struct Bench {
    client: TurnClient,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        Self::over(Transport::Udp)
    }

    fn over(transport: Transport) -> Self {
        let now = Instant::now();
        let credentials = credentials("ann");
        let config = TurnClientConfig { server: addr(SERVER), transport, credentials, family: IpFamily::V4 };
        Self { client: TurnClient::new(now, config, [5; 32]), now }
    }

    /// With an allocation.
    fn allocated() -> Self {
        Self::allocated_over(Transport::Udp)
    }

    fn allocated_over(transport: Transport) -> Self {
        let mut bench = Self::over(transport);
        bench.challenge(401);
        let request = bench.request();
        assert!(bench.reply(&success(&request), Some(&key())));
        bench.events();
        bench
    }

    fn sent(&mut self) -> Vec<Message> {
        std::iter::from_fn(|| self.client.poll_transmit())
            .map(|(to, bytes)| {
                assert_eq!(to, addr(SERVER));
                Message::parse(&bytes).unwrap().message
            })
            .collect()
    }

    /// The only request that is to be sent now.
    fn request(&mut self) -> Message {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent.remove(0)
    }

    fn reply(&mut self, reply: &Message, key: Option<&LongTermKey>) -> bool {
        let bytes = reply.encode(key);
        self.client.handle_datagram(self.now, addr(SERVER), &bytes) == Received::Nothing
    }

    /// Refuses the present request with a nonce.
    fn challenge(&mut self, code: u16) -> Message {
        let request = self.request();
        let mut refusal = Message::new(request.method, Class::Error, request.id);
        refusal.error = Some(code);
        refusal.realm = Some(REALM.to_owned());
        refusal.nonce = Some("once".to_owned());
        assert!(self.reply(&refusal, None));
        request
    }

    fn refuse(&mut self, code: u16) {
        let request = self.request();
        let mut refusal = Message::new(request.method, Class::Error, request.id);
        refusal.error = Some(code);
        assert!(self.reply(&refusal, Some(&key())));
    }

    fn events(&mut self) -> Vec<TurnEvent> {
        std::iter::from_fn(|| self.client.poll_event()).collect()
    }

    fn step(&mut self) {
        let next = self.client.poll_timeout().unwrap();
        assert!(next > self.now, "a deadline in the past would spin the caller");
        self.now = next;
        self.client.handle_timeout(next);
    }
}

fn key() -> LongTermKey {
    credentials("ann").key(REALM)
}

fn success(request: &Message) -> Message {
    let mut reply = Message::new(request.method, Class::Success, request.id);
    reply.lifetime = Some(secs(600));
    if request.method == Method::Allocate {
        reply.relayed = Some(addr("198.51.100.1:50000"));
        reply.mapped = Some(addr("203.0.113.1:1000"));
    }
    reply
}

#[test]
fn the_first_request_has_no_credentials_and_the_second_has() {
    let mut bench = Bench::new();
    let first = bench.challenge(401);
    assert_eq!((first.method, first.transport, &first.username), (Method::Allocate, Some(17), &None));
    let second = bench.request();
    assert_ne!(first.id, second.id);
    assert_eq!(second.username, Some(credentials("ann").username));
    assert_eq!((second.realm.as_deref(), second.nonce.as_deref()), (Some(REALM), Some("once")));
    assert!(bench.reply(&success(&second), Some(&key())));
    let expected =
        TurnEvent::Allocated { relayed: addr("198.51.100.1:50000"), mapped: Some(addr("203.0.113.1:1000")) };
    assert_eq!(bench.events(), [expected]);
}

#[test]
fn forged_replies_change_nothing() {
    let mut bench = Bench::new();
    bench.challenge(401);
    let request = bench.request();
    let good = success(&request);
    let other_key = LongTermKey::new("x", "y", "z");
    let mut other_id = good.clone();
    other_id.id = TransactionId([0; 12]);
    let mut other_method = good.clone();
    other_method.method = Method::Refresh;
    let mut refusal = Message::new(Method::Allocate, Class::Error, request.id);
    refusal.error = Some(486);
    for (reply, key) in [
        (&good, None),
        (&good, Some(&other_key)),
        (&other_id, Some(&key())),
        (&other_method, Some(&key())),
        (&refusal, Some(&other_key)),
        (&request, None),
    ] {
        bench.reply(reply, key);
        assert_eq!(bench.events(), []);
        assert_eq!(bench.client.phase(), TurnPhase::Allocating);
    }
    let bytes = good.encode(Some(&key()));
    let elsewhere = bench.client.handle_datagram(bench.now, addr("198.51.100.66:3478"), &bytes);
    assert_eq!(elsewhere, Received::NotOurs);
    assert!(bench.sent().is_empty());
    assert!(bench.reply(&good, Some(&key())));
    assert_eq!(bench.events().len(), 1);
    assert!(!bench.reply(&good, Some(&key())), "a second copy is nobody's");
}

#[test]
fn a_server_that_always_wants_another_nonce_is_not_asked_for_ever() {
    let mut bench = Bench::new();
    for _ in 0..4 {
        bench.challenge(438);
        if matches!(bench.client.phase(), TurnPhase::Waiting { .. }) {
            break;
        }
    }
    assert!(matches!(bench.events()[..], [TurnEvent::Failed { failure: TurnFailure::Unauthorized, .. }]));
    assert!(bench.sent().is_empty());
}

#[test]
fn a_challenge_without_a_nonce_is_a_refusal() {
    let mut bench = Bench::new();
    let request = bench.request();
    let mut refusal = Message::new(Method::Allocate, Class::Error, request.id);
    refusal.error = Some(401);
    assert!(bench.reply(&refusal, None));
    assert!(matches!(bench.events()[..], [TurnEvent::Failed { failure: TurnFailure::Unauthorized, .. }]));
}

#[test]
fn a_redirection_is_not_followed() {
    let mut bench = Bench::new();
    bench.challenge(401);
    bench.refuse(300);
    assert!(matches!(bench.events()[..], [TurnEvent::Failed { failure: TurnFailure::Redirected, .. }]));
    bench.step();
    assert_eq!(bench.request().method, Method::Allocate);
}

#[test]
fn success_without_sense_is_a_failure() {
    let without = |change: &dyn Fn(&mut Message)| {
        let mut bench = Bench::new();
        bench.challenge(401);
        let mut reply = success(&bench.request());
        change(&mut reply);
        assert!(bench.reply(&reply, Some(&key())));
        bench.events()
    };
    for events in [
        without(&|reply| reply.relayed = None),
        without(&|reply| reply.relayed = Some(addr("[2001:db8::1]:1"))),
        without(&|reply| reply.relayed = Some(addr("0.0.0.0:1"))),
        without(&|reply| reply.relayed = Some(addr("198.51.100.1:0"))),
        without(&|reply| reply.lifetime = None),
        without(&|reply| reply.lifetime = Some(secs(1))),
    ] {
        assert!(
            matches!(events[..], [TurnEvent::Failed { failure: TurnFailure::BadReply, .. }]),
            "{events:?}"
        );
    }
}

#[test]
fn a_server_that_allocates_and_forgets_is_not_asked_in_a_circle() {
    let mut bench = Bench::new();
    bench.challenge(401);
    for round in 0..10 {
        let request = bench.request();
        assert!(bench.reply(&success(&request), Some(&key())));
        bench.events();
        let (before, now) = (bench.now, bench.now);
        bench.client.check(now);
        bench.refuse(437);
        let [TurnEvent::Failed { failure: TurnFailure::Lost, retry_at }] = bench.events()[..] else {
            panic!()
        };
        if round > 0 {
            assert!(retry_at > before, "round {round}");
            bench.step();
        }
    }
}

#[test]
fn peers_are_bounded_distinct_and_of_the_right_family() {
    let mut bench = Bench::allocated();
    let now = bench.now;
    assert_eq!(bench.client.add_peer(now, addr("[2001:db8::1]:1")), Err(AddPeerError::Family));
    for port in 1..=u16::try_from(TURN_PEERS).unwrap() {
        assert_eq!(bench.client.add_peer(now, ([192, 0, 2, 1], port).into()), Ok(()));
    }
    assert_eq!(bench.client.add_peer(now, addr("192.0.2.1:1")), Ok(()), "known");
    assert_eq!(bench.client.add_peer(now, addr("[::ffff:192.0.2.1]:1")), Ok(()), "known under another form");
    assert_eq!(bench.client.add_peer(now, addr("192.0.2.2:1")), Err(AddPeerError::Full));
    let requests = bench.sent();
    assert_eq!(requests.len(), TURN_PEERS, "every peer is asked for once, and none is lost");
    let mut channels: Vec<_> = requests.iter().map(|request| request.channel.unwrap()).collect();
    channels.dedup();
    assert_eq!(channels.len(), TURN_PEERS);
    bench.client.close(now);
    assert_eq!(bench.client.add_peer(now, addr("192.0.2.1:1")), Err(AddPeerError::Closed));
}

#[test]
fn data_is_ignored_without_an_allocation_and_on_channels_that_are_nobodys() {
    let mut bench = Bench::new();
    let data = |bench: &mut Bench, bytes: &[u8]| bench.client.handle_datagram(bench.now, addr(SERVER), bytes);
    assert_eq!(data(&mut bench, &[0x40, 0, 0, 1, 7]), Received::Nothing);
    let mut bench = Bench::allocated();
    assert_eq!(data(&mut bench, &[0x40, 0, 0, 1, 7]), Received::Nothing);
    let now = bench.now;
    bench.client.add_peer(now, addr("192.0.2.1:1")).unwrap();
    let expected = Received::Data { peer: addr("192.0.2.1:1"), payload: 4..5 };
    assert_eq!(data(&mut bench, &[0x40, 0, 0, 1, 7]), expected);
    assert_eq!(data(&mut bench, &[0x40, 1, 0, 1, 7]), Received::Nothing);
    assert_eq!(data(&mut bench, &[0x40, 0, 0, 2, 7]), Received::Nothing, "cut");
    assert_eq!(data(&mut bench, &[4, 0, 0, 0]), Received::NotOurs, "WireGuard");
    let binding = stun::binding_response(TransactionId([1; 12]), addr("192.0.2.1:1"));
    assert_eq!(data(&mut bench, &binding), Received::NotOurs, "the STUN client's");
}

#[test]
fn a_permission_is_asked_for_where_a_channel_is_refused() {
    let mut bench = Bench::allocated();
    let (now, peer) = (bench.now, addr("192.0.2.1:1"));
    bench.client.add_peer(now, peer).unwrap();
    bench.refuse(508);
    let request = bench.request();
    assert_eq!((request.method, request.channel), (Method::CreatePermission, None));
    assert!(bench.reply(&Message::new(request.method, Class::Success, request.id), Some(&key())));
    assert_eq!(bench.events(), [TurnEvent::PeerBound { peer }]);
    assert!(!bench.client.framing(peer).unwrap().is_channel());
}

proptest! {
    #[test]
    fn any_datagrams_of_the_server_leave_the_client_alive_and_allocated(
        datagrams in proptest::collection::vec(
            (prop_oneof![Just(0x40_u8), Just(0x00), Just(0x01), any::<u8>()], proptest::collection::vec(any::<u8>(), 0..200)),
            0..20,
        ),
    ) {
        let mut bench = Bench::allocated();
        let now = bench.now;
        bench.client.add_peer(now, addr("192.0.2.1:1")).unwrap();
        for (first, mut bytes) in datagrams {
            bytes.insert(0, first);
            if let Received::Data { payload, .. } = bench.client.handle_datagram(now, addr(SERVER), &bytes) {
                prop_assert!(payload.end <= bytes.len());
            }
        }
        prop_assert_eq!(bench.events(), []);
        prop_assert!(bench.client.relayed_address().is_some());
    }

    /// Every reply that the server may sign, in any order: no panic, no deadline in the past, bounded pauses.
    #[test]
    fn any_signed_replies_keep_the_client_in_order(
        steps in proptest::collection::vec(
            (prop_oneof![Just(None), prop_oneof![
                Just(300_u16), Just(400), Just(401), Just(403), Just(437), Just(438), Just(441), Just(486), Just(500), Just(508),
            ].prop_map(Some)], any::<bool>(), any::<bool>()),
            0..60,
        ),
    ) {
        let mut bench = Bench::new();
        let now = bench.now;
        bench.client.add_peer(now, addr("192.0.2.1:1")).unwrap();
        bench.client.add_peer(now, addr("192.0.2.2:1")).unwrap();
        for (error, signed, with_nonce) in steps {
            for request in bench.sent() {
                let mut reply = success(&request);
                if let Some(code) = error {
                    reply = Message::new(request.method, Class::Error, request.id);
                    reply.error = Some(code);
                }
                if with_nonce {
                    reply.realm = Some(REALM.to_owned());
                    reply.nonce = Some("twice".to_owned());
                }
                bench.reply(&reply, signed.then_some(&key()));
            }
            for event in bench.events() {
                if let TurnEvent::Failed { retry_at, .. } | TurnEvent::PeerRefused { retry_at, .. } = event {
                    prop_assert!(retry_at <= bench.now + secs(30));
                }
            }
            bench.step();
        }
    }
}

#[test]
fn over_a_stream_nothing_is_repeated_and_silence_shows_all_the_same() {
    let mut bench = Bench::over(Transport::Stream);
    let now = bench.now;
    assert_eq!(bench.request().transport, Some(crate::turn::message::UDP), "what is relayed is UDP");
    while let Some(due) = bench.client.poll_timeout().filter(|due| *due <= now + ms(39_500)) {
        bench.client.handle_timeout(due);
        bench.now = due;
        if due < now + ms(39_500) {
            assert_eq!(bench.sent().len() + bench.events().len(), 0, "{:?}", due - now);
        }
    }
    let failed = matches!(
        bench.events()[..],
        [TurnEvent::Failed { failure: TurnFailure::Unreachable, retry_at }] if retry_at > now + ms(39_500)
    );
    assert!(failed);

    let mut bench = Bench::allocated_over(Transport::Stream);
    let refresh_at = bench.client.poll_timeout().unwrap();
    bench.client.handle_timeout(refresh_at);
    assert_eq!(bench.sent().len(), 1);
    bench.client.handle_timeout(refresh_at + ms(1_999));
    assert_eq!(bench.events(), []);
    bench.client.handle_timeout(refresh_at + secs(2));
    assert_eq!((bench.events(), bench.sent().len()), (vec![TurnEvent::Unresponsive], 0));
    bench.client.handle_timeout(refresh_at + ms(39_500));
    assert!(matches!(bench.events()[..], [TurnEvent::Failed { failure: TurnFailure::Unreachable, .. }]));
}

#[test]
fn a_client_over_a_stream_is_not_held_up_by_its_goodbye() {
    let mut bench = Bench::allocated_over(Transport::Stream);
    bench.client.close(bench.now);
    assert_eq!(bench.request().method, Method::Refresh);
    bench.client.handle_timeout(bench.now + secs(2));
    assert_eq!(bench.events(), [TurnEvent::Closed]);
}
