//! What is known of games, and how one gets into a friend's.

use std::net::SocketAddrV4;

use lanrage_games::{
    Catalogue, CatalogueFault, Certainty, DiscoveryKind, Fact, Hint, PortRange, Profile, ProfileFault,
    Program, Slug, Start,
};
use lanrage_party::{UnixMillis, facts::GameFault};
use lanrage_store::{GameProfile, ProfileOrigin, SettingsDatabase};
use serde::{Deserialize, Serialize};

use super::{
    AskStored, BringSearches, ExportGames, Games, HideGame, ImportGames, LetSearch, LookForGames, ResetGame,
    SaveGame, Serve, Stored, StoredError, WaysIntoGame, parse,
};
use crate::{
    CommandError, Handle,
    handle::Command,
    known_games::{self, StoredGame},
};

/// A game that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct KnownGameView {
    /// By which name all know it.
    pub slug: String,
    /// What it is called.
    pub name: String,
    /// The programs in which it is played.
    pub programs: Vec<String>,
    /// The programs that only host.
    pub servers: Vec<String>,
    /// What a host listens on: `udp 8303-8310`.
    pub ports: Vec<String>,
    /// Whether everybody who plays listens there.
    pub is_mesh: bool,
    /// How its list of games on the LAN comes about.
    pub discovery: Vec<DiscoveryView>,
    /// How its server is asked what it hosts; `None` where nobody knows.
    pub query: Option<String>,
    /// Its numbers at Steam.
    pub steam: Vec<u32>,
    /// How it is started into a game: each a list of words, the kind first.
    pub launch: Vec<Vec<String>>,
    /// What a player should know of it.
    pub hints: Vec<Hint>,
    /// How sure the ports are.
    pub ports_certainty: Certainty,
    /// How sure it is how its list comes about.
    pub discovery_certainty: Certainty,
    /// How sure it is how it is started into a game.
    pub launch_certainty: Certainty,
    /// Where it comes from.
    pub origin: GameOrigin,
    /// Whether friends are told nothing of it.
    pub is_hidden: bool,
    /// Whether its search is let through to the party; `None` where it does not look for others by multicast DNS.
    pub lets_search: Option<bool>,
    /// Whether searches of friends come to the port where it is hosted; `None` where they can be brought nowhere.
    pub brings_searches: Option<bool>,
}

/// Where a game that is known comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum GameOrigin {
    /// It comes with the program.
    Builtin,
    /// It comes with the program, and the user has changed it.
    Changed,
    /// The user has made it.
    Mine,
    /// It was imported.
    Imported,
}

/// How a list of games on the LAN comes about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct DiscoveryView {
    /// In which way.
    pub kind: DiscoveryKind,
    /// To which ports, and by which group; `None` where nobody knows.
    pub ports: Option<String>,
}

impl KnownGameView {
    fn new(profile: &Profile, origin: GameOrigin, kept: Option<&StoredGame>) -> Self {
        let is_kept = |is: fn(&StoredGame) -> bool| kept.is_some_and(is);
        let discovery = profile.discovery.iter().map(|way| DiscoveryView {
            kind: way.kind,
            ports: way.ports.map(|ports| match way.group {
                Some(group) => format!("{ports} {group}"),
                None => ports.to_string(),
            }),
        });
        Self {
            slug: profile.slug.to_string(),
            name: profile.name.to_string(),
            programs: profile.programs.iter().map(ToString::to_string).collect(),
            servers: profile.servers.iter().map(ToString::to_string).collect(),
            ports: profile.ports.iter().map(ToString::to_string).collect(),
            is_mesh: profile.is_mesh,
            discovery: discovery.collect(),
            query: profile.query.map(|query| query.to_string()),
            steam: profile.steam.clone(),
            launch: profile.launch.iter().cloned().map(Vec::from).collect(),
            hints: profile.hints.clone(),
            ports_certainty: profile.certainty(Fact::Ports),
            discovery_certainty: profile.certainty(Fact::Discovery),
            launch_certainty: profile.certainty(Fact::Launch),
            origin,
            is_hidden: is_kept(|game| game.is_hidden),
            lets_search: profile.searches_by_mdns().then(|| is_kept(|game| game.lets_search)),
            brings_searches: profile.asked_ports().map(|_| is_kept(|game| game.brings_searches)),
        }
    }
}

