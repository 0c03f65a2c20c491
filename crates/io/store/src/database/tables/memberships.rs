use lanrage_base::wire::Reader;
use lanrage_party::{
    ControlEndpoint, Glance, Invitation, Name, PartyId, PartySecret, PeerId, Ruling, ServerId, Subnet,
    UnixMillis, VirtualIp, VoiceLink,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    TransactionTrait, sea_query::Expr,
};

use crate::StoreError;
use crate::database::{
    SettingsDatabase,
    entities::{
        departures,
        memberships::{ActiveModel, Column, Entity, Model},
        roster_peers,
    },
    rows::{self, readable},
};

/// A membership as it is remembered. Its secrets are in the secret store
/// ([`party_secret_name`](crate::party_secret_name), [`party_key_name`](crate::party_key_name)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMembership {
    /// The party.
    pub party: PartyId,
    /// Its name.
    pub name: Name,
    /// The peer whose word counts for it.
    pub host: PeerId,
    /// The peer that made it.
    pub founder: PeerId,
    /// What was ruled in it, in an order in which one after the other can be taken. To be verified again: the file may have been
    /// changed.
    pub rulings: Vec<Ruling>,
    /// Where it talks, as was pinned last. To be verified again as well.
    pub voice_link: Option<VoiceLink>,
    /// Whether the host is this device.
    pub is_host: bool,
    /// The party's network.
    pub subnet: Subnet,
    /// Where its control plane is reached.
    pub control: Vec<ControlEndpoint>,
    /// Which server is meant, if that is known.
    pub server: Option<ServerId>,
    /// Which generation of the party secret is known.
    pub epoch: u32,
    /// When the invitation stops being valid.
    pub expires_at: Option<UnixMillis>,
    /// This device's lease.
    pub virtual_ip: VirtualIp,
    /// Sequence of the newest record that this device signed in the party; 0 before the first.
    pub sequence: u64,
    /// When the party was made or joined.
    pub created_at: UnixMillis,
    /// When this device was last in it.
    pub last_active_at: UnixMillis,
    /// When it was left for good; secrets, lease and roster are of no use then.
    pub left_at: Option<UnixMillis>,
    /// Whether it is the party to return to. At most one is.
    pub is_active: bool,
}

impl StoredMembership {
    /// The invitation that this membership can pass on.
    pub fn invitation(&self, secret: PartySecret) -> Invitation {
        Invitation {
            party: self.party,
            name: self.name.clone(),
            host: self.founder,
            subnet: self.subnet,
            control: self.control.clone(),
            addresses: Vec::new(),
            server: self.server,
            secret,
            epoch: self.epoch,
            shares: Vec::new(),
            expires_at: self.expires_at,
            pass: None,
            glance: Glance::default(),
        }
    }
}

impl SettingsDatabase {
    /// Saves a membership, in place of one in the same party. If it is active, no other is any longer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_membership(&self, membership: &StoredMembership) -> Result<(), StoreError> {
        let transaction = self.connection.begin().await?;
        if membership.is_active {
            deactivate(&transaction).await?;
        }
        Entity::insert(row(membership))
            .on_conflict(rows::replace::<Entity>())
            .exec_without_returning(&transaction)
            .await?;
        transaction.commit().await?;
        self.parties_changed();
        Ok(())
    }

    /// The membership to return to, if there is one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn active_membership(&self) -> Result<Option<StoredMembership>, StoreError> {
        let found = Entity::find().filter(Column::IsActive.eq(true)).all(&self.connection).await?;
        Ok(readable("memberships", found, read).pop())
    }

    /// One membership, left or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn membership(&self, party: &PartyId) -> Result<Option<StoredMembership>, StoreError> {
        let found = Entity::find_by_id(party.to_string()).one(&self.connection).await?;
        Ok(readable("memberships", found.into_iter().collect(), read).pop())
    }

    /// All remembered parties, the one used last before the others: the active one, those that can be returned
    /// to, and those that were left, of which only the name is of use.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn recent_parties(&self) -> Result<Vec<StoredMembership>, StoreError> {
        let found = Entity::find()
            .order_by_desc(Column::IsActive)
            .order_by_desc(Column::LastActiveAt)
            .order_by_asc(Column::PartyId)
            .all(&self.connection)
            .await?;
        Ok(readable("memberships", found, read))
    }

    /// The newest sequence of all that this device said in its parties, those that it has left included; 0 if there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn newest_sequence(&self) -> Result<u64, StoreError> {
        let newest = Entity::find()
            .select_only()
            .column_as(Column::Sequence.max(), "sequence")
            .into_tuple::<Option<i64>>()
            .one(&self.connection)
            .await?;
        Ok(newest.flatten().unwrap_or_default().try_into().unwrap_or_default())
    }

    /// Remembers that a party was left: its name stays among the recent ones, and the `sequence` of what was said last; its
    /// roster is forgotten. The caller deletes its secrets.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn leave_membership(
        &self,
        party: &PartyId,
        sequence: u64,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let party = party.to_string();
        let transaction = self.connection.begin().await?;
        Entity::update_many()
            .col_expr(Column::IsActive, Expr::value(false))
            .col_expr(Column::LeftAt, Expr::value(rows::time(now)))
            .col_expr(Column::Sequence, Expr::value(i64::try_from(sequence).unwrap_or(i64::MAX)))
            .filter(Column::PartyId.eq(&party))
            .exec(&transaction)
            .await?;
        roster_peers::Entity::delete_many()
            .filter(roster_peers::Column::PartyId.eq(&party))
            .exec(&transaction)
            .await?;
        departures::Entity::delete_many()
            .filter(departures::Column::PartyId.eq(&party))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        self.parties_changed();
        Ok(())
    }

    /// Forgets a party with its roster, as if it had never been; nothing happens if it is not remembered. The
    /// caller deletes its secrets.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, party: &PartyId) -> Result<(), StoreError> {
        Entity::delete_by_id(party.to_string()).exec(&self.connection).await?;
        self.parties_changed();
        Ok(())
    }
}

