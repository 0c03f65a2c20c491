use lanrage_party::{Departure, PartyId};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, TransactionTrait};

use crate::StoreError;
use crate::database::{
    SettingsDatabase,
    entities::departures::{ActiveModel, Column, Entity, Model},
    rows::{self, readable},
};

impl SettingsDatabase {
    /// Saves who has left a party, in the place of those saved before. The membership must be stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_departures(&self, party: &PartyId, departures: &[Departure]) -> Result<(), StoreError> {
        let party = party.to_string();
        let row = |departure: &Departure| ActiveModel {
            party_id: Set(party.clone()),
            peer_id: Set(departure.peer().to_string()),
            departure: Set(rows::json(departure)),
        };
        let transaction = self.connection.begin().await?;
        Entity::delete_many().filter(Column::PartyId.eq(&party)).exec(&transaction).await?;
        if !departures.is_empty() {
            Entity::insert_many(departures.iter().map(row))
                .on_conflict(rows::replace::<Entity>())
                .exec_without_returning(&transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Who has left a party, as last saved. To be verified: the file may have been changed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn departures(&self, party: &PartyId) -> Result<Vec<Departure>, StoreError> {
        let found =
            Entity::find().filter(Column::PartyId.eq(party.to_string())).all(&self.connection).await?;
        Ok(readable("departures", found, read))
    }
}

pub(in crate::database) fn read(row: &Model) -> Option<Departure> {
    serde_json::from_str(&row.departure).ok()
}
