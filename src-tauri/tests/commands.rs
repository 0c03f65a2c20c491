//! The requests as the window makes them, over Tauri's bridge without a display.

use std::{
    fs,
    io::Write,
    sync::mpsc,
    time::{Duration, Instant},
};

use lanrage_desktop::{EngineHost, PendingLink, stop, with_commands};
use lanrage_engine::{
    CommandError, EngineOptions, InvitationPreview, PartyView, Snapshot, facts::SettingRule,
};
use serde_json::{Value, json};
use tauri::{
    App, Listener, Manager, WebviewWindow, WebviewWindowBuilder,
    async_runtime::block_on,
    ipc::{CallbackFn, InvokeBody},
    test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder, mock_context, noop_assets},
    webview::InvokeRequest,
};
use tempfile::TempDir;
use tokio::time::timeout;

/// More than an engine takes for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program with an engine of its own and a window that exists only for the bridge.
struct Desktop {
    app: App<MockRuntime>,
    window: WebviewWindow<MockRuntime>,
}

impl Desktop {
    fn start(data_dir: &TempDir) -> Self {
        let app = with_commands(mock_builder()).build(mock_context(noop_assets())).unwrap();
        let data_dir = Some(data_dir.path().to_owned());
        app.manage(EngineHost::start(app.handle(), EngineOptions { data_dir, ..EngineOptions::default() }));
        let window = WebviewWindowBuilder::new(&app, "main", Default::default()).build().unwrap();
        Self { app, window }
    }

    /// Asks the engine.
    fn ask(&self, request: &str, args: Value) -> Result<Value, Value> {
        self.call("ask", request, args)
    }

    /// Asks the desktop.
    fn ask_desktop(&self, request: &str, args: Value) -> Result<Value, Value> {
        self.call("ask_desktop", request, args)
    }

    fn call(&self, command: &str, request: &str, mut args: Value) -> Result<Value, Value> {
        args["ask"] = request.into();
        let origin = if cfg!(windows) { "http://tauri.localhost" } else { "tauri://localhost" };
        let request = InvokeRequest {
            cmd: command.to_owned(),
            callback: CallbackFn(0),
            error: CallbackFn(1),
            url: origin.parse().unwrap(),
            body: InvokeBody::Json(json!({ "request": args })),
            headers: Default::default(),
            invoke_key: INVOKE_KEY.to_owned(),
        };
        get_ipc_response(&self.window, request).map(|answer| answer.deserialize().unwrap())
    }

    fn snapshot(&self) -> Snapshot {
        serde_json::from_value(self.ask("status", json!({})).unwrap()).unwrap()
    }

    fn wait_until(&self, holds: impl Fn(&Snapshot) -> bool) {
        block_on(async {
            let engine = self.app.state::<EngineHost>();
            let mut snapshots = engine.handle().await.unwrap().snapshots();
            timeout(PATIENCE, snapshots.wait_for(|snapshot| holds(snapshot))).await.unwrap().unwrap();
        });
    }

    /// Asks for the parties until they are as wanted: memberships are written in the background.
    fn recent_parties(&self, are_wanted: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let parties = self.ask("recent_parties", json!({})).unwrap();
            if are_wanted(&parties) {
                return parties;
            }
            assert!(started.elapsed() < PATIENCE, "{parties}");
        }
    }

    fn set_player_name(&self, name: &str) -> Result<Value, Value> {
        self.ask("set_settings", json!({ "values": { "player_name": name } }))
    }

    fn setting(&self, key: &str) -> Value {
        let settings = self.ask("settings", json!({})).unwrap();
        let found = settings.as_array().unwrap().iter().find(|setting| setting["key"] == key);
        found.unwrap()["value"].clone()
    }

    fn refusal(&self, request: &str, args: Value) -> CommandError {
        refused(self.ask(request, args))
    }

    fn stop(self) {
        block_on(stop(self.app.handle()));
    }
}

fn refused(outcome: Result<Value, Value>) -> CommandError {
    let refusal = outcome.expect_err("the request is refused");
    serde_json::from_value(refusal).expect("a refusal has a code")
}

#[test]
fn the_first_snapshot_waits_for_the_engine_and_later_ones_show_what_changed() {
    let data_dir = TempDir::new().unwrap();
    let desktop = Desktop::start(&data_dir);
    assert!(desktop.snapshot().party.is_none());
    assert_eq!(desktop.set_player_name("Mia"), Ok(json!({ "restart_required": false })));
    desktop.wait_until(|snapshot| snapshot.player_name == "Mia");
    assert_eq!(desktop.snapshot().player_name, "Mia");
    desktop.stop();
}

#[test]
fn a_refusal_reaches_the_window_with_its_code() {
    let data_dir = TempDir::new().unwrap();
    let desktop = Desktop::start(&data_dir);
    assert_eq!(desktop.refusal("create_party", json!({ "name": " \n" })).code(), "bad_name");
    assert_eq!(refused(desktop.set_player_name(&"x".repeat(500))).code(), "bad_setting");
    assert_eq!(desktop.refusal("leave_party", json!({})).code(), "not_in_party");
    for command in ["join_party", "preview_invitation"] {
        let refusal = desktop.refusal(command, json!({ "link": "lanrage://join/AXsi" }));
        assert_eq!(refusal.code(), "invitation_damaged", "{command}");
    }
    desktop.stop();
}

