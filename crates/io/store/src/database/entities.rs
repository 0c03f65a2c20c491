//! The tables of `lanrage_migrations::client`.

pub(crate) mod settings {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "settings")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) key: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) value: String,
        pub(crate) updated_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod server_configs {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "server_configs")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) name: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) settings: String,
        pub(crate) is_active: bool,
        pub(crate) updated_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod favorite_servers {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "favorite_servers")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) url: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) name: String,
        pub(crate) added_at: i64,
        pub(crate) last_used_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod game_profiles {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "game_profiles")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) name: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) executables: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) ports: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) extra: String,
        pub(crate) updated_at: i64,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) slug: Option<String>,
        #[sea_orm(column_type = "Text")]
        pub(crate) origin: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) details: String,
        pub(crate) is_hidden: bool,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod memberships {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "memberships")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) party_id: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) name: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) host_id: String,
        pub(crate) is_host: bool,
        #[sea_orm(column_type = "Text")]
        pub(crate) subnet: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) control: String,
        pub(crate) epoch: i64,
        pub(crate) expires_at: Option<i64>,
        #[sea_orm(column_type = "Text")]
        pub(crate) virtual_ip: String,
        pub(crate) sequence: i64,
        pub(crate) created_at: i64,
        pub(crate) last_active_at: i64,
        pub(crate) left_at: Option<i64>,
        pub(crate) is_active: bool,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) server: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) founder_id: Option<String>,
        pub(crate) rulings: Option<Vec<u8>>,
        pub(crate) voice_link: Option<Vec<u8>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod roster_peers {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "roster_peers")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) party_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) peer_id: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) record: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) nat_type: String,
        pub(crate) joined_at: i64,
        #[sea_orm(column_type = "Text")]
        pub(crate) last_endpoint: Option<String>,
        pub(crate) last_seen: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod departures {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "departures")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) party_id: String,
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) peer_id: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) departure: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod favorite_parties {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "favorite_parties")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) party_id: String,
        pub(crate) added_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod nat_results {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "nat_results")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) network: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) nat_type: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) public_endpoint: Option<String>,
        pub(crate) measured_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod dht_nodes {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "dht_nodes")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) address: String,
        pub(crate) seen_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod friend_trust {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "friend_trust")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) peer_id: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) name: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) level: String,
        pub(crate) updated_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod muted_friends {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "muted_friends")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) peer_id: String,
        pub(crate) muted_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod port_grants {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "port_grants")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
        pub(crate) id: String,
        #[sea_orm(column_type = "Text")]
        pub(crate) protocol: String,
        pub(crate) first: i64,
        pub(crate) last: i64,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) peer_id: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(crate) name: Option<String>,
        pub(crate) is_open: bool,
        pub(crate) created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Every table, those that others refer to before those that refer to them.
pub(crate) const TABLES: [&str; 13] = [
    "settings",
    "server_configs",
    "favorite_servers",
    "game_profiles",
    "memberships",
    "roster_peers",
    "departures",
    "favorite_parties",
    "nat_results",
    "dht_nodes",
    "friend_trust",
    "port_grants",
    "muted_friends",
];
