use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Where a party talks, as its owner or a moderator has pinned it.
#[expect(elided_lifetimes_in_paths, reason = "the trait elides it, and async_trait needs both to agree")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new(Memberships::VoiceLink).blob().null().take();
        let table = Table::alter().table(Memberships::Table).add_column(column).to_owned();
        manager.alter_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter().table(Memberships::Table).drop_column(Memberships::VoiceLink).to_owned();
        manager.alter_table(table).await
    }
}

#[derive(DeriveIden)]
enum Memberships {
    Table,
    VoiceLink,
}
