//! The database, `lanrage.db`.

use anyhow::{Context, Result, ensure};
use lanrage_party::{
    DeviceIdentity, Name, NatType, PartyId, PartySecret, PeerId, PeerRecord, SignedRecord, Subnet,
    UnixMillis, VirtualIp, WireGuardKey,
};
use lanrage_store::{Config, DataDir, FavoriteServer, SettingsDatabase, StoredMembership, StoredPeer};
use serde_json::{Value, json};

use crate::change::{Change, Content, FRIENDS, PARTIES, friend_entry};

/// Nothing here depends on the time, so it stands still.
pub(crate) const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

/// Opens the database; an integrity that is not good is an error.
pub(crate) async fn open(folder: &DataDir) -> Result<SettingsDatabase> {
    let (database, report) = SettingsDatabase::open(folder, NOW).await?;
    ensure!(report.damage.is_none(), "the database was damaged: {report:?}");
    let integrity = database.validate_database_integrity().await?;
    ensure!(integrity.is_good(), "the integrity is not good: {:?}", integrity.faults);
    Ok(database)
}

/// Makes a change; it is durable when this returns.
pub(crate) async fn make(database: &SettingsDatabase, change: Change) -> Result<()> {
    match change {
        Change::Port(number) => {
            set(database, "udp_port", json!(number)).await?;
        }
        Change::PlayerName(number) => {
            set(database, "player_name", json!(format!("Player {number}"))).await?;
        }
        Change::Enter { party, number } => database.save_membership(&membership(party, number)?).await?,
        Change::Leave { party, number } => {
            database.leave_membership(&party_id(party), number.into(), NOW).await?;
        }
        Change::MeetFriend { party, friend, number } => {
            database.save_peer(&party_id(party), &stored_peer(party, friend, number)?).await?;
        }
        Change::RemoveFriend { party, friend } => {
            database.remove_peer(&party_id(party), &friend_id(friend)).await?;
        }
        Change::SaveFavourite { favourite, number } => {
            let server = FavoriteServer {
                url: format!("wss://{favourite}.example").parse()?,
                name: Name::new(&format!("Server {number}"))?,
                added_at: NOW,
                last_used_at: None,
            };
            database.save_favorite_server(&server).await?;
        }
        Change::DeleteFavourite { favourite } => {
            database.delete_favorite_server(&format!("wss://{favourite}.example").parse()?).await?;
        }
    }
    Ok(())
}

/// Everything that the changes have left.
pub(crate) async fn read(database: &SettingsDatabase) -> Result<Content> {
    let mut content = Content::new();
    let (config, refused) = Config::repaired(&database.get_all_settings().await?);
    ensure!(refused.is_empty(), "settings are refused: {refused:?}");
    if config.udp_port != 0 {
        content.insert("port".into(), config.udp_port.into());
    }
    if let Some(name) = config.player_name {
        content.insert("player name".into(), number_after("Player ", name.as_str())?);
    }
    let active = database.active_membership().await?;
    for party in 0..PARTIES {
        let Some(stored) = database.membership(&party_id(party)).await? else { continue };
        content.insert(format!("party {party}"), stored.sequence);
        ensure!(stored.is_active == (active.as_ref() == Some(&stored)), "two parties are active");
        if stored.is_active {
            content.insert("active".into(), party.into());
        }
        if stored.left_at.is_some() {
            content.insert(format!("left {party}"), 1);
        }
        for peer in database.roster(&stored.party).await? {
            let friend = (0..FRIENDS).find(|friend| friend_id(*friend) == peer.peer).context("a stranger")?;
            let port = peer.last_endpoint.context("no endpoint")?.port();
            ensure!(peer.last_seen == Some(UnixMillis(port.into())), "half a friend: {peer:?}");
            content.insert(friend_entry(party, friend), port.into());
        }
    }
    for server in database.favorite_servers().await? {
        let url = server.url.to_string();
        let favourite = url.trim_start_matches("wss://").split('.').next().unwrap_or_default();
        content.insert(format!("favourite {favourite}"), number_after("Server ", server.name.as_str())?);
    }
    Ok(content)
}

fn number_after(words: &str, text: &str) -> Result<u64> {
    Ok(text.strip_prefix(words).with_context(|| format!("`{text}` was never written"))?.parse()?)
}

pub(crate) fn party_id(party: u8) -> PartyId {
    PartyId::from_random([party + 1; 16])
}

pub(crate) fn friend(friend: u8) -> DeviceIdentity {
    DeviceIdentity::from_seed(&[friend + 1; 32])
}

async fn set(database: &SettingsDatabase, key: &str, value: Value) -> Result<()> {
    database.set_settings(&[(key.to_owned(), value)].into(), NOW).await?;
    Ok(())
}

fn friend_id(number: u8) -> PeerId {
    friend(number).peer_id()
}

fn membership(party: u8, number: u16) -> Result<StoredMembership> {
    let [high, low] = number.to_be_bytes();
    Ok(StoredMembership {
        party: party_id(party),
        name: Name::new(&format!("Party {party}"))?,
        host: friend_id(0),
        founder: friend_id(0),
        rulings: Vec::new(),
        voice_link: None,
        is_host: false,
        subnet: Subnet::DEFAULT,
        control: vec!["wss://play.example".parse()?],
        server: None,
        epoch: 1,
        expires_at: None,
        virtual_ip: VirtualIp([10, 66, high, low].into()),
        sequence: number.into(),
        created_at: NOW,
        last_active_at: NOW,
        left_at: None,
        is_active: true,
    })
}

fn stored_peer(party: u8, number: u8, value: u16) -> Result<StoredPeer> {
    Ok(StoredPeer {
        peer: friend_id(number),
        record: record(party, number)?,
        nat_type: NatType::PortRestrictedCone,
        joined_at: NOW,
        last_endpoint: Some(([192, 0, 2, 1], value).into()),
        last_seen: Some(UnixMillis(value.into())),
    })
}

/// What a friend says of itself in a party.
pub(crate) fn record(party: u8, number: u8) -> Result<SignedRecord> {
    let identity = friend(number);
    let record = PeerRecord {
        party: party_id(party),
        identity: identity.public(),
        wireguard_key: WireGuardKey::from_bytes([number; 32]),
        virtual_ip: VirtualIp([10, 66, 0, number + 2].into()),
        name: Name::new("Friend")?,
        protocol: 1,
        epoch: 1,
        sequence: 1,
    };
    Ok(record.sign(&identity, &PartySecret::from_random([9; 32])))
}
