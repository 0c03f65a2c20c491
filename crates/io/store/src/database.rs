//! `lanrage.db`: everything that is not secret and outlives the program.

mod connect;
mod entities;
mod error;
mod files;
mod inspect;
mod integrity;
mod open;
mod rows;
mod salvage;
mod tables;
mod transfer;

pub use error::StoreError;
pub use integrity::Integrity;
pub use lanrage_party::{NatResult, StoredPeer};
pub(crate) use open::migrate;
pub use open::{Damage, OpenReport, Replacement};
pub use tables::favorite_servers::FavoriteServer;
pub use tables::friend_trust::FriendTrust;
pub use tables::game_profiles::{GameProfile, PortRange, ProfileOrigin, Protocol};
pub use tables::memberships::StoredMembership;
pub use tables::port_grants::PortGrant;
pub use tables::server_configs::ServerConfig;
pub use tables::settings::SettingsChange;
pub use transfer::ImportReport;

pub(crate) use connect::writer;
pub(crate) use entities::TABLES;
pub(crate) use files::DatabaseFiles;
pub(crate) use inspect::{Inspection, inspect};

use sea_orm::DatabaseConnection;
use tokio::sync::{Mutex, watch};

/// The database of this device. Every change is on disk when its call returns, and is made whole or not at
/// all. One connection does all the work, in the order of the calls.
///
/// Times are given by the caller; nothing here reads a clock. Whoever opens it holds the
/// [`DataDirLock`](crate::DataDirLock): two processes must not recover one damaged file.
#[derive(Debug)]
pub struct SettingsDatabase {
    pub(crate) connection: DatabaseConnection,
    pub(crate) files: DatabaseFiles,
    /// Held by work on whole files, of which only one may run at a time.
    pub(crate) maintenance: Mutex<()>,
    /// How often what is remembered of parties has changed.
    pub(crate) party_changes: watch::Sender<u64>,
}

impl SettingsDatabase {
    /// Size of the database on disk in bytes, its write-ahead log included.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub async fn get_database_size(&self) -> Result<u64, StoreError> {
        let files = self.files.clone();
        lanrage_backup::blocking::run(move || files.size()).await
    }

    /// Says whenever what [`SettingsDatabase::recent_parties`] and [`SettingsDatabase::favorite_parties`] answer may
    /// have changed. The number means nothing.
    pub fn party_changes(&self) -> watch::Receiver<u64> {
        self.party_changes.subscribe()
    }

    pub(crate) fn parties_changed(&self) {
        self.party_changes.send_modify(|changes| *changes += 1);
    }

    /// Closes the database, with its write-ahead log folded in. Dropping it is as safe and leaves the log.
    ///
    /// # Errors
    /// [`StoreError`] if the log could not be folded in; nothing is lost then.
    pub async fn close(self) -> Result<(), StoreError> {
        self.connection.close().await.map_err(StoreError::from)
    }
}

#[cfg(test)]
mod tests;
