use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::{SettingsDatabase, error::Failure};
use crate::StoreError;

/// What a check of the whole database found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integrity {
    /// What is wrong, as SQLite says it; at most some twenty faults are listed.
    pub faults: Vec<String>,
}

impl Integrity {
    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.faults.is_empty()
    }
}

impl SettingsDatabase {
    /// Reads every page and every reference of the database. A changed byte inside a value that still is a
    /// value goes unnoticed: only backups have a hash.
    ///
    /// # Errors
    /// [`StoreError`] where the check itself could not be made; damage is a result.
    pub async fn validate_database_integrity(&self) -> Result<Integrity, StoreError> {
        match faults(&self.connection).await {
            Ok(faults) => Ok(Integrity { faults }),
            // The check stumbles over some kinds of damage instead of reporting them.
            Err(error) if Failure::of(&error) == Failure::Corrupt => {
                Ok(Integrity { faults: vec![error.to_string()] })
            }
            Err(error) => Err(error.into()),
        }
    }
}

pub(super) async fn faults(connection: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let mut faults = Vec::new();
    for row in rows(connection, "PRAGMA integrity_check(20)").await? {
        let line: String = row.try_get_by_index(0)?;
        if line != "ok" {
            faults.push(line);
        }
    }
    for row in rows(connection, "PRAGMA foreign_key_check").await?.iter().take(20) {
        let table: String = row.try_get_by_index(0)?;
        faults.push(format!("a row of {table} refers to one that is not there"));
    }
    Ok(faults)
}

pub(super) async fn rows(
    connection: &DatabaseConnection,
    sql: &'static str,
) -> Result<Vec<sea_orm::QueryResult>, DbErr> {
    connection.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await
}
