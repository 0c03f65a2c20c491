//! What stored data looks like to a host.

use lanrage_party::facts::SettingRule;
use lanrage_store::{
    Backup, ConfigFault, Declaration, FavoriteServer, GameProfile, PortRange, ProfileOrigin, Protocol,
    ServerConfig, Settings, SettingsChange, StoredMembership, StoredPeer,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, to_value};

use super::parse;
use crate::{CommandError, InvitationLink};

/// Settings were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Changed {
    /// Whether a change takes effect only when LANrage starts again.
    pub restart_required: bool,
}

impl From<SettingsChange> for Changed {
    fn from(change: SettingsChange) -> Self {
        Self { restart_required: change.restart_required }
    }
}

/// A limited link was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct MadeLink {
    /// The link. Whoever has it can join, as often as it is good for.
    #[cfg_attr(feature = "bindings", ts(type = "string"))]
    pub link: InvitationLink,
    /// Its serial, by which it is revoked.
    pub serial: String,
}

/// A backup was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Restored {
    /// The backup that was made of what there was before: restoring it undoes this.
    pub kept: BackupView,
    /// Whether a setting that is another now takes effect only when LANrage starts again.
    pub restart_required: bool,
    /// The parties that cannot be entered without a new link: their keys, which no backup has, are not on this device.
    pub without_keys: Vec<String>,
}

/// A setting with its declaration, all that is needed to show and change it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct SettingView {
    /// Its name.
    pub key: String,
    /// Where it is shown.
    pub group: String,
    /// Which values it takes, as JSON: `{"type": "integer", "min": …}`.
    #[cfg_attr(feature = "bindings", ts(type = "Kind"))]
    pub kind: Value,
    /// Whether it may be left empty.
    pub optional: bool,
    /// Its value when nobody chose one.
    #[cfg_attr(feature = "bindings", ts(type = "unknown"))]
    pub default: Value,
    /// Its value, or the refused one that is stored; of a secret, that there is one.
    #[cfg_attr(feature = "bindings", ts(type = "unknown"))]
    pub value: Value,
    /// Whether the value was chosen.
    pub is_chosen: bool,
    /// Whether the stored value is refused, so that the default is used.
    pub is_refused: bool,
    /// What a value must be.
    pub rule: SettingRule,
    /// Unit of a number.
    pub unit: Option<String>,
    /// What it does.
    pub doc: String,
    /// Whether a change takes effect only when LANrage starts again.
    pub restart_required: bool,
}

impl SettingView {
    pub(super) fn new(declared: &Declaration, stored: &Settings, faults: &[ConfigFault]) -> Self {
        let chosen = stored.get(declared.key);
        Self {
            key: declared.key.to_owned(),
            group: <&str>::from(declared.group).to_owned(),
            kind: to_value(declared.kind).unwrap_or_default(),
            optional: declared.optional,
            default: declared.default.value(),
            value: chosen.cloned().unwrap_or_else(|| declared.default.value()),
            is_chosen: chosen.is_some(),
            is_refused: faults.iter().any(|fault| fault.key == declared.key),
            rule: declared.kind.rule(),
            unit: declared.unit.map(str::to_owned),
            doc: declared.doc.to_owned(),
            restart_required: declared.restart_required,
        }
    }
}

/// A saved set of settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ServerConfigView {
    /// Its name.
    pub name: String,
    /// Whether it was the last one to be activated.
    pub is_active: bool,
    /// How many settings it has.
    pub settings: u32,
}

impl From<ServerConfig> for ServerConfigView {
    fn from(config: ServerConfig) -> Self {
        Self {
            name: config.name.to_string(),
            is_active: config.is_active,
            settings: config.settings.len() as u32,
        }
    }
}

/// A favourite control server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct FavoriteView {
    /// Its URL.
    pub url: String,
    /// What the user calls it.
    pub name: String,
    /// When it was last used (Unix milliseconds).
    pub last_used_at_ms: Option<u64>,
}

