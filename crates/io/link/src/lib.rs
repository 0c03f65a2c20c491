//! What carries the control plane: sockets to servers and guests, and the file that keeps a registry. Nothing here decides.
//!
//! - [`websocket`]: the client's connection, for a [`lanrage_control::RemoteControlPlane`].
//! - [`listen`]: the listener for guests, for a [`lanrage_control::LocalControlPlane`].
//! - [`line`](mod@line): what waits for one client of either.
//! - [`persist`] keeps `control_state.json`.

pub mod line;
pub mod listen;
pub mod persist;
pub mod websocket;
