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

use crate::{BackupError, blocking};

/// End of the name of a backup that is being written.
pub(super) const UNFINISHED: &str = ".part";

/// Copies the database to `target`, which appears complete and after its hash (`.sha256`, as `sha256sum` reads it), or not at
/// all. Consistent whatever is written meanwhile.
///
/// # Errors
/// [`BackupError`].
pub async fn write(connection: &DatabaseConnection, target: &Path) -> Result<(), BackupError> {
    write_with(connection, target, async |_| Ok(())).await
}

/// The same, with something done to the copy before it has its name.
///
/// # Errors
/// [`BackupError`].
pub async fn write_with(
    connection: &DatabaseConnection,
    target: &Path,
    finish: impl AsyncFnOnce(&Path) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let target = std::path::absolute(target).map_err(|error| BackupError::io(target, error))?;
    if target.exists() {
        return Err(BackupError::Exists { path: target });
    }
    let unfinished = atomic_file::beside(&target, UNFINISHED);
    // SQLite fills an empty file, and would make one that others can read.
    remove(&unfinished)?;
    atomic_file::private()
        .create_new(true)
        .open(&unfinished)
        .map_err(|error| BackupError::io(&unfinished, error))?;
    let written = async {
        let copy =
            Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [text(&unfinished)?.into()]);
        connection.execute_raw(copy).await?;
        finish(&unfinished).await?;
        let (from, to) = (unfinished.clone(), target.clone());
        blocking::run(move || publish(&from, &to)).await.map_err(|error| BackupError::io(&target, error))
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
pub enum Hash {
    /// Without it, nobody knows whether the backup is as it was made.
    Needed,
    /// Somebody takes it all the same. One that is there must be right.
    MayBeGone,
}

/// Copies a backup to `to`, if it is as it was made. What it holds is for the caller to judge.
///
/// # Errors
/// [`BackupError::NotWhole`], [`BackupError::WithoutHash`], or [`BackupError::Io`], with nothing left behind.
pub async fn copy(backup: &Path, to: &Path, hash: Hash) -> Result<(), BackupError> {
    let (from, target) = (backup.to_owned(), to.to_owned());
    let copied = blocking::run(move || copy_verified(&from, &target, hash)).await;
    if copied.is_err() {
        // The failure itself is what the caller must hear of.
        let _ = remove(to);
    }
    copied
}

/// Whether a backup is as it was made. What it holds is for the caller to judge.
///
/// # Errors
/// [`BackupError::NotWhole`], [`BackupError::WithoutHash`], or [`BackupError::Io`].
pub async fn verify(backup: &Path, hash: Hash) -> Result<(), BackupError> {
    let backup = backup.to_owned();
    blocking::run(move || read_verified(&backup, hash, |_| Ok(()))).await
}

/// What is verified is what was copied: the file is read once.
fn copy_verified(backup: &Path, to: &Path, hash: Hash) -> Result<(), BackupError> {
    remove(to)?;
    let failed = |error| BackupError::io(to, error);
    let mut file = atomic_file::private().create_new(true).open(to).map_err(failed)?;
    read_verified(backup, hash, |bytes| file.write_all(bytes).map_err(failed))?;
    file.sync_all().map_err(failed)
}

/// Reads a backup to its end, and says whether it is as it was made.
fn read_verified(
    backup: &Path,
    needed: Hash,
    mut take: impl FnMut(&[u8]) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let not_whole = |cause| BackupError::NotWhole { path: backup.to_owned(), cause };
    let mut from = File::open(backup).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => not_whole(Cause::Missing),
        _ => BackupError::io(backup, error),
    })?;
    let hash_file = hash_path(backup);
    let expected = match (hash_file.exists(), needed) {
        (false, Hash::MayBeGone) => None,
        (false, Hash::Needed) => return Err(BackupError::WithoutHash { path: backup.to_owned() }),
        (true, _) => Some(expected_hash(&hash_file).ok_or_else(|| not_whole(Cause::HashUnreadable))?),
    };
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1_024];
    loop {
        let read = from.read(&mut buffer).map_err(|error| BackupError::io(backup, error))?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        take(&buffer[..read])?;
    }
    if expected.is_some_and(|expected| hash.finalize()[..] != expected[..]) {
        return Err(not_whole(Cause::HashDiffers));
    }
    Ok(())
}

fn expected_hash(path: &Path) -> Option<Vec<u8>> {
    let text = fs::read_to_string(path).ok()?;
    HEXLOWER.decode(text.split_whitespace().next()?.as_bytes()).ok()
}

/// Removes a database file with its hash and what SQLite may have left beside it; nothing happens if they are
/// not there. The database goes before its hash: a hash alone is no backup.
///
/// # Errors
/// [`BackupError::Io`].
pub fn remove(path: &Path) -> Result<(), BackupError> {
    let companions = ["-journal", "-wal", "-shm", ".sha256"].map(|suffix| atomic_file::beside(path, suffix));
    for path in std::iter::once(path.to_owned()).chain(companions) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(BackupError::io(&path, error));
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
///
/// # Errors
/// [`BackupError::Io`]: this one is none.
pub fn text(path: &Path) -> Result<&str, BackupError> {
    path.to_str().ok_or_else(|| BackupError::io(path, io::Error::other("the name is not valid Unicode")))
}
