//! Why somebody does not see a friend's game: facts of both computers in, verdicts out, the likeliest cause first.

mod examine;
mod rules;
mod side;
#[cfg(test)]
mod tests;
mod wire;

use std::net::{Ipv4Addr, SocketAddrV4};

use lanrage_party::Place;
use serde::{Deserialize, Serialize};
use strum::EnumIter;

pub use examine::Examined;
pub use side::{Bound, Device, Reach, Server, Side, Sight, SystemFirewall};
pub use wire::{read_side, write_side};

use crate::profile::Profile;

/// What is known of a game on both computers.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// What the friend is called.
    pub peer: &'a str,
    /// What is known of the game.
    pub profile: &'a Profile,
    /// Whether this device hosts it, and the friend is to see it; else the other way round.
    pub is_own: bool,
    /// Whether there is a path to the friend.
    pub is_connected: bool,
    /// This computer; `None` if nobody could look.
    pub own: Option<&'a Side>,
    /// What holds the port of the game on this computer, where that is known.
    pub taken_by: Option<&'a str>,
    /// The address of the adapter that the system names first on this computer, where that is known.
    pub first_address: Option<Ipv4Addr>,
    /// This computer's address in the party.
    pub lease: Ipv4Addr,
    /// The friend's computer; `None` if it has not answered.
    pub friend: Option<&'a Side>,
    /// The address in the party of whoever hosts.
    pub host: Ipv4Addr,
    /// Whether friends are told of this game.
    pub is_told: bool,
    /// What would let the friend reach a port of this computer.
    pub barrier: Barrier,
}

/// What stands between a friend and a closed port of this computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Barrier {
    /// The port alone.
    #[default]
    Port,
    /// The level, at which no port is opened.
    Level,
    /// The friend is to reach nothing.
    Mute,
}

/// One reason why a game is not seen. `is_own` says that it lies on this computer and not on the friend's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Verdict {
    /// There is no path to the friend.
    NotConnected {
        /// The friend.
        peer: String,
    },
    /// The game has no LAN mode at all.
    RelayOnly {
        /// The game.
        game: String,
    },
    /// The party's adapter is not there, or packets do not pass it.
    NoAdapter {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
    },
    /// What one computer's programs send to everybody is dropped at the other.
    Muted {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
    },
    /// The friend's LANrage says nothing: it is older, or busy.
    NotAnswering {
        /// The friend.
        peer: String,
    },
    /// The friend tells nobody what is played there.
    NotShared {
        /// The friend.
        peer: String,
        /// The game.
        game: String,
    },
    /// Programs cannot be seen on the host's system.
    Unseen {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
        /// The game.
        game: String,
    },
    /// The host's LANrage does not know the game.
    UnknownThere {
        /// The friend.
        peer: String,
        /// The game.
        game: String,
    },
    /// No program of the game runs on the host's computer.
    NotRunning {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
        /// The game.
        game: String,
    },
    /// Another program has the port of the game.
    PortTaken {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
        /// The game.
        game: String,
        /// Which port.
        place: String,
        /// The program, where that may be told.
        by: Option<String>,
    },
    /// The game runs, and listens nowhere.
    NotHosting {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
        /// The game.
        game: String,
    },
    /// The game listens for its own computer alone.
    LoopbackOnly {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
        /// The game.
        game: String,
        /// Which port.
        place: String,
    },
    /// The game listens on the address of another network alone.
    WrongAddress {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
        /// The game.
        game: String,
        /// Which port.
        place: String,
        /// The party's address of whoever hosts.
        address: String,
    },
    /// The game's server listens, and does not even answer its own computer.
    ServerSilent {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
        /// The game.
        game: String,
        /// Which port.
        place: String,
    },
    /// The shield of whoever hosts has the port closed for the other.
    ShieldClosed {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
        /// The game.
        game: String,
        /// Which port.
        place: String,
    },
    /// A firewall is on where the game is hosted, and the game does not answer the other.
    FirewallDrops {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
        /// The game.
        game: String,
        /// Which port.
        place: String,
    },
    /// The game does not answer the other, and nobody knows why.
    NotReached {
        /// The friend.
        peer: String,
        /// The game.
        game: String,
        /// Which port.
        place: String,
    },
    /// The game is hosted on a port that no list asks.
    OtherPort {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
        /// The game.
        game: String,
        /// Which port.
        place: String,
        /// Those that lists ask.
        listed: String,
    },
    /// The host's computer tried to reach the game of whoever looks for it, whose shield did not let it.
    AnswerClosed {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
        /// The game.
        game: String,
        /// Which port.
        place: String,
    },
    /// What games send to find others does not all reach the party.
    SearchesLost {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
        /// The game.
        game: String,
    },
    /// The game was started before the party's adapter was there.
    StartedBefore {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
        /// The game.
        game: String,
    },
    /// The game looks for others by the first network adapter alone.
    FirstAdapter {
        /// The game.
        game: String,
        /// That adapter's address on this computer, where it is known and not the party's.
        address: Option<String>,
    },
    /// The two have other versions of the game.
    OtherVersion {
        /// The game.
        game: String,
        /// The friend.
        peer: String,
        /// The version here.
        here: String,
        /// The version there.
        there: String,
    },
    /// Nobody fits in any more.
    Full {
        /// The game.
        game: String,
    },
    /// The game needs its maker's login.
    NeedsLogin {
        /// The game.
        game: String,
    },
    /// The game needs Windows' feature DirectPlay.
    DirectPlay {
        /// The game.
        game: String,
    },
    /// The game speaks IPX.
    Ipx {
        /// The game.
        game: String,
    },
    /// The game has no list of games: an address is typed in.
    ByAddress {
        /// The game.
        game: String,
    },
    /// Friends are not told that this device's player hosts it.
    NotTold {
        /// The game.
        game: String,
    },
    /// A firewall is on where somebody looks for the game: it may drop what hosts answer or announce.
    FirewallMayDrop {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
        /// The game.
        game: String,
    },
    /// The game does not run where somebody wants to see it.
    NotOpened {
        /// Where it lies.
        is_own: bool,
        /// The friend.
        peer: String,
        /// The game.
        game: String,
    },
    /// Nothing is wrong that can be seen.
    NothingFound {
        /// The game.
        game: String,
    },
}

