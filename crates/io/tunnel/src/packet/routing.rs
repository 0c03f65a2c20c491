//! Where a packet may go: the rules of the virtual LAN, as pure functions of the packet and our own end.

use std::net::Ipv4Addr;

use lanrage_party::{Subnet, VirtualIp, facts::DropReason, limits::PACKET_BYTES};

use crate::packet::{
    everyone::household::{is_game_search, is_household},
    ipv4::{Ipv4, TCP, UDP, is_ipv6},
    probe::PROBE_PROTOCOL,
};

/// Our own end of the virtual LAN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Addresses {
    pub(crate) own: Ipv4Addr,
    pub(crate) broadcast: Ipv4Addr,
    /// What games take for the broadcast address that do not ask for the network's size: the last of our own /24.
    guessed: Ipv4Addr,
}

/// Who gets a packet from the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outgoing {
    /// The peer with this lease, if there is one.
    To(Ipv4Addr),
    /// Every peer: broadcast or multicast.
    Everyone,
    /// Every peer, as a broadcast to this address: the packet's own is a guess, which is right nowhere.
    EveryoneAt(Ipv4Addr),
}

/// What a packet from a peer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// It is for us alone.
    Unicast,
    /// Broadcast or multicast; only a broadcast may come a second time as one addressed to us.
    Everyone { is_broadcast: bool },
    /// A probe, whose payload begins at this byte.
    Probe { payload: usize },
}

impl Addresses {
    pub(crate) fn new(own: VirtualIp, subnet: &Subnet) -> Self {
        let [a, b, c, _] = own.0.octets();
        Self { own: own.0, broadcast: subnet.broadcast(), guessed: Ipv4Addr::new(a, b, c, 255) }
    }

    fn is_broadcast(&self, destination: Ipv4Addr) -> bool {
        destination == self.broadcast || destination.is_broadcast()
    }

    /// Judges a packet that the OS sends, or one of at most `longest` bytes of which several are to be made. It is our own if
    /// it is from our address here, or from a socket at another one that `is_own`: it then leaves under ours.
    pub(crate) fn outgoing(
        &self,
        packet: &[u8],
        longest: usize,
        is_own: impl FnOnce(Ipv4Addr) -> bool,
    ) -> Result<Outgoing, DropReason> {
        let ip = parse(packet, longest)?;
        let destination = ip.destination();
        let has_socket = matches!(ip.protocol(), UDP | TCP);
        if ip.source() != self.own && !(has_socket && is_own(ip.source())) {
            // Every peer would refuse it, and it could name an address of the real network.
            return Err(DropReason::ForeignSource);
        }
        if ip.protocol() == PROBE_PROTOCOL {
            return Err(DropReason::ReservedProtocol);
        }
        let everyone = if self.is_broadcast(destination) || destination.is_multicast() {
            Some(Outgoing::Everyone)
        } else {
            (destination == self.guessed && destination != self.own)
                .then_some(Outgoing::EveryoneAt(self.broadcast))
        };
        if let Some(everyone) = everyone {
            // Programs send these by every interface, ours too.
            return if is_household(&ip) { Err(DropReason::HouseholdSearch) } else { Ok(everyone) };
        }
        if destination == self.own {
            return Err(DropReason::OwnDestination);
        }
        Ok(Outgoing::To(destination))
    }

    /// The same where games' own searches by multicast DNS are let through.
    pub(crate) fn outgoing_with_games(
        &self,
        packet: &[u8],
        longest: usize,
        is_own: impl FnOnce(Ipv4Addr) -> bool,
    ) -> Result<Outgoing, DropReason> {
        let is_search = || Ipv4::parse(packet).is_some_and(|ip| is_game_search(&ip));
        match self.outgoing(packet, longest, is_own) {
            Err(DropReason::HouseholdSearch) if is_search() => Ok(Outgoing::Everyone),
            judged => judged,
        }
    }

    /// The same of a peer's packet. `None` for what is judged as ever.
    pub(crate) fn incoming_search(&self, packet: &[u8], peer: Ipv4Addr) -> Option<Incoming> {
        let ip = parse(packet, PACKET_BYTES).ok()?;
        let is_search = ip.source() == peer && is_game_search(&ip);
        is_search.then_some(Incoming::Everyone { is_broadcast: false })
    }

