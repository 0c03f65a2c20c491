//! The control server's database.

mod m20261122_000001_parties;
mod m20261122_000002_relays;
mod m20261128_000003_doors;

use sea_orm_migration::prelude::*;

/// All migrations of the control server's database, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_parties::Migration),
            Box::new(m20261122_000002_relays::Migration),
            Box::new(m20261128_000003_doors::Migration),
        ]
    }
}
