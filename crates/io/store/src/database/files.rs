use std::{
    fs, io,
    path::{Path, PathBuf},
};

use lanrage_backup::{Folder, stamp};
use lanrage_base::atomic_file;
use lanrage_party::UnixMillis;

use crate::{DataDir, StoreError};

/// Where the database and what belongs to it are.
#[derive(Debug, Clone)]
pub(crate) struct DatabaseFiles {
    pub(crate) main: PathBuf,
    pub(crate) backups: Folder,
    quarantine: PathBuf,
}

impl DatabaseFiles {
    pub(crate) fn new(data_dir: &DataDir) -> Self {
        let folder = data_dir.path();
        Self {
            main: folder.join("lanrage.db"),
            backups: Folder::new(folder.join("backups"), "lanrage-"),
            quarantine: folder.join("quarantine"),
        }
    }

    /// The write-ahead log and its index: without them a database may be older than it was.
    fn companions(&self) -> [PathBuf; 2] {
        ["-wal", "-shm"].map(|suffix| atomic_file::beside(&self.main, suffix))
    }

    /// A file beside the database, of the same file system, for what is about to take its place.
    pub(crate) fn incoming(&self) -> PathBuf {
        atomic_file::beside(&self.main, ".incoming")
    }

    /// The database file where its folder was set aside as `folder`.
    pub(crate) fn in_folder(&self, folder: &Path) -> PathBuf {
        folder.join(self.main.file_name().unwrap_or_default())
    }

    /// Sum of the sizes in bytes.
    pub(crate) fn size(&self) -> Result<u64, StoreError> {
        let [log, index] = self.companions();
        let mut size = 0;
        for path in [&self.main, &log, &index] {
            match fs::metadata(path) {
                Ok(metadata) => size += metadata.len(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(StoreError::io(path, error)),
            }
        }
        Ok(size)
    }

    /// Moves the database and its companions into a folder of their own, which is returned. The database goes
    /// first: companions without it are what an interrupted quarantine leaves, and go with the next.
    pub(crate) fn set_aside(&self, now: UnixMillis) -> Result<PathBuf, StoreError> {
        let folder = self.new_quarantine(now)?;
        for path in [self.main.clone()].into_iter().chain(self.companions()) {
            let Some(name) = path.file_name() else { continue };
            match fs::rename(&path, folder.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::io(&path, error));
                }
                _ => {}
            }
        }
        atomic_file::sync_folder(&self.main).map_err(|error| StoreError::io(&self.main, error))?;
        Ok(folder)
    }

    /// Whether a log or its index is there without its database.
    pub(crate) fn is_orphaned(&self) -> bool {
        !self.main.exists() && self.companions().iter().any(|path| path.exists())
    }

    fn new_quarantine(&self, now: UnixMillis) -> Result<PathBuf, StoreError> {
        let failed = |error| StoreError::io(&self.quarantine, error);
        atomic_file::create_private_folder(&self.quarantine).map_err(failed)?;
        let stamp = stamp::write(now);
        // Two in one millisecond, or a clock that went back.
        for attempt in 0_u32.. {
            let name = if attempt == 0 { stamp.clone() } else { format!("{stamp}-{attempt}") };
            let folder = self.quarantine.join(name);
            match fs::create_dir(&folder) {
                Ok(()) => return Ok(folder),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
        }
        unreachable!("the loop above has no end")
    }
}
