//! What a peer, or anyone, can make an agent do.

use std::{
    collections::HashSet,
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_party::{AllocationId, Candidate, CandidateType, Remote, limits};
use proptest::prelude::*;

use super::sim::{addr, ms};
use crate::{
    Allocation, PathAgent, PathAgentConfig, PathEvent, PathTransmit, Phase, Probe, ProbeError, Reach,
};

fn agent(initiator: bool) -> (PathAgent, Instant) {
    let now = Instant::now();
    (PathAgent::new(PathAgentConfig { initiator }, now), now)
}

fn host(address: SocketAddr) -> Candidate {
    Candidate { kind: CandidateType::Host, address }
}

fn drain(agent: &mut PathAgent) -> Vec<PathTransmit> {
    std::iter::from_fn(|| agent.poll_transmit()).collect()
}

#[test]
fn unusable_repeated_and_excess_candidates_are_dropped() {
    let (mut agent, now) = agent(true);
    let unusable = [
        "127.0.0.1:5",
        "0.0.0.0:5",
        "224.0.0.1:5",
        "255.255.255.255:5",
        "10.0.0.1:0",
        "[::1]:5",
        "[ff02::1]:5",
    ];
    agent.set_remote_candidates(now, &unusable.map(|text| host(addr(text))));
    assert_eq!(agent.phase(), Phase::Idle);
    assert_eq!(agent.stats().candidates_dropped, 7);

    let reflexive = Candidate { kind: CandidateType::ServerReflexive, address: addr("203.0.113.1:1") };
    agent.set_remote_candidates(
        now,
        &[reflexive, host(reflexive.address), host(addr("[::ffff:203.0.113.1]:1"))],
    );
    let paths: Vec<_> = agent.paths().map(|path| (path.remote, path.kind)).collect();
    assert_eq!(paths, [(reflexive.address.into(), CandidateType::Host)]);

    let many: Vec<Candidate> = (1..=1_000).map(|port| host(([203, 0, 113, 1], port).into())).collect();
    agent.set_remote_candidates(now, &many);
    assert_eq!(agent.paths().count(), limits::CANDIDATES);
    assert_eq!(agent.stats().candidates_dropped, 7 + 1_000 - limits::CANDIDATES as u64);
}

#[test]
fn a_burst_goes_to_every_candidate_in_priority_order() {
    let candidates = [
        Candidate { kind: CandidateType::Relayed, address: addr("192.0.2.9:9") },
        Candidate { kind: CandidateType::ServerReflexive, address: addr("203.0.113.1:1") },
        host(addr("10.0.0.1:1")),
        host(addr("[2001:db8::1]:1")),
    ];
    let order = ["[2001:db8::1]:1", "10.0.0.1:1", "203.0.113.1:1", "192.0.2.9:9"].map(addr);
    let (mut initiator, now) = agent(true);
    initiator.set_remote_candidates(now, &candidates);
    assert_eq!(
        drain(&mut initiator),
        [PathTransmit::Handshake { targets: order.map(Remote::from).to_vec() }]
    );
    let (mut responder, now) = agent(false);
    responder.set_remote_candidates(now, &candidates);
    assert_eq!(drain(&mut responder), order.map(|to| PathTransmit::Punch { to: to.into() }));
}

#[test]
fn a_peer_that_shakes_hands_but_answers_no_probe_gets_a_bounded_amount_of_work() {
    let (mut agent, start) = agent(true);
    let peer = addr("203.0.113.1:1");
    agent.set_remote_candidates(start, &[host(peer)]);
    let (mut sent, mut failed) = (0, 0);
    let end = start + Duration::from_secs(600);
    let mut now = start;
    while now < end {
        for transmit in drain(&mut agent) {
            sent += 1;
            if matches!(transmit, PathTransmit::Handshake { .. }) {
                agent.handle_session(now, peer);
            }
        }
        while let Some(event) = agent.poll_event() {
            match event {
                PathEvent::RoundFailed { .. } => failed += 1,
                PathEvent::Dormant | PathEvent::Awake | PathEvent::Pong { .. } => {}
                _ => panic!("{event:?}"),
            }
        }
        let next = agent.poll_timeout().unwrap();
        assert!(next > now);
        now = next;
        agent.handle_timeout(now);
    }
    assert!((15..60).contains(&failed), "{failed} rounds");
    assert!(sent < 1_500, "{sent} transmits in ten minutes");
}

#[test]
fn authenticated_packets_from_many_addresses_cannot_fill_the_memory_or_push_out_a_proven_path() {
    let (mut agent, now) = agent(false);
    let peer = addr("203.0.113.1:1");
    agent.set_remote_candidates(now, &[host(peer)]);
    agent.handle_session(now, peer);
    let request = drain(&mut agent).into_iter().find_map(|transmit| match transmit {
        PathTransmit::Probe { payload, .. } => Some(payload),
        _ => None,
    });
    let Ok(Probe::Request { id }) = Probe::parse(&request.unwrap()) else { panic!("a request goes out") };
    let response = Probe::Response { id, observed: addr("198.51.100.1:1") }.to_bytes();
    assert_eq!(agent.handle_probe(now + ms(30), peer, &response), Ok(()));
    assert_eq!(agent.selected().unwrap().remote, peer.into());

    for port in 1..5_000 {
        agent.handle_remote(now + ms(31), SocketAddr::from(([192, 0, 2, 1], port)));
        agent.handle_punch(now + ms(31), SocketAddr::from(([192, 0, 2, 2], port)));
    }
    assert_eq!(agent.paths().count(), limits::CANDIDATES);
    assert_eq!(agent.selected().unwrap().remote, peer.into());
    assert!(drain(&mut agent).len() <= super::super::TRANSMITS);
}

#[test]
fn an_authenticated_packet_from_a_new_address_finds_room_among_offers_that_never_answered() {
    let (mut agent, now) = agent(false);
    let offers: Vec<Candidate> = (1..=24).map(|port| host(([203, 0, 113, 1], port).into())).collect();
    assert_eq!(offers.len(), limits::CANDIDATES);
    agent.set_remote_candidates(now, &offers);
    agent.handle_session(now, addr("192.0.2.1:1"));
    assert!(agent.paths().any(|path| path.remote == addr("192.0.2.1:1").into()));
    agent.handle_punch(now, addr("192.0.2.1:2"));
    assert!(
        agent.paths().all(|path| path.remote != addr("192.0.2.1:2").into()),
        "a mere punch displaces no offer"
    );
    assert_eq!(agent.paths().count(), limits::CANDIDATES);
}

/// Milliseconds from the last answer to the loss of the only path, under traffic.
fn time_to_loss(peer_still_asks: bool) -> u64 {
    let (mut agent, start) = agent(true);
    let peer = addr("203.0.113.1:1");
    agent.handle_session(start, peer);
    let Some(PathTransmit::Probe { payload, .. }) = agent.poll_transmit() else {
        panic!("a request goes out")
    };
    let Ok(Probe::Request { id }) = Probe::parse(&payload) else { panic!("a request goes out") };
    let response = Probe::Response { id, observed: addr("198.51.100.1:1") }.to_bytes();
    assert_eq!(agent.handle_probe(start + ms(20), peer, &response), Ok(()));
    for elapsed in (30..10_000).step_by(10) {
        let now = start + ms(elapsed);
        agent.handle_timeout(now);
        if elapsed % 100 == 0 {
            agent.handle_traffic(now);
            if peer_still_asks {
                assert_eq!(agent.handle_probe(now, peer, &Probe::Request { id: elapsed }.to_bytes()), Ok(()));
            }
        }
        drain(&mut agent);
        while let Some(event) = agent.poll_event() {
            if matches!(event, PathEvent::Lost { .. }) {
                return elapsed - 20;
            }
        }
    }
    panic!("a dead path is lost");
}

#[test]
fn a_path_on_which_the_peer_still_asks_gets_more_time_but_not_for_ever() {
    let silent = time_to_loss(false);
    assert!((750..950).contains(&silent), "{silent} ms");
    let one_way = time_to_loss(true);
    assert!((2_000..2_200).contains(&one_way), "{one_way} ms");
}

#[test]
fn a_new_address_of_an_authenticated_packet_is_probed_at_once() {
    let (mut agent, now) = agent(false);
    agent.handle_session(now, addr("203.0.113.1:1"));
    drain(&mut agent);
    agent.handle_remote(now, addr("203.0.113.1:2"));
    let targets: Vec<_> = drain(&mut agent)
        .into_iter()
        .filter_map(|transmit| match transmit {
            PathTransmit::Probe { to, .. } => Some(to),
            _ => None,
        })
        .collect();
    assert_eq!(targets, [addr("203.0.113.1:2").into()]);
    assert!(agent.paths().all(|path| path.kind == CandidateType::PeerReflexive));
}

#[test]
fn a_request_is_answered_on_the_way_that_it_came() {
    let (mut agent, now) = agent(false);
    agent.handle_session(now, addr("203.0.113.1:1"));
    drain(&mut agent);
    let from = addr("203.0.113.1:7");
    assert_eq!(agent.handle_probe(now, from, &Probe::Request { id: 99 }.to_bytes()), Ok(()));
    let payload = Probe::Response { id: 99, observed: from }.to_bytes();
    assert!(drain(&mut agent).contains(&PathTransmit::Probe { to: from.into(), payload }));
}

#[test]
fn a_response_proves_nothing_from_another_address_twice_or_unasked() {
    let (mut agent, now) = agent(false);
    let peer = addr("203.0.113.1:1");
    agent.handle_session(now, peer);
    let Some(PathTransmit::Probe { payload, .. }) = agent.poll_transmit() else {
        panic!("a request goes out")
    };
    let Ok(Probe::Request { id }) = Probe::parse(&payload) else { panic!("a request goes out") };
    let response = |id| Probe::Response { id, observed: addr("198.51.100.1:1") }.to_bytes();
    let unexpected = Err(ProbeError::Unexpected);
    assert_eq!(agent.handle_probe(now, addr("203.0.113.1:2"), &response(id)), unexpected);
    assert_eq!(agent.handle_probe(now, peer, &response(id + 1_000)), unexpected);
    assert!(agent.selected().is_none());
    assert_eq!(agent.handle_probe(now, peer, &response(id)), Ok(()));
    assert!(agent.selected().is_some());
    assert_eq!(agent.handle_probe(now, peer, &response(id)), unexpected);
    assert_eq!(agent.stats().probes_unexpected, 3);
}

#[test]
fn spoofed_punches_in_a_pause_begin_at_most_one_round_after_the_other() {
    let (mut agent, start) = agent(true);
    agent.set_remote_candidates(start, &[host(addr("203.0.113.1:1"))]);
    let mut handshakes = 0;
    for step in 0..60_000 {
        let now = start + ms(step * 10);
        agent.handle_punch(now, addr("203.0.113.1:1"));
        handshakes += drain(&mut agent).len();
    }
    // A round of 14 bursts every 11 s for ten minutes.
    assert!(handshakes <= 14 * 56, "{handshakes}");
}

/// An address, and the allocation that it is heard by.
type From = (u8, Option<u8>);

fn any_from() -> impl Strategy<Value = From> {
    (any::<u8>(), prop_oneof![Just(None), (0..4_u8).prop_map(Some)])
}

fn some_remote((number, via): From) -> Remote {
    Remote { address: some_address(number), via: via.map(|id| AllocationId(id.into())) }
}

/// Anything that can happen to an agent.
#[derive(Debug, Clone)]
enum Input {
    Candidates(Vec<(u8, u8)>),
    Allocations(Vec<(u8, bool)>),
    Session(From),
    Bytes(From, Vec<u8>),
    Request(From),
    Padded(From, u16),
    TryDirect(From),
    Answer(u8),
    Remote(From),
    Punch(From),
    Traffic,
    NetworkChange,
    Resume,
    Sleep(u16),
    Timeout,
}

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        1 => proptest::collection::vec(any::<(u8, u8)>(), 0..40).prop_map(Input::Candidates),
        1 => proptest::collection::vec((0..4_u8, any::<bool>()), 0..4).prop_map(Input::Allocations),
        1 => any_from().prop_map(Input::Session),
        1 => (any_from(), any::<u16>()).prop_map(|(from, size)| Input::Padded(from, size)),
        1 => any_from().prop_map(Input::TryDirect),
        1 => Just(Input::Resume),
        1 => (any_from(), proptest::collection::vec(any::<u8>(), 0..40)).prop_map(|(from, bytes)| Input::Bytes(from, bytes)),
        1 => any_from().prop_map(Input::Request),
        3 => any::<u8>().prop_map(Input::Answer),
        1 => any_from().prop_map(Input::Remote),
        1 => any_from().prop_map(Input::Punch),
        1 => Just(Input::Traffic),
        1 => Just(Input::NetworkChange),
        2 => any::<u16>().prop_map(Input::Sleep),
        4 => Just(Input::Timeout),
    ]
}

