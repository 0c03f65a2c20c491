use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use lanrage_control::protocol::{Change, Request, ServerMessage};
use lanrage_party::{
    Candidate, CandidateType, DeviceIdentity, Leave, Name, NatType, PartySecret, SealedSignal, SignalKey,
    SignedRecord, limits,
};

use super::stage::{Somebody, Stage, entry, network, somewhere};
use crate::{Command, Input, Output, peers::signal::Signal};

/// What `from` would seal to the device on the stage.
pub(super) fn sealed(stage: &Stage, from: &Somebody, sequence: u64) -> SealedSignal {
    sealed_in_life(stage, from, (0, sequence), &[somewhere()])
}

pub(super) fn sealed_in_life(
    stage: &Stage,
    from: &Somebody,
    order: (u64, u64),
    addresses: &[SocketAddr],
) -> SealedSignal {
    introduced(stage, from, order, addresses, None)
}

/// The same with what `from` says of itself.
pub(super) fn introduced(
    stage: &Stage,
    from: &Somebody,
    (life, sequence): (u64, u64),
    addresses: &[SocketAddr],
    record: Option<SignedRecord>,
) -> SealedSignal {
    let ours = stage.party().unwrap().membership.private_key.public();
    let key = SignalKey::new(&stage.invitation().secret, &from.private_key, &ours);
    let candidate = |address: &SocketAddr| Candidate { kind: CandidateType::Host, address: *address };
    let candidates = addresses.iter().map(candidate).collect();
    let (predicted, relays, nat) = (Vec::new(), Vec::new(), NatType::Symmetric);
    let signal = Signal { life, sequence, candidates, predicted, relays, nat, record };
    key.seal(&signal.encode(), [sequence as u8; 24]).unwrap()
}

pub(super) fn signal(stage: &mut Stage, from: &Somebody, signal: SealedSignal) {
    let party = stage.invitation().party;
    stage.say(ServerMessage::Signal { party, from: from.identity.peer_id(), signal });
}

fn uninvited(somebody: &Somebody) -> SignedRecord {
    somebody.sign(&PartySecret::from_random([0; 32]))
}

#[test]
fn an_invited_friend_is_added_and_contacted_where_the_friend_says() {
    let mut stage = Stage::in_party();
    let bob = Somebody::new(2, stage.invitation().party);
    stage.say_party(&[bob.sign(&stage.invitation().secret)]);
    let added = stage
        .tunnel
        .iter()
        .any(|action| matches!(action, Output::AddPeer(peer) if peer.public_key == bob.record.wireguard_key));
    assert!(added, "{:?}", stage.tunnel);
    let message = sealed(&stage, &bob, 1);
    signal(&mut stage, &bob, message);
    let contacted = stage.tunnel.iter().any(|action| match action {
        Output::Datagram { to, .. } => *to == somewhere().into(),
        Output::Handshake { targets, .. } => targets.contains(&somewhere().into()),
        _ => false,
    });
    assert!(contacted, "{:?}", stage.tunnel);
    assert_eq!(stage.problems(), Vec::<String>::new());
}

#[test]
fn a_friend_with_a_swapped_key_is_not_added_and_the_user_sees_why() {
    let mut stage = Stage::in_party();
    let bob = Somebody::new(2, stage.invitation().party);
    let eve = Somebody::new(66, stage.invitation().party);
    let mut record = serde_json::to_value(bob.sign(&stage.invitation().secret)).unwrap();
    record["record"]["wireguard_key"] = serde_json::to_value(eve.record.wireguard_key).unwrap();
    let swapped: SignedRecord = serde_json::from_value(record).unwrap();
    stage.say_party(&[swapped]);
    assert_eq!(stage.problems(), ["peer_not_invited"]);
    assert!(stage.sent_to_peers().is_empty());
    assert_eq!(stage.notices.last().unwrap().news.code(), "peer_not_invited");
}

#[test]
fn an_invented_peer_is_not_added_and_nothing_is_sent_to_it() {
    let mut stage = Stage::in_party();
    let eve = Somebody::new(66, stage.invitation().party);
    stage.say_change(Change::PeerJoined { entry: entry(&uninvited(&eve)) });
    let message = sealed(&stage, &eve, 1);
    signal(&mut stage, &eve, message);
    assert_eq!(stage.problems(), ["peer_not_invited"]);
    assert!(stage.sent_to_peers().is_empty());
    assert!(stage.snapshot().party.unwrap().peers.is_empty());
}

