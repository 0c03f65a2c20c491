use std::{
    collections::{BTreeSet, HashSet},
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use lanrage_party::limits;

use super::PeerRelayInfo;
use crate::{
    address::canonical,
    turn::{IpFamily, TURN_PEERS},
};

/// Most addresses learnt per IP address of a peer.
const LEARNT_PER_IP: usize = 4;
/// Most addresses learnt per allocation.
const LEARNT: usize = TURN_PEERS / 4;
/// Implementation: a learnt address is not displaced before: whoever floods us with ports makes as few requests to
/// the relay as that allows.
const LEARNT_STAYS: Duration = Duration::from_secs(5);

/// Whom allocations serve.
#[derive(Debug, Default)]
pub(super) struct Peers {
    infos: Vec<PeerRelayInfo>,
    ips: HashSet<IpAddr>,
}

impl Peers {
    /// At most [`limits::PEERS_PER_PARTY`]; false if nothing changed.
    pub(super) fn set(&mut self, infos: &[PeerRelayInfo]) -> bool {
        let bounded = |info: &PeerRelayInfo| PeerRelayInfo {
            peer: info.peer,
            addresses: usable(&info.addresses),
            relay_rtts: info.relay_rtts.iter().take(limits::RELAYS).cloned().collect(),
        };
        let infos: Vec<PeerRelayInfo> = infos.iter().take(limits::PEERS_PER_PARTY).map(bounded).collect();
        if infos == self.infos {
            return false;
        }
        self.infos = infos;
        self.ips = self.infos.iter().flat_map(|info| &info.addresses).map(SocketAddr::ip).collect();
        true
    }

    pub(super) fn infos(&self) -> &[PeerRelayInfo] {
        &self.infos
    }

    pub(super) fn knows(&self, ip: IpAddr) -> bool {
        self.ips.contains(&ip)
    }

    /// The addresses to permit on an allocation of a family: every peer's first, then every peer's second and so on,
    /// so that none takes another's place; a quarter of the room is for learnt ones.
    pub(super) fn addresses(&self, family: IpFamily) -> BTreeSet<SocketAddr> {
        let mut chosen = BTreeSet::new();
        let of_family: Vec<Vec<SocketAddr>> = self
            .infos
            .iter()
            .map(|info| {
                let addresses = info.addresses.iter().copied();
                addresses.filter(|address| IpFamily::of(address.ip()) == family).collect()
            })
            .collect();
        for rank in 0..limits::CANDIDATES {
            for addresses in &of_family {
                if chosen.len() >= TURN_PEERS - LEARNT {
                    return chosen;
                }
                chosen.extend(addresses.get(rank));
            }
        }
        chosen
    }
}

fn usable(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let mut seen = HashSet::new();
    let addresses = addresses.iter().copied().map(canonical);
    addresses
        .filter(|address| {
            address.port() != 0 && !address.ip().is_unspecified() && !address.ip().is_multicast()
        })
        .filter(|address| seen.insert(*address))
        .take(limits::CANDIDATES)
        .collect()
}

/// Addresses that a peer's datagrams came from by one allocation and that nobody told us: its router gives it another
/// port for every destination.
#[derive(Debug, Default)]
pub(super) struct Learnt(Vec<(SocketAddr, Instant)>);

/// What to do about an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lesson {
    Nothing,
    Add { instead_of: Option<SocketAddr> },
}

impl Learnt {
    pub(super) fn contains(&self, address: &SocketAddr) -> bool {
        self.0.iter().any(|(learnt, _)| learnt == address)
    }

    pub(super) fn learn(&mut self, now: Instant, address: SocketAddr) -> Lesson {
        if self.contains(&address) {
            return Lesson::Nothing;
        }
        let of_ip = self.0.iter().filter(|(learnt, _)| learnt.ip() == address.ip()).count();
        let mut instead_of = None;
        if of_ip >= LEARNT_PER_IP || self.0.len() >= LEARNT {
            // In the order in which they were learnt: the first that matches is the oldest.
            let oldest =
                self.0.iter().position(|(learnt, _)| of_ip < LEARNT_PER_IP || learnt.ip() == address.ip());
            let Some(oldest) = oldest.filter(|index| now >= self.0[*index].1 + LEARNT_STAYS) else {
                return Lesson::Nothing;
            };
            instead_of = Some(self.0.remove(oldest).0);
        }
        self.0.push((address, now));
        Lesson::Add { instead_of }
    }

    /// Forgets those that `keep` refuses.
    pub(super) fn retain(&mut self, keep: impl Fn(&SocketAddr) -> bool) {
        self.0.retain(|(address, _)| keep(address));
    }
}

#[cfg(test)]
mod tests {
    use lanrage_party::PeerId;

    use super::*;

    fn addr(ip: [u8; 4], port: u16) -> SocketAddr {
        (ip, port).into()
    }

    fn info(index: u8, addresses: Vec<SocketAddr>) -> PeerRelayInfo {
        PeerRelayInfo {
            peer: format!("{index:032x}").parse::<PeerId>().unwrap(),
            addresses,
            relay_rtts: vec![],
        }
    }

    #[test]
    fn a_peer_with_many_addresses_takes_no_other_peers_place() {
        let many = |index: u8| (1..=200).map(|port| addr([203, 0, 113, index], port)).collect();
        let mut peers = Peers::default();
        let infos: Vec<_> = (0..80).map(|index| info(index, many(index))).collect();
        assert!(peers.set(&infos));
        let chosen = peers.addresses(IpFamily::V4);
        assert_eq!(chosen.len(), TURN_PEERS - LEARNT);
        for index in 0..64 {
            let mine = chosen.iter().filter(|address| address.ip() == addr([203, 0, 113, index], 1).ip());
            assert_eq!(mine.count(), 3);
        }
        assert_eq!(peers.infos().len(), 64);
        assert!(peers.addresses(IpFamily::V6).is_empty());
    }

    #[test]
    fn four_addresses_are_learnt_per_ip_and_the_oldest_goes() {
        let (start, mut learnt) = (Instant::now(), Learnt::default());
        for port in 1..=4 {
            assert_eq!(learnt.learn(start, addr([1, 1, 1, 1], port)), Lesson::Add { instead_of: None });
        }
        assert_eq!(learnt.learn(start, addr([1, 1, 1, 1], 4)), Lesson::Nothing);
        assert_eq!(learnt.learn(start, addr([1, 1, 1, 1], 5)), Lesson::Nothing, "too soon");
        assert_eq!(learnt.learn(start, addr([2, 2, 2, 2], 5)), Lesson::Add { instead_of: None });
        let later = start + LEARNT_STAYS;
        let first = Some(addr([1, 1, 1, 1], 1));
        assert_eq!(learnt.learn(later, addr([1, 1, 1, 1], 5)), Lesson::Add { instead_of: first });
    }

    #[test]
    fn what_is_learnt_is_bounded_in_all() {
        let (start, mut learnt) = (Instant::now(), Learnt::default());
        for round in 0..10_000_u32 {
            let ip = [10, 0, (round % 50) as u8, 1];
            learnt.learn(
                start + Duration::from_millis(u64::from(round)),
                addr(ip, (round % 60_000) as u16 + 1),
            );
        }
        assert_eq!(learnt.0.len(), LEARNT);
    }
}
