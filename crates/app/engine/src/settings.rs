//! What each part is to know of the stored settings.

pub(crate) mod server_key;

use lanrage_log::LogLevel;
use lanrage_party::{AccessKey, ControlEndpoint, ForwardLimits, Name};
use lanrage_session::Settings;
use lanrage_shield::Rules;
use lanrage_store::{Config, FindFriends, KeepInTray, Language, LogLevel as StoredLevel, Theme};

/// The settings of the program that hosts the engine: its window, its tray and what it tells unasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSettings {
    /// Whether it starts with the computer.
    pub autostart: bool,
    /// Whether it tells of friends and connections while its window is not in front.
    pub notifications: bool,
    /// Whether it looks for newer versions of itself.
    pub check_updates: bool,
    /// What closing the window does while there is a party.
    pub keep_in_tray: KeepInTray,
    /// In which language it speaks.
    pub language: Language,
    /// In which colours it shows itself.
    pub theme: Theme,
}

impl From<&Config> for AppSettings {
    fn from(config: &Config) -> Self {
        Self {
            autostart: config.autostart,
            notifications: config.notifications,
            check_updates: config.check_updates,
            keep_in_tray: config.keep_in_tray,
            language: config.language.clone(),
            theme: config.theme,
        }
    }
}

/// What this run was started with in place of stored settings. Each holds until the setting itself is changed: whoever
/// does that wants it now.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    player_name: Override<String, Name>,
    control: Override<ControlEndpoint, ControlEndpoint>,
}

/// A value in place of a setting, and what the setting was then.
#[derive(Debug)]
struct Override<T, S> {
    given: Option<T>,
    stored: Option<S>,
}

impl<T, S> Default for Override<T, S> {
    fn default() -> Self {
        Self { given: None, stored: None }
    }
}

impl<T, S: PartialEq> Override<T, S> {
    /// The value, while it holds.
    fn value(&mut self, stored: Option<&S>) -> Option<&T> {
        if stored != self.stored.as_ref() {
            self.given = None;
        }
        self.given.as_ref()
    }
}

impl Overrides {
    /// What the options of a start name, beside the settings of that time.
    pub(crate) fn new(
        player_name: Option<String>,
        control: Option<ControlEndpoint>,
        config: &Config,
    ) -> Self {
        Self {
            player_name: Override { given: player_name, stored: config.player_name.clone() },
            control: Override { given: control, stored: config.control_server.clone() },
        }
    }

    /// What the session is to know of the settings.
    pub(crate) fn session_settings(
        &mut self,
        config: &Config,
        server_key: Option<AccessKey>,
        shield: Rules,
    ) -> Settings {
        let given = self.player_name.value(config.player_name.as_ref()).map(String::as_str);
        Settings {
            player_name: player_name(given, config),
            server: self
                .control
                .value(config.control_server.as_ref())
                .cloned()
                .or_else(|| config.control_server.clone()),
            server_key,
            ..session_settings(config, shield)
        }
    }
}

/// The name that friends see: the one that was given, else the setting's, else the account's.
fn player_name(given: Option<&str>, config: &Config) -> Name {
    let account = ["USER", "USERNAME"].iter().find_map(|key| std::env::var(key).ok());
    let stored = config.player_name.as_ref().map(Name::as_str);
    Name::lossy(given.or(stored).or(account.as_deref()).unwrap_or_default(), "Player")
}

/// What the session is to know of the settings where nothing was given in place of one.
pub(crate) fn session_settings(config: &Config, shield: Rules) -> Settings {
    Settings {
        player_name: player_name(None, config),
        server: config.control_server.clone(),
        server_key: None,
        stun_servers: config.stun_servers.servers().to_vec(),
        quality_thresholds: config.quality_thresholds(),
        default_subnet: config.default_subnet,
        relay_only: config.relay_only,
        sends_twice: config.send_twice,
        uses_rendezvous: config.find_friends == FindFriends::Dht,
        forward_limits: forward_limits(config),
        shares_games: config.share_games,
        shield,
    }
}

/// How much is passed on for friends.
fn forward_limits(config: &Config) -> ForwardLimits {
    if config.relay_for_friends {
        ForwardLimits {
            pair_kbits: config.relay_pair_kbits.into(),
            total_kbits: config.relay_total_kbits.into(),
        }
    } else {
        ForwardLimits::NOTHING
    }
}

/// The level that the setting `log_level` names.
pub(crate) const fn log_level(setting: StoredLevel) -> LogLevel {
    match setting {
        StoredLevel::Error => LogLevel::Error,
        StoredLevel::Warn => LogLevel::Warn,
        StoredLevel::Info => LogLevel::Info,
        StoredLevel::Debug => LogLevel::Debug,
        StoredLevel::Trace => LogLevel::Trace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_in_the_settings_is_the_level_of_the_same_word() {
        use StoredLevel::{Debug, Error, Info, Trace, Warn};
        for setting in [Error, Warn, Info, Debug, Trace] {
            assert_eq!(log_level(setting).to_string(), setting.as_str());
        }
    }
}
