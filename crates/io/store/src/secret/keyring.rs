use std::{
    fs, io,
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use data_encoding::HEXLOWER;
use keyring_core::{CredentialStore, Entry, Error};
use lanrage_base::atomic_file;
use lanrage_party::facts::Cause;
use tracing::debug;

use super::{Secret, SecretError, SecretStore};
use crate::DataDir;

/// What the entries are filed under; with the data folder's id they are this folder's alone.
const SERVICE: &str = "lanrage";
const ID_FILE: &str = "keyring.id";
const PROBE: &str = "probe";
/// How long the keyring may take. It may be asking the user for a password in a window that nobody sees, or hang: then files do.
const PATIENCE: Duration = Duration::from_secs(8);

/// The operating system's keyring: Secret Service, Windows Credential Manager, macOS Keychain.
///
/// Beside the secrets' names, files in the data folder remember which secrets were put here. So a keyring that
/// is locked, gone or emptied is told from one that never had the secret: nobody becomes another device
/// because a keyring was not there once.
#[derive(Debug)]
pub struct KeyringSecretStore {
    store: Arc<CredentialStore>,
    folder: PathBuf,
    service: String,
    /// How long a call may take.
    patience: Duration,
}

impl KeyringSecretStore {
    /// The system's keyring, for the secrets of one data folder, if it works: an entry is written, read and
    /// deleted. May ask the user to unlock it, and blocks until he answers, for some seconds at most.
    ///
    /// # Errors
    /// [`SecretError::Keyring`] if there is no keyring or it does not work, or [`SecretError`].
    pub fn system(data_dir: &DataDir) -> Result<Self, SecretError> {
        let default = || {
            keyring::Entry::store_status().as_ref().map_err(|error| {
                debug!(%error, "there is no keyring");
                Cause::KeyringAbsent
            })?;
            keyring_core::get_default_store().ok_or(Cause::KeyringAbsent)
        };
        Self::probed(data_dir, within(PATIENCE, default).map_err(|cause| failed(PROBE, cause))?, PATIENCE)
    }

    pub(super) fn probed(
        data_dir: &DataDir,
        store: Arc<CredentialStore>,
        patience: Duration,
    ) -> Result<Self, SecretError> {
        let folder = data_dir.path().to_owned();
        let service = format!("{SERVICE}-{}", folder_id(&folder)?);
        let keyring = Self { store, folder, service, patience };
        let written = [7; 32];
        let read = keyring.call(PROBE, move |entry| {
            entry.set_secret(&written)?;
            let read = entry.get_secret()?;
            entry.delete_credential()?;
            Ok(read)
        })?;
        if read != written {
            return Err(failed(PROBE, Cause::KeyringForgets));
        }
        Ok(keyring)
    }

    /// Does something with an entry, and gives up on it when the keyring takes too long.
    fn call<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, SecretError> {
        let (store, service, entry) = (Arc::clone(&self.store), self.service.clone(), name.to_owned());
        let work = move || {
            let entry = store.build(&service, &entry, None);
            entry.and_then(|entry| work(&entry)).map_err(|error| cause(&error))
        };
        within(self.patience, work).map_err(|cause| failed(name, cause))
    }

    pub(super) fn marker(&self, name: &str) -> PathBuf {
        marker(&self.folder, name)
    }

    /// What the keyring itself says.
    fn read(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        self.call(name, |entry| match entry.get_secret() {
            Ok(bytes) => Ok(Some(Secret::new(bytes))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
    }
}

impl SecretStore for KeyringSecretStore {
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        match self.read(name)? {
            None if is_marked(&self.folder, name)? => {
                Err(SecretError::Missing { name: name.to_owned(), marker: self.marker(name) })
            }
            secret => Ok(secret),
        }
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), SecretError> {
        let given = secret.clone();
        self.call(name, move |entry| entry.set_secret(given.expose()))?;
        if self.read(name)?.as_ref() != Some(secret) {
            return Err(failed(name, Cause::KeyringForgets));
        }
        let path = self.marker(name);
        atomic_file::write_private(&path, b"").map_err(|source| SecretError::Io { path, source })
    }

    fn delete(&self, name: &str) -> Result<(), SecretError> {
        self.call(name, |entry| match entry.delete_credential() {
            Err(Error::NoEntry) => Ok(()),
            result => result,
        })?;
        unmark(&self.folder, name)
    }
}

fn marker(folder: &std::path::Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.keyring"))
}

/// Whether the secret was put into the keyring.
pub(super) fn is_marked(folder: &std::path::Path, name: &str) -> Result<bool, SecretError> {
    let path = marker(folder, name);
    path.try_exists().map_err(|source| SecretError::Io { path, source })
}

pub(super) fn unmark(folder: &std::path::Path, name: &str) -> Result<(), SecretError> {
    let path = marker(folder, name);
    match fs::remove_file(&path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(SecretError::Io { path, source }),
        _ => Ok(()),
    }
}

/// A random number that moves with the folder, so that two folders' secrets are told apart.
fn folder_id(folder: &std::path::Path) -> Result<String, SecretError> {
    let path = folder.join(ID_FILE);
    match fs::read_to_string(&path) {
        Ok(id) if id.len() == 32 && HEXLOWER.decode(id.as_bytes()).is_ok() => Ok(id),
        Ok(_) => Err(SecretError::Damaged { name: ID_FILE.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut id = [0; 16];
            let filled = getrandom::fill(&mut id).map_err(|error| io::Error::other(error.to_string()));
            let made = filled.and_then(|()| {
                let id = HEXLOWER.encode(&id);
                atomic_file::write_private(&path, id.as_bytes()).map(|()| id)
            });
            made.map_err(|source| SecretError::Io { path, source })
        }
        Err(source) => Err(SecretError::Io { path, source }),
    }
}

fn failed(name: &str, cause: Cause) -> SecretError {
    SecretError::Keyring { name: name.to_owned(), cause }
}

/// What a keyring's failure is. Its own words go to the log: they hold no secret, only its `Debug` form may.
fn cause(error: &Error) -> Cause {
    debug!(%error, "the keyring failed");
    match error {
        Error::NoStorageAccess(_) => Cause::KeyringLocked,
        Error::NoDefaultStore => Cause::KeyringAbsent,
        Error::NotSupportedByStore(_) => Cause::NotSupported,
        _ => Cause::KeyringFailed,
    }
}

/// Waits for a call that may hang, and no longer than `limit`. One that hangs keeps its thread, and touches nothing of ours.
fn within<T: Send + 'static>(
    limit: Duration,
    call: impl FnOnce() -> Result<T, Cause> + Send + 'static,
) -> Result<T, Cause> {
    let (done, result) = mpsc::channel();
    // Nobody may wait for the result any more.
    let work = move || drop(done.send(call()));
    thread::Builder::new().name("keyring".to_owned()).spawn(work).map_err(|error| Cause::from(&error))?;
    result.recv_timeout(limit).unwrap_or(Err(Cause::TooSlow))
}
