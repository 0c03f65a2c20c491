//! The test against the responder, through routers of every kind, under a virtual clock.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use lanrage_party::NatType;
use lanrage_testnet::{
    Clock, Rng, Router,
    expected::{
        Dependence::{self, AddressAndPortDependent, AddressDependent, EndpointIndependent},
        Nat,
    },
};
use proptest::prelude::*;

use super::*;

const CLIENT: &str = "192.168.1.5:7777";
/// Measures the mapping.
const SECOND_SOCKET: &str = "192.168.1.5:7778";
const ROUTER: &str = "203.0.113.5";
const FIRST_IP: &str = "198.51.100.1";
const OTHER_IP: &str = "198.51.100.2";
const FURTHER: &str = "192.0.2.9:3478";
const PORTS: [u16; 2] = [3478, 3479];
const DELAY: Duration = Duration::from_millis(20);

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

const DEPENDENCES: [Dependence; 3] = [EndpointIndependent, AddressDependent, AddressAndPortDependent];

fn router(nat: Nat) -> Router {
    Router::new(nat, ip(ROUTER), Duration::from_secs(30))
}

/// What translates nothing, and filters.
fn firewall(filtering: Dependence) -> Router {
    let nat = Nat::new(EndpointIndependent, filtering);
    Router::new(nat, addr(CLIENT).ip(), Duration::from_secs(30))
}

struct World {
    router: Router,
    responder: BehaviourResponder,
    /// A server that does not know RFC 5780 stands at the first address.
    plain: bool,
    blocked: bool,
    /// How many copies of every request are lost before one arrives.
    loses: usize,
    config: NatBehaviourConfig,
}

impl World {
    fn new(router: Router, ips: usize) -> Self {
        let other = (ips == 2).then(|| ip(OTHER_IP));
        Self {
            router,
            responder: BehaviourResponder::new(ip(FIRST_IP), other, PORTS).unwrap(),
            plain: false,
            blocked: false,
            loses: 0,
            config: NatBehaviourConfig {
                aspect: Aspect::Filtering,
                server: SocketAddr::new(ip(FIRST_IP), PORTS[0]),
                further_servers: Vec::new(),
                local: vec![addr(CLIENT), addr(SECOND_SOCKET)],
            },
        }
    }

    /// What the server at `to` answers: from where and what.
    fn serve(&self, to: SocketAddr, from: SocketAddr, datagram: &[u8]) -> Option<(SocketAddr, Vec<u8>)> {
        if to == addr(FURTHER) || (self.plain && to == self.config.server) {
            return stun::answer(datagram, from).map(|answer| (to, answer));
        }
        let known = self.responder.sockets().any(|socket| socket == to) && !self.plain;
        let answer = known.then(|| self.responder.answer(to, from, datagram)).flatten()?;
        assert_eq!(answer.to, from);
        Some((answer.from, answer.datagram))
    }

    /// Both aspects, as the shell finds them out.
    fn measure(&mut self) -> (NatOutcome, Duration) {
        let (filtering, took) = self.find_out(Aspect::Filtering, addr(CLIENT), Duration::ZERO);
        let NatOutcome::Measured(NatBehaviour { filtering, .. }) = filtering else {
            return (filtering, took);
        };
        let (mapping, took) = self.find_out(Aspect::Mapping, addr(SECOND_SOCKET), took);
        let NatOutcome::Measured(mapping) = mapping else { return (mapping, took) };
        (NatOutcome::Measured(NatBehaviour { filtering, ..mapping }), took)
    }

    /// From `begin` on; gives when it was done.
    fn find_out(&mut self, aspect: Aspect, client: SocketAddr, begin: Duration) -> (NatOutcome, Duration) {
        let (mut clock, mut rng) = (Clock::new(), Rng::new(1));
        clock.advance(clock.start() + begin);
        let config = NatBehaviourConfig { aspect, ..self.config.clone() };
        let mut test = NatBehaviourTest::new(clock.now(), config, [9; 32]);
        let (mut count, mut copies) = (0, HashMap::new());
        loop {
            while let Some((to, datagram)) = test.poll_transmit() {
                count += 1;
                assert!(count < 100, "a measurement is a few dozen datagrams");
                assert!(datagram.len() <= 36);
                let copy = copies.entry((to, datagram.clone())).or_insert(0);
                *copy += 1;
                let lost = self.blocked || *copy <= self.loses;
                let outside = self.router.outbound(clock.elapsed(), client, to, &mut rng);
                if lost {
                    continue;
                }
                if to.ip() == self.router.external() {
                    let inside = self.router.turned_back(clock.elapsed(), outside, to.port());
                    if self.router.hairpins() && inside == Some(client) {
                        clock.after(DELAY, (outside, datagram));
                    }
                } else if let Some((from, answer)) = self.serve(to, outside, &datagram)
                    && self.router.inbound(clock.elapsed(), from, outside.port()) == Some(client)
                {
                    clock.after(DELAY, (from, answer));
                }
            }
            if let Some(outcome) = test.outcome() {
                assert_eq!(test.poll_timeout(), None);
                return (outcome, clock.elapsed());
            }
            let timeout = test.poll_timeout().expect("it waits for something");
            assert!(timeout > clock.now(), "a deadline in the past would spin the caller");
            clock.advance(clock.next().map_or(timeout, |arrival| arrival.min(timeout)));
            match clock.take_due() {
                Some((from, datagram)) => {
                    test.handle_datagram(clock.now(), from, &datagram);
                }
                None => test.handle_timeout(clock.now()),
            }
        }
    }

