//! The control server: [`lanrage_control::registry`] behind a WebSocket, with its state in SQLite, and a STUN
//! responder beside it. [`Server::start`] runs one inside any program; `lanrage-server` is one of its own.
//!
//! One task, the coordinator, owns every decision. It takes what the connections ask in batches, writes each
//! batch in one transaction, and only then lets the answers out: what a peer was told survives a crash. Every
//! other task only moves bytes.

mod connection;
mod coordinator;
mod database;
mod error;
mod http;
mod listen;
mod server;
mod settings;
mod shutdown;
mod stun;

pub use error::ServerError;
pub use lanrage_control::session::ConnectionLimits;
pub use server::Server;
pub use settings::ServerSettings;
