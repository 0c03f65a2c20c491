//! What one computer says of a game.

use lanrage_party::Place;
use strum::{EnumIter, FromRepr};

/// What is known of a game on one computer. It names no file, folder, title or address, so that it may be told to friends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// Whether the game can be seen there.
    pub sight: Sight,
    /// Whether a program of it runs.
    pub is_running: bool,
    /// Whether the one that was started first was there before the party's adapter.
    pub is_older: bool,
    /// Where its programs listen, where it is hosted first. At most eight.
    pub sockets: Vec<Bound>,
    /// A usual port of it that another program has.
    pub taken: Option<Place>,
    /// What its server says at home.
    pub server: Server,
    /// The version that its server names; may be empty.
    pub version: String,
    /// Whether no more players fit in.
    pub is_full: bool,
    /// The system's firewall.
    pub firewall: SystemFirewall,
    /// The party's adapter.
    pub adapter: Device,
    /// Whether what the other's programs send to everybody is dropped there.
    pub is_muting: bool,
    /// Whether searches of others come to the port where it is hosted, whatever their lists ask.
    pub brings_searches: bool,
    /// What the other tried to reach there and did not, the last one first. At most eight.
    pub refused: Vec<Place>,
    /// Whether the other's server answers from there; `None` if that was not tried.
    pub reached: Option<bool>,
}

/// A socket of a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Which port.
    pub place: Place,
    /// From where it is reached.
    pub reach: Reach,
    /// Whether it is a usual port of the game, or one that its server has chosen.
    pub is_hosting: bool,
    /// Whether the other may reach it, by the shield there.
    pub is_open: bool,
}

/// From where a socket is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, EnumIter, FromRepr)]
#[repr(u8)]
pub enum Reach {
    /// From the party.
    #[default]
    Party,
    /// From its own computer alone.
    Loopback,
    /// From another network alone.
    Elsewhere,
}

/// Whether a game can be seen on a computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, EnumIter, FromRepr)]
#[repr(u8)]
pub enum Sight {
    /// Programs cannot be seen on that system, or nobody could look.
    #[default]
    Unseen,
    /// It can.
    Seen,
    /// Its player tells nobody of it.
    NotShared,
    /// It is not known there.
    Unknown,
}

/// What a game's server says to its own computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, EnumIter, FromRepr)]
#[repr(u8)]
pub enum Server {
    /// It was not asked: nobody knows how, or it is not there.
    #[default]
    Unasked,
    /// It answers.
    Answers,
    /// It does not answer.
    Silent,
}

/// A firewall of a computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, EnumIter, FromRepr)]
#[repr(u8)]
pub enum SystemFirewall {
    /// None that is known is on.
    #[default]
    Off,
    /// One is on, whose rules nobody could read.
    On,
    /// The system has one that decides for each program.
    Systems,
    /// One drops what friends begin, as packets show that were sent to try it.
    Drops,
}

/// The party's adapter on a computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, EnumIter, FromRepr)]
#[repr(u8)]
pub enum Device {
    /// It is open, and nothing is known to be wrong.
    #[default]
    Works,
    /// It is not there, or packets do not pass it.
    Fails,
    /// Packets pass it, and what games send to find others does not all come to it.
    Searchless,
}

impl Side {
    /// Most sockets of a game, and most refusals, that are told.
    pub const PLACES: usize = 8;

    /// What a computer says whose player tells nobody of the game.
    pub fn not_shared() -> Self {
        Self { sight: Sight::NotShared, ..Self::default() }
    }

    /// The socket at which the game is hosted for the party.
    pub fn hosted(&self) -> Option<&Bound> {
        self.sockets.iter().find(|bound| bound.is_hosting && bound.reach == Reach::Party)
    }
}
