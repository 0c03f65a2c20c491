//! Between the registry's values and rows. Reading is total: a row that is no value is left out.

use lanrage_control::registry::{StoredParty, StoredPeer, StoredRelay};
use lanrage_party::{Name, NatType, Subnet, UnixMillis};
use sea_orm::Set;

use super::entities::{parties, peers, relay_servers};

pub(super) fn party_row(party: &StoredParty) -> parties::ActiveModel {
    parties::ActiveModel {
        id: Set(party.party.to_string()),
        name: Set(party.name.to_string()),
        subnet: Set(party.subnet.net().to_string()),
        host_id: Set(party.host.to_string()),
        created_at: Set(time(party.created_at)),
        active_at: Set(time(party.active_at)),
        revision: Set(i64::try_from(party.revision).unwrap_or(i64::MAX)),
        door: Set(party.door.map(|door| door.to_string())),
    }
}

pub(super) fn read_party(row: &parties::Model) -> Option<StoredParty> {
    Some(StoredParty {
        party: row.id.parse().ok()?,
        name: Name::new(&row.name).ok()?,
        subnet: Subnet::new(row.subnet.parse().ok()?).ok()?,
        host: row.host_id.parse().ok()?,
        created_at: read_time(row.created_at),
        active_at: read_time(row.active_at),
        revision: u64::try_from(row.revision).unwrap_or(0),
        // One that cannot be read is no open door: the party is left out, and its members make it again.
        door: row.door.as_deref().map(str::parse).transpose().ok()?,
    })
}

pub(super) fn peer_row(peer: &StoredPeer) -> peers::ActiveModel {
    let json = |value: serde_json::Result<String>| value.expect("a record and a NAT type are JSON");
    peers::ActiveModel {
        party_id: Set(peer.party.to_string()),
        peer_id: Set(peer.peer.to_string()),
        record: Set(json(serde_json::to_string(&peer.record))),
        virtual_ip: Set(peer.record.claimed().virtual_ip.to_string()),
        nat_type: Set(json(serde_json::to_string(&peer.nat_type)).trim_matches('"').to_owned()),
        joined_at: Set(time(peer.joined_at)),
        last_seen: Set(time(peer.last_seen)),
    }
}

pub(super) fn read_peer(row: &peers::Model) -> Option<StoredPeer> {
    Some(StoredPeer {
        party: row.party_id.parse().ok()?,
        peer: row.peer_id.parse().ok()?,
        record: serde_json::from_str(&row.record).ok()?,
        // It is measured again anyway.
        nat_type: serde_json::from_value(row.nat_type.as_str().into()).unwrap_or(NatType::Unknown),
        joined_at: read_time(row.joined_at),
        last_seen: read_time(row.last_seen),
    })
}

pub(super) fn relay_row(relay: &StoredRelay) -> relay_servers::ActiveModel {
    relay_servers::ActiveModel {
        name: Set(relay.name.clone()),
        region: Set(relay.region.clone()),
        uris: Set(serde_json::to_string(&relay.uris).expect("addresses are JSON")),
        peer_id: Set(relay.peer.to_string()),
        load_percent: Set(relay.load_percent.into()),
        registered_at: Set(time(relay.registered_at)),
        last_seen: Set(time(relay.last_seen)),
    }
}

pub(super) fn read_relay(row: relay_servers::Model) -> Option<StoredRelay> {
    Some(StoredRelay {
        uris: serde_json::from_str(&row.uris).ok()?,
        peer: row.peer_id.parse().ok()?,
        load_percent: u8::try_from(row.load_percent).unwrap_or(100),
        registered_at: read_time(row.registered_at),
        last_seen: read_time(row.last_seen),
        name: row.name,
        region: row.region,
    })
}

pub(super) fn time(at: UnixMillis) -> i64 {
    i64::try_from(at.0).unwrap_or(i64::MAX)
}

pub(super) fn read_time(millis: i64) -> UnixMillis {
    UnixMillis(u64::try_from(millis).unwrap_or(0))
}
