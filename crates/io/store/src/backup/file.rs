use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use lanrage_base::atomic_file;
use lanrage_party::facts::Cause;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use sha2::{Digest, Sha256};

use crate::{
    StoreError, blocking,
    database::{Inspection, inspect},
};

/// End of the name of a backup that is being written.
pub(super) const UNFINISHED: &str = ".part";

/// Copies the database to `target`, which appears complete and after its hash, or not at all.
pub(super) async fn write(connection: &DatabaseConnection, target: &Path) -> Result<(), StoreError> {
    let target = std::path::absolute(target).map_err(|error| StoreError::io(target, error))?;
    if target.exists() {
        return Err(StoreError::BackupExists { path: target });
    }
    let unfinished = atomic_file::beside(&target, UNFINISHED);
    // SQLite fills an empty file, and would make one that others can read.
    remove(&unfinished)?;
    atomic_file::private()
        .create_new(true)
        .open(&unfinished)
        .map_err(|error| StoreError::io(&unfinished, error))?;
    let written = async {
        let copy =
            Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [text(&unfinished)?.into()]);
        connection.execute_raw(copy).await?;
        let (from, to) = (unfinished.clone(), target.clone());
        blocking::run(move || publish(&from, &to)).await.map_err(|error| StoreError::io(&target, error))
    };
    let written = written.await;
    if written.is_err() {
        // The failure itself is what the caller must hear of.
        let _ = remove(&unfinished);
        if !target.exists() {
            let _ = fs::remove_file(hash_path(&target));
        }
    }
    written
}

/// Hash and flush come before the name: whoever sees the name sees a whole backup.
fn publish(unfinished: &Path, target: &Path) -> io::Result<()> {
    let mut file = File::options().read(true).write(true).open(unfinished)?;
    let mut hash = Sha256::new();
    io::copy(&mut file, &mut hash)?;
    file.sync_all()?;
    drop(file);
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let line = format!("{}  {name}\n", HEXLOWER.encode(&hash.finalize()));
    atomic_file::write_private(&hash_path(target), line.as_bytes())?;
    fs::rename(unfinished, target)?;
    atomic_file::sync_folder(target)
}

/// Whether a backup must have its hash beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    /// Without it, nobody knows whether the backup is as it was made.
    Needed,
    /// Somebody takes it all the same. One that is there must be right.
    MayBeGone,
}

/// Copies a backup to `incoming`, if it is as it was made and this program can use it.
///
/// # Errors
/// [`StoreError::NotABackup`], [`StoreError::BackupWithoutHash`], [`StoreError::NewerSchema`], or [`StoreError`].
pub(crate) async fn stage(backup: &Path, incoming: &Path, hash: Hash) -> Result<(), StoreError> {
    let (from, to) = (backup.to_owned(), incoming.to_owned());
    let staged = async {
        blocking::run(move || copy_verified(&from, &to, hash)).await?;
        let cause = match inspect(incoming).await? {
            Inspection::Good { .. } => return Ok(()),
            Inspection::Newer { found } => return Err(StoreError::NewerSchema { found }),
            Inspection::Missing => Cause::Empty,
            Inspection::Damaged { cause } => cause,
        };
        Err(StoreError::NotABackup { path: backup.to_owned(), cause })
    };
    let staged = staged.await;
    if staged.is_err() {
        // The failure itself is what the caller must hear of.
        let _ = remove(incoming);
    }
    staged
}

/// What is verified is what was copied: the file is read once.
fn copy_verified(backup: &Path, incoming: &Path, needed: Hash) -> Result<(), StoreError> {
    let not_a_backup = |cause| StoreError::NotABackup { path: backup.to_owned(), cause };
    let mut from = File::open(backup).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => not_a_backup(Cause::Missing),
        _ => StoreError::io(backup, error),
    })?;
    let hash_file = hash_path(backup);
    let expected = match (hash_file.exists(), needed) {
        (false, Hash::MayBeGone) => None,
        (false, Hash::Needed) => return Err(StoreError::BackupWithoutHash { path: backup.to_owned() }),
        (true, _) => Some(expected_hash(&hash_file).ok_or_else(|| not_a_backup(Cause::HashUnreadable))?),
    };
    remove(incoming)?;
    let failed = |error| StoreError::io(incoming, error);
    let mut to = atomic_file::private().create_new(true).open(incoming).map_err(failed)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1_024];
    loop {
        let read = from.read(&mut buffer).map_err(|error| StoreError::io(backup, error))?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        to.write_all(&buffer[..read]).map_err(failed)?;
    }
    to.sync_all().map_err(failed)?;
    if expected.is_some_and(|expected| hash.finalize()[..] != expected[..]) {
        return Err(not_a_backup(Cause::HashDiffers));
    }
    Ok(())
}

fn expected_hash(path: &Path) -> Option<Vec<u8>> {
    let text = fs::read_to_string(path).ok()?;
    HEXLOWER.decode(text.split_whitespace().next()?.as_bytes()).ok()
}

/// Removes a database file with its hash and what SQLite may have left beside it; nothing happens if they are
/// not there. The database goes before its hash: a hash alone is no backup.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    let companions = ["-journal", "-wal", "-shm", ".sha256"].map(|suffix| atomic_file::beside(path, suffix));
    for path in std::iter::once(path.to_owned()).chain(companions) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::io(&path, error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn hash_path(path: &Path) -> PathBuf {
    atomic_file::beside(path, ".sha256")
}

/// SQLite takes file names as text.
pub(super) fn text(path: &Path) -> Result<&str, StoreError> {
    path.to_str().ok_or_else(|| StoreError::io(path, io::Error::other("the name is not valid Unicode")))
}
