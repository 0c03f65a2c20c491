//! What friends reach of this computer, as shown.

use lanrage_party::Transport;
use lanrage_shield::Level;
use serde::{Deserialize, Serialize};

/// What friends reach of this computer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ShieldView {
    /// How much, by the settings.
    pub level: Level,
    /// What listens cannot be seen on this system: at the level *guarded* all is open that may be, at *games* the ports of all
    /// games.
    pub is_blind: bool,
    /// What listens on this computer, and whether friends reach it.
    pub doors: Vec<DoorView>,
    /// What friends tried to reach and did not, the last one first.
    pub refused: Vec<RefusedView>,
}

/// A port on which something listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct DoorView {
    /// The protocol.
    pub transport: Transport,
    /// The port.
    pub port: u16,
    /// The game or the program that listens; `None` where it is the system's or another user's.
    pub owner: Option<String>,
    /// Whether that is a game.
    pub is_game: bool,
    /// Whether friends reach it.
    pub is_open: bool,
    /// Whether nobody may open it but for whom is trusted with everything: remote login, shares and the like.
    pub is_never_opened: bool,
}

/// A port that a friend tried to reach and did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct RefusedView {
    /// The friend's peer id.
    pub peer: String,
    /// The friend's name.
    pub name: String,
    /// The protocol.
    pub transport: Transport,
    /// The port.
    pub port: u16,
    /// What listens there now; `None` where nothing does, or nothing that can be named.
    pub owner: Option<String>,
    /// Whether nobody may open it.
    pub is_never_opened: bool,
    /// How often, as far as it was counted.
    pub times: u32,
    /// When it was last tried (Unix milliseconds).
    pub at_ms: u64,
}
