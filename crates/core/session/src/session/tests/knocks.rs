//! Letting in and being let in without a server.

use std::{net::SocketAddr, time::Duration};

use lanrage_party::{
    Candidate, CandidateType, Departure, Invitation, Knock, KnockKey, KnockRefusal, KnockWord, Leave,
    NatType, PartyId, SealedSignal, SignedRecord, TunnelEvent,
    facts::{CommandError, Unanswered},
};

use super::{
    stage::{Somebody, Stage, somewhere},
    trust::sealed,
};
use crate::{Command, Input, Output, StoreAction, peers::gossip::message::Message};

pub(super) fn elsewhere() -> SocketAddr {
    "198.51.100.7:6000".parse().unwrap()
}

/// A device in a party of its own that has no server.
pub(super) fn host() -> Stage {
    let mut stage = Stage::without_server();
    stage.make_party(1);
    assert!(matches!(stage.results.pop(), Some((1, Ok(())))));
    stage
}

/// A device that has followed a link of this party's, made by `maker` at [`somewhere`].
pub(super) fn joiner(link: &Invitation) -> Stage {
    let mut stage = Stage::without_server();
    let link = Invitation { addresses: vec![somewhere()], ..link.clone() };
    stage.command(9, Command::JoinParty(Box::new(link)));
    stage.pass(Duration::from_millis(1));
    stage
}

fn key(link: &Invitation) -> KnockKey {
    KnockKey::new(&link.secret, link.party, link.epoch)
}

pub(super) fn knock(stage: &Stage, word: KnockWord, token: [u8; 8], record: SignedRecord) -> Knock {
    let candidates = vec![Candidate { kind: CandidateType::ServerReflexive, address: elsewhere() }];
    Knock { word, at: stage.now().wall, token, seen: None, record, candidates }
}

/// The knocks that the device has sent since the last time, and where to.
pub(super) fn sent(stage: &mut Stage, link: &Invitation) -> Vec<(SocketAddr, Knock)> {
    let key = key(link);
    let knocks = stage.tunnel.iter().filter_map(|output| match output {
        Output::Datagram { to, bytes } => key.open(bytes).ok().map(|knock| (to.address, knock)),
        _ => None,
    });
    let knocks = knocks.collect();
    stage.tunnel.clear();
    knocks
}

pub(super) fn hear(stage: &mut Stage, link: &Invitation, from: SocketAddr, knock: &Knock) {
    let bytes = key(link).seal(knock, [7; 25]);
    stage.input(Input::Tunnel(TunnelEvent::Knock { from, bytes }));
}

/// What members were told inside their sessions since the last time.
pub(super) fn told(stage: &mut Stage, link: &Invitation) -> Vec<Message> {
    let told = stage.tunnel.iter().filter_map(|output| match output {
        Output::Probe { payload, .. } => Message::parse(payload, link.party),
        _ => None,
    });
    let told = told.collect();
    stage.tunnel.clear();
    told
}

pub(super) fn say(stage: &mut Stage, from: &Somebody, message: &Message) {
    let (peer, remote) = (from.identity.peer_id(), somewhere().into());
    let payload = message.to_bytes();
    stage.input(Input::Tunnel(TunnelEvent::Probe { peer, from: remote, payload }));
}

/// A host whose friend came in by a knock, and has a path.
pub(super) fn host_with_friend() -> (Stage, Invitation, Somebody) {
    let mut stage = host();
    let bob = let_in_friend(&mut stage);
    let link = stage.invitation();
    (stage, link, bob)
}

/// A friend comes in by a knock, and has a path.
pub(super) fn let_in_friend(stage: &mut Stage) -> Somebody {
    let link = stage.invitation();
    let bob = Somebody::new(2, link.party);
    let ask = knock(stage, KnockWord::Ask, [1; 8], bob.sign(&link.secret));
    hear(stage, &link, somewhere(), &ask);
    stage.prove_path(bob.identity.peer_id(), somewhere());
    bob
}

