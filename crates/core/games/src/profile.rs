//! What is known of one game.

mod launch;
mod ports;
mod program;
mod texts;

use std::net::Ipv4Addr;

use lanrage_party::{Name, Place};
use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoStaticStr};

pub use launch::{Launch, LaunchKind, Start};
pub use ports::PortRange;
pub use program::Program;

use self::texts::text_serde;
use crate::query::Protocol;

/// Most ranges of ports of one profile.
const RANGES: usize = 8;
/// Most ports of all of them: DirectPlay needs 101.
const PORTS: usize = 1_024;
/// Most programs, in each of both lists.
const PROGRAMS: usize = 16;
/// Most entries of any other list.
const ENTRIES: usize = 8;

/// By which name a game is known everywhere: lower-case letters, digits and hyphens, at most [`Slug::BYTES`] of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

impl Slug {
    /// Longest slug, in bytes.
    pub const BYTES: usize = 32;

    /// Takes a text as a slug; `None` if it is none.
    pub fn new(text: &str) -> Option<Self> {
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_good = (1..=Self::BYTES).contains(&text.len()) && text.bytes().all(good);
        is_good.then(|| Self(text.to_owned()))
    }

    /// The slug nearest to a name: what is neither letter nor digit becomes a hyphen. `None` where nothing is left.
    pub fn of_name(name: &str) -> Option<Self> {
        let mut slug = String::new();
        for c in name.to_lowercase().chars() {
            if c.is_ascii_alphanumeric() {
                slug.push(c);
            } else if !slug.ends_with('-') && !slug.is_empty() {
                slug.push('-');
            }
        }
        slug.truncate(Self::BYTES);
        Self::new(slug.trim_end_matches('-'))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Slug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Slug {
    type Error = ProfileFault;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text).ok_or(ProfileFault::Slug)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

/// What is known of one game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its short name.
    pub slug: Slug,
    /// Its name.
    pub name: Name,
    /// The programs in which it is played. Some of them can host, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<Program>,
    /// The programs that only host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<Program>,
    /// What a host listens on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<PortRange>,
    /// Ports for its administration, which are for nobody else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<PortRange>,
    /// Whether everybody who plays listens on the ports, so that they do not tell who hosts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_mesh: bool,
    /// How its list of games on the LAN comes about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discovery: Vec<Discovery>,
    /// How its server is asked for name, map and players.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<Query>,
    /// Its numbers at Steam: the game's, then those of other editions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steam: Vec<u32>,
    /// How it is started into a game, the best way first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub launch: Vec<Launch>,
    /// What a player should know of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<Hint>,
    /// What of all this is only likely.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub likely: Vec<Fact>,
}

/// A part of what is known of a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, IntoStaticStr, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Fact {
    /// [`Profile::programs`] and [`Profile::servers`].
    Programs,
    /// [`Profile::ports`].
    Ports,
    /// [`Profile::discovery`].
    Discovery,
    /// [`Profile::query`].
    Query,
    /// [`Profile::launch`].
    Launch,
}

/// How sure something is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, IntoStaticStr, Serialize, Deserialize,
)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Certainty {
    /// Nothing is known.
    Unknown,
    /// Told by players.
    Likely,
    /// From its source, its maker, or two who do not know each other.
    Certain,
}

/// How a list of games on the LAN comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Discovery {
    /// In which way.
    pub kind: DiscoveryKind,
    /// The multicast group; `None` for broadcast.
    pub group: Option<Ipv4Addr>,
    /// To which ports; `None` where nobody knows, or there are none.
    pub ports: Option<PortRange>,
}

/// Who says something first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, EnumString, IntoStaticStr, Serialize, Deserialize,
)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DiscoveryKind {
    /// Who looks for games asks everybody, and hosts answer.
    Ask,
    /// Hosts announce themselves.
    Announce,
    /// By multicast DNS.
    Mdns,
    /// There is no list: an address is typed in.
    Address,
    /// There is no LAN mode: the maker's relays carry everything.
    Relay,
}

/// How a server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// What it speaks.
    pub protocol: Protocol,
    /// At which port.
    pub port: QueryPort,
}

/// Where a server is asked, by the port that players connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryPort {
    /// So many ports above it.
    Above(u16),
    /// At this port whatever the other is.
    Fixed(u16),
}

