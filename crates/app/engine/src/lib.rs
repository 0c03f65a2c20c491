//! The party engine: one event loop that owns every decision, and the shells that carry them out.
//!
//! [`Engine::start`] gives a [`Handle`]; a host sends commands and watches [`Snapshot`]s and [`Notice`]s.
//! Inside, `event_loop` waits for whatever happens, lets the [`lanrage_session::Session`] decide, and carries out what it
//! decided.

pub mod api;
mod engine;
mod event_loop;
mod handle;
mod known_games;
mod local;
mod ports;
mod process;
mod settings;
mod start_game;
mod stored;
mod stored_shield;
mod tasks;
mod updates;

pub use api::Request;
pub use engine::{Engine, EngineOptions, OfflineError, StartError};
pub use handle::Handle;
pub use lanrage_log::{
    LogFollower, LogLevel, LogStatus, NetworkLog, NetworkLogError, NetworkLogGuard, NetworkLogOptions,
    UnknownLogLevel,
};
pub use lanrage_party::{Admission, LinkFault, Role, Standing, facts, web_form};
pub use lanrage_session::{
    AdapterView, ChatLineView, CodeSearchView, CodeView, CommandError, ConnectionState, ControlView,
    DataPlaneView, DoorView, DroppedPackets, DroppedView, ForwardedView, GameSource, GameView, HostedView,
    InvitationLink, InvitationPreview, JoiningView, LinkView, NetworkView, Notice, PartyView, PeerView,
    PortMappingView, Problem, Readiness, ReadyCheckState, ReadyCheckView, RefusedView, RelayView,
    RemovedView, RequestView, Severity, ShieldView, Snapshot, StoreView, Traffic, UndoView, VoiceView, Waits,
};
pub use lanrage_store::{KeepInTray, Language, Theme};
pub use lanrage_support::{
    Check, CheckState, DoctorReport, Finding, HELPER_UNIT, Subject, helper_is_installed,
};
pub use lanrage_updates::Source as UpdateSource;
pub use local::{LocalClient, LocalError};
pub use ports::device::TunnelDevice;
pub use process::runtime;
pub use settings::AppSettings;
pub use start_game::start_game;
pub use tasks::Tasks;
