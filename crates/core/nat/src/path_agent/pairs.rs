//! Which pairs of a way out and a remote candidate are worth trying (RFC 8445 §6.1.2).

use std::{cmp::Reverse, net::SocketAddr};

use lanrage_party::{AllocationId, Candidate, CandidateType, Remote, limits};

use crate::address::is_public;

/// Most paths straight from our socket. Full policy: see [`super::PathAgent`]'s `insert`.
pub(super) const STRAIGHT_PATHS: usize = limits::CANDIDATES;
/// Most paths by our own allocations; room of their own, so that neither kind crowds out the other. Full policy
/// of what is formed: turns are taken, so that every allocation and both kinds of target keep their best pairs.
pub(super) const ALLOCATION_PATHS: usize = 24;
/// Most paths of one peer.
#[cfg(test)]
pub(super) const PATHS: usize = STRAIGHT_PATHS + ALLOCATION_PATHS;

/// One of our own usable allocations on a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocation {
    /// Which one.
    pub id: AllocationId,
    /// Whom it reaches.
    pub reach: Reach,
}

/// Whom an allocation reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All public addresses of the family of its relayed address (RFC 8656 §7).
    Family {
        /// IPv6, or else IPv4.
        ipv6: bool,
    },
    /// The peer itself, whom the relay knows: there it has this address, which nobody else has.
    Peer(SocketAddr),
}

/// A way to the peer, and how the address at its end was learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) remote: Remote,
    /// Of the remote candidate alone, whatever we reach it by.
    pub(super) target: CandidateType,
}

impl Pair {
    /// What packets on this path experience.
    pub(super) fn kind(&self) -> CandidateType {
        match self.remote.via {
            Some(_) => CandidateType::Relayed,
            None => self.target,
        }
    }

    /// Order of trying, greatest first: straight ones, each kind by the priority of its target, so that one
    /// relay goes before two.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        let target = Candidate { kind: self.target, address: self.remote.address };
        (self.remote.via.is_none(), target.priority(), Reverse(self.remote.via))
    }
}

/// Every pair worth trying, straight ones first. `candidates` are usable, distinct and at most
/// [`limits::CANDIDATES`].
pub(super) fn form(candidates: &[Candidate], allocations: &[Allocation]) -> Vec<Pair> {
    let straight = candidates
        .iter()
        .map(|candidate| Pair { remote: Remote::straight(candidate.address), target: candidate.kind });
    let mut pairs: Vec<Pair> = straight.take(STRAIGHT_PATHS).collect();

    let mut by_allocation = Vec::new();
    for (turn_of_allocation, allocation) in allocations.iter().enumerate() {
        if let Reach::Peer(address) = allocation.reach {
            let remote = Remote::relayed(allocation.id, address);
            let pair = Pair { remote, target: CandidateType::PeerReflexive };
            by_allocation.push(((0, 0, turn_of_allocation), pair));
            continue;
        }
        let mut turns = [0_usize; 2];
        let mut targets: Vec<&Candidate> =
            candidates.iter().filter(|candidate| reachable_from(allocation, candidate)).collect();
        targets.sort_by_key(|candidate| Reverse(candidate.priority()));
        for target in targets {
            let class = usize::from(target.kind == CandidateType::Relayed);
            let turn = (turns[class], class, turn_of_allocation);
            turns[class] += 1;
            let remote = Remote::relayed(allocation.id, target.address);
            by_allocation.push((turn, Pair { remote, target: target.kind }));
        }
    }
    by_allocation.sort_by_key(|(turn, _)| *turn);
    pairs.extend(by_allocation.into_iter().map(|(_, pair)| pair).take(ALLOCATION_PATHS));
    pairs
}

fn reachable_from(allocation: &Allocation, candidate: &Candidate) -> bool {
    allocation.reach == Reach::Family { ipv6: candidate.address.is_ipv6() }
        && is_public(candidate.address.ip())
}

#[cfg(test)]
mod tests {
    use CandidateType::{Host, Relayed, ServerReflexive};

    use super::*;

    fn candidate(kind: CandidateType, address: &str) -> Candidate {
        Candidate { kind, address: address.parse().unwrap() }
    }

    fn allocation(id: u32, ipv6: bool) -> Allocation {
        Allocation { id: AllocationId(id), reach: Reach::Family { ipv6 } }
    }

    #[test]
    fn an_allocation_reaches_public_addresses_of_its_family_only() {
        let candidates = [
            candidate(Host, "192.168.1.5:1"),
            candidate(Host, "100.64.0.5:1"),
            candidate(Host, "169.254.0.5:1"),
            candidate(Host, "[fd00::5]:1"),
            candidate(Host, "[fe80::5]:1"),
            candidate(Host, "[2001:db8::5]:1"),
            candidate(Host, "198.51.100.5:1"),
            candidate(ServerReflexive, "203.0.113.5:1"),
            candidate(ServerReflexive, "10.0.0.5:1"),
            candidate(Relayed, "192.0.2.5:1"),
        ];
        let pairs = form(&candidates, &[allocation(1, false), allocation(2, true)]);
        assert!(pairs[..candidates.len()].iter().all(|pair| pair.remote.via.is_none()));
        let relayed: Vec<String> = pairs[candidates.len()..].iter().map(|p| p.remote.to_string()).collect();
        assert_eq!(
            relayed,
            [
                "198.51.100.5:1 by allocation 1",
                "[2001:db8::5]:1 by allocation 2",
                "192.0.2.5:1 by allocation 1",
                "203.0.113.5:1 by allocation 1",
            ]
        );
        assert!(pairs[candidates.len()..].iter().all(|pair| pair.kind() == Relayed));
    }

    #[test]
    fn an_allocation_with_somebody_who_knows_the_peer_reaches_it_whatever_its_addresses_are() {
        let at_friend: SocketAddr = "[2001:db8::7]:9".parse().unwrap();
        let friend = Allocation { id: AllocationId(9), reach: Reach::Peer(at_friend) };
        let relayed = |candidates: &[Candidate]| -> Vec<Remote> {
            let pairs = form(candidates, &[allocation(1, false), friend]);
            pairs.into_iter().map(|pair| pair.remote).filter(|remote| remote.via.is_some()).collect()
        };
        let by_friend = Remote::relayed(AllocationId(9), at_friend);
        assert_eq!(relayed(&[]), [by_friend]);
        let public = candidate(ServerReflexive, "203.0.113.5:1");
        assert_eq!(relayed(&[public]), [Remote::relayed(AllocationId(1), public.address), by_friend]);
    }

    #[test]
    fn a_full_list_keeps_pairs_of_every_allocation_and_of_both_kinds() {
        let candidates: Vec<Candidate> = (0..24)
            .map(|n: u8| Candidate {
                kind: if n < 12 { ServerReflexive } else { Relayed },
                address: ([203, 0, 113, n], 1).into(),
            })
            .collect();
        let allocations: Vec<Allocation> = (0..8).map(|id| allocation(id, false)).collect();
        let pairs = form(&candidates, &allocations);
        assert_eq!(pairs.len(), PATHS);
        for allocation in allocations {
            for target in [ServerReflexive, Relayed] {
                assert!(
                    pairs.iter().any(|p| p.remote.via == Some(allocation.id) && p.target == target),
                    "{allocation:?} {target:?}"
                );
            }
        }
    }
}
