//! What the network of a party may not hold, and what the connection to the internet costs.

use std::time::Duration;

use lanrage_nat::{DefaultRoute, Found, NatReport, NatVerdict, NetworkState};
use lanrage_party::{
    AdapterLook, ForwardLimits, Passage, Subnet,
    facts::{AdapterFault, EndpointUse, Fault},
};

use super::{
    restore::restarted,
    stage::{Stage, network, settings},
};
use crate::{Input, Output, Settings};

/// STUN servers are found at these addresses.
fn found(stage: &mut Stage, stun: &[&str]) {
    let stun = stun.iter().map(|address| address.parse().unwrap()).collect();
    stage.input(Input::Names(Found { stun, relays: Vec::new(), translator: None }));
}

fn routed_by(gateway: [u8; 4]) -> NetworkState {
    let default_route =
        DefaultRoute { interface: 2, gateways: vec![gateway.into()], gateway_mac: None, link_changes: None };
    NetworkState { default_route: Some(default_route), ..network([192, 168, 1, 2]) }
}

fn named(stage: &Stage) -> Option<EndpointUse> {
    stage.snapshot().problems.into_iter().find_map(|problem| match problem.fault {
        Fault::Adapter(AdapterFault::AdapterEndpoint { used_as, .. }) => Some(used_as),
        _ => None,
    })
}

fn look(stage: &mut Stage) {
    let look = AdapterLook {
        name: "lanrage0".to_owned(),
        lost: Vec::new(),
        detours: Vec::new(),
        overlap: None,
        held: None,
        searches: None,
        passage: Passage::Open,
    };
    stage.input(Input::AdapterLook(look));
}

#[test]
fn a_party_that_is_made_leaves_out_the_networks_of_those_whom_lanrage_uses() {
    let mut stage = Stage::connected();
    stage.input(Input::Network(routed_by([10, 67, 0, 1])));
    found(&mut stage, &["192.0.2.1:3478", "[::ffff:10.66.3.4]:3478"]);
    stage.make_party(1);
    let subnet = stage.invitation().subnet;
    assert!(!subnet.covers([10, 66, 3, 4].into()) && !subnet.covers([10, 67, 0, 1].into()), "{subnet:?}");
    assert_eq!((stage.adapters_opened, named(&stage)), (1, None));
}

#[test]
fn a_network_that_holds_one_is_not_entered_until_it_holds_none() {
    for (gateway, stun, used_as) in [
        ([192, 168, 1, 1], "10.66.3.4:3478", EndpointUse::StunServer),
        ([10, 66, 0, 1], "192.0.2.1:3478", EndpointUse::Gateway),
    ] {
        let before = Stage::in_party();
        assert_eq!(before.invitation().subnet, Subnet::DEFAULT);
        let mut stage = restarted(&before, |stage| {
            stage.input(Input::Network(routed_by(gateway)));
            found(stage, &[stun]);
        });
        assert_eq!((stage.adapters_opened, named(&stage)), (0, Some(used_as)));
        stage.pass(Duration::from_secs(20));
        assert_eq!(stage.adapters_opened, 0, "it is looked at again");
        stage.input(Input::Network(routed_by([192, 168, 1, 1])));
        found(&mut stage, &["192.0.2.1:3478"]);
        stage.pass(Duration::from_secs(20));
        assert_eq!((stage.adapters_opened, named(&stage)), (1, None));
    }
}

#[test]
fn one_that_comes_to_lie_in_the_network_is_named_and_ends_no_game() {
    let mut stage = Stage::in_party();
    stage.input(Input::Adapter(Ok("lanrage0".to_owned())));
    look(&mut stage);
    assert_eq!(named(&stage), None);
    found(&mut stage, &["10.66.3.4:3478"]);
    look(&mut stage);
    look(&mut stage);
    assert_eq!(named(&stage), Some(EndpointUse::StunServer));
    assert!(stage.party().unwrap().adapter.is_open());
    found(&mut stage, &["192.0.2.1:3478"]);
    look(&mut stage);
    assert_eq!(named(&stage), None);
}

#[test]
fn nothing_is_passed_on_for_friends_while_the_player_pays_for_it() {
    let limits = |stage: &mut Stage| {
        let outputs = std::mem::take(&mut stage.tunnel).into_iter();
        let last = outputs.rev().find_map(|output| match output {
            Output::Forward { limits, .. } => Some(limits),
            _ => None,
        });
        (last, stage.snapshot().network.spares_connection)
    };
    let server = || Some("ws://server.example:8787".parse().unwrap());
    let mut stage = Stage::in_party();
    limits(&mut stage);
    stage.input(Input::Metered(true));
    assert_eq!(limits(&mut stage), (Some(ForwardLimits::NOTHING), true));
    stage.input(Input::Configure(settings(server())));
    assert_eq!(limits(&mut stage), (None, true), "the settings allow it as before");
    stage.input(Input::Configure(Settings { forward_limits: ForwardLimits::NOTHING, ..settings(server()) }));
    assert_eq!(limits(&mut stage), (None, false), "it would not pass on anyway");
    stage.input(Input::Metered(false));
    stage.input(Input::Configure(settings(server())));
    assert_eq!(limits(&mut stage), (Some(settings(None).forward_limits), false));
}

#[test]
fn udp_is_blamed_only_while_the_server_answers_by_tcp() {
    let blocked = |stage: &Stage| stage.snapshot().network.udp_is_blocked;
    let mut stage = Stage::in_party();
    assert!(!blocked(&stage));
    let report = NatReport { verdict: NatVerdict::Blocked, server: None, gaps: Vec::new() };
    stage.input(Input::NatReport(report.clone()));
    assert!(blocked(&stage));
    stage.lose_server();
    assert!(!blocked(&stage), "nothing gets through");
    let mut stage = Stage::without_server();
    stage.input(Input::NatReport(report));
    assert!(blocked(&stage), "nobody can be asked by TCP");
}
