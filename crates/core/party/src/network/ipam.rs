use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
};

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{PartyError, PartyId, PeerId};

/// A peer's address inside its party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VirtualIp(pub Ipv4Addr);

impl std::fmt::Display for VirtualIp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A party's IPv4 network: private (RFC 1918 or the shared space of RFC 6598), /8 to /26.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Ipv4Net", into = "Ipv4Net")]
pub struct Subnet(Ipv4Net);

impl Subnet {
    /// The default network, `10.66.0.0/16`.
    pub const DEFAULT: Self = Self(Ipv4Net::new_assert(Ipv4Addr::new(10, 66, 0, 0), 16));

    /// Networks to propose, in this order, when an earlier one overlaps a local route.
    pub const ALTERNATIVES: [Self; 4] = [
        Self::DEFAULT,
        Self(Ipv4Net::new_assert(Ipv4Addr::new(10, 166, 0, 0), 16)),
        Self(Ipv4Net::new_assert(Ipv4Addr::new(172, 26, 0, 0), 16)),
        Self(Ipv4Net::new_assert(Ipv4Addr::new(100, 110, 0, 0), 16)),
    ];

    /// Takes a network for a party; host bits are cleared.
    ///
    /// # Errors
    /// [`PartyError::Subnet`] if it is not private or not /8 to /26.
    pub fn new(net: Ipv4Net) -> Result<Self, PartyError> {
        let net = net.trunc();
        let shared = Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10);
        let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
            .iter()
            .filter_map(|range| range.parse::<Ipv4Net>().ok())
            .chain([shared])
            .any(|range| range.contains(&net));
        if private && (8..=26).contains(&net.prefix_len()) {
            Ok(Self(net))
        } else {
            Err(PartyError::Subnet(net))
        }
    }

    /// Whether the network is one that LANrage proposes, or part of one. Any other may take addresses from this computer
    /// that its user needs, so nobody enters one unasked.
    pub fn is_usual(&self) -> bool {
        Self::ALTERNATIVES.iter().any(|usual| usual.0.contains(&self.0))
    }

    /// The network.
    pub const fn net(&self) -> Ipv4Net {
        self.0
    }

    /// Its directed broadcast address.
    pub fn broadcast(&self) -> Ipv4Addr {
        self.0.broadcast()
    }

    /// Whether the address can be a lease in this network.
    pub fn contains(&self, ip: VirtualIp) -> bool {
        self.0.contains(&ip.0) && ip.0 != self.0.network() && ip.0 != self.0.broadcast()
    }

    /// Whether the address lies in this network, in either family's notation (RFC 4291 §2.5.5.2).
    pub fn covers(&self, ip: IpAddr) -> bool {
        matches!(ip.to_canonical(), IpAddr::V4(ip) if self.0.contains(&ip))
    }

    /// Number of leases that the network can hold.
    fn size(&self) -> u32 {
        (1_u32 << (32 - self.0.prefix_len())) - 2
    }
}

impl TryFrom<Ipv4Net> for Subnet {
    type Error = PartyError;

    fn try_from(net: Ipv4Net) -> Result<Self, Self::Error> {
        Self::new(net)
    }
}

impl From<Subnet> for Ipv4Net {
    fn from(subnet: Subnet) -> Self {
        subnet.0
    }
}

/// Why a lease was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IpamError {
    /// Another peer holds the address.
    #[error("{0} belongs to another peer")]
    Taken(VirtualIp),
    /// The address is not in the party's network.
    #[error("{0} is outside the party's network")]
    Outside(VirtualIp),
    /// No address is left.
    #[error("the party's network is full")]
    Full,
}

/// The leases of one party: one address per peer, for as long as the peer is a member.
///
/// Deterministic: a peer's address follows from party and peer identity alone, unless another member holds it
/// already; then the next one of the peer's own sequence is taken. So a member that comes back with nothing
/// but its identity has its address again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ipam {
    party: PartyId,
    subnet: Subnet,
    leases: BTreeMap<PeerId, VirtualIp>,
    avoided: BTreeSet<VirtualIp>,
}

impl Ipam {
    /// No leases yet.
    pub const fn new(party: PartyId, subnet: Subnet) -> Self {
        Self { party, subnet, leases: BTreeMap::new(), avoided: BTreeSet::new() }
    }

    /// The peer's lease, newly chosen if it has none.
    ///
    /// # Errors
    /// [`IpamError::Full`] if no address is left.
    pub fn lease(&mut self, peer: PeerId) -> Result<VirtualIp, IpamError> {
        if let Some(ip) = self.leases.get(&peer) {
            return Ok(*ip);
        }
        let size = self.subnet.size();
        if self.leases.len() >= size as usize {
            return Err(IpamError::Full);
        }
        let start = self.preferred_offset(peer);
        // Linear probing from the preferred offset visits every address once.
        let free = (0..size)
            .map(|step| self.address((start + step) % size))
            .filter(|ip| !is_taken_for_more(*ip))
            .find(|ip| !self.avoided.contains(ip) && !self.leases.values().any(|taken| taken == ip))
            .ok_or(IpamError::Full)?;
        self.leases.insert(peer, free);
        Ok(free)
    }

    /// Records a lease that the peer already has.
    ///
    /// # Errors
    /// [`IpamError::Taken`] or [`IpamError::Outside`]; the leases are unchanged then.
    pub fn claim(&mut self, peer: PeerId, ip: VirtualIp) -> Result<(), IpamError> {
        if !self.subnet.contains(ip) {
            return Err(IpamError::Outside(ip));
        }
        if self.leases.iter().any(|(holder, taken)| *taken == ip && *holder != peer) {
            return Err(IpamError::Taken(ip));
        }
        self.leases.insert(peer, ip);
        Ok(())
    }

