use std::{io, net::SocketAddr, path::PathBuf};

/// Why a server does not start, or stopped. Each says what to do about it; what the system said is its source.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// An address cannot be listened on.
    #[error("cannot listen on {address} ({what}){}", hint(.source))]
    Listen {
        /// What for.
        what: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The data directory cannot be used.
    #[error("cannot use the data directory {}", .path.display())]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Another server uses the data directory.
    #[error("a server that is running uses the data directory {}; stop it first", .0.display())]
    InUse(PathBuf),
    /// The database cannot be opened, or its schema is not one of this program's.
    #[error("cannot open the database {}: {reason}", .path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The database was written by a newer program. It was left as it is.
    #[error(
        "the database {} was written by a newer version ({migration}); it was left as it is. Update this \
         program, or use another data directory", .path.display()
    )]
    NewerDatabase {
        /// The file.
        path: PathBuf,
        /// The first migration in it that this program does not know.
        migration: String,
    },
    /// The certificate of TLS, or its key, cannot be used.
    #[error("cannot use {} for TLS: {reason}", .path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// What the server keeps cannot be copied, or a copy of it not be used.
    #[error(transparent)]
    Backup(#[from] lanrage_backup::BackupError),
    /// A file is no copy of what a server keeps.
    #[error("{} is no backup of a control server: {reason}", .path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A secret cannot be read, or made.
    #[error("cannot use the secret in {}: {reason}", .path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// What the operator decided, or whom it lets in, cannot be read.
    #[error("cannot use {}: {reason}", .path.display())]
    Operator {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A task of the server ended on its own.
    #[error("the server failed: {0}")]
    Failed(String),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; another program uses this port, choose another one",
        io::ErrorKind::PermissionDenied => "; ports below 1024 need a privilege, choose a higher one",
        io::ErrorKind::AddrNotAvailable => "; no interface of this machine has this address",
        _ => "",
    }
}
