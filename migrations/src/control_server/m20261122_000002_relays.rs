use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Relays by their names. The table of the first migration had one address for each, and nothing ever wrote it.
#[expect(elided_lifetimes_in_paths, reason = "the trait elides it, and async_trait needs both to agree")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(RelayServers::Table).to_owned()).await?;
        let table = Table::create()
            .table(RelayServers::Table)
            .col(ColumnDef::new(RelayServers::Name).text().not_null().primary_key())
            .col(ColumnDef::new(RelayServers::Region).text().not_null())
            // The addresses (RFC 7065) as a JSON list, best first.
            .col(ColumnDef::new(RelayServers::Uris).text().not_null())
            .col(ColumnDef::new(RelayServers::PeerId).text().not_null())
            .col(ColumnDef::new(RelayServers::LoadPercent).big_integer().not_null())
            .col(ColumnDef::new(RelayServers::RegisteredAt).big_integer().not_null())
            .col(ColumnDef::new(RelayServers::LastSeen).big_integer().not_null())
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(RelayServers::Table).to_owned()).await?;
        let table = Table::create()
            .table(RelayServers::Table)
            .col(ColumnDef::new(RelayServers::Id).text().not_null().primary_key())
            .col(ColumnDef::new(RelayServers::Url).text().not_null().unique_key())
            .col(ColumnDef::new(RelayServers::Region).text().null())
            .col(ColumnDef::new(RelayServers::RegisteredAt).big_integer().not_null())
            .col(ColumnDef::new(RelayServers::LastSeen).big_integer().not_null())
            .to_owned();
        manager.create_table(table).await?;
        let index = Index::create()
            .name("relay_servers_last_seen")
            .table(RelayServers::Table)
            .col(RelayServers::LastSeen)
            .to_owned();
        manager.create_index(index).await
    }
}

#[derive(DeriveIden)]
enum RelayServers {
    Table,
    Id,
    Url,
    Name,
    Region,
    Uris,
    PeerId,
    LoadPercent,
    RegisteredAt,
    LastSeen,
}
