use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use lanrage_base::atomic_file;
use lanrage_party::facts::Cause;

const LOCK_FILE: &str = "lanrage.lock";

/// The folder that holds everything LANrage keeps. Only its owner can look inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir {
    path: PathBuf,
}

/// Proof that this process is the only one that uses the data folder. Released on drop and by any kind of
/// death of the process.
#[derive(Debug)]
pub struct DataDirLock {
    _file: File,
}

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// The system does not say where a program may keep its data.
    #[error("this account has no home folder; name a folder with --data-dir")]
    NoHome,
    /// Everybody on this computer may write there.
    #[error("everybody on this computer may write to {path}", path = path.display())]
    OpenToAll {
        /// The folder.
        path: PathBuf,
    },
    /// Another process uses it.
    #[error("LANrage is already running")]
    InUse,
    /// The system refused.
    #[error("cannot use the data folder {path}: {source}", path = path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl DataDirError {
    /// Why.
    pub fn cause(&self) -> Cause {
        match self {
            Self::NoHome => Cause::NoHome,
            Self::OpenToAll { .. } => Cause::OpenToAll,
            Self::InUse => Cause::InUse,
            Self::Io { source, .. } => source.into(),
        }
    }
}

impl DataDir {
    /// Opens the folder, made if it is not there: `path`, or the system's usual place for a program's data.
    ///
    /// # Errors
    /// [`DataDirError::NoHome`], [`DataDirError::OpenToAll`] or [`DataDirError::Io`].
    pub fn open(path: Option<PathBuf>) -> Result<Self, DataDirError> {
        let path = match path {
            Some(path) => path,
            None => directories::ProjectDirs::from("io", "lanrage", "lanrage")
                .ok_or(DataDirError::NoHome)?
                .data_local_dir()
                .to_owned(),
        };
        atomic_file::create_private_folder(&path)
            .map_err(|source| DataDirError::Io { path: path.clone(), source })?;
        // One folder has one name, whichever way it was given: the local socket is named after it.
        let path = dunce::canonicalize(&path).map_err(|source| DataDirError::Io { path, source })?;
        match atomic_file::is_open_to_all(&path) {
            Ok(false) => Ok(Self { path }),
            Ok(true) => Err(DataDirError::OpenToAll { path }),
            Err(source) => Err(DataDirError::Io { path, source }),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the folder for this process.
    ///
    /// # Errors
    /// [`DataDirError::InUse`] or [`DataDirError::Io`].
    pub fn lock(&self) -> Result<DataDirLock, DataDirError> {
        let path = self.path.join(LOCK_FILE);
        let failed = |source| DataDirError::Io { path: path.clone(), source };
        let file =
            atomic_file::private().create(true).truncate(false).read(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(DataDirLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use std::fs;

    use super::*;

    #[test]
    fn a_second_user_of_the_folder_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(Some(folder.path().join("a/b"))).unwrap();
        let lock = data.lock().unwrap();
        assert!(matches!(data.lock(), Err(DataDirError::InUse)));
        drop(lock);
        data.lock().unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_closed_to_others() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(Some(folder.path().join("new"))).unwrap();
        assert_eq!(fs::metadata(data.path()).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_where_everybody_may_write_is_refused_and_left_as_it_is() {
        use std::{fs::Permissions, os::unix::fs::PermissionsExt};
        let folder = tempfile::tempdir().unwrap();
        // As it often is for a group that has one member.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o775)).unwrap();
        DataDir::open(Some(folder.path().to_owned())).unwrap();
        for mode in [0o777, 0o702] {
            fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            let refused = DataDir::open(Some(folder.path().to_owned())).unwrap_err();
            assert_eq!(refused.cause(), Cause::OpenToAll);
            assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o7_777, mode);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = DataDir::open(Some(file.path().join("x"))).unwrap_err();
        assert!(error.to_string().contains(&file.path().display().to_string()), "{error}");
    }
}
