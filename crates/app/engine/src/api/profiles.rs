//! What is known of games.

use lanrage_party::UnixMillis;
use lanrage_store::GameProfile;

use super::{AskStored, DeleteProfile, ProfileView, Profiles, SaveProfile, Stored, StoredError, parse};

impl AskStored for Profiles {
    async fn answer_from(
        self,
        Stored { database, .. }: &Stored,
        _: UnixMillis,
    ) -> Result<Vec<ProfileView>, StoredError> {
        Ok(database.game_profiles().await?.into_iter().map(Into::into).collect())
    }
}

impl AskStored for SaveProfile {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(self, Stored { database, .. }: &Stored, now: UnixMillis) -> Result<(), StoredError> {
        let keeps_extra = self.profile.extra.is_none();
        let mut profile = GameProfile::try_from(self.profile)?;
        let known = database.game_profiles().await?.into_iter().find(|known| known.name == profile.name);
        if let Some(known) = known {
            // What this form of a profile does not say stays as it is.
            let GameProfile { name, executables, ports, extra, .. } = profile;
            let extra = if keeps_extra { known.extra.clone() } else { extra };
            profile = GameProfile { name, executables, ports, extra, ..known };
        }
        Ok(database.save_game_profile(&profile, now).await?)
    }
}

impl AskStored for DeleteProfile {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(self, Stored { database, .. }: &Stored, _: UnixMillis) -> Result<(), StoredError> {
        Ok(database.delete_game_profile(&parse::name(&self.name)?).await?)
    }
}
