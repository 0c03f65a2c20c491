use std::sync::Arc;

use lanrage_party::NatType;

use super::{
    Check, CheckState,
    facts::{Facts, Firewall, Keyring, Permission, Stored},
    judge::judge,
};
use crate::{
    AdapterView, ControlView, NetworkView, PartyView, PeerView, PortMappingView, Problem, RelayView,
    Severity, Snapshot,
};

/// A device on which nothing is wrong, in a party with one friend.
fn healthy() -> Snapshot {
    let friend = PeerView { name: "Ben".to_owned(), mtu: Some(1_420), ..PeerView::default() };
    Snapshot {
        nat_type: NatType::PortRestrictedCone,
        network: NetworkView {
            summary: "Your router uses one port for everyone.".to_owned(),
            port_mapping: PortMappingView::Open { external: "203.0.113.7:51820".to_owned() },
            relays: vec![relay("near", "")],
            ..NetworkView::default()
        },
        control: ControlView::Connected { server: "wss://play.example/".to_owned() },
        adapter: AdapterView::Open { name: "lanrage0".to_owned() },
        party: Some(PartyView { peers: vec![friend], ..PartyView::default() }),
        ..Snapshot::default()
    }
}

fn relay(name: &str, trouble: &str) -> RelayView {
    RelayView {
        name: name.to_owned(),
        region: String::new(),
        rtt_ms: Some(12.3),
        load_percent: 0,
        is_held: true,
        trouble: trouble.to_owned(),
    }
}

fn facts(snapshot: Option<Snapshot>) -> Facts {
    Facts {
        snapshot: snapshot.map(Arc::new),
        control_server: None,
        server_answers: None,
        permission: Permission::Helper,
        keyring: Keyring::Works,
        database: Ok(Stored { bytes: 4_096, faults: Vec::new(), refused: Vec::new() }),
        firewall: Firewall::None,
    }
}

fn check(facts: &Facts, code: &str) -> Check {
    judge(facts).checks.into_iter().find(|check| check.code == code).expect("every code is judged")
}

fn state_of(change: impl FnOnce(&mut Snapshot), code: &str) -> CheckState {
    let mut snapshot = healthy();
    change(&mut snapshot);
    check(&facts(Some(snapshot)), code).state
}

#[test]
fn on_a_healthy_device_everything_is_good_and_there_is_nothing_to_do() {
    let report = judge(&facts(Some(healthy())));
    let codes: Vec<_> = report.checks.iter().map(|check| check.code.as_str()).collect();
    assert_eq!(
        codes,
        [
            "adapter",
            "permission",
            "control_server",
            "nat",
            "port_mapping",
            "relay",
            "mtu",
            "firewall",
            "clock",
            "keyring",
            "database"
        ]
    );
    for check in &report.checks {
        assert_eq!((check.state, check.fix.as_str()), (CheckState::Good, ""), "{check:?}");
    }
}

#[test]
fn every_judgement_is_told_in_sentences_and_what_is_not_good_says_what_to_do() {
    let mut broken = healthy();
    broken.adapter = AdapterView::Unavailable {
        reason: "Not allowed.".to_owned(),
        fix: "Ask.".to_owned(),
        retry_at_ms: 0,
    };
    broken.network.udp_is_blocked = true;
    broken.network.relays = vec![relay("near", "It does not answer.")];
    broken.network.port_mapping = PortMappingView::Off;
    broken.party = None;
    let broken = Facts {
        permission: Permission::Missing,
        keyring: Keyring::Files("There is no keyring.".to_owned()),
        firewall: Firewall::Ufw,
        database: Ok(Stored { bytes: 1, faults: vec!["a row is missing".to_owned()], refused: Vec::new() }),
        ..facts(Some(broken))
    };
    for facts in [facts(Some(healthy())), broken, facts(None)] {
        for check in judge(&facts).checks {
            let texts = [&check.title, &check.result, &check.meaning];
            assert!(texts.iter().all(|text| !text.is_empty()), "{check:?}");
            assert!(check.result.ends_with('.') && check.meaning.ends_with('.'), "{check:?}");
            if matches!(check.state, CheckState::Bad | CheckState::Warning) {
                assert!(check.fix.ends_with('.'), "{check:?}");
            }
        }
    }
}