    /// Judges an authenticated packet of the peer with this lease.
    pub(crate) fn incoming(&self, packet: &[u8], peer: Ipv4Addr) -> Result<Incoming, DropReason> {
        let ip = parse(packet, PACKET_BYTES)?;
        let destination = ip.destination();
        if ip.source() != peer {
            return Err(DropReason::ForeignSource);
        }
        let is_probe = ip.protocol() == PROBE_PROTOCOL;
        if destination == self.own {
            return Ok(if is_probe {
                Incoming::Probe { payload: ip.header_len() }
            } else {
                Incoming::Unicast
            });
        }
        if is_probe {
            return Err(DropReason::ForeignDestination);
        }
        if (self.is_broadcast(destination) || destination.is_multicast()) && is_household(&ip) {
            return Err(DropReason::HouseholdSearch);
        }
        if self.is_broadcast(destination) {
            return Ok(Incoming::Everyone { is_broadcast: true });
        }
        if destination.is_multicast() {
            return Ok(Incoming::Everyone { is_broadcast: false });
        }
        Err(DropReason::ForeignDestination)
    }
}

fn parse(packet: &[u8], longest: usize) -> Result<Ipv4<'_>, DropReason> {
    if is_ipv6(packet) {
        Err(DropReason::Ipv6)
    } else if packet.len() > longest {
        Err(DropReason::OversizedPacket)
    } else {
        Ipv4::parse(packet).ok_or(DropReason::MalformedPacket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::ipv4::build::{ipv4, udp};
    use proptest::prelude::*;

    const OWN: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);
    const PEER: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);
    const OTHER: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 3);
    const SUBNET_BROADCAST: Ipv4Addr = Ipv4Addr::new(10, 66, 255, 255);
    const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 2, 60);

    fn addresses() -> Addresses {
        Addresses::new(VirtualIp(OWN), &Subnet::DEFAULT)
    }

    #[test]
    fn the_os_reaches_one_peer_or_everyone() {
        let to =
            |destination| addresses().outgoing(&udp(OWN, destination, (1, 2), b"x"), PACKET_BYTES, |_| false);
        assert_eq!(to(PEER), Ok(Outgoing::To(PEER)));
        for destination in [Ipv4Addr::BROADCAST, SUBNET_BROADCAST, GROUP, Ipv4Addr::new(239, 255, 77, 77)] {
            assert_eq!(to(destination), Ok(Outgoing::Everyone), "{destination}");
        }
        assert_eq!(to(OWN), Err(DropReason::OwnDestination));
        let guessed = Ipv4Addr::new(10, 66, 0, 255);
        assert_eq!(to(guessed), Ok(Outgoing::EveryoneAt(SUBNET_BROADCAST)));
        assert_eq!(to(Ipv4Addr::new(10, 66, 1, 255)), Ok(Outgoing::To(Ipv4Addr::new(10, 66, 1, 255))));
    }

    #[test]
    fn the_os_may_not_send_in_anothers_name_or_as_a_probe() {
        let out = |packet: &[u8]| addresses().outgoing(packet, PACKET_BYTES, |_| false);
        assert_eq!(out(&udp(OTHER, PEER, (1, 2), b"x")), Err(DropReason::ForeignSource));
        assert_eq!(out(&ipv4(OWN, PEER, PROBE_PROTOCOL, b"x")), Err(DropReason::ReservedProtocol));
        assert_eq!(out(&[0x60; 60]), Err(DropReason::Ipv6));
        assert_eq!(out(&[]), Err(DropReason::MalformedPacket));
        assert_eq!(out(&ipv4(OWN, PEER, 6, &[0; PACKET_BYTES])), Err(DropReason::OversizedPacket));
        assert!(out(&ipv4(OWN, PEER, 6, &[0; PACKET_BYTES - 20])).is_ok());
    }

    #[test]
    fn a_socket_at_another_own_address_sends_as_we_do() {
        let card = Ipv4Addr::new(192, 168, 1, 10);
        let out = |packet: &[u8]| addresses().outgoing(packet, PACKET_BYTES, |source| source == card);
        assert_eq!(out(&udp(card, PEER, (1, 2), b"x")), Ok(Outgoing::To(PEER)));
        assert_eq!(out(&udp(card, SUBNET_BROADCAST, (1, 2), b"x")), Ok(Outgoing::Everyone));
        assert_eq!(out(&ipv4(card, PEER, TCP, &[0; 20])), Ok(Outgoing::To(PEER)));
        assert_eq!(out(&ipv4(card, PEER, 1, &[0; 20])), Err(DropReason::ForeignSource), "no socket's");
        let neighbour = Ipv4Addr::new(192, 168, 1, 20);
        assert_eq!(out(&udp(neighbour, PEER, (1, 2), b"x")), Err(DropReason::ForeignSource));
    }

    #[test]
    fn a_peer_sends_only_from_its_own_lease() {
        for source in [OWN, OTHER, Ipv4Addr::UNSPECIFIED, Ipv4Addr::LOCALHOST] {
            for destination in [OWN, Ipv4Addr::BROADCAST, GROUP] {
                let packet = udp(source, destination, (1, 2), b"x");
                assert_eq!(addresses().incoming(&packet, PEER), Err(DropReason::ForeignSource));
            }
        }
    }

    #[test]
    fn a_peer_reaches_us_and_nothing_behind_us() {
        let from = |destination| addresses().incoming(&udp(PEER, destination, (1, 2), b"x"), PEER);
        assert_eq!(from(OWN), Ok(Incoming::Unicast));
        assert_eq!(from(Ipv4Addr::BROADCAST), Ok(Incoming::Everyone { is_broadcast: true }));
        assert_eq!(from(SUBNET_BROADCAST), Ok(Incoming::Everyone { is_broadcast: true }));
        assert_eq!(from(GROUP), Ok(Incoming::Everyone { is_broadcast: false }));
        for destination in [OTHER, Ipv4Addr::LOCALHOST, Ipv4Addr::new(192, 168, 1, 1), Ipv4Addr::UNSPECIFIED]
        {
            assert_eq!(from(destination), Err(DropReason::ForeignDestination), "{destination}");
        }
    }

    #[test]
    fn a_homes_searches_stay_at_home_in_both_directions() {
        for (to, port) in
            [(Ipv4Addr::BROADCAST, 9), (SUBNET_BROADCAST, 137), (Ipv4Addr::new(224, 0, 0, 251), 5353)]
        {
            let out = udp(OWN, to, (4_000, port), b"x");
            let judged = addresses().outgoing(&out, PACKET_BYTES, |_| false);
            assert_eq!(judged, Err(DropReason::HouseholdSearch), "{to}");
            let into = udp(PEER, to, (4_000, port), b"x");
            assert_eq!(addresses().incoming(&into, PEER), Err(DropReason::HouseholdSearch), "{to}");
        }
        // To one alone is no search.
        assert!(addresses().outgoing(&udp(OWN, PEER, (4_000, 137), b"x"), PACKET_BYTES, |_| false).is_ok());
        assert!(addresses().incoming(&udp(PEER, OWN, (4_000, 137), b"x"), PEER).is_ok());
    }

    #[test]
    fn a_probe_is_for_one_peer_only() {
        let probe = |destination| addresses().incoming(&ipv4(PEER, destination, PROBE_PROTOCOL, b"p"), PEER);
        assert_eq!(probe(OWN), Ok(Incoming::Probe { payload: 20 }));
        assert_eq!(probe(Ipv4Addr::BROADCAST), Err(DropReason::ForeignDestination));
    }

    proptest! {
        #[test]
        fn any_bytes_are_routed_or_dropped(bytes in prop::collection::vec(any::<u8>(), 0..1_500)) {
            let _ = addresses().outgoing(&bytes, PACKET_BYTES, |_| true);
            let _ = addresses().incoming(&bytes, PEER);
        }

        #[test]
        fn what_is_accepted_is_from_the_peer(
            source in prop::sample::select(vec![OWN, PEER, OTHER]), destination: u32,
            protocol: u8, data in prop::collection::vec(any::<u8>(), 0..40)
        ) {
            let packet = ipv4(source, Ipv4Addr::from(destination), protocol, &data);
            prop_assert!(source == PEER || addresses().incoming(&packet, PEER).is_err());
            prop_assert!(source == OWN || addresses().outgoing(&packet, PACKET_BYTES, |_| false).is_err());
        }
    }
}
