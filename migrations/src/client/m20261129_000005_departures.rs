use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Who has left a party: the others may have missed it.
#[expect(elided_lifetimes_in_paths, reason = "the trait elides it, and async_trait needs both to agree")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Departures::Table)
            .col(ColumnDef::new(Departures::PartyId).text().not_null())
            .col(ColumnDef::new(Departures::PeerId).text().not_null())
            // The signed word with the key that proves it, as JSON.
            .col(
                ColumnDef::new(Departures::Departure)
                    .text()
                    .not_null()
                    .check(Expr::cust("json_valid(\"departure\")")),
            )
            .primary_key(Index::create().col(Departures::PartyId).col(Departures::PeerId))
            .foreign_key(
                ForeignKey::create()
                    .from(Departures::Table, Departures::PartyId)
                    .to(Memberships::Table, Memberships::PartyId)
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Departures::Table).to_owned()).await
    }
}

#[derive(DeriveIden)]
enum Departures {
    Table,
    PartyId,
    PeerId,
    Departure,
}

#[derive(DeriveIden)]
enum Memberships {
    Table,
    PartyId,
}
