use lanrage_party::{Name, PeerId, UnixMillis};
use lanrage_shield::Grant;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait,
};

use crate::StoreError;
use crate::database::{
    SettingsDatabase,
    entities::port_grants::{ActiveModel, Column, Entity, Model},
    rows::{self, readable},
};

/// How many decisions are remembered; those of longest ago are forgotten.
const GRANTS: usize = 128;

/// What the user has decided of ports, and what the friend was called then for whom it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortGrant {
    /// The decision.
    pub grant: Grant,
    /// The friend's name.
    pub name: Option<Name>,
}

impl SettingsDatabase {
    /// Saves a decision, in place of that on the same ports for the same friend.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_grant(
        &self,
        PortGrant { grant, name }: &PortGrant,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let row = ActiveModel {
            id: Set(id(grant)),
            protocol: Set(rows::word(&grant.transport)),
            first: Set(grant.first.into()),
            last: Set(grant.last.into()),
            peer_id: Set(grant.peer.map(|peer| peer.to_string())),
            name: Set(name.as_ref().map(ToString::to_string)),
            is_open: Set(grant.is_open),
            created_at: Set(rows::time(now)),
        };
        let transaction = self.connection.begin().await?;
        let insert = Entity::insert(row).on_conflict(rows::replace::<Entity>());
        insert.exec_without_returning(&transaction).await?;
        let kept: Vec<String> = Entity::find()
            .select_only()
            .column(Column::Id)
            .order_by_desc(Column::CreatedAt)
            .limit(GRANTS as u64)
            .into_tuple()
            .all(&transaction)
            .await?;
        Entity::delete_many().filter(Column::Id.is_not_in(kept)).exec(&transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Forgets the decision on these ports for this friend, or for all. False if there was none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_grant(&self, grant: &Grant) -> Result<bool, StoreError> {
        let deleted = Entity::delete_by_id(id(grant)).exec(&self.connection).await?;
        Ok(deleted.rows_affected > 0)
    }

    /// All decisions, in the order in which they were made.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn grants(&self) -> Result<Vec<PortGrant>, StoreError> {
        let found = Entity::find().order_by_asc(Column::CreatedAt).all(&self.connection).await?;
        Ok(readable("port_grants", found, read))
    }
}

fn id(grant: &Grant) -> String {
    let transport = rows::word(&grant.transport);
    let peer = grant.peer.map_or_else(|| "all".to_owned(), |peer: PeerId| peer.to_string());
    format!("{transport} {}-{} {peer}", grant.first, grant.last)
}

pub(in crate::database) fn read(row: &Model) -> Option<PortGrant> {
    let peer = row.peer_id.as_ref().map(|peer| peer.parse()).transpose().ok()?;
    let name = row.name.as_ref().map(|name| Name::new(name)).transpose().ok()?;
    let (first, last) = (u16::try_from(row.first).ok()?, u16::try_from(row.last).ok()?);
    let grant = Grant { transport: rows::read_word(&row.protocol)?, first, last, peer, is_open: row.is_open };
    (first != 0 && first <= last).then_some(PortGrant { grant, name })
}
