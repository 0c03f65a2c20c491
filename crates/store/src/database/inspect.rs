use std::{collections::HashSet, path::Path};

use lanrage_migrations::client::{APPLICATION_ID, Migrator};
use sea_orm::{DatabaseConnection, DbErr};
use sea_orm_migration::MigratorTrait;

use super::{
    connect,
    error::Failure,
    integrity::{self, rows},
};
use crate::StoreError;

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
        /// Why.
        reason: String,
    },
}

/// Looks at a database file.
///
/// # Errors
/// [`StoreError`] if that was not possible for reasons that lie outside the file.
pub(crate) async fn inspect(path: &Path) -> Result<Inspection, StoreError> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.len() == 0 => return Ok(Inspection::Missing),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Inspection::Missing),
        Err(error) => return Err(StoreError::io(path, error)),
    }
    let connection = match connect::reader(path).await {
        Ok(connection) => connection,
        Err(error) => return damage_or_failure(error),
    };
    let inspection = inspect_open(&connection).await;
    let closed = connection.close().await;
    let inspection = inspection?;
    closed?;
    Ok(inspection)
}

async fn inspect_open(connection: &DatabaseConnection) -> Result<Inspection, StoreError> {
    let applied = match applied_migrations(connection).await {
        Ok(Some(applied)) => applied,
        Ok(None) => {
            return Ok(Inspection::Damaged { reason: "it is not a database of LANrage".to_owned() });
        }
        Err(error) => return damage_or_failure(error),
    };
    let known: Vec<String> = Migrator::migrations().iter().map(|known| known.name().to_owned()).collect();
    // Before its content is checked: this program may not know how to judge a newer one's.
    if let Some(found) = applied.iter().find(|applied| !known.contains(applied)) {
        return Ok(Inspection::Newer { found: found.clone() });
    }
    let integrity = integrity::check(connection).await?;
    if !integrity.is_good() {
        return Ok(Inspection::Damaged { reason: integrity.faults.join("; ") });
    }
    Ok(Inspection::Good { outdated: applied.len() < known.len() })
}

/// Names of the migrations made, oldest first; `None` if the file is somebody else's.
async fn applied_migrations(connection: &DatabaseConnection) -> Result<Option<Vec<String>>, DbErr> {
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

fn damage_or_failure(error: DbErr) -> Result<Inspection, StoreError> {
    match Failure::of(&error) {
        Failure::Corrupt => Ok(Inspection::Damaged { reason: error.to_string() }),
        _ => Err(error.into()),
    }
}