#[test]
fn who_knocks_with_the_link_is_let_in_answered_and_looked_for_where_it_says_and_was_seen() {
    let mut stage = host();
    let link = stage.invitation();
    let bob = Somebody::new(2, link.party);
    let ask = knock(&stage, KnockWord::Ask, [1; 8], bob.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &ask);
    let punched = |stage: &Stage, to: SocketAddr| {
        stage.tunnel.iter().any(|output| match output {
            Output::Datagram { to: at, bytes } => at.address == to && bytes.len() < 100,
            Output::Handshake { targets, .. } => targets.iter().any(|target| target.address == to),
            _ => false,
        })
    };
    stage.pass(Duration::from_millis(150));
    assert!(punched(&stage, somewhere()) && punched(&stage, elsewhere()));
    let answers = sent(&mut stage, &link);
    let (to, answer) = &answers[0];
    assert_eq!((*to, answer.token, answer.seen), (somewhere(), [1; 8], Some(somewhere())));
    assert_eq!(answer.word, KnockWord::Answer);
    assert_eq!(stage.snapshot().party.unwrap().peers.len(), 1);
    // A copy is not answered again at once, and a friend is not let in twice.
    hear(&mut stage, &link, somewhere(), &ask);
    assert!(sent(&mut stage, &link).is_empty());
}

#[test]
fn strangers_replays_of_another_day_and_records_of_another_party_get_no_byte_back() {
    let mut stage = host();
    let link = stage.invitation();
    let bob = Somebody::new(2, link.party);
    let ask = knock(&stage, KnockWord::Ask, [1; 8], bob.sign(&link.secret));
    let other = Invitation { epoch: 2, ..link.clone() };
    hear(&mut stage, &other, somewhere(), &ask);
    let mut old = ask.clone();
    old.at.0 += 48 * 3_600_000;
    hear(&mut stage, &link, somewhere(), &old);
    let forged = Knock { record: bob.sign(&lanrage_party::PartySecret::from_random([9; 32])), ..ask };
    hear(&mut stage, &link, somewhere(), &forged);
    stage.input(Input::Tunnel(TunnelEvent::Knock { from: somewhere(), bytes: vec![0x80; 480] }));
    assert!(sent(&mut stage, &link).is_empty());
    assert_eq!(stage.snapshot().party.unwrap().peers.len(), 0);
    assert_eq!(stage.snapshot().network.dropped.knocks, 3);
}

#[test]
fn a_knock_is_passed_on_to_every_friend_and_who_hears_it_so_answers_straight() {
    let (mut stage, link, _) = host_with_friend();
    stage.tunnel.clear();
    let carol = Somebody::new(3, link.party);
    let ask = knock(&stage, KnockWord::Ask, [2; 8], carol.sign(&link.secret));
    hear(&mut stage, &link, elsewhere(), &ask);
    let passed = told(&mut stage, &link).into_iter().find_map(|message| match message {
        Message::Knock { from, bytes } => Some((from, bytes)),
        _ => None,
    });
    let (from, bytes) = passed.expect("the friend hears of it");
    assert_eq!((from, key(&link).open(&bytes)), (elsewhere(), Ok(ask)));

    // The friend, whose program hears it from a member.
    let (mut friend, link, member) = host_with_friend();
    friend.tunnel.clear();
    let carol = Somebody::new(3, link.party);
    let ask = knock(&friend, KnockWord::Ask, [2; 8], carol.sign(&link.secret));
    let bytes = key(&link).seal(&ask, [8; 25]);
    say(&mut friend, &member, &Message::Knock { from: somewhere(), bytes });
    let answered: Vec<SocketAddr> = sent(&mut friend, &link).into_iter().map(|(to, _)| to).collect();
    assert_eq!(answered, [somewhere(), elsewhere()], "where it was seen, and where it says");
    assert_eq!(friend.snapshot().party.unwrap().peers.len(), 2);
}

