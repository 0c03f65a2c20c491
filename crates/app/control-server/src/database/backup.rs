//! Copies of what a server keeps, in one file each: the registry, and the keys by which clients and relays know the server.
//! Whoever has such a file can take the server's place, so it is its owner's alone.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use lanrage_backup::{BackupError, BackupKind, Folder, Hash, blocking};
use lanrage_base::{atomic_file, clock};
use lanrage_party::UnixMillis;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, EntityTrait, PaginatorTrait, Statement,
};
use zeroize::Zeroizing;

use super::{DirectoryLock, FILE, connect, entities, unknown_migration};
use crate::{
    ServerError,
    settings::{
        operator::OPERATOR_FILE,
        secret_file::{KEY_FILE, RELAY_SECRET_FILE},
    },
    shutdown::Shutdown,
};

/// In the data directory.
const FOLDER: &str = "backups";
const PREFIX: &str = "lanrage-server-";
/// A copy on its way to be the database, beside it.
const INCOMING: &str = "control.incoming";
/// Where a copy has the files of [`KEPT`].
const KEYS_TABLE: &str = "kept_keys";
const KEPT: [&str; 3] = [KEY_FILE, RELAY_SECRET_FILE, OPERATOR_FILE];
/// How many copies are kept of what a restored one replaced.
const REPLACED: usize = 3;
/// Between two looks at whether the daily copy is due.
const LOOK: Duration = Duration::from_secs(60 * 60);

/// What a copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupContent {
    /// How many parties.
    pub parties: u64,
    /// How many members they have together.
    pub members: u64,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoredServer {
    /// What is there now.
    pub content: BackupContent,
    /// Where that is what was there before; `None` if nothing was.
    pub kept: Option<PathBuf>,
}

fn folder(data_dir: &Path) -> Folder {
    Folder::new(data_dir.join(FOLDER), PREFIX)
}

/// The copies in a data directory, the one to restore first before the others.
///
/// # Errors
/// [`ServerError::Backup`].
pub fn backups(data_dir: &Path, now: UnixMillis) -> Result<Vec<PathBuf>, ServerError> {
    Ok(folder(data_dir).list(now)?.into_iter().map(|backup| backup.path).collect())
}

/// Copies what the server of a data directory keeps, while it runs or not, to a file that is not there yet, or to one of its own
/// in the directory; returns which.
///
/// # Errors
/// [`ServerError::Backup`], with nothing left behind.
pub async fn back_up(data_dir: &Path, to: Option<PathBuf>, now: UnixMillis) -> Result<PathBuf, ServerError> {
    let to = match to {
        Some(to) => to,
        None => folder(data_dir).next(BackupKind::Manual, now)?.path,
    };
    write(data_dir, &to).await?;
    Ok(to)
}

/// Whether a copy is as it was made, and what it holds.
///
/// # Errors
/// [`ServerError`].
pub async fn check_backup(path: &Path, hash: Hash) -> Result<BackupContent, ServerError> {
    lanrage_backup::verify(path, hash).await?;
    let copy = connect(path, |options| options.read_only(true).immutable(true)).await.map_err(none(path))?;
    let content = judge(&copy, path).await;
    let _ = copy.close().await;
    content
}

/// Puts a copy in the place of what the server keeps, which has to be stopped. That is copied first, or set aside if it is
/// damaged.
///
/// # Errors
/// [`ServerError`], with what there was unchanged.
pub async fn restore(
    data_dir: &Path,
    path: &Path,
    hash: Hash,
    now: UnixMillis,
) -> Result<RestoredServer, ServerError> {
    let _lock = DirectoryLock::take(data_dir)?;
    let incoming = data_dir.join(INCOMING);
    lanrage_backup::copy(path, &incoming, hash).await?;
    let taken = take_keys(&incoming, path).await;
    let (content, keys) = match taken {
        Ok(taken) => taken,
        Err(error) => {
            let _ = lanrage_backup::remove(&incoming);
            return Err(error);
        }
    };
    let kept = keep_present(data_dir, now).await?;
    let data_dir = data_dir.to_owned();
    let placed = blocking::run(move || {
        let main = data_dir.join(FILE);
        for (name, key) in keys {
            let file = data_dir.join(name);
            atomic_file::write_private(&file, &key)
                .map_err(|error| BackupError::Io { path: file, source: error })?;
        }
        lanrage_backup::remove(&main)?;
        fs::rename(&incoming, &main)
            .and_then(|()| atomic_file::sync_folder(&main))
            .map_err(|source| BackupError::Io { path: main, source })?;
        give_to_owner(&data_dir);
        Ok::<_, BackupError>(())
    });
    placed.await?;
    Ok(RestoredServer { content, kept })
}

