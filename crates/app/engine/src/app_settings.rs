use lanrage_store::{Config, KeepInTray, Language, Theme};

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
