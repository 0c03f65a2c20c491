//! What a user asks of the stored data: settings, saved sets of them, favourites, profiles, recent parties,
//! backups. The window, the terminal and other programs all ask in these words.

mod error;
mod message;
mod views;

use std::{collections::BTreeMap, path::Path};

use lanrage_base::clock::now;
use lanrage_party::{ControlEndpoint, Name, PartyId};
use lanrage_store::{
    Config, FavoriteServer, GameProfile, SettingsChange, SettingsDatabase, StoredMembership,
};

pub(crate) use error::DataError;
pub use message::{DataAnswer, DataRequest};
pub use views::{
    BackupView, DataSummary, FavoriteView, PortRangeView, ProfileView, RecentPartyView, ServerConfigView,
    SettingView,
};

use crate::CommandError;

/// Carries out one request.
pub(crate) async fn execute(
    database: &SettingsDatabase,
    request: DataRequest,
) -> Result<DataAnswer, DataError> {
    let wall = now().wall;
    Ok(match request {
        DataRequest::Settings => DataAnswer::Settings(settings(database).await?),
        DataRequest::SetSettings { values } => {
            change(database.set_settings(&values.into_iter().collect(), wall).await?)
        }
        DataRequest::SetText { key, text } => {
            let declaration = Config::declaration(&key)
                .ok_or_else(|| CommandError::new("unknown_setting", format!("There is no setting {key}.")))?;
            let value = declaration.parse(&text).map_err(lanrage_store::StoreError::from)?;
            change(database.set_settings(&BTreeMap::from([(key, value)]), wall).await?)
        }
        DataRequest::ResetSetting { key } => change(database.reset_setting(&key).await?),
        DataRequest::ResetSettings => change(database.reset_settings().await?),
        DataRequest::ExportSettings => DataAnswer::Text(database.export_settings().await?),
        DataRequest::ImportSettings { text } => change(database.import_settings(&text, wall).await?.change),
        DataRequest::ServerConfigs => {
            DataAnswer::ServerConfigs(database.server_configs().await?.into_iter().map(Into::into).collect())
        }
        DataRequest::SaveServerConfig { name } => {
            let current = database.get_all_settings().await?;
            database.save_server_config(&parse_name(&name)?, &current, wall).await?;
            DataAnswer::Done
        }
        DataRequest::ActivateServerConfig { name } => {
            change(database.activate_server_config(&parse_name(&name)?, wall).await?)
        }
        DataRequest::DeleteServerConfig { name } => {
            database.delete_server_config(&parse_name(&name)?).await?;
            DataAnswer::Done
        }
        DataRequest::Favorites => {
            DataAnswer::Favorites(database.favorite_servers().await?.into_iter().map(Into::into).collect())
        }
        DataRequest::SaveFavorite { url, name } => {
            let favorite = FavoriteServer {
                url: parse_url(&url)?,
                name: parse_name(&name)?,
                added_at: wall,
                last_used_at: None,
            };
            database.save_favorite_server(&favorite).await?;
            DataAnswer::Done
        }
        DataRequest::DeleteFavorite { url } => {
            database.delete_favorite_server(&parse_url(&url)?).await?;
            DataAnswer::Done
        }
        DataRequest::Profiles => {
            DataAnswer::Profiles(database.game_profiles().await?.into_iter().map(Into::into).collect())
        }
        DataRequest::SaveProfile { profile } => {
            database.save_game_profile(&GameProfile::try_from(profile)?, wall).await?;
            DataAnswer::Done
        }
        DataRequest::DeleteProfile { name } => {
            database.delete_game_profile(&parse_name(&name)?).await?;
            DataAnswer::Done
        }
        DataRequest::RecentParties => {
            let favorites = database.favorite_parties().await?;
            let parties = database.recent_parties().await?.into_iter();
            let view = |party: StoredMembership| {
                let is_favorite = favorites.contains(&party.party);
                RecentPartyView::new(party, is_favorite)
            };
            DataAnswer::RecentParties(parties.map(view).collect())
        }
        DataRequest::SetFavoriteParty { party, favorite } => {
            database.set_favorite_party(&parse_party(&party)?, favorite, wall).await?;
            DataAnswer::Done
        }
        DataRequest::ForgetParty { party } => {
            let party = parse_party(&party)?;
            if database.membership(&party).await?.is_some_and(|known| known.left_at.is_none()) {
                let text = "You are still a member of this party; enter it and leave it first.";
                return Err(CommandError::new("still_a_member", text).into());
            }
            database.forget(&party).await?;
            DataAnswer::Done
        }
        DataRequest::Summary => DataAnswer::Summary(summary(database).await?),
        DataRequest::Check => DataAnswer::Faults(database.validate_database_integrity().await?.faults),
        DataRequest::BackUp { path } => {
            database.backup_database(Path::new(&path)).await?;
            DataAnswer::Done
        }
        DataRequest::BackUpNow => {
            database.back_up_now(wall).await?;
            DataAnswer::Summary(summary(database).await?)
        }
        DataRequest::Restore { path } => {
            database.restore(Path::new(&path), wall).await?;
            DataAnswer::Changed { restart_required: true }
        }
    })
}

fn change(change: SettingsChange) -> DataAnswer {
    DataAnswer::Changed { restart_required: change.restart_required }
}

async fn settings(database: &SettingsDatabase) -> Result<Vec<SettingView>, DataError> {
    let stored = database.get_all_settings().await?;
    let (_, faults) = Config::repaired(&stored);
    Ok(Config::declarations().iter().map(|declared| SettingView::new(declared, &stored, &faults)).collect())
}

async fn summary(database: &SettingsDatabase) -> Result<DataSummary, DataError> {
    let backups = database.backups(now().wall).await?;
    Ok(DataSummary {
        size_bytes: database.get_database_size().await?,
        backups: backups.into_iter().map(Into::into).collect(),
    })
}

pub(crate) fn parse_name(text: &str) -> Result<Name, CommandError> {
    Name::new(text).map_err(|error| CommandError::new("bad_name", error.to_string()))
}

pub(crate) fn parse_party(text: &str) -> Result<PartyId, CommandError> {
    text.parse().map_err(|_| CommandError::new("bad_party_id", "This is no party's id."))
}

fn parse_url(text: &str) -> Result<ControlEndpoint, CommandError> {
    text.parse()
        .map_err(|error: lanrage_party::InvitationError| CommandError::new("bad_server", error.to_string()))
}
