//! The copies that are made by themselves. Their names tell when and why.

use std::{fs, io, path::PathBuf};

use lanrage_base::atomic_file;
use lanrage_party::UnixMillis;

use crate::{Backup, BackupError, BackupKind, file, rotation, stamp};

/// A folder of copies of one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
    /// How the name of each begins.
    prefix: &'static str,
}

impl Folder {
    /// The folder, which need not be there, and how the names of its copies begin.
    pub const fn new(path: PathBuf, prefix: &'static str) -> Self {
        Self { path, prefix }
    }

    /// A copy that is to be made now, under a name that none has. The folder is made if it is missing.
    ///
    /// # Errors
    /// [`BackupError::Io`].
    pub fn next(&self, kind: BackupKind, now: UnixMillis) -> Result<Backup, BackupError> {
        atomic_file::create_private_folder(&self.path).map_err(|error| BackupError::io(&self.path, error))?;
        let mut next = self.named(kind, now);
        while next.path.exists() {
            next = self.named(kind, next.made_at.plus(1));
        }
        Ok(next)
    }

    /// The copies that are there, the one to restore first before the others.
    ///
    /// # Errors
    /// [`BackupError::Io`].
    pub fn list(&self, now: UnixMillis) -> Result<Vec<Backup>, BackupError> {
        let mut backups: Vec<Backup> = self.paths()?.into_iter().filter_map(|path| self.read(path)).collect();
        rotation::newest_first(&mut backups, now);
        Ok(backups)
    }

    /// Whether a day has passed since the newest daily copy.
    ///
    /// # Errors
    /// [`BackupError::Io`].
    pub fn daily_is_due(&self, now: UnixMillis) -> Result<bool, BackupError> {
        Ok(rotation::daily_is_due(&self.list(now)?, now))
    }

    /// Removes all but the `keep` first copies of a kind, at least one, and what an interrupted one has left.
    ///
    /// # Errors
    /// [`BackupError::Io`].
    pub fn rotate(&self, kind: BackupKind, keep: usize, now: UnixMillis) -> Result<(), BackupError> {
        let backups = self.list(now)?;
        for outdated in rotation::outdated(&backups, kind, keep) {
            file::remove(&outdated.path)?;
        }
        for path in self.paths()? {
            if path.extension().is_some_and(|extension| extension == &file::UNFINISHED[1..]) {
                file::remove(&path)?;
            }
        }
        Ok(())
    }

    fn named(&self, kind: BackupKind, made_at: UnixMillis) -> Backup {
        let word: &str = kind.into();
        let name = format!("{}{}-{word}.db", self.prefix, stamp::write(made_at));
        Backup { path: self.path.join(name), kind, made_at }
    }

    fn read(&self, path: PathBuf) -> Option<Backup> {
        let name = path.file_name()?.to_str()?.strip_prefix(self.prefix)?.strip_suffix(".db")?;
        let (made_at, word) = name.split_once('-')?;
        let (made_at, kind) = (stamp::read(made_at)?, word.parse().ok()?);
        Some(Backup { path, kind, made_at })
    }

    fn paths(&self) -> Result<Vec<PathBuf>, BackupError> {
        let failed = |error| BackupError::io(&self.path, error);
        match fs::read_dir(&self.path) {
            Ok(entries) => entries.map(|entry| Ok(entry.map_err(failed)?.path())).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(failed(error)),
        }
    }
}