pub(in crate::database) async fn deactivate(database: &impl ConnectionTrait) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::IsActive, Expr::value(false))
        .filter(Column::IsActive.eq(true))
        .exec(database)
        .await?;
    Ok(())
}

fn row(membership: &StoredMembership) -> ActiveModel {
    ActiveModel {
        party_id: Set(membership.party.to_string()),
        name: Set(membership.name.to_string()),
        host_id: Set(membership.host.to_string()),
        is_host: Set(membership.is_host),
        subnet: Set(membership.subnet.net().to_string()),
        control: Set(rows::json(&membership.control)),
        epoch: Set(membership.epoch.into()),
        expires_at: Set(membership.expires_at.map(rows::time)),
        virtual_ip: Set(membership.virtual_ip.to_string()),
        sequence: Set(i64::try_from(membership.sequence).unwrap_or(i64::MAX)),
        created_at: Set(rows::time(membership.created_at)),
        last_active_at: Set(rows::time(membership.last_active_at)),
        left_at: Set(membership.left_at.map(rows::time)),
        is_active: Set(membership.is_active),
        server: Set(membership.server.map(|server| server.to_string())),
        founder_id: Set(Some(membership.founder.to_string())),
        rulings: Set(Some(bytes_of(&membership.rulings))),
        voice_link: Set(membership.voice_link.as_ref().map(|link| {
            let mut bytes = Vec::new();
            link.put(&mut bytes);
            bytes
        })),
    }
}

pub(in crate::database) fn read(row: &Model) -> Option<StoredMembership> {
    Some(StoredMembership {
        party: row.party_id.parse().ok()?,
        name: Name::new(&row.name).ok()?,
        host: row.host_id.parse().ok()?,
        is_host: row.is_host,
        subnet: Subnet::new(row.subnet.parse().ok()?).ok()?,
        control: serde_json::from_str(&row.control).ok()?,
        epoch: row.epoch.try_into().ok()?,
        expires_at: row.expires_at.map(rows::read_time),
        virtual_ip: VirtualIp(row.virtual_ip.parse().ok()?),
        sequence: row.sequence.try_into().ok()?,
        created_at: rows::read_time(row.created_at),
        last_active_at: rows::read_time(row.last_active_at),
        left_at: row.left_at.map(rows::read_time),
        is_active: row.is_active,
        server: row.server.as_deref().map(str::parse).transpose().ok()?,
        founder: row.founder_id.as_ref().unwrap_or(&row.host_id).parse().ok()?,
        rulings: read_rulings(row.rulings.as_deref().unwrap_or_default()),
        voice_link: row.voice_link.as_deref().and_then(|bytes| VoiceLink::read(&mut Reader::new(bytes))),
    })
}

fn bytes_of(rulings: &[Ruling]) -> Vec<u8> {
    let mut bytes = Vec::new();
    rulings.iter().for_each(|ruling| ruling.put(&mut bytes));
    bytes
}

/// As many as can be read: what is missing, other members tell again.
fn read_rulings(bytes: &[u8]) -> Vec<Ruling> {
    let mut reader = Reader::new(bytes);
    std::iter::from_fn(|| Ruling::read(&mut reader)).collect()
}
