use std::{fs, io, path::PathBuf, sync::Arc};

use data_encoding::HEXLOWER;
use keyring_core::{CredentialStore, Entry, Error};
use lanrage_base::atomic_file;

use super::{Secret, SecretError, SecretStore};
use crate::DataDir;

/// What the entries are filed under; with the data folder's id they are this folder's alone.
const SERVICE: &str = "lanrage";
const ID_FILE: &str = "keyring.id";
const PROBE: &str = "probe";

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
}

impl KeyringSecretStore {
    /// The system's keyring, for the secrets of one data folder, if it works: an entry is written, read and
    /// deleted. May ask the user to unlock it, and blocks until he answers.
    ///
    /// # Errors
    /// [`SecretError::Keyring`] if there is no keyring or it does not work, or [`SecretError`].
    pub fn system(data_dir: &DataDir) -> Result<Self, SecretError> {
        if let Err(error) = keyring::Entry::store_status() {
            return Err(failed(PROBE, error));
        }
        let store = keyring_core::get_default_store().ok_or_else(|| failed(PROBE, &Error::NoDefaultStore))?;
        Self::probed(data_dir, store)
    }

    pub(super) fn probed(data_dir: &DataDir, store: Arc<CredentialStore>) -> Result<Self, SecretError> {
        let folder = data_dir.path().to_owned();
        let service = format!("{SERVICE}-{}", folder_id(&folder)?);
        let keyring = Self { store, folder, service };
        let entry = keyring.entry(PROBE)?;
        let written = [7; 32];
        entry.set_secret(&written).map_err(|error| failed(PROBE, &error))?;
        let read = entry.get_secret().map_err(|error| failed(PROBE, &error))?;
        entry.delete_credential().map_err(|error| failed(PROBE, &error))?;
        if read != written {
            let reason = "it does not give back what was put into it".to_owned();
            return Err(SecretError::Keyring { name: PROBE.to_owned(), reason });
        }
        Ok(keyring)
    }

    fn entry(&self, name: &str) -> Result<Entry, SecretError> {
        self.store.build(&self.service, name, None).map_err(|error| failed(name, &error))
    }

    pub(super) fn marker(&self, name: &str) -> PathBuf {
        marker(&self.folder, name)
    }

    /// What the keyring itself says.
    fn read(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        match self.entry(name)?.get_secret() {
            Ok(bytes) => Ok(Some(Secret::new(bytes))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(failed(name, &error)),
        }
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
        self.entry(name)?.set_secret(secret.expose()).map_err(|error| failed(name, &error))?;
        if self.read(name)?.as_ref() != Some(secret) {
            let reason = "it does not give back what was put into it".to_owned();
            return Err(SecretError::Keyring { name: name.to_owned(), reason });
        }
        let path = self.marker(name);
        atomic_file::write_private(&path, b"").map_err(|source| SecretError::Io { path, source })
    }

    fn delete(&self, name: &str) -> Result<(), SecretError> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => {}
            Err(error) => return Err(failed(name, &error)),
        }
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

/// The keyring's own words, which hold no secret: only its `Debug` form may.
fn failed(name: &str, error: &Error) -> SecretError {
    SecretError::Keyring { name: name.to_owned(), reason: error.to_string() }
}
