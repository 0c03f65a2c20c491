use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// By whom this device comes into the BitTorrent DHT the next time.
#[expect(elided_lifetimes_in_paths, reason = "the trait elides it, and async_trait needs both to agree")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(DhtNodes::Table)
            .col(ColumnDef::new(DhtNodes::Address).text().not_null().primary_key())
            .col(ColumnDef::new(DhtNodes::SeenAt).big_integer().not_null())
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(DhtNodes::Table).to_owned()).await
    }
}

#[derive(DeriveIden)]
enum DhtNodes {
    Table,
    Address,
    SeenAt,
}
