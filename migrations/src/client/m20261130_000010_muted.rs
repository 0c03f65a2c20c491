use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Friends whose programs this device does not hear when they send to everybody, by their identities and so in every party.
#[expect(elided_lifetimes_in_paths, reason = "the trait elides it, and async_trait needs both to agree")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let muted = Table::create()
            .table(MutedFriends::Table)
            .col(ColumnDef::new(MutedFriends::PeerId).text().not_null().primary_key())
            .col(ColumnDef::new(MutedFriends::MutedAt).big_integer().not_null())
            .to_owned();
        manager.create_table(muted).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(MutedFriends::Table).to_owned()).await
    }
}

#[derive(DeriveIden)]
enum MutedFriends {
    Table,
    PeerId,
    MutedAt,
}