#[test]
fn who_follows_a_link_knocks_until_somebody_answers_and_is_in_then() {
    let link = host().invitation();
    let mut stage = joiner(&link);
    assert!(stage.snapshot().party.is_none(), "not before somebody answers");
    stage.pass(Duration::from_millis(800));
    let asks = sent(&mut stage, &link);
    assert_eq!(asks.len(), 4, "at once, and after 0.1, 0.3 and 0.7 s");
    assert!(asks.iter().all(|(to, ask)| *to == somewhere() && ask.word == KnockWord::Ask));
    let ann = Somebody::new(2, link.party);
    let answer = |token| knock(&stage, KnockWord::Answer, token, ann.sign(&link.secret));
    let (forged, honest) = (answer([0; 8]), answer(asks[0].1.token));
    hear(&mut stage, &link, somewhere(), &forged);
    assert!(stage.results.is_empty(), "an answer to something else");
    hear(&mut stage, &link, somewhere(), &honest);
    assert!(matches!(stage.results.pop(), Some((9, Ok(())))));
    assert_eq!((stage.adapters_opened, stage.snapshot().party.unwrap().peers.len()), (1, 1));
    assert!(
        matches!(
            &stage.kept[..],
            [StoreAction::SaveMembership { active: true, .. }, StoreAction::SavePeer { .. }, ..]
        ),
        "a peer is kept in a party that is kept: {:?}",
        stage.kept
    );
}

#[test]
fn whoever_left_by_a_clock_that_was_ahead_comes_back_with_something_newer() {
    let link = host().invitation();
    let hour = Duration::from_secs(3_600);
    let mut stage = host();
    stage.pass(hour);
    stage.command(2, Command::LeaveParty);
    let left = stage.kept.iter().find_map(|action| match action {
        StoreAction::ForgetMembership { sequence, .. } => Some(*sequence),
        _ => None,
    });
    let left = left.expect("the next start is told");
    assert!(left >= stage.now().wall.0);
    stage.pass(Duration::from_secs(10));
    stage.set_back = hour;
    let link = Invitation { addresses: vec![somewhere()], ..link };
    stage.command(3, Command::JoinParty(Box::new(link.clone())));
    stage.pass(Duration::from_millis(1));
    let asked = sent(&mut stage, &link);
    assert!(asked[0].1.record.claimed().sequence > left);
}

#[test]
fn where_nobody_answers_joining_ends_with_that_and_leaves_nothing_behind() {
    let link = host().invitation();
    let mut stage = joiner(&link);
    stage.pass(Duration::from_secs(31));
    assert_eq!(
        stage.results.pop(),
        Some((9, Err(CommandError::NobodyAnswers { because: Unanswered::NotKnown })))
    );
    assert!(stage.snapshot().party.is_none());
    stage.tunnel.clear();
    stage.pass(Duration::from_secs(60));
    assert!(sent(&mut stage, &link).is_empty());
}

#[test]
fn who_claims_an_address_that_is_taken_is_told_all_that_are_and_takes_another() {
    let (mut stage, link, bob) = host_with_friend();
    stage.tunnel.clear();
    let mut carol = Somebody::new(3, link.party);
    carol.record.virtual_ip = bob.record.virtual_ip;
    let ask = knock(&stage, KnockWord::Ask, [2; 8], carol.sign(&link.secret));
    hear(&mut stage, &link, elsewhere(), &ask);
    let (_, answer) = sent(&mut stage, &link).remove(0);
    let KnockWord::Refusal(KnockRefusal::AddressTaken(taken)) = answer.word else { panic!("{answer:?}") };
    let own = stage.party().unwrap().membership.virtual_ip;
    assert!(taken.contains(&own) && taken.contains(&bob.record.virtual_ip));

    let mut stage = joiner(&link);
    let before = stage.party().unwrap().membership.virtual_ip;
    let token = sent(&mut stage, &link)[0].1.token;
    let word = KnockWord::Refusal(KnockRefusal::AddressTaken(vec![before]));
    let refusal = knock(&stage, word, token, bob.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &refusal);
    stage.pass(Duration::from_millis(1));
    let (_, again) = sent(&mut stage, &link).remove(0);
    assert_ne!(again.record.claimed().virtual_ip, before);
    assert_ne!(again.token, token, "what answered the first ask answers nothing any more");
}

#[test]
fn a_full_party_says_so() {
    let link = host().invitation();
    let mut stage = joiner(&link);
    let token = sent(&mut stage, &link)[0].1.token;
    let stranger = Somebody::new(5, link.party);
    let full = || KnockWord::Refusal(KnockRefusal::Full);
    let forged =
        knock(&stage, full(), token, stranger.sign(&lanrage_party::PartySecret::from_random([9; 32])));
    hear(&mut stage, &link, somewhere(), &forged);
    assert!(stage.results.is_empty(), "not by a member");
    let honest = knock(&stage, full(), token, stranger.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &honest);
    assert_eq!(stage.results.pop().unwrap().1.unwrap_err().code(), "control_party_full");
}