#[test]
fn a_replayed_old_record_does_not_bring_an_old_key_back() {
    let mut stage = Stage::in_party();
    let secret = stage.invitation().secret;
    let old = Somebody::new(2, stage.invitation().party);
    let mut new = Somebody::new(2, stage.invitation().party);
    new.record.sequence = 200;
    new.record.wireguard_key = Somebody::new(3, stage.invitation().party).record.wireguard_key;
    stage.say_party(&[old.sign(&secret)]);
    stage.say_change(Change::PeerUpdated { entry: entry(&new.sign(&secret)) });
    stage.tunnel.clear();
    stage.say_change(Change::PeerUpdated { entry: entry(&old.sign(&secret)) });
    assert_eq!(stage.problems(), ["peer_replayed"]);
    assert!(stage.sent_to_peers().is_empty());
}

#[test]
fn a_record_that_came_back_after_its_peer_left_is_still_a_replay() {
    let mut stage = Stage::in_party();
    let secret = stage.invitation().secret;
    let old = Somebody::new(2, stage.invitation().party);
    let mut new = Somebody::new(2, stage.invitation().party);
    new.record.sequence = 200;
    stage.say_party(&[new.sign(&secret)]);
    stage.say_change(Change::PeerLeft { peer: new.identity.peer_id(), leave: None });
    stage.tunnel.clear();
    stage.say_change(Change::PeerJoined { entry: entry(&old.sign(&secret)) });
    assert_eq!(stage.problems(), ["peer_replayed"]);
    assert!(stage.sent_to_peers().is_empty());
}

#[test]
fn a_member_cannot_take_the_address_of_another() {
    let mut stage = Stage::in_party();
    let secret = stage.invitation().secret;
    let bob = Somebody::new(2, stage.invitation().party);
    let mut thief = Somebody::new(3, stage.invitation().party);
    thief.record.virtual_ip = bob.record.virtual_ip;
    let mut thief_of_ours = Somebody::new(4, stage.invitation().party);
    thief_of_ours.record.virtual_ip = stage.party().unwrap().membership.virtual_ip;
    stage.say_party(&[bob.sign(&secret)]);
    stage.tunnel.clear();
    for record in [thief.sign(&secret), thief_of_ours.sign(&secret)] {
        stage.say_change(Change::PeerJoined { entry: entry(&record) });
    }
    assert_eq!(stage.problems(), ["peer_address", "peer_address"]);
    assert!(stage.sent_to_peers().is_empty());
}

#[test]
fn a_forged_or_repeated_signal_leads_nowhere() {
    let mut stage = Stage::in_party();
    let bob = Somebody::new(2, stage.invitation().party);
    let eve = Somebody::new(66, stage.invitation().party);
    stage.say_party(&[bob.sign(&stage.invitation().secret)]);
    stage.tunnel.clear();
    let forged = sealed(&stage, &eve, 1);
    signal(&mut stage, &bob, forged);
    assert!(stage.sent_to_peers().is_empty(), "forged");

    let genuine = sealed(&stage, &bob, 5);
    signal(&mut stage, &bob, genuine.clone());
    assert!(!stage.sent_to_peers().is_empty());
    let seen =
        |stage: &Stage| stage.party().unwrap().connections.connections()[&bob.identity.peer_id()].seen_signal;
    let older = sealed(&stage, &bob, 4);
    for repeated in [genuine, older] {
        signal(&mut stage, &bob, repeated);
        assert_eq!(seen(&stage), Some((0, 5)));
    }
}

#[test]
fn a_server_that_invents_peers_without_end_fills_no_memory() {
    let mut stage = Stage::in_party();
    let party = stage.invitation().party;
    for seed in 0..=255 {
        let eve = Somebody::new(seed, party);
        stage.say_change(Change::PeerJoined { entry: entry(&uninvited(&eve)) });
    }
    assert_eq!(stage.problems().len(), limits::PEERS_PER_PARTY);
    assert!(stage.sent_to_peers().is_empty());
}

