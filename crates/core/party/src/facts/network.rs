use serde::{Deserialize, Serialize};
use strum::EnumIter;

use super::ServerRefusal;

/// Why there is no session with the control server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ServerFault {
    /// No address for the host name.
    UnknownHost {
        /// What the system said.
        cause: String,
    },
    /// No TCP or TLS connection.
    Unreachable {
        /// What the system said.
        cause: String,
    },
    /// Connecting took too long.
    TimedOut,
    /// Something answered, but not with a WebSocket.
    Http {
        /// The status of the answer.
        status: u16,
    },
    /// Something between led elsewhere, as a network does that wants its users to sign in on a page.
    SignIn,
    /// The connection broke.
    Lost {
        /// What the system said.
        cause: String,
    },
    /// The server closed the connection.
    Ended,
    /// The server did not answer in time.
    #[default]
    Silent,
    /// The server refused the session.
    Refused {
        /// Why.
        refusal: ServerRefusal,
    },
    /// It is another server than the one that the party's link or this device knows.
    OtherServer,
    /// What answered is no control server.
    NotAServer,
}

/// Why a relay does not serve this device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RelayFault {
    /// It does not answer.
    #[default]
    RelaySilent,
    /// It does not accept the credentials.
    RelayCredentials,
    /// Its limit for one user is reached.
    RelayQuota,
    /// It is full.
    RelayFull,
    /// An older allocation is still in the way.
    RelayOccupied,
    /// It forgot the allocation.
    RelayForgot,
    /// It wants to be replaced by another one.
    RelayRedirects,
    /// Its reply makes no sense.
    RelayBadReply,
    /// It refused with an error of RFC 8489 §14.8 or RFC 8656 §19.
    RelayRefused {
        /// The error's number.
        number: u16,
    },
    /// Connecting to it over TCP or TLS took too long.
    RelaySlow,
    /// Its TCP or TLS connection could not be made, or ended.
    RelayStream {
        /// What the system said.
        cause: String,
    },
}

/// Why no port of the router is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum PortMappingFault {
    /// The device has no router with an IPv4 address.
    #[default]
    NoRouter,
    /// The router knows none of the protocols for it, or is told not to.
    NotOffered,
    /// The router knows one, and gives nothing.
    Refused,
    /// It says that it has no address on the internet itself.
    NoAddress,
    /// It is itself behind another router, or the provider's, so that what it opens cannot be reached.
    SecondRouter,
}
