use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{DataSummary, FavoriteView, ProfileView, RecentPartyView, ServerConfigView, SettingView};

/// What is asked of the stored data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum DataRequest {
    /// All settings with their declarations.
    Settings,
    /// Changes settings; all or none.
    SetSettings {
        /// New values by key.
        #[cfg_attr(feature = "bindings", ts(type = "Record<string, unknown>"))]
        values: BTreeMap<String, Value>,
    },
    /// Changes one setting, given as a person writes it.
    SetText {
        /// Which.
        key: String,
        /// The value.
        text: String,
    },
    /// Gives one setting its default.
    ResetSetting {
        /// Which.
        key: String,
    },
    /// Gives all settings their defaults.
    ResetSettings,
    /// All settings that were chosen, as JSON text.
    ExportSettings,
    /// Takes an export; all or nothing.
    ImportSettings {
        /// The export.
        text: String,
    },
    /// The saved sets of settings.
    ServerConfigs,
    /// Saves the settings as they are now under a name.
    SaveServerConfig {
        /// The name.
        name: String,
    },
    /// Makes a saved set the settings; all or nothing.
    ActivateServerConfig {
        /// Its name.
        name: String,
    },
    /// Deletes a saved set.
    DeleteServerConfig {
        /// Its name.
        name: String,
    },
    /// The favourite control servers.
    Favorites,
    /// Adds or renames a favourite control server.
    SaveFavorite {
        /// Its URL.
        url: String,
        /// What the user calls it.
        name: String,
    },
    /// Removes a favourite.
    DeleteFavorite {
        /// Its URL.
        url: String,
    },
    /// The game profiles.
    Profiles,
    /// Adds or changes a game profile.
    SaveProfile {
        /// The profile.
        profile: ProfileView,
    },
    /// Removes a game profile.
    DeleteProfile {
        /// Its name.
        name: String,
    },
    /// The parties that this device is or was in, the newest first.
    RecentParties,
    /// Puts a party among the favourites, or takes it out.
    SetFavoriteParty {
        /// Its id.
        party: String,
        /// Whether it is one from now on.
        favorite: bool,
    },
    /// Removes a party from the recent ones.
    ForgetParty {
        /// Its id.
        party: String,
    },
    /// Size of the database and its backups.
    Summary,
    /// Checks the database.
    Check,
    /// Backs the database up into a new file.
    BackUp {
        /// The file.
        path: String,
    },
    /// Backs the database up into its own folder of backups.
    BackUpNow,
    /// Restores the database from a backup.
    Restore {
        /// The backup.
        path: String,
    },
}

/// What the stored data answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "answer", content = "content", rename_all = "snake_case")]
pub enum DataAnswer {
    /// Done.
    Done,
    /// Done; whether it takes effect only when LANrage starts again.
    Changed {
        /// Whether it does.
        restart_required: bool,
    },
    /// A text.
    Text(String),
    /// Settings.
    Settings(Vec<SettingView>),
    /// Saved sets of settings.
    ServerConfigs(Vec<ServerConfigView>),
    /// Favourite control servers.
    Favorites(Vec<FavoriteView>),
    /// Game profiles.
    Profiles(Vec<ProfileView>),
    /// Recent parties.
    RecentParties(Vec<RecentPartyView>),
    /// Size and backups.
    Summary(DataSummary),
    /// What is wrong with the database; nothing if it is good.
    Faults(Vec<String>),
}
