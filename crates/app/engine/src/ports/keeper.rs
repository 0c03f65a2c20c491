//! Keeps what has to outlive the program. The decisions say what; this writes it, in the background, in order.

use std::{
    collections::BTreeMap,
    net::SocketAddrV4,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lanrage_base::clock::now;
use lanrage_party::{
    Departure, Invitation, KeptShares, Name, NatResult, PartyId, PartySecret, PeerId, StoredPeer,
    WireGuardPrivateKey, facts::Cause,
};
use lanrage_session::{Kept, SavedMembership, StoreAction};
use lanrage_store::{
    Secret, SecretError, SecretStore, SettingsDatabase, StoreError, StoredMembership, party_key_name,
    party_secret_name, party_shares_name,
};
use tokio::{
    sync::{Notify, oneshot, watch},
    task::spawn_blocking,
    time::timeout,
};
use tracing::warn;

/// Between two tries after the disk refused.
const RETRY: Duration = Duration::from_secs(5);

/// Why something could not be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("not all keys of the party {0} are here")]
    KeysMissing(Name),
}

impl KeepError {
    pub(crate) fn cause(&self) -> Cause {
        match self {
            Self::Store(error) => error.cause(),
            Self::Secret(error) => error.cause(),
            Self::KeysMissing(_) => Cause::Missing,
        }
    }
}

/// What waits to be written. Later words on the same thing replace earlier ones, so it is bounded by the size of
/// a party and nobody ever waits for the disk.
#[derive(Debug, Default)]
struct Waiting {
    parties: BTreeMap<PartyId, PartyWrites>,
    nat: Option<NatResult>,
    nodes: Vec<SocketAddrV4>,
    /// Who waits until all of this is written.
    waiters: Vec<oneshot::Sender<Result<(), Cause>>>,
    closed: bool,
}

#[derive(Debug, Default)]
struct PartyWrites {
    membership: Option<MembershipWrite>,
    /// `None` for a peer that has to go.
    peers: BTreeMap<PeerId, Option<Box<StoredPeer>>>,
    departures: Option<Vec<Departure>>,
}

#[derive(Debug)]
enum MembershipWrite {
    Save { membership: Box<SavedMembership>, host: PeerId, active: bool },
    Forget { sequence: u64 },
}

/// Where the event loop puts what is to be kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keeper {
    waiting: Arc<Mutex<Waiting>>,
    news: Arc<Notify>,
}

impl Keeper {
    /// Takes a word. Never blocks on the disk.
    pub(crate) fn keep(&self, action: StoreAction) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match action {
            StoreAction::SaveMembership { membership, host, active } => {
                let writes = waiting.parties.entry(membership.invitation.party).or_default();
                writes.membership = Some(MembershipWrite::Save { membership, host, active });
            }
            StoreAction::ForgetMembership { party, sequence } => {
                let membership = Some(MembershipWrite::Forget { sequence });
                waiting.parties.insert(party, PartyWrites { membership, ..PartyWrites::default() });
            }
            StoreAction::SaveNat(result) => waiting.nat = Some(result),
            StoreAction::SaveDhtNodes(nodes) => waiting.nodes = nodes,
            StoreAction::SavePeer { party, peer } => {
                waiting.parties.entry(party).or_default().peers.insert(peer.peer, Some(peer));
            }
            StoreAction::SaveDepartures { party, departures } => {
                waiting.parties.entry(party).or_default().departures = Some(departures);
            }
            StoreAction::RemovePeer { party, peer } => {
                waiting.parties.entry(party).or_default().peers.insert(peer, None);
            }
        }
        drop(waiting);
        self.news.notify_one();
    }

    /// Waits until everything that was taken before is written.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub(crate) async fn all_written(&self) -> Result<(), Cause> {
        let (written, told) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).waiters.push(written);
        self.news.notify_one();
        // With the writer ends the engine, and nothing more changes what is stored.
        told.await.unwrap_or(Ok(()))
    }

    /// Nothing more will come; [`run`] ends when all is written.
    pub(crate) fn close(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.news.notify_one();
    }

    fn take(&self) -> Waiting {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let closed = waiting.closed;
        std::mem::replace(&mut *waiting, Waiting { closed, ..Waiting::default() })
    }

    /// Puts back what could not be written, unless something newer waits already.
    fn put_back(&self, failed: BTreeMap<PartyId, PartyWrites>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for (party, writes) in failed {
            let newer = waiting.parties.entry(party).or_default();
            if matches!(newer.membership, Some(MembershipWrite::Forget { .. })) {
                continue;
            }
            newer.membership = newer.membership.take().or(writes.membership);
            newer.departures = newer.departures.take().or(writes.departures);
            for (peer, write) in writes.peers {
                newer.peers.entry(peer).or_insert(write);
            }
        }
    }
}

