//! Whatever happens to devices, servers and the network between them: in the end all agree. The rules are
//! written in the documentation of `lanrage_control`.

mod stage;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use lanrage_control::{
    DisconnectReason,
    protocol::{ErrorCode, PartySnapshot},
};
use lanrage_party::{NatType, PeerId, SignedRecord, VirtualIp};
use proptest::prelude::*;

use self::stage::{ANN, Cut, Stage};
use crate::support::id;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Longer than anything takes to be made good: the longest wait between two tries, and a dead connection's
/// heartbeat before it.
const HEALED: Duration = Duration::from_secs(5 * 60);

const BOB: usize = 1;
const CARL: usize = 2;
const DAVE: usize = 3;
/// A second device of Bob's, with the same identity.
const BOBS_TWIN: usize = 4;
const IDENTITIES: [u8; 5] = [1, 2, 3, 4, 2];

#[derive(Debug, Clone, Copy)]
enum Step {
    Enter {
        device: usize,
        ip: u8,
    },
    Leave {
        device: usize,
    },
    Change {
        device: usize,
        nat_type: NatType,
    },
    /// Two at once: neither hears of the other's change before its own is on its way.
    ChangeBoth {
        one: usize,
        other: usize,
    },
    On {
        device: usize,
    },
    Off {
        device: usize,
    },
    Cut {
        device: usize,
        cut: Cut,
    },
    ServerDies,
    ServerStarts,
    Backup,
    RestoreBackup,
    Pass {
        seconds: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let device = 0..IDENTITIES.len();
    let guest = 1..IDENTITIES.len();
    let nat_type = prop_oneof![Just(NatType::Open), Just(NatType::Symmetric), Just(NatType::Unknown)];
    let cut = prop_oneof![Just(Cut::Clean), Just(Cut::ClientOnly), Just(Cut::Silent)];
    prop_oneof![
        // Few addresses, so that they collide.
        5 => (guest.clone(), 1_u8..5).prop_map(|(device, ip)| Step::Enter { device, ip }),
        1 => guest.prop_map(|device| Step::Leave { device }),
        2 => (device.clone(), nat_type).prop_map(|(device, nat_type)| Step::Change { device, nat_type }),
        1 => (device.clone(), device.clone()).prop_map(|(one, other)| Step::ChangeBoth { one, other }),
        2 => device.clone().prop_map(|device| Step::On { device }),
        2 => device.clone().prop_map(|device| Step::Off { device }),
        3 => (device, cut).prop_map(|(device, cut)| Step::Cut { device, cut }),
        1 => Just(Step::ServerDies),
        1 => Just(Step::ServerStarts),
        1 => Just(Step::Backup),
        1 => Just(Step::RestoreBackup),
        4 => prop_oneof![
            4 => 0_u64..5, 4 => 5_u64..90, 2 => 90_u64..1_000, 1 => Just(24 * 60 * 60),
        ].prop_map(|seconds| Step::Pass { seconds }),
    ]
}

/// What has to be true of members, whatever else happened: the reference that the stage is compared with.
#[derive(Default)]
struct Model {
    /// Who holds a membership, by device.
    members: BTreeSet<usize>,
    /// Who ever left: a server that was not told, or forgot it, may still list them.
    left: BTreeSet<PeerId>,
}

impl Model {
    fn run(&mut self, stage: &mut Stage, step: Step) {
        match step {
            Step::Enter { device, ip } => {
                if stage.is_on(device) {
                    self.members.insert(device);
                }
                stage.enter(device, ip);
            }
            Step::Leave { device } => {
                if stage.is_on(device) && self.members.remove(&device) {
                    self.left.insert(stage.peer(device));
                }
                stage.leave(device);
            }
            Step::Change { device, nat_type } => stage.change(device, nat_type),
            Step::ChangeBoth { one, other } => {
                stage.change(one, NatType::Open);
                stage.change(other, NatType::FullCone);
            }
            Step::On { device } => stage.switch_on(device),
            Step::Off { device } => stage.switch_off(device),
            Step::Cut { device, cut } => stage.cut(device, cut),
            Step::ServerDies => stage.server_dies(),
            Step::ServerStarts => stage.server_starts(),
            Step::Backup => stage.server_takes_a_backup(),
            Step::RestoreBackup => stage.server_is_restored(),
            Step::Pass { seconds } => stage.pass(Duration::from_secs(seconds)),
        }
        check_always(stage.truth());
    }
}

fn leases(party: &PartySnapshot) -> BTreeMap<PeerId, VirtualIp> {
    party.peers.iter().map(|peer| (peer.peer(), peer.record.claimed().virtual_ip)).collect()
}

fn records(party: &PartySnapshot) -> BTreeMap<PeerId, SignedRecord> {
    party.peers.iter().map(|peer| (peer.peer(), peer.record.clone())).collect()
}

/// What is true of a registry at every moment.
fn check_always(party: Option<PartySnapshot>) {
    let Some(party) = party else { return };
    let distinct: BTreeSet<VirtualIp> = leases(&party).into_values().collect();
    assert_eq!(distinct.len(), party.peers.len(), "no address twice");
    assert!(party.peers.iter().any(|peer| peer.peer() == party.host), "the host is a member");
}

/// Everybody is on, and the server is there.
fn gather(stage: &mut Stage) {
    for device in 0..IDENTITIES.len() {
        stage.switch_on(device);
    }
    stage.server_starts();
    stage.pass(HEALED);
}

/// Everybody agrees, and nobody is missing.
fn check_agreement(stage: &Stage, model: &Model) {
    let truth = stage.truth().expect("the party is there");
    let twins: Vec<usize> = [BOB, BOBS_TWIN].into_iter().filter(|twin| stage.is_connected(*twin)).collect();
    assert_eq!(twins.len(), 1, "one of two devices with the same identity");
    let other = if twins[0] == BOB { BOBS_TWIN } else { BOB };
    let told = Some(DisconnectReason::Refused(ErrorCode::Replaced));
    assert_eq!(stage.devices[other].disconnected, told, "and the other one is told");
    for device in (0..IDENTITIES.len()).filter(|device| *device != other) {
        assert!(stage.is_connected(device), "device {device}");
        assert_eq!(stage.devices[device].membership.is_some(), model.members.contains(&device), "{device}");
        if model.members.contains(&device) {
            let mut view = stage.devices[device].view.clone().expect("a member sees the party");
            view.peers.sort_by_key(|peer| (peer.joined_at, peer.peer()));
            let mut truth = truth.clone();
            truth.peers.sort_by_key(|peer| (peer.joined_at, peer.peer()));
            assert_eq!(view, truth, "device {device} sees what the registry has");
            let me = truth.peers.iter().find(|peer| peer.peer() == stage.peer(device)).expect("not lost");
            assert!(me.online, "device {device}");
            let ip = stage.devices[device].membership.as_ref().map(|membership| membership.ip);
            assert_eq!(Some(me.record.claimed().virtual_ip.0.octets()[3]), ip, "its own address");
        }
    }
    let expected: BTreeSet<PeerId> = model.members.iter().map(|device| stage.peer(*device)).collect();
    for peer in &truth.peers {
        let known = expected.contains(&peer.peer()) || model.left.contains(&peer.peer());
        assert!(known, "nobody from nowhere");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_all_agree_in_the_end_under_the_same_ids_and_leases(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let mut stage = Stage::new(&IDENTITIES);
        let mut model = Model { members: [ANN].into(), ..Model::default() };
        for step in steps {
            model.run(&mut stage, step);
        }
        gather(&mut stage);
        check_agreement(&stage, &model);
        let known = settled(&stage, &model);

        stage.server_dies();
        gather(&mut stage);
        check_agreement(&stage, &model);
        prop_assert_eq!(addresses(&known, &stage), leases_of(&known), "a restart moves nobody");
    }
}

/// The members whose address has to stay, whatever becomes of the server. Not of Bob, whose two devices may have a
/// record each, nor of who has left without the server having heard of it.
fn settled(stage: &Stage, model: &Model) -> BTreeMap<PeerId, SignedRecord> {
    let mut settled = records(&stage.truth().unwrap());
    settled.retain(|peer, _| {
        *peer != stage.peer(BOB) && model.members.iter().any(|device| stage.peer(*device) == *peer)
    });
    settled
}

fn leases_of(records: &BTreeMap<PeerId, SignedRecord>) -> BTreeMap<PeerId, VirtualIp> {
    records.iter().map(|(peer, record)| (*peer, record.claimed().virtual_ip)).collect()
}

/// The addresses of these members now.
fn addresses(of: &BTreeMap<PeerId, SignedRecord>, stage: &Stage) -> BTreeMap<PeerId, VirtualIp> {
    let mut addresses = leases(&stage.truth().unwrap());
    addresses.retain(|peer, _| of.contains_key(peer));
    addresses
}

fn stage_of_four() -> (Stage, Model) {
    let mut stage = Stage::new(&IDENTITIES[..4]);
    for (device, ip) in [(BOB, 2), (CARL, 3), (DAVE, 4)] {
        stage.enter(device, ip);
    }
    (stage, Model { members: [ANN, BOB, CARL, DAVE].into(), ..Model::default() })
}

fn assert_all_agree(stage: &Stage) {
    let truth = stage.truth().unwrap();
    for device in 0..4 {
        let view = stage.devices[device].view.clone().unwrap();
        assert_eq!(records(&view), records(&truth), "device {device}");
        assert_eq!(view.revision, truth.revision);
    }
    assert_eq!(truth.peers.len(), 4);
    assert!(truth.peers.iter().all(|peer| peer.online));
}

#[test]
fn a_device_that_was_off_for_a_day_sees_all_that_has_changed() {
    let (mut stage, _) = stage_of_four();
    stage.switch_off(DAVE);
    stage.change(BOB, NatType::Symmetric);
    stage.pass(24 * HOUR);
    stage.change(CARL, NatType::Open);
    stage.switch_on(DAVE);
    stage.pass(MINUTE);
    assert_all_agree(&stage);
}

#[test]
fn a_server_with_yesterdays_backup_learns_of_today_from_its_clients() {
    let (mut stage, _) = stage_of_four();
    stage.leave(DAVE);
    stage.server_takes_a_backup();
    let before = stage.truth().unwrap();
    stage.pass(24 * HOUR);
    stage.enter(DAVE, 4);
    stage.change(BOB, NatType::Symmetric);
    let today = stage.truth().unwrap();
    stage.server_is_restored();
    assert_eq!(records(&stage.truth().unwrap()), records(&before), "it has forgotten today");
    stage.pass(MINUTE);
    assert_all_agree(&stage);
    assert_eq!(records(&stage.truth().unwrap()), records(&today));
}

#[test]
fn two_that_change_at_once_both_see_both_changes() {
    let (mut stage, _) = stage_of_four();
    stage.change(BOB, NatType::Symmetric);
    stage.change(CARL, NatType::Open);
    stage.pass(MINUTE);
    assert_all_agree(&stage);
    let truth = stage.truth().unwrap();
    let nat_type = |n: u8| truth.peers.iter().find(|peer| peer.peer() == id(n)).unwrap().nat_type;
    assert_eq!((nat_type(2), nat_type(3)), (NatType::Symmetric, NatType::Open));
}

#[test]
fn of_two_devices_with_one_identity_the_later_one_wins_for_good_and_the_earlier_one_follows_when_it_goes() {
    let mut stage = Stage::new(&IDENTITIES);
    stage.switch_off(BOBS_TWIN);
    stage.enter(BOB, 2);
    stage.switch_on(BOBS_TWIN);
    stage.enter(BOBS_TWIN, 2);
    let told = Some(DisconnectReason::Refused(ErrorCode::Replaced));
    for _ in 0..40 {
        // In no step with any wait between two tries.
        stage.pass(Duration::from_secs(37));
        assert!(stage.is_connected(BOBS_TWIN) && !stage.is_connected(BOB));
        assert_eq!(stage.devices[BOB].disconnected, told);
    }
    stage.switch_off(BOBS_TWIN);
    stage.pass(MINUTE);
    assert!(stage.is_connected(BOB), "its turn again");
    let truth = stage.truth().unwrap();
    assert!(truth.peers.iter().any(|peer| peer.peer() == id(2) && peer.online));
}
