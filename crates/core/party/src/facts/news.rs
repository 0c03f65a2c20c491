use serde::{Deserialize, Serialize};
use strum::{EnumIter, IntoStaticStr};

use super::{CommandError, PeerRefusal};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, EnumIter, IntoStaticStr)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum News {
    /// A friend is in the party.
    PeerJoined {
        /// The friend's name.
        peer: String,
    },
    /// A friend has left the party.
    PeerLeft {
        /// The friend's name.
        peer: String,
    },
    /// The first path to a friend stands.
    Connected {
        /// The friend's name.
        peer: String,
    },
    /// A friend has gone for now, by their own doing: paused, or closed the program.
    PeerAway {
        /// The friend's name.
        peer: String,
    },
    /// A friend who was away is there again.
    PeerBack {
        /// The friend's name.
        peer: String,
    },
    /// A friend has another name now.
    PeerRenamed {
        /// The name before.
        peer: String,
        /// The name now.
        name: String,
    },
    /// The host has left, and this device is the host now.
    NowHost,
    /// The host has left, and a friend is the host now.
    NewHost {
        /// The friend's name.
        peer: String,
    },
    /// After a silence there is a path again.
    Reconnected {
        /// The friend's name.
        peer: String,
        /// How long the silence was (seconds, to a tenth).
        seconds: f64,
    },
    /// A direct path has taken the place of a relay.
    MovedToDirect {
        /// The friend's name.
        peer: String,
    },
    /// A relay has taken the place of a direct path.
    MovedToRelay {
        /// The friend's name.
        peer: String,
    },
    /// A friend has begun to host a game.
    GameOpened {
        /// The friend's name.
        peer: String,
        /// The game.
        game: String,
    },
    /// A friend has said something in the chat. What, only the chat tells.
    Said {
        /// The friend's name.
        peer: String,
    },
    /// A friend asks whether everybody is ready.
    AskedReady {
        /// The friend's name.
        peer: String,
    },
    /// Everybody who is here is ready.
    EverybodyReady,
    /// A friend tried to reach something of this computer that is not open to them. Told once of each friend and port.
    Reached {
        /// The friend's name.
        peer: String,
        /// The port.
        port: u16,
    },
    /// Somebody has the link and waits for the owner or a moderator to let them in.
    WantsIn {
        /// The name that they give themselves.
        peer: String,
    },
    /// A friend was removed from the party.
    Removed {
        /// The friend's name.
        peer: String,
    },
    /// This device's player was removed from the party.
    YouWereRemoved {
        /// The party's name.
        party: String,
    },
    /// This device's player helps with the party now.
    NowModerator,
    /// There is a newer version of this program.
    NewVersion {
        /// Which.
        version: String,
    },
    /// The server cannot be reached, so the party is this device's alone for now.
    PartyIsLocal,
    /// A program of this device sends more to everybody in the party than passes; some of it is dropped.
    OwnFlood {
        /// The UDP port that it sends from; 0 if it shows none.
        port: u16,
    },
    /// A friend's program does.
    PeerFlood {
        /// The friend's name.
        peer: String,
        /// The UDP port that it sends from; 0 if it shows none.
        port: u16,
    },
    /// Somebody whom the server offered was not let in.
    #[serde(untagged)]
    PeerRefused(PeerRefusal),
    /// Something was refused that nobody waits for any more.
    #[serde(untagged)]
    Refused(CommandError),
}

impl News {
    /// The stable word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PeerRefused(refusal) => refusal.code(),
            Self::Refused(error) => error.code(),
            other => other.into(),
        }
    }
}
