use std::time::Duration;

use lanrage_party::{
    DeviceIdentity, Leave, Name, PEER_PROTOCOL, PartyId, PartySecret, PeerRecord, VirtualIp,
    WireGuardPrivateKey,
};
use proptest::prelude::*;

use super::{departures::Departures, *};

fn party() -> PartyId {
    PartyId::from_random([1; 16])
}

fn identity(seed: u8) -> DeviceIdentity {
    DeviceIdentity::from_seed(&[seed; 32])
}

fn record(seed: u8, sequence: u64) -> SignedRecord {
    let record = PeerRecord {
        party: party(),
        identity: identity(seed).public(),
        wireguard_key: WireGuardPrivateKey::from_random([seed; 32]).public(),
        virtual_ip: VirtualIp([10, 66, 1, seed].into()),
        name: Name::new("Ann").unwrap(),
        protocol: PEER_PROTOCOL,
        epoch: 1,
        sequence,
    };
    record.sign(&identity(seed), &PartySecret::from_random([2; 32]))
}

fn departure(seed: u8, sequence: u64) -> Departure {
    let leaver = identity(seed);
    Departure { identity: leaver.public(), leave: Leave::sign(&leaver, &party(), sequence) }
}

/// A member, as far as gossip goes.
#[derive(Default)]
struct Member {
    gossip: Gossip,
    departures: Departures,
    records: BTreeMap<PeerId, SignedRecord>,
}

fn known<'a>(records: &'a BTreeMap<PeerId, SignedRecord>, departures: &'a Departures) -> Known<'a> {
    let gone = departures.all().iter().map(|(id, gone)| (*id, Word::Departure(gone)));
    records.iter().map(|(id, record)| (*id, Word::Record(record))).chain(gone).collect()
}

impl Member {
    /// Takes what it is told, and answers.
    fn hear(&mut self, now: Instant, from: &PeerId, word: &Message) -> Vec<Message> {
        let newest = |records: &BTreeMap<PeerId, SignedRecord>, id: &PeerId| {
            records.get(id).map_or(0, |known| known.claimed().sequence)
        };
        match word {
            Message::Records(records) => {
                for record in records {
                    let (id, sequence) = (record.claimed().peer_id(), record.claimed().sequence);
                    if sequence > newest(&self.records, &id) && !self.departures.has_left(&id, sequence) {
                        self.departures.forget(&id);
                        self.records.insert(id, record.clone());
                    }
                }
            }
            Message::Departures(departures) => {
                for departure in departures {
                    let id = PeerId::of(&departure.identity);
                    let is_newer = departure.leave.sequence > newest(&self.records, &id);
                    if is_newer && self.departures.note(id, *departure) {
                        self.records.remove(&id);
                    }
                }
            }
            Message::Digest { hash, count } => {
                let known = known(&self.records, &self.departures);
                return self.gossip.handle_digest(now, from, (*hash, *count), &known).into_iter().collect();
            }
            Message::Summary(lines) => {
                let known = known(&self.records, &self.departures);
                return self.gossip.handle_summary(now, from, lines, &known);
            }
            _ => panic!("{word:?}"),
        }
        Vec::new()
    }

    fn state(&self) -> Vec<Line> {
        lines(&known(&self.records, &self.departures))
    }
}

fn tell(member: &mut Member, word: Message) {
    member.hear(Instant::now(), &identity(9).peer_id(), &word);
}

/// Both say their digest, and what follows from that, until neither says more. Messages for which `is_lost` says so do not
/// arrive.
fn talk(members: &mut [Member; 2], now: Instant, mut is_lost: impl FnMut() -> bool) {
    let ids = [1, 2].map(|seed| identity(seed).peer_id());
    let mut waiting: Vec<(usize, Message)> = Vec::new();
    for (n, member) in members.iter_mut().enumerate() {
        member.gossip.set_reached(now, &[ids[1 - n]], true);
        member.gossip.note_change(now);
        let known = known(&member.records, &member.departures);
        let (told, digest) = member.gossip.take_due(now, &known).unwrap();
        assert_eq!(told, [ids[1 - n]]);
        waiting.push((1 - n, digest));
    }
    while let Some((to, message)) = waiting.pop() {
        if !is_lost() {
            let answers = members[to].hear(now, &ids[1 - to], &message);
            waiting.extend(answers.into_iter().map(|answer| (1 - to, answer)));
        }
    }
}

