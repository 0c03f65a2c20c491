use std::{fs, io::Read};

use lanrage_log::NetworkLog;
use lanrage_party::facts::{Cause, Fault, Meeting, ServerFault, Situation};
use lanrage_party::{Admission, NatType, Role};
use lanrage_session::{
    AdapterView, ChatLineView, CodeView, ConnectionState, ControlView, DataPlaneView, GameView, HostedView,
    InvitationLink, JoiningView, LinkView, NetworkView, PartyView, PeerView, Problem, Readiness,
    ReadyCheckView, RemovedView, RequestView, Severity, StoreView, Traffic, VoiceView,
};
use serde_json::json;

use super::*;

const ALICE: &str = "a0b1c2d3e4f5061728394a5b6c7d8e9f";
const BOB: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const DORA: &str = "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf";
const EVE: &str = "e0e1e2e3e4e5e6e7e8e9eaebecedeeef";
const PARTY: &str = "0123456789abcdef0123456789abcdef";
const LINK: &str = "lanrage://join/AXsicCI6IjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmIn0";

const CODE: &str = "K7QF-2M9D-XW4T-P8HC";

/// Everything in the inputs that nobody may find in a bundle.
const PRIVATE: [&str; 28] = [
    CODE,
    "voice.example.org",
    "Hatice",
    "not_yet",
    "the plan of the evening",
    "Bobs Burg",
    "Dora",
    "Frida",
    "Gülay",
    "Eve",
    DORA,
    EVE,
    "Alice",
    "Bob",
    "Carol",
    "Friday LAN",
    "Sunday LAN",
    ALICE,
    BOB,
    PARTY,
    "a0b1c2d3",
    "AXsicCI6",
    "203.0.113.9",
    "198.51.100.23",
    "10.66.0.2",
    "play.example",
    "hunter2",
    "2001:db8::7",
];

fn snapshot() -> Snapshot {
    let bob = PeerView {
        id: BOB.to_owned(),
        name: "Bob".to_owned(),
        is_host: false,
        role: Role::Member,
        is_muted: false,
        virtual_ip: "10.66.0.2".to_owned(),
        state: ConnectionState::Connected,
        connection_type: lanrage_party::ConnectionType::Direct,
        situation: Situation::Direct { peer: "Bob".to_owned(), loses_packets: false },
        endpoint: Some("203.0.113.9:51820".to_owned()),
        latency_ms: Some(12.5),
        jitter_ms: None,
        loss: None,
        quality: Some(lanrage_party::Quality::Good),
        history_ms: vec![Some(1.0), None],
        mtu: Some(1_420),
        is_sent_twice: true,
        next_direct_try_at_ms: None,
        nat_type: NatType::default(),
        online: Some(true),
        trust: Default::default(),
        away_since_ms: None,
        joined_at_ms: 1,
        first_packet_ms: None,
        readiness: Some(Readiness::NotYet),
        games: vec![GameView {
            slug: "teeworlds".to_owned(),
            name: "Teeworlds".to_owned(),
            hosted: Some(HostedView {
                address: "10.66.0.2:8303".to_owned(),
                title: Some("Bobs Burg".to_owned()),
                ..HostedView::default()
            }),
            ..GameView::default()
        }],
        traffic: Traffic::default(),
    };
    Snapshot {
        revision: 7,
        peer_id: ALICE.to_owned(),
        player_name: "Alice".to_owned(),
        network: NetworkView { public_address: Some("198.51.100.23:51820".to_owned()), ..Default::default() },
        nat_type: NatType::default(),
        control: ControlView::Connected { server: "wss://play.example/v1/session".to_owned() },
        announcement: None,
        adapter: AdapterView::Closed,
        party: Some(PartyView {
            meeting: Meeting::Server,
            store: Some(StoreView { holders: Some(20), ..StoreView::default() }),
            host_hint: None,
            id: PARTY.to_owned(),
            name: "Friday LAN".to_owned(),
            is_host: true,
            virtual_ip: "10.66.0.1".to_owned(),
            subnet: "10.66.0.0/16".to_owned(),
            invitation: InvitationLink(LINK.to_owned()),
            page: Some("https://play.example/join#".to_owned()),
            role: Role::Owner,
            admission: Admission::Ask,
            older_links_ask: false,
            undo: None,
            requests: vec![RequestView {
                id: DORA.to_owned(),
                name: "Dora".to_owned(),
                since_ms: 0,
                link: Some("abababab".to_owned()),
            }],
            links: vec![LinkView {
                serial: "abababab".to_owned(),
                made_by: "Gülay".to_owned(),
                came: vec!["Frida".to_owned()],
                ..LinkView::default()
            }],
            removed: vec![RemovedView {
                id: EVE.to_owned(),
                name: "Eve".to_owned(),
                is_banned: true,
                at_ms: 0,
            }],
            codes: vec![CodeView { code: InvitationLink(CODE.to_owned()), ..CodeView::default() }],
            created_at_ms: 1_764_000_000_000,
            games: Vec::new(),
            chat: vec![ChatLineView {
                text: "the plan of the evening".to_owned(),
                ..ChatLineView::default()
            }],
            ready_check: Some(ReadyCheckView { name: "Hatice".to_owned(), ..ReadyCheckView::default() }),
            voice: Some(VoiceView { text: "https://voice.example.org".to_owned(), ..VoiceView::default() }),
            shield: Default::default(),
            peers: vec![bob],
        }),
        joining: Some(JoiningView {
            party: "Sunday LAN".to_owned(),
            reply: Some(LINK.replace("join", "reply")),
            ..JoiningView::default()
        }),
        code_search: None,
        data_plane: DataPlaneView::default(),
        problems: vec![Problem::new(
            Severity::Warning,
            Fault::ControlDisconnected {
                server: "wss://play.example/v1/session".to_owned(),
                why: ServerFault::Lost { cause: Cause::ConnectionRefused },
                in_party: true,
            },
        )],
    }
}

