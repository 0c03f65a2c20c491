use std::{collections::BTreeMap, fmt::Write};

use lanrage_engine::{
    AdapterView, ConnectionState, ControlView, DataPlaneView, ForwardedView, NetworkView, PeerView,
    PortMappingView, RelayView, Severity, Snapshot, Waits,
};
use unicode_width::UnicodeWidthStr;

use super::look::{Look, Tone, padded};
use crate::say::{Say, person};

/// What stands where there is nothing.
pub(crate) const NOTHING: &str = "–";

/// The state as a person reads it.
pub(crate) fn render(snapshot: &Snapshot, look: Look) -> String {
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
            let _ = writeln!(text, "{}", look.wrap(&say.say_with("terminal-status-party", arguments), 0));
            text += &friends(&party.peers, look);
        }
    }
    if let Some(hint) = snapshot.party.as_ref().and_then(|party| party.host_hint.as_ref()) {
        let _ = writeln!(text, "  {}", look.wrap(&say.host_hint(hint), 2));
    }
    let mut line = |key: &str, state: String| {
        let said = say.say_with(key, [("state", state.into())]);
        let _ = writeln!(text, "{}", look.wrap(&said, 0));
    };
    line("terminal-status-server", control(&snapshot.control));
    if let Some(text) = &snapshot.announcement {
        line("terminal-status-announcement", text.to_string());
    }
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
        let said = format!("{} {}", say.problem(&problem.fault), say.remedy(problem.remedy.as_ref()));
        let tone = if problem.severity == Severity::Error { Tone::Bad } else { Tone::Warning };
        let mark = if look.marks { look.mark(tone) } else { "! ".to_owned() };
        let _ = writeln!(text, "{mark}{}", look.wrap(&said, 2));
    }
    text
}

/// A row for each friend, and below it what explains it.
fn friends(peers: &[PeerView], look: Look) -> String {
    if peers.is_empty() {
        return format!("  {}\n", look.wrap(&person().say("terminal-friends-none"), 2));
    }
    let rows: Vec<[String; 6]> = peers.iter().map(row).collect();
    let tones: Vec<Tone> = peers.iter().map(tone).collect();
    let lines = marked(["friend", "address", "state", "path", "rtt", "nat"], &rows, &tones, look);
    let column = if look.marks { 6 } else { 4 };
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        let _ = writeln!(text, "{line}");
        if let Some(peer) = at.checked_sub(1).and_then(|at| peers.get(at)) {
            let mut explained = person().situation(&peer.situation);
            if peer.is_sent_twice {
                explained = format!("{explained} {}", person().say("sent-twice"));
            }
            let explained = look.wrap(&explained, column);
            let _ = writeln!(text, "{}{}", " ".repeat(column), look.paint(Tone::Faint, &explained));
        }
    }
    text
}

/// What a friend's connection means at a glance.
pub(crate) fn tone(peer: &PeerView) -> Tone {
    match peer.state {
        _ if peer.is_away() => Tone::Faint,
        ConnectionState::Connected => Tone::Good,
        ConnectionState::Failed => Tone::Bad,
        ConnectionState::Connecting | ConnectionState::Degraded | ConnectionState::Reconnecting => {
            Tone::Warning
        }
    }
}

/// The way to a friend, as a word.
pub(crate) fn way(peer: &PeerView) -> String {
    let has_none = peer.is_away() || peer.state == ConnectionState::Failed;
    if has_none { NOTHING.to_owned() } else { person().word("path", &peer.connection_type) }
}

/// How far a friend is.
pub(crate) fn distance(peer: &PeerView) -> String {
    peer.latency_ms.map_or_else(|| NOTHING.to_owned(), |ms| format!("{ms:.1} ms"))
}

/// The state of a friend's connection, as a word.
pub(crate) fn state(peer: &PeerView) -> String {
    if peer.is_away() { person().say("away") } else { person().word("state", &peer.state) }
}

