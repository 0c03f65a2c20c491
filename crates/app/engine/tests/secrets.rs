//! A whole life of an engine, with the log at its finest and every error printed; then every byte that it left
//! anywhere is searched for the secrets that it knew.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use data_encoding::{BASE32_NOPAD, BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use lanrage_engine::{
    Engine, EngineOptions, Handle, InvitationLink, LocalClient, LogLevel, LogStatus, NetworkLog,
    NetworkLogOptions, PartyView, Request, Snapshot,
    api::{
        CreateParty, ExportSettings, JoinParty, LeaveParty, MadeLink, MakeLink, SetText, Settings, preview,
    },
};
use lanrage_party::{Invitation, PartyId};

/// Set in the child process: the folder that it works in.
const FOLDER: &str = "LANRAGE_TEST_FOLDER";
const SERVER_KEY: &str = "the-key-of-the-clan-server";
const NAME: &str = "no_secret_is_left_in_logs_files_or_errors";

#[test]
fn no_secret_is_left_in_logs_files_or_errors() {
    if let Some(folder) = env::var_os(FOLDER) {
        // The log is the process's own, so the life is lived in a process of its own.
        live(Path::new(&folder));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder.path())
        .env("LANRAGE_LOG", "trace")
        // Secrets are then kept in files, where this test finds them.
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env_remove("XDG_RUNTIME_DIR")
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&printed));

    let secrets = known_secrets(&known(folder.path()));
    assert!(secrets.iter().any(|secret| secret.name == "the party secret"));
    assert!(secrets.iter().any(|secret| secret.name == "identity.secret"));
    assert!(secrets.iter().any(|secret| secret.name == "server key"));
    let log = fs::read(NetworkLog::path(&data(folder.path()))).unwrap();
    let says = |text: &str| log.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(says("entering party") && says("leaving party"), "{}", String::from_utf8_lossy(&log));

    let mut searched = vec![("what was printed".to_owned(), printed)];
    for file in files(&data(folder.path())) {
        if file.extension() != Some(OsStr::new("secret")) {
            searched.push((file.display().to_string(), fs::read(&file).unwrap()));
        }
    }
    for (place, bytes) in &searched {
        for secret in &secrets {
            assert!(!secret.is_in(bytes), "{} is in {place}", secret.name);
        }
    }
}

#[test]
fn no_link_is_left_in_debug_output() {
    let link = "lanrage://join/AXsicCI6IjAxMDEwMTAxMDEwMTAxMDEwMTAxMDEwMTAxMDEwMTAxIn0";
    let party: PartyView = serde_json::from_value(serde_json::json!({
        "id": "01010101010101010101010101010101",
        "name": "Friday LAN",
        "is_host": true,
        "virtual_ip": "10.66.0.1",
        "subnet": "10.66.0.0/16",
        "invitation": link,
        "meeting": { "code": "server" },
        "role": "owner",
        "admission": "open",
        "older_links_ask": false,
        "undo": null,
        "shield": { "level": "open", "is_blind": false, "doors": [], "refused": [] },
        "requests": [],
        "removed": [],
        "links": [],
        "codes": [{ "code": link, "serial": "3f9a12cd", "expires_at_ms": 0, "is_stored": true }],
        "created_at_ms": 0,
        "games": [],
        "chat": [],
        "ready_check": null,
        "voice": null,
        "peers": [],
    }))
    .unwrap();
    let snapshot = Snapshot { party: Some(party), ..Snapshot::default() };
    let request = Request::from(join(link));
    let made = MadeLink { link: InvitationLink(link.to_owned()), serial: String::new() };
    for printed in [format!("{snapshot:?}"), format!("{request:?}"), format!("{made:?}")] {
        assert!(!printed.contains("AXsicCI6"), "{printed}");
    }
}

#[test]
fn the_search_finds_a_secret_in_every_form() {
    let secret = Known::new("x", (240..=255).chain(0..16).collect());
    for form in [
        secret.bytes.clone(),
        format!("{:?}", secret.bytes).into_bytes(),
        format!("{:02x?}", secret.bytes).into_bytes(),
        HEXUPPER.encode(&secret.bytes).into_bytes(),
        BASE64URL_NOPAD.encode(&secret.bytes).into_bytes(),
    ] {
        let text = [b"key: ", form.as_slice(), b"."].concat();
        assert!(secret.is_in(&text), "{}", String::from_utf8_lossy(&text));
    }
    assert!(!secret.is_in(b"nothing of the kind"));
}