/// What a program can do about a verdict, when the player presses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Fix {
    /// Lets the friend reach the port.
    OpenPort {
        /// The friend.
        peer: String,
        /// The port.
        port: u16,
        /// Whether it is one of TCP, not of UDP.
        is_tcp: bool,
    },
    /// Lets friends reach games.
    LetGames,
    /// Lets the friend reach what friends do.
    Trust {
        /// The friend.
        peer: String,
    },
    /// Hears again what the friend's programs send to everybody.
    Hear {
        /// The friend.
        peer: String,
    },
    /// Tells friends again what is played here.
    Tell,
    /// Has searches of friends come to the port where the game is hosted.
    BringSearches {
        /// The game.
        game: String,
    },
    /// Starts the game.
    Start {
        /// The game.
        game: String,
    },
    /// Starts the game into the friend's.
    Join {
        /// The game.
        game: String,
        /// Where it is.
        address: String,
    },
    /// Copies the address of the game, to be typed in.
    CopyAddress {
        /// Where it is.
        address: String,
    },
    /// Copies the address that the game has to listen on.
    CopyBind {
        /// The party's address of this computer.
        address: String,
    },
    /// Opens the firewall for games.
    AllowGames,
    /// Looks at this computer.
    Examine,
}

/// A verdict, and what can be done about it by a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What is wrong.
    pub verdict: Verdict,
    /// What a program can do; `None` where only people can.
    pub fix: Option<Fix>,
}

impl Facts<'_> {
    /// What is wrong, the likeliest cause first. Never empty: where nothing is, that is said.
    pub fn judge(&self) -> Vec<Found> {
        let mut found: Vec<Found> = rules::RULES.iter().filter_map(|rule| rule(self)).collect();
        if found.is_empty() {
            found.push(rules::nothing_found(self));
        }
        found
    }

    /// The computer that hosts.
    fn hosting(&self) -> Option<&Side> {
        if self.is_own { self.own } else { self.friend }
    }

    /// The computer from which the game is not seen.
    fn looking(&self) -> Option<&Side> {
        if self.is_own { self.friend } else { self.own }
    }

    /// The host's computer, if the game is seen there.
    fn host_seen(&self) -> Option<&Side> {
        self.hosting().filter(|side| side.sight == Sight::Seen)
    }

    /// The same where a program of it runs.
    fn host_runs(&self) -> Option<&Side> {
        self.host_seen().filter(|side| side.is_running)
    }

    /// Where the game is hosted, for whoever reaches the party's address.
    fn place(&self) -> Option<Place> {
        self.host_runs()?.hosted().map(|bound| bound.place)
    }

    fn address(&self) -> Option<String> {
        self.place().map(|place| SocketAddrV4::new(self.host, place.port).to_string())
    }

    fn game(&self) -> String {
        self.profile.name.to_string()
    }

    fn peer(&self) -> String {
        self.peer.to_owned()
    }
}
