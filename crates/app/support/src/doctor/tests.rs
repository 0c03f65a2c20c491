use std::sync::Arc;

use lanrage_nat::{FilteringBehaviour, MappingBehaviour, NatSummary};
use lanrage_party::{
    NatType, UnixMillis,
    facts::{
        AdapterFault, BlockedWay, Cause, Fault, PermissionTrouble, RelayFault, Remedy, ServerFault,
        Situation, StoreEngine, Unreached,
    },
};

use lanrage_session::{
    AdapterView, ControlView, NetworkView, PartyView, PeerView, PortMappingView, Problem, RelayView,
    Severity, Snapshot, StoreView,
};
use strum::IntoEnumIterator;

use super::{
    Check, CheckState, Finding, Subject,
    facts::{Facts, Firewall, Keyring, Permission, Stored},
    judge::judge,
};

/// A device on which nothing is wrong, in a party with one friend.
fn healthy() -> Snapshot {
    let friend = PeerView { name: "Ben".to_owned(), mtu: Some(1_420), ..PeerView::default() };
    Snapshot {
        nat_type: NatType::PortRestrictedCone,
        network: NetworkView {
            nat_summary: Some(NatSummary::Measured),
            mapping_behaviour: Some(MappingBehaviour::EndpointIndependent),
            filtering_behaviour: Some(FilteringBehaviour::AddressAndPortDependent),
            port_mapping: PortMappingView::Open { external: "203.0.113.7:51820".to_owned() },
            relays: vec![relay("near", None)],
            ..NetworkView::default()
        },
        control: ControlView::Connected { server: "wss://play.example/".to_owned() },
        adapter: AdapterView::Open { name: "lanrage0".to_owned(), works: Some(true) },
        party: Some(PartyView { peers: vec![friend], ..PartyView::default() }),
        ..Snapshot::default()
    }
}

fn relay(name: &str, fault: Option<RelayFault>) -> RelayView {
    RelayView {
        name: name.to_owned(),
        region: String::new(),
        rtt_ms: Some(12.3),
        load_percent: 0,
        is_held: true,
        fault,
    }
}

fn facts(snapshot: Option<Snapshot>) -> Facts {
    Facts {
        at: UnixMillis(1_000_000),
        snapshot: snapshot.map(Arc::new),
        control_server: None,
        server_answers: None,
        proxy: None,
        permission: Permission::Helper,
        keyring: Keyring::Works,
        database: Ok(Stored { bytes: 4_096, faults: 0, refused: Vec::new() }),
        firewall: Firewall::None,
    }
}

fn check(facts: &Facts, subject: Subject) -> Check {
    judge(facts).checks.into_iter().find(|check| check.subject == subject).expect("every subject is judged")
}

fn state_of(change: impl FnOnce(&mut Snapshot), subject: Subject) -> CheckState {
    let mut snapshot = healthy();
    change(&mut snapshot);
    check(&facts(Some(snapshot)), subject).state
}

#[test]
fn on_a_healthy_device_everything_is_good_and_there_is_nothing_to_do() {
    let report = judge(&facts(Some(healthy())));
    let subjects: Vec<_> = report.checks.iter().map(|check| check.subject).collect();
    assert_eq!(subjects, Subject::iter().collect::<Vec<_>>());
    for check in &report.checks {
        assert_eq!((check.state, &check.remedy), (CheckState::Good, &None), "{check:?}");
    }
}

#[test]
fn what_is_not_good_says_what_to_do() {
    let mut broken = healthy();
    broken.adapter = not_allowed();
    broken.network.udp_is_blocked = true;
    broken.network.relays = vec![relay("near", Some(RelayFault::RelaySilent))];
    broken.network.port_mapping = PortMappingView::Off;
    broken.party = None;
    let broken = Facts {
        permission: Permission::Missing,
        keyring: Keyring::Files(Fault::SecretsInFiles { not_moved: 0, cause: Cause::KeyringAbsent }),
        firewall: Firewall::Ufw,
        database: Ok(Stored { bytes: 1, faults: 1, refused: Vec::new() }),
        ..facts(Some(broken))
    };
    for facts in [facts(Some(healthy())), broken, facts(None)] {
        for check in judge(&facts).checks {
            if matches!(check.state, CheckState::Bad | CheckState::Warning) {
                assert!(check.remedy.is_some(), "{check:?}");
            }
        }
    }
}

fn not_allowed() -> AdapterView {
    AdapterView::Unavailable {
        fault: AdapterFault::AdapterPermission { by: PermissionTrouble::System },
        remedy: Remedy::InstallPackage,
        retry_at_ms: 0,
    }
}