/// Writes what the keeper takes, until it is closed and everything is written, or the disk refuses to the last.
/// `trouble` holds why nothing can be written, while that is so.
pub(crate) async fn run(
    keeper: Keeper,
    database: Arc<SettingsDatabase>,
    secrets: Arc<dyn SecretStore>,
    own: PeerId,
    trouble: watch::Sender<Option<Cause>>,
) {
    loop {
        let Waiting { parties, nat, nodes, waiters, closed } = keeper.take();
        if let Some(result) = nat
            && let Err(error) = database.save_nat_result(&result).await
        {
            // It is measured again soon.
            warn!(%error, "what was measured of the network could not be kept");
        }
        if let Err(error) = database.save_dht_nodes(&nodes, now().wall).await {
            // They are told again soon.
            warn!(%error, "nodes of the DHT could not be kept");
        }
        let mut failed = BTreeMap::new();
        let mut reason = None;
        for (party, writes) in parties {
            if let Err(error) = write(party, &writes, &database, &secrets, own).await {
                warn!(%error, "what changed could not be kept");
                reason = Some(error.cause());
                failed.insert(party, writes);
            }
        }
        let is_in_trouble = reason.is_some();
        for waiter in waiters {
            // One who does not wait any more needs no answer.
            let _ = waiter.send(reason.clone().map_or(Ok(()), Err));
        }
        trouble.send_if_modified(|before| {
            let changed = *before != reason;
            *before = reason;
            changed
        });
        keeper.put_back(failed);
        if closed {
            return;
        }
        if is_in_trouble {
            let _ = timeout(RETRY, keeper.news.notified()).await;
        } else {
            keeper.news.notified().await;
        }
    }
}

async fn write(
    party: PartyId,
    writes: &PartyWrites,
    database: &SettingsDatabase,
    secrets: &Arc<dyn SecretStore>,
    own: PeerId,
) -> Result<(), KeepError> {
    match &writes.membership {
        // Secrets first: a membership without its keys would be a promise that the next start cannot hold.
        Some(MembershipWrite::Save { membership, host, active }) => {
            save_secrets(membership, secrets).await?;
            database.save_membership(&to_stored(membership, *host, *active, own)).await?;
        }
        Some(MembershipWrite::Forget { sequence }) => {
            forget_secrets(party, secrets).await?;
            database.leave_membership(&party, *sequence, now().wall).await?;
        }
        None => {}
    }
    for (id, peer) in &writes.peers {
        match peer {
            Some(peer) => database.save_peer(&party, peer).await?,
            None => database.remove_peer(&party, id).await?,
        }
    }
    if let Some(departures) = &writes.departures {
        database.save_departures(&party, departures).await?;
    }
    Ok(())
}

async fn save_secrets(membership: &SavedMembership, secrets: &Arc<dyn SecretStore>) -> Result<(), KeepError> {
    let party = membership.invitation.party;
    let shares = KeptShares {
        in_force: membership.invitation.shares.clone(),
        spare: membership.spare_shares.clone(),
        former: membership.former.clone(),
    };
    // A party in which nobody was removed has none.
    let shares = (!shares.is_empty()).then(|| (party_shares_name(&party), Secret::new(shares.to_bytes())));
    let pairs = [
        (party_secret_name(&party), Secret::new(membership.invitation.secret.expose().to_vec())),
        (party_key_name(&party), Secret::new(membership.private_key.expose().to_vec())),
    ];
    with_secrets(secrets, move |secrets| {
        for (name, secret) in pairs.iter().chain(&shares) {
            // They seldom change within a membership; writing the same again would cost a flush each.
            if secrets.get(name)?.as_ref() != Some(secret) {
                secrets.set(name, secret)?;
            }
        }
        Ok(())
    })
    .await?;
    Ok(())
}

