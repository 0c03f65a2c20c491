//! Reading and replacing the file.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use lanrage_party::UnixMillis;

use super::{ControlState, Damage, envelope};

/// Largest file that is read, in bytes; a full registry inside an app is far below.
const FILE_BYTES: u64 = 64 * 1024 * 1024;

/// What was found on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadReport {
    /// Where the state came from.
    pub source: Source,
    /// Files that were not whole, for a warning to the user.
    pub damaged: Vec<Damaged>,
}

/// Where a loaded state came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The file itself.
    Current,
    /// A complete file that a crash had kept from taking its place.
    Interrupted,
    /// The previous generation: what changed in the last moments may be lost.
    Previous,
    /// Nowhere: there is no state.
    Fresh,
}

/// A file that was not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Where it is now; its old place if it could not be set aside.
    pub path: PathBuf,
    /// What is wrong with it.
    pub damage: Damage,
}

/// The file, and the names beside it.
#[derive(Debug, Clone)]
pub(super) struct StateFile {
    path: PathBuf,
    temporary: PathBuf,
    previous: PathBuf,
}

impl StateFile {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), temporary: beside(path, ".new"), previous: beside(path, ".1") }
    }

    /// Reads what there is; see the [module's documentation](super) for the rules.
    pub(super) fn load(&self, now: UnixMillis) -> (Option<ControlState>, LoadReport) {
        let mut damaged = Vec::new();
        let report = |source, damaged| LoadReport { source, damaged };
        match read(&self.path) {
            Ok(Some(state)) => return (Some(state), report(Source::Current, damaged)),
            Ok(None) => {}
            Err(damage) => damaged.push(set_aside(&self.path, damage, now)),
        }
        // A write that a crash has cut short is nothing to warn of.
        if let Ok(Some(state)) = read(&self.temporary) {
            // Before the next write makes use of the name.
            let _ = fs::rename(&self.temporary, &self.path);
            return (Some(state), report(Source::Interrupted, damaged));
        }
        match read(&self.previous) {
            Ok(Some(state)) => return (Some(state), report(Source::Previous, damaged)),
            Ok(None) => {}
            Err(damage) => damaged.push(set_aside(&self.previous, damage, now)),
        }
        (None, report(Source::Fresh, damaged))
    }

    /// Puts a state in the place of the one before, which becomes the previous generation.
    pub(super) fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        self.write_temporary(bytes)?;
        match fs::rename(&self.path, &self.previous) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::rename(&self.temporary, &self.path)?;
        self.sync_directory()
    }

    fn write_temporary(&self, bytes: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.temporary)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    /// Makes the renames survive a loss of power. (Windows has no such call; its journal orders them.)
    fn sync_directory(&self) -> io::Result<()> {
        #[cfg(unix)]
        {
            let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
        }
        #[cfg(not(unix))]
        Ok(())
    }
}

fn read(path: &Path) -> Result<Option<ControlState>, Damage> {
    let unreadable = |error: io::Error| Damage::Unreadable(error.to_string());
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mut bytes = Vec::new();
    file.take(FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_BYTES {
        return Err(Damage::Malformed);
    }
    envelope::decode(&bytes).map(Some)
}

/// Keeps a damaged file for whoever wants to look at it, out of the way of the next write.
fn set_aside(path: &Path, damage: Damage, now: UnixMillis) -> Damaged {
    let aside = beside(path, &format!(".damaged-{}", now.0));
    let path = if fs::rename(path, &aside).is_ok() { aside } else { path.to_owned() };
    Damaged { path, damage }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(suffix);
    path.with_file_name(name)
}
