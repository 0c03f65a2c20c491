//! What outlives the program: the data folder with its lock, the database with its backups, the settings, and
//! the secrets.

mod backup;
mod config;
mod data_dir;
mod database;
mod identity;
mod secret;

pub use backup::Restored;
pub use config::{
    Config, ConfigFault, Declaration, DefaultValue, DhtNodes, FindFriends, Group, KeepInTray, KeptSecret,
    Kind, Language, LogLevel, PkarrRelays, ServerList, Settings, StunServers, Theme,
};
pub use data_dir::{DataDir, DataDirError, DataDirLock};
pub use database::{
    Damage, FavoriteServer, FriendTrust, GameProfile, ImportReport, Integrity, NatResult, OpenReport,
    PortGrant, PortRange, ProfileOrigin, Protocol, Replacement, ServerConfig, SettingsChange,
    SettingsDatabase, StoreError, StoredMembership, StoredPeer,
};
pub use identity::load_or_create_identity;
pub use lanrage_backup::{Backup, BackupKind, stamp::write as stamp};
pub use secret::{
    FileSecretStore, KeyringSecretStore, Secret, SecretError, SecretNotice, SecretStore, open_secret_store,
    party_key_name, party_secret_name, party_shares_name,
};