fn row(peer: &PeerView) -> [String; 6] {
    [
        peer.name.clone(),
        peer.virtual_ip.clone(),
        state(peer),
        way(peer),
        distance(peer),
        person().word("nat", &peer.nat_type),
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
    text(marked(heads, rows, &[], Look::default()))
}

/// Lines one below the other.
pub(crate) fn text(lines: Vec<String>) -> String {
    lines.into_iter().fold(String::new(), |text, line| text + &line + "\n")
}

/// The same as lines, the heads first, with the mark of its tone before each row.
pub(crate) fn marked<const N: usize>(
    heads: [&str; N],
    rows: &[[String; N]],
    tones: &[Tone],
    look: Look,
) -> Vec<String> {
    let heads = heads.map(|head| person().word("terminal-head", &head));
    debug_assert!(
        !heads.iter().any(|head| head.starts_with("terminal-head")),
        "a head without a word: {heads:?}"
    );
    let width = |at: usize| {
        let cells = rows.iter().map(|row| row[at].width());
        cells.chain([heads[at].width()]).max().unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |cells: [&str; N]| {
        let cells: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| padded(cell, width)).collect();
        cells.join("  ").trim_end().to_owned()
    };
    let has_marks = look.marks && !tones.is_empty();
    let head = line(std::array::from_fn(|at| heads[at].as_str()));
    let indent = if has_marks { "    " } else { "  " };
    let mut lines = vec![format!("{indent}{}", look.paint(Tone::Faint, &head))];
    for (at, row) in rows.iter().enumerate() {
        let mark = tones.get(at).map(|tone| look.mark(*tone)).unwrap_or_default();
        lines.push(format!("  {mark}{}", line(std::array::from_fn(|at| row[at].as_str()))));
    }
    lines
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

    fn friend(name: &str, state: ConnectionState, online: Option<bool>) -> PeerView {
        PeerView { name: name.to_owned(), state, online, latency_ms: Some(12.34), ..PeerView::default() }
    }

    #[test]
    fn what_explains_a_friend_stands_in_his_row_and_a_terminal_shows_at_a_glance_how_it_is() {
        let peers = [
            friend("Bo", ConnectionState::Connected, Some(true)),
            friend("Cem", ConnectionState::Failed, Some(true)),
            friend("Dana", ConnectionState::Connecting, Some(false)),
        ];
        let plain = friends(&peers, Look::default());
        let lines: Vec<&str> = plain.lines().collect();
        assert_eq!(lines.len(), 7, "{plain}");
        for (at, peer) in peers.iter().enumerate() {
            assert!(lines[2 * at + 1].trim().starts_with(&peer.name), "{plain}");
            let explained = person().situation(&peer.situation);
            assert_eq!(lines[2 * at + 2], format!("    {explained}"), "{plain}");
        }
        assert!(!plain.contains('\x1b') && !plain.contains('✔'), "{plain}");
        let look = Look { marks: true, colours: true, width: Some(60) };
        let shown = friends(&peers, look);
        for begin in ["  \x1b[32m✔\x1b[0m Bo", "  \x1b[31m✖\x1b[0m Cem", "  \x1b[2m·\x1b[0m Dana"] {
            assert!(shown.lines().any(|line| line.starts_with(begin)), "{begin:?} is not in {shown:?}");
        }
    }

    #[test]
    fn long_lines_of_the_state_are_broken_at_a_terminal() {
        let view = PortMappingView::Open { external: "203.0.113.7:40000".to_owned() };
        let network = NetworkView { port_mapping: view, spares_connection: true, ..NetworkView::default() };
        let snapshot = Snapshot { network, ..Snapshot::default() };
        let width = |look: Look| render(&snapshot, look).lines().map(|line| line.width()).max().unwrap();
        assert!(width(Look::default()) > 60);
        assert!(width(Look { width: Some(60), ..Look::default() }) <= 60);
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
