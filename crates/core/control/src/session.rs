//! The server's side of the control protocol, pure.
//!
//! [`ServerSession`] is one connection: who is there, and how much it may say. [`Hub`] is all of them
//! together: whose connection is whose, and what the registry answers.

mod connection;
mod hub;
mod limits;
mod outbox;
mod quotas;

pub use connection::{Proven, ServerSession, SessionOutput, SessionRandom};
pub use hub::{ConnectionId, Hub, HubOutput, not_stored};
pub use limits::{ConnectionLimits, PINGS};
pub use outbox::{Frame, FrameKind, Outbox, Queued};
pub use quotas::{Asked, Quotas, SourceLimits};
