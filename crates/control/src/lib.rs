//! The control plane: how the members of a party learn of each other.
//!
//! - [`protocol`]: the messages, and nothing but the messages.
//! - [`registry`]: who is in which party and at which address. A pure state machine, used inside the app
//!   ([`LocalControlPlane`]), by the control server, and by tests.
//! - [`ControlPlane`]: what the engine talks to; [`LocalControlPlane`] and [`RemoteControlPlane`] are the two.
//! - [`websocket`]: the one part that does I/O. It carries [`LinkAction`]s and [`LinkEvent`]s and decides
//!   nothing.
//!
//! Whatever a control plane says is unverified: a [`lanrage_party::SignedRecord`] is checked against the party
//! secret by the engine, which is the only one that has it.

mod link;
pub mod listen;
mod local;
pub mod persist;
mod plane;
pub mod protocol;
pub mod registry;
mod remote;
pub mod session;
pub mod websocket;

pub use link::{LinkAction, LinkClosed, LinkEvent, LinkId};
pub use local::{GuestAction, GuestEvent, LocalControlPlane};
pub use plane::{ControlEvent, ControlPlane, DisconnectReason, Now};
pub use remote::{RemoteControlPlane, RemoteSettings, RemoteTimings};