#[test]
fn two_halves_of_a_party_know_the_same_after_one_exchange() {
    let now = Instant::now();
    let mut members = [Member::default(), Member::default()];
    for seed in 1..=40 {
        tell(&mut members[usize::from(seed % 2)], Message::Records(vec![record(seed, 5)]));
    }
    members.iter_mut().for_each(|member| tell(member, Message::Records(vec![record(50, 5)])));
    tell(&mut members[0], Message::Departures(vec![departure(50, 6)]));
    tell(&mut members[1], Message::Records(vec![record(2, 9)]));
    talk(&mut members, now, || false);
    assert_eq!(members[0].state(), members[1].state());
    assert_eq!(members[0].records.len(), 40);
    assert!(
        members[1].departures.has_left(&identity(50).peer_id(), 6),
        "whoever has left is nowhere a member"
    );
    assert_eq!(members[0].records[&identity(2).peer_id()].claimed().sequence, 9);
}

#[test]
fn a_digest_is_said_again_soon_to_who_knows_something_else_and_seldom_to_who_knows_the_same() {
    let start = Instant::now();
    let peer = identity(2).peer_id();
    let own = record(1, 5);
    let known: Known<'_> = [(identity(1).peer_id(), Word::Record(&own))].into();
    let mut gossip = Gossip::default();
    gossip.set_reached(start, &[peer], true);
    let due = |gossip: &mut Gossip, times: usize| {
        let mut at = Vec::new();
        for _ in 0..times {
            let due = gossip.poll_timeout().unwrap();
            assert_eq!(gossip.take_due(due, &known).unwrap().0, [peer]);
            at.push((due - start).as_millis());
        }
        at
    };
    assert_eq!(due(&mut gossip, 5), [0, 200, 1_200, 6_200, 36_200]);
    let later = start + Duration::from_secs(40);
    gossip.note_change(later);
    gossip.handle_digest(later, &peer, digest(&known), &known);
    assert_eq!(due(&mut gossip, 2), [40_000, 70_000]);
}

#[test]
fn answers_are_bounded_whatever_a_member_says() {
    let now = Instant::now();
    let mut gossip = Gossip::default();
    let peer = identity(2).peer_id();
    let own = record(1, 5);
    let known: Known<'_> = [(identity(1).peer_id(), Word::Record(&own))].into();
    assert!(gossip.handle_summary(now, &peer, &[], &known).is_empty(), "there is no path to it");
    gossip.set_reached(now, &[peer], true);
    let answers = (0..1_000).map(|_| gossip.handle_summary(now, &peer, &[([9; 8], 9)], &known).len());
    assert_eq!(answers.sum::<usize>(), 2 * SUMMARIES.burst as usize);
    assert_eq!((0..1_000).filter(|_| gossip.passes(now, &peer)).count(), PASSES.burst as usize);
    assert!(!gossip.passes(now, &identity(3).peer_id()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_two_know_and_whatever_is_lost_at_first_they_know_the_same_in_the_end(
        words in prop::collection::vec((0_usize..2, 1_u8..12, 1_u64..6, any::<bool>()), 0..40), seed: u64
    ) {
        let now = Instant::now();
        let mut members = [Member::default(), Member::default()];
        members.iter_mut().for_each(|member| tell(member, Message::Records(vec![record(20, 1)])));
        for (at, who, sequence, leaves) in words {
            let word = if leaves {
                Message::Departures(vec![departure(who, sequence)])
            } else {
                Message::Records(vec![record(who, sequence)])
            };
            tell(&mut members[at], word);
        }
        let mut state = seed;
        talk(&mut members, now, || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 62 == 0
        });
        talk(&mut members, now + Duration::from_secs(5), || false);
        prop_assert_eq!(members[0].state(), members[1].state());
    }
}
