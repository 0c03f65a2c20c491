use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Who made a party, and what was ruled in it. Of a party of before, whoever was its host then has made it.
#[expect(elided_lifetimes_in_paths, reason = "the trait elides it, and async_trait needs both to agree")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            ColumnDef::new(Memberships::FounderId).text().null().take(),
            ColumnDef::new(Memberships::Rulings).blob().null().take(),
        ] {
            let table = Table::alter().table(Memberships::Table).add_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [Memberships::Rulings, Memberships::FounderId] {
            let table = Table::alter().table(Memberships::Table).drop_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Memberships {
    Table,
    FounderId,
    Rulings,
}
