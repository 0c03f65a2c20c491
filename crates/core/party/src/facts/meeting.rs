//! How friends who have the link come to this device, and to whom all of them do.

use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// How friends who have a party's link find this device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Meeting {
    /// A control server brings everybody together.
    Server,
    /// They come straight to where the link says: it is proven that strangers reach this device.
    Straight,
    /// By where the link says, and by sealed notes in the BitTorrent DHT.
    Store {
        /// How many nodes hold the note; `None` until it is known.
        holders: Option<u8>,
    },
    /// By where the link says alone, if the router lets them in.
    #[default]
    Link,
    /// The same, because the BitTorrent DHT does not answer.
    StoreSilent,
    /// Not at all: this device tells its addresses to nobody.
    Hidden,
}

/// What the public store is asked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum StoreEngine {
    /// The BitTorrent DHT.
    #[default]
    Dht,
    /// The same, and relays into it over HTTPS, as it does not serve this device well.
    DhtAndRelays,
}

/// Who should host the game, where not everybody can expect to reach everybody directly.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum HostHint {
    /// This player: all friends reach this device.
    #[default]
    You,
    /// A friend whom all reach.
    Friend {
        /// The friend's name.
        peer: String,
    },
}
