use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

/// How a candidate was learnt (RFC 8445 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CandidateType {
    /// An address of one of the device's own interfaces.
    Host,
    /// The address a STUN server saw.
    ServerReflexive,
    /// The address an authenticated packet of the peer came from.
    PeerReflexive,
    /// An address on a relay.
    Relayed,
    /// The address that the router is expected to give next, as it gives ports one behind the other: a guess, good for some
    /// seconds, and told to nobody for longer.
    Predicted,
}

impl CandidateType {
    /// Whether it may hold for longer than some seconds.
    pub const fn lasts(self) -> bool {
        !matches!(self, Self::Predicted)
    }
}

/// A transport address at which a peer may be reachable (RFC 8445 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Candidate {
    /// How it was learnt.
    #[serde(rename = "type")]
    pub kind: CandidateType,
    /// The transport address (UDP).
    pub address: SocketAddr,
}

impl Candidate {
    /// Whether a datagram may be sent there at all: a real port, and no loopback, unspecified, broadcast
    /// multicast or documentation address. What a peer offers is never trusted further than this.
    pub fn is_usable(&self) -> bool {
        let usable_ip = match self.address.ip() {
            IpAddr::V4(ip) => {
                !(ip.is_loopback() || ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast())
            }
            IpAddr::V6(ip) => !(ip.is_loopback() || ip.is_unspecified() || ip.is_multicast()),
        };
        usable_ip && self.address.port() != 0
    }

    /// Priority by type preference (RFC 8445 §5.1.2.2, with its recommended preferences): higher is tried
    /// first. IPv6 goes before IPv4 within a type.
    pub const fn priority(&self) -> u32 {
        let preference: u32 = match self.kind {
            CandidateType::Host => 126,
            CandidateType::PeerReflexive => 110,
            CandidateType::ServerReflexive => 100,
            CandidateType::Predicted => 50,
            CandidateType::Relayed => 0,
        };
        preference << 24 | (self.address.is_ipv6() as u32) << 8 | 255
    }
}
