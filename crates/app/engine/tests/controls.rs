//! Controls do what they say, on an engine that runs.

use std::{path::Path, time::Duration};

use lanrage_engine::{Engine, EngineOptions, Handle, api};
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
    (snapshot.player_name.clone(), snapshot.control.server().map(str::to_owned))
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
    assert_eq!(kept, [profile(&["ioquake3"], Some(note.clone()))]);
    // The newer form of the same keeps what it does not say, and the other way round.
    let games = || async { engine.ask(api::Games {}).await.unwrap() };
    let before = games().await;
    let own = before.iter().find(|game| game.name == "Quake III").expect("the profile is a game");
    assert_eq!((own.origin, own.is_hidden), (api::GameOrigin::Mine, false));
    let slug = own.slug.clone();
    engine.ask(api::HideGame { slug: slug.clone(), hidden: true }).await.unwrap();
    let kept = engine.ask(api::Profiles {}).await.unwrap();
    assert_eq!(kept[0].extra, Some(note));
    engine.ask(api::SaveProfile { profile: profile(&["ioquake3"], None) }).await.unwrap();
    let hidden = |games: &[api::KnownGameView]| games.iter().filter(|game| game.is_hidden).count();
    assert_eq!(hidden(&games().await), 1);
    let changed = api::SaveGame {
        slug: Some("teeworlds".to_owned()),
        name: "Teeworlds".to_owned(),
        programs: vec!["tw".to_owned()],
        servers: Vec::new(),
        ports: vec!["udp 9000-9001".to_owned()],
    };
    engine.ask(changed.clone()).await.unwrap();
    for (ports, refused) in [("tcp 22", "bad_game"), ("9000", "bad_game")] {
        let ports = vec![ports.to_owned()];
        let error = engine.ask(api::SaveGame { ports, ..changed.clone() }).await.unwrap_err();
        assert_eq!(error.code(), refused);
    }
    let export = engine.ask(api::ExportGames {}).await.unwrap();
    engine.ask(api::ResetGame { slug: "teeworlds".to_owned() }).await.unwrap();
    engine.ask(api::ResetGame { slug }).await.unwrap();
    assert_eq!(games().await.len(), before.len() - 1);
    assert_eq!(engine.ask(api::ImportGames { text: export.clone() }).await.unwrap(), 2);
    let again = games().await;
    let teeworlds = again.iter().find(|game| game.slug == "teeworlds").unwrap();
    assert_eq!(
        (teeworlds.origin, teeworlds.programs.as_slice()),
        (api::GameOrigin::Imported, &["tw".to_owned()][..])
    );
    assert!(teeworlds.query.is_some(), "what was not changed stays");
    let newer = export.replace("\"version\": 1", "\"version\": 2");
    let error = engine.ask(api::ImportGames { text: newer }).await.unwrap_err();
    assert_eq!((error.code(), games().await), ("bad_game", again));
    engine.ask(api::SaveProfile { profile: profile(&["ioquake3"], Some(Map::new())) }).await.unwrap();
    assert_eq!(engine.ask(api::Profiles {}).await.unwrap()[0].extra, Some(Map::new()));
    engine.shutdown().await;
}

async fn make_party(engine: &Handle, name: &str) -> String {
    engine.ask(api::CreateParty { name: name.to_owned() }).await.unwrap();
    engine.snapshots().borrow().party.as_ref().unwrap().id.clone()
}

async fn recent(engine: &Handle, id: &str) -> Option<api::RecentPartyView> {
    let all = engine.ask(api::RecentParties {}).await.unwrap();
    all.into_iter().find(|party| party.id == id)
}

/// The secrets of parties that the data folder holds.
fn kept_secrets(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().contains("party-") {
                found.push(path);
            }
        }
    }
    found
}

#[tokio::test]
async fn a_paused_party_is_forgotten_with_its_keys_and_the_present_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path(), EngineOptions::default()).await;
    let id = make_party(&engine, "Friday LAN").await;
    let forget = || engine.ask(api::ForgetParty { party: id.clone() });
    assert_eq!(forget().await.unwrap_err().code(), "still_a_member");
    // At once: what the pause has kept must not bring the party back.
    engine.ask(api::PauseParty {}).await.unwrap();
    forget().await.unwrap();
    assert_eq!(recent(&engine, &id).await, None);
    assert!(kept_secrets(folder.path()).is_empty(), "{:?}", kept_secrets(folder.path()));
    let resumed = engine.ask(api::ResumeParty { party: id.clone() }).await.unwrap_err();
    assert_eq!(resumed.code(), "not_a_member");
    engine.shutdown().await;
    let listed = Engine::ask_offline(Some(folder.path().to_owned()), api::RecentParties {}).await.unwrap();
    assert_eq!(listed, []);
}

#[tokio::test]
async fn a_party_is_forgotten_with_its_keys_while_nothing_runs() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path(), EngineOptions::default()).await;
    let party = make_party(&engine, "Friday LAN").await;
    engine.shutdown().await;
    assert!(!kept_secrets(folder.path()).is_empty());
    Engine::ask_offline(Some(folder.path().to_owned()), api::ForgetParty { party }).await.unwrap();
    assert!(kept_secrets(folder.path()).is_empty(), "{:?}", kept_secrets(folder.path()));
}

