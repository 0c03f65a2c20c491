//! Databases of other versions: each released schema is migrated, a newer one is left alone.

use std::path::Path;

use lanrage_control::protocol::Request;
use lanrage_control_server::{Server, ServerError};
use lanrage_migrations::control_server::Migrator;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, FromQueryResult, Statement};
use sea_orm_migration::MigratorTrait;

use crate::support::{Client, Player, door_key, party, settings, start};

/// A database as each migration left it when it was released, by the migration's name.
const RELEASED: [(&str, &str); 3] = [
    ("m20261122_000001_parties", include_str!("../fixtures/m20261122_000001_parties.sql")),
    ("m20261122_000002_relays", include_str!("../fixtures/m20261122_000002_relays.sql")),
    ("m20261128_000003_doors", include_str!("../fixtures/m20261128_000003_doors.sql")),
];

#[derive(FromQueryResult)]
struct Text {
    text: String,
}

async fn open(directory: &Path) -> DatabaseConnection {
    let path = directory.join("control.db");
    Database::connect(format!("sqlite://{}?mode=rwc", path.display())).await.unwrap()
}

/// Every column and index, in words.
async fn schema(directory: &Path) -> Vec<String> {
    let database = open(directory).await;
    let sql = "SELECT t.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || c.pk AS text \
               FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' \
               UNION ALL \
               SELECT i.name || ' on ' || i.tbl_name || ': ' || c.name \
               FROM sqlite_schema i JOIN pragma_index_info(i.name) c WHERE i.type = 'index' \
               ORDER BY 1";
    let rows = Text::find_by_statement(Statement::from_string(DbBackend::Sqlite, sql)).all(&database).await;
    let schema = rows.unwrap().into_iter().map(|row| row.text).collect();
    database.close().await.unwrap();
    schema
}

async fn released(directory: &Path, fixture: &str) {
    let database = open(directory).await;
    database.execute_unprepared(fixture).await.unwrap();
    database.close().await.unwrap();
}

#[test]
fn every_migration_has_its_database_kept() {
    let migrations: Vec<String> =
        Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    assert_eq!(
        migrations,
        RELEASED.map(|(name, _)| name),
        "keep a database of each release in tests/fixtures"
    );
}

#[tokio::test]
async fn every_released_database_is_migrated_to_todays_schema_and_its_party_goes_on() {
    let fresh = tempfile::tempdir().unwrap();
    start(fresh.path()).await.shutdown().await;
    let today = schema(fresh.path()).await;
    for (name, fixture) in RELEASED {
        let directory = tempfile::tempdir().unwrap();
        released(directory.path(), fixture).await;
        let server = start(directory.path()).await;
        let (ann, bob) = (Player::new(1), Player::new(2));
        let mut guest = Client::connect(&bob, server.addr());
        guest.plane.hold_door(party(), door_key());
        guest.request(bob.join());
        let seen = guest.party().await;
        assert_eq!((seen.host, seen.created_at.0), (ann.id(), 1_795_377_188_480), "{name}");
        let records: Vec<_> = seen.peers.iter().map(|peer| peer.record.clone()).collect();
        assert_eq!(records, [ann.record(), bob.record()], "{name}: the same members and addresses");
        guest.request(Request::GetParty { party: party(), proof: None });
        guest.party().await;
        server.shutdown().await;
        assert_eq!(schema(directory.path()).await, today, "{name}");
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_in_clear_words_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    released(directory.path(), RELEASED[RELEASED.len() - 1].1).await;
    start(directory.path()).await.shutdown().await;
    let newer = open(directory.path()).await;
    newer
        .execute_unprepared(
            "INSERT INTO seaql_migrations VALUES ('m99990101_000001_of_the_future', 0); \
             CREATE TABLE of_the_future (id INTEGER)",
        )
        .await
        .unwrap();
    newer.close().await.unwrap();
    let file = directory.path().join("control.db");
    let before = std::fs::read(&file).unwrap();
    let error = Server::start(settings(directory.path())).await.unwrap_err();
    assert!(
        matches!(&error, ServerError::NewerDatabase { migration, .. } if migration == "m99990101_000001_of_the_future"),
        "{error}"
    );
    assert!(error.to_string().contains("newer version"), "{error}");
    assert_eq!(std::fs::read(&file).unwrap(), before, "untouched");
}
