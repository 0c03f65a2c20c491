use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// How single friends are trusted, by their identities and so in every party, and what the user has decided of single ports.
#[expect(elided_lifetimes_in_paths, reason = "the trait elides it, and async_trait needs both to agree")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let trust = Table::create()
            .table(FriendTrust::Table)
            .col(ColumnDef::new(FriendTrust::PeerId).text().not_null().primary_key())
            // What this device called the friend then.
            .col(ColumnDef::new(FriendTrust::Name).text().not_null())
            .col(
                ColumnDef::new(FriendTrust::Level)
                    .text()
                    .not_null()
                    .check(Expr::cust("\"level\" IN ('full', 'mute')")),
            )
            .col(ColumnDef::new(FriendTrust::UpdatedAt).big_integer().not_null())
            .to_owned();
        manager.create_table(trust).await?;
        let grants = Table::create()
            .table(PortGrants::Table)
            // All that tells one from another, as text.
            .col(ColumnDef::new(PortGrants::Id).text().not_null().primary_key())
            .col(
                ColumnDef::new(PortGrants::Protocol)
                    .text()
                    .not_null()
                    .check(Expr::cust("\"protocol\" IN ('udp', 'tcp')")),
            )
            .col(ColumnDef::new(PortGrants::First).big_integer().not_null())
            .col(ColumnDef::new(PortGrants::Last).big_integer().not_null())
            // None for all friends.
            .col(ColumnDef::new(PortGrants::PeerId).text().null())
            .col(ColumnDef::new(PortGrants::Name).text().null())
            .col(ColumnDef::new(PortGrants::IsOpen).boolean().not_null())
            .col(ColumnDef::new(PortGrants::CreatedAt).big_integer().not_null())
            .to_owned();
        manager.create_table(grants).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(PortGrants::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(FriendTrust::Table).to_owned()).await
    }
}

#[derive(DeriveIden)]
enum FriendTrust {
    Table,
    PeerId,
    Name,
    Level,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum PortGrants {
    Table,
    Id,
    Protocol,
    First,
    Last,
    PeerId,
    Name,
    IsOpen,
    CreatedAt,
}
