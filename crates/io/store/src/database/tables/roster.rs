use lanrage_party::{NatType, PartyId, PeerId, StoredPeer};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::StoreError;
use crate::database::{
    SettingsDatabase,
    entities::roster_peers::{ActiveModel, Column, Entity, Model},
    rows::{self, readable},
};

impl SettingsDatabase {
    /// Saves one member, in place of what was known of it. The membership must be stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_peer(&self, party: &PartyId, peer: &StoredPeer) -> Result<(), StoreError> {
        Entity::insert(row(party, peer))
            .on_conflict(rows::replace::<Entity>())
            .exec_without_returning(&self.connection)
            .await?;
        Ok(())
    }

    /// Forgets one member; nothing happens if it is not there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_peer(&self, party: &PartyId, peer: &PeerId) -> Result<(), StoreError> {
        Entity::delete_by_id((party.to_string(), peer.to_string())).exec(&self.connection).await?;
        Ok(())
    }

    /// A party's members, in the order they joined.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn roster(&self, party: &PartyId) -> Result<Vec<StoredPeer>, StoreError> {
        let found = Entity::find()
            .filter(Column::PartyId.eq(party.to_string()))
            .order_by_asc(Column::JoinedAt)
            .order_by_asc(Column::PeerId)
            .all(&self.connection)
            .await?;
        Ok(readable("roster_peers", found, read))
    }
}

fn row(party: &PartyId, peer: &StoredPeer) -> ActiveModel {
    ActiveModel {
        party_id: Set(party.to_string()),
        peer_id: Set(peer.peer.to_string()),
        record: Set(rows::json(&peer.record)),
        nat_type: Set(rows::word(&peer.nat_type)),
        joined_at: Set(rows::time(peer.joined_at)),
        last_endpoint: Set(peer.last_endpoint.map(|endpoint| endpoint.to_string())),
        last_seen: Set(peer.last_seen.map(rows::time)),
    }
}

pub(in crate::database) fn read(row: &Model) -> Option<StoredPeer> {
    Some(StoredPeer {
        peer: row.peer_id.parse().ok()?,
        record: serde_json::from_str(&row.record).ok()?,
        // Both are learnt anew anyway.
        nat_type: rows::read_word(&row.nat_type).unwrap_or(NatType::Unknown),
        last_endpoint: row.last_endpoint.as_deref().and_then(|endpoint| endpoint.parse().ok()),
        joined_at: rows::read_time(row.joined_at),
        last_seen: row.last_seen.map(rows::read_time),
    })
}
