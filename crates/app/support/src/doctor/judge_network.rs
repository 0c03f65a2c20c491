//! The judgement of facts about the ways to friends.

use lanrage_party::{
    NatType, UnixMillis,
    facts::{Fault, Remedy, Situation, Unreached},
};
use lanrage_session::{ControlView, PortMappingView, RelayView};

use super::{Check, CheckState, Finding, Subject, facts::Facts};

/// Specification: packets of this size every IPv6 link carries (RFC 8200 §5), so games may count on them.
const LEAST_MTU: u16 = 1_280;

pub(super) fn control_server(facts: &Facts) -> Check {
    let subject = Subject::ControlServer;
    let remedy = Remedy::AskOperator;
    let proxy = facts.proxy.clone();
    match facts.snapshot.as_ref().map(|snapshot| &snapshot.control) {
        Some(ControlView::Connected { server }) => {
            subject.good(Finding::ServerConnected { server: server.clone(), proxy })
        }
        Some(ControlView::Connecting { server }) => {
            subject.unknown(Finding::ServerDialled { server: server.clone() }, Remedy::LookAgain)
        }
        Some(ControlView::Disconnected { server, why, .. }) => {
            let (server, why) = (server.clone(), why.clone());
            let remedy = why.remedy().unwrap_or(remedy);
            subject.bad(Finding::ServerDisconnected { server, why, proxy }, remedy)
        }
        Some(ControlView::Local) => subject.good(Finding::ServerNotUsed),
        None => match (&facts.control_server, &facts.server_answers) {
            (None, _) => subject.good(Finding::ServerNotSet),
            (Some(server), Some(Ok(()))) => {
                subject.good(Finding::ServerAnswers { server: server.clone(), proxy })
            }
            (Some(server), Some(Err(cause))) => {
                subject.bad(Finding::ServerSilent { server: server.clone(), cause: cause.clone() }, remedy)
            }
            (Some(_), None) => subject.not_running(),
        },
    }
}

pub(super) fn store(facts: &Facts) -> Check {
    let subject = Subject::Store;
    let Some(snapshot) = &facts.snapshot else { return subject.not_running() };
    let Some(party) = &snapshot.party else {
        return subject.unknown(Finding::StoreNotAsked, Remedy::EnterParty);
    };
    let Some(store) = party.store else { return subject.good(Finding::StoreNotUsed) };
    let (engine, holders) = (store.engine, store.holders);
    let looked_s = store.looked_at_ms.map(|at| facts.at.since(UnixMillis(at)) / 1_000);
    match store.serves {
        Some(false) => subject.warning(Finding::StoreSilent { engine, looked_s }, Remedy::CheckConnection),
        _ => subject.good(Finding::Store { engine, holders, looked_s }),
    }
}

pub(super) fn nat(facts: &Facts) -> Check {
    let subject = Subject::Nat;
    let Some(snapshot) = &facts.snapshot else { return subject.not_running() };
    let network = &snapshot.network;
    if network.udp_is_blocked {
        return subject.bad(Finding::UdpBlocked, Remedy::AllowUdp);
    }
    let measured = network.mapping_behaviour.zip(network.filtering_behaviour);
    let finding = match (measured, network.nat_summary) {
        (Some((mapping, filtering)), _) => Finding::Router { mapping, filtering },
        (None, Some(summary)) => Finding::RouterNotMeasurable { summary },
        (None, None) => Finding::RouterNotMeasured,
    };
    match snapshot.nat_type {
        NatType::Unknown => subject.unknown(finding, Remedy::NameServers),
        NatType::Symmetric => subject.warning(finding, Remedy::OpenRouter),
        _ => subject.good(finding),
    }
}

pub(super) fn port_mapping(facts: &Facts) -> Check {
    let subject = Subject::PortMapping;
    let Some(snapshot) = &facts.snapshot else { return subject.not_running() };
    match &snapshot.network.port_mapping {
        PortMappingView::Open { external } => subject.good(Finding::PortOpen { external: external.clone() }),
        PortMappingView::Searching => subject.unknown(Finding::PortSearching, Remedy::EnterPartyAndWait),
        // A router is asked only while there is something to reach.
        PortMappingView::Off if snapshot.party.is_none() => {
            subject.unknown(Finding::PortNotWanted, Remedy::EnterParty)
        }
        PortMappingView::Off => subject.warning(Finding::PortSwitchedOff, Remedy::SwitchOnPortMapping),
        PortMappingView::Unavailable { fault } => {
            subject.warning(Finding::PortUnavailable { fault: *fault }, Remedy::MapPorts)
        }
    }
}

pub(super) fn relay(facts: &Facts) -> Check {
    let subject = Subject::Relay;
    let Some(snapshot) = &facts.snapshot else { return subject.not_running() };
    let relays = &snapshot.network.relays;
    let count = relays.len() as u64;
    let peers = snapshot.party.iter().flat_map(|party| &party.peers);
    let refused = peers.filter_map(|peer| match &peer.situation {
        Situation::NoPath { because: Unreached::RelaysRefuse, .. } => Some(peer.name.clone()),
        _ => None,
    });
    let usable = || relays.iter().filter(|relay| relay.fault.is_none());
    match (usable().next(), relays.first()) {
        (Some(_), _) if let Some(peer) = refused.clone().next() => {
            subject.bad(Finding::RelaysRefuse { peer }, Remedy::LetRelayReachFriends)
        }
        (Some(RelayView { name, rtt_ms, .. }), _) => subject.good(Finding::Relays {
            usable: usable().count() as u64,
            count,
            nearest: name.clone(),
            rtt_ms: rtt_ms.map(|ms| ms.round() as u64),
        }),
        (None, _) if snapshot.network.relay_only => {
            subject.bad(Finding::NoRelaysForHiding, Remedy::UseServerWithRelays)
        }
        (None, Some(RelayView { name, fault: Some(fault), .. })) => {
            let (nearest, remedy) = (name.clone(), fault.remedy());
            subject.bad(Finding::RelaysFail { count, nearest, fault: fault.clone() }, remedy)
        }
        (None, _) => subject.warning(Finding::NoRelays, Remedy::UseServerWithRelays),
    }
}

pub(super) fn mtu(facts: &Facts) -> Check {
    let subject = Subject::Mtu;
    let Some(snapshot) = &facts.snapshot else { return subject.not_running() };
    if let Some(failed) = facts.problem(|fault| matches!(fault, Fault::SocketsFailed { .. })) {
        return subject.has(CheckState::Bad, failed);
    }
    let peers = snapshot.party.iter().flat_map(|party| &party.peers);
    let narrowest = peers.filter_map(|peer| Some((peer.mtu?, &peer.name))).min();
    match narrowest {
        None => subject.unknown(Finding::PacketsUnmeasured, Remedy::LookAgainWithFriend),
        Some((bytes, name)) if bytes < LEAST_MTU => {
            subject.warning(Finding::PacketsSmall { peer: name.clone(), bytes }, Remedy::SwitchOffTunnels)
        }
        Some((bytes, _)) => subject.good(Finding::PacketsGood { bytes }),
    }
}