#[tokio::test]
async fn a_backup_that_is_restored_while_the_program_runs_is_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path(), EngineOptions::default()).await;
    let then = make_party(&engine, "Then").await;
    set(&engine, "player_name", "Ann").await;
    let path = folder.path().join("mine.db");
    engine.ask(api::BackUp { path: path.clone() }).await.unwrap();

    engine.ask(api::PauseParty {}).await.unwrap();
    let later = make_party(&engine, "Later").await;
    set(&engine, "player_name", "Bea").await;
    // A file that is none disturbs nothing.
    let none = api::Restore { path: folder.path().join("none.db"), without_hash: false };
    assert_eq!(engine.ask(none).await.unwrap_err().code(), "not_a_backup");
    assert_eq!(engine.snapshots().borrow().party.as_ref().unwrap().id, later);

    let restored = engine.ask(api::Restore { path, without_hash: false }).await.unwrap();
    assert_eq!((restored.restart_required, restored.without_keys), (false, Vec::new()));
    assert_eq!(engine.snapshots().borrow().party.as_ref().unwrap().id, then);
    assert_eq!(shown(&engine).0, "Ann");
    assert_eq!(recent(&engine, &later).await, None);
    // What was made of the present first is the way back, and this the way forth again.
    let undone =
        engine.ask(api::Restore { path: restored.kept.path.into(), without_hash: false }).await.unwrap();
    assert_eq!(engine.snapshots().borrow().party.as_ref().unwrap().id, later);
    assert_eq!(shown(&engine).0, "Bea");
    engine.ask(api::Restore { path: undone.kept.path.into(), without_hash: false }).await.unwrap();
    assert_eq!(recent(&engine, &later).await, None);
    engine.shutdown().await;
    let listed = Engine::ask_offline(Some(folder.path().to_owned()), api::RecentParties {}).await.unwrap();
    assert_eq!(listed.iter().map(|party| party.id.as_str()).collect::<Vec<_>>(), [then.as_str()]);
}

#[tokio::test]
async fn a_party_whose_keys_are_gone_says_so_and_offers_no_return() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path(), EngineOptions::default()).await;
    let id = make_party(&engine, "Friday LAN").await;
    let path = folder.path().join("mine.db");
    engine.ask(api::BackUp { path: path.clone() }).await.unwrap();
    engine.ask(api::LeaveParty {}).await.unwrap();
    let restored = engine.ask(api::Restore { path, without_hash: false }).await.unwrap();
    assert_eq!(restored.without_keys, ["Friday LAN"]);
    let party = recent(&engine, &id).await.unwrap();
    assert!(party.keys_missing && !party.can_resume, "{party:?}");
    let resumed = engine.ask(api::ResumeParty { party: id }).await.unwrap_err();
    assert_eq!(resumed.code(), "keys_missing");
    engine.shutdown().await;
    // The next start says why the party does not come back.
    let engine = start(folder.path(), EngineOptions::default()).await;
    first_shown(&engine).await;
    let codes: Vec<_> =
        engine.snapshots().borrow().problems.iter().map(|problem| problem.fault.code()).collect();
    assert!(codes.contains(&"party_keys_missing"), "{codes:?}");
    engine.shutdown().await;
}

#[tokio::test]
async fn a_favourite_is_removed_by_its_address_or_its_name_and_one_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |url: &str| api::DeleteFavorite { url: url.to_owned() };
    let engine = start(folder.path(), EngineOptions::default()).await;
    for name in ["Home", ""] {
        let url = format!("ws://{}.example:8787/", if name.is_empty() { "club" } else { "home" });
        engine.ask(api::SaveFavorite { url, name: name.to_owned() }).await.unwrap();
    }
    let names: Vec<_> =
        engine.ask(api::Favorites {}).await.unwrap().into_iter().map(|favorite| favorite.name).collect();
    assert_eq!(names, ["Home", "club.example"]);
    let unknown = engine.ask(ask("nosuch")).await.unwrap_err();
    assert_eq!(unknown.code(), "unknown_favorite");
    engine.ask(ask("Home")).await.unwrap();
    engine.ask(ask("ws://club.example:8787")).await.unwrap();
    assert_eq!(engine.ask(api::Favorites {}).await.unwrap(), []);
    engine.shutdown().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_with_a_long_path_leaves_nobody_deaf() {
    let folder = tempfile::tempdir().unwrap();
    let long = folder.path().join("ü".repeat(60)).join("b".repeat(100));
    std::fs::create_dir_all(&long).unwrap();
    let engine = start(&long, EngineOptions::default()).await;
    let (name, _) = first_shown(&engine).await;
    let connect = async {
        loop {
            match lanrage_engine::LocalClient::connect(&long).await {
                Ok(client) => return client,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    let mut client = tokio::time::timeout(PATIENCE, connect).await.expect("somebody listens");
    assert_eq!(client.ask(api::Status {}).await.unwrap().player_name, name);
    engine.shutdown().await;
}
