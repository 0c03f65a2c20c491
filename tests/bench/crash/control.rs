//! The ledger in `control_state.json`.

use anyhow::{Context, Result, ensure};
use lanrage_control::{
    registry::{StoredChange, StoredParty, StoredPeer},
    state::ControlState,
};
use lanrage_link::persist::StatePersister;
use lanrage_party::{Name, NatType, Subnet, UnixMillis};
use lanrage_store::DataDir;

use crate::{
    change::{Content, MEMBERS, member},
    database::{NOW, friend, party_id, record},
};

const PARTY: u8 = 0;

/// Opens the file; one that is damaged is an error.
pub(crate) fn open(folder: &DataDir) -> Result<(StatePersister, Content)> {
    let (persister, loaded) = StatePersister::open(&folder.path().join("control_state.json"), NOW)?;
    ensure!(loaded.report.damaged.is_empty(), "the control state was damaged: {:?}", loaded.report);
    Ok((persister, loaded.state.as_ref().map(read).transpose()?.unwrap_or_default()))
}

/// Makes a change; it is durable when this returns.
pub(crate) async fn make(persister: &StatePersister, number: u64) -> Result<()> {
    let peer = friend(member(number));
    persister.queue().queue([
        StoredChange::PutParty(StoredParty {
            party: party_id(PARTY),
            name: Name::new("Party")?,
            subnet: Subnet::DEFAULT,
            host: friend(0).peer_id(),
            created_at: NOW,
            active_at: NOW,
            revision: number,
            door: None,
        }),
        StoredChange::PutPeer(StoredPeer {
            party: party_id(PARTY),
            peer: peer.peer_id(),
            record: record(PARTY, member(number))?,
            nat_type: NatType::Unknown,
            joined_at: NOW,
            last_seen: UnixMillis(number),
        }),
    ]);
    Ok(persister.flush().await?)
}

fn read(state: &ControlState) -> Result<Content> {
    let mut content = Content::new();
    for party in state.parties() {
        content.insert("revision".into(), party.revision);
    }
    for peer in state.peers() {
        let known =
            (0..MEMBERS).find(|number| friend(*number).peer_id() == peer.peer).context("a stranger")?;
        content.insert(format!("member {known}"), peer.last_seen.0);
    }
    Ok(content)
}
