use std::{
    fs, io,
    path::{Path, PathBuf},
};

use lanrage_base::atomic_file;

use super::{Secret, SecretError, SecretStore};
use crate::DataDir;

const SUFFIX: &str = ".secret";

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

    /// Names of the secrets that are here.
    pub(super) fn names(&self) -> Result<Vec<String>, SecretError> {
        let failed = |source| SecretError::Io { path: self.folder.clone(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let stem = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
            names.extend(stem.map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}{SUFFIX}"))
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
            _ => atomic_file::sync_folder(&path).map_err(|source| SecretError::Io { path, source }),
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
}
