use std::{collections::BTreeMap, fmt::Write};

use lanrage_engine::{
    AdapterView, ConnectionState, ControlView, DataPlaneView, ForwardedView, NetworkView, PeerView,
    PortMappingView, RelayView, Snapshot, Waits,
};

use crate::say::{Say, person};

/// The state as a person reads it.
pub(crate) fn render(snapshot: &Snapshot) -> String {
    let say = person();
    let mut text = String::new();
    match &snapshot.party {
        None => text += &(say.say("terminal-status-none") + "\n"),
        Some(party) => {
            let arguments = [
                ("party", party.name.as_str().into()),
                ("subnet", party.subnet.to_string().into()),
                ("player", snapshot.player_name.as_str().into()),
                ("address", party.virtual_ip.as_str().into()),
                ("nat", say.word("nat", &snapshot.nat_type).into()),
            ];
            let _ = writeln!(text, "{}", say.say_with("terminal-status-party", arguments));
            let rows: Vec<[String; 6]> = party.peers.iter().map(row).collect();
            let heads = ["friend", "address", "state", "path", "rtt", "nat"];
            text.push_str(&columns(heads, &rows));
        }
    }
    for peer in snapshot.party.iter().flat_map(|party| &party.peers) {
        let _ = writeln!(text, "  {}", say.situation(&peer.situation));
    }
    if let Some(hint) = snapshot.party.as_ref().and_then(|party| party.host_hint.as_ref()) {
        let _ = writeln!(text, "  {}", say.host_hint(hint));
    }
    let mut line = |key: &str, state: String| {
        let _ = writeln!(text, "{}", say.say_with(key, [("state", state.into())]));
    };
    line("terminal-status-server", control(&snapshot.control));
    if let Some(party) = &snapshot.party {
        line("terminal-status-meeting", say.meeting(&party.meeting));
    }
    line("terminal-status-network", network(&snapshot.network));
    for relay in &snapshot.network.relays {
        line("terminal-status-relay", self::relay(relay));
    }
    line("terminal-status-adapter", adapter(&snapshot.adapter));
    line("terminal-status-packets", packets(say, &snapshot.data_plane));
    let friends: BTreeMap<&str, &str> = snapshot
        .party
        .iter()
        .flat_map(|party| party.peers.iter().map(|peer| (peer.id.as_str(), peer.name.as_str())))
        .collect();
    let name = |id: &String| friends.get(id.as_str()).map_or_else(|| id.clone(), |name| (*name).to_owned());
    for ForwardedView { peers: [one, other], kbits, .. } in &snapshot.data_plane.forwarded {
        let arguments = [
            ("one", name(one).into()),
            ("other", name(other).into()),
            ("rate", format!("{kbits} kbit/s").into()),
        ];
        let _ = writeln!(text, "{}", say.say_with("terminal-status-forwarded", arguments));
    }
    for problem in &snapshot.problems {
        let _ = writeln!(text, "! {} {}", say.problem(&problem.fault), say.remedy(problem.remedy.as_ref()));
    }
    text
}

fn row(peer: &PeerView) -> [String; 6] {
    let say = person();
    let is_away = peer.is_away();
    let has_none = is_away || peer.state == ConnectionState::Failed;
    [
        peer.name.clone(),
        peer.virtual_ip.clone(),
        if is_away { say.say("away") } else { say.word("state", &peer.state) },
        if has_none { "–".to_owned() } else { say.word("path", &peer.connection_type) },
        peer.latency_ms.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.1} ms")),
        say.word("nat", &peer.nat_type),
    ]
}

fn control(view: &ControlView) -> String {
    let state = |key: &str, server: &str| person().say_with(key, [("server", server.into())]);
    match view {
        ControlView::Local => person().say("terminal-server-none"),
        ControlView::Connecting { server } => state("terminal-server-connecting", server),
        ControlView::Connected { server } => state("terminal-server-connected", server),
        ControlView::Disconnected { server, .. } => format!("{server}, {}", person().server_fault(view)),
    }
}