#[test]
fn a_server_that_forgets_a_friend_does_not_end_a_working_connection() {
    let mut stage = Stage::in_party();
    let bob = Somebody::new(2, stage.invitation().party);
    let id = bob.identity.peer_id();
    let record = bob.sign(&stage.invitation().secret);
    let friends = |stage: &Stage| stage.snapshot().party.unwrap().peers.len();
    stage.say_party(std::slice::from_ref(&record));
    stage.say_party(&[]);
    assert_eq!(friends(&stage), 0, "no path yet, so nothing to keep");

    stage.say_party(&[record]);
    stage.prove_path(id, somewhere());
    stage.say_party(&[]);
    assert_eq!(friends(&stage), 1);
    stage.say_change(Change::PeerLeft { peer: id, leave: None });
    assert_eq!(friends(&stage), 1, "the server's word alone");
    let party = stage.invitation().party;
    let mut word = |by: &DeviceIdentity, sequence| {
        let leave = Some(Leave::sign(by, &party, sequence));
        stage.say_change(Change::PeerLeft { peer: id, leave });
        stage.snapshot().party.unwrap().peers.len()
    };
    assert_eq!(word(&bob.identity, bob.record.sequence), 1, "older than the friend's record");
    assert_eq!(word(&Somebody::new(3, party).identity, bob.record.sequence + 1), 1, "another's");
    assert_eq!(word(&bob.identity, bob.record.sequence + 1), 0, "the friend's own");
}

#[test]
fn nobody_who_left_comes_back_by_the_record_of_before() {
    let mut stage = Stage::in_party();
    let party = stage.invitation().party;
    let secret = stage.invitation().secret;
    let mut bob = Somebody::new(2, party);
    stage.say_party(&[bob.sign(&secret)]);
    let leave = Some(Leave::sign(&bob.identity, &party, bob.record.sequence + 1));
    stage.say_change(Change::PeerLeft { peer: bob.identity.peer_id(), leave });
    stage.say_change(Change::PeerJoined { entry: entry(&bob.sign(&secret)) });
    assert_eq!(stage.problems(), ["peer_replayed"]);
    bob.record.sequence += 2;
    stage.say_change(Change::PeerJoined { entry: entry(&bob.sign(&secret)) });
    assert_eq!(stage.snapshot().party.unwrap().peers.len(), 1);
}

#[test]
fn a_player_leaves_by_its_own_signature() {
    let mut stage = Stage::in_party();
    let (party, newest) = (stage.invitation().party, stage.party().unwrap().membership.sequence());
    let own = DeviceIdentity::from_seed(&[1; 32]).public();
    stage.command(5, Command::LeaveParty);
    let Some(Request::LeaveParty { leave: Some(leave), .. }) = stage.requests.last() else {
        panic!("{:?}", stage.requests)
    };
    assert!(leave.is_of(&own, &party, newest));
}

#[test]
fn a_friend_whose_clock_went_back_between_two_starts_is_heard_at_once() {
    let mut stage = Stage::in_party();
    let bob = Somebody::new(2, stage.invitation().party);
    stage.say_party(&[bob.sign(&stage.invitation().secret)]);
    let seen =
        |stage: &Stage| stage.party().unwrap().connections.connections()[&bob.identity.peer_id()].seen_signal;
    for order in [(1_000, 9_000), (1_001, 2_000)] {
        let message = sealed_in_life(&stage, &bob, order, &[somewhere()]);
        signal(&mut stage, &bob, message);
        assert_eq!(seen(&stage), Some(order));
    }
    let of_the_life_before = sealed_in_life(&stage, &bob, (1_000, 9_001), &[somewhere()]);
    signal(&mut stage, &bob, of_the_life_before);
    assert_eq!((seen(&stage), stage.snapshot().network.dropped.signals), (Some((1_001, 2_000)), 1));
}

#[test]
fn a_friends_address_inside_the_party_is_never_tried() {
    let mut stage = Stage::in_party();
    let bob = Somebody::new(2, stage.invitation().party);
    stage.say_party(&[bob.sign(&stage.invitation().secret)]);
    stage.tunnel.clear();
    let inside: Vec<SocketAddr> = ["10.66.0.2:5000", "10.66.255.255:5000", "[::ffff:10.66.0.2]:5000"]
        .map(|text| text.parse().unwrap())
        .to_vec();
    let message = sealed_in_life(&stage, &bob, (1, 1), &[&inside[..], &[somewhere()]].concat());
    signal(&mut stage, &bob, message);
    let sent = format!("{:?}", stage.sent_to_peers());
    assert!(sent.contains(&somewhere().to_string()) && !sent.contains("10.66."), "{sent}");
    assert_eq!(stage.snapshot().network.dropped.candidates, 3);
}