impl From<FavoriteServer> for FavoriteView {
    fn from(favorite: FavoriteServer) -> Self {
        Self {
            url: favorite.url.to_string(),
            name: favorite.name.to_string(),
            last_used_at_ms: favorite.last_used_at.map(|at| at.0),
        }
    }
}

/// What is known of a game.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct ProfileView {
    /// Its name.
    pub name: String,
    /// Names of its programs.
    pub executables: Vec<String>,
    /// The ports it plays on.
    pub ports: Vec<PortRangeView>,
    /// What else is remembered of it; where a profile is saved, `None` leaves it as it is.
    #[serde(default)]
    #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown> | null"))]
    pub extra: Option<Map<String, Value>>,
}

/// Ports of a game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct PortRangeView {
    /// Whether they are TCP; UDP otherwise.
    pub is_tcp: bool,
    /// The first.
    pub first: u16,
    /// The last, included.
    pub last: u16,
}

impl From<GameProfile> for ProfileView {
    fn from(profile: GameProfile) -> Self {
        let port = |range: PortRange| PortRangeView {
            is_tcp: range.protocol == Protocol::Tcp,
            first: range.first,
            last: range.last,
        };
        Self {
            name: profile.name.to_string(),
            executables: profile.executables,
            ports: profile.ports.into_iter().map(port).collect(),
            extra: Some(profile.extra),
        }
    }
}

impl TryFrom<ProfileView> for GameProfile {
    type Error = CommandError;

    fn try_from(view: ProfileView) -> Result<Self, Self::Error> {
        let port = |range: PortRangeView| PortRange {
            protocol: if range.is_tcp { Protocol::Tcp } else { Protocol::Udp },
            first: range.first,
            last: range.last,
        };
        Ok(Self {
            name: parse::name(&view.name)?,
            executables: view.executables,
            ports: view.ports.into_iter().map(port).collect(),
            extra: view.extra.unwrap_or_default(),
            slug: None,
            origin: ProfileOrigin::Mine,
            details: Map::new(),
            is_hidden: false,
        })
    }
}

/// A party that this device is or was in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct RecentPartyView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether this device made it.
    pub is_host: bool,
    /// Whether this device is in it now, or will be at the next start.
    pub is_active: bool,
    /// Whether it can be entered again without a link: this device is still a member, and has the keys.
    pub can_resume: bool,
    /// Whether this device is still a member and its keys are not here: they were in no backup, or the keyring lost them.
    pub keys_missing: bool,
    /// When this device was last in it (Unix milliseconds).
    pub last_active_at_ms: u64,
    /// Whether the player wants it at hand.
    pub is_favorite: bool,
    /// The names of its other members as this device last heard of them, in the order in which they joined.
    pub friends: Vec<String>,
}

impl RecentPartyView {
    pub(super) fn new(
        membership: StoredMembership,
        is_favorite: bool,
        keys_missing: bool,
        roster: &[StoredPeer],
    ) -> Self {
        Self {
            id: membership.party.to_string(),
            name: membership.name.to_string(),
            is_host: membership.is_host,
            is_active: membership.is_active,
            can_resume: membership.left_at.is_none() && !keys_missing,
            keys_missing,
            last_active_at_ms: membership.last_active_at.0,
            is_favorite,
            friends: roster.iter().map(|peer| peer.record.claimed().name.to_string()).collect(),
        }
    }
}

/// This program's version, and a newer one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct VersionView {
    /// This program's.
    pub own: String,
    /// Whether this build knows anybody who tells it of newer ones.
    pub is_told: bool,
    /// The newest one, if it is newer.
    pub newer: Option<String>,
    /// Where people get that one.
    pub page: Option<String>,
}

/// Size of the database, and its backups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct DataSummary {
    /// Size of the database.
    pub size_bytes: u64,
    /// Its backups, the newest first.
    pub backups: Vec<BackupView>,
}

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct BackupView {
    /// The file.
    pub path: String,
    /// When it was made (Unix milliseconds).
    pub made_at_ms: u64,
}

impl From<Backup> for BackupView {
    fn from(backup: Backup) -> Self {
        Self { path: backup.path.display().to_string(), made_at_ms: backup.made_at.0 }
    }
}
