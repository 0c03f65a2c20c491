//! All games that are known: those that come with the program, and what the user has made of them.

use std::{collections::BTreeMap, sync::OnceLock};

use serde::Deserialize;
use serde_json::Value;

use crate::profile::{Profile, ProfileFault, Slug};

/// The games that come with the program.
const BUILTIN: &str = include_str!("../games.json");
/// The form of a catalogue that this program writes, and the newest that it reads.
const VERSION: u64 = 1;
/// Longest text of a catalogue, in bytes.
const BYTES: usize = 1 << 20;
/// Most games.
const GAMES: usize = 512;

/// Games, by their slugs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalogue {
    games: BTreeMap<Slug, Profile>,
}

/// Why a text is no catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueFault {
    /// It is longer than 1 MiB, or has more than 512 games.
    #[error("a catalogue is at most {BYTES} bytes long, and has at most {GAMES} games")]
    TooLong,
    /// It is no JSON, or other JSON than a catalogue's.
    #[error("line {line}, column {column} is not as in a catalogue")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It was written by a newer program.
    #[error("a catalogue of version {version}, and {VERSION} is known")]
    Newer {
        /// Its version.
        version: u64,
    },
    /// A game is out of bounds.
    #[error("{slug}: {fault}")]
    Profile {
        /// Which.
        slug: Slug,
        /// Why.
        fault: ProfileFault,
    },
    /// A game is there twice.
    #[error("{0} is there twice")]
    Twice(Slug),
}

#[derive(Deserialize)]
struct Head {
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "version")]
    _version: u64,
    games: Vec<Profile>,
}

