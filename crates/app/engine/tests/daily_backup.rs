//! An engine that runs backs its database up without being asked.

use std::time::Duration;

use lanrage_engine::{Engine, EngineOptions, api};

#[tokio::test]
async fn a_backup_is_made_on_the_first_day() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = Some(folder.path().to_owned());
    let engine = Engine::start(EngineOptions { data_dir, ..EngineOptions::default() }).await.unwrap();
    let made = async {
        while engine.ask(api::Summary {}).await.unwrap().backups.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), made).await.expect("a backup is made");
    engine.shutdown().await;
}
