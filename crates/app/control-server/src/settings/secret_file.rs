//! Files and folders that are their owner's alone.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use data_encoding::BASE64URL_NOPAD;
use lanrage_base::atomic_file;
use lanrage_party::DeviceIdentity;
use zeroize::Zeroizing;

use crate::ServerError;

/// The key by which clients know this server, beside its database: whoever has a copy of both can take its place.
pub(crate) const KEY_FILE: &str = "server.key";
/// What the own relay's credentials are made with, where the operator has no other.
pub const RELAY_SECRET_FILE: &str = "relay.secret";
/// Longest secret that is read, in bytes.
const SECRET_BYTES: u64 = 4_096;
/// Fewer bytes than this can be guessed.
const SHORTEST: usize = 16;

/// Reads a secret that the operator keeps in a file: its text without the white space around it.
///
/// # Errors
/// [`ServerError::Secret`]: it cannot be read, or is shorter than 16 bytes.
pub fn read_secret(path: &Path) -> Result<Zeroizing<String>, ServerError> {
    let failed = |reason: String| ServerError::Secret { path: path.to_owned(), reason };
    let mut text = Zeroizing::new(String::new());
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    file.take(SECRET_BYTES).read_to_string(&mut text).map_err(|error| failed(error.to_string()))?;
    let secret = text.trim();
    if secret.len() < SHORTEST {
        return Err(failed(format!("a secret has at least {SHORTEST} characters")));
    }
    Ok(Zeroizing::new(secret.to_owned()))
}

/// Reads a secret, or makes one of 32 random bytes, in a file that only its owner can read.
///
/// # Errors
/// [`ServerError::Secret`].
pub fn read_or_create_secret(path: &Path) -> Result<Zeroizing<String>, ServerError> {
    let failed = |error: io::Error| ServerError::Secret { path: path.to_owned(), reason: error.to_string() };
    let mut file = match atomic_file::private().create_new(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return read_secret(path),
        Err(error) => return Err(failed(error)),
    };
    let mut random = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *random).map_err(|error| failed(io::Error::other(error.to_string())))?;
    let secret = Zeroizing::new(BASE64URL_NOPAD.encode(&*random));
    let written = file.write_all(secret.as_bytes()).and_then(|()| file.sync_all());
    if let Err(error) = written {
        let _ = std::fs::remove_file(path);
        return Err(failed(error));
    }
    Ok(secret)
}

/// Reads a server's own key, or makes one at its first start, in a file that only its owner can read.
///
/// # Errors
/// [`ServerError::Secret`]: also if the file holds something else, which is left there.
pub(crate) fn read_or_create_key(path: &Path) -> Result<DeviceIdentity, ServerError> {
    let text = read_or_create_secret(path)?;
    let seed = BASE64URL_NOPAD.decode(text.as_bytes()).ok().map(Zeroizing::new);
    let seed: Option<&[u8; 32]> = seed.as_ref().and_then(|seed| seed.as_slice().try_into().ok());
    seed.map(DeviceIdentity::from_seed).ok_or_else(|| ServerError::Secret {
        path: path.to_owned(),
        reason: "it is not a key of 32 bytes in base64url".to_owned(),
    })
}

/// Makes a folder that only its owner can enter, and its parents likewise. One that is there already is left as it is,
/// unless a server has used it before.
///
/// # Errors
/// The system's, or everybody may write there.
pub fn make_private(directory: &Path) -> io::Result<()> {
    atomic_file::create_private_folder(directory)?;
    if atomic_file::is_open_to_all(directory)? {
        return Err(io::Error::other(
            "everybody on this computer may write there; name another folder, or close this one (chmod o-w)",
        ));
    }
    #[cfg(unix)]
    if directory.join("control.lock").exists() {
        // Earlier versions made all of it readable for everybody. Whoever may not change that is not its owner.
        use std::{fs::Permissions, os::unix::fs::PermissionsExt};
        let _ = std::fs::set_permissions(directory, Permissions::from_mode(0o700));
        for file in ["control.db", "control.db-wal", "control.db-shm", "control.lock"] {
            let _ = std::fs::set_permissions(directory.join(file), Permissions::from_mode(0o600));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_key_is_the_same_at_every_start_and_nothing_else_passes_for_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("server.key");
        let key = read_or_create_key(&path).unwrap().public();
        assert_eq!(read_or_create_key(&path).unwrap().public(), key);
        std::fs::write(&path, "a secret of an operator\n").unwrap();
        assert!(read_or_create_key(&path).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_where_everybody_may_write_is_no_place_for_a_server() {
        use std::{fs::Permissions, os::unix::fs::PermissionsExt};
        let directory = tempfile::tempdir().unwrap();
        make_private(directory.path()).unwrap();
        std::fs::set_permissions(directory.path(), Permissions::from_mode(0o777)).unwrap();
        make_private(directory.path()).unwrap_err();
    }

    #[test]
    fn a_secret_is_made_once_and_only_for_its_owner() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        let made = read_or_create_secret(&path).unwrap();
        assert_eq!(made.len(), 43);
        assert_eq!(read_or_create_secret(&path).unwrap(), made);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(&path, "  a secret of an operator\n").unwrap();
        assert_eq!(read_secret(&path).unwrap().as_str(), "a secret of an operator");
        std::fs::write(&path, "short\n").unwrap();
        assert!(read_or_create_secret(&path).is_err(), "and is not overwritten");
    }
}
