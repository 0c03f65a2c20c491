//! Ports inside the party: where something is reached there, and what is reached nowhere.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

/// A transport protocol.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumString,
    IntoStaticStr,
    Serialize,
    Deserialize,
)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
}

/// Where something is reached on a computer of the party; written `udp 8303`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The protocol.
    pub transport: Transport,
    /// The port.
    pub port: u16,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let transport: &str = self.transport.into();
        write!(f, "{transport} {}", self.port)
    }
}

/// A search for games that is brought to the port where a game is hosted: its list asks others, and never that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SearchRedirect {
    /// The UDP port that the game's list asks at everybody's.
    pub asked: u16,
    /// The UDP port of this computer at which the game answers.
    pub hosted: u16,
}

/// Ports of what serves the computer itself, from remote login to databases, on either protocol: first and last of each
/// range. No profile of a game opens any of them, and only who is trusted with everything reaches them.
pub const NEVER_OPENED: &[(u16, u16)] = &[
    (22, 23),
    (111, 111),
    (135, 135),
    (137, 139),
    (445, 445),
    (593, 593),
    (631, 631),
    (2_049, 2_049),
    (2_375, 2_376),
    (2_379, 2_379),
    (3_306, 3_306),
    (3_389, 3_389),
    (3_702, 3_702),
    (5_037, 5_037),
    (5_355, 5_355),
    (5_357, 5_358),
    (5_432, 5_432),
    (5_900, 5_903),
    (5_985, 5_986),
    (6_379, 6_379),
    (6_443, 6_443),
    (7_070, 7_070),
    (8_291, 8_291),
    (9_200, 9_200),
    (10_250, 10_250),
];

/// UDP ports to which games that host announce themselves, to everybody, in a form that is known: Minecraft: Java Edition, Warcraft III,
/// Terraria.
pub const ANNOUNCED_PORTS: [u16; 3] = [4_445, 6_112, 8_888];

/// Whether a port serves the computer itself and is never a game's.
pub fn is_never_opened(port: u16) -> bool {
    NEVER_OPENED.iter().any(|(first, last)| (*first..=*last).contains(&port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_login_and_shares_are_never_opened_and_games_are() {
        for port in [22, 135, 137, 139, 445, 631, 2_375, 3_389, 5_900, 5_903, 5_985] {
            assert!(is_never_opened(port), "{port}");
        }
        for port in [0, 21, 24, 446, 5_904, 8_303, 25_565, 27_015, u16::MAX] {
            assert!(!is_never_opened(port), "{port}");
        }
    }
}