#[test]
fn a_changed_setting_and_the_name_are_there_at_the_next_start() {
    let data_dir = TempDir::new().unwrap();
    let desktop = Desktop::start(&data_dir);
    desktop.set_player_name("Mia").unwrap();
    let set = |key: &str, text: &str| json!({ "key": key, "text": text });
    let changed = desktop.ask("set_text", set("udp_port", "45123")).unwrap();
    assert_eq!(changed, json!({ "restart_required": true }));
    let refusal = desktop.refusal("set_text", set("backup_keep", "0"));
    assert_eq!(refusal.code(), "bad_setting");
    let CommandError::BadSetting { key, value, rule, .. } = refusal else { panic!("{refusal:?}") };
    assert_eq!((key.as_str(), value.as_str()), ("backup_keep", "0"));
    assert_eq!(rule, SettingRule::Integer { min: 1, max: 50 });
    desktop.stop();

    let desktop = Desktop::start(&data_dir);
    assert_eq!(desktop.setting("player_name"), "Mia");
    assert_eq!(desktop.setting("udp_port"), 45123);
    assert_eq!(desktop.setting("backup_keep"), 7);
    desktop.stop();
}

#[test]
fn a_paused_party_is_resumed_by_its_id_and_comes_back_by_itself_after_a_restart() {
    let data_dir = TempDir::new().unwrap();
    let desktop = Desktop::start(&data_dir);
    desktop.ask("create_party", json!({ "name": "Friday LAN" })).unwrap();
    let place = |desktop: &Desktop| {
        let PartyView { id, name, virtual_ip, is_host, .. } = desktop.snapshot().party.unwrap();
        (id, name, virtual_ip, is_host)
    };
    let wanted = place(&desktop);
    desktop.recent_parties(|parties| *parties != json!([]));
    desktop.ask("pause_party", json!({})).unwrap();
    desktop.wait_until(|snapshot| snapshot.party.is_none());
    assert!(desktop.snapshot().party.is_none());
    assert_eq!(desktop.refusal("pause_party", json!({})).code(), "not_in_party");
    assert_eq!(desktop.refusal("resume_party", json!({ "party": "x" })).code(), "bad_party_id");
    desktop.ask("resume_party", json!({ "party": wanted.0 })).unwrap();
    desktop.wait_until(|snapshot| snapshot.party.is_some());
    assert_eq!(place(&desktop), wanted);
    desktop.stop();

    let desktop = Desktop::start(&data_dir);
    assert_eq!(place(&desktop), wanted);
    desktop.stop();
}

#[test]
fn what_nobody_declared_is_not_carried_out() {
    let data_dir = TempDir::new().unwrap();
    let desktop = Desktop::start(&data_dir);
    for outcome in [
        desktop.ask("shutdown", json!({})),
        desktop.ask("copy_text", json!({ "text": "x" })),
        desktop.ask_desktop("leave_party", json!({})),
        desktop.call("shutdown", "status", json!({})),
    ] {
        let Err(Value::String(text)) = outcome else { panic!("{outcome:?}") };
        assert!(text.contains("unknown variant") || text.contains("not found"), "{text}");
    }
    assert!(desktop.ask("status", json!({})).is_ok());
    desktop.stop();
}

#[test]
fn a_second_instance_says_that_the_first_one_runs_and_after_it_has_ended_the_folder_is_free() {
    let data_dir = TempDir::new().unwrap();
    let first = Desktop::start(&data_dir);
    first.ask("status", json!({})).unwrap();
    let second = Desktop::start(&data_dir);
    assert_eq!(second.refusal("status", json!({})).code(), "already_running");
    assert_eq!(second.refusal("create_party", json!({ "name": "LAN" })).code(), "already_running");
    first.stop();
    let third = Desktop::start(&data_dir);
    third.ask("status", json!({})).unwrap();
    second.stop();
    third.stop();
}

#[test]
fn a_new_invitation_ends_when_it_should_and_its_preview_says_who_hosts_and_how_many_play() {
    let data_dir = TempDir::new().unwrap();
    let desktop = Desktop::start(&data_dir);
    let never = json!({ "expires_in_hours": null });
    assert_eq!(desktop.refusal("new_invitation", never.clone()).code(), "not_in_party");
    desktop.set_player_name("Mia").unwrap();
    desktop.ask("create_party", json!({ "name": "Friday LAN" })).unwrap();
    desktop.wait_until(|snapshot| snapshot.player_name == "Mia" && snapshot.party.is_some());
    let preview = |args: Value| -> InvitationPreview {
        let link = desktop.ask("new_invitation", args).unwrap();
        serde_json::from_value(desktop.ask("preview_invitation", json!({ "link": link })).unwrap()).unwrap()
    };
    let lasting = preview(never);
    assert_eq!((lasting.host_name.as_deref(), lasting.members), (Some("Mia"), Some(1)));
    assert_eq!(lasting.expires_at_ms, None);
    assert!(preview(json!({ "expires_in_hours": 24 })).expires_at_ms.is_some());
    assert_eq!(desktop.refusal("new_invitation", json!({ "expires_in_hours": 0 })).code(), "bad_expiry");
    desktop.stop();
}

