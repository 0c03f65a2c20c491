//! The party engine: one event loop that owns every decision, and the shells that carry them out.
//!
//! [`Engine::start`] gives a [`Handle`]; a host sends commands and watches [`Snapshot`]s and [`Notice`]s.
//! Inside, `event_loop` waits for whatever happens and lets `party_manager` decide, which is pure and asks
//! `control_planes` (who is in the party), `connection_manager` (a path to each of them), `relays` (who carries what
//! finds no straight path) and `nat_status` (how we look from outside).

mod action;
mod adapter_shell;
mod adapter_state;
mod app_settings;
mod connection;
mod connection_manager;
mod connection_state;
mod control_planes;
mod data;
mod data_plane;
mod device;
mod diagnostics;
mod doctor;
mod engine;
mod entropy;
mod event_loop;
mod guest_shell;
mod handle;
mod helper_unit;
mod keeper;
mod local;
mod membership;
mod name_lookup;
mod nat_status;
mod network_log;
mod party_manager;
mod relay_shell;
mod relays;
mod roster;
mod signal;
#[cfg(test)]
mod simulation;
mod snapshot;
mod status;
mod storage;
mod tasks;
mod words;

pub use app_settings::AppSettings;
pub use data::{
    BackupView, DataAnswer, DataRequest, DataSummary, FavoriteView, PortRangeView, ProfileView,
    RecentPartyView, ServerConfigView, SettingView,
};
pub use device::TunnelDevice;
pub use diagnostics::{Anonymizer, BundleError, BundleInputs, KnownName, export_bundle};
pub use doctor::{Check, CheckState, DoctorReport};
pub use engine::{Engine, EngineOptions, OfflineError, StartError};
pub use handle::Handle;
pub use helper_unit::{HELPER_UNIT, helper_is_installed};
pub use lanrage_store::{KeepInTray, Language, Theme};
pub use local::{LocalClient, LocalError, LocalRequest, LocalResponse};
pub use network_log::{
    LogFollower, LogLevel, LogStatus, NetworkLog, NetworkLogError, NetworkLogGuard, NetworkLogOptions,
    UnknownLogLevel,
};
pub use snapshot::{
    AdapterView, CommandError, ConnectionState, ControlView, DataPlaneView, DroppedPackets, DroppedView,
    InvitationLink, InvitationPreview, NetworkView, Notice, PartyView, PeerView, PortMappingView, Problem,
    RelayView, Severity, Snapshot, Traffic, Waits,
};
