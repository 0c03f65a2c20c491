//! Finding each other again, where no server helps.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use lanrage_nat::{Found, TransactionIds, stun};
use lanrage_party::{KnockWord, PeerId, Remote, TunnelEvent, initiates};

use super::{
    knocks::{elsewhere, hear, host, knock, let_in_friend},
    stage::{Somebody, Stage, settings, somewhere},
};
use crate::{Input, Output};

/// The friend's path falls silent while packets move, and is given up.
fn lose(stage: &mut Stage, friend: PeerId) {
    stage.input(Input::Traffic(vec![friend]));
    stage.pass(Duration::from_millis(1_500));
    assert!(stage.party().unwrap().connections.reached().is_empty(), "the path is lost");
}

#[test]
fn a_punch_from_a_router_that_friends_share_leads_to_a_try_with_each_of_them() {
    let mut stage = host();
    let link = stage.invitation();
    let own = stage.party().unwrap().membership.private_key.public();
    let friends = (2..99).map(|seed| Somebody::new(seed, link.party));
    let friends: Vec<Somebody> =
        friends.filter(|friend| initiates(&own, &friend.record.wireguard_key)).take(2).collect();
    let behind_router = |port| SocketAddr::new(somewhere().ip(), port);
    for (n, friend) in (1_u8..).zip(&friends) {
        let ask = knock(&stage, KnockWord::Ask, [n; 8], friend.sign(&link.secret));
        hear(&mut stage, &link, behind_router(4_000 + u16::from(n)), &ask);
    }
    stage.pass(Duration::from_secs(1));
    stage.tunnel.clear();
    let another = behind_router(4_999);
    let bytes = stun::binding_indication(TransactionIds::from_seed([1; 32]).next_id());
    let from = Remote::straight(another);
    stage.input(Input::Tunnel(TunnelEvent::Datagram { from, bytes }));
    stage.pass(Duration::from_millis(100));
    let tried = stage.tunnel.iter().filter_map(|output| match output {
        Output::Handshake { peer, targets } => targets.contains(&from).then_some(*peer),
        _ => None,
    });
    let all: BTreeSet<PeerId> = friends.iter().map(|friend| friend.identity.peer_id()).collect();
    assert_eq!(tried.collect::<BTreeSet<_>>(), all);
}

#[test]
fn who_loses_a_path_asks_at_once_where_the_outside_sees_it_now() {
    let mut stage = host();
    let server: SocketAddr = "192.0.2.1:3478".parse().unwrap();
    stage.input(Input::Names(Found { stun: vec![server], relays: Vec::new(), translator: None }));
    let asked = |stage: &mut Stage| {
        let asked = stage.tunnel.iter().rev().find_map(|output| match output {
            Output::Datagram { to, bytes } if to.address == server => Some(bytes.clone()),
            _ => None,
        });
        stage.tunnel.clear();
        asked
    };
    let answer = |stage: &mut Stage, request: &[u8], port| {
        let bytes = stun::answer(request, SocketAddr::new(elsewhere().ip(), port)).unwrap();
        stage.input(Input::Tunnel(TunnelEvent::Datagram { from: Remote::straight(server), bytes }));
    };
    let first = asked(&mut stage).expect("a server is asked at once");
    answer(&mut stage, &first, 7_001);
    stage.pass(Duration::from_secs(2));
    assert_eq!(asked(&mut stage), None);
    let bob = let_in_friend(&mut stage);
    lose(&mut stage, bob.identity.peer_id());
    let again = asked(&mut stage).expect("its router may have been started again");
    answer(&mut stage, &again, 7_002);
    let told = stage.party().unwrap().connections.candidates();
    assert!(told.iter().any(|candidate| candidate.address.port() == 7_002), "{told:?}");
}

#[test]
fn who_has_lost_everybody_searches_the_store_until_somebody_is_reached() {
    let mut stage = host();
    let link = stage.invitation();
    let mut found_in_store = settings(None);
    found_in_store.uses_rendezvous = true;
    stage.input(Input::Configure(found_in_store));
    let bob = let_in_friend(&mut stage);
    let searches = |stage: &Stage| stage.party().unwrap().finder.as_ref().unwrap().view().searching;
    assert!(!searches(&stage), "the friend is there");
    lose(&mut stage, bob.identity.peer_id());
    assert!(searches(&stage));
    let before = stage.looks;
    stage.pass(Duration::from_secs(5));
    assert!(stage.looks > before, "it looks");
    let ask = knock(&stage, KnockWord::Ask, [9; 8], bob.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &ask);
    assert!(searches(&stage), "who knocks is not reached yet");
    stage.prove_path(bob.identity.peer_id(), somewhere());
    assert!(!searches(&stage));
}
