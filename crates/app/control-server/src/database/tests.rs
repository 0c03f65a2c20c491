use sea_orm::{DbBackend, FromQueryResult, IdenStatic, Iterable, Statement};

use super::*;

#[derive(FromQueryResult)]
struct Named {
    name: String,
}

async fn names(database: &Database, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(DbBackend::Sqlite, sql);
    let rows = Named::find_by_statement(statement).all(&database.connection).await.unwrap();
    rows.into_iter().map(|row| row.name).collect()
}

#[tokio::test]
async fn entities_name_exactly_the_columns_that_the_migrations_make() {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(directory.path()).await.unwrap();
    fn columns<C: Iterable + IdenStatic>() -> Vec<String> {
        C::iter().map(|column| column.as_str().to_owned()).collect()
    }
    for (table, entity) in [
        ("parties", columns::<parties::Column>()),
        ("peers", columns::<peers::Column>()),
        ("relay_servers", columns::<relay_servers::Column>()),
    ] {
        let sql = format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid");
        assert_eq!(names(&database, &sql).await, entity, "{table}");
    }
}

#[tokio::test]
async fn the_sweeps_and_lookups_have_their_indexes_and_migrations_go_down_and_up() {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(directory.path()).await.unwrap();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name";
    let indexes = names(&database, sql).await;
    assert_eq!(
        indexes,
        [
            "auth_tokens_expires_at",
            "auth_tokens_peer_id",
            "parties_active_at",
            "parties_created_at",
            "peers_last_seen",
            "peers_party_id_virtual_ip",
            "peers_peer_id",
        ]
    );
    Migrator::down(&database.connection, None).await.unwrap();
    assert_eq!(names(&database, sql).await, Vec::<String>::new());
    Migrator::up(&database.connection, None).await.unwrap();
    assert_eq!(names(&database, sql).await, indexes);
}

#[tokio::test]
async fn every_connection_writes_ahead_syncs_fully_and_checks_references() {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::open(directory.path()).await.unwrap();
    for (pragma, column, expected) in [
        ("SELECT journal_mode AS name FROM pragma_journal_mode", "journal_mode", "wal"),
        ("SELECT CAST(synchronous AS TEXT) AS name FROM pragma_synchronous", "synchronous", "2"),
        ("SELECT CAST(foreign_keys AS TEXT) AS name FROM pragma_foreign_keys", "foreign_keys", "1"),
    ] {
        assert_eq!(names(&database, pragma).await, [expected], "{column}");
    }
}
