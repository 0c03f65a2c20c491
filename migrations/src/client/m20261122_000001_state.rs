use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Identifiers, addresses and keys are stored in their text forms, times as milliseconds since 1970 UTC,
/// lists and maps as JSON. No secret has a column.
#[expect(elided_lifetimes_in_paths, reason = "the trait elides it, and async_trait needs both to agree")]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            settings(),
            server_configs(),
            favorite_servers(),
            game_profiles(),
            memberships(),
            roster_peers(),
            nat_results(),
        ] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        let mark = format!("PRAGMA application_id = {}", super::APPLICATION_ID);
        manager.get_connection().execute_unprepared(&mark).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The roster first: it refers to memberships.
        manager.drop_table(Table::drop().table(RosterPeers::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Memberships::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(NatResults::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(GameProfiles::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(FavoriteServers::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(ServerConfigs::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Settings::Table).to_owned()).await
    }
}

/// A column of JSON text that nothing else can be written to.
fn json<C: IntoIden>(column: C) -> ColumnDef {
    let column = column.into_iden();
    let valid = Expr::cust(format!("json_valid(\"{column}\")"));
    ColumnDef::new(column).text().not_null().check(valid).to_owned()
}

/// What is not here has its default: only what somebody chose is stored.
fn settings() -> TableCreateStatement {
    Table::create()
        .table(Settings::Table)
        .col(ColumnDef::new(Settings::Key).text().not_null().primary_key())
        .col(json(Settings::Value))
        .col(ColumnDef::new(Settings::UpdatedAt).big_integer().not_null())
        .to_owned()
}

fn server_configs() -> TableCreateStatement {
    Table::create()
        .table(ServerConfigs::Table)
        .col(ColumnDef::new(ServerConfigs::Name).text().not_null().primary_key())
        .col(json(ServerConfigs::Settings))
        .col(ColumnDef::new(ServerConfigs::IsActive).boolean().not_null())
        .col(ColumnDef::new(ServerConfigs::UpdatedAt).big_integer().not_null())
        .to_owned()
}

fn favorite_servers() -> TableCreateStatement {
    Table::create()
        .table(FavoriteServers::Table)
        .col(ColumnDef::new(FavoriteServers::Url).text().not_null().primary_key())
        .col(ColumnDef::new(FavoriteServers::Name).text().not_null())
        .col(ColumnDef::new(FavoriteServers::AddedAt).big_integer().not_null())
        .col(ColumnDef::new(FavoriteServers::LastUsedAt).big_integer().null())
        .to_owned()
}

fn game_profiles() -> TableCreateStatement {
    Table::create()
        .table(GameProfiles::Table)
        .col(ColumnDef::new(GameProfiles::Name).text().not_null().primary_key())
        .col(json(GameProfiles::Executables))
        .col(json(GameProfiles::Ports))
        // For what later programs want to remember of a game.
        .col(json(GameProfiles::Extra))
        .col(ColumnDef::new(GameProfiles::UpdatedAt).big_integer().not_null())
        .to_owned()
}

/// A membership's secrets are in the secret store, under names made of the party's id.
fn memberships() -> TableCreateStatement {
    Table::create()
        .table(Memberships::Table)
        .col(ColumnDef::new(Memberships::PartyId).text().not_null().primary_key())
        .col(ColumnDef::new(Memberships::Name).text().not_null())
        .col(ColumnDef::new(Memberships::HostId).text().not_null())
        .col(ColumnDef::new(Memberships::IsHost).boolean().not_null())
        .col(ColumnDef::new(Memberships::Subnet).text().not_null())
        .col(json(Memberships::Control))
        .col(ColumnDef::new(Memberships::Epoch).big_integer().not_null())
        .col(ColumnDef::new(Memberships::ExpiresAt).big_integer().null())
        .col(ColumnDef::new(Memberships::VirtualIp).text().not_null())
        // Of the newest record that this device signed: the next one must be greater, also when the clock
        // went back meanwhile.
        .col(ColumnDef::new(Memberships::Sequence).big_integer().not_null())
        .col(ColumnDef::new(Memberships::CreatedAt).big_integer().not_null())
        .col(ColumnDef::new(Memberships::LastActiveAt).big_integer().not_null())
        .col(ColumnDef::new(Memberships::LeftAt).big_integer().null())
        .col(ColumnDef::new(Memberships::IsActive).boolean().not_null())
        .check(Expr::cust("NOT (\"is_active\" AND \"left_at\" IS NOT NULL)"))
        .to_owned()
}

fn roster_peers() -> TableCreateStatement {
    Table::create()
        .table(RosterPeers::Table)
        .col(ColumnDef::new(RosterPeers::PartyId).text().not_null())
        .col(ColumnDef::new(RosterPeers::PeerId).text().not_null())
        // The signed record, as JSON: its fields may not be taken out of it, or the signature is lost.
        .col(json(RosterPeers::Record))
        .col(ColumnDef::new(RosterPeers::NatType).text().not_null())
        .col(ColumnDef::new(RosterPeers::JoinedAt).big_integer().not_null())
        .col(ColumnDef::new(RosterPeers::LastEndpoint).text().null())
        .col(ColumnDef::new(RosterPeers::LastSeen).big_integer().null())
        .primary_key(Index::create().col(RosterPeers::PartyId).col(RosterPeers::PeerId))
        .foreign_key(
            ForeignKey::create()
                .from(RosterPeers::Table, RosterPeers::PartyId)
                .to(Memberships::Table, Memberships::PartyId)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn nat_results() -> TableCreateStatement {
    Table::create()
        .table(NatResults::Table)
        .col(ColumnDef::new(NatResults::Network).text().not_null().primary_key())
        .col(ColumnDef::new(NatResults::NatType).text().not_null())
        .col(ColumnDef::new(NatResults::PublicEndpoint).text().null())
        .col(ColumnDef::new(NatResults::MeasuredAt).big_integer().not_null())
        .to_owned()
}

/// The partial ones are rules: at most one active row.
fn indexes() -> [IndexCreateStatement; 3] {
    [
        Index::create()
            .name("server_configs_one_active")
            .table(ServerConfigs::Table)
            .col(ServerConfigs::IsActive)
            .unique()
            .and_where(Expr::col(ServerConfigs::IsActive))
            .to_owned(),
        Index::create()
            .name("memberships_one_active")
            .table(Memberships::Table)
            .col(Memberships::IsActive)
            .unique()
            .and_where(Expr::col(Memberships::IsActive))
            .to_owned(),
        Index::create()
            .name("memberships_last_active_at")
            .table(Memberships::Table)
            .col(Memberships::LastActiveAt)
            .to_owned(),
    ]
}

#[derive(DeriveIden)]
enum Settings {
    Table,
    Key,
    Value,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum ServerConfigs {
    Table,
    Name,
    Settings,
    IsActive,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum FavoriteServers {
    Table,
    Url,
    Name,
    AddedAt,
    LastUsedAt,
}

#[derive(DeriveIden)]
enum GameProfiles {
    Table,
    Name,
    Executables,
    Ports,
    Extra,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum Memberships {
    Table,
    PartyId,
    Name,
    HostId,
    IsHost,
    Subnet,
    Control,
    Epoch,
    ExpiresAt,
    VirtualIp,
    Sequence,
    CreatedAt,
    LastActiveAt,
    LeftAt,
    IsActive,
}

#[derive(DeriveIden)]
enum RosterPeers {
    Table,
    PartyId,
    PeerId,
    Record,
    NatType,
    JoinedAt,
    LastEndpoint,
    LastSeen,
}

#[derive(DeriveIden)]
enum NatResults {
    Table,
    Network,
    NatType,
    PublicEndpoint,
    MeasuredAt,
}
