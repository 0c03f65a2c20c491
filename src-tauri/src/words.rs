//! What the program says outside its window, in the languages that the window speaks.

use std::env;

use lanrage_engine::Language;

/// A language that the program speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tongue {
    English,
    German,
}

impl Tongue {
    /// The language of a setting, on this system.
    pub(crate) fn of(setting: Language) -> Self {
        match setting {
            Language::English => Self::English,
            Language::German => Self::German,
            // The order in which POSIX systems look, each of them only if it is not empty; Windows has none.
            Language::System => ["LC_ALL", "LC_MESSAGES", "LANG"]
                .iter()
                .find_map(|key| env::var(key).ok().filter(|locale| !locale.is_empty()))
                .map_or(Self::English, |locale| Self::of_locale(&locale)),
        }
    }

    fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '.', '-', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("de") { Self::German } else { Self::English }
    }

    const fn choose(self, english: &'static str, german: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::German => german,
        }
    }

    pub(crate) const fn open(self) -> &'static str {
        self.choose("Open LANrage", "LANrage öffnen")
    }

    pub(crate) const fn quit(self) -> &'static str {
        self.choose("Quit", "Beenden")
    }

    pub(crate) const fn copy_invitation(self) -> &'static str {
        self.choose("Copy invitation link", "Einladungslink kopieren")
    }

    pub(crate) const fn pause(self) -> &'static str {
        self.choose("Pause party", "Party pausieren")
    }

    pub(crate) const fn leave(self) -> &'static str {
        self.choose("Leave party", "Party verlassen")
    }

    pub(crate) fn leave_for_good(self, party: &str) -> String {
        match self {
            Self::English => format!("Leave “{party}” for good"),
            Self::German => format!("„{party}“ endgültig verlassen"),
        }
    }

    pub(crate) const fn parties(self) -> &'static str {
        self.choose("Join again", "Wieder beitreten")
    }

    pub(crate) const fn alone(self) -> &'static str {
        self.choose("Nobody else is here yet", "Noch ist niemand sonst da")
    }

    pub(crate) fn others(self, count: usize) -> String {
        match self {
            Self::English => format!("and {count} more"),
            Self::German => format!("und {count} weitere"),
        }
    }

    pub(crate) const fn connecting(self) -> &'static str {
        self.choose("connecting…", "verbindet…")
    }

    pub(crate) const fn reconnecting(self) -> &'static str {
        self.choose("reconnecting…", "verbindet neu…")
    }

    pub(crate) const fn unreachable(self) -> &'static str {
        self.choose("unreachable", "nicht erreichbar")
    }

    pub(crate) const fn away(self) -> &'static str {
        self.choose("away", "abwesend")
    }

    pub(crate) const fn connected(self) -> &'static str {
        self.choose("connected", "verbunden")
    }

    pub(crate) const fn in_no_party(self) -> &'static str {
        self.choose("LANrage – in no party", "LANrage – in keiner Party")
    }

    pub(crate) fn joined(self, friend: &str) -> String {
        match self {
            Self::English => format!("{friend} has joined"),
            Self::German => format!("{friend} ist beigetreten"),
        }
    }

    pub(crate) fn left(self, friend: &str) -> String {
        match self {
            Self::English => format!("{friend} has left"),
            Self::German => format!("{friend} ist gegangen"),
        }
    }

    pub(crate) fn degraded(self, friend: &str) -> String {
        match self {
            Self::English => format!("The connection to {friend} is poor"),
            Self::German => format!("Die Verbindung zu {friend} ist schlecht"),
        }
    }

    pub(crate) fn lost(self, friend: &str) -> String {
        match self {
            Self::English => format!("The connection to {friend} is lost"),
            Self::German => format!("Die Verbindung zu {friend} ist unterbrochen"),
        }
    }

    pub(crate) fn restored(self, friend: &str) -> String {
        match self {
            Self::English => format!("The connection to {friend} is good again"),
            Self::German => format!("Die Verbindung zu {friend} ist wieder gut"),
        }
    }

    pub(crate) const fn refused(self) -> &'static str {
        self.choose("That did not work", "Das ging nicht")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_language_is_spoken_where_it_is_known_and_english_elsewhere() {
        for (locale, tongue) in [
            ("de_AT.UTF-8", Tongue::German),
            ("de", Tongue::German),
            ("en_US.UTF-8", Tongue::English),
            ("C", Tongue::English),
            ("deu_X", Tongue::English),
            ("", Tongue::English),
        ] {
            assert_eq!(Tongue::of_locale(locale), tongue, "{locale}");
        }
        assert_eq!(Tongue::of(Language::German), Tongue::German);
    }
}