    fn behaviour(&mut self) -> NatBehaviour {
        match self.measure().0 {
            NatOutcome::Measured(behaviour) => behaviour,
            NatOutcome::NoAnswer => panic!("no answer"),
        }
    }
}

fn mapping_by(by: Dependence) -> MappingBehaviour {
    match by {
        EndpointIndependent => MappingBehaviour::EndpointIndependent,
        AddressDependent => MappingBehaviour::AddressDependent,
        AddressAndPortDependent => MappingBehaviour::AddressAndPortDependent,
    }
}

fn filtering_by(by: Dependence) -> FilteringBehaviour {
    match by {
        EndpointIndependent => FilteringBehaviour::EndpointIndependent,
        AddressDependent => FilteringBehaviour::AddressDependent,
        AddressAndPortDependent => FilteringBehaviour::AddressAndPortDependent,
    }
}

#[test]
fn with_two_addresses_every_router_is_told_from_every_other() {
    for mapping in DEPENDENCES {
        for filtering in DEPENDENCES {
            for hairpins in [false, true] {
                let mut world =
                    World::new(router(Nat { hairpin: hairpins, ..Nat::new(mapping, filtering) }), 2);
                let (outcome, took) = world.measure();
                let expected = NatBehaviour {
                    mapped: SocketAddr::new(ip(ROUTER), addr(SECOND_SOCKET).port()),
                    mapping: mapping_by(mapping),
                    filtering: filtering_by(filtering),
                    hairpinning: Some(hairpins),
                };
                assert_eq!(outcome, NatOutcome::Measured(expected));
                assert!(took <= Duration::from_millis(4_150), "{took:?}");
                let nat_type = match (mapping, filtering) {
                    (AddressDependent | AddressAndPortDependent, _) => NatType::Symmetric,
                    (EndpointIndependent, EndpointIndependent) => NatType::FullCone,
                    (EndpointIndependent, AddressDependent) => NatType::RestrictedCone,
                    (EndpointIndependent, AddressAndPortDependent) => NatType::PortRestrictedCone,
                };
                assert_eq!(outcome.nat_type(), nat_type);
            }
        }
    }
}

#[test]
fn with_one_address_only_the_dependence_on_ports_shows() {
    for mapping in DEPENDENCES {
        for filtering in DEPENDENCES {
            let behaviour = World::new(router(Nat::new(mapping, filtering)), 1).behaviour();
            let expected = match mapping {
                AddressAndPortDependent => MappingBehaviour::AddressAndPortDependent,
                EndpointIndependent | AddressDependent => MappingBehaviour::NotPortDependent,
            };
            assert_eq!(behaviour.mapping, expected);
            let expected = match filtering {
                AddressAndPortDependent => FilteringBehaviour::AddressAndPortDependent,
                EndpointIndependent | AddressDependent => FilteringBehaviour::NotPortDependent,
            };
            assert_eq!(behaviour.filtering, expected);
        }
    }
}

#[test]
fn with_one_address_a_further_server_settles_the_mapping() {
    for mapping in DEPENDENCES {
        let mut world = World::new(router(Nat::new(mapping, AddressAndPortDependent)), 1);
        world.config.further_servers = vec![addr(FURTHER)];
        assert_eq!(world.behaviour().mapping, mapping_by(mapping));
    }
}

