//! Controls do what they say, on an engine that runs.

use std::{path::Path, time::Duration};

use lanrage_engine::{ControlView, Engine, EngineOptions, Handle, api};
use serde_json::{Map, json};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Nobody listens there.
const SERVER: &str = "ws://127.0.0.1:9/";

async fn start(folder: &Path, options: EngineOptions) -> Handle {
    Engine::start(EngineOptions { data_dir: Some(folder.to_owned()), ..options }).await.unwrap()
}

async fn set(engine: &Handle, key: &str, text: &str) {
    engine.ask(api::SetText { key: key.to_owned(), text: text.to_owned() }).await.unwrap();
}

/// The player's name and the server, as shown.
fn shown(engine: &Handle) -> (String, Option<String>) {
    let snapshot = engine.snapshots().borrow().clone();
    let server = match &snapshot.control {
        ControlView::Local => None,
        ControlView::Connecting { server }
        | ControlView::Connected { server }
        | ControlView::Disconnected { server, .. } => Some(server.clone()),
    };
    (snapshot.player_name.clone(), server)
}

async fn first_shown(engine: &Handle) -> (String, Option<String>) {
    let mut snapshots = engine.snapshots();
    let first = snapshots.wait_for(|snapshot| snapshot.revision > 0);
    drop(tokio::time::timeout(PATIENCE, first).await.expect("the state is shown").unwrap());
    shown(engine)
}

#[tokio::test]
async fn what_a_run_was_started_with_holds_until_the_setting_itself_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let options = EngineOptions {
        player_name: Some("Ann".to_owned()),
        control: Some(SERVER.parse().unwrap()),
        ..EngineOptions::default()
    };
    let engine = start(folder.path(), options).await;
    let given = ("Ann".to_owned(), Some(SERVER.to_owned()));
    assert_eq!(first_shown(&engine).await, given);
    set(&engine, "quality_fair", "60").await;
    assert_eq!(shown(&engine), given);
    set(&engine, "player_name", "Bea").await;
    assert_eq!(shown(&engine), ("Bea".to_owned(), Some(SERVER.to_owned())));
    set(&engine, "control_server", "ws://127.0.0.1:10/").await;
    assert_eq!(shown(&engine).1.as_deref(), Some("ws://127.0.0.1:10/"));
    engine.ask(api::ResetSetting { key: "control_server".to_owned() }).await.unwrap();
    assert_eq!(shown(&engine).1, None);
    engine.shutdown().await;
}

#[tokio::test]
async fn a_name_that_is_reset_is_the_accounts_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path(), EngineOptions::default()).await;
    let (account, _) = first_shown(&engine).await;
    set(&engine, "player_name", "Somebody else").await;
    assert_eq!(shown(&engine).0, "Somebody else");
    engine.ask(api::ResetSetting { key: "player_name".to_owned() }).await.unwrap();
    assert_eq!(shown(&engine).0, account);
    engine.shutdown().await;
}

#[tokio::test]
async fn what_else_is_known_of_a_game_outlives_its_editing() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path(), EngineOptions::default()).await;
    let note = Map::from_iter([("note".to_owned(), json!("port 2 is for the lobby"))]);
    let profile = |programs: &[&str], extra| api::ProfileView {
        name: "Quake III".to_owned(),
        executables: programs.iter().map(ToString::to_string).collect(),
        ports: Vec::new(),
        extra,
    };
    for saved in [profile(&["quake3"], Some(note.clone())), profile(&["ioquake3"], None)] {
        engine.ask(api::SaveProfile { profile: saved }).await.unwrap();
    }
    let kept = engine.ask(api::Profiles {}).await.unwrap();
    assert_eq!(kept, [profile(&["ioquake3"], Some(note))]);
    engine.ask(api::SaveProfile { profile: profile(&["ioquake3"], Some(Map::new())) }).await.unwrap();
    assert_eq!(engine.ask(api::Profiles {}).await.unwrap()[0].extra, Some(Map::new()));
    engine.shutdown().await;
}