fn join(link: &str) -> JoinParty {
    JoinParty { link: InvitationLink(link.to_owned()), accepted_network: None }
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// Where the child puts the secrets that it knew.
fn known(folder: &Path) -> PathBuf {
    folder.join("known")
}

#[tokio::main]
async fn live(folder: &Path) {
    let data = data(folder);
    fs::create_dir_all(known(folder)).unwrap();
    fs::create_dir_all(&data).unwrap();
    let log = NetworkLog::install(NetworkLogOptions {
        folder: data.clone(),
        file_mib: 8,
        kept: 1,
        level: LogLevel::Trace,
        also_stderr: Some(LogLevel::Trace),
    })
    .unwrap();

    let engine = start(&data).await;
    set_server_key(&engine, folder).await;
    engine.ask(CreateParty { name: "Friday LAN".to_owned() }).await.unwrap();
    let link = engine.snapshots().borrow().party.as_ref().unwrap().invitation.clone();
    remember(folder, &data, &link.0);
    let limited =
        MakeLink { uses: Some(1), expires_in_hours: Some(1), needs_approval: false, for_guests: false };
    let made = engine.ask(limited).await.unwrap();
    remember(folder, &data, &made.link.0);
    print(&engine, &made.link.0);
    refuse(&engine, &data, &link.0).await;
    print(&engine, &link.0);
    engine.shutdown().await;

    // A second life restores what the first one kept.
    let engine = start(&data).await;
    print(&engine, &link.0);
    if let Err(error) = engine.ask(LeaveParty {}).await {
        assert_eq!(error.code(), "not_in_party");
    }
    print(&engine, &link.0);
    engine.shutdown().await;

    engine_that_leaves(&data, folder).await;
    assert!(log.flush(Duration::from_secs(60)));
    println!("{log:?}");
    assert_eq!(log.status(), LogStatus::default());
}

/// The key of a private server, once mistyped.
async fn set_server_key(engine: &Handle, folder: &Path) {
    let set = |text: &str| SetText { key: "server_key".to_owned(), text: text.to_owned() };
    let error = engine.ask(set(&format!("{SERVER_KEY} typed twice"))).await.unwrap_err();
    println!("{error} {error:?}");
    engine.ask(set(SERVER_KEY)).await.unwrap();
    let kept = engine.ask(Settings {}).await.unwrap();
    println!("{:?}", kept.iter().find(|setting| setting.key == "server_key").unwrap());
    println!("{}", engine.ask(ExportSettings {}).await.unwrap());
    fs::write(known(folder).join("0.server key"), SERVER_KEY).unwrap();
}

async fn engine_that_leaves(data: &Path, folder: &Path) {
    let engine = start(data).await;
    engine.ask(CreateParty { name: "Saturday LAN".to_owned() }).await.unwrap();
    let link = engine.snapshots().borrow().party.as_ref().unwrap().invitation.clone();
    remember(folder, data, &link.0);
    engine.ask(LeaveParty {}).await.unwrap();
    print(&engine, &link.0);
    engine.shutdown().await;
}

async fn start(data: &Path) -> Handle {
    let options = EngineOptions { data_dir: Some(data.to_owned()), ..EngineOptions::default() };
    println!("{options:?}");
    // An engine before this one gives the folder back a moment after its shutdown.
    Engine::start(options.clone()).await.unwrap()
}

/// Ways to hand a link to somebody who refuses it.
async fn refuse(engine: &Handle, data: &Path, link: &str) {
    let damaged = &link[..link.len() - 1];
    // With the same secret; a link of the very party that one is in is no mistake.
    let of_another =
        Invitation { party: PartyId::from_random([9; 16]), ..link.parse::<Invitation>().unwrap() }.link();
    for link in [&of_another, damaged, "lanrage://join/AAAA"] {
        let error = engine.ask(join(link)).await.unwrap_err();
        println!("{error} {error:?}");
        let mut local = LocalClient::connect(data).await.unwrap();
        let error = local.ask(join(link)).await.unwrap_err();
        println!("{error} {error:?} {local:?}");
    }
    println!("{:?}", preview(damaged));
}

fn print(engine: &Handle, link: &str) {
    println!("{:?}", preview(link));
    println!("{:?}", link.parse::<Invitation>());
    println!("{:?}", engine.snapshots().borrow().problems);
}

/// Keeps what is secret now where the parent finds it.
fn remember(folder: &Path, data: &Path, link: &str) {
    let known = known(folder);
    let count = fs::read_dir(&known).unwrap().count();
    fs::write(known.join(format!("{count}.link")), link).unwrap();
    for file in files(data) {
        if file.extension() == Some(OsStr::new("secret")) {
            let name = file.file_name().unwrap().to_str().unwrap();
            fs::copy(&file, known.join(format!("{count}.{name}"))).unwrap();
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    found
}

struct Known {
    name: String,
    bytes: Vec<u8>,
}

fn known_secrets(folder: &Path) -> Vec<Known> {
    let mut secrets = Vec::new();
    for file in files(folder) {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let content = fs::read(&file).unwrap();
        if name.ends_with(".link") {
            let link = String::from_utf8(content).unwrap();
            let invitation: Invitation = link.parse().unwrap();
            secrets.push(Known::new("the party secret", invitation.secret.expose().to_vec()));
            if let Some(pass) = &invitation.pass {
                secrets.push(Known::new("a limited link’s seed", pass.to_bytes()[4..].to_vec()));
            }
            let body = link.trim_start_matches("lanrage://join/");
            // The beginning is the party's public part; a log that cut the link would still hold its end.
            secrets.push(Known::new("the end of the link", body[body.len() - 60..].into()));
            secrets.push(Known::new("the link", link.into_bytes()));
        } else {
            let name = name.split_once('.').unwrap().1;
            secrets.push(Known::new(name, content));
        }
    }
    secrets
}

impl Known {
    fn new(name: &str, bytes: Vec<u8>) -> Self {
        assert!(bytes.len() >= 16, "{name} is too short to be searched for");
        Self { name: name.to_owned(), bytes }
    }

    /// Whether it occurs, in any of the forms in which bytes are written.
    fn is_in(&self, text: &[u8]) -> bool {
        let debug = |text: String| text.trim_matches(['[', ']']).to_owned();
        let base64 = BASE64_NOPAD.encode(&self.bytes);
        let forms = [
            self.bytes.clone(),
            HEXLOWER.encode(&self.bytes).into(),
            HEXUPPER.encode(&self.bytes).into(),
            base64.into(),
            BASE64.encode(&self.bytes).into(),
            BASE64URL_NOPAD.encode(&self.bytes).into(),
            BASE32_NOPAD.encode(&self.bytes).into(),
            debug(format!("{:?}", self.bytes)).into(),
            debug(format!("{:02x?}", self.bytes)).into(),
            debug(format!("{:?}", self.bytes)).replace(' ', "").into(),
        ];
        forms.iter().any(|form| text.windows(form.len()).any(|window| window == form))
    }
}
