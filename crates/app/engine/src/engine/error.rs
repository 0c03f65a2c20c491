//! Why an engine does not start, and why the stored data does not answer without one.

use std::io;

use lanrage_store::{DataDirError, SecretError, StoreError};
use tracing::warn;

use crate::CommandError;

/// Why an engine cannot start. Everything else that may be missing is a state of the running engine.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another LANrage uses the data folder.
    #[error("LANrage is already running")]
    AlreadyRunning,
    /// The data folder cannot be used.
    #[error(transparent)]
    DataDir(DataDirError),
    /// This device's identity cannot be read or kept.
    #[error(transparent)]
    Identity(#[from] SecretError),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] StoreError),
    /// No UDP socket or packet thread.
    #[error("cannot open UDP port {port}: {source}")]
    Socket {
        /// The port asked for.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
}

impl From<&StartError> for CommandError {
    fn from(error: &StartError) -> Self {
        // There may be no window yet, and no other word of it anywhere.
        warn!(%error, "it cannot start");
        match error {
            StartError::AlreadyRunning => Self::AlreadyRunning,
            StartError::DataDir(error) => Self::DataDir { cause: error.cause() },
            StartError::Identity(error) => Self::Identity { cause: error.cause() },
            StartError::Database(error) => Self::Database { cause: error.cause() },
            StartError::Socket { port, source } => {
                Self::Socket { port: port.to_string(), cause: source.into() }
            }
        }
    }
}

/// Why the stored data could not be asked without an engine.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// It cannot be opened.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The request was refused.
    #[error(transparent)]
    Refused(#[from] CommandError),
}

impl From<DataDirError> for StartError {
    fn from(error: DataDirError) -> Self {
        match error {
            DataDirError::InUse => Self::AlreadyRunning,
            error => Self::DataDir(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use lanrage_party::facts::Cause;

    use super::*;

    #[test]
    fn a_host_is_told_what_could_not_be_opened_and_why() {
        let refused = |error| CommandError::from(&error);
        let source = io::Error::from(io::ErrorKind::AddrInUse);
        assert_eq!(
            refused(StartError::Socket { port: 4_000, source }),
            CommandError::Socket { port: "4000".to_owned(), cause: Cause::PortInUse }
        );
        assert_eq!(refused(DataDirError::InUse.into()), CommandError::AlreadyRunning);
    }
}