#[test]
fn a_party_becomes_a_favourite_and_stays_one_after_a_restart() {
    let data_dir = TempDir::new().unwrap();
    let desktop = Desktop::start(&data_dir);
    desktop.ask("create_party", json!({ "name": "Friday LAN" })).unwrap();
    let parties = desktop.recent_parties(|parties| parties.as_array().is_some_and(|all| !all.is_empty()));
    assert_eq!(parties[0]["is_favorite"], false);
    let favorite = |party: &Value| json!({ "party": party, "favorite": true });
    assert_eq!(desktop.ask("set_favorite_party", favorite(&parties[0]["id"])), Ok(Value::Null));
    assert_eq!(desktop.refusal("set_favorite_party", favorite(&json!("x"))).code(), "bad_party_id");
    let unknown = json!("00".repeat(16));
    assert_eq!(desktop.refusal("set_favorite_party", favorite(&unknown)).code(), "not_found");
    desktop.stop();

    let desktop = Desktop::start(&data_dir);
    assert_eq!(desktop.recent_parties(|_| true)[0]["is_favorite"], true);
    desktop.stop();
}

#[test]
fn the_doctor_judges_everything_and_the_diagnostics_are_a_file() {
    let data_dir = TempDir::new().unwrap();
    let desktop = Desktop::start(&data_dir);
    let report = desktop.ask("run_doctor", json!({})).unwrap();
    let checks = report["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 12);
    let state = |code: &str| checks.iter().find(|check| check["code"] == code).unwrap()["state"].clone();
    assert_eq!((state("database"), state("control_server")), (json!("good"), json!("good")));
    let Ok(Value::String(path)) = desktop.ask_desktop("save_diagnostics", json!({})) else {
        panic!("no path")
    };
    assert!(path.ends_with(".zip") && fs::metadata(&path).unwrap().len() > 0, "{path}");
    fs::remove_file(path).unwrap();
    desktop.stop();
}

#[test]
fn the_log_begins_with_its_newest_lines_and_goes_on_by_itself_until_nobody_looks() {
    let data_dir = TempDir::new().unwrap();
    let log = data_dir.path().join("network.log");
    let lines: String = (0..600).map(|n| format!("line {n}\n")).collect();
    fs::write(&log, lines).unwrap();
    let desktop = Desktop::start(&data_dir);
    let (heard, events) = mpsc::channel();
    desktop.app.listen_any("log", move |event| {
        let lines: Vec<String> = serde_json::from_str(event.payload()).unwrap();
        let _ = heard.send(lines);
    });
    let first = desktop.ask_desktop("follow_log", json!({ "on": true })).unwrap();
    let first = first.as_array().unwrap();
    assert_eq!((first.len(), &first[0], &first[499]), (500, &json!("line 100"), &json!("line 599")));
    let mut file = fs::OpenOptions::new().append(true).open(&log).unwrap();
    file.write_all(b"one\ntwo\n").unwrap();
    let mut news = Vec::new();
    while news.len() < 2 {
        news.extend(events.recv_timeout(PATIENCE).unwrap());
    }
    assert_eq!(news, ["one", "two"]);
    assert_eq!(desktop.ask_desktop("follow_log", json!({ "on": false })), Ok(json!([])));
    file.write_all(b"three\n").unwrap();
    assert!(events.recv_timeout(Duration::from_millis(700)).is_err(), "nobody looks any more");
    desktop.stop();
}

#[test]
fn a_link_that_the_system_handed_over_is_looked_at_once_and_joins_nothing() {
    let data_dir = TempDir::new().unwrap();
    let desktop = Desktop::start(&data_dir);
    assert_eq!(desktop.ask_desktop("take_link", json!({})), Ok(Value::Null));
    assert!(desktop.app.state::<PendingLink>().put("lanrage://join/AXsi"));
    assert_eq!(desktop.ask_desktop("take_link", json!({})), Ok(json!("lanrage://join/AXsi")));
    assert_eq!(desktop.ask_desktop("take_link", json!({})), Ok(Value::Null));
    assert!(desktop.snapshot().party.is_none());
    desktop.stop();
}

#[test]
fn the_answer_to_the_question_at_closing_is_kept_when_it_is_meant_for_ever() {
    let data_dir = TempDir::new().unwrap();
    let desktop = Desktop::start(&data_dir);
    let answer = |remember: bool| json!({ "keep": true, "remember": remember });
    assert_eq!(desktop.ask_desktop("answer_close", answer(false)), Ok(Value::Null));
    assert_eq!(desktop.setting("keep_in_tray"), "ask");
    assert_eq!(desktop.ask_desktop("answer_close", answer(true)), Ok(Value::Null));
    assert_eq!(desktop.setting("keep_in_tray"), "keep");
    desktop.stop();
}
