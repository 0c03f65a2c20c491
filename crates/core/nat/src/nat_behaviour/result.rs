use std::net::SocketAddr;

use lanrage_party::NatType;
use serde::{Deserialize, Serialize};
use strum::EnumIter;

/// How the outside port of a mapping depends on whom we send to (RFC 4787 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MappingBehaviour {
    /// Our own address is seen outside.
    NoTranslation,
    /// The same for all: hole punching works.
    EndpointIndependent,
    /// Not another for another port. Whether for another address was not found out.
    NotPortDependent,
    /// Another for another address.
    AddressDependent,
    /// Another for another address or port.
    AddressAndPortDependent,
    /// Not found out.
    #[default]
    Unknown,
}

/// Whose datagrams come in through a mapping (RFC 4787 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum FilteringBehaviour {
    /// Anyone's.
    EndpointIndependent,
    /// Those of any port of an address that we sent to, at least. Whether other addresses' too was not found out.
    NotPortDependent,
    /// Those of any port of an address that we sent to.
    AddressDependent,
    /// Only those of the very address and port that we sent to.
    AddressAndPortDependent,
    /// Not found out.
    #[default]
    Unknown,
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NatBehaviour {
    /// Where the server saw the socket.
    pub mapped: SocketAddr,
    /// How ports are chosen.
    pub mapping: MappingBehaviour,
    /// Who gets in.
    pub filtering: FilteringBehaviour,
    /// Whether the router passes on what we send to our own outside address (RFC 4787 §6), so that two devices
    /// behind it can meet there. `None` without translation.
    pub hairpinning: Option<bool>,
}

/// How a measurement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NatOutcome {
    /// The server did not answer: it is down, or UDP is blocked.
    NoAnswer,
    /// It did.
    Measured(NatBehaviour),
}

impl NatOutcome {
    /// In the classic words.
    pub const fn nat_type(&self) -> NatType {
        match self {
            Self::NoAnswer => NatType::Unknown,
            Self::Measured(behaviour) => behaviour.nat_type(),
        }
    }
}

impl NatBehaviour {
    /// In the classic words. What was not found out counts as the stricter possibility that is left. Without
    /// translation, a firewall that only lets answers in is as good as a router that does, and called the same.
    ///
    /// | mapping \ filtering | endpoint-independent | not port- or address-dependent | address- and port-dependent | unknown |
    /// |---|---|---|---|---|
    /// | no translation | open | restricted cone | port-restricted cone | open |
    /// | endpoint-independent, not port-dependent | full cone | restricted cone | port-restricted cone | unknown |
    /// | address- (and port-) dependent | symmetric | symmetric | symmetric | symmetric |
    /// | unknown | unknown | unknown | unknown | unknown |
    pub const fn nat_type(&self) -> NatType {
        use FilteringBehaviour as Filtering;
        use MappingBehaviour as Mapping;
        match (self.mapping, self.filtering) {
            (Mapping::AddressDependent | Mapping::AddressAndPortDependent, _) => NatType::Symmetric,
            (Mapping::Unknown, _) => NatType::Unknown,
            (Mapping::NoTranslation, Filtering::EndpointIndependent | Filtering::Unknown) => NatType::Open,
            (_, Filtering::EndpointIndependent) => NatType::FullCone,
            (_, Filtering::NotPortDependent | Filtering::AddressDependent) => NatType::RestrictedCone,
            (_, Filtering::AddressAndPortDependent) => NatType::PortRestrictedCone,
            (_, Filtering::Unknown) => NatType::Unknown,
        }
    }
}

impl MappingBehaviour {
    /// From where each destination saw us. Which destinations there are decides what can be said.
    pub(super) fn from_seen(seen: &[(SocketAddr, SocketAddr)]) -> Self {
        let pairs = || seen.iter().enumerate().flat_map(|(n, a)| seen[n + 1..].iter().map(move |b| (a, b)));
        let same_ip = |a: &SocketAddr, b: &SocketAddr| a.ip() == b.ip();
        let by_port = pairs().any(|((to_a, as_a), (to_b, as_b))| same_ip(to_a, to_b) && as_a != as_b);
        let by_address = pairs().any(|((to_a, as_a), (to_b, as_b))| !same_ip(to_a, to_b) && as_a != as_b);
        let addresses_differ = pairs().any(|((a, _), (b, _))| !same_ip(a, b));
        match (by_port, by_address) {
            (true, _) => Self::AddressAndPortDependent,
            (false, true) => Self::AddressDependent,
            (false, false) if addresses_differ => Self::EndpointIndependent,
            (false, false) if seen.len() > 1 => Self::NotPortDependent,
            (false, false) => Self::Unknown,
        }
    }
}
