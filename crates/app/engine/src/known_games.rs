//! The games that are known here: those that come with the program, and what the user has made of them.

use std::sync::Arc;

use lanrage_games::{Catalogue, PortRange, Profile, ProfileFault, Slug};
use lanrage_party::Transport;
use lanrage_store::{
    GameProfile, PortRange as StoredRange, ProfileOrigin, Protocol, SettingsDatabase, StoreError,
};
use serde_json::{Map, Value, json};

/// What a stored profile says outside its details.
const OUTSIDE: [&str; 4] = ["slug", "name", "programs", "ports"];

/// A stored profile of a game, read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredGame {
    pub(crate) profile: Profile,
    pub(crate) origin: ProfileOrigin,
    pub(crate) is_hidden: bool,
    /// Whether its search by multicast DNS is let through to the party.
    pub(crate) lets_search: bool,
    /// Whether searches of friends come to the port where it is hosted.
    pub(crate) brings_searches: bool,
}

impl StoredGame {
    /// One of which nothing is remembered yet.
    pub(crate) const fn new(profile: Profile, origin: ProfileOrigin) -> Self {
        Self { profile, origin, is_hidden: false, lets_search: false, brings_searches: false }
    }

    /// The same with what else the row remembers.
    fn of_row(profile: Profile, row: &GameProfile) -> Self {
        let is_set = |word: &str| row.extra.get(word) == Some(&json!(true));
        let (lets_search, brings_searches) = (is_set(LETS_SEARCH), is_set(BRINGS_SEARCHES));
        Self { profile, origin: row.origin, is_hidden: row.is_hidden, lets_search, brings_searches }
    }
}

/// What a row remembers of that, beside what else is remembered of it.
const LETS_SEARCH: &str = "lets_search";
const BRINGS_SEARCHES: &str = "brings_searches";

/// The games that the user has made or changed. A row that says nothing sensible is left out; it stays in the database.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn stored(database: &SettingsDatabase) -> Result<Vec<StoredGame>, StoreError> {
    Ok(database.game_profiles().await?.iter().filter_map(read).collect())
}

/// All games that are known.
///
/// # Errors
/// [`StoreError`].
pub(crate) async fn all(database: &SettingsDatabase) -> Result<Catalogue, StoreError> {
    let stored = stored(database).await?;
    Ok(Catalogue::builtin().with(stored.into_iter().map(|game| game.profile)))
}

/// The games that are known.
#[derive(Debug, Clone)]
pub(crate) struct KnownGames {
    pub(crate) all: Arc<Catalogue>,
    /// Those of which friends may be told.
    pub(crate) shown: Arc<Catalogue>,
    /// Whether the search of any is let through to the party.
    pub(crate) lets_search: bool,
    /// Those of which searches of friends come to the port where they are hosted.
    pub(crate) brought: Vec<Slug>,
}

impl KnownGames {
    /// As they are stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn read(database: &SettingsDatabase) -> Result<Self, StoreError> {
        let stored = stored(database).await?;
        let hidden = stored.iter().filter(|game| game.is_hidden).map(|game| game.profile.slug.clone());
        let hidden: Vec<Slug> = hidden.collect();
        let lets_search = stored.iter().any(|game| game.lets_search && game.profile.searches_by_mdns());
        let brought = stored.iter().filter(|game| game.brings_searches);
        let brought = brought.map(|game| game.profile.slug.clone()).collect();
        let all = Catalogue::builtin().with(stored.into_iter().map(|game| game.profile));
        Ok(Self { shown: Arc::new(all.clone().without(&hidden)), all: Arc::new(all), lets_search, brought })
    }
}

/// A row as a profile. One of before, that has programs and ports alone, is that of the game of its name, if there is one.
pub(crate) fn read(row: &GameProfile) -> Option<StoredGame> {
    let slug = row.slug.as_deref().map_or_else(|| Slug::of_name(row.name.as_str()), Slug::new)?;
    let says_nothing = row.details.is_empty() && row.executables.is_empty() && row.ports.is_empty();
    if let Some(known) = Catalogue::builtin().game(&slug).filter(|_| says_nothing) {
        return Some(StoredGame::of_row(known.clone(), row));
    }
    let mut fields = match (row.details.is_empty(), Catalogue::builtin().game(&slug)) {
        (true, Some(known)) => object(known),
        _ => row.details.clone(),
    };
    fields.insert("slug".to_owned(), json!(slug));
    fields.insert("name".to_owned(), json!(row.name));
    fields.insert("programs".to_owned(), json!(row.executables));
    let ports: Option<Vec<PortRange>> = row.ports.iter().map(range).collect();
    fields.insert("ports".to_owned(), json!(ports?));
    let profile: Profile = serde_json::from_value(Value::Object(fields)).ok()?;
    profile.check().ok()?;
    Some(StoredGame::of_row(profile, row))
}