fn network(view: &NetworkView) -> String {
    let mut words: Vec<String> =
        person().router(view).into_iter().filter(|sentence| !sentence.is_empty()).collect();
    // Of a router that is measured, the summary is how it chooses ports.
    words.dedup();
    if let PortMappingView::Open { external } = &view.port_mapping {
        words.push(person().say_with("terminal-port-open", [("address", external.to_string().into())]));
    }
    if view.spares_connection {
        words.push(person().say("network-metered"));
    }
    if words.is_empty() { person().say("terminal-not-measured") } else { words.join(" ") }
}

fn relay(view: &RelayView) -> String {
    let region = if view.region.is_empty() { String::new() } else { format!(" ({})", view.region) };
    let away = |ms: f64| person().say_with("terminal-relay-away", [("time", format!("{ms:.1}").into())]);
    let states = [
        view.rtt_ms.map(away),
        view.is_held.then(|| person().say("terminal-relay-ready")),
        view.fault.as_ref().map(|fault| person().relay_fault(fault)),
    ];
    let name = format!("{}{region}", view.name);
    [Some(name)].into_iter().chain(states).flatten().collect::<Vec<_>>().join(", ")
}

fn adapter(view: &AdapterView) -> String {
    match view {
        AdapterView::Closed => person().say("terminal-adapter-closed"),
        AdapterView::Open { name, .. } => name.clone(),
        AdapterView::Unavailable { fault, .. } => person().problem(fault),
    }
}

/// How long packets were here before they left, by lane, and what was dropped.
fn packets(say: Say, view: &DataPlaneView) -> String {
    let lane = |key: &str, waits: &[Waits]| {
        let arguments = [("half", within(waits, 50)?.into()), ("most", within(waits, 99)?.into())];
        Some(say.say_with(key, arguments))
    };
    let lanes =
        [lane("terminal-lane-games", &view.express_waits), lane("terminal-lane-rest", &view.bulk_waits)];
    let dropped = view.dropped.iter().map(|dropped| {
        let (packets, reason) = (dropped.packets.to_string(), say.word("drop-reason", &dropped.reason));
        say.say_with("terminal-dropped", [("packets", packets.into()), ("reason", reason.into())])
    });
    let words: Vec<String> = lanes.into_iter().flatten().chain(dropped).collect();
    if words.is_empty() { say.say("terminal-no-packets") } else { words.join("; ") }
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

/// Rows under heads, of which each is the end of a message's name.
pub(crate) fn columns<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let heads = heads.map(|head| person().word("terminal-head", &head));
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].chars().count());
        cells.chain([heads[at].chars().count()]).max().unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    let mut line = |cells: [&str; N]| {
        let padded: Vec<String> =
            cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(text, "  {}", padded.join("  ").trim_end());
    };
    line(std::array::from_fn(|at| heads[at].as_str()));
    for row in rows {
        line(std::array::from_fn(|at| row[at].as_str()));
    }
    text
}

#[cfg(test)]
mod tests {
    use lanrage_engine::{DroppedPackets, facts::DropReason};

    use super::*;
    use crate::say::in_language;

    #[test]
    fn what_the_data_plane_did_is_one_line() {
        let waits = |below_us, packets| Waits { below_us, packets };
        let mut view = DataPlaneView::default();
        let [english, german] = ["en", "de"].map(in_language);
        assert_eq!(packets(english, &view), "none yet");
        view.express_waits = vec![waits(16, 60), waits(64, 30), waits(4_096, 10)];
        view.dropped = vec![DroppedPackets { reason: DropReason::BroadcastStorm, packets: 3 }];
        assert_eq!(
            packets(english, &view),
            "games: half sent within 16 µs, 99 % within 4 ms; 3 dropped (too much broadcast at once)"
        );
        assert_eq!(
            packets(german, &view),
            "Spiele: die Hälfte binnen 16 µs gesendet, 99 % binnen 4 ms; 3 verworfen (zu viel Broadcast auf einmal)"
        );
        let script = serde_json::to_value(&view.dropped).unwrap();
        assert_eq!(script, serde_json::json!([{ "reason": "broadcast_storm", "packets": 3 }]));
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["Ann".into(), "x".into()], ["Bartholomäus".into(), "yy".into()]];
        assert_eq!(
            columns(["friend", "nat"], &rows),
            "  friend        NAT\n  Ann           x\n  Bartholomäus  yy\n"
        );
    }
}
