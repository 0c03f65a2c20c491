use lanrage_party::NatResult;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait,
};

use crate::StoreError;
use crate::database::{
    SettingsDatabase,
    entities::nat_results::{ActiveModel, Column, Entity, Model},
    rows::{self, readable},
};

/// How many networks are remembered; those measured longest ago are forgotten.
const NETWORKS: u64 = 16;

impl SettingsDatabase {
    /// Saves what was measured of a network, in place of what was known of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_nat_result(&self, result: &NatResult) -> Result<(), StoreError> {
        let row = ActiveModel {
            network: Set(result.network.clone()),
            nat_type: Set(rows::word(&result.nat_type)),
            public_endpoint: Set(result.public_endpoint.map(|endpoint| endpoint.to_string())),
            measured_at: Set(rows::time(result.measured_at)),
        };
        let transaction = self.connection.begin().await?;
        Entity::insert(row)
            .on_conflict(rows::replace::<Entity>())
            .exec_without_returning(&transaction)
            .await?;
        let kept: Vec<String> = Entity::find()
            .select_only()
            .column(Column::Network)
            .order_by_desc(Column::MeasuredAt)
            .limit(NETWORKS)
            .into_tuple()
            .all(&transaction)
            .await?;
        Entity::delete_many().filter(Column::Network.is_not_in(kept)).exec(&transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// What was last measured of a network.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn nat_result(&self, network: &str) -> Result<Option<NatResult>, StoreError> {
        let found = Entity::find_by_id(network).one(&self.connection).await?;
        Ok(readable("nat_results", found.into_iter().collect(), read).pop())
    }
}

pub(in crate::database) fn read(row: &Model) -> Option<NatResult> {
    Some(NatResult {
        network: row.network.clone(),
        nat_type: rows::read_word(&row.nat_type)?,
        public_endpoint: row.public_endpoint.as_deref().and_then(|endpoint| endpoint.parse().ok()),
        measured_at: rows::read_time(row.measured_at),
    })
}
