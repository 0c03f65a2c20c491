use std::{fmt, net::IpAddr, ops::RangeInclusive};

use ipnet::IpNet;
use lanrage_nat::turn::TurnLimits;
use zeroize::Zeroizing;

use crate::listen::certificate::TlsListen;

/// How a relay runs. It listens where STUN is answered.
#[derive(Clone)]
pub struct RelayConfig {
    /// Shared with whoever issues credentials, as coturn's `static-auth-secret`.
    pub secret: Zeroizing<String>,
    /// Ports of relayed addresses.
    pub ports: RangeInclusive<u16>,
    /// Addresses under which peers reach this machine, at most one of each family; for a family that is not here, the
    /// one that the client reached.
    pub addresses: Vec<IpAddr>,
    /// How much of everything.
    pub limits: TurnLimits,
    /// Whether clients may send to private networks (RFC 1918, RFC 6598, RFC 4193), the one that this machine is in among
    /// them. Off: there, as everywhere, clients reach each other where both use this relay, which is on an address of its
    /// own. A cloud's machine has a private address alone, and the network behind it is nobody's business.
    pub allow_private: bool,
    /// Networks that clients may send to whatever else is said, loopback for example: for tests.
    pub allowed_peers: Vec<IpNet>,
    /// Whether TURN is spoken over TCP too, on the same port.
    pub tcp: bool,
    /// TURN over TLS.
    pub tls: Option<TlsListen>,
}

impl RelayConfig {
    /// A relay with this secret, all else as usual: 1,000 allocations, 16 per user, 50 Mbit/s each, ports 49152 to
    /// 65535, UDP and TCP.
    pub fn new(secret: Zeroizing<String>) -> Self {
        let limits = TurnLimits {
            allocations_per_user: 16,
            bytes_per_second: 50_000_000 / 8,
            burst_bytes: 50_000_000 / 8,
            ..TurnLimits::default()
        };
        Self {
            secret,
            ports: 49_152..=65_535,
            addresses: Vec::new(),
            limits,
            allow_private: false,
            allowed_peers: Vec::new(),
            tcp: true,
            tls: None,
        }
    }
}

impl fmt::Debug for RelayConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayConfig")
            .field("ports", &self.ports)
            .field("addresses", &self.addresses)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
