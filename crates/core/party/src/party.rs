use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Name, NatType, PartyId, Peer, PeerId, UnixMillis};

/// A party: friends on one virtual LAN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Party {
    /// Identity of the party.
    pub id: PartyId,
    /// The name its host chose.
    pub name: Name,
    /// The peer that made the party or inherited it.
    pub host_id: PeerId,
    /// Its members, this device included.
    pub peers: BTreeMap<PeerId, Peer>,
    /// When it was made.
    pub created_at: UnixMillis,
}

impl Party {
    /// The members in the order they joined; ties in the order of their ids.
    pub fn get_peer_list(&self) -> Vec<&Peer> {
        let mut peers: Vec<&Peer> = self.peers.values().collect();
        peers.sort_by_key(|peer| (peer.joined_at, peer.id));
        peers
    }

    /// The members that a device with this NAT type can expect to reach directly
    /// ([`NatType::obstacle`]), in the order they joined.
    pub fn get_compatible_peers(&self, my_nat_type: NatType) -> Vec<&Peer> {
        let mut peers = self.get_peer_list();
        peers.retain(|peer| my_nat_type.obstacle(peer.nat_type).is_none());
        peers
    }

    /// Who should host what all play: the member that all others can expect to reach directly, of several the one that is reached
    /// best, then the one that joined first. `None` where any would do, as everybody reaches everybody, and where none does.
    pub fn best_host(&self) -> Option<&Peer> {
        let is_reached = |peer: &&Peer| {
            let reached = self.get_compatible_peers(peer.nat_type);
            reached.iter().filter(|other| other.id != peer.id).count() + 1 == self.peers.len()
        };
        let mut reached = self.get_peer_list();
        reached.retain(is_reached);
        if reached.len() == self.peers.len() {
            return None;
        }
        reached.into_iter().min_by_key(|peer| peer.nat_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConnectionType, DeviceIdentity, VirtualIp, WireGuardPrivateKey};

    fn peer(seed: u8, nat_type: NatType, joined_at: u64) -> Peer {
        Peer {
            id: DeviceIdentity::from_seed(&[seed; 32]).peer_id(),
            name: Name::new(&format!("p{seed}")).unwrap(),
            public_key: WireGuardPrivateKey::from_random([seed; 32]).public(),
            virtual_ip: VirtualIp([10, 66, 0, seed].into()),
            endpoint: None,
            latency_ms: None,
            connection_type: ConnectionType::Connecting,
            nat_type,
            joined_at: UnixMillis(joined_at),
        }
    }

    fn party(peers: impl IntoIterator<Item = Peer>) -> Party {
        let peers: BTreeMap<PeerId, Peer> = peers.into_iter().map(|peer| (peer.id, peer)).collect();
        Party {
            id: PartyId::from_random([9; 16]),
            name: Name::new("LAN").unwrap(),
            host_id: *peers.keys().next().unwrap(),
            created_at: UnixMillis(1),
            peers,
        }
    }

    #[test]
    fn whom_all_others_reach_should_host_where_not_all_do() {
        use NatType::{FullCone, Open, PortRestrictedCone, RestrictedCone, Symmetric, Unknown};
        let best = |types: &[NatType]| {
            let peers = types.iter().zip(1..).map(|(nat_type, seed)| peer(seed, *nat_type, seed.into()));
            party(peers).best_host().map(|peer| peer.name.to_string())
        };
        assert_eq!(best(&[Symmetric, PortRestrictedCone, Open]).as_deref(), Some("p3"));
        assert_eq!(best(&[Symmetric, RestrictedCone, FullCone, PortRestrictedCone]).as_deref(), Some("p3"));
        assert_eq!(best(&[Symmetric, Symmetric, RestrictedCone, RestrictedCone]).as_deref(), Some("p3"));
        for types in [
            &[PortRestrictedCone, PortRestrictedCone, Unknown][..],
            &[Symmetric, Open],
            &[Symmetric, PortRestrictedCone],
            &[Symmetric, Symmetric, Unknown],
            &[Symmetric],
        ] {
            assert_eq!(best(types), None, "{types:?}: any would do, or none");
        }
    }

    #[test]
    fn peers_are_listed_in_joining_order_and_filtered_by_nat() {
        let peers = [
            peer(1, NatType::Symmetric, 30),
            peer(2, NatType::PortRestrictedCone, 10),
            peer(3, NatType::Open, 20),
        ];
        let party = party(peers);
        let names = |peers: Vec<&Peer>| peers.iter().map(|p| p.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(party.get_peer_list()), ["p2", "p3", "p1"]);
        assert_eq!(names(party.get_compatible_peers(NatType::PortRestrictedCone)), ["p2", "p3"]);
        assert_eq!(names(party.get_compatible_peers(NatType::Symmetric)), ["p3"]);
    }
}
