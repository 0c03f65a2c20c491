use lanrage_party::facts::Cause;
use tracing::{info, warn};

use super::{
    FileSecretStore, KeyringSecretStore, Secret, SecretError, SecretStore,
    keyring::{is_marked, unmark},
};
use crate::DataDir;

/// What the user should know of where secrets are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretNotice {
    /// There is no keyring that works: secrets are in files that only this account can read.
    KeptInFiles {
        /// Why the keyring cannot be used.
        cause: Cause,
    },
    /// The keyring works, but did not take every secret that was in a file; those stay there.
    NotMoved {
        /// Names of the secrets.
        names: Vec<String>,
        /// What was wrong with the last of them.
        cause: Cause,
    },
}

/// The secret store of a data folder: the system's keyring where it works, files otherwise. Secrets that are in
/// files are moved into the keyring when there is one; each is deleted only when the keyring has given it back.
///
/// Blocks, as every call of a store does: the user may be asked to unlock the keyring.
///
/// # Errors
/// [`SecretError`] if the data folder itself cannot be used.
pub fn open_secret_store(
    data_dir: &DataDir,
) -> Result<(Box<dyn SecretStore>, Option<SecretNotice>), SecretError> {
    open_with(data_dir, KeyringSecretStore::system(data_dir))
}

pub(super) fn open_with(
    data_dir: &DataDir,
    keyring: Result<KeyringSecretStore, SecretError>,
) -> Result<(Box<dyn SecretStore>, Option<SecretNotice>), SecretError> {
    let files = FileSecretStore::new(data_dir);
    let keyring = match keyring {
        Ok(keyring) => keyring,
        Err(error @ (SecretError::Io { .. } | SecretError::Damaged { .. })) => return Err(error),
        Err(error) => {
            warn!(%error, "secrets are kept in files");
            let cause = error.cause();
            let store = WithoutKeyring { files, data_dir: data_dir.clone(), cause: cause.clone() };
            return Ok((Box::new(store), Some(SecretNotice::KeptInFiles { cause })));
        }
    };
    let notice = move_into(&keyring, &files)?;
    Ok((Box::new(WithKeyring { keyring, files }), notice))
}

/// A file was written while there was no keyring, so it is newer than what the keyring may have.
fn move_into(
    keyring: &KeyringSecretStore,
    files: &FileSecretStore,
) -> Result<Option<SecretNotice>, SecretError> {
    let (mut names, mut last) = (Vec::new(), Cause::Other);
    for name in files.names()? {
        let Some(secret) = files.get(&name)? else { continue };
        // Setting includes reading back.
        match keyring.set(&name, &secret) {
            Ok(()) => {
                files.delete(&name)?;
                info!(name, "a secret was moved into the system's keyring");
            }
            Err(error) => {
                warn!(%error, "a secret stays in a file");
                last = error.cause();
                names.push(name);
            }
        }
    }
    Ok((!names.is_empty()).then_some(SecretNotice::NotMoved { names, cause: last }))
}

/// The keyring, and the files of secrets that it did not take.
struct WithKeyring {
    keyring: KeyringSecretStore,
    files: FileSecretStore,
}

impl SecretStore for WithKeyring {
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        match self.files.get(name)? {
            Some(secret) => Ok(Some(secret)),
            None => self.keyring.get(name),
        }
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), SecretError> {
        match self.keyring.set(name, secret) {
            Ok(()) => self.files.delete(name),
            // Locked meanwhile, perhaps. The next start moves the file.
            Err(error) => {
                warn!(%error, "a secret is kept in a file");
                self.files.set(name, secret)
            }
        }
    }

    fn delete(&self, name: &str) -> Result<(), SecretError> {
        self.files.delete(name)?;
        self.keyring.delete(name)
    }
}

/// Files, while the keyring may hold secrets that cannot be reached.
struct WithoutKeyring {
    files: FileSecretStore,
    data_dir: DataDir,
    cause: Cause,
}

impl SecretStore for WithoutKeyring {
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        match self.files.get(name)? {
            None if is_marked(self.data_dir.path(), name)? => {
                Err(SecretError::Keyring { name: name.to_owned(), cause: self.cause.clone() })
            }
            secret => Ok(secret),
        }
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), SecretError> {
        self.files.set(name, secret)
    }

    fn delete(&self, name: &str) -> Result<(), SecretError> {
        self.files.delete(name)?;
        unmark(self.data_dir.path(), name)
    }
}