fn some_address(number: u8) -> SocketAddr {
    match number % 4 {
        0 => ([203, 0, 113, number], 7).into(),
        1 => ([0, 0, 0, 0, 0, 0xFFFF, 0x0A00, u16::from(number)], 7).into(),
        2 => ([0x2001, 0xDB8, 0, 0, 0, 0, 0, u16::from(number)], 7).into(),
        _ => ([127, 0, 0, number], u16::from(number / 8)).into(),
    }
}

proptest! {
    #[test]
    fn whatever_happens_the_agent_stays_bounded_and_never_spins(
        initiator in any::<bool>(),
        inputs in proptest::collection::vec(any_input(), 1..120),
    ) {
        let (mut agent, mut now) = agent(initiator);
        let mut asked: Vec<(Remote, u64)> = Vec::new();
        for input in inputs {
            match input {
                Input::Candidates(list) => {
                    let kinds = [CandidateType::Host, CandidateType::ServerReflexive, CandidateType::PeerReflexive, CandidateType::Relayed];
                    let list: Vec<Candidate> = list.into_iter()
                        .map(|(kind, number)| Candidate { kind: kinds[usize::from(kind % 4)], address: some_address(number) })
                        .collect();
                    agent.set_remote_candidates(now, &list);
                }
                Input::Allocations(list) => {
                    let mut list: Vec<Allocation> = list.into_iter()
                        .map(|(id, ipv6)| Allocation { id: AllocationId(id.into()), reach: Reach::Family { ipv6 } })
                        .collect();
                    list.dedup_by_key(|allocation| allocation.id);
                    agent.set_allocations(now, &list);
                }
                Input::Session(from) => agent.handle_session(now, some_remote(from)),
                Input::Bytes(from, bytes) => { let _ = agent.handle_probe(now, some_remote(from), &bytes); }
                Input::Request(from) => {
                    prop_assert_eq!(agent.handle_probe(now, some_remote(from), &Probe::Request { id: 1 }.to_bytes()), Ok(()));
                }
                Input::Padded(from, size) => {
                    let probe = Probe::padded_request(1, size).to_bytes();
                    prop_assert_eq!(agent.handle_probe(now, some_remote(from), &probe), Ok(()));
                }
                Input::TryDirect(from) => {
                    prop_assert_eq!(agent.handle_probe(now, some_remote(from), &Probe::TryDirect { id: 1 }.to_bytes()), Ok(()));
                }
                Input::Resume => agent.handle_resume(now),
                Input::Answer(which) => {
                    if !asked.is_empty() {
                        let (from, id) = asked.swap_remove(usize::from(which) % asked.len());
                        let _ = agent.handle_probe(now, from, &Probe::Response { id, observed: from.address }.to_bytes());
                    }
                }
                Input::Remote(from) => agent.handle_remote(now, some_remote(from)),
                Input::Punch(from) => agent.handle_punch(now, some_remote(from)),
                Input::Traffic => agent.handle_traffic(now),
                Input::NetworkChange => agent.handle_network_change(now),
                Input::Sleep(millis) => {
                    now += ms(u64::from(millis));
                    agent.handle_timeout(now);
                }
                Input::Timeout => {
                    now = agent.poll_timeout().unwrap_or(now);
                    agent.handle_timeout(now);
                }
            }
            prop_assert!(agent.poll_timeout().is_none_or(|at| at > now), "would spin");
            let straight = agent.paths().filter(|path| path.remote.via.is_none()).count();
            prop_assert!(straight <= limits::CANDIDATES);
            prop_assert!(agent.paths().count() - straight <= super::super::pairs::ALLOCATION_PATHS);
            prop_assert!(agent.paths().all(|path| path.remote.via.is_none() || path.is_relayed));
            prop_assert!(agent.next_direct_try().is_none_or(|at| at > now && at <= now + crate::timing::LONGEST_RETRY));
            let distinct: HashSet<Remote> = agent.paths().map(|path| path.remote).collect();
            prop_assert_eq!(distinct.len(), agent.paths().count());
            prop_assert_eq!(agent.selected().is_some(), agent.phase() == Phase::Connected);

            let transmits = drain(&mut agent);
            prop_assert!(transmits.len() <= super::super::TRANSMITS);
            for transmit in transmits {
                match transmit {
                    PathTransmit::Handshake { targets } => {
                        prop_assert!(initiator && !targets.is_empty());
                        let by_allocation = targets.iter().filter(|to| to.via.is_some()).count();
                        prop_assert!(by_allocation <= crate::timing::BURST_BY_ALLOCATION);
                        prop_assert!(targets.len() - by_allocation <= limits::CANDIDATES);
                    }
                    PathTransmit::Punch { .. } => prop_assert!(!initiator),
                    PathTransmit::Probe { to, payload } => {
                        prop_assert!(payload.len() <= Probe::MAX_BYTES);
                        let probe = Probe::parse(&payload);
                        let padded = matches!(probe, Ok(Probe::PaddedRequest { .. }));
                        prop_assert!(padded || payload.len() <= Probe::MAX_UNPADDED_BYTES);
                        if let Ok(Probe::Request { id } | Probe::PaddedRequest { id, .. }) = probe {
                            asked.push((to, id));
                        }
                    }
                }
            }
            while let Some(event) = agent.poll_event() {
                if let PathEvent::RoundFailed { retry_at } = event {
                    prop_assert!(retry_at <= now + crate::timing::LONGEST_RETRY);
                }
            }
        }
    }
}