impl Query {
    /// The port at which a server is asked that players reach at `port`.
    pub fn port(&self, port: u16) -> u16 {
        match self.port {
            QueryPort::Above(by) => port.saturating_add(by),
            QueryPort::Fixed(fixed) => fixed,
        }
    }
}

/// What a player should know of a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, IntoStaticStr, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Hint {
    /// All need the same version.
    SameVersion,
    /// All need the same mods.
    SameMods,
    /// It asks, or tells, by the first network adapter alone: the address is typed in.
    FirstAdapter,
    /// Its server binds to one address: the party's has to be named to it.
    OneAddress,
    /// Its list shows servers on a few ports alone.
    FewPorts,
    /// It is invited to by Steam, and uses no LAN.
    SteamInvite,
    /// It needs its maker's login even on a LAN.
    NeedsLogin,
    /// The host opens the game to the LAN from inside.
    OpenToLan,
    /// It is seen once its host is in it.
    HostFirst,
    /// It needs Windows' feature DirectPlay.
    DirectPlay,
    /// It speaks IPX, and needs a wrapper.
    Ipx,
    /// All who play reach each other, not the host alone.
    Mesh,
    /// Its server must be told that it is on a LAN.
    LanServer,
    /// It has to be started after the party.
    AfterParty,
}

impl Profile {
    /// A game of which nothing more is known.
    pub const fn new(slug: Slug, name: Name) -> Self {
        Self {
            slug,
            name,
            programs: Vec::new(),
            servers: Vec::new(),
            ports: Vec::new(),
            closed: Vec::new(),
            is_mesh: false,
            discovery: Vec::new(),
            query: None,
            steam: Vec::new(),
            launch: Vec::new(),
            hints: Vec::new(),
            likely: Vec::new(),
        }
    }

    /// Whether a place is one of its usual ports.
    pub(crate) fn is_usual(&self, place: Place) -> bool {
        self.ports.iter().any(|range| range.contains(place.transport, place.port))
    }

    /// Whether a place is for its administration, and for no friend.
    pub(crate) fn is_closed(&self, place: Place) -> bool {
        self.closed.iter().any(|range| range.contains(place.transport, place.port))
    }

    /// How it is started by itself: by Steam if it has a number there, else by one of its programs that are no runtime's.
    pub fn starts(&self) -> Vec<Start> {
        let by_steam = self.steam.first().map(|app| Start::Url { url: format!("steam://rungameid/{app}") });
        let plain = self.programs.iter().filter(|program| program.is_whole());
        let files: Vec<String> = plain.map(|program| program.file().to_owned()).collect();
        let by_program = Start::Program { files, arguments: Vec::new() };
        [by_program].into_iter().chain(by_steam).collect()
    }

    /// Whether its list of games comes about by multicast DNS, in part at least.
    pub fn searches_by_mdns(&self) -> bool {
        self.discovery.iter().any(|way| way.kind == DiscoveryKind::Mdns)
    }

    /// How sure a part of it is.
    pub fn certainty(&self, fact: Fact) -> Certainty {
        let is_known = match fact {
            Fact::Programs => !(self.programs.is_empty() && self.servers.is_empty()),
            Fact::Ports => !self.ports.is_empty(),
            Fact::Discovery => !self.discovery.is_empty(),
            Fact::Query => self.query.is_some(),
            Fact::Launch => !self.launch.is_empty(),
        };
        match is_known {
            false => Certainty::Unknown,
            true if self.likely.contains(&fact) => Certainty::Likely,
            true => Certainty::Certain,
        }
    }

    /// Whether it keeps to the bounds of a profile.
    ///
    /// # Errors
    /// The first [`ProfileFault`].
    pub fn check(&self) -> Result<(), ProfileFault> {
        let ranges = || self.ports.iter().chain(&self.closed);
        if ranges().count() > RANGES || ranges().map(|range| range.count()).sum::<usize>() > PORTS {
            return Err(ProfileFault::TooMany);
        }
        if self.programs.len() > PROGRAMS || self.servers.len() > PROGRAMS {
            return Err(ProfileFault::TooMany);
        }
        let others =
            [self.discovery.len(), self.steam.len(), self.launch.len(), self.hints.len(), self.likely.len()];
        if others.into_iter().any(|count| count > ENTRIES) {
            return Err(ProfileFault::TooMany);
        }
        match self.ports.iter().any(PortRange::is_never_opened) {
            true => Err(ProfileFault::NeverOpened),
            false => Ok(()),
        }
    }
}

