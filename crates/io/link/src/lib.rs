//! What carries the control protocol. Nothing here decides.
//!
//! - [`websocket`]: the client's connection, for a [`lanrage_control::RemoteControlPlane`].
//! - [`line`](mod@line): what waits for one client of a server.

pub mod line;
pub mod websocket;