async fn forget_secrets(party: PartyId, secrets: &Arc<dyn SecretStore>) -> Result<(), KeepError> {
    with_secrets(secrets, move |secrets| {
        secrets.delete(&party_secret_name(&party))?;
        secrets.delete(&party_shares_name(&party))?;
        secrets.delete(&party_key_name(&party))
    })
    .await?;
    Ok(())
}

/// Secret stores block.
async fn with_secrets<T: Send + 'static>(
    secrets: &Arc<dyn SecretStore>,
    work: impl FnOnce(&dyn SecretStore) -> Result<T, SecretError> + Send + 'static,
) -> Result<T, SecretError> {
    let secrets = Arc::clone(secrets);
    match spawn_blocking(move || work(secrets.as_ref())).await {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

fn to_stored(membership: &SavedMembership, host: PeerId, active: bool, own: PeerId) -> StoredMembership {
    let invitation = &membership.invitation;
    StoredMembership {
        party: invitation.party,
        name: invitation.name.clone(),
        host,
        founder: invitation.host,
        rulings: membership.rulings.clone(),
        voice_link: membership.voice_link.clone(),
        is_host: host == own,
        subnet: invitation.subnet,
        control: invitation.control.clone(),
        server: invitation.server,
        epoch: invitation.epoch,
        expires_at: invitation.expires_at,
        virtual_ip: membership.virtual_ip,
        sequence: membership.sequence,
        created_at: membership.created_at,
        last_active_at: now().wall,
        left_at: None,
        is_active: active,
    }
}

/// The membership that was active, or that of a named party. `None` if there is none.
pub(crate) async fn load(
    database: &SettingsDatabase,
    secrets: &Arc<dyn SecretStore>,
    party: Option<PartyId>,
) -> Result<Option<Kept>, KeepError> {
    let stored = match &party {
        None => database.active_membership().await?,
        Some(party) => database.membership(party).await?.filter(|stored| stored.left_at.is_none()),
    };
    let Some(stored) = stored else { return Ok(None) };
    let party = stored.party;
    let keys = with_secrets(secrets, move |secrets| {
        let shares = match secrets.get(&party_shares_name(&party)) {
            // Members tell them again.
            Err(SecretError::Missing { .. }) => None,
            shares => shares?,
        };
        Ok((secrets.get(&party_secret_name(&party))?, secrets.get(&party_key_name(&party))?, shares))
    })
    .await;
    let (secret, key, shares) = match keys {
        Err(SecretError::Missing { .. }) => (None, None, None),
        keys => keys?,
    };
    let shares = shares.and_then(|shares| KeptShares::from_bytes(shares.expose())).unwrap_or_default();
    let bytes = |secret: Option<Secret>| secret.and_then(|secret| secret.expose().try_into().ok());
    let (Some(secret), Some(key)) = (bytes(secret), bytes(key)) else {
        return Err(KeepError::KeysMissing(stored.name));
    };
    let membership = SavedMembership {
        invitation: Invitation {
            shares: shares.in_force,
            ..stored.invitation(PartySecret::from_random(secret))
        },
        private_key: WireGuardPrivateKey::from_random(key),
        virtual_ip: stored.virtual_ip,
        created_at: stored.created_at,
        sequence: stored.sequence,
        rulings: stored.rulings,
        voice_link: stored.voice_link,
        spare_shares: shares.spare,
        former: shares.former,
    };
    let (peers, departures) = (database.roster(&party).await?, database.departures(&party).await?);
    Ok(Some(Kept { membership, host: stored.host, peers, departures }))
}

#[cfg(test)]
mod tests;
