//! What each part is to know of the stored settings.

use lanrage_log::LogLevel;
use lanrage_session::Settings;
use lanrage_store::{Config, KeepInTray, Language, LogLevel as StoredLevel, Theme};

/// The settings of the program that hosts the engine: its window, its tray and what it tells unasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSettings {
    /// Whether it starts with the computer.
    pub autostart: bool,
    /// Whether it tells of friends and connections while its window is not in front.
    pub notifications: bool,
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
            keep_in_tray: config.keep_in_tray,
            language: config.language.clone(),
            theme: config.theme,
        }
    }
}

/// What the session is to know of the settings.
pub(crate) fn session_settings(config: &Config) -> Settings {
    Settings {
        player_name: config.player_name.clone(),
        server: config.control_server.clone(),
        stun_servers: config.stun_servers.servers().to_vec(),
        quality_thresholds: config.quality_thresholds(),
        default_subnet: config.default_subnet,
        relay_only: config.relay_only,
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