/// A profile as a row; `before` is the row in whose place it comes.
///
/// # Errors
/// [`ProfileFault`] if it is out of bounds.
pub(crate) fn write(game: &StoredGame, before: Option<&GameProfile>) -> Result<GameProfile, ProfileFault> {
    let profile = &game.profile;
    profile.check()?;
    let mut extra = before.map(|before| before.extra.clone()).unwrap_or_default();
    for (word, is_set) in [(LETS_SEARCH, game.lets_search), (BRINGS_SEARCHES, game.brings_searches)] {
        match is_set {
            true => extra.insert(word.to_owned(), json!(true)),
            false => extra.remove(word),
        };
    }
    if Catalogue::builtin().game(&profile.slug) == Some(profile) {
        // As it comes with the program, in its next version too.
        return Ok(GameProfile {
            name: profile.name.clone(),
            executables: Vec::new(),
            ports: Vec::new(),
            extra,
            slug: Some(profile.slug.to_string()),
            origin: game.origin,
            details: Map::new(),
            is_hidden: game.is_hidden,
        });
    }
    let mut details = object(profile);
    details.retain(|field, _| !OUTSIDE.contains(&field.as_str()));
    let stored = |range: &PortRange| StoredRange {
        protocol: if range.transport() == Transport::Tcp { Protocol::Tcp } else { Protocol::Udp },
        first: range.first(),
        last: range.last(),
    };
    Ok(GameProfile {
        name: profile.name.clone(),
        executables: profile.programs.iter().map(ToString::to_string).collect(),
        ports: profile.ports.iter().map(stored).collect(),
        extra,
        slug: Some(profile.slug.to_string()),
        origin: game.origin,
        details,
        is_hidden: game.is_hidden,
    })
}

fn object(profile: &Profile) -> Map<String, Value> {
    match serde_json::to_value(profile) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

fn range(stored: &StoredRange) -> Option<PortRange> {
    let transport = if stored.protocol == Protocol::Tcp { Transport::Tcp } else { Transport::Udp };
    PortRange::new(transport, stored.first, stored.last)
}

#[cfg(test)]
mod tests {
    use lanrage_party::Name;

    use super::*;

    fn row(name: &str, programs: &[&str]) -> GameProfile {
        GameProfile {
            name: Name::new(name).unwrap(),
            executables: programs.iter().map(|one| (*one).to_owned()).collect(),
            ports: vec![StoredRange { protocol: Protocol::Udp, first: 9_000, last: 9_001 }],
            extra: Map::new(),
            slug: None,
            origin: ProfileOrigin::Mine,
            details: Map::new(),
            is_hidden: false,
        }
    }

    #[test]
    fn a_row_of_before_is_the_game_of_its_name_with_its_own_programs_and_ports() {
        let read = read(&row("Teeworlds", &["tw"])).unwrap().profile;
        assert_eq!((read.slug.as_str(), read.programs[0].to_string().as_str()), ("teeworlds", "tw"));
        assert_eq!(read.ports[0].to_string(), "udp 9000-9001");
        assert!(read.query.is_some(), "what it does not say is as it comes with the program");
        let own = super::read(&row("My game!", &["mine"])).unwrap().profile;
        assert_eq!((own.slug.as_str(), own.query), ("my-game", None));
    }

    #[test]
    fn every_game_comes_back_from_a_row_and_what_else_is_remembered_stays() {
        for profile in Catalogue::builtin().games().cloned() {
            let game = StoredGame { is_hidden: true, ..StoredGame::new(profile, ProfileOrigin::Changed) };
            let before =
                GameProfile { extra: Map::from_iter([("note".to_owned(), json!(1))]), ..row("x", &[]) };
            let row = write(&game, Some(&before)).unwrap();
            assert_eq!(row.extra, before.extra);
            assert!(row.details.is_empty(), "it changes with the program");
            assert_eq!(read(&row).as_ref(), Some(&game));
            let mut changed = StoredGame { lets_search: true, brings_searches: true, ..game };
            let row = write(&changed, Some(&before)).unwrap();
            assert_eq!(read(&row).as_ref(), Some(&changed));
            changed.profile.ports = vec!["udp 5000".parse().unwrap()];
            let row = write(&changed, Some(&row)).unwrap();
            assert_eq!((read(&row).as_ref(), row.extra.len()), (Some(&changed), 3));
            (changed.lets_search, changed.brings_searches) = (false, false);
            assert_eq!(write(&changed, Some(&row)).unwrap().extra, before.extra);
        }
    }

    #[test]
    fn a_row_that_says_nothing_sensible_is_left_out() {
        for bad in [row("½", &["a"]), row("A", &["../a"])] {
            assert_eq!(read(&bad), None);
        }
        let never = GameProfile {
            ports: vec![StoredRange { protocol: Protocol::Tcp, first: 22, last: 22 }],
            ..row("A", &[])
        };
        let odd = GameProfile { details: Map::from_iter([("more".to_owned(), json!(1))]), ..row("A", &[]) };
        assert_eq!((read(&never), read(&odd)), (None, None));
    }
}
