//! What is known of games, and how one gets into a friend's.

use std::net::SocketAddrV4;

use lanrage_games::{Catalogue, Certainty, DiscoveryKind, Fact, Hint, Profile, Slug, Start};
use lanrage_party::UnixMillis;
use serde::{Deserialize, Serialize};

use super::{AskStored, Games, Serve, Stored, StoredError, WaysIntoGame};
use crate::{CommandError, Handle};

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

impl From<&Profile> for KnownGameView {
    fn from(profile: &Profile) -> Self {
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
        }
    }
}

impl AskStored for Games {
    async fn answer_from(self, _: &Stored, _: UnixMillis) -> Result<Vec<KnownGameView>, StoredError> {
        Ok(Catalogue::builtin().games().map(Into::into).collect())
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
        let known = Slug::new(&game.slug).and_then(|slug| Catalogue::builtin().game(&slug));
        let profile = known.ok_or_else(|| CommandError::GameNotStarted { game: game.name.clone() })?;
        let files = || profile.programs.iter().map(|program| program.file().to_owned());
        Ok(profile.launch.iter().map(|launch| launch.start(*at.ip(), at.port(), files())).collect())
    }
}