/// What is wrong with a profile, or with a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ProfileFault {
    /// A slug has other characters than it may, none, or too many.
    #[error("a slug is lower-case letters, digits and hyphens")]
    Slug,
    /// A range of ports cannot be read, is empty, or begins at 0.
    #[error("ports are written as `udp 8303-8310`")]
    Ports,
    /// A program is no file name.
    #[error("a program is a file name without a folder")]
    Program,
    /// A kind of discovery is unknown, or what it is followed by cannot be read.
    #[error("discovery is a kind, a group and ports")]
    Discovery,
    /// A protocol is unknown, or its port cannot be read.
    #[error("a query is a protocol and a port")]
    Query,
    /// A form of starting is none of the set.
    #[error("a start is one of a few forms")]
    Launch,
    /// A list is longer than it may be.
    #[error("a profile has more entries than it may")]
    TooMany,
    /// A port serves the computer itself, and is never a game's.
    #[error("a port is one that no game may have")]
    NeverOpened,
}

impl std::fmt::Display for Discovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind.into())?;
        if let Some(group) = self.group {
            write!(f, " {group}")?;
        }
        self.ports.iter().try_for_each(|ports| write!(f, " {ports}"))
    }
}

impl std::str::FromStr for Discovery {
    type Err = ProfileFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
        let kind = kind.parse().map_err(|_| ProfileFault::Discovery)?;
        let (first, others) = rest.split_once(' ').unwrap_or((rest, ""));
        let group: Option<Ipv4Addr> = first.parse().ok();
        let ports = if group.is_some() { others } else { rest };
        let ports = (!ports.is_empty()).then(|| ports.parse()).transpose()?;
        match group {
            Some(group) if !group.is_multicast() => Err(ProfileFault::Discovery),
            _ => Ok(Self { kind, group, ports }),
        }
    }
}

impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.protocol.into())?;
        match self.port {
            QueryPort::Above(0) => Ok(()),
            QueryPort::Above(by) => write!(f, " +{by}"),
            QueryPort::Fixed(port) => write!(f, " {port}"),
        }
    }
}

impl std::str::FromStr for Query {
    type Err = ProfileFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (protocol, port) = text.split_once(' ').unwrap_or((text, "+0"));
        let number = |text: &str| text.parse().map_err(|_| ProfileFault::Query);
        let port = match port.strip_prefix('+') {
            Some(by) => QueryPort::Above(number(by)?),
            None => QueryPort::Fixed(number(port)?),
        };
        Ok(Self { protocol: protocol.parse().map_err(|_| ProfileFault::Query)?, port })
    }
}

text_serde!(Discovery, Query);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_made_of_any_name_that_has_letters() {
        assert_eq!(Slug::of_name("Quake III: Arena!").unwrap().as_str(), "quake-iii-arena");
        assert_eq!(Slug::of_name("  ½ "), None);
        let long = Slug::of_name(&"ab ".repeat(40)).unwrap();
        assert!(long.as_str().len() <= Slug::BYTES && Slug::new(long.as_str()).is_some());
        for bad in ["", "Quake", "a b", "ü", &"a".repeat(33)] {
            assert_eq!(Slug::new(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_read_and_what_cannot_be_is_refused() {
        for text in ["ask udp 8303-8310", "announce 224.0.2.60 udp 4445", "address", "mdns", "announce"] {
            assert_eq!(text.parse::<Discovery>().map(|read| read.to_string()).as_deref(), Ok(text));
        }
        for bad in ["", "shout", "ask 10.0.0.1 udp 5", "ask udp", "ask 224.0.2.60 x"] {
            assert!(bad.parse::<Discovery>().is_err(), "{bad}");
        }
        for (text, at) in [("source", 27_015), ("source +1", 27_016), ("source 27500", 27_500)] {
            let query: Query = text.parse().unwrap();
            assert_eq!((query.to_string().as_str(), query.port(27_015)), (text, at));
        }
        let former: Query = "minecraft_beacon".parse().unwrap();
        assert_eq!(former.to_string(), "minecraft", "a profile that was changed before is still read");
        for bad in ["", "source x", "source +70000", "nothing +1"] {
            assert_eq!(bad.parse::<Query>(), Err(ProfileFault::Query), "{bad}");
        }
        assert_eq!("source +9".parse::<Query>().unwrap().port(u16::MAX), u16::MAX);
    }
}
