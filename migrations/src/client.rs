//! The database of a player's device.

mod m20261122_000001_state;
mod m20261126_000002_favorite_parties;
mod m20261128_000003_servers;
mod m20261129_000004_dht_nodes;
mod m20261129_000005_departures;
mod m20261129_000006_rulings;
mod m20261129_000008_games;
mod m20261130_000009_shield;
mod m20261130_000010_muted;
mod m20261201_000011_voice_link;

use sea_orm_migration::prelude::*;

/// Marks a file as this database, in SQLite's `application_id` header field: "LANR".
pub const APPLICATION_ID: u32 = 0x4C41_4E52;

/// All migrations of the client's database, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_state::Migration),
            Box::new(m20261126_000002_favorite_parties::Migration),
            Box::new(m20261128_000003_servers::Migration),
            Box::new(m20261129_000004_dht_nodes::Migration),
            Box::new(m20261129_000005_departures::Migration),
            Box::new(m20261129_000006_rulings::Migration),
            Box::new(m20261129_000008_games::Migration),
            Box::new(m20261130_000009_shield::Migration),
            Box::new(m20261130_000010_muted::Migration),
            Box::new(m20261201_000011_voice_link::Migration),
        ]
    }
}
