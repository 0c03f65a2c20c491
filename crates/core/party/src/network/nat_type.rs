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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_the_same_from_both_sides() {
        for a in NatType::ALL {
            for b in NatType::ALL {
                assert_eq!(a.obstacle(b), b.obstacle(a), "{a:?} {b:?}");
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
                assert_eq!(a.obstacle(b).is_none(), expected, "{a:?} {b:?}");
            }
        }
    }
}
