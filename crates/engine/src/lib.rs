//! The party engine: one event loop that owns every decision, and the shells that carry them out.

mod handle;
mod snapshot;

pub use handle::Handle;
pub use snapshot::{
    AdapterView, CommandError, ConnectionState, ControlView, InvitationPreview, Notice, PartyView, PeerView,
    Problem, Severity, Snapshot, Traffic,
};
