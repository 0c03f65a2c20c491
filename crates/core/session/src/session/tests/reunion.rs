//! Finding each other again, where no server helps.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use lanrage_nat::{Found, Probe, TransactionIds, stun};
use lanrage_party::{
    Invitation, Knock, KnockWord, Matter, PeerId, Remote, Ruling, Standing, TunnelEvent, initiates,
};

use super::{
    knocks::{elsewhere, hear, host, knock, let_in_friend, say, sent},
    stage::{Somebody, Stage, settings, somewhere},
};
use crate::{Command, Input, Output, peers::gossip::message::Message};

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

/// Time passes in which a friend answers what it is asked inside its session, and others do not. Gives where it was knocked.
pub(super) fn keep(
    stage: &mut Stage,
    link: &Invitation,
    friend: PeerId,
    seconds: u32,
) -> Vec<(SocketAddr, Knock)> {
    let mut knocks = Vec::new();
    for _ in 0..2 * seconds {
        stage.pass(Duration::from_millis(500));
        let asked = stage.tunnel.iter().filter_map(|output| match output {
            Output::Probe { peer, to, payload } if *peer == friend => match Probe::parse(payload).ok()? {
                Probe::Request { id } | Probe::PaddedRequest { id, .. } => Some((*to, id)),
                _ => None,
            },
            _ => None,
        });
        let asked: Vec<(Remote, u64)> = asked.collect();
        knocks.extend(sent(stage, link));
        for (from, id) in asked {
            let payload = Probe::Response { id, observed: from.address }.to_bytes();
            stage.input(Input::Tunnel(TunnelEvent::Probe { peer: friend, from, payload }));
        }
    }
    knocks
}

/// Somebody who has followed a link with two addresses, of a party of `maker`'s, and was let in by `friend` at the first.
fn guest_of(maker: &Somebody, friend: &Somebody, link: &Invitation) -> Stage {
    let addresses = vec![somewhere(), elsewhere()];
    let link = Invitation { addresses, host: maker.identity.peer_id(), ..link.clone() };
    let mut stage = Stage::without_server();
    stage.command(9, Command::JoinParty(Box::new(link.clone())));
    stage.pass(Duration::from_millis(1));
    let token = sent(&mut stage, &link)[0].1.token;
    let mut answer = knock(&stage, KnockWord::Answer, token, friend.sign(&link.secret));
    answer.candidates.clear();
    hear(&mut stage, &link, somewhere(), &answer);
    stage.prove_path(friend.identity.peer_id(), somewhere());
    stage
}

fn somebodies() -> (Invitation, Somebody, Somebody) {
    let link = host().invitation();
    let [maker, bob] = [5, 2].map(|seed| Somebody::new(seed, link.party));
    (link, maker, bob)
}

#[test]
fn who_is_in_leaves_the_links_other_addresses_alone_and_knocks_again_when_everybody_is_lost() {
    let (link, maker, bob) = somebodies();
    let friend = bob.identity.peer_id();
    let mut stage = guest_of(&maker, &bob, &link);
    keep(&mut stage, &link, friend, 4);
    let at_rest = keep(&mut stage, &link, friend, 120);
    assert!(at_rest.is_empty(), "whoever was met tells the others: {at_rest:?}");
    lose(&mut stage, friend);
    let asked = sent(&mut stage, &link);
    for address in [somewhere(), elsewhere()] {
        let at = asked.iter().filter(|(to, knock)| *to == address && knock.word == KnockWord::Call);
        assert!(at.count() > 1, "the friend, and whoever else the link names: {asked:?}");
    }
    stage.pass(Duration::from_secs(3_600));
    let patient = sent(&mut stage, &link).iter().filter(|(to, _)| *to == somewhere()).count();
    assert!((140..160).contains(&patient), "{patient} in an hour");
}

#[test]
fn who_has_only_met_somebody_who_was_removed_knocks_where_the_link_says_and_searches_the_store() {
    let (link, maker, bob) = somebodies();
    let mut stage = guest_of(&maker, &bob, &link);
    stage.input(Input::Configure(crate::Settings { uses_rendezvous: true, ..settings(None) }));
    keep(&mut stage, &link, bob.identity.peer_id(), 70);
    let removed =
        Matter::Peer { peer: bob.identity.peer_id(), standing: Standing::Kicked, name: None, share: None };
    let kick = Ruling::sign(&maker.identity, &link.party, stage.now().wall.0, removed);
    say(&mut stage, &bob, &Message::Rulings(vec![kick]));
    assert!(stage.party().unwrap().connections.connections().is_empty());
    sent(&mut stage, &link);
    assert!(stage.party().unwrap().finder.as_ref().unwrap().view().searching);
    stage.pass(Duration::from_secs(2));
    assert!(sent(&mut stage, &link).iter().any(|(to, _)| *to == elsewhere()));
}

#[test]
fn a_member_who_is_missed_is_knocked_at_now_and_then_though_others_are_reached() {
    let mut stage = host();
    let (link, bob) = (stage.invitation(), let_in_friend(&mut stage));
    let carol = Somebody::new(3, link.party);
    let mut ask = knock(&stage, KnockWord::Ask, [3; 8], carol.sign(&link.secret));
    ask.candidates.clear();
    hear(&mut stage, &link, elsewhere(), &ask);
    stage.prove_path(carol.identity.peer_id(), elsewhere());
    sent(&mut stage, &link);
    let knocks = keep(&mut stage, &link, bob.identity.peer_id(), 200);
    let calls: Vec<SocketAddr> =
        knocks.iter().filter(|(_, knock)| knock.word == KnockWord::Call).map(|(to, _)| *to).collect();
    assert_eq!(calls, [elsewhere(); 3], "once a minute, as she may not know this device any more");
}

#[test]
fn who_reaches_only_friends_who_do_not_reach_the_others_knocks_now_and_then_where_the_link_says() {
    let (link, maker, bob) = somebodies();
    let friend = bob.identity.peer_id();
    let mut stage = guest_of(&maker, &bob, &link);
    // He is out, and has not heard of it: all that he knows of the owner is her record.
    say(&mut stage, &bob, &Message::Records(vec![maker.sign(&link.secret)]));
    keep(&mut stage, &link, friend, 70);
    let knocks = keep(&mut stage, &link, friend, 180);
    assert!(knocks.iter().all(|(_, knock)| knock.word == KnockWord::Call));
    let asked: Vec<SocketAddr> = knocks.iter().map(|(to, _)| *to).collect();
    assert_eq!(asked, [elsewhere(); 3], "once a minute, and not where somebody has answered");
}
