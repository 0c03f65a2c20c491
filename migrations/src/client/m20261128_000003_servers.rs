use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Which server a membership means: the id of its key, once it is known.
#[expect(elided_lifetimes_in_paths, reason = "the trait elides it, and async_trait needs both to agree")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let server = ColumnDef::new(Memberships::Server).text().null().take();
        manager.alter_table(Table::alter().table(Memberships::Table).add_column(server).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::alter().table(Memberships::Table).drop_column(Memberships::Server).to_owned();
        manager.alter_table(table).await
    }
}

#[derive(DeriveIden)]
enum Memberships {
    Table,
    Server,
}
