use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use lanrage_base::atomic_file;
use lanrage_migrations::client::{APPLICATION_ID, Migrator};
use lanrage_party::facts::Cause;
use sea_orm::{DatabaseConnection, DbErr};
use sea_orm_migration::MigratorTrait;
use tracing::warn;

use super::{
    connect,
    error::Failure,
    integrity::{self, rows},
};
use crate::StoreError;

/// Specification: length of the header of an SQLite file, in bytes (<https://sqlite.org/fileformat.html>).
const HEADER_BYTES: usize = 100;
/// Specification: where in it the version needed for writing is.
const WRITE_VERSION: usize = 18;

/// Specification: where in it the size of a page is, of two bytes.
const PAGE_SIZE: usize = 16;

/// What a file is, found out without changing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Inspection {
    /// There is no file, or nothing in it.
    Missing,
    /// A sound database of this program's schema, or of an older one.
    Good {
        /// Whether it is of an older one.
        outdated: bool,
    },
    /// A newer program's.
    Newer {
        /// Its first migration that this program does not know.
        found: String,
    },
    /// Not a database of ours, or no longer a sound one.
    Damaged {
        /// Why; SQLite's own words are in the log.
        cause: Cause,
    },
}

/// Looks at a database file; what does not look good is looked at once more.
///
/// # Errors
/// [`StoreError`] if that was not possible for reasons that lie outside the file.
pub(crate) async fn inspect(path: &Path) -> Result<Inspection, StoreError> {
    twice(|| look(path)).await
}

/// One read that failed or came short is no damage: only what a second look confirms is believed.
async fn twice<F>(mut look: impl FnMut() -> F) -> Result<Inspection, StoreError>
where
    F: Future<Output = Result<Inspection, StoreError>>,
{
    match look().await {
        sound @ Ok(Inspection::Good { .. } | Inspection::Newer { .. }) => sound,
        Ok(Inspection::Damaged { .. } | Inspection::Missing) | Err(_) => look().await,
    }
}

async fn look(path: &Path) -> Result<Inspection, StoreError> {
    match shape(path) {
        Ok(Shape::Plausible) => {}
        Ok(Shape::Empty) => return Ok(Inspection::Missing),
        Ok(Shape::Wrong(cause)) => return Ok(Inspection::Damaged { cause }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Inspection::Missing),
        Err(error) => return Err(StoreError::io(path, error)),
    }
    match applied_migrations(path).await {
        Ok(Some(applied)) => judge(path, &applied).await,
        Ok(None) => Ok(Inspection::Damaged { cause: Cause::DatabaseForeign }),
        Err(error) => damage_or_failure(error),
    }
}

async fn judge(path: &Path, applied: &[String]) -> Result<Inspection, StoreError> {
    let known: Vec<String> = Migrator::migrations().iter().map(|known| known.name().to_owned()).collect();
    // Before its content is checked: this program may not know how to judge a newer one's, and may not touch it.
    if let Some(found) = applied.iter().find(|applied| !known.contains(applied)) {
        return Ok(Inspection::Newer { found: found.clone() });
    }
    match faults(path).await {
        Ok(faults) if faults.is_empty() => Ok(Inspection::Good { outdated: applied.len() < known.len() }),
        Ok(faults) => {
            warn!(path = %path.display(), ?faults, "a database is damaged");
            Ok(Inspection::Damaged { cause: Cause::DatabaseDamaged })
        }
        Err(error) => damage_or_failure(error),
    }
}

enum Shape {
    Plausible,
    Empty,
    Wrong(Cause),
}

/// What SQLite does not look at, or not as strictly.
fn shape(path: &Path) -> io::Result<Shape> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut header = Vec::with_capacity(HEADER_BYTES);
    file.take(HEADER_BYTES as u64).read_to_end(&mut header)?;
    if header.is_empty() {
        return Ok(Shape::Empty);
    }
    if header.len() < HEADER_BYTES {
        return Ok(Shape::Wrong(Cause::DatabaseCut));
    }
    // Other versions would be a future format that may be read and not written.
    if header[WRITE_VERSION] > 2 {
        return Ok(Shape::Wrong(Cause::DatabaseForeign));
    }
    // A write-ahead log brings the missing part of a page that a crash has cut.
    let has_log = fs::metadata(atomic_file::beside(path, "-wal")).is_ok_and(|log| log.len() > 0);
    let page = match u16::from_be_bytes([header[PAGE_SIZE], header[PAGE_SIZE + 1]]) {
        1 => 65_536,
        page => u64::from(page),
    };
    if !has_log && (page == 0 || length % page != 0) {
        return Ok(Shape::Wrong(Cause::DatabaseCut));
    }
    Ok(Shape::Plausible)
}

/// Names of the migrations made, oldest first; `None` if the file is somebody else's.
async fn applied_migrations(path: &Path) -> Result<Option<Vec<String>>, DbErr> {
    let connection = connect::reader(path).await?;
    let applied = read_migrations(&connection).await;
    connection.close().await?;
    applied
}

async fn read_migrations(connection: &DatabaseConnection) -> Result<Option<Vec<String>>, DbErr> {
    let mut tables = HashSet::new();
    for row in rows(connection, "SELECT name FROM sqlite_schema WHERE type = 'table'").await? {
        tables.insert(row.try_get_by_index::<String>(0)?);
    }
    if tables.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let mut id: i64 = 0;
    for row in rows(connection, "SELECT application_id FROM pragma_application_id").await? {
        id = row.try_get_by_index(0)?;
    }
    if id != i64::from(APPLICATION_ID) || !tables.contains("seaql_migrations") {
        return Ok(None);
    }
    let mut applied = Vec::new();
    for row in rows(connection, "SELECT version FROM seaql_migrations ORDER BY version").await? {
        applied.push(row.try_get_by_index(0)?);
    }
    Ok(Some(applied))
}

async fn faults(path: &Path) -> Result<Vec<String>, DbErr> {
    let connection = connect::checker(path).await?;
    let faults = integrity::faults(&connection).await;
    connection.close().await?;
    faults
}

fn damage_or_failure(error: DbErr) -> Result<Inspection, StoreError> {
    match Failure::of(&error) {
        Failure::Corrupt | Failure::Statement => {
            warn!(%error, "a database cannot be read");
            Ok(Inspection::Damaged { cause: Cause::DatabaseDamaged })
        }
        _ => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_read_that_fails_is_no_damage_and_two_are() {
        let good = || Ok(Inspection::Good { outdated: false });
        let damaged = || Ok(Inspection::Damaged { cause: Cause::DatabaseDamaged });
        let fails = || Err(StoreError::io(Path::new("lanrage.db"), io::Error::from_raw_os_error(5)));
        // (what the looks find, whether it is good, how many are taken)
        for (mut looks, is_good, taken) in [
            (vec![good(), damaged()], true, 1),
            (vec![damaged(), good()], true, 2),
            (vec![fails(), good()], true, 2),
            (vec![Ok(Inspection::Missing), good()], true, 2),
            (vec![damaged(), damaged(), good()], false, 2),
        ] {
            let all = looks.len();
            let found = twice(|| std::future::ready(looks.remove(0))).await;
            assert_eq!(matches!(found, Ok(Inspection::Good { .. })), is_good);
            assert_eq!(all - looks.len(), taken);
        }
    }
}