/// What is kept of a game, and the row that it is in, if there is one.
async fn find(
    database: &SettingsDatabase,
    slug: &Slug,
) -> Result<(Option<StoredGame>, Option<GameProfile>), StoredError> {
    let rows = database.game_profiles().await?;
    let found = rows.into_iter().find_map(|row| {
        let game = known_games::read(&row)?;
        (game.profile.slug == *slug).then_some((game, row))
    });
    Ok(match found {
        Some((game, row)) => (Some(game), Some(row)),
        None => (None, None),
    })
}

/// The game as it is known, stored or not.
async fn known(
    database: &SettingsDatabase,
    slug: &str,
) -> Result<(StoredGame, Option<GameProfile>), StoredError> {
    let unknown = || CommandError::NotFound { name: slug.to_owned() };
    let slug = Slug::new(slug).ok_or_else(unknown)?;
    let (stored, row) = find(database, &slug).await?;
    let builtin = || {
        let profile = Catalogue::builtin().game(&slug)?.clone();
        Some(StoredGame::new(profile, ProfileOrigin::Changed))
    };
    Ok((stored.or_else(builtin).ok_or_else(unknown)?, row))
}

async fn save(
    database: &SettingsDatabase,
    game: &StoredGame,
    before: Option<&GameProfile>,
    now: UnixMillis,
) -> Result<(), StoredError> {
    let row = known_games::write(game, before).map_err(bad_game)?;
    Ok(database.save_game_profile(&row, now).await?)
}

fn bad_game(fault: ProfileFault) -> CommandError {
    let cause = match fault {
        ProfileFault::Ports => GameFault::GamePorts,
        ProfileFault::Program => GameFault::GameProgram,
        ProfileFault::TooMany => GameFault::GameTooMany,
        ProfileFault::NeverOpened => GameFault::GameNeverOpened,
        ProfileFault::Slug | ProfileFault::Discovery | ProfileFault::Query | ProfileFault::Launch => {
            GameFault::GameNoExport
        }
    };
    CommandError::BadGame { cause }
}

fn bad_catalogue(fault: &CatalogueFault) -> CommandError {
    let cause = match fault {
        CatalogueFault::TooLong => GameFault::GameTooMany,
        CatalogueFault::Malformed { line, column } => {
            GameFault::GameMalformed { line: *line as u64, column: *column as u64 }
        }
        CatalogueFault::Newer { version } => GameFault::GamesNewer { version: *version },
        CatalogueFault::Twice(slug) => GameFault::GameTwice { slug: slug.to_string() },
        CatalogueFault::Profile { fault, .. } => return bad_game(*fault),
    };
    CommandError::BadGame { cause }
}

fn parts<T: std::str::FromStr<Err = ProfileFault>>(texts: &[String]) -> Result<Vec<T>, CommandError> {
    texts.iter().map(|text| text.trim().parse().map_err(bad_game)).collect()
}

impl AskStored for Games {
    async fn answer_from(
        self,
        Stored { database, .. }: &Stored,
        _: UnixMillis,
    ) -> Result<Vec<KnownGameView>, StoredError> {
        let stored = known_games::stored(database).await?;
        let all = Catalogue::builtin().with(stored.iter().map(|game| game.profile.clone()));
        let view = |profile: &Profile| {
            let kept = stored.iter().find(|game| game.profile.slug == profile.slug);
            let origin = match kept {
                Some(game) if Catalogue::builtin().game(&profile.slug) != Some(&game.profile) => {
                    match game.origin {
                        ProfileOrigin::Mine => GameOrigin::Mine,
                        ProfileOrigin::Imported => GameOrigin::Imported,
                        ProfileOrigin::Changed => GameOrigin::Changed,
                    }
                }
                _ => GameOrigin::Builtin,
            };
            KnownGameView::new(profile, origin, kept)
        };
        Ok(all.games().map(view).collect())
    }
}

impl AskStored for SaveGame {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(self, Stored { database, .. }: &Stored, now: UnixMillis) -> Result<(), StoredError> {
        let name = parse::name(&self.name)?;
        let (mut game, before) = match &self.slug {
            Some(slug) => known(database, slug).await?,
            None => {
                let slug = Slug::of_name(name.as_str()).ok_or_else(CommandError::bad_name)?;
                let is_taken = known(database, slug.as_str()).await.is_ok();
                if is_taken {
                    let cause = GameFault::GameTwice { slug: slug.to_string() };
                    return Err(CommandError::BadGame { cause }.into());
                }
                let profile = Profile::new(slug, name.clone());
                (StoredGame::new(profile, ProfileOrigin::Mine), None)
            }
        };
        game.profile.name = name;
        game.profile.programs = parts::<Program>(&self.programs)?;
        game.profile.servers = parts::<Program>(&self.servers)?;
        game.profile.ports = parts::<PortRange>(&self.ports)?;
        save(database, &game, before.as_ref(), now).await
    }
}

