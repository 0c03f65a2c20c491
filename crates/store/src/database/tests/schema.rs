use sea_orm::{ConnectionTrait, DbBackend, IdenStatic, Iterable, Statement};
use sea_orm_migration::MigratorTrait;

use super::{
    super::entities::{
        favorite_servers, game_profiles, memberships, nat_results, roster_peers, server_configs, settings,
    },
    *,
};

async fn texts(database: &SettingsDatabase, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(DbBackend::Sqlite, sql);
    let rows = database.connection.query_all_raw(statement).await.unwrap();
    rows.into_iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

#[tokio::test]
async fn entities_name_exactly_the_tables_and_columns_that_the_migrations_make() {
    fn columns<C: Iterable + IdenStatic>() -> Vec<String> {
        C::iter().map(|column| column.as_str().to_owned()).collect()
    }
    let home = Home::new();
    let database = home.open().await;
    let entities = [
        ("favorite_servers", columns::<favorite_servers::Column>()),
        ("game_profiles", columns::<game_profiles::Column>()),
        ("memberships", columns::<memberships::Column>()),
        ("nat_results", columns::<nat_results::Column>()),
        ("roster_peers", columns::<roster_peers::Column>()),
        ("seaql_migrations", vec!["version".to_owned(), "applied_at".to_owned()]),
        ("server_configs", columns::<server_configs::Column>()),
        ("settings", columns::<settings::Column>()),
    ];
    for (table, entity) in &entities {
        let sql = format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid");
        assert_eq!(texts(&database, &sql).await, *entity, "{table}");
    }
    let tables = texts(&database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").await;
    assert_eq!(tables, entities.map(|(table, _)| table));
    let mut copied = TABLES.to_vec();
    copied.push("seaql_migrations");
    copied.sort_unstable();
    assert_eq!(tables, copied);
}

#[tokio::test]
async fn the_connection_writes_ahead_syncs_fully_checks_references_and_distrusts_the_schema() {
    let home = Home::new();
    let database = home.open().await;
    for (pragma, expected) in [
        ("journal_mode", "wal"),
        ("synchronous", "2"),
        ("foreign_keys", "1"),
        ("busy_timeout", "5000"),
        ("trusted_schema", "0"),
    ] {
        let column = if pragma == "busy_timeout" { "timeout" } else { pragma };
        let sql = format!("SELECT CAST({column} AS TEXT) FROM pragma_{pragma}");
        assert_eq!(texts(&database, &sql).await, [expected], "{pragma}");
    }
}

#[tokio::test]
async fn migrations_go_down_and_up_again() {
    let home = Home::new();
    let database = home.open().await;
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let schema = texts(&database, sql).await;
    let migrator = lanrage_migrations::client::Migrator::down(&database.connection, None).await;
    migrator.unwrap();
    assert_eq!(
        texts(&database, "SELECT name FROM sqlite_schema WHERE type = 'table'").await,
        ["seaql_migrations"]
    );
    migrate(&database.connection).await.unwrap();
    assert_eq!(texts(&database, sql).await, schema);
}

#[cfg(unix)]
#[tokio::test]
async fn the_database_and_its_backups_are_closed_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    let database = home.open().await;
    let backup = home.path("mine.db");
    database.backup_database(&backup).await.unwrap();
    for path in [home.path("lanrage.db"), home.path("mine.db.sha256"), backup] {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
}
