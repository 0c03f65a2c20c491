use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{DataDir, atomic_file};

/// A secret's bytes. Never printed, wiped on drop.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes bytes as a secret.
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Why a secret could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// What is stored under the name is not what belongs there.
    #[error("the stored secret {name} is damaged")]
    Damaged {
        /// Name of the secret.
        name: String,
    },
    /// The system refused.
    #[error("cannot use the secret file {path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Where secrets are kept. Names are ours: lower-case letters, digits and dashes.
pub trait SecretStore: Send + Sync {
    /// The secret of that name, if there is one.
    ///
    /// # Errors
    /// [`SecretError`].
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretError>;

    /// Keeps a secret; when this returns, it survives a crash.
    ///
    /// # Errors
    /// [`SecretError`].
    fn set(&self, name: &str, secret: &Secret) -> Result<(), SecretError>;

    /// Forgets a secret; nothing happens if there is none.
    ///
    /// # Errors
    /// [`SecretError`].
    fn delete(&self, name: &str) -> Result<(), SecretError>;
}

/// One file for each secret, readable by its owner only.
#[derive(Debug)]
pub struct FileSecretStore {
    folder: PathBuf,
}

impl FileSecretStore {
    /// The secrets in the data folder.
    pub fn new(data_dir: &DataDir) -> Self {
        Self { folder: data_dir.path().to_owned() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.secret"))
    }
}

impl SecretStore for FileSecretStore {
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        let path = self.path(name);
        match fs::read(&path) {
            Ok(bytes) => {
                close_to_others(&path).map_err(|source| SecretError::Io { path, source })?;
                Ok(Some(Secret::new(bytes)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(SecretError::Io { path, source }),
        }
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), SecretError> {
        let path = self.path(name);
        atomic_file::write_private(&path, secret.expose()).map_err(|source| SecretError::Io { path, source })
    }

    fn delete(&self, name: &str) -> Result<(), SecretError> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(SecretError::Io { path, source }),
            _ => Ok(()),
        }
    }
}

/// A copied or restored file may have lost its protection.
fn close_to_others(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, FileSecretStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = FileSecretStore::new(&DataDir::open(Some(folder.path().to_owned())).unwrap());
        (folder, store)
    }

    #[test]
    fn a_secret_is_kept_replaced_and_forgotten() {
        let (_folder, store) = store();
        assert_eq!(store.get("identity").unwrap(), None);
        for bytes in [b"one".to_vec(), b"two".to_vec()] {
            store.set("identity", &Secret::new(bytes.clone())).unwrap();
            assert_eq!(store.get("identity").unwrap().unwrap().expose(), bytes);
        }
        store.delete("identity").unwrap();
        store.delete("identity").unwrap();
        assert_eq!(store.get("identity").unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_secret_file_is_closed_to_others_even_if_somebody_opened_it() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, store) = store();
        let mode = || fs::metadata(store.path("k")).unwrap().permissions().mode() & 0o777;
        store.set("k", &Secret::new(vec![1])).unwrap();
        assert_eq!(mode(), 0o600);
        fs::set_permissions(store.path("k"), fs::Permissions::from_mode(0o644)).unwrap();
        store.get("k").unwrap();
        assert_eq!(mode(), 0o600);
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::new(b"hunter2".to_vec())), "Secret(..)");
    }
}
