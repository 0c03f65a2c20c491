use serde::{Deserialize, Serialize};
use strum::{EnumIter, IntoStaticStr};

/// How it is with a friend, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, EnumIter, IntoStaticStr)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Situation {
    /// The friend is not there, by their own doing; the connection begins at the return.
    Away {
        /// The friend's name.
        peer: String,
    },
    /// The friend has left the party, by their own word; no server has confirmed it yet.
    Left {
        /// The friend's name.
        peer: String,
    },
    /// A path is looked for.
    Seeking {
        /// The friend's name.
        peer: String,
    },
    /// A path goes straight through this device's own network.
    DirectOnLan {
        /// The friend's name.
        peer: String,
        /// Whether packets get lost on it.
        loses_packets: bool,
    },
    /// A path goes straight through the internet.
    Direct {
        /// The friend's name.
        peer: String,
        /// Whether packets get lost on it.
        loses_packets: bool,
    },
    /// A relay carries the packets.
    Relayed {
        /// What people call the relay; `None` for one that is not known here.
        relay: Option<String>,
        /// Why a relay has to.
        because: RelayReason,
        /// Seconds until a direct path is tried for again; 0 while it is, `None` if the host shows the time itself.
        retry_in_s: Option<u64>,
        /// Whether packets get lost on it.
        loses_packets: bool,
    },
    /// The path went silent, and another is looked for.
    Reconnecting {
        /// The friend's name.
        peer: String,
    },
    /// No path was found; another round of attempts comes.
    NoPath {
        /// The friend's name.
        peer: String,
        /// Why none was found.
        because: Unreached,
        /// Seconds until the next try.
        retry_in_s: u64,
    },
}

impl Situation {
    /// The stable word for scripts.
    pub fn code(&self) -> &'static str {
        self.into()
    }
}

impl Default for Situation {
    fn default() -> Self {
        Self::Seeking { peer: String::new() }
    }
}

/// What stands between two networks, so that no direct path can be expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NatObstacle {
    /// Both routers use a new port for every destination.
    BothSymmetric,
    /// One router uses a new port for every destination, and the other admits only known ports.
    SymmetricAndStrict,
    /// One router uses a new port for every destination, and the other is not measured yet.
    SymmetricAndUnknown,
}

/// Why a relay has to carry the packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum RelayReason {
    /// Nothing is known to stand in the way.
    #[default]
    NotYet,
    /// This device's network lets no UDP through.
    UdpBlocked,
    /// As [`NatObstacle::BothSymmetric`].
    BothSymmetric,
    /// As [`NatObstacle::SymmetricAndStrict`].
    SymmetricAndStrict,
    /// As [`NatObstacle::SymmetricAndUnknown`].
    SymmetricAndUnknown,
}

impl From<NatObstacle> for RelayReason {
    fn from(obstacle: NatObstacle) -> Self {
        match obstacle {
            NatObstacle::BothSymmetric => Self::BothSymmetric,
            NatObstacle::SymmetricAndStrict => Self::SymmetricAndStrict,
            NatObstacle::SymmetricAndUnknown => Self::SymmetricAndUnknown,
        }
    }
}

/// Why no path to a friend was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Unreached {
    /// No answer came, not even through a relay.
    #[default]
    NoAnswer,
    /// No answer came, and every relay at hand refuses the friend's addresses.
    RelaysRefuse,
    /// No answer came, and no relay is at hand.
    NoAnswerNoRelay,
    /// No relay is at hand, and this device's network lets no UDP through.
    UdpBlocked,
    /// No relay is at hand, and [`NatObstacle::BothSymmetric`].
    BothSymmetric,
    /// No relay is at hand, and [`NatObstacle::SymmetricAndStrict`].
    SymmetricAndStrict,
    /// No relay is at hand, and [`NatObstacle::SymmetricAndUnknown`].
    SymmetricAndUnknown,
}

impl Unreached {
    /// Where no relay is at hand: what stands in the way of a direct path.
    pub const fn without_relay(reason: RelayReason) -> Self {
        match reason {
            RelayReason::NotYet => Self::NoAnswerNoRelay,
            RelayReason::UdpBlocked => Self::UdpBlocked,
            RelayReason::BothSymmetric => Self::BothSymmetric,
            RelayReason::SymmetricAndStrict => Self::SymmetricAndStrict,
            RelayReason::SymmetricAndUnknown => Self::SymmetricAndUnknown,
        }
    }
}