#[test]
fn what_a_member_says_of_others_is_believed_as_far_as_they_have_signed_it() {
    let (mut stage, link, bob) = host_with_friend();
    let mut carol = Somebody::new(3, link.party);
    let eve = Somebody::new(4, link.party);
    let forged = eve.sign(&lanrage_party::PartySecret::from_random([9; 32]));
    say(&mut stage, &bob, &Message::Records(vec![forged, carol.sign(&link.secret)]));
    let names = |stage: &Stage| {
        let peers = stage.snapshot().party.unwrap().peers;
        peers.into_iter().map(|peer| peer.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&stage), ["peer 2", "peer 3"]);

    // Only who leaves says so, and nobody brings it back by an older word.
    let departure = |who: &Somebody, by: &Somebody, sequence| {
        let leave = Leave::sign(&by.identity, &link.party, sequence);
        Message::Departures(vec![Departure { identity: who.identity.public(), leave }])
    };
    say(&mut stage, &bob, &departure(&carol, &bob, 200));
    assert_eq!(names(&stage).len(), 2);
    say(&mut stage, &bob, &departure(&carol, &carol, 200));
    assert_eq!(names(&stage), ["peer 2"]);
    say(&mut stage, &bob, &Message::Records(vec![carol.sign(&link.secret)]));
    assert_eq!(names(&stage), ["peer 2"]);
    carol.record.sequence = 201;
    say(&mut stage, &bob, &Message::Records(vec![carol.sign(&link.secret)]));
    assert_eq!(names(&stage), ["peer 2", "peer 3"]);
}

#[test]
fn who_has_just_met_hears_what_is_known_and_is_asked_for_what_is_not() {
    let (mut stage, link, bob) = host_with_friend();
    stage.pass(Duration::from_millis(300));
    let digests = told(&mut stage, &link);
    assert!(digests.iter().any(|message| matches!(message, Message::Digest { count: 2, .. })), "{digests:?}");
    say(&mut stage, &bob, &Message::Digest { hash: 1, count: 1 });
    let [Message::Summary(lines)] = &told(&mut stage, &link)[..] else {
        panic!("who says other things is asked")
    };
    assert_eq!(lines.len(), 2);
    say(&mut stage, &bob, &Message::Summary(Vec::new()));
    let [Message::Records(records)] = &told(&mut stage, &link)[..] else { panic!() };
    assert_eq!(records.len(), 2, "this device's record, and the friend's own");
}

#[test]
fn of_two_with_one_address_the_smaller_id_keeps_it_on_every_device() {
    let (mut stage, link, bob) = host_with_friend();
    let own = stage.party().unwrap().membership.virtual_ip;
    let me = stage.party().unwrap().membership.signed().unwrap().claimed().peer_id();
    let (mut smaller, mut larger) = (None, None);
    for seed in 3..40 {
        let mut somebody = Somebody::new(seed, link.party);
        somebody.record.virtual_ip = own;
        let slot = if somebody.identity.peer_id() < me { &mut smaller } else { &mut larger };
        slot.get_or_insert(somebody);
    }
    say(&mut stage, &bob, &Message::Records(vec![larger.unwrap().sign(&link.secret)]));
    assert_eq!(stage.party().unwrap().membership.virtual_ip, own, "the other one has to go");
    let smaller = smaller.unwrap();
    say(&mut stage, &bob, &Message::Records(vec![smaller.sign(&link.secret)]));
    let party = stage.party().unwrap();
    assert_ne!(party.membership.virtual_ip, own);
    assert!(party.connections.connections().contains_key(&smaller.identity.peer_id()));
    let signed = party.membership.signed().unwrap().claimed();
    assert_eq!(signed.virtual_ip, party.membership.virtual_ip, "and it has said so");
}

