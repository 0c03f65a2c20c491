use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// What the user has made of games that come with the program, and what more is known of the user's own. A row of before
/// keeps its meaning: it is the user's, and its slug is made from its name.
#[expect(elided_lifetimes_in_paths, reason = "the trait elides it, and async_trait needs both to agree")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            ColumnDef::new(GameProfiles::Slug).text().null().take(),
            ColumnDef::new(GameProfiles::Origin).text().not_null().default("mine").take(),
            // All that a profile has beside its name, programs and ports, as JSON.
            ColumnDef::new(GameProfiles::Details)
                .text()
                .not_null()
                .default("{}")
                .check(Expr::cust("json_valid(\"details\")"))
                .take(),
            ColumnDef::new(GameProfiles::IsHidden).boolean().not_null().default(false).take(),
        ] {
            let table = Table::alter().table(GameProfiles::Table).add_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        // Rows without a slug are not like each other.
        let index = Index::create()
            .name("one_game_profile_for_a_slug")
            .table(GameProfiles::Table)
            .col(GameProfiles::Slug)
            .unique()
            .to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("one_game_profile_for_a_slug").to_owned()).await?;
        for column in
            [GameProfiles::IsHidden, GameProfiles::Details, GameProfiles::Origin, GameProfiles::Slug]
        {
            let table = Table::alter().table(GameProfiles::Table).drop_column(column).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}

#[derive(DeriveIden)]
enum GameProfiles {
    Table,
    Slug,
    Origin,
    Details,
    IsHidden,
}
