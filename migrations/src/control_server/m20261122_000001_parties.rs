use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Identifiers and keys are stored in their text forms, times as milliseconds since 1970 UTC.
#[expect(elided_lifetimes_in_paths, reason = "the trait elides it, and async_trait needs both to agree")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(parties()).await?;
        manager.create_table(peers()).await?;
        manager.create_table(relay_servers()).await?;
        manager.create_table(auth_tokens()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Peers first: they refer to parties.
        manager.drop_table(Table::drop().table(Peers::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Parties::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(RelayServers::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(AuthTokens::Table).to_owned()).await
    }
}

fn parties() -> TableCreateStatement {
    Table::create()
        .table(Parties::Table)
        .col(ColumnDef::new(Parties::Id).text().not_null().primary_key())
        .col(ColumnDef::new(Parties::Name).text().not_null())
        .col(ColumnDef::new(Parties::Subnet).text().not_null())
        .col(ColumnDef::new(Parties::HostId).text().not_null())
        .col(ColumnDef::new(Parties::CreatedAt).big_integer().not_null())
        .col(ColumnDef::new(Parties::ActiveAt).big_integer().not_null())
        .col(ColumnDef::new(Parties::Revision).big_integer().not_null())
        .to_owned()
}

fn peers() -> TableCreateStatement {
    Table::create()
        .table(Peers::Table)
        .col(ColumnDef::new(Peers::PartyId).text().not_null())
        .col(ColumnDef::new(Peers::PeerId).text().not_null())
        // The signed record, as JSON: its other fields may not be taken out of it, or the signature is lost.
        .col(ColumnDef::new(Peers::Record).text().not_null())
        // Also in the record; a column so that the database too refuses one address for two members.
        .col(ColumnDef::new(Peers::VirtualIp).text().not_null())
        .col(ColumnDef::new(Peers::NatType).text().not_null())
        .col(ColumnDef::new(Peers::JoinedAt).big_integer().not_null())
        .col(ColumnDef::new(Peers::LastSeen).big_integer().not_null())
        .primary_key(Index::create().col(Peers::PartyId).col(Peers::PeerId))
        .foreign_key(
            ForeignKey::create()
                .from(Peers::Table, Peers::PartyId)
                .to(Parties::Table, Parties::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn relay_servers() -> TableCreateStatement {
    Table::create()
        .table(RelayServers::Table)
        .col(ColumnDef::new(RelayServers::Id).text().not_null().primary_key())
        .col(ColumnDef::new(RelayServers::Url).text().not_null().unique_key())
        .col(ColumnDef::new(RelayServers::Region).text().null())
        .col(ColumnDef::new(RelayServers::RegisteredAt).big_integer().not_null())
        .col(ColumnDef::new(RelayServers::LastSeen).big_integer().not_null())
        .to_owned()
}

/// A token belongs to a peer, which may be in no party: so no foreign key.
fn auth_tokens() -> TableCreateStatement {
    Table::create()
        .table(AuthTokens::Table)
        // SHA-256 of the token: whoever reads the database cannot use it.
        .col(ColumnDef::new(AuthTokens::TokenHash).text().not_null().primary_key())
        .col(ColumnDef::new(AuthTokens::PeerId).text().not_null())
        .col(ColumnDef::new(AuthTokens::CreatedAt).big_integer().not_null())
        .col(ColumnDef::new(AuthTokens::ExpiresAt).big_integer().not_null())
        .to_owned()
}

/// Peers by party are found by their primary key.
fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &str, table: DynIden, column: DynIden| {
        Index::create().name(name).table(table).col(column).to_owned()
    };
    vec![
        index("parties_created_at", Parties::Table.into_iden(), Parties::CreatedAt.into_iden()),
        index("parties_active_at", Parties::Table.into_iden(), Parties::ActiveAt.into_iden()),
        index("peers_peer_id", Peers::Table.into_iden(), Peers::PeerId.into_iden()),
        index("peers_last_seen", Peers::Table.into_iden(), Peers::LastSeen.into_iden()),
        Index::create()
            .name("peers_party_id_virtual_ip")
            .table(Peers::Table)
            .col(Peers::PartyId)
            .col(Peers::VirtualIp)
            .unique()
            .to_owned(),
        index("relay_servers_last_seen", RelayServers::Table.into_iden(), RelayServers::LastSeen.into_iden()),
        index("auth_tokens_peer_id", AuthTokens::Table.into_iden(), AuthTokens::PeerId.into_iden()),
        index("auth_tokens_expires_at", AuthTokens::Table.into_iden(), AuthTokens::ExpiresAt.into_iden()),
    ]
}

#[derive(DeriveIden)]
enum Parties {
    Table,
    Id,
    Name,
    Subnet,
    HostId,
    CreatedAt,
    ActiveAt,
    Revision,
}

#[derive(DeriveIden)]
enum Peers {
    Table,
    PartyId,
    PeerId,
    Record,
    VirtualIp,
    NatType,
    JoinedAt,
    LastSeen,
}

#[derive(DeriveIden)]
enum RelayServers {
    Table,
    Id,
    Url,
    Region,
    RegisteredAt,
    LastSeen,
}

#[derive(DeriveIden)]
enum AuthTokens {
    Table,
    TokenHash,
    PeerId,
    CreatedAt,
    ExpiresAt,
}