#[test]
fn a_signal_for_somebody_else_is_passed_on_once_and_only_for_its_sender() {
    let (mut stage, link, bob) = host_with_friend();
    let carol = Somebody::new(3, link.party);
    say(&mut stage, &bob, &Message::Records(vec![carol.sign(&link.secret)]));
    let (from, to) = (bob.identity.peer_id(), carol.identity.peer_id());
    let signal = |hops, from| Message::Signal { hops, from, to, sealed: SealedSignal::from_bytes(&[7; 90]) };
    let passed = |stage: &mut Stage| {
        let told = told(stage, &link).into_iter();
        told.filter(|message| matches!(message, Message::Signal { .. })).collect::<Vec<_>>()
    };
    passed(&mut stage);
    say(&mut stage, &bob, &signal(1, from));
    assert!(passed(&mut stage).is_empty(), "there is no path to her");
    stage.prove_path(to, elsewhere());
    passed(&mut stage);
    for (signal, times) in [(signal(1, from), 1), (signal(0, from), 0), (signal(1, to), 0)] {
        say(&mut stage, &bob, &signal);
        assert_eq!(passed(&mut stage).len(), times, "{signal:?}");
    }
}

#[test]
fn what_a_friend_says_of_its_router_is_shown_though_no_server_tells() {
    let (mut stage, _, bob) = host_with_friend();
    let shown = |stage: &Stage| stage.snapshot().party.unwrap().peers[0].nat_type;
    assert_eq!(shown(&stage), NatType::Unknown);
    let to = stage.party().unwrap().membership.signed().unwrap().claimed().peer_id();
    let (from, sealed) = (bob.identity.peer_id(), sealed(&stage, &bob, 1));
    say(&mut stage, &bob, &Message::Signal { hops: 0, from, to, sealed });
    assert_eq!(shown(&stage), NatType::Symmetric);
}

#[test]
fn who_leaves_tells_friends_in_words_that_they_can_pass_on() {
    let (mut stage, link, _) = host_with_friend();
    let own = stage.party().unwrap().membership.signed().unwrap().claimed().clone();
    stage.tunnel.clear();
    stage.command(8, Command::LeaveParty);
    let departure = told(&mut stage, &link).into_iter().find_map(|message| match message {
        Message::Departures(departures) => Some(departures[0]),
        _ => None,
    });
    let departure = departure.expect("it is said before the farewell");
    assert!(departure.leave.is_of(&own.identity, &link.party, own.sequence));
}

#[test]
fn who_leaves_tells_each_friend_by_knocks_until_it_answers_or_three_seconds_are_over() {
    for answers in [true, false] {
        let (mut stage, link, bob) = host_with_friend();
        stage.tunnel.clear();
        stage.command(8, Command::LeaveParty);
        stage.pass(Duration::from_millis(200));
        let said = sent(&mut stage, &link);
        let (to, first) = &said[0];
        assert!(matches!(first.word, KnockWord::Leave(_)) && *to == somewhere(), "{first:?}");
        assert!(stage.session.is_parting());
        if answers {
            let stranger = Somebody::new(5, link.party);
            for (by, token, goes_on) in
                [(&stranger, first.token, true), (&bob, [0; 8], true), (&bob, first.token, false)]
            {
                let answer = knock(&stage, KnockWord::Answer, token, by.sign(&link.secret));
                hear(&mut stage, &link, somewhere(), &answer);
                assert_eq!(stage.session.is_parting(), goes_on);
            }
        }
        stage.pass(Duration::from_millis(2_900));
        let times = sent(&mut stage, &link).iter().filter(|(to, _)| *to == somewhere()).count();
        assert_eq!((times, stage.session.is_parting()), if answers { (0, false) } else { (4, false) });
    }
}

#[test]
fn a_friend_who_says_by_a_knock_that_it_has_left_is_gone_and_hears_that_this_is_known() {
    let (mut stage, link, bob) = host_with_friend();
    stage.tunnel.clear();
    let leaves = |stage: &Stage, by: &Somebody, token| {
        let leave = Leave::sign(&by.identity, &link.party, 200);
        knock(stage, KnockWord::Leave(leave), [token; 8], bob.sign(&link.secret))
    };
    let forged = leaves(&stage, &Somebody::new(5, link.party), 1);
    hear(&mut stage, &link, elsewhere(), &forged);
    assert_eq!(stage.snapshot().party.unwrap().peers.len(), 1, "who leaves says so itself");
    let word = leaves(&stage, &bob, 2);
    for _ in 0..2 {
        hear(&mut stage, &link, elsewhere(), &word);
        let answers = sent(&mut stage, &link);
        assert!(
            matches!(&answers[..], [(to, answer)] if *to == elsewhere()
            && (&answer.word, answer.token) == (&KnockWord::Answer, [2; 8])),
            "{answers:?}"
        );
        assert_eq!(stage.snapshot().party.unwrap().peers.len(), 0);
        // The answer may be lost.
        stage.pass(Duration::from_millis(300));
        sent(&mut stage, &link);
    }
}