#[test]
fn without_an_engine_only_what_can_be_seen_without_one_is_judged() {
    let stopped = Facts {
        control_server: Some("wss://play.example/".to_owned()),
        server_answers: Some(Err(Cause::TooSlow)),
        ..facts(None)
    };
    let state = |subject| check(&stopped, subject).state;
    assert_eq!(state(Subject::ControlServer), CheckState::Bad);
    for subject in [Subject::Permission, Subject::Keyring, Subject::Database, Subject::Firewall] {
        assert_eq!(state(subject), CheckState::Good, "{subject:?}");
    }
    for subject in [
        Subject::Adapter,
        Subject::Store,
        Subject::Nat,
        Subject::PortMapping,
        Subject::Relay,
        Subject::Mtu,
        Subject::Clock,
    ] {
        assert_eq!(state(subject), CheckState::Unknown, "{subject:?}");
    }
    let answering = Facts { server_answers: Some(Ok(())), ..stopped };
    assert_eq!(check(&answering, Subject::ControlServer).state, CheckState::Good);
}

#[test]
fn the_proxy_on_the_way_to_the_server_is_named() {
    let proxy = Some("proxy.example:3128".to_owned());
    let behind = |facts: Facts| {
        let facts = Facts { proxy: proxy.clone(), ..facts };
        serde_json::to_value(check(&facts, Subject::ControlServer).finding).unwrap()["proxy"].clone()
    };
    let server = || "wss://play.example/".to_owned();
    let with = |control| facts(Some(Snapshot { control, ..healthy() }));
    assert_eq!(behind(with(ControlView::Connected { server: server() })), "proxy.example:3128");
    let broken = ControlView::Disconnected { server: server(), why: ServerFault::TimedOut, retry_at_ms: 0 };
    assert_eq!(behind(with(broken)), "proxy.example:3128");
    let stopped = Facts { control_server: Some(server()), server_answers: Some(Ok(())), ..facts(None) };
    assert_eq!(behind(stopped), "proxy.example:3128");
}

#[test]
fn an_adapter_that_may_not_be_opened_is_bad_and_the_setup_of_the_helper_is_the_fix() {
    let mut snapshot = healthy();
    snapshot.adapter = not_allowed();
    let with = |permission| Facts { permission, ..facts(Some(snapshot.clone())) };
    assert_eq!(check(&with(Permission::HelperIsOff), Subject::Adapter).state, CheckState::Bad);
    let off = check(&with(Permission::HelperIsOff), Subject::Permission);
    assert_eq!(off.state, CheckState::Bad);
    let command = "sudo systemctl enable --now lanrage-helper.socket".to_owned();
    assert_eq!(off.remedy, Some(Remedy::SetUpHelper { command }));
    assert_eq!(check(&with(Permission::Missing), Subject::Permission).state, CheckState::Bad);
    assert_eq!(check(&with(Permission::NoDriver), Subject::Permission).state, CheckState::Bad);
    assert_eq!(check(&with(Permission::Helper), Subject::Permission).state, CheckState::Good);
    // What was opened needs no more permission, whatever the system says.
    let open = Facts { permission: Permission::Missing, ..facts(Some(healthy())) };
    assert_eq!(check(&open, Subject::Permission).state, CheckState::Good);
}

#[test]
fn an_adapter_is_good_only_when_a_packet_has_passed_it() {
    use CheckState::{Bad, Good, Unknown, Warning};
    let state = |works, severity: Option<Severity>| {
        let mut snapshot = healthy();
        snapshot.adapter = AdapterView::Open { name: "lanrage0".to_owned(), works };
        let fault = || Fault::Adapter(AdapterFault::AdapterBlocked { way: BlockedWay::In });
        snapshot.problems.extend(severity.map(|severity| Problem::new(severity, fault())));
        check(&facts(Some(snapshot)), Subject::Adapter).state
    };
    assert_eq!(state(None, None), Unknown);
    assert_eq!(state(Some(true), None), Good);
    assert_eq!(state(Some(true), Some(Severity::Warning)), Warning);
    assert_eq!(state(Some(false), Some(Severity::Error)), Bad);
}

#[test]
fn the_ways_to_friends_are_judged_by_what_was_measured() {
    use CheckState::{Bad, Good, Unknown, Warning};
    assert_eq!(state_of(|s| s.nat_type = NatType::Symmetric, Subject::Nat), Warning);
    assert_eq!(state_of(|s| s.nat_type = NatType::Unknown, Subject::Nat), Unknown);
    assert_eq!(state_of(|s| s.network.udp_is_blocked = true, Subject::Nat), Bad);
    assert_eq!(state_of(|s| s.network.port_mapping = PortMappingView::Off, Subject::PortMapping), Warning);
    assert_eq!(
        state_of(|s| s.network.port_mapping = PortMappingView::Searching, Subject::PortMapping),
        Unknown
    );
    let idle = Snapshot { party: None, ..Snapshot::default() };
    assert_eq!(check(&facts(Some(idle)), Subject::PortMapping).state, Unknown);
    assert_eq!(state_of(|s| s.network.relays.clear(), Subject::Relay), Warning);
    let hidden = |s: &mut Snapshot| {
        s.network.relay_only = true;
        s.network.relays.clear();
    };
    assert_eq!(state_of(hidden, Subject::Relay), Bad, "nobody can be reached");
    assert_eq!(state_of(|s| s.network.relays[0].fault = Some(RelayFault::RelayFull), Subject::Relay), Bad);
    assert_eq!(
        state_of(|s| s.network.relays.push(relay("far", Some(RelayFault::RelayFull))), Subject::Relay),
        Good
    );
    assert_eq!(state_of(|s| s.party.as_mut().unwrap().peers[0].mtu = Some(1_200), Subject::Mtu), Warning);
    assert_eq!(state_of(|s| s.party.as_mut().unwrap().peers.clear(), Subject::Mtu), Unknown);
    assert_eq!(state_of(|s| s.control = ControlView::Local, Subject::ControlServer), Good);
    let gone = ControlView::Disconnected {
        server: "wss://play.example/".to_owned(),
        why: ServerFault::Silent,
        retry_at_ms: 0,
    };
    assert_eq!(state_of(|s| s.control = gone, Subject::ControlServer), Bad);
}

