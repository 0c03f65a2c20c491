use std::collections::{BTreeMap, BTreeSet};

use lanrage_control::{
    protocol::{PartySnapshot, Request, ServerMessage},
    registry::{Registry, RegistrySettings, StoredChange, StoredParty, StoredPeer},
};
use lanrage_party::{NatType, PartyId, PeerId, UnixMillis, VirtualIp};
use proptest::prelude::*;

use crate::support::*;

const PEERS: u8 = 6;

#[derive(Debug, Clone)]
enum Step {
    Create { peer: u8, party: u8, ip: u8, sequence: u64 },
    Join { peer: u8, party: u8, ip: u8, sequence: u64 },
    Update { peer: u8, party: u8, ip: u8, sequence: u64, symmetric: bool },
    Leave { peer: u8, party: u8 },
    Disconnect { peer: u8 },
    Heartbeat { peer: u8 },
    Wait { minutes: u64 },
    Write,
}

fn step() -> impl Strategy<Value = Step> {
    let (peer, party, ip, sequence) = (0..PEERS, 0_u8..2, 0_u8..8, 1_u64..4);
    prop_oneof![
        1 => (peer.clone(), party.clone(), ip.clone(), sequence.clone())
            .prop_map(|(peer, party, ip, sequence)| Step::Create { peer, party, ip, sequence }),
        3 => (peer.clone(), party.clone(), ip.clone(), sequence.clone())
            .prop_map(|(peer, party, ip, sequence)| Step::Join { peer, party, ip, sequence }),
        1 => (peer.clone(), party.clone(), ip, sequence, any::<bool>()).prop_map(
            |(peer, party, ip, sequence, symmetric)| Step::Update { peer, party, ip, sequence, symmetric }
        ),
        1 => (peer.clone(), party).prop_map(|(peer, party)| Step::Leave { peer, party }),
        1 => peer.clone().prop_map(|peer| Step::Disconnect { peer }),
        1 => peer.prop_map(|peer| Step::Heartbeat { peer }),
        2 => prop_oneof![1_u64..10, 1_000_u64..60_000].prop_map(|minutes| Step::Wait { minutes }),
        1 => Just(Step::Write),
    ]
}

/// What members see, and what a disk holds, of one registry.
#[derive(Default)]
struct Observer {
    views: BTreeMap<(PeerId, PartyId), PartySnapshot>,
    parties: BTreeMap<PartyId, StoredParty>,
    peers: BTreeMap<(PartyId, PeerId), StoredPeer>,
}

impl Observer {
    fn listen(&mut self, registry: &mut Registry) {
        for (to, message) in said(registry) {
            match message {
                ServerMessage::Party { snapshot } => {
                    if let Some(before) = self.views.insert((to, snapshot.party), snapshot.clone()) {
                        assert!(before.revision <= snapshot.revision);
                    }
                }
                ServerMessage::Delta { party, revision, change } => {
                    let view = self.views.get_mut(&(to, party)).expect("a delta only after the party");
                    assert_eq!(revision, view.revision + 1, "no gap");
                    view.apply(revision, &change);
                }
                ServerMessage::Left { party } => {
                    self.views.remove(&(to, party));
                }
                _ => {}
            }
        }
    }

    fn write(&mut self, registry: &mut Registry) {
        for change in registry.take_changes() {
            match change {
                StoredChange::PutParty(party) => {
                    self.parties.insert(party.party, party);
                }
                StoredChange::RemoveParty(party) => {
                    self.parties.remove(&party);
                    self.peers.retain(|(of, _), _| *of != party);
                }
                StoredChange::PutPeer(peer) => {
                    assert!(self.parties.contains_key(&peer.party), "a party before its peers");
                    self.peers.insert((peer.party, peer.peer), peer);
                }
                StoredChange::RemovePeer { party, peer } => {
                    self.peers.remove(&(party, peer));
                }
                StoredChange::PutToken(_) | StoredChange::PutRelay(_) | StoredChange::RemoveRelay(_) => {}
            }
        }
    }

    fn check(&self, registry: &Registry) {
        for party in [party(0), party(1)] {
            let Some(truth) = registry.party(&party) else { continue };
            let leases: BTreeSet<VirtualIp> =
                truth.peers.iter().map(|peer| peer.record.claimed().virtual_ip).collect();
            assert_eq!(leases.len(), truth.peers.len(), "no address twice");
            assert!(truth.peers.iter().any(|peer| peer.peer() == truth.host), "the host is a member");
            for peer in truth.peers.iter().filter(|peer| peer.online) {
                let seen = &self.views[&(peer.peer(), party)];
                assert_eq!(seen.revision, truth.revision);
                let sorted = |snapshot: &PartySnapshot| {
                    let mut peers = snapshot.peers.clone();
                    peers.sort_by_key(|peer| peer.peer());
                    (peers, snapshot.host)
                };
                assert_eq!(sorted(seen), sorted(&truth), "every member sees the same");
            }
        }
    }
}

fn run(registry: &mut Registry, step: Step, now: &mut UnixMillis, observer: &mut Observer) {
    let signed =
        |peer, of: u8, ip, sequence| record_in(party(of), peer, VirtualIp([10, 66, 0, ip].into()), sequence);
    match step {
        Step::Create { peer, party, ip, sequence } => {
            registry.handle(id(peer), create(signed(peer, party, ip, sequence)), *now);
        }
        Step::Join { peer, party, ip, sequence } => {
            registry.handle(id(peer), join(signed(peer, party, ip, sequence)), *now);
        }
        Step::Update { peer, party: of, ip, sequence, symmetric } => {
            let record = Some(signed(peer, of, ip, sequence));
            let nat_type = symmetric.then_some(NatType::Symmetric);
            registry.handle(id(peer), Request::UpdatePeer { party: party(of), record, nat_type }, *now);
        }
        Step::Leave { peer, party: of } => {
            registry.handle(id(peer), Request::LeaveParty { party: party(of), leave: None }, *now);
        }
        Step::Disconnect { peer } => {
            registry.disconnected(id(peer), *now);
            observer.views.retain(|(to, _), _| *to != id(peer));
        }
        Step::Heartbeat { peer } => registry.heartbeat(id(peer), *now),
        Step::Wait { minutes } => {
            *now = now.plus(minutes * MINUTE);
            registry.sweep(*now);
            observer.listen(registry);
            for peer in registry.take_silent() {
                observer.views.retain(|(to, _), _| *to != peer);
            }
        }
        Step::Write => observer.write(registry),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_happens_leases_are_unique_members_agree_and_the_disk_follows(
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut registry = empty();
        let mut observer = Observer::default();
        let mut now = START;
        for step in steps {
            run(&mut registry, step, &mut now, &mut observer);
            observer.listen(&mut registry);
            observer.check(&registry);
        }
        observer.write(&mut registry);
        let stored = (observer.parties.into_values().collect(), observer.peers.into_values().collect());
        let (restored, refused) = Registry::restore(RegistrySettings::default(), stored.0, stored.1, now);
        prop_assert_eq!(refused, 0);
        for party in [party(0), party(1)] {
            let away = |mut snapshot: PartySnapshot| {
                snapshot.peers.iter_mut().for_each(|peer| peer.online = false);
                // Presence alone moves the revision and is not stored.
                snapshot.revision = 0;
                snapshot
            };
            prop_assert_eq!(restored.party(&party).map(away), registry.party(&party).map(away));
        }
    }
}
