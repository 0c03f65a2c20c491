//! What a player keeps at hand: favourite servers, and parties of before.

use std::{collections::BTreeSet, time::Duration};

use lanrage_base::clock::now;
use lanrage_party::{Name, PartyId, UnixMillis};
use lanrage_store::{
    FavoriteServer, SecretError, StoredMembership, party_key_name, party_secret_name, party_shares_name,
};
use tokio::time::timeout;

use super::{
    AskStored, DeleteFavorite, FavoriteView, Favorites, ForgetParty, RecentParties, RecentPartyView,
    SaveFavorite, SetFavoriteParty, Stored, StoredError, parse,
};
use crate::{CommandError, Handle, handle::Command};

/// How long a list of parties waits for the keyring.
const KEYRING_PATIENCE: Duration = Duration::from_secs(2);

impl AskStored for Favorites {
    async fn answer_from(
        self,
        Stored { database, .. }: &Stored,
        _: UnixMillis,
    ) -> Result<Vec<FavoriteView>, StoredError> {
        Ok(database.favorite_servers().await?.into_iter().map(Into::into).collect())
    }
}

impl AskStored for SaveFavorite {
    async fn answer_from(self, Stored { database, .. }: &Stored, now: UnixMillis) -> Result<(), StoredError> {
        let url = parse::server(&self.url)?;
        let name = if self.name.is_empty() {
            Name::lossy(url.url().host_str().unwrap_or_default(), "Server")
        } else {
            parse::name(&self.name)?
        };
        let favorite = FavoriteServer { url, name, added_at: now, last_used_at: None };
        Ok(database.save_favorite_server(&favorite).await?)
    }
}

impl AskStored for DeleteFavorite {
    async fn answer_from(self, Stored { database, .. }: &Stored, _: UnixMillis) -> Result<(), StoredError> {
        let url = parse::server(&self.url).ok();
        let is_meant = |favorite: &FavoriteServer| {
            Some(&favorite.url) == url.as_ref() || favorite.name.as_str() == self.url
        };
        let known = database.favorite_servers().await?.into_iter().find(is_meant);
        let known = known.ok_or_else(|| CommandError::UnknownFavorite { name: self.url.clone() })?;
        Ok(database.delete_favorite_server(&known.url).await?)
    }
}

impl AskStored for RecentParties {
    async fn answer_from(self, stored: &Stored, _: UnixMillis) -> Result<Vec<RecentPartyView>, StoredError> {
        let favorites = stored.database.favorite_parties().await?;
        let parties = stored.database.recent_parties().await?;
        let missing = without_keys(stored, &parties).await;
        let mut views = Vec::with_capacity(parties.len());
        for party in parties {
            let (is_favorite, keys_missing) =
                (favorites.contains(&party.party), missing.contains(&party.party));
            let roster = stored.database.roster(&party.party).await?;
            views.push(RecentPartyView::new(party, is_favorite, keys_missing, &roster));
        }
        Ok(views)
    }
}

/// The parties of which this device is still a member, but has not all keys: the database came from elsewhere, or the
/// keyring was emptied. Where the keyring does not answer at once, nothing is said to be missing.
pub(super) async fn without_keys(stored: &Stored, parties: &[StoredMembership]) -> BTreeSet<PartyId> {
    let members = parties.iter().filter(|known| known.left_at.is_none());
    let members: Vec<PartyId> = members.map(|known| known.party).collect();
    if members.is_empty() {
        return BTreeSet::new();
    }
    let looked = stored.with_secrets(move |secrets| {
        let is_missing = |name: String| match secrets.get(&name) {
            Ok(secret) => secret.is_none(),
            Err(error) => matches!(error, SecretError::Missing { .. } | SecretError::Damaged { .. }),
        };
        let lacks =
            |party: &PartyId| is_missing(party_secret_name(party)) || is_missing(party_key_name(party));
        Ok(members.into_iter().filter(lacks).collect())
    });
    match timeout(KEYRING_PATIENCE, looked).await {
        Ok(Ok(missing)) => missing,
        Ok(Err(_)) | Err(_) => BTreeSet::new(),
    }
}

impl AskStored for SetFavoriteParty {
    async fn answer_from(self, Stored { database, .. }: &Stored, now: UnixMillis) -> Result<(), StoredError> {
        Ok(database.set_favorite_party(&parse::party(&self.party)?, self.favorite, now).await?)
    }
}

impl AskStored for ForgetParty {
    async fn answer_from(self, stored: &Stored, _: UnixMillis) -> Result<(), StoredError> {
        let party = parse::party(&self.party)?;
        // Keys first: what is left without them is of no use to anybody.
        stored
            .with_secrets(move |secrets| {
                secrets.delete(&party_secret_name(&party))?;
                secrets.delete(&party_shares_name(&party))?;
                secrets.delete(&party_key_name(&party))
            })
            .await?;
        Ok(stored.database.forget(&party).await?)
    }

    /// Only the one in which this device is now cannot be forgotten. What waits to be kept of it is kept before, or it
    /// would bring the party back.
    async fn answer_running(self, handle: &Handle) -> Result<(), CommandError> {
        let party = parse::party(&self.party)?;
        handle.command(|answer| Command::CheckAway { party, answer }).await?;
        handle.all_kept().await?;
        Ok(self.answer_from(handle.stored(), now().wall).await?)
    }
}