/// Makes the daily copy when it is due, and removes all but the `keep` newest of them.
pub(crate) async fn keep_daily(data_dir: PathBuf, keep: usize, mut stopping: Shutdown) {
    let mut failure = None;
    loop {
        let made = daily(&data_dir, keep, clock::now().wall).await;
        let error = made.err().map(|error| error.to_string());
        if let Some(error) = error.as_ref().filter(|error| failure.as_ref() != Some(*error)) {
            tracing::warn!(%error, "there is no daily backup");
        }
        failure = error;
        tokio::select! {
            () = stopping.requested() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn daily(data_dir: &Path, keep: usize, now: UnixMillis) -> Result<(), BackupError> {
    let folder = folder(data_dir);
    if folder.daily_is_due(now)? {
        write(data_dir, &folder.next(BackupKind::Daily, now)?.path).await?;
    }
    folder.rotate(BackupKind::Daily, keep, now)
}

async fn write(data_dir: &Path, to: &Path) -> Result<(), BackupError> {
    let keys = KEPT.map(|name| (name, fs::read(data_dir.join(name)).ok().map(Zeroizing::new)));
    let main = connect(&data_dir.join(FILE), |options| options).await?;
    let written = lanrage_backup::write_with(&main, to, async |copy| {
        let copy = connect(copy, |options| options).await?;
        let added = add_keys(&copy, &keys).await;
        let closed = copy.close().await;
        Ok(added.and(closed)?)
    });
    let written = written.await;
    let closed = main.close().await;
    written?;
    closed?;
    give_to_owner(data_dir);
    Ok(())
}

type Key = (&'static str, Option<Zeroizing<Vec<u8>>>);

async fn add_keys(copy: &DatabaseConnection, keys: &[Key]) -> Result<(), DbErr> {
    copy.execute_unprepared(&format!(
        "CREATE TABLE {KEYS_TABLE} (name TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT"
    ))
    .await?;
    for (name, key) in keys {
        let Some(key) = key else { continue };
        let insert = format!("INSERT INTO {KEYS_TABLE} VALUES (?, ?)");
        let values = [(*name).into(), key.to_vec().into()];
        copy.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, insert, values)).await?;
    }
    Ok(())
}

type TakenKeys = Vec<(&'static str, Zeroizing<Vec<u8>>)>;

/// What an incoming copy holds, and the keys, which it has no more then: what is left is a registry.
async fn take_keys(incoming: &Path, path: &Path) -> Result<(BackupContent, TakenKeys), ServerError> {
    let copy = connect(incoming, |options| options).await.map_err(none(path))?;
    let taken = async {
        let content = judge(&copy, path).await?;
        let select =
            Statement::from_string(DbBackend::Sqlite, format!("SELECT name, content FROM {KEYS_TABLE}"));
        let mut keys = Vec::new();
        for row in copy.query_all_raw(select).await.map_err(none(path))? {
            let (name, content): (String, Vec<u8>) = (
                row.try_get("", "name").map_err(none(path))?,
                row.try_get("", "content").map_err(none(path))?,
            );
            // A name that this program does not know is no path to write to.
            keys.extend(
                KEPT.into_iter().find(|kept| *kept == name).map(|kept| (kept, Zeroizing::new(content))),
            );
        }
        copy.execute_unprepared(&format!("DROP TABLE {KEYS_TABLE}")).await.map_err(none(path))?;
        Ok((content, keys))
    };
    let taken = taken.await;
    let _ = copy.close().await;
    taken
}

/// Whether it is a copy of a server of this version or an older one.
async fn judge(copy: &DatabaseConnection, path: &Path) -> Result<BackupContent, ServerError> {
    let first = |sql: &str| Statement::from_string(DbBackend::Sqlite, sql.to_owned());
    let checked = copy.query_one_raw(first("PRAGMA integrity_check(1)")).await.map_err(none(path))?;
    let checked: Option<String> = checked.and_then(|row| row.try_get_by_index(0).ok());
    if checked.as_deref() != Some("ok") {
        return Err(ServerError::NotABackup { path: path.to_owned(), reason: checked.unwrap_or_default() });
    }
    if let Some(migration) = unknown_migration(copy).await.map_err(none(path))? {
        return Err(ServerError::NewerDatabase { path: path.to_owned(), migration });
    }
    copy.query_all_raw(first(&format!("SELECT name FROM {KEYS_TABLE}"))).await.map_err(none(path))?;
    Ok(BackupContent {
        parties: entities::parties::Entity::find().count(copy).await.map_err(none(path))?,
        members: entities::peers::Entity::find().count(copy).await.map_err(none(path))?,
    })
}

fn none(path: &Path) -> impl Fn(DbErr) -> ServerError {
    move |error| ServerError::NotABackup { path: path.to_owned(), reason: error.to_string() }
}

/// Copies what is there, or moves it away where that is not possible.
async fn keep_present(data_dir: &Path, now: UnixMillis) -> Result<Option<PathBuf>, ServerError> {
    let main = data_dir.join(FILE);
    if !main.exists() {
        return Ok(None);
    }
    let folder = folder(data_dir);
    let kept = folder.next(BackupKind::Restore, now)?.path;
    match write(data_dir, &kept).await {
        Ok(()) => folder.rotate(BackupKind::Restore, REPLACED, now)?,
        Err(error) => {
            tracing::warn!(%error, "what is there cannot be copied; it is set aside");
            for suffix in ["", "-wal", "-shm"] {
                let (from, to) = (atomic_file::beside(&main, suffix), atomic_file::beside(&kept, suffix));
                if from.exists() {
                    fs::rename(&from, &to).map_err(|source| BackupError::Io { path: from, source })?;
                }
            }
        }
    }
    Ok(Some(kept))
}

/// What the system's administrator has made here is the server's own all the same.
fn give_to_owner(data_dir: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, lchown};
        let Ok(owner) = fs::metadata(data_dir) else { return };
        let inside = |folder: &Path| {
            fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect::<Vec<_>>()
        };
        for path in inside(data_dir).into_iter().chain(inside(&data_dir.join(FOLDER))) {
            let is_anothers = fs::symlink_metadata(&path).is_ok_and(|own| own.uid() != owner.uid());
            if is_anothers && let Err(error) = lchown(&path, Some(owner.uid()), Some(owner.gid())) {
                tracing::warn!(%error, path = %path.display(), "it is not the server's own");
            }
        }
    }
    #[cfg(not(unix))]
    let _ = data_dir;
}