#[test]
fn an_address_that_holds_on_its_own_link_alone_is_tried_only_on_a_link_that_is_shared() {
    let link_local: SocketAddr = "169.254.169.254:80".parse().unwrap();
    for (own, is_tried) in [([192, 168, 1, 10], false), ([169, 254, 7, 7], true)] {
        let mut stage = Stage::in_party();
        stage.input(Input::Network(network(own)));
        let bob = Somebody::new(2, stage.invitation().party);
        stage.say_party(&[bob.sign(&stage.invitation().secret)]);
        stage.tunnel.clear();
        let message = sealed_in_life(&stage, &bob, (1, 1), &[link_local]);
        signal(&mut stage, &bob, message);
        let sent = format!("{:?}", stage.sent_to_peers());
        assert_eq!(sent.contains(&link_local.to_string()), is_tried, "{own:?}: {sent}");
    }
}

/// RFC 8445 §19.5.1: a member that names somebody else's address would have everybody send there.
#[test]
fn an_address_that_a_member_names_is_not_flooded_whatever_it_says() {
    let mut stage = Stage::in_party();
    let bob = Somebody::new(2, stage.invitation().party);
    stage.say_party(&[bob.sign(&stage.invitation().secret)]);
    stage.tunnel.clear();
    let rounds = 300;
    for round in 0..rounds {
        let ports = (0..24).map(|n| SocketAddr::from(([203, 0, 113, 80], 1_000 + 24 * round + n)));
        let named: Vec<SocketAddr> = ports.collect();
        let message = sealed_in_life(&stage, &bob, (1, 1 + u64::from(round)), &named);
        signal(&mut stage, &bob, message);
        stage.pass(Duration::from_millis(100));
    }
    let to_the_victim = |output: &&Output| match output {
        Output::Datagram { to, .. } => u64::from(to.address.ip() == somebody_elses()),
        Output::Handshake { targets, .. } => {
            targets.iter().filter(|to| to.address.ip() == somebody_elses()).count() as u64
        }
        _ => 0,
    };
    let sent: u64 = stage.sent_to_peers().iter().map(to_the_victim).sum();
    let most = 256 + 64 * (u64::from(rounds) / 10 + 1);
    assert!((1..=most).contains(&sent), "{sent} of at most {most}");
    assert!(stage.snapshot().network.dropped.checks > 0, "and the rest is counted");
}

fn somebody_elses() -> IpAddr {
    "203.0.113.80".parse().unwrap()
}

#[test]
fn whoever_joins_and_leaves_without_end_closes_the_door_to_nobody() {
    let mut stage = Stage::in_party();
    let secret = stage.invitation().secret;
    let party = stage.invitation().party;
    let bob = Somebody::new(2, party);
    stage.say_party(&[bob.sign(&secret)]);
    for n in 0..1_100_u32 {
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&n.to_be_bytes());
        let mut stranger = Somebody::new(3, party);
        stranger.identity = DeviceIdentity::from_seed(&seed);
        stranger.record.identity = stranger.identity.public();
        stage.say_change(Change::PeerJoined { entry: entry(&stranger.sign(&secret)) });
        stage.say_change(Change::PeerLeft { peer: stranger.identity.peer_id(), leave: None });
    }
    let cara = Somebody::new(4, party);
    stage.say_change(Change::PeerJoined { entry: entry(&cara.sign(&secret)) });
    assert_eq!(stage.snapshot().party.unwrap().peers.len(), 2);
    assert_eq!(stage.problems(), Vec::<String>::new());
    let mut old = bob;
    old.record.sequence -= 1;
    stage.say_change(Change::PeerUpdated { entry: entry(&old.sign(&secret)) });
    assert_eq!(stage.problems(), ["peer_replayed"], "who is here is remembered");
}

#[test]
fn players_whose_names_look_the_same_are_told_apart() {
    let mut stage = Stage::in_party();
    let (secret, party) = (stage.invitation().secret, stage.invitation().party);
    let named = |seed, name: &str| {
        let mut somebody = Somebody::new(seed, party);
        somebody.record.name = Name::new(name).unwrap();
        somebody
    };
    // The last one looks like this device's own player.
    let players = [named(2, "Eve"), named(3, "\u{415}ve"), named(4, "Bob"), named(5, "ANN")];
    stage.say_party(&players.each_ref().map(|player| player.sign(&secret)));
    let mut shown: Vec<String> =
        stage.snapshot().party.unwrap().peers.into_iter().map(|peer| peer.name).collect();
    let mut expected = players.each_ref().map(|player| match player.record.name.as_str() {
        "Bob" => "Bob".to_owned(),
        name => format!("{name} ({})", player.identity.peer_id().short()),
    });
    shown.sort();
    expected.sort();
    assert_eq!(shown, expected);
}