#[test]
fn without_an_engine_only_what_can_be_seen_without_one_is_judged() {
    let stopped = Facts {
        control_server: Some("wss://play.example/".to_owned()),
        server_answers: Some(Err("connection refused".to_owned())),
        ..facts(None)
    };
    let state = |code| check(&stopped, code).state;
    assert_eq!(state("control_server"), CheckState::Bad);
    for code in ["permission", "keyring", "database", "firewall"] {
        assert_eq!(state(code), CheckState::Good, "{code}");
    }
    for code in ["adapter", "nat", "port_mapping", "relay", "mtu", "clock"] {
        assert_eq!(state(code), CheckState::Unknown, "{code}");
    }
    let answering = Facts { server_answers: Some(Ok(())), ..stopped };
    assert_eq!(check(&answering, "control_server").state, CheckState::Good);
}

#[test]
fn an_adapter_that_may_not_be_opened_is_bad_and_the_setup_of_the_helper_is_the_fix() {
    let mut snapshot = healthy();
    snapshot.adapter =
        AdapterView::Unavailable { reason: "Not allowed.".to_owned(), fix: String::new(), retry_at_ms: 0 };
    let with = |permission| Facts { permission, ..facts(Some(snapshot.clone())) };
    assert_eq!(check(&with(Permission::HelperIsOff), "adapter").state, CheckState::Bad);
    let off = check(&with(Permission::HelperIsOff), "permission");
    assert_eq!(off.state, CheckState::Bad);
    assert!(off.fix.contains("systemctl enable --now lanrage-helper.socket"), "{}", off.fix);
    assert_eq!(check(&with(Permission::Missing), "permission").state, CheckState::Bad);
    assert_eq!(check(&with(Permission::NoDriver), "permission").state, CheckState::Bad);
    assert_eq!(check(&with(Permission::Helper), "permission").state, CheckState::Good);
    // What was opened needs no more permission, whatever the system says.
    let open = Facts { permission: Permission::Missing, ..facts(Some(healthy())) };
    assert_eq!(check(&open, "permission").state, CheckState::Good);
}

#[test]
fn the_ways_to_friends_are_judged_by_what_was_measured() {
    use CheckState::{Bad, Good, Unknown, Warning};
    assert_eq!(state_of(|s| s.nat_type = NatType::Symmetric, "nat"), Warning);
    assert_eq!(state_of(|s| s.nat_type = NatType::Unknown, "nat"), Unknown);
    assert_eq!(state_of(|s| s.network.udp_is_blocked = true, "nat"), Bad);
    assert_eq!(state_of(|s| s.network.port_mapping = PortMappingView::Off, "port_mapping"), Warning);
    assert_eq!(state_of(|s| s.network.port_mapping = PortMappingView::Searching, "port_mapping"), Unknown);
    let idle = Snapshot { party: None, ..Snapshot::default() };
    assert_eq!(check(&facts(Some(idle)), "port_mapping").state, Unknown);
    assert_eq!(state_of(|s| s.network.relays.clear(), "relay"), Warning);
    assert_eq!(state_of(|s| s.network.relays[0].trouble = "It is full.".to_owned(), "relay"), Bad);
    assert_eq!(state_of(|s| s.network.relays.push(relay("far", "It is full.")), "relay"), Good);
    assert_eq!(state_of(|s| s.party.as_mut().unwrap().peers[0].mtu = Some(1_200), "mtu"), Warning);
    assert_eq!(state_of(|s| s.party.as_mut().unwrap().peers.clear(), "mtu"), Unknown);
    assert_eq!(state_of(|s| s.control = ControlView::Local, "control_server"), Good);
    let gone = ControlView::Disconnected {
        server: "wss://play.example/".to_owned(),
        reason: "connection refused".to_owned(),
        retry_at_ms: 0,
    };
    assert_eq!(state_of(|s| s.control = gone, "control_server"), Bad);
}

#[test]
fn the_clock_is_judged_only_by_a_server_that_was_asked() {
    let wrong = Problem {
        code: "clock_wrong".to_owned(),
        severity: Severity::Warning,
        text: "The clocks differ by 9 minutes.".to_owned(),
        fix: "Set it.".to_owned(),
    };
    assert_eq!(state_of(|s| s.problems.push(wrong), "clock"), CheckState::Warning);
    assert_eq!(state_of(|s| s.control = ControlView::Local, "clock"), CheckState::Unknown);
}

#[test]
fn what_is_stored_is_bad_when_it_is_damaged_and_a_warning_when_a_setting_is_refused() {
    let with = |database| check(&Facts { database, ..facts(None) }, "database").state;
    let stored = Stored { bytes: 1, faults: Vec::new(), refused: vec!["udp_port is -1".to_owned()] };
    assert_eq!(with(Ok(stored.clone())), CheckState::Warning);
    assert_eq!(with(Ok(Stored { faults: vec!["torn".to_owned()], ..stored })), CheckState::Bad);
    assert_eq!(with(Err("it is from a newer program".to_owned())), CheckState::Bad);
}
