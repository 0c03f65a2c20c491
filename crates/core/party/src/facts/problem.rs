use serde::{Deserialize, Serialize};
use strum::{EnumIter, IntoStaticStr};

use super::{AdapterFault, Cause, Remedy, ServerFault, SettingRule};

/// What is missing or wrong now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, EnumIter, IntoStaticStr)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Fault {
    /// The log cannot be written.
    LogNotWritten {
        /// Why.
        cause: Cause,
    },
    /// What changes now is not kept.
    NotKept {
        /// Why.
        cause: Cause,
    },
    /// No datagrams arrive any more.
    SocketsFailed {
        /// Why.
        cause: Cause,
    },
    /// This computer's clock is wrong.
    ClockWrong {
        /// By how much it differs from the server's.
        minutes: u64,
    },
    /// The control server cannot be reached.
    ControlDisconnected {
        /// The server.
        server: String,
        /// Why it cannot be reached.
        why: ServerFault,
        /// Whether there is a party, which goes on.
        in_party: bool,
    },
    /// A setting has a value that it does not take; its default is used.
    BadSetting {
        /// The setting.
        key: String,
        /// Its value, as JSON.
        value: String,
        /// What it must be.
        rule: SettingRule,
        /// Whether it may be empty as well.
        or_empty: bool,
    },
    /// The database was damaged and has been replaced.
    DatabaseRestored {
        /// What was wrong with it.
        cause: Cause,
        /// The backup that was restored; `None` if there was none, so that settings start afresh.
        backup: Option<String>,
        /// How many newer entries could still be read and were kept.
        salvaged: u64,
        /// The folder in which the damaged files are kept; `None` if there were none.
        set_aside: Option<String>,
    },
    /// Keys are in files, because the keyring did not take them.
    SecretsInFiles {
        /// How many keys a working keyring did not take; 0 if the keyring cannot be used at all.
        not_moved: u64,
        /// Why not.
        cause: Cause,
    },
    /// The last party does not come back: its keys are not on this device.
    PartyKeysMissing {
        /// The party's name.
        party: String,
    },
    /// The last party does not come back.
    PartyNotRestored {
        /// Why.
        cause: Cause,
    },
    /// There is no adapter.
    #[serde(untagged)]
    Adapter(AdapterFault),
    /// Somebody whom the server offered was not let in.
    #[serde(untagged)]
    Peer(PeerRefusal),
}

impl Default for Fault {
    fn default() -> Self {
        Self::Adapter(AdapterFault::default())
    }
}

impl Fault {
    /// The stable word for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Adapter(fault) => fault.code(),
            Self::Peer(refusal) => refusal.code(),
            other => other.into(),
        }
    }

    /// What the user can do about it. Of an adapter, the adapter itself knows.
    pub fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            Self::LogNotWritten { .. } => Remedy::MakeRoom,
            Self::NotKept { .. } => Remedy::MakeWritable,
            Self::SocketsFailed { .. } => Remedy::StartAgain,
            Self::ClockWrong { .. } => Remedy::SetClock,
            Self::ControlDisconnected { why: ServerFault::OtherServer, in_party: true, .. } => {
                Remedy::AcceptServer { command: "lanrage trust-server".to_owned() }
            }
            Self::ControlDisconnected { why, .. } => why.remedy().unwrap_or(Remedy::CheckConnection),
            Self::BadSetting { .. } => Remedy::ChangeSetting,
            Self::DatabaseRestored { .. } => Remedy::CheckSettings,
            Self::SecretsInFiles { .. } | Self::PartyNotRestored { .. } => Remedy::UnlockKeyring,
            Self::PartyKeysMissing { .. } => Remedy::AskForLink,
            Self::Peer(_) => Remedy::SendLinkAgain,
            Self::Adapter(_) => return None,
        })
    }
}

/// Why somebody whom the control server offered is not let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, EnumIter, IntoStaticStr)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum PeerRefusal {
    /// The record belongs to another party, or to another invitation of it.
    PeerOfOtherParty {
        /// The name that is claimed.
        peer: String,
    },
    /// The record is not signed by the peer that it names.
    PeerForged {
        /// The name that is claimed.
        peer: String,
    },
    /// The peer does not know the party secret.
    PeerNotInvited {
        /// The name that is claimed.
        peer: String,
    },
    /// The record is older than one already seen.
    PeerReplayed {
        /// The name that is claimed.
        peer: String,
    },
    /// The address belongs to somebody else, or is outside the party's network.
    PeerAddress {
        /// The name that is claimed.
        peer: String,
        /// The address that is claimed.
        address: String,
    },
    /// The party is full.
    PartyFull {
        /// The name that is claimed.
        peer: String,
    },
    /// The owner or a moderator has removed the peer.
    PeerRemoved {
        /// The name that is claimed.
        peer: String,
    },
    /// The owner or a moderator has not let the peer in yet.
    PeerNotLetIn {
        /// The name that is claimed.
        peer: String,
    },
    /// The limited link that the peer comes by has expired, is used up, was revoked, or is not the peer's.
    PeerLink {
        /// The name that is claimed.
        peer: String,
    },
}

impl PeerRefusal {
    /// The stable word for scripts.
    pub fn code(&self) -> &'static str {
        self.into()
    }
}

impl Default for PeerRefusal {
    fn default() -> Self {
        Self::PartyFull { peer: String::new() }
    }
}
