mod content;
mod schema;

use lanrage_party::UnixMillis;

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

    async fn open(&self) -> SettingsDatabase {
        self.open_at(NOW).await.0
    }

    async fn open_at(&self, now: UnixMillis) -> (SettingsDatabase, OpenReport) {
        SettingsDatabase::open(&self.dir, now).await.unwrap()
    }
}

fn name(text: &str) -> lanrage_party::Name {
    lanrage_party::Name::new(text).unwrap()
}