#[test]
fn a_word_of_leaving_that_is_old_or_not_of_a_member_here_does_nothing_and_is_not_answered() {
    let (mut stage, link, mut bob) = host_with_friend();
    let stranger = Somebody::new(5, link.party);
    let said = |stage: &Stage, token, by: &Somebody, party, sequence| {
        let leave = Leave::sign(&by.identity, &party, sequence);
        knock(stage, KnockWord::Leave(leave), [token; 8], by.sign(&link.secret))
    };
    let is_ignored = |stage: &mut Stage, word: &Knock| {
        stage.tunnel.clear();
        hear(stage, &link, elsewhere(), word);
        assert!(sent(stage, &link).is_empty(), "{word:?}");
        assert_eq!(stage.snapshot().party.unwrap().peers.len(), 1, "{word:?}");
    };
    let elsewhere_left = PartyId::from_random([9; 16]);
    let of_before = said(&stage, 11, &bob, link.party, bob.record.sequence);
    let of_elsewhere = said(&stage, 12, &bob, elsewhere_left, 200);
    let of_nobody = said(&stage, 13, &stranger, link.party, 200);
    for word in [of_before, of_elsewhere, of_nobody] {
        is_ignored(&mut stage, &word);
    }
    // It leaves, comes back, and somebody on the way sends its word once more.
    let left = said(&stage, 14, &bob, link.party, 200);
    hear(&mut stage, &link, elsewhere(), &left);
    assert_eq!(stage.snapshot().party.unwrap().peers.len(), 0);
    bob.record.sequence = 201;
    let ask = knock(&stage, KnockWord::Ask, [15; 8], bob.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &ask);
    stage.pass(Duration::from_millis(300));
    is_ignored(&mut stage, &left);
}

#[test]
fn who_hides_its_addresses_neither_knocks_nor_answers() {
    let mut stage = host();
    let link = stage.invitation();
    let mut settings = super::stage::settings(None);
    settings.relay_only = true;
    stage.input(Input::Configure(settings));
    stage.tunnel.clear();
    let bob = Somebody::new(2, link.party);
    let ask = knock(&stage, KnockWord::Ask, [1; 8], bob.sign(&link.secret));
    hear(&mut stage, &link, somewhere(), &ask);
    stage.pass(Duration::from_secs(10));
    assert!(sent(&mut stage, &link).is_empty());
    let shown: Invitation = stage.snapshot().party.unwrap().invitation.0.parse().unwrap();
    assert!(shown.addresses.is_empty());
}

#[test]
fn who_knocks_without_end_has_a_whole_party_answer_a_few_times_a_second_and_no_more() {
    let (mut stage, link, _) = host_with_friend();
    let carol = Somebody::new(3, link.party);
    let mut passed = 0;
    for n in 0..200_u64 {
        let ask = knock(&stage, KnockWord::Ask, n.to_be_bytes(), carol.sign(&link.secret));
        hear(&mut stage, &link, elsewhere(), &ask);
        passed += told(&mut stage, &link).iter().filter(|told| matches!(told, Message::Knock { .. })).count();
    }
    assert!((1..=16).contains(&passed), "{passed}");

    // The friend, to whom a member passes them on.
    let (mut friend, link, member) = host_with_friend();
    let mut answered = 0;
    for n in 0..400_u64 {
        let mut ask = knock(&friend, KnockWord::Ask, n.to_be_bytes(), carol.sign(&link.secret));
        ask.candidates = vec![Candidate { kind: CandidateType::Host, address: elsewhere() }];
        let bytes = key(&link).seal(&ask, [8; 25]);
        say(&mut friend, &member, &Message::Knock { from: somewhere(), bytes });
        answered += sent(&mut friend, &link).iter().filter(|(to, _)| *to == elsewhere()).count();
    }
    assert!((1..=256).contains(&answered), "{answered}");
}
