use std::net::SocketAddr;

use lanrage_party::NatType;
use serde::{Deserialize, Serialize};
use strum::EnumIter;

use super::survey::{Ability, Choice};
use crate::{FilteringBehaviour, MappingBehaviour, NatBehaviour};

/// What came out of a measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatReport {
    /// How it ended.
    pub verdict: NatVerdict,
    /// Who did the tests, if anyone.
    pub server: Option<SocketAddr>,
    /// What stayed open, and why.
    pub gaps: Vec<Gap>,
}

/// How a measurement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NatVerdict {
    /// With a result.
    Measured(NatBehaviour),
    /// Datagrams left and nobody answered: UDP is blocked, or all servers are down. Only relays that are reached over
    /// TCP or TLS are left.
    Blocked,
    /// Not even a datagram could be sent.
    Offline,
    /// There is no server with an IPv4 address to ask.
    NoServers,
}

/// How a measurement ended, without what was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize, EnumIter)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NatSummary {
    /// As [`NatVerdict::Measured`].
    Measured,
    /// As [`NatVerdict::Blocked`].
    Blocked,
    /// As [`NatVerdict::Offline`].
    Offline,
    /// As [`NatVerdict::NoServers`].
    #[default]
    NoServers,
}

/// Something that was not found out, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gap {
    /// The mapping: a single server without another address or port answered.
    Mapping,
    /// Whether the mapping depends on the address: a single server with one address answered.
    MappingByAddress,
    /// The filtering: no server that answered has another address or port to answer from.
    Filtering,
    /// The filtering: the server does not do what it offers.
    FilteringRefused,
    /// Whether other addresses get in: the server has one address.
    FilteringByAddress,
}

impl NatReport {
    /// A measurement without a result.
    pub const fn without_behaviour(verdict: NatVerdict) -> Self {
        Self { verdict, server: None, gaps: Vec::new() }
    }

    /// A measurement with a result, by the server of `choice`.
    pub fn of(behaviour: NatBehaviour, choice: &Choice) -> Self {
        let mapping = match behaviour.mapping {
            MappingBehaviour::Unknown => Some(Gap::Mapping),
            MappingBehaviour::NotPortDependent => Some(Gap::MappingByAddress),
            _ => None,
        };
        let filtering = match behaviour.filtering {
            FilteringBehaviour::Unknown if choice.ability == Ability::Plain => Some(Gap::Filtering),
            FilteringBehaviour::Unknown => Some(Gap::FilteringRefused),
            FilteringBehaviour::NotPortDependent => Some(Gap::FilteringByAddress),
            _ => None,
        };
        Self {
            verdict: NatVerdict::Measured(behaviour),
            server: Some(choice.server),
            gaps: mapping.into_iter().chain(filtering).collect(),
        }
    }

    /// What was measured, if anything.
    pub const fn nat_behaviour(&self) -> Option<&NatBehaviour> {
        match &self.verdict {
            NatVerdict::Measured(behaviour) => Some(behaviour),
            _ => None,
        }
    }

    /// In the classic words. As [`NatBehaviour::nat_type`], but where no server could test the filtering of a router that
    /// keeps one port for everyone, the strictest is assumed: port-restricted cone. Most routers are, and
    /// who expects too little only tries in vain once more.
    pub const fn nat_type(&self) -> NatType {
        let NatVerdict::Measured(behaviour) = &self.verdict else { return NatType::Unknown };
        match (behaviour.mapping, behaviour.filtering) {
            (
                MappingBehaviour::EndpointIndependent | MappingBehaviour::NotPortDependent,
                FilteringBehaviour::Unknown,
            ) => NatType::PortRestrictedCone,
            _ => behaviour.nat_type(),
        }
    }

    /// How it ended, without the details.
    pub const fn summary(&self) -> NatSummary {
        match &self.verdict {
            NatVerdict::Measured(_) => NatSummary::Measured,
            NatVerdict::Blocked => NatSummary::Blocked,
            NatVerdict::Offline => NatSummary::Offline,
            NatVerdict::NoServers => NatSummary::NoServers,
        }
    }
}
