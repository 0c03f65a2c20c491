use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// The public half of each party's door key. Parties of before have none until their makers come back with it.
#[expect(elided_lifetimes_in_paths, reason = "the trait elides it, and async_trait needs both to agree")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let door = ColumnDef::new(Parties::Door).text().null().take();
        manager.alter_table(Table::alter().table(Parties::Table).add_column(door).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table(Parties::Table).drop_column(Parties::Door).to_owned()).await
    }
}

#[derive(DeriveIden)]
enum Parties {
    Table,
    Door,
}
