//! What the public store says of the members' routers, for who has yet to come in.

use std::collections::BTreeMap;

use lanrage_party::{NatType, facts::NatObstacle};
use lanrage_rendezvous::{Call, Caller, PeerMark};

/// Most members that are remembered: as many as a party has. What is said of further ones is passed over.
const MOST: usize = lanrage_party::limits::PEERS_PER_PARTY;

/// Members of whom the public store says where they are. Claims of whoever has the party's secret: good enough for a word.
#[derive(Debug, Default)]
pub(crate) struct Found(BTreeMap<PeerMark, Router>);

#[derive(Debug, Clone, Copy)]
struct Router {
    hears_strangers: bool,
    nat_type: NatType,
}

impl Found {
    /// The store says that somebody is somewhere.
    pub(crate) fn note(&mut self, call: &Call) {
        if let Caller::Member(mark) = call.caller
            && (self.0.len() < MOST || self.0.contains_key(&mark))
        {
            let router = Router { hears_strangers: call.reachable, nat_type: call.nat_type };
            self.0.insert(mark, router);
        }
    }

    /// Whether the router of a member who does not hear strangers uses a new port for every destination.
    pub(crate) fn has_symmetric(&self) -> bool {
        self.0.values().any(|router| router.nat_type == NatType::Symmetric && !router.hears_strangers)
    }

    /// What stands between a device behind such a router and every member: `None` if nobody is known of, or something may
    /// lead to somebody.
    pub(crate) fn obstacle(&self, own: NatType) -> Option<NatObstacle> {
        let mut obstacle = None;
        for router in self.0.values() {
            let between = own.obstacle(router.nat_type).filter(|_| !router.hears_strangers)?;
            if between == NatObstacle::SymmetricAndUnknown {
                return None;
            }
            obstacle = Some(between);
        }
        obstacle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_where_no_way_can_lead_to_anybody_something_is_known_to_be_in_it() {
        use NatType::{PortRestrictedCone, Symmetric, Unknown};
        let obstacle = |own, others: &[(bool, NatType)]| {
            let mut found = Found::default();
            for (n, (reachable, nat_type)) in (0..).zip(others) {
                let (caller, reachable, nat_type) = (Caller::Member(PeerMark([n; 8])), *reachable, *nat_type);
                found.note(&Call { caller, addresses: Vec::new(), reachable, nat_type });
            }
            found.obstacle(own)
        };
        assert_eq!(obstacle(Symmetric, &[(false, Symmetric)]), Some(NatObstacle::BothSymmetric));
        let strict = [(false, PortRestrictedCone)];
        assert_eq!(obstacle(Symmetric, &strict), Some(NatObstacle::SymmetricAndStrict));
        assert_eq!(
            obstacle(PortRestrictedCone, &[(false, Symmetric)]),
            Some(NatObstacle::SymmetricAndStrict)
        );
        for (own, others) in [
            (Symmetric, &[][..]),
            (Symmetric, &[(true, Symmetric)]),
            (Symmetric, &[(false, Symmetric), (false, Unknown)]),
            (PortRestrictedCone, &strict),
            (Unknown, &strict),
        ] {
            assert_eq!(obstacle(own, others), None, "{own:?} {others:?}");
        }
    }

    #[test]
    fn no_more_are_remembered_than_a_party_has() {
        let mut found = Found::default();
        for n in 0..=u8::MAX {
            found.note(&Call {
                caller: Caller::Member(PeerMark([n; 8])),
                addresses: Vec::new(),
                reachable: false,
                nat_type: NatType::Symmetric,
            });
        }
        assert_eq!(found.0.len(), MOST);
    }
}
