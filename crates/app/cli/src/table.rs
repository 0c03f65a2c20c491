use std::fmt::Write;

use lanrage_engine::{
    AdapterView, ControlView, DataPlaneView, NetworkView, PeerView, PortMappingView, RelayView, Snapshot,
    Waits,
};
use serde::Serialize;

use crate::say;

/// The state as a person reads it.
pub(crate) fn render(snapshot: &Snapshot) -> String {
    let mut text = String::new();
    match &snapshot.party {
        None => text.push_str("You are in no party.\n"),
        Some(party) => {
            let _ = writeln!(
                text,
                "{} ({}): you are {} as {}, NAT {}",
                party.name,
                party.subnet,
                snapshot.player_name,
                party.virtual_ip,
                word(&snapshot.nat_type)
            );
            let rows: Vec<[String; 6]> = party.peers.iter().map(row).collect();
            text.push_str(&columns(&["friend", "address", "state", "path", "RTT", "NAT"], &rows));
        }
    }
    for peer in snapshot.party.iter().flat_map(|party| &party.peers) {
        let _ = writeln!(text, "  {}", say::situation(&peer.situation));
    }
    let _ = writeln!(text, "control server: {}", control(&snapshot.control));
    let _ = writeln!(text, "network: {}", network(&snapshot.network));
    for relay in &snapshot.network.relays {
        let _ = writeln!(text, "relay: {}", self::relay(relay));
    }
    let _ = writeln!(text, "adapter: {}", adapter(&snapshot.adapter));
    let _ = writeln!(text, "packets: {}", packets(&snapshot.data_plane));
    for problem in &snapshot.problems {
        let _ = writeln!(text, "! {} {}", say::problem(&problem.fault), say::remedy(problem.remedy.as_ref()));
    }
    text
}

fn row(peer: &PeerView) -> [String; 6] {
    [
        peer.name.clone(),
        peer.virtual_ip.clone(),
        word(&peer.state),
        word(&peer.connection_type),
        peer.latency_ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.1} ms")),
        word(&peer.nat_type),
    ]
}

/// The word that JSON has for a value.
pub(crate) fn word(value: &impl Serialize) -> String {
    let word = serde_json::to_value(value).ok();
    word.and_then(|word| word.as_str().map(|word| word.replace('_', " "))).unwrap_or_default()
}

fn control(view: &ControlView) -> String {
    match view {
        ControlView::Local => "none".to_owned(),
        ControlView::Connecting { server } => format!("{server}, connecting"),
        ControlView::Connected { server } => format!("{server}, connected"),
        ControlView::Disconnected { server, .. } => format!("{server}, {}", say::server_fault(view)),
    }
}

fn network(view: &NetworkView) -> String {
    let mut words: Vec<String> =
        say::router(view).into_iter().filter(|sentence| !sentence.is_empty()).collect();
    // Of a router that is measured, the summary is how it chooses ports.
    words.dedup();
    if let PortMappingView::Open { external } = &view.port_mapping {
        words.push(format!("It has opened {external} for you."));
    }
    if words.is_empty() { "not measured yet".to_owned() } else { words.join(" ") }
}

fn relay(view: &RelayView) -> String {
    let region = if view.region.is_empty() { String::new() } else { format!(" ({})", view.region) };
    let rtt = view.rtt_ms.map_or_else(String::new, |ms| format!(", {ms:.1} ms away"));
    let held = if view.is_held { ", ready" } else { "" };
    let trouble =
        view.fault.as_ref().map(|fault| format!(", {}", say::relay_fault(fault))).unwrap_or_default();
    format!("{}{region}{rtt}{held}{trouble}", view.name)
}

fn adapter(view: &AdapterView) -> String {
    match view {
        AdapterView::Closed => "closed".to_owned(),
        AdapterView::Open { name } => name.clone(),
        AdapterView::Unavailable { fault, .. } => say::problem(fault),
    }
}

/// How long packets were here before they left, by lane, and what was dropped.
fn packets(view: &DataPlaneView) -> String {
    let lane = |name: &str, waits: &[Waits]| {
        Some(format!("{name}: half sent within {}, 99 % within {}", within(waits, 50)?, within(waits, 99)?))
    };
    let lanes = [lane("games", &view.express_waits), lane("the rest", &view.bulk_waits)];
    let dropped = view
        .dropped
        .iter()
        .map(|dropped| format!("{} dropped ({})", dropped.packets, dropped.reason.replace('_', " ")));
    let words: Vec<String> = lanes.into_iter().flatten().chain(dropped).collect();
    if words.is_empty() { "none yet".to_owned() } else { words.join("; ") }
}

/// The time within which that many of a hundred packets left.
fn within(waits: &[Waits], percent: u64) -> Option<String> {
    let all: u64 = waits.iter().map(|wait| wait.packets).sum();
    let mut left = 0;
    let bucket = waits.iter().find(|wait| {
        left += wait.packets;
        u128::from(left) * 100 >= u128::from(all) * u128::from(percent)
    })?;
    Some(match bucket.below_us {
        below if below < 1_000 => format!("{below} µs"),
        below => format!("{:.0} ms", below as f64 / 1e3),
    })
}

pub(crate) fn columns<const N: usize>(heads: &[&str; N], rows: &[[String; N]]) -> String {
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.chain([heads[at].len()]).max().unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    let mut line = |cells: [&str; N]| {
        let padded: Vec<String> =
            cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(text, "  {}", padded.join("  ").trim_end());
    };
    line(*heads);
    for row in rows {
        line(std::array::from_fn(|at| row[at].as_str()));
    }
    text
}

#[cfg(test)]
mod tests {
    use lanrage_engine::DroppedPackets;

    use super::*;

    #[test]
    fn what_the_data_plane_did_is_one_line() {
        let waits = |below_us, packets| Waits { below_us, packets };
        let mut view = DataPlaneView::default();
        assert_eq!(packets(&view), "none yet");
        view.express_waits = vec![waits(16, 60), waits(64, 30), waits(4_096, 10)];
        view.dropped = vec![DroppedPackets { reason: "broadcast_storm".into(), packets: 3 }];
        assert_eq!(
            packets(&view),
            "games: half sent within 16 µs, 99 % within 4 ms; 3 dropped (broadcast storm)"
        );
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["Ann".into(), "x".into()], ["Bartholomäus".into(), "yy".into()]];
        assert_eq!(
            columns(&["who", "what"], &rows),
            "  who           what\n  Ann           x\n  Bartholomäus  yy\n"
        );
    }
}
