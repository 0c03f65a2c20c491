//! The control server: [`lanrage_control::registry`] behind a WebSocket, with its state in SQLite, and a relay (TURN,
//! STUN) beside it. [`Server::start`] runs one inside any program; `lanrage-server` is one of its own.
//! [`RegisteredRelay`] is the relay alone.
//!
//! One task, the coordinator, owns every decision. It takes what the connections ask in batches, writes each
//! batch in one transaction, and only then lets the answers out: what a peer was told survives a crash. Every
//! other task only moves bytes. The relay has a thread of its own and knows nothing of parties.

mod admin;
mod coordinator;
mod counters;
mod database;
mod error;
mod http;
mod listen;
mod registered_relay;
mod relay;
mod server;
mod settings;
mod shutdown;

pub use admin::{
    AdminAnswer, AdminError, AdminMember, AdminParty, AdminRelay, AdminRequest, ServerStatus, ask,
};
pub use database::backup::{BackupContent, RestoredServer, back_up, backups, check_backup, restore};
pub use error::ServerError;
pub use lanrage_backup::Hash;
pub use lanrage_control::session::{ConnectionLimits, SourceLimits};
pub use listen::{
    acme::{AcmeSettings, LETS_ENCRYPT},
    certificate::{CertificateFiles, TlsListen},
};
pub use registered_relay::{RegisteredRelay, RegisteredRelaySettings};
pub use relay::{RelayConfig, RelayStats};
pub use server::{Pulse, Server};
pub use settings::{
    ServerSettings,
    operator::AccessFiles,
    secret_file::{RELAY_SECRET_FILE, make_private, read_or_create_secret, read_secret},
};
