use std::collections::BTreeSet;

use lanrage_party::{PartyId, UnixMillis};
use sea_orm::{ActiveValue::Set, EntityTrait};

use crate::StoreError;
use crate::database::{
    SettingsDatabase,
    entities::favorite_parties::{ActiveModel, Entity, Model},
    rows::{self, readable},
};

impl SettingsDatabase {
    /// Puts a remembered party among the favourites, or takes it out; it is one or is none afterwards, whatever it
    /// was. A party that is forgotten is no favourite any more.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if the party is not remembered, or [`StoreError`].
    pub async fn set_favorite_party(
        &self,
        party: &PartyId,
        favorite: bool,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        if self.membership(party).await?.is_none() {
            return Err(StoreError::NotFound { what: "party", name: party.to_string() });
        }
        if favorite {
            let row = ActiveModel { party_id: Set(party.to_string()), added_at: Set(rows::time(now)) };
            Entity::insert(row)
                .on_conflict(rows::replace::<Entity>())
                .exec_without_returning(&self.connection)
                .await?;
        } else {
            Entity::delete_by_id(party.to_string()).exec(&self.connection).await?;
        }
        self.parties_changed();
        Ok(())
    }

    /// The favourite parties.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn favorite_parties(&self) -> Result<BTreeSet<PartyId>, StoreError> {
        let found = Entity::find().all(&self.connection).await?;
        Ok(readable("favorite_parties", found, read).into_iter().collect())
    }
}

pub(in crate::database) fn read(row: &Model) -> Option<PartyId> {
    row.party_id.parse().ok()
}