#[test]
fn a_server_that_does_not_know_rfc_5780_tells_the_address_only() {
    let mut world = World::new(router(Nat::new(EndpointIndependent, EndpointIndependent)), 1);
    world.plain = true;
    let behaviour = world.behaviour();
    assert_eq!(behaviour.mapping, MappingBehaviour::Unknown);
    assert_eq!(behaviour.filtering, FilteringBehaviour::Unknown);
    assert_eq!(behaviour.nat_type(), NatType::Unknown);

    let mut world = World::new(router(Nat::new(AddressDependent, EndpointIndependent)), 1);
    world.plain = true;
    world.config.further_servers = vec![addr(FURTHER)];
    assert_eq!(world.behaviour().nat_type(), NatType::Symmetric, "two servers are enough for that");
}

#[test]
fn without_translation_the_firewall_decides() {
    for (filtering, nat_type) in [
        (EndpointIndependent, NatType::Open),
        (AddressDependent, NatType::RestrictedCone),
        (AddressAndPortDependent, NatType::PortRestrictedCone),
    ] {
        let behaviour = World::new(firewall(filtering), 2).behaviour();
        assert_eq!(behaviour.mapping, MappingBehaviour::NoTranslation);
        assert_eq!(behaviour.hairpinning, None);
        assert_eq!(behaviour.nat_type(), nat_type);
    }
}

#[test]
fn blocked_udp_is_no_answer_after_a_bounded_time() {
    let mut world = World::new(router(Nat::new(EndpointIndependent, EndpointIndependent)), 2);
    world.blocked = true;
    let (outcome, took) = world.measure();
    assert_eq!((outcome, outcome.nat_type()), (NatOutcome::NoAnswer, NatType::Unknown));
    assert_eq!(took, Duration::from_millis(11_850));
}

#[test]
fn three_lost_copies_of_every_request_change_nothing() {
    for mapping in DEPENDENCES {
        for filtering in DEPENDENCES {
            let mut world = World::new(router(Nat::new(mapping, filtering)), 2);
            world.loses = 3;
            let behaviour = world.behaviour();
            assert_eq!(
                (behaviour.mapping, behaviour.filtering),
                (mapping_by(mapping), filtering_by(filtering))
            );
        }
    }
}

#[test]
fn answers_that_were_not_asked_for_or_come_from_the_wrong_place_are_ignored() {
    let now = Instant::now();
    let world = World::new(router(Nat::new(EndpointIndependent, EndpointIndependent)), 2);
    let mut test = NatBehaviourTest::new(now, world.config.clone(), [9; 32]);
    let (server, request) = test.poll_transmit().unwrap();
    let forged = stun::answer(&request, addr("192.0.2.66:1")).unwrap();
    assert!(!test.handle_datagram(now, addr("198.51.100.66:3478"), &forged));
    let unasked = stun::binding_response(TransactionId([0; 12]), addr("192.0.2.66:1"));
    assert!(!test.handle_datagram(now, server, &unasked));
    assert!(!test.handle_datagram(now, server, &request), "our own request is no answer");
    assert!(!test.handle_datagram(now, server, b"nonsense"));
    assert_eq!(test.poll_transmit(), None);

    let (from, answer) = world.serve(server, addr("203.0.113.5:40000"), &request).unwrap();
    assert!(test.handle_datagram(now, from, &answer));
    let (to, filtering) = test.poll_transmit().unwrap();
    let (from, answer) = world.serve(to, addr("203.0.113.5:40000"), &filtering).unwrap();
    assert!(!test.handle_datagram(now, addr("198.51.100.66:3479"), &answer));
    assert!(test.handle_datagram(now, from, &answer));
}

#[test]
fn a_server_that_answers_from_the_asked_address_anyway_makes_the_filtering_unknown() {
    let now = Instant::now();
    let world = World::new(router(Nat::new(EndpointIndependent, EndpointIndependent)), 1);
    let mut test = NatBehaviourTest::new(now, world.config.clone(), [9; 32]);
    let outside = addr("203.0.113.5:40000");
    let (server, request) = test.poll_transmit().unwrap();
    let (from, answer) = world.serve(server, outside, &request).unwrap();
    test.handle_datagram(now, from, &answer);
    let (to, request) = test.poll_transmit().unwrap();
    let (_, answer) = world.serve(to, outside, &request).unwrap();
    assert!(test.handle_datagram(now, server, &answer));
    while let Some(timeout) = test.poll_timeout() {
        test.handle_timeout(timeout);
    }
    let Some(NatOutcome::Measured(behaviour)) = test.outcome() else { panic!("{test:?}") };
    assert_eq!(behaviour.filtering, FilteringBehaviour::Unknown);
}

