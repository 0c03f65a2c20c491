//! Every decision of the product: which party this device is in, who else is, and what to do about it.
//!
//! Pure: time, randomness and everything that happened come in, and what to do comes out. Nothing here opens, spawns or
//! reads a clock. [`Session`] says how it is driven. Inside, `state` decides with the help of `network` (the server,
//! relays, how we look from outside), `party` (who may be in it) and `peers` (a path to each of them).

mod entropy;
mod facts;
mod input;
#[cfg(feature = "internals")]
pub mod internals;
mod network;
mod output;
mod party;
mod peers;
mod session;
mod setup;
#[cfg(test)]
mod simulation;
mod state;
mod step;

pub use entropy::Entropy;
pub use facts::{
    AdapterView, ChatLineView, CodeSearchView, CodeView, CommandError, ConnectionState, ControlView,
    DataPlaneView, DoorView, DroppedPackets, DroppedView, ForwardedView, GameSource, GameView, HostedView,
    InvitationLink, InvitationPreview, JoiningView, LinkView, NetworkView, Notice, PartyView, PeerView,
    PortMappingView, Problem, Readiness, ReadyCheckState, ReadyCheckView, RefusedView, RelayView,
    RemovedView, RequestView, Severity, ShieldView, Snapshot, StoreView, Traffic, UndoView, VoiceView, Waits,
};
pub use input::{Command, Input, NewCode, Settings, Ticket, Wish};
pub use lanrage_nat::{Found, Known, Names};
pub use lanrage_rendezvous::{
    Event as RendezvousEvent, Order as RendezvousOrder,
    code::{CodeKeys, Mistyped, ShortCode},
};
pub use network::{adapter::AdapterFailure, nat_status::network_name};
pub use output::{
    ExaminationWish, Explained, Output, ProgramWatch, RelayStreamCommand, SearchWish, StoreAction,
};
pub use party::membership::{Kept, SavedMembership};
pub use session::Session;
pub use setup::Setup;
pub use step::{Outputs, flush, step};