#[test]
fn relays_that_refuse_a_friend_without_a_path_are_not_good_and_each_refusal_has_its_remedy() {
    let mut snapshot = healthy();
    let because = Unreached::RelaysRefuse;
    let situation = Situation::NoPath { peer: "Ben".to_owned(), because, retry_in_s: 1 };
    snapshot.party.as_mut().unwrap().peers[0].situation = situation;
    let relays = check(&facts(Some(snapshot)), Subject::Relay);
    assert_eq!(relays.state, CheckState::Bad);
    assert_eq!(relays.finding, Finding::RelaysRefuse { peer: "Ben".to_owned() });
    assert_eq!(relays.remedy, Some(Remedy::LetRelayReachFriends));
    for (fault, remedy) in [
        (RelayFault::RelayCredentials, Remedy::MatchRelaySecret),
        (RelayFault::RelayQuota, Remedy::RaiseRelayQuota),
        (RelayFault::RelayFull, Remedy::AddRelay),
        (RelayFault::RelayWithoutUdp, Remedy::ChangeRelayRules),
        (RelayFault::RelayRefusesFriends, Remedy::LetRelayReachFriends),
        (RelayFault::RelaySilent, Remedy::RelaysAreRetried),
    ] {
        let mut snapshot = healthy();
        snapshot.network.relays = vec![relay("near", Some(fault))];
        assert_eq!(check(&facts(Some(snapshot)), Subject::Relay).remedy, Some(remedy));
    }
}

#[test]
fn the_clock_is_judged_only_by_a_server_that_was_asked() {
    let wrong = Problem::new(Severity::Warning, Fault::ClockWrong { minutes: 9 });
    assert_eq!(state_of(|s| s.problems.push(wrong), Subject::Clock), CheckState::Warning);
    assert_eq!(state_of(|s| s.control = ControlView::Local, Subject::Clock), CheckState::Unknown);
}

#[test]
fn what_is_stored_is_bad_when_it_is_damaged_and_a_warning_when_a_setting_is_refused() {
    let with = |database| check(&Facts { database, ..facts(None) }, Subject::Database).state;
    let stored = Stored { bytes: 1, faults: 0, refused: vec!["udp_port".to_owned()] };
    assert_eq!(with(Ok(stored.clone())), CheckState::Warning);
    assert_eq!(with(Ok(Stored { faults: 1, ..stored })), CheckState::Bad);
    assert_eq!(with(Err(Cause::DatabaseNewer { found: "m2".to_owned() })), CheckState::Bad);
}

#[test]
fn a_keyring_is_judged_by_what_the_engine_says_of_it_and_not_by_its_words() {
    let fault = Fault::SecretsInFiles { not_moved: 2, cause: Cause::KeyringLocked };
    let keyring = check(&Facts { keyring: Keyring::Files(fault.clone()), ..facts(None) }, Subject::Keyring);
    assert_eq!((keyring.state, keyring.finding), (CheckState::Warning, Finding::Problem(fault)));
}

#[test]
fn of_the_public_store_it_is_said_by_what_it_is_asked_who_holds_what_and_when_it_was_looked_there_last() {
    let found = |store: Option<StoreView>| {
        let mut snapshot = healthy();
        snapshot.party = snapshot.party.map(|party| PartyView { store, ..party });
        let check = check(&facts(Some(snapshot)), Subject::Store);
        (check.state, check.finding)
    };
    assert_eq!(found(None), (CheckState::Good, Finding::StoreNotUsed));
    let serving = StoreView {
        serves: Some(true),
        holders: Some(20),
        looked_at_ms: Some(1_000_000 - 12_900),
        ..StoreView::default()
    };
    let (engine, looked_s) = (StoreEngine::Dht, Some(12));
    let finding = Finding::Store { engine, holders: Some(20), looked_s };
    assert_eq!(found(Some(serving)), (CheckState::Good, finding));
    let finding = Finding::Store { engine, holders: None, looked_s: None };
    assert_eq!(found(Some(StoreView::default())), (CheckState::Good, finding));
    // Also by a clock that was set back since.
    let engine = StoreEngine::DhtAndRelays;
    let silent =
        StoreView { engine, serves: Some(false), looked_at_ms: Some(2_000_000), ..StoreView::default() };
    let finding = Finding::StoreSilent { engine, looked_s: Some(0) };
    assert_eq!(found(Some(silent)), (CheckState::Warning, finding));
}
