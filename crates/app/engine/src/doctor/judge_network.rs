//! The judgement of facts about the ways to friends.

use lanrage_party::NatType;

use super::{
    Check,
    facts::Facts,
    judge::{Subject, problem},
};
use crate::{ControlView, PortMappingView};

/// Specification: packets of this size every IPv6 link carries (RFC 8200 §5), so games may count on them.
const LEAST_MTU: u16 = 1_280;

pub(super) fn control_server(facts: &Facts) -> Check {
    let subject = Subject {
        code: "control_server",
        title: "Control server",
        meaning: "Friends find your party through it; a party that stands goes on without it.",
    };
    let fix = "It is tried again by itself. Check your internet connection; if others cannot reach it either, \
               its operator has to start it.";
    match facts.snapshot.as_ref().map(|snapshot| &snapshot.control) {
        Some(ControlView::Connected { server }) => subject.good(format!("Connected to {server}.")),
        Some(ControlView::Connecting { server }) => {
            subject.unknown(format!("{server} is being dialled."), "Wait a moment and look again.")
        }
        Some(ControlView::Disconnected { server, reason, .. }) => {
            subject.bad(format!("No connection to {server}: {reason}."), fix)
        }
        Some(ControlView::Local) => subject.good("None is used: your parties live on their host's device."),
        None => match (&facts.control_server, &facts.server_answers) {
            (None, _) => subject.good("None is set: your parties live on their host's device."),
            (Some(server), Some(Ok(()))) => subject.good(format!("{server} can be reached.")),
            (Some(server), Some(Err(reason))) => {
                subject.bad(format!("{server} cannot be reached: {reason}."), fix)
            }
            (Some(_), None) => subject.not_running(),
        },
    }
}

pub(super) fn nat(facts: &Facts) -> Check {
    let subject = Subject {
        code: "nat",
        title: "Your router",
        meaning: "It decides whether friends are reached on a straight path or through a relay.",
    };
    let Some(snapshot) = &facts.snapshot else { return subject.not_running() };
    let network = &snapshot.network;
    let words = [&network.summary, &network.filtering].map(|text| text.trim()).join(" ").trim().to_owned();
    if network.udp_is_blocked {
        return subject.bad(
            "Your network lets nothing but TCP through.",
            "Allow UDP to the internet in your router or company firewall; until then a relay carries everything.",
        );
    }
    match snapshot.nat_type {
        NatType::Unknown => {
            let result = if words.is_empty() { "It has not been measured.".to_owned() } else { words };
            subject
                .unknown(result, "Set a control server or STUN servers that can be reached, and look again.")
        }
        NatType::Symmetric => subject.warning(
            words,
            "Switch on UPnP, NAT-PMP or PCP in your router, or ask your provider for an address of your own.",
        ),
        _ => subject.good(words),
    }
}

pub(super) fn port_mapping(facts: &Facts) -> Check {
    let subject = Subject {
        code: "port_mapping",
        title: "Open port on the router",
        meaning: "With one, friends behind difficult routers reach you on a straight path; most need none.",
    };
    let Some(snapshot) = &facts.snapshot else { return subject.not_running() };
    match &snapshot.network.port_mapping {
        PortMappingView::Open { external } => subject.good(format!("The router has opened {external}.")),
        PortMappingView::Searching => subject
            .unknown("The router has not answered yet.", "Enter a party, wait a moment and look again."),
        // A router is asked only while there is something to reach.
        PortMappingView::Off if snapshot.party.is_none() => {
            subject.unknown("The router is asked when you enter a party.", "Enter a party and look again.")
        }
        PortMappingView::Off => subject.warning(
            "The setting says that the router is not asked.",
            "Switch on the setting port_mapping if friends reach you only through relays.",
        ),
        PortMappingView::Unavailable { reason } => {
            subject.warning(reason.as_str(), "Switch on UPnP, NAT-PMP or PCP in your router if you can.")
        }
    }
}

pub(super) fn relay(facts: &Facts) -> Check {
    let subject = Subject {
        code: "relay",
        title: "Relays",
        meaning: "A relay carries your packets, encrypted, where no straight path to a friend exists.",
    };
    let Some(snapshot) = &facts.snapshot else { return subject.not_running() };
    let relays = &snapshot.network.relays;
    let best = relays.iter().find(|relay| relay.trouble.is_empty());
    match (best, relays.first()) {
        (Some(relay), _) => {
            let away = relay.rtt_ms.map(|ms| format!(", {ms:.0} ms away")).unwrap_or_default();
            subject.good(format!(
                "{} of {} on offer; the nearest is {}{away}.",
                usable(relays),
                relays.len(),
                relay.name
            ))
        }
        (None, Some(relay)) => subject.bad(
            format!("None of {} can be used; {}: {}", relays.len(), relay.name, relay.trouble),
            "They are tried again by themselves. Check your internet connection.",
        ),
        (None, None) => subject.warning(
            "None is known.",
            "Use a control server that offers relays; without one, a few pairs of routers cannot meet.",
        ),
    }
}

fn usable(relays: &[crate::RelayView]) -> usize {
    relays.iter().filter(|relay| relay.trouble.is_empty()).count()
}

pub(super) fn mtu(facts: &Facts) -> Check {
    let subject = Subject {
        code: "mtu",
        title: "Packet size",
        meaning: "Larger packets than the path carries are cut into pieces or lost.",
    };
    let Some(snapshot) = &facts.snapshot else { return subject.not_running() };
    if let Some(failed) = problem(snapshot, "sockets_failed") {
        return subject.bad(failed.text.as_str(), failed.fix.as_str());
    }
    let peers = snapshot.party.iter().flat_map(|party| &party.peers);
    let narrowest = peers.filter_map(|peer| Some((peer.mtu?, &peer.name))).min();
    match narrowest {
        None => subject.unknown("No friend is connected to measure it with.", "Look again when one is."),
        Some((mtu, name)) if mtu < LEAST_MTU => subject.warning(
            format!("The path to {name} carries packets of {mtu} bytes only."),
            "Look for another VPN or a tunnel below LANrage and switch it off; games go on with smaller packets.",
        ),
        Some((mtu, _)) => subject.good(format!("All paths carry packets of {mtu} bytes.")),
    }
}
