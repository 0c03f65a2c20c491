//! The tables of `lanrage_migrations::control_server`, as far as this server uses them.

pub(super) mod parties {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "parties")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) id: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) name: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) subnet: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) host_id: String,
        pub(crate) created_at: i64,
        pub(crate) active_at: i64,
        pub(crate) revision: i64,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) door: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod peers {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "peers")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) party_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) peer_id: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) record: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) virtual_ip: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) nat_type: String,
        pub(crate) joined_at: i64,
        pub(crate) last_seen: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod relay_servers {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "relay_servers")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) name: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) region: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) uris: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) peer_id: String,
        pub(crate) load_percent: i64,
        pub(crate) registered_at: i64,
        pub(crate) last_seen: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