    /// Keeps an address out of new leases, because a peer that is not known here holds it.
    pub fn avoid(&mut self, ip: VirtualIp) {
        self.avoided.insert(ip);
    }

    /// Gives the peer's lease back.
    pub fn release(&mut self, peer: &PeerId) -> Option<VirtualIp> {
        self.leases.remove(peer)
    }

    /// The party's network.
    pub const fn subnet(&self) -> Subnet {
        self.subnet
    }

    fn preferred_offset(&self, peer: PeerId) -> u32 {
        let digest = Sha256::new()
            .chain_update(b"lanrage lease v1")
            .chain_update(self.party.as_bytes())
            .chain_update(peer.as_bytes())
            .finalize();
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]) % self.subnet.size()
    }

    fn address(&self, offset: u32) -> VirtualIp {
        VirtualIp(Ipv4Addr::from(u32::from(self.subnet.0.network()) + 1 + offset))
    }
}

/// Whether programs that do not ask for the network's size take the address for a network or a broadcast.
const fn is_taken_for_more(ip: VirtualIp) -> bool {
    matches!(ip.0.octets()[3], 0 | 255)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::DeviceIdentity;

    fn peer(n: u8) -> PeerId {
        DeviceIdentity::from_seed(&[n; 32]).peer_id()
    }

    fn ipam(net: &str) -> Ipam {
        Ipam::new(PartyId::from_random([1; 16]), Subnet::new(net.parse().unwrap()).unwrap())
    }

    #[test]
    fn a_peer_alone_gets_the_same_address_every_time_and_another_one_in_another_party() {
        let first = ipam("10.66.0.0/16").lease(peer(1)).unwrap();
        assert_eq!(ipam("10.66.0.0/16").lease(peer(1)).unwrap(), first);
        let mut other = Ipam::new(PartyId::from_random([2; 16]), Subnet::DEFAULT);
        assert_ne!(other.lease(peer(1)).unwrap(), first);
    }

    #[test]
    fn a_full_network_says_so_and_a_released_address_is_free_again() {
        let mut ipam = ipam("10.0.0.0/26");
        let leases: std::collections::BTreeSet<_> = (0..62).map(|n| ipam.lease(peer(n)).unwrap()).collect();
        assert_eq!(leases.len(), 62);
        assert_eq!(ipam.lease(peer(62)), Err(IpamError::Full));
        let freed = ipam.release(&peer(7)).unwrap();
        assert_eq!(ipam.lease(peer(62)), Ok(freed));
    }

    #[test]
    fn no_lease_looks_like_a_network_or_a_broadcast() {
        let mut ipam = ipam("10.66.0.0/23");
        let peer =
            |n: u16| DeviceIdentity::from_seed(&std::array::from_fn(|at| n.to_be_bytes()[at % 2])).peer_id();
        let leases: Vec<_> = (0..600).map_while(|n| ipam.lease(peer(n)).ok()).collect();
        assert_eq!(leases.len(), 2 * 254);
        assert!(leases.iter().all(|ip| !matches!(ip.0.octets()[3], 0 | 255)));
    }

    #[test]
    fn an_avoided_address_leads_to_the_next_one() {
        let mut ipam = ipam("10.66.0.0/16");
        let preferred = ipam.lease(peer(1)).unwrap();
        ipam.release(&peer(1));
        ipam.avoid(preferred);
        assert_ne!(ipam.lease(peer(1)).unwrap(), preferred);
    }

    #[test]
    fn an_address_is_claimed_by_one_peer_and_only_inside_the_network() {
        let mut ipam = ipam("10.66.0.0/16");
        let ip = VirtualIp([10, 66, 0, 1].into());
        ipam.claim(peer(1), ip).unwrap();
        ipam.claim(peer(1), ip).unwrap();
        assert_eq!(ipam.claim(peer(2), ip), Err(IpamError::Taken(ip)));
        for outside in [[10, 67, 0, 1], [10, 66, 0, 0], [10, 66, 255, 255]] {
            let ip = VirtualIp(outside.into());
            assert_eq!(ipam.claim(peer(2), ip), Err(IpamError::Outside(ip)));
        }
    }

    #[test]
    fn only_private_networks_of_a_usable_size_hold_parties() {
        for good in ["10.66.0.0/16", "192.168.7.0/24", "100.100.0.0/16", "172.20.0.0/26"] {
            assert!(Subnet::new(good.parse().unwrap()).is_ok(), "{good}");
        }
        for bad in ["8.8.8.0/24", "10.0.0.0/27", "0.0.0.0/0", "127.0.0.0/8", "172.0.0.0/8", "10.0.0.0/7"] {
            assert!(Subnet::new(bad.parse().unwrap()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn leases_never_collide_and_never_move(order in proptest::collection::vec((0_u8..60, any::<bool>()), 1..200)) {
            let mut ipam = ipam("10.0.0.0/26");
            let mut expected: BTreeMap<PeerId, VirtualIp> = BTreeMap::new();
            for (n, join) in order {
                if join {
                    let ip = ipam.lease(peer(n)).unwrap();
                    let before = *expected.entry(peer(n)).or_insert(ip);
                    prop_assert_eq!(before, ip);
                } else {
                    prop_assert_eq!(ipam.release(&peer(n)), expected.remove(&peer(n)));
                }
                let distinct: std::collections::BTreeSet<_> = expected.values().collect();
                prop_assert_eq!(distinct.len(), expected.len());
            }
        }
    }
}