#[test]
fn the_responder_answers_from_the_socket_that_was_asked_for() {
    let id = TransactionId([3; 12]);
    let from = addr("203.0.113.5:40000");
    let two = BehaviourResponder::new(ip(FIRST_IP), Some(ip(OTHER_IP)), PORTS).unwrap();
    assert_eq!(two.sockets().count(), 4);
    for here in two.sockets() {
        for (ip, port) in [(false, false), (false, true), (true, false), (true, true)] {
            let request = stun::binding_request_for(id, Change { ip, port });
            let answer = two.answer(here, from, &request).unwrap();
            assert_eq!((answer.from.ip() != here.ip(), answer.from.port() != here.port()), (ip, port));
            assert_eq!(answer.to, from);
            let Ok(Message::BindingResponse { id: echoed, mapped, other: Some(other) }) =
                stun::parse(&answer.datagram)
            else {
                panic!("{answer:?}")
            };
            assert_eq!((echoed, mapped), (id, from));
            assert!(other.ip() != here.ip() && other.port() != here.port());
        }
    }

    let one = BehaviourResponder::new(ip(FIRST_IP), None, PORTS).unwrap();
    let here = SocketAddr::new(ip(FIRST_IP), PORTS[1]);
    let request = |ip, port| stun::binding_request_for(id, Change { ip, port });
    let refused = one.answer(here, from, &request(true, true)).unwrap();
    assert_eq!(refused.from, here);
    assert_eq!(stun::parse(&refused.datagram), Ok(Message::BindingError { id, code: 420 }));
    assert_eq!(one.answer(here, from, &request(false, true)).unwrap().from.port(), PORTS[0]);

    let answer = one.answer(here, from, &stun::binding_request(id)).unwrap();
    assert_eq!(one.answer(here, from, &answer.datagram), None, "two servers do not talk to each other");
    assert_eq!(one.answer(addr("192.0.2.1:1"), from, &request(false, false)), None);
}

#[test]
fn sockets_that_cannot_serve_rfc_5780_are_refused() {
    assert_eq!(BehaviourResponder::new(ip(FIRST_IP), None, [1, 1]), None);
    assert_eq!(BehaviourResponder::new(ip(FIRST_IP), None, [1, 0]), None);
    assert_eq!(BehaviourResponder::new(ip(FIRST_IP), Some(ip(FIRST_IP)), PORTS), None);
    assert_eq!(BehaviourResponder::new(ip(FIRST_IP), Some(ip("2001:db8::1")), PORTS), None);
}

proptest! {
    #[test]
    fn any_datagrams_leave_the_test_and_the_responder_alive(
        datagrams in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..100), 0..20),
        responses in proptest::collection::vec((any::<[u8; 12]>(), any::<IpAddr>(), any::<u16>()), 0..20),
    ) {
        let now = Instant::now();
        let world = World::new(router(Nat::new(EndpointIndependent, EndpointIndependent)), 2);
        let mut test = NatBehaviourTest::new(now, world.config.clone(), [9; 32]);
        let server = world.config.server;
        for datagram in datagrams {
            prop_assert!(!test.handle_datagram(now, server, &datagram));
            prop_assert_eq!(world.responder.answer(server, addr("192.0.2.1:1"), &datagram), None);
        }
        for (id, ip, port) in responses {
            let mapped = SocketAddr::new(ip, port);
            let response = stun::behaviour_response(TransactionId(id), mapped, server, mapped);
            prop_assert!(!test.handle_datagram(now, server, &response));
        }
        prop_assert_eq!(test.outcome(), None);
    }

    /// Whatever a server says, the test ends in time and sends little.
    #[test]
    fn a_lying_server_cannot_keep_the_test_busy(ip in any::<IpAddr>(), port in any::<u16>(), other in any::<IpAddr>(), other_port in any::<u16>()) {
        let start = Instant::now();
        let mut now = start;
        let world = World::new(router(Nat::new(EndpointIndependent, EndpointIndependent)), 2);
        let mut test = NatBehaviourTest::new(now, world.config.clone(), [9; 32]);
        let mut sent = 0;
        while test.outcome().is_none() {
            while let Some((to, request)) = test.poll_transmit() {
                sent += 1;
                let Ok(Message::BindingRequest { id, .. }) = stun::parse(&request) else { panic!() };
                let lie = stun::behaviour_response(
                    id, SocketAddr::new(ip, port), to, SocketAddr::new(other, other_port),
                );
                test.handle_datagram(now, to, &lie);
            }
            if let Some(timeout) = test.poll_timeout() {
                now = timeout;
                test.handle_timeout(now);
            }
        }
        prop_assert!(now - start < Duration::from_secs(5));
        prop_assert!(sent < 40);
    }
}
