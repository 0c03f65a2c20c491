//! What a player keeps at hand: favourite servers, and parties of before.

use lanrage_party::UnixMillis;
use lanrage_store::{FavoriteServer, SettingsDatabase, StoredMembership};

use super::{
    AskStored, DeleteFavorite, FavoriteView, Favorites, ForgetParty, RecentParties, RecentPartyView,
    SaveFavorite, SetFavoriteParty, StoredError, parse,
};
use crate::CommandError;

impl AskStored for Favorites {
    async fn answer_from(
        self,
        database: &SettingsDatabase,
        _: UnixMillis,
    ) -> Result<Vec<FavoriteView>, StoredError> {
        Ok(database.favorite_servers().await?.into_iter().map(Into::into).collect())
    }
}

impl AskStored for SaveFavorite {
    async fn answer_from(self, database: &SettingsDatabase, now: UnixMillis) -> Result<(), StoredError> {
        let (url, name) = (parse::server(&self.url)?, parse::name(&self.name)?);
        let favorite = FavoriteServer { url, name, added_at: now, last_used_at: None };
        Ok(database.save_favorite_server(&favorite).await?)
    }
}

impl AskStored for DeleteFavorite {
    async fn answer_from(self, database: &SettingsDatabase, _: UnixMillis) -> Result<(), StoredError> {
        Ok(database.delete_favorite_server(&parse::server(&self.url)?).await?)
    }
}

impl AskStored for RecentParties {
    async fn answer_from(
        self,
        database: &SettingsDatabase,
        _: UnixMillis,
    ) -> Result<Vec<RecentPartyView>, StoredError> {
        let favorites = database.favorite_parties().await?;
        let view = |party: StoredMembership| {
            let is_favorite = favorites.contains(&party.party);
            RecentPartyView::new(party, is_favorite)
        };
        Ok(database.recent_parties().await?.into_iter().map(view).collect())
    }
}

impl AskStored for SetFavoriteParty {
    async fn answer_from(self, database: &SettingsDatabase, now: UnixMillis) -> Result<(), StoredError> {
        Ok(database.set_favorite_party(&parse::party(&self.party)?, self.favorite, now).await?)
    }
}

impl AskStored for ForgetParty {
    async fn answer_from(self, database: &SettingsDatabase, _: UnixMillis) -> Result<(), StoredError> {
        let party = parse::party(&self.party)?;
        if database.membership(&party).await?.is_some_and(|known| known.left_at.is_none()) {
            return Err(CommandError::StillAMember.into());
        }
        Ok(database.forget(&party).await?)
    }
}
