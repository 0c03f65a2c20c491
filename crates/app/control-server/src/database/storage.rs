//! What is written, and what waits because nothing can be.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::{Path, PathBuf},
};

use lanrage_base::atomic_file;
use lanrage_control::registry::StoredChange;
use lanrage_party::{PartyId, PeerId};
use sea_orm::DbErr;

use super::Database;

/// Room on the disk that is kept for the time when there is none else: removals need some, too.
const RESERVE_BYTES: usize = 4 << 20;
const RESERVE_FILE: &str = "control.reserve";

/// Writes changes. While the disk takes nothing, they wait in memory, the newest of each row, and are written together
/// once it does; so nobody who is there is sent off. They are no more than there are rows, as nothing new is let in
/// meanwhile. A server that stops before they are written has lost them, which its clients notice: each registers its
/// memberships again.
#[derive(Debug)]
pub(crate) struct Storage {
    database: Database,
    reserve: Reserve,
    waiting: Waiting,
    full: bool,
}

#[derive(Debug, Default)]
struct Waiting {
    parties: BTreeMap<PartyId, StoredChange>,
    peers: BTreeMap<(PartyId, PeerId), StoredChange>,
    relays: BTreeMap<String, StoredChange>,
}

impl Storage {
    /// The storage of a server whose files are in `directory`.
    pub(crate) fn new(database: Database, directory: &Path) -> Self {
        let reserve = Reserve(directory.join(RESERVE_FILE));
        if let Err(error) = reserve.take() {
            tracing::warn!(%error, "no room on the disk could be set aside for the time when it is full");
        }
        Self { database, reserve, waiting: Waiting::default(), full: false }
    }

    /// Whether changes wait, and nothing new may be let in.
    pub(crate) const fn is_full(&self) -> bool {
        self.full
    }

    /// Writes a batch: all of it, or nothing, and then it waits.
    ///
    /// # Errors
    /// The database's, the first time. While changes wait already, these do too.
    pub(crate) async fn write(&mut self, changes: Vec<StoredChange>) -> Result<(), DbErr> {
        if changes.is_empty() {
            return Ok(());
        }
        if self.full {
            changes.into_iter().for_each(|change| self.waiting.add(change));
            return Ok(());
        }
        let written = self.database.commit(&changes).await;
        if written.is_err() {
            self.full = true;
            self.reserve.give();
            changes.into_iter().for_each(|change| self.waiting.add(change));
        }
        written
    }

    /// Writes what waits, and sets room aside again. After that, everything is as usual.
    ///
    /// # Errors
    /// What stands in the way still.
    pub(crate) async fn retry(&mut self) -> Result<(), DbErr> {
        let changes = self.waiting.all();
        if !changes.is_empty() {
            self.database.commit(&changes).await?;
            self.waiting = Waiting::default();
        }
        self.database.probe().await?;
        self.reserve.take().map_err(|error| DbErr::Custom(error.to_string()))?;
        self.full = false;
        Ok(())
    }

    /// Closes the database, with what waits if that can be written now.
    pub(crate) async fn close(mut self) -> Result<(), DbErr> {
        let last = if self.full { self.retry().await } else { Ok(()) };
        self.database.close().await.and(last)
    }
}

impl Waiting {
    fn add(&mut self, change: StoredChange) {
        match &change {
            StoredChange::PutParty(party) => drop(self.parties.insert(party.party, change)),
            StoredChange::RemoveParty(party) => drop(self.parties.insert(*party, change)),
            StoredChange::PutPeer(peer) => drop(self.peers.insert((peer.party, peer.peer), change)),
            StoredChange::RemovePeer { party, peer } => drop(self.peers.insert((*party, *peer), change)),
            StoredChange::PutRelay(relay) => drop(self.relays.insert(relay.name.clone(), change)),
            StoredChange::RemoveRelay(name) => drop(self.relays.insert(name.clone(), change)),
            StoredChange::PutToken(_) => {}
        }
    }

    /// Parties before their peers.
    fn all(&self) -> Vec<StoredChange> {
        self.parties.values().chain(self.peers.values()).chain(self.relays.values()).cloned().collect()
    }
}

/// A file that is deleted when room is needed.
#[derive(Debug)]
struct Reserve(PathBuf);

impl Reserve {
    /// Sets the room aside, if it is not yet.
    fn take(&self) -> io::Result<()> {
        if self.0.metadata().is_ok_and(|file| file.len() == RESERVE_BYTES as u64) {
            return Ok(());
        }
        let written =
            atomic_file::private().create(true).truncate(true).open(&self.0).and_then(|mut file| {
                // Not zeroes, which some file systems take no room for.
                file.write_all(&vec![0xA5; RESERVE_BYTES])?;
                file.sync_all()
            });
        if written.is_err() {
            self.give();
        }
        written
    }

    fn give(&self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
