//! Secrets: never in the database, in a log, in a backup or in an error text.

mod file;
mod keyring;
mod open;

pub use file::FileSecretStore;
pub use keyring::KeyringSecretStore;
pub use open::{SecretNotice, open_secret_store};

use std::{fmt, io, path::PathBuf};

use lanrage_party::{PartyId, facts::Cause};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Name of the secret of a party that this device is a member of.
pub fn party_secret_name(party: &PartyId) -> String {
    format!("party-{party}-secret")
}

/// Name of what has come to a party's secret since: shares and secrets of before.
pub fn party_shares_name(party: &PartyId) -> String {
    format!("party-{party}-shares")
}

/// Name of this device's WireGuard private key in a party.
pub fn party_key_name(party: &PartyId) -> String {
    format!("party-{party}-key")
}

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
    /// The system's keyring holds the secret and cannot be used now.
    #[error("the system's keyring does not give the secret {name} ({cause}); unlock it and try again")]
    Keyring {
        /// Name of the secret.
        name: String,
        /// Why; the keyring's own words are in the log.
        cause: Cause,
    },
    /// The secret was put into the system's keyring, and is no longer there.
    #[error(
        "the system's keyring no longer has the secret {name}; unlock or restore it, or remove {marker} to do \
         without the secret",
        marker = .marker.display()
    )]
    Missing {
        /// Name of the secret.
        name: String,
        /// The file that remembers where the secret was put.
        marker: PathBuf,
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

impl SecretError {
    /// Why.
    pub fn cause(&self) -> Cause {
        match self {
            Self::Damaged { name } => Cause::SecretDamaged { name: name.clone() },
            Self::Keyring { cause, .. } => cause.clone(),
            Self::Missing { name, marker } => {
                Cause::SecretMissing { name: name.clone(), path: marker.display().to_string() }
            }
            Self::Io { source, .. } => source.into(),
        }
    }
}

/// Where secrets are kept. Names are ours: lower-case letters, digits and dashes.
///
/// Every call may block, on a disk or on a user who is asked to unlock a keyring: never call one from an async
/// task, but from a thread that may block.
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

#[cfg(test)]
mod tests;
