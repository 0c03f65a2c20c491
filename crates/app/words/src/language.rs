//! Which languages there are, and which of them is spoken.

use std::env;

use crate::catalogue::{self, Catalogue};

/// A language that has a catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Language(&'static str);

/// Every language that has a catalogue, in the order of their tags.
pub fn languages() -> impl Iterator<Item = Language> {
    catalogue::all().map(|catalogue| Language(catalogue.tag))
}

impl Language {
    /// The language that every message is in.
    pub const ENGLISH: Self = Self("en");

    /// The language of a setting: its tag, or `system` for what the environment says.
    pub fn of_setting(setting: &str) -> Self {
        Self::named(setting).unwrap_or_else(Self::of_system)
    }

    /// The language that the environment asks for, else English.
    pub fn of_system() -> Self {
        // The order in which POSIX systems look, each of them only if it is not empty; Windows has none.
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|key| env::var(key).ok().filter(|locale| !locale.is_empty()))
            .map_or(Self::ENGLISH, |locale| Self::of_locale(&locale))
    }

    /// Its tag, as in the name of its file.
    pub const fn tag(self) -> &'static str {
        self.0
    }

    pub(crate) fn catalogue(self) -> &'static Catalogue {
        catalogue::all()
            .find(|catalogue| catalogue.tag == self.0)
            .expect("a language is made from its catalogue")
    }

    fn named(tag: &str) -> Option<Self> {
        languages().find(|language| language.0.eq_ignore_ascii_case(tag))
    }

    fn of_locale(locale: &str) -> Self {
        let primary = locale.split(['_', '.', '-', '@']).next().unwrap_or_default();
        Self::named(primary).unwrap_or(Self::ENGLISH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_language_is_spoken_where_it_is_known_and_english_elsewhere() {
        for (locale, tag) in [
            ("de_AT.UTF-8", "de"),
            ("de", "de"),
            ("en_US.UTF-8", "en"),
            ("C", "en"),
            ("deu_X", "en"),
            ("", "en"),
        ] {
            assert_eq!(Language::of_locale(locale).tag(), tag, "{locale}");
        }
        assert_eq!(Language::of_setting("de").tag(), "de");
    }
}
