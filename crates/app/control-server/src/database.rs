//! The registry's state on disk.

pub(crate) mod backup;
mod entities;
mod rows;
mod storage;
#[cfg(test)]
mod tests;
mod tokens;

use std::{
    fs::{File, TryLockError},
    path::Path,
    time::Duration,
};

use lanrage_base::atomic_file;
use lanrage_control::registry::{StoredChange, StoredParty, StoredPeer, StoredRelay};
use lanrage_migrations::control_server::Migrator;
use sea_orm::{
    ColumnTrait, Condition, ConnectOptions, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait,
    ExprTrait, QueryFilter, Set, TransactionTrait, sea_query::OnConflict, sqlx::sqlite::SqliteConnectOptions,
};
use sea_orm_migration::{MigratorTrait, SchemaManager, seaql_migrations};

use self::entities::{parties, peers, relay_servers};
pub(crate) use self::{storage::Storage, tokens::Tokens};
use crate::{ServerError, settings::secret_file::make_private};

const FILE: &str = "control.db";
/// How long a statement waits for another process, as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Where the migrations that were applied are noted.
const MIGRATIONS_TABLE: &str = "seaql_migrations";
const LOCK_FILE: &str = "control.lock";
/// Rows in one statement: 500 of eight values are well below SQLite's 32,766 variables.
const ROWS: usize = 500;

/// The server's database. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    connection: DatabaseConnection,
}

/// What keeps a second server from the same data directory, while it lives.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Makes the directory if it is missing, and takes it.
    pub(crate) fn take(directory: &Path) -> Result<Self, ServerError> {
        let data_dir = |source| ServerError::DataDir { path: directory.to_owned(), source };
        make_private(directory).map_err(data_dir)?;
        let file = atomic_file::private()
            .create(true)
            .truncate(false)
            .open(directory.join(LOCK_FILE))
            .map_err(data_dir)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(ServerError::InUse(directory.to_owned())),
            Err(TryLockError::Error(source)) => Err(data_dir(source)),
        }
    }
}

impl Database {
    /// Opens the database, makes it if it is missing, and brings its schema up to date. One of a newer program
    /// is left as it is.
    pub(crate) async fn open(directory: &Path) -> Result<Self, ServerError> {
        let path = directory.join(FILE);
        // Made here, and not by SQLite: its companions get the same permissions.
        let made = atomic_file::private().create(true).truncate(false).open(&path);
        made.map_err(|source| ServerError::DataDir { path: directory.to_owned(), source })?;
        let failed = |error: DbErr| ServerError::Database { path: path.clone(), reason: error.to_string() };
        let connection = connect(&path, coordinators).await.map_err(failed)?;
        match migrate(&connection).await {
            Ok(None) => {
                // Tokens were stored once, a row for each login; they are in memory now.
                let _ = connection.execute_unprepared("DELETE FROM auth_tokens").await;
                Ok(Self { connection })
            }
            Ok(Some(migration)) => {
                let _ = connection.close().await;
                Err(ServerError::NewerDatabase { path, migration })
            }
            Err(error) => {
                let _ = connection.close().await;
                Err(failed(error))
            }
        }
    }

    /// Everything that is stored. Rows that cannot be read are removed and counted: left there, they would
    /// stand in the way of the same party or address when its members register again.
    pub(crate) async fn load(&self) -> Result<(Vec<StoredParty>, Vec<StoredPeer>, usize), DbErr> {
        let (mut parties, mut peers, mut unread) = (Vec::new(), Vec::new(), 0);
        for row in parties::Entity::find().all(&self.connection).await? {
            if let Some(party) = rows::read_party(&row) {
                parties.push(party);
            } else {
                unread += 1;
                parties::Entity::delete_by_id(row.id).exec(&self.connection).await?;
            }
        }
        for row in peers::Entity::find().all(&self.connection).await? {
            if let Some(peer) = rows::read_peer(&row) {
                peers.push(peer);
            } else {
                unread += 1;
                peers::Entity::delete_by_id((row.party_id, row.peer_id)).exec(&self.connection).await?;
            }
        }
        Ok((parties, peers, unread))
    }

    /// The relays that have registered themselves. Rows that cannot be read are left out: a relay registers again.
    pub(crate) async fn load_relays(&self) -> Result<Vec<StoredRelay>, DbErr> {
        let rows = relay_servers::Entity::find().all(&self.connection).await?;
        Ok(rows.into_iter().filter_map(rows::read_relay).collect())
    }

    /// Writes a batch: all of it, or nothing.
    pub(crate) async fn commit(&self, changes: &[StoredChange]) -> Result<(), DbErr> {
        let transaction = self.connection.begin().await?;
        write_changes(&transaction, changes).await?;
        write_relays(&transaction, changes).await?;
        transaction.commit().await
    }

    /// Writes, and takes back, a row: an error says that nothing can be written now.
    pub(crate) async fn probe(&self) -> Result<(), DbErr> {
        let transaction = self.connection.begin().await?;
        let row = parties::ActiveModel {
            id: Set(String::new()),
            name: Set(String::new()),
            subnet: Set(String::new()),
            host_id: Set(String::new()),
            created_at: Set(0),
            active_at: Set(0),
            revision: Set(0),
            door: Set(None),
        };
        parties::Entity::insert(row).exec_without_returning(&transaction).await?;
        transaction.rollback().await
    }

