use sea_orm::{DbBackend, IdenStatic, Iterable, Statement};
use sea_orm_migration::MigratorTrait;

use super::{
    super::entities::{
        departures, dht_nodes, favorite_parties, favorite_servers, friend_trust, game_profiles, memberships,
        muted_friends, nat_results, port_grants, roster_peers, server_configs, settings,
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
        ("departures", columns::<departures::Column>()),
        ("dht_nodes", columns::<dht_nodes::Column>()),
        ("favorite_parties", columns::<favorite_parties::Column>()),
        ("favorite_servers", columns::<favorite_servers::Column>()),
        ("friend_trust", columns::<friend_trust::Column>()),
        ("game_profiles", columns::<game_profiles::Column>()),
        ("memberships", columns::<memberships::Column>()),
        ("muted_friends", columns::<muted_friends::Column>()),
        ("nat_results", columns::<nat_results::Column>()),
        ("port_grants", columns::<port_grants::Column>()),
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
        ("cache_size", "-512"),
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

/// Made by version 0.1.0 of the program, and shrunk to pages of 1 KiB.
const SCHEMA_V1: &[u8] = include_bytes!("fixtures/schema_v1.db");

#[tokio::test]
async fn a_database_of_schema_1_opens_with_everything_in_it() {
    let home = Home::new();
    fs::write(home.database(), SCHEMA_V1).unwrap();
    let (database, report) = home.open_at(NOW).await;
    assert_eq!(report.damage, None);
    let config = sound(&database).await;
    assert_eq!((config.udp_port, config.player_name), (4000, Some(name("Ada"))));
    let membership = database.active_membership().await.unwrap().unwrap();
    assert_eq!((membership.name, membership.epoch), (name("Friday"), 3));
    assert_eq!(membership.control.len(), 2);
    let roster = database.roster(&membership.party).await.unwrap();
    assert_eq!(roster[0].nat_type, lanrage_party::NatType::PortRestrictedCone);
    assert!(roster[0].last_endpoint.is_some() && roster[0].record.verify_signature().is_ok());
    assert_eq!(database.recent_parties().await.unwrap().len(), 2);
    let configs = database.server_configs().await.unwrap();
    assert_eq!((configs.len(), configs[0].is_active), (1, true));
    assert_eq!(database.favorite_servers().await.unwrap().len(), 1);
    let game = database.game_profiles().await.unwrap().remove(0);
    assert_eq!((game.ports.len(), game.slug, game.origin), (1, None, ProfileOrigin::Mine));
    assert!(game.details.is_empty() && !game.is_hidden);
    assert!(database.nat_result("home").await.unwrap().is_some());
    let settings = database.get_all_settings().await.unwrap();
    assert_eq!(settings["from_the_future"], json!({ "a": 1 }));
}

#[tokio::test]
async fn the_released_migration_still_makes_the_schema_that_was_released() {
    let (released, fresh) = (Home::new(), Home::new());
    fs::write(released.database(), SCHEMA_V1).unwrap();
    let fresh = fresh.open().await;
    // Back to the first migration, whatever came after it.
    lanrage_migrations::client::Migrator::down(&fresh.connection, None).await.unwrap();
    lanrage_migrations::client::Migrator::up(&fresh.connection, Some(1)).await.unwrap();
    // Read without migrating it.
    let released = super::super::connect::writer(&released.database()).await.unwrap();
    let released = SettingsDatabase {
        connection: released,
        files: fresh.files.clone(),
        maintenance: Mutex::default(),
        party_changes: tokio::sync::watch::Sender::new(0),
    };
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'seaql%' ORDER BY name";
    assert_eq!(texts(&fresh, sql).await, texts(&released, sql).await);
}

#[tokio::test]
async fn an_outdated_database_is_backed_up_before_it_is_migrated() {
    let home = Home::new();
    let database = home.open().await;
    lanrage_migrations::client::Migrator::down(&database.connection, None).await.unwrap();
    run(&database, "CREATE TABLE of_an_older_program (a)").await;
    database.close().await.unwrap();
    let (database, report) = home.open_at(NOW).await;
    let backup = report.upgraded.unwrap();
    assert!(backup.ends_with("lanrage-20261122T183144123Z-upgrade.db"), "{}", backup.display());
    assert_eq!(port(&database).await, 0);
    let tables = super::super::connect::reader(&backup).await.unwrap();
    tables.execute_unprepared("SELECT * FROM of_an_older_program").await.unwrap();
    tables.execute_unprepared("SELECT * FROM settings").await.unwrap_err();
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_and_not_one_byte_of_it_touched() {
    let home = Home::new();
    let database = home.open().await;
    use_in_a_newer_program(&database).await;
    // With work in the write-ahead log, as after a crash.
    let crashed = home.crashed();
    let files = || ["lanrage.db", "lanrage.db-wal"].map(|name| fs::read(crashed.path(name)).unwrap());
    let before = files();
    assert!(!before[1].is_empty());
    let refused = SettingsDatabase::open(&crashed.dir, NOW).await.unwrap_err();
    let StoreError::NewerSchema { found } = refused else { panic!("{refused}") };
    assert_eq!(found, "m20990101_000001_future");
    assert_eq!(files(), before);
    assert!(!crashed.path("backups").exists() && !crashed.path("quarantine").exists());
}
