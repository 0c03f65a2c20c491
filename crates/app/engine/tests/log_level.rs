//! The setting `log_level` takes effect while the engine runs.

use std::{fs, time::Duration};

use lanrage_engine::{Engine, EngineOptions, NetworkLog, api};

#[tokio::test]
async fn another_log_level_needs_no_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = Some(folder.path().to_owned());
    let options = EngineOptions { data_dir, network_log: true, ..EngineOptions::default() };
    let engine = Engine::start(options).await.unwrap();

    tracing::debug!(target: "lanrage_test", "before the change");
    let request = api::SetText { key: "log_level".to_owned(), text: "debug".to_owned() };
    engine.ask(request).await.unwrap();
    tracing::debug!(target: "lanrage_test", "after the change");
    engine.shutdown().await;

    let path = NetworkLog::path(folder.path());
    let written = async {
        loop {
            let log = fs::read_to_string(&path).unwrap_or_default();
            if log.contains("after the change") {
                return log;
            }
            tokio::task::yield_now().await;
        }
    };
    let log = tokio::time::timeout(Duration::from_secs(20), written).await.expect("the line is written");
    assert!(!log.contains("before the change"));
}