/// Changes what is remembered of a game.
async fn change(
    database: &SettingsDatabase,
    slug: &str,
    now: UnixMillis,
    how: impl FnOnce(&mut StoredGame),
) -> Result<(), StoredError> {
    let (mut game, before) = known(database, slug).await?;
    how(&mut game);
    save(database, &game, before.as_ref(), now).await
}

impl AskStored for HideGame {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(self, Stored { database, .. }: &Stored, now: UnixMillis) -> Result<(), StoredError> {
        change(database, &self.slug, now, |game| game.is_hidden = self.hidden).await
    }
}

impl AskStored for LetSearch {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(self, Stored { database, .. }: &Stored, now: UnixMillis) -> Result<(), StoredError> {
        change(database, &self.slug, now, |game| game.lets_search = self.through).await
    }
}

impl AskStored for BringSearches {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(self, Stored { database, .. }: &Stored, now: UnixMillis) -> Result<(), StoredError> {
        change(database, &self.slug, now, |game| game.brings_searches = self.bring).await
    }
}

impl AskStored for ResetGame {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(self, Stored { database, .. }: &Stored, _: UnixMillis) -> Result<(), StoredError> {
        if let (_, Some(row)) = known(database, &self.slug).await? {
            database.delete_game_profile(&row.name).await?;
        }
        Ok(())
    }
}

impl AskStored for ExportGames {
    async fn answer_from(
        self,
        Stored { database, .. }: &Stored,
        _: UnixMillis,
    ) -> Result<String, StoredError> {
        let stored = known_games::stored(database).await?;
        let own = stored.into_iter().map(|game| game.profile);
        let is_own = |profile: &Profile| Catalogue::builtin().game(&profile.slug) != Some(profile);
        Ok(Catalogue::default().with(own.filter(is_own)).to_text())
    }
}

impl AskStored for ImportGames {
    const CHANGES_SETTINGS: bool = true;

    async fn answer_from(
        self,
        Stored { database, .. }: &Stored,
        now: UnixMillis,
    ) -> Result<u64, StoredError> {
        let games = Catalogue::parse(&self.text).map_err(|fault| bad_catalogue(&fault))?;
        let mut rows = Vec::new();
        for profile in games.games().cloned() {
            let (stored, before) = find(database, &profile.slug).await?;
            let mut game = StoredGame::new(profile, ProfileOrigin::Imported);
            if let Some(stored) = stored {
                game = StoredGame { profile: game.profile, origin: game.origin, ..stored };
            }
            rows.push(known_games::write(&game, before.as_ref()).map_err(bad_game)?);
        }
        database.save_game_profiles(&rows, now).await?;
        Ok(rows.len() as u64)
    }
}

impl Serve<LookForGames> for Handle {
    async fn serve(&self, LookForGames {}: LookForGames) -> Result<(), CommandError> {
        self.command(|answer| Command::LookForGames { answer }).await
    }
}

impl Serve<WaysIntoGame> for Handle {
    async fn serve(&self, WaysIntoGame { peer, address }: WaysIntoGame) -> Result<Vec<Start>, CommandError> {
        let snapshot = self.snapshots().borrow().clone();
        let party = snapshot.party.as_ref().ok_or(CommandError::NotInParty)?;
        let friend = party.peers.iter().find(|friend| friend.id == peer).ok_or(CommandError::UnknownPeer)?;
        let hosts = |game: &&crate::GameView| game.hosted.as_ref().is_some_and(|at| at.address == address);
        let game = friend.games.iter().find(hosts).ok_or(CommandError::NoGameThere)?;
        // The address is what this device shows of that friend, and of no packet.
        let at: SocketAddrV4 = address.parse().map_err(|_| CommandError::NoGameThere)?;
        let all = known_games::all(self.database()).await.map_err(StoredError::from)?;
        let known = Slug::new(&game.slug).and_then(|slug| all.game(&slug));
        let profile = known.ok_or_else(|| CommandError::GameNotStarted { game: game.name.clone() })?;
        let files = || profile.programs.iter().map(|program| program.file().to_owned());
        Ok(profile.launch.iter().map(|launch| launch.start(*at.ip(), at.port(), files())).collect())
    }
}
