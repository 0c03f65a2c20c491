use serde::{Deserialize, Serialize};

use crate::facts::NatObstacle;

/// How a peer's network treats its UDP traffic, in the classic words, derived from mapping and filtering
/// behaviour (RFC 5780 §4; RFC 4787 §4, §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NatType {
    /// No translation: the peer's own address is reachable.
    Open,
    /// Endpoint-independent mapping and filtering.
    FullCone,
    /// Endpoint-independent mapping, address-dependent filtering.
    RestrictedCone,
    /// Endpoint-independent mapping, address- and port-dependent filtering.
    PortRestrictedCone,
    /// Mapping depends on the destination.
    Symmetric,
    /// Not measured, or the measurement failed.
    #[default]
    Unknown,
}

/// Whether two peers can be expected to reach each other directly, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Compatibility {
    /// A direct path can be expected. The rule orders the work; it never forbids a try.
    pub direct: bool,
    /// One sentence for the user.
    pub reason: &'static str,
}

impl NatType {
    /// Every type, for tables and tests.
    pub const ALL: [Self; 6] = [
        Self::Open,
        Self::FullCone,
        Self::RestrictedCone,
        Self::PortRestrictedCone,
        Self::Symmetric,
        Self::Unknown,
    ];

    /// What keeps two peers from being expected to reach each other directly; `None` if nothing does. The rule
    /// orders the work; it never forbids a try. Symmetric in its arguments.
    ///
    /// | | open | full | restricted | port-restricted | symmetric | unknown |
    /// |---|---|---|---|---|---|---|
    /// | open | yes | yes | yes | yes | yes | yes |
    /// | full cone | yes | yes | yes | yes | yes | yes |
    /// | restricted cone | yes | yes | yes | yes | yes | yes |
    /// | port-restricted cone | yes | yes | yes | yes | no | yes |
    /// | symmetric | yes | yes | yes | no | no | no |
    /// | unknown | yes | yes | yes | yes | no | yes |
    pub const fn obstacle(self, other: Self) -> Option<NatObstacle> {
        use NatType::{PortRestrictedCone, Symmetric, Unknown};
        match (self, other) {
            (Symmetric, Symmetric) => Some(NatObstacle::BothSymmetric),
            (Symmetric, PortRestrictedCone) | (PortRestrictedCone, Symmetric) => {
                Some(NatObstacle::SymmetricAndStrict)
            }
            (Symmetric, Unknown) | (Unknown, Symmetric) => Some(NatObstacle::SymmetricAndUnknown),
            // One side is reached without a router or by anyone, or both keep one port, so that each can open its
            // side for the other; and most routers that are not measured can be crossed.
            _ => None,
        }
    }

    /// The NAT compatibility rule. Symmetric in its arguments.
    ///
    /// | | open | full | restricted | port-restricted | symmetric | unknown |
    /// |---|---|---|---|---|---|---|
    /// | open | yes | yes | yes | yes | yes | yes |
    /// | full cone | yes | yes | yes | yes | yes | yes |
    /// | restricted cone | yes | yes | yes | yes | yes | yes |
    /// | port-restricted cone | yes | yes | yes | yes | no | yes |
    /// | symmetric | yes | yes | yes | no | no | no |
    /// | unknown | yes | yes | yes | yes | no | yes |
    pub const fn compatibility(self, other: Self) -> Compatibility {
        use NatType::{FullCone, Open, PortRestrictedCone, RestrictedCone, Symmetric, Unknown};
        let (direct, reason) = match (self, other) {
            (Open, _) | (_, Open) => (true, "one of you is reachable without a router in between"),
            (FullCone, _) | (_, FullCone) => (true, "one of your routers lets anyone answer on an open port"),
            (Symmetric, Symmetric) => (false, "both routers use a new port for every destination"),
            (Symmetric, PortRestrictedCone) | (PortRestrictedCone, Symmetric) => (
                false,
                "one router uses a new port for every destination, and the other admits only known ports",
            ),
            (Symmetric, Unknown) | (Unknown, Symmetric) => {
                (false, "one router uses a new port for every destination, and the other is not measured yet")
            }
            (Symmetric, RestrictedCone) | (RestrictedCone, Symmetric) => {
                (true, "one router admits any port of an address that it knows")
            }
            (Unknown, _) | (_, Unknown) => (true, "not measured yet; most routers can be crossed directly"),
            (RestrictedCone | PortRestrictedCone, RestrictedCone | PortRestrictedCone) => {
                (true, "both routers keep one port, so each can open its side for the other")
            }
        };
        Compatibility { direct, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_the_same_from_both_sides() {
        for a in NatType::ALL {
            for b in NatType::ALL {
                assert_eq!(a.compatibility(b), b.compatibility(a), "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn only_a_symmetric_router_against_a_strict_one_cannot_be_punched() {
        use NatType::{PortRestrictedCone, Symmetric, Unknown};
        for a in NatType::ALL {
            for b in NatType::ALL {
                let strict = |n| matches!(n, Symmetric | PortRestrictedCone | Unknown);
                let expected = !((a == Symmetric && strict(b)) || (b == Symmetric && strict(a)));
                assert_eq!(a.compatibility(b).direct, expected, "{a:?} {b:?}");
            }
        }
    }
}