    /// Closes the database, with its log folded in.
    pub(crate) async fn close(self) -> Result<(), DbErr> {
        self.connection.close().await
    }
}

/// Brings the schema up to date; or says which of its migrations is unknown, and does nothing.
async fn migrate(database: &DatabaseConnection) -> Result<Option<String>, DbErr> {
    let newer = unknown_migration(database).await?;
    if newer.is_none() {
        Migrator::up(database, None).await?;
    }
    Ok(newer)
}

/// The first migration in a database that this program does not know: a newer one has written it.
async fn unknown_migration(database: &DatabaseConnection) -> Result<Option<String>, DbErr> {
    if !SchemaManager::new(database).has_table(MIGRATIONS_TABLE).await? {
        return Ok(None);
    }
    let known: Vec<String> = Migrator::migrations().iter().map(|known| known.name().to_owned()).collect();
    let applied = seaql_migrations::Entity::find().all(database).await?;
    Ok(applied.into_iter().map(|row| row.version).find(|version| !known.contains(version)))
}

/// One connection to a file, in a mode of its own.
async fn connect(
    path: &Path,
    mode: fn(SqliteConnectOptions) -> SqliteConnectOptions,
) -> Result<DatabaseConnection, DbErr> {
    let path = path.to_owned();
    let mut options = ConnectOptions::new("sqlite://");
    options
        // Opened once and kept: what is opened later may find no descriptor left.
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            mode(
                sqlite
                    .filename(&path)
                    .busy_timeout(BUSY_TIMEOUT)
                    .pragma("trusted_schema", "OFF")
                    // No file but those that are open already.
                    .pragma("temp_store", "MEMORY"),
            )
        });
    sea_orm::Database::connect(options).await
}

/// The coordinator's: its file is made if it is missing.
fn coordinators(sqlite: SqliteConnectOptions) -> SqliteConnectOptions {
    sqlite
        .create_if_missing(true)
        .pragma("journal_mode", "WAL")
        .pragma("synchronous", "FULL")
        .pragma("foreign_keys", "ON")
}

/// Rows of members are removed before any is inserted, so that an address may pass from one to another within
/// a batch; rows of parties are updated in place, because removing one removes its members.
async fn write_changes(database: &impl ConnectionTrait, changes: &[StoredChange]) -> Result<(), DbErr> {
    let (mut gone_parties, mut put_parties) = (Vec::new(), Vec::new());
    let (mut stale_peers, mut put_peers) = (Vec::new(), Vec::new());
    for change in changes {
        match change {
            StoredChange::PutParty(party) => put_parties.push(rows::party_row(party)),
            StoredChange::RemoveParty(party) => gone_parties.push(party.to_string()),
            StoredChange::PutPeer(peer) => {
                stale_peers.push((peer.party, peer.peer));
                put_peers.push(rows::peer_row(peer));
            }
            StoredChange::RemovePeer { party, peer } => stale_peers.push((*party, *peer)),
            StoredChange::PutToken(_) | StoredChange::PutRelay(_) | StoredChange::RemoveRelay(_) => {}
        }
    }
    for gone in gone_parties.chunks(ROWS) {
        let gone = parties::Column::Id.is_in(gone.iter().map(String::as_str));
        parties::Entity::delete_many().filter(gone).exec(database).await?;
    }
    // Each is a term of its own, and SQLite nests them: fewer at once.
    for stale in stale_peers.chunks(ROWS / 5) {
        let mut any = Condition::any();
        for (party, peer) in stale {
            any = any.add(
                peers::Column::PartyId.eq(party.to_string()).and(peers::Column::PeerId.eq(peer.to_string())),
            );
        }
        peers::Entity::delete_many().filter(any).exec(database).await?;
    }
    for put in put_parties.chunks(ROWS) {
        use parties::Column::{ActiveAt, CreatedAt, Door, HostId, Name, Revision, Subnet};
        let newer = OnConflict::column(parties::Column::Id)
            .update_columns([Name, Subnet, HostId, CreatedAt, ActiveAt, Revision, Door])
            .to_owned();
        parties::Entity::insert_many(put.iter().cloned())
            .on_conflict(newer)
            .exec_without_returning(database)
            .await?;
    }
    for put in put_peers.chunks(ROWS) {
        peers::Entity::insert_many(put.iter().cloned()).exec_without_returning(database).await?;
    }
    Ok(())
}

async fn write_relays(database: &impl ConnectionTrait, changes: &[StoredChange]) -> Result<(), DbErr> {
    for change in changes {
        let (StoredChange::PutRelay(StoredRelay { name, .. }) | StoredChange::RemoveRelay(name)) = change
        else {
            continue;
        };
        relay_servers::Entity::delete_by_id(name.clone()).exec(database).await?;
        if let StoredChange::PutRelay(relay) = change {
            relay_servers::Entity::insert(rows::relay_row(relay)).exec_without_returning(database).await?;
        }
    }
    Ok(())
}
