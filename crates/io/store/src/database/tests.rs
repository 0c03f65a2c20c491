mod backups;
mod content;
mod recovery;
mod schema;

use std::{fs, path::Path};

use lanrage_party::UnixMillis;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::*;
use crate::DataDir;

/// A Sunday evening in 2026.
const NOW: UnixMillis = UnixMillis(1_795_372_304_123);
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// A data folder that is gone with the value.
struct Home {
    _folder: tempfile::TempDir,
    dir: DataDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::open(Some(folder.path().join("data"))).unwrap();
        Self { _folder: folder, dir }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    fn database(&self) -> std::path::PathBuf {
        self.path("lanrage.db")
    }

    async fn open(&self) -> SettingsDatabase {
        self.open_at(NOW).await.0
    }

    async fn open_at(&self, now: UnixMillis) -> (SettingsDatabase, OpenReport) {
        SettingsDatabase::open(&self.dir, now).await.unwrap()
    }

    /// The files of this folder as a crash at this moment would leave them, in a folder of their own.
    fn crashed(&self) -> Self {
        let copy = Self::new();
        copy_folder(self.dir.path(), copy.dir.path());
        copy
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn name(text: &str) -> lanrage_party::Name {
    lanrage_party::Name::new(text).unwrap()
}

/// The settings, none of which is refused.
async fn sound(database: &SettingsDatabase) -> crate::Config {
    let (config, faults) = crate::Config::repaired(&database.get_all_settings().await.unwrap());
    assert_eq!(faults, []);
    config
}

async fn set_port(database: &SettingsDatabase, port: u16) {
    set(database, "udp_port", json!(port)).await;
}

async fn port(database: &SettingsDatabase) -> serde_json::Value {
    database.get_all_settings().await.unwrap().remove("udp_port").unwrap_or_else(|| json!(0))
}

async fn set(database: &SettingsDatabase, key: &str, value: serde_json::Value) -> SettingsChange {
    database.set_settings(&[(key.to_owned(), value)].into(), NOW).await.unwrap()
}

async fn run(database: &SettingsDatabase, sql: &str) {
    database.connection.execute_unprepared(sql).await.unwrap();
}

/// Pretends that a newer program has been here.
async fn use_in_a_newer_program(database: &SettingsDatabase) {
    run(database, "INSERT INTO seaql_migrations VALUES ('m20990101_000001_future', 1)").await;
}
