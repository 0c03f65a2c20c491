use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// The parties that the player wants at hand. A table of its own, because a membership's row is written anew by
/// whoever enters the party, who knows nothing of favourites.
#[expect(elided_lifetimes_in_paths, reason = "the trait elides it, and async_trait needs both to agree")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(FavoriteParties::Table)
            .col(ColumnDef::new(FavoriteParties::PartyId).text().not_null().primary_key())
            .col(ColumnDef::new(FavoriteParties::AddedAt).big_integer().not_null())
            .foreign_key(
                ForeignKey::create()
                    .from(FavoriteParties::Table, FavoriteParties::PartyId)
                    .to(Memberships::Table, Memberships::PartyId)
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(FavoriteParties::Table).to_owned()).await
    }
}

#[derive(DeriveIden)]
enum FavoriteParties {
    Table,
    PartyId,
    AddedAt,
}

#[derive(DeriveIden)]
enum Memberships {
    Table,
    PartyId,
}
