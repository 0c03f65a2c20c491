//! Every decision of the product: which party this device is in, who else is, and what to do about it.
//!
//! Pure: time, randomness and everything that happened come in, and what to do comes out. Nothing here opens, spawns or
//! reads a clock. `session` asks `network` (control planes, relays, how we look from outside), `party` (who may be in it)
//! and `peers` (a path to each of them).

mod entropy;
mod facts;
mod network;
mod output;
mod party;
mod peers;
mod session;
#[cfg(test)]
mod simulation;
mod words;

pub use entropy::Entropy;
pub use facts::{
    AdapterView, CommandError, ConnectionState, ControlView, DataPlaneView, DroppedPackets, DroppedView,
    InvitationLink, InvitationPreview, NetworkView, Notice, PartyView, PeerView, PortMappingView, Problem,
    RelayView, Severity, Snapshot, Traffic, Waits,
};
pub use network::{
    adapter::AdapterFailure,
    names::{Found, Known, Names},
    nat_status::network_name,
};
pub use output::{Action, GuestCommand, RelayStreamCommand, StoreAction, Ticket, TunnelAction};
pub use party::membership::{Kept, SavedMembership};
pub use session::{Hosting, Session};
pub use words::sentence;