fn log(folder: &Path) {
    let lines = [
        json!({"timestamp": "2026-11-22T12:34:56.123456Z", "level": "INFO", "fields": {"peer": "0f1e2d3c"}}),
        json!({"level": "DEBUG", "fields": {"address": "203.0.113.9:51820", "candidate": "[2001:db8::7]:1"}}),
        json!({"level": "WARN", "fields": {"message": format!("Carol opened {LINK}")}}),
    ];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(NetworkLog::path(folder), text).unwrap();
}

fn entries(path: &Path) -> Vec<(String, String)> {
    let mut zip = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    (0..zip.len())
        .map(|index| {
            let mut file = zip.by_index(index).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            (file.name().unwrap().into_owned(), text)
        })
        .collect()
}

fn export(folder: &Path, path: &Path) -> Result<(), BundleError> {
    let settings = json!({
        "player_name": "Alice",
        "default_server": "wss://play.example/v1/session",
        "relay_password": "hunter2",
        "udp_port": 51820,
    });
    export_bundle(
        path,
        &BundleInputs {
            folder,
            snapshot: &snapshot(),
            settings: &settings,
            database: "12345678 bytes, intact",
            log_mib: 1,
            names: &[KnownName::Player("Carol".to_owned())],
        },
    )
}

#[test]
fn a_bundle_holds_the_whole_story_and_nothing_private() {
    let folder = tempfile::tempdir().unwrap();
    log(folder.path());
    let path = folder.path().join("bundle.zip");
    fs::write(&path, "an older bundle").unwrap();
    export(folder.path(), &path).unwrap();

    let entries = entries(&path);
    let names: Vec<_> = entries.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["README.txt", "system.json", "snapshot.json", "settings.json", "database.txt", "network.log"]
    );
    for (name, text) in &entries {
        for private in PRIVATE {
            assert!(!text.contains(private), "{private} is in {name}: {text}");
        }
    }
    let text = |name: &str| &entries.iter().find(|entry| entry.0 == name).unwrap().1;
    let snapshot: Value = serde_json::from_str(text("snapshot.json")).unwrap();
    assert_eq!(snapshot["party"]["peers"][0]["situation"]["peer"], "player-2");
    assert_eq!(snapshot["party"]["invitation"], LEFT_OUT);
    assert_eq!(snapshot["party"]["created_at_ms"], 1_764_000_000_000_u64);
    let endpoint = snapshot["party"]["peers"][0]["endpoint"].as_str().unwrap();
    let settings: Value = serde_json::from_str(text("settings.json")).unwrap();
    assert_eq!(settings["default_server"], "wss://server-1/…");
    assert_eq!((&settings["relay_password"], &settings["udp_port"]), (&json!(LEFT_OUT), &json!(51820)));
    assert_eq!(text("database.txt"), "12345678 bytes, intact");

    let lines: Vec<Value> =
        text("network.log").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["timestamp"], "2026-11-22T12:34:56.123456Z");
    assert_eq!(lines[0]["fields"]["peer"], "peer-2");
    assert_eq!(lines[1]["fields"]["address"], endpoint);
    assert_eq!(lines[2]["fields"]["message"], "player-7 opened link-3");
}

#[test]
fn a_bundle_that_cannot_be_written_is_named_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/bundle.zip");
    let error = export(folder.path(), &path).unwrap_err();
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");

    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    fs::write(taken.join("x"), "").unwrap();
    export(folder.path(), &taken).unwrap_err();
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["taken"]);
}

#[test]
fn a_log_that_cannot_be_read_is_said_in_the_bundle() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(NetworkLog::path(folder.path())).unwrap();
    let path = folder.path().join("bundle.zip");
    export(folder.path(), &path).unwrap();
    let entries = entries(&path);
    assert!(entries[5].1.starts_with("(the log cannot be read: "), "{entries:?}");
}

#[cfg(unix)]
#[test]
fn a_bundle_is_closed_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.zip");
    export(folder.path(), &path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
