//! What a host may ask of the engine: one table of [`Request`]s, each with the type of its answer.
//!
//! The window, the terminal and the local socket carry the same requests as JSON. [`Handle::ask`] takes a typed one,
//! [`Request::answer`] one that came as text. Each room below answers the requests that are its own.

mod backups;
mod declare;
mod error;
mod explain_game;
mod games;
mod library;
mod parse;
mod party;
mod profiles;
mod request;
mod settings;
mod shield;
mod stored;
mod support;
mod views;

pub use crate::stored::Stored;
#[cfg(feature = "bindings")]
pub use declare::Describe;
pub use declare::{Ask, Serve, to_json};
pub use error::StoredError;
pub use explain_game::{GameExplanation, VerdictView};
pub use games::{DiscoveryView, GameOrigin, KnownGameView};
pub use lanrage_games::{Certainty, DiscoveryKind, Fix, Hint, Start, Verdict};
pub use lanrage_party::Transport;
pub use lanrage_shield::{Level, Trust};
pub use parse::is_name;
pub use party::preview;
pub use request::*;
pub use settings::declared_settings;
pub use shield::{PortDecisionView, ShieldRulesView, TrustedView};
pub use stored::AskStored;
pub(crate) use support::version;
pub use views::{
    BackupView, Changed, DataSummary, FavoriteView, MadeLink, PortRangeView, ProfileView, RecentPartyView,
    Restored, ServerConfigView, SettingView, VersionView,
};

#[cfg(doc)]
use crate::Handle;
