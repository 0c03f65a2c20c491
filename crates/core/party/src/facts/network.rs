use serde::{Deserialize, Serialize};
use strum::EnumIter;

use super::{Cause, Remedy, ServerRefusal};

/// Why there is no session with the control server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ServerFault {
    /// No address for the host name.
    UnknownHost {
        /// Why.
        cause: Cause,
    },
    /// No TCP or TLS connection.
    Unreachable {
        /// Why.
        cause: Cause,
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
        /// Why.
        cause: Cause,
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

impl ServerFault {
    /// What the user can do about it; `None` where only the connection or the server's operator can be looked after.
    pub const fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Unreachable { cause } => match cause {
                Cause::NoTls | Cause::TlsClosed | Cause::NoWebSocket => Some(Remedy::CheckServerAddress),
                Cause::CertificateUnknown
                | Cause::CertificateExpired
                | Cause::CertificateEarly
                | Cause::CertificateOfOther
                | Cause::CertificateBad => Some(Remedy::CheckCertificate),
                _ => None,
            },
            Self::UnknownHost { cause: Cause::NoAddress } | Self::Http { .. } | Self::NotAServer => {
                Some(Remedy::CheckServerAddress)
            }
            _ => None,
        }
    }
}

/// Why a relay does not serve this device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum RelayFault {
    /// It does not answer.
    #[default]
    RelaySilent,
    /// It does not accept the credentials (401, 441).
    RelayCredentials,
    /// Its limit for one user is reached (486).
    RelayQuota,
    /// It is full (508).
    RelayFull,
    /// An older allocation is still in the way.
    RelayOccupied,
    /// It forgot the allocation.
    RelayForgot,
    /// It sends us to another one that cannot be followed, or to none (300).
    RelayRedirects,
    /// It does not relay UDP (442).
    RelayWithoutUdp,
    /// Its rules do not let us use it (403).
    RelayForbids,
    /// Its rules forbid it to reach any friend's address (403).
    RelayRefusesFriends,
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
        /// Why.
        cause: Cause,
    },
}

impl RelayFault {
    /// What the user can do about it.
    pub const fn remedy(&self) -> Remedy {
        match self {
            Self::RelayCredentials => Remedy::MatchRelaySecret,
            Self::RelayQuota => Remedy::RaiseRelayQuota,
            Self::RelayFull => Remedy::AddRelay,
            Self::RelayRedirects
            | Self::RelayWithoutUdp
            | Self::RelayForbids
            | Self::RelayBadReply
            | Self::RelayRefused { .. } => Remedy::ChangeRelayRules,
            Self::RelayRefusesFriends => Remedy::LetRelayReachFriends,
            Self::RelaySilent
            | Self::RelayOccupied
            | Self::RelayForgot
            | Self::RelaySlow
            | Self::RelayStream { .. } => Remedy::RelaysAreRetried,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_or_a_certificate_that_is_wrong_is_not_blamed_on_the_connection() {
        let remedy = |cause| ServerFault::Unreachable { cause }.remedy();
        assert_eq!(remedy(Cause::NoTls), Some(Remedy::CheckServerAddress));
        assert_eq!(remedy(Cause::CertificateExpired), Some(Remedy::CheckCertificate));
        assert_eq!(remedy(Cause::TooSlow), None);
    }
}