impl Catalogue {
    /// The games that come with the program.
    ///
    /// # Panics
    /// Never: a test reads them.
    pub fn builtin() -> &'static Self {
        static BUILTIN_GAMES: OnceLock<Catalogue> = OnceLock::new();
        BUILTIN_GAMES.get_or_init(|| Self::parse(BUILTIN).expect("a test reads the games"))
    }

    /// Reads a catalogue. Total: any text gives one, or says why not.
    ///
    /// # Errors
    /// [`CatalogueFault`].
    pub fn parse(text: &str) -> Result<Self, CatalogueFault> {
        if text.len() > BYTES {
            return Err(CatalogueFault::TooLong);
        }
        let malformed = |error: serde_json::Error| CatalogueFault::Malformed {
            line: error.line(),
            column: error.column(),
        };
        // What a newer program writes is told from what nobody writes.
        let Head { version } = serde_json::from_str(text).map_err(malformed)?;
        if version > VERSION {
            return Err(CatalogueFault::Newer { version });
        }
        let File { games, .. } = serde_json::from_str(text).map_err(malformed)?;
        if games.len() > GAMES {
            return Err(CatalogueFault::TooLong);
        }
        let mut catalogue = Self::default();
        for profile in games {
            let slug = profile.slug.clone();
            profile.check().map_err(|fault| CatalogueFault::Profile { slug: slug.clone(), fault })?;
            if catalogue.games.insert(slug.clone(), profile).is_some() {
                return Err(CatalogueFault::Twice(slug));
            }
        }
        Ok(catalogue)
    }

    /// As [`Self::parse`] reads it.
    pub fn to_text(&self) -> String {
        let games: Vec<&Profile> = self.games.values().collect();
        let value = serde_json::json!({ "version": VERSION, "games": games });
        serde_json::to_string_pretty(&value).unwrap_or_else(|_| Value::Null.to_string())
    }

    /// These games, with others in their places or beside them.
    #[must_use]
    pub fn with(&self, others: impl IntoIterator<Item = Profile>) -> Self {
        let mut games = self.games.clone();
        games.extend(others.into_iter().map(|profile| (profile.slug.clone(), profile)));
        Self { games }
    }

    /// These games without some.
    #[must_use]
    pub fn without(mut self, slugs: &[Slug]) -> Self {
        slugs.iter().for_each(|slug| {
            self.games.remove(slug);
        });
        self
    }

    /// The game of a slug.
    pub fn game(&self, slug: &Slug) -> Option<&Profile> {
        self.games.get(slug)
    }

    /// All games, by their slugs.
    pub fn games(&self) -> impl Iterator<Item = &Profile> {
        self.games.values()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use strum::IntoEnumIterator;

    use super::*;
    use crate::{Certainty, DiscoveryKind, Fact, Hint, Protocol};

    #[test]
    fn every_game_that_comes_with_the_program_is_sound() {
        let games = Catalogue::builtin();
        assert!(games.games().count() >= 60);
        let mut owners: BTreeMap<String, Vec<&Slug>> = BTreeMap::new();
        for game in games.games() {
            let slug = game.slug.as_str();
            assert_ne!(game.certainty(Fact::Programs), Certainty::Unknown, "{slug} is never seen");
            let is_relayed = game.discovery.iter().any(|way| way.kind == DiscoveryKind::Relay);
            assert!(is_relayed || !game.ports.is_empty(), "{slug} has no port to tell");
            if is_relayed {
                assert!(game.hints.contains(&Hint::SteamInvite) && game.launch.is_empty(), "{slug}");
            }
            if let Some(query) = game.query {
                assert!(game.ports.iter().any(|range| query.port(range.first()) != 0), "{slug}");
            }
            for program in game.programs.iter().chain(&game.servers) {
                owners.entry(program.to_string().to_lowercase()).or_default().push(&game.slug);
            }
        }
        // A program of several games is told apart by Steam's number or by its ports.
        for (program, slugs) in owners.into_iter().filter(|(_, slugs)| slugs.len() > 1) {
            let can_be_told = slugs.iter().all(|slug| {
                let game = games.game(slug).unwrap();
                !game.steam.is_empty() || !game.ports.is_empty()
            });
            assert!(can_be_told, "{program}: {slugs:?}");
        }
        for protocol in Protocol::iter() {
            let is_spoken =
                games.games().any(|game| game.query.is_some_and(|query| query.protocol == protocol));
            assert!(is_spoken, "no game speaks {protocol:?}");
        }
        for hint in Hint::iter() {
            assert!(games.games().any(|game| game.hints.contains(&hint)), "nobody is told {hint:?}");
        }
    }

    #[test]
    fn a_catalogue_comes_back_as_it_was_written() {
        let games = Catalogue::builtin();
        assert_eq!(Catalogue::parse(&games.to_text()).as_ref(), Ok(games));
    }

    #[test]
    fn a_text_that_is_no_catalogue_says_why() {
        let game = r#"{"slug":"a","name":"A"}"#;
        let fault = |text: &str| Catalogue::parse(text).unwrap_err();
        assert_eq!(fault("{\n x"), CatalogueFault::Malformed { line: 2, column: 2 });
        assert_eq!(fault(r#"{"version":2,"things":[]}"#), CatalogueFault::Newer { version: 2 });
        let twice = format!(r#"{{"version":1,"games":[{game},{game}]}}"#);
        assert_eq!(fault(&twice), CatalogueFault::Twice(Slug::new("a").unwrap()));
        assert_eq!(fault(&" ".repeat(BYTES + 1)), CatalogueFault::TooLong);
        let with =
            |more: &str| fault(&format!(r#"{{"version":1,"games":[{{"slug":"a","name":"A",{more}}}]}}"#));
        for (more, expected) in [
            (r#""ports":["tcp 440-450"]"#, ProfileFault::NeverOpened),
            (r#""ports":["udp 1000-2100"]"#, ProfileFault::TooMany),
            (r#""steam":[1,2,3,4,5,6,7,8,9]"#, ProfileFault::TooMany),
        ] {
            assert_eq!(
                with(more),
                CatalogueFault::Profile { slug: Slug::new("a").unwrap(), fault: expected }
            );
        }
        for more in [
            r#""ports":["udp 0"]"#,
            r#""programs":["../x"]"#,
            r#""programs":["(a+)+$*/"]"#,
            r#""launch":[["program","rm"]]"#,
            r#""more":1"#,
            r#""name":"B""#,
        ] {
            assert!(matches!(with(more), CatalogueFault::Malformed { .. }), "{more}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".*", at: prop::sample::Index, with: char) {
            let _ = Catalogue::parse(&text);
            // The real one with one character changed.
            let mut changed: Vec<char> = BUILTIN.chars().take(4_000).collect();
            let at = at.index(changed.len());
            changed[at] = with;
            let _ = Catalogue::parse(&changed.into_iter().collect::<String>());
        }
    }
}
