use std::net::SocketAddrV4;

use lanrage_party::UnixMillis;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait,
    sea_query::Expr,
};

use crate::StoreError;
use crate::database::{
    SettingsDatabase,
    entities::dht_nodes::{ActiveModel, Column, Entity, Model},
    rows::{self, readable},
};

/// How many nodes are remembered; those heard of longest ago are forgotten.
const NODES: usize = 64;

impl SettingsDatabase {
    /// Saves nodes of the BitTorrent DHT that have answered, beside those of before. Of more than 64 the first count.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_dht_nodes(&self, nodes: &[SocketAddrV4], now: UnixMillis) -> Result<(), StoreError> {
        if nodes.is_empty() {
            return Ok(());
        }
        let row = |node: &SocketAddrV4| ActiveModel {
            address: Set(node.to_string()),
            seen_at: Set(rows::time(now)),
        };
        let transaction = self.connection.begin().await?;
        Entity::insert_many(nodes.iter().take(NODES).map(row))
            .on_conflict(rows::replace::<Entity>())
            .exec_without_returning(&transaction)
            .await?;
        let kept: Vec<String> = Entity::find()
            .select_only()
            .column(Column::Address)
            .order_by_desc(Column::SeenAt)
            .limit(NODES as u64)
            .into_tuple()
            .all(&transaction)
            .await?;
        Entity::delete_many().filter(Column::Address.is_not_in(kept)).exec(&transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Those nodes, in an order that differs from time to time, so that not the same ones are asked at every start.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn dht_nodes(&self) -> Result<Vec<SocketAddrV4>, StoreError> {
        let found = Entity::find().order_by_asc(Expr::cust("random()")).all(&self.connection).await?;
        Ok(readable("dht_nodes", found, read))
    }
}

pub(in crate::database) fn read(row: &Model) -> Option<SocketAddrV4> {
    row.address.parse().ok()
}
