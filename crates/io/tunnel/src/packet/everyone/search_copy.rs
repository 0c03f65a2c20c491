//! The copy of a search that a program of this computer sends into another network: it goes to the party as well, under our own
//! address there.

use std::{net::Ipv4Addr, time::Instant};

use lanrage_party::facts::DropReason;

use crate::packet::{
    begun::{Begun, SENT_WITHIN},
    everyone::household::is_household,
    ipv4::{Ipv4, UDP},
    readdress,
};

/// Makes packets for the party of what was seen elsewhere. One thread has it.
pub(crate) struct SearchCopies {
    begun: Begun,
}

impl SearchCopies {
    pub(crate) const fn new() -> Self {
        Self { begun: Begun::new(SENT_WITHIN) }
    }

    /// Turns a copied packet into ours: from `own`, and to a group as it was, to everybody, or to the party's `broadcast` in the
    /// place of another network's; gives its length. A whole one's checksum is made anew, as the one that the network card
    /// was to fill in is not there yet.
    ///
    /// # Errors
    /// What is no search, is a household's, or is a later fragment of neither.
    pub(crate) fn adopt(
        &mut self,
        packet: &mut [u8],
        own: Ipv4Addr,
        broadcast: Ipv4Addr,
        now: Instant,
    ) -> Result<usize, DropReason> {
        let ip = Ipv4::parse(packet).filter(|ip| ip.protocol() == UDP).ok_or(DropReason::MalformedPacket)?;
        let (to, total) = (ip.destination(), ip.header_len() + ip.payload().len());
        let is_whole = !ip.is_fragment();
        if ip.is_beginning() {
            ip.ports().ok_or(DropReason::MalformedPacket)?;
        }
        if is_household(&ip) || !self.begun.admits(&ip, (), now) {
            return Err(DropReason::HouseholdSearch);
        }
        let packet = &mut packet[..total];
        let to = if to.is_multicast() || to.is_broadcast() { to } else { broadcast };
        readdress::set_source(packet, own);
        readdress::set_destination(packet, to);
        if is_whole {
            // What the system cuts it sums itself.
            readdress::complete_udp_checksum(packet);
        }
        Ok(total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{
        begun::BEGUN,
        checksum,
        ipv4::{HEADER_BYTES, build},
    };
    use proptest::prelude::*;

    const OWN: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);
    const PARTY: Ipv4Addr = Ipv4Addr::new(10, 66, 255, 255);
    const CARD: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 10);
    const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 2, 60);

    fn adopted(copies: &mut SearchCopies, packet: &[u8]) -> Result<Vec<u8>, DropReason> {
        let mut packet = packet.to_vec();
        let len = copies.adopt(&mut packet, OWN, PARTY, Instant::now())?;
        packet.truncate(len);
        Ok(packet)
    }

    /// The `n`th fragment of three, of a datagram with this identification and port.
    fn fragment(n: u8, id: u8, port: u16) -> Vec<u8> {
        let mut packet = build::udp(CARD, Ipv4Addr::BROADCAST, (1, port), &[n; 32]);
        packet[5] = id;
        packet[6] = if n < 2 { 0x20 } else { 0 };
        packet[7] = n * 5;
        packet
    }

    #[test]
    fn another_networks_broadcast_becomes_the_partys() {
        for (to, expected) in [
            (Ipv4Addr::BROADCAST, Ipv4Addr::BROADCAST),
            (GROUP, GROUP),
            (Ipv4Addr::new(192, 168, 1, 255), PARTY),
            (Ipv4Addr::new(10, 255, 255, 255), PARTY),
        ] {
            let packet = build::udp(CARD, to, (4_000, 27_015), b"who is there");
            let copy = adopted(&mut SearchCopies::new(), &packet);
            assert_eq!(copy, Ok(build::udp(OWN, expected, (4_000, 27_015), b"who is there")), "{to}");
        }
    }

    #[test]
    fn a_homes_search_and_what_is_no_datagram_are_no_search_of_a_game() {
        let mut copies = SearchCopies::new();
        let home = build::udp(CARD, Ipv4Addr::BROADCAST, (4_000, 9), b"x");
        assert_eq!(adopted(&mut copies, &home), Err(DropReason::HouseholdSearch));
        for other in [build::ipv4(CARD, GROUP, 6, &[0; 20]), build::ipv4(CARD, GROUP, UDP, &[0; 7]), vec![]] {
            assert_eq!(adopted(&mut copies, &other), Err(DropReason::MalformedPacket));
        }
    }

    #[test]
    fn later_fragments_follow_their_first_one_and_no_other() {
        let mut copies = SearchCopies::new();
        assert!(adopted(&mut copies, &fragment(1, 7, 27_015)).is_err(), "before the first");
        assert!(adopted(&mut copies, &fragment(0, 7, 27_015)).is_ok());
        assert!(adopted(&mut copies, &fragment(1, 7, 27_015)).is_ok());
        assert!(adopted(&mut copies, &fragment(2, 7, 27_015)).is_ok());
        assert!(adopted(&mut copies, &fragment(0, 8, 1_900)).is_err());
        assert!(adopted(&mut copies, &fragment(1, 8, 1_900)).is_err(), "of a home's");
        for id in 0..BEGUN as u8 {
            assert!(adopted(&mut copies, &fragment(0, 100 + id, 27_015)).is_ok());
        }
        assert!(adopted(&mut copies, &fragment(1, 7, 27_015)).is_err(), "forgotten");
        assert!(adopted(&mut copies, &fragment(1, 100, 27_015)).is_ok());
    }

    proptest! {
        #[test]
        fn a_copy_has_the_checksums_of_a_packet_made_from_scratch(
            data in prop::collection::vec(any::<u8>(), 0..64), ports in (1_u16.., 20_000_u16..), own: u32, partial: u16
        ) {
            let own = Ipv4Addr::from(own);
            let mut packet = build::udp(CARD, GROUP, ports, &data);
            // What the system leaves to the network card.
            packet[HEADER_BYTES + 6..HEADER_BYTES + 8].copy_from_slice(&(partial | 1).to_be_bytes());
            let len = SearchCopies::new().adopt(&mut packet, own, PARTY, Instant::now()).unwrap();
            prop_assert_eq!(&packet[..len], build::udp(own, GROUP, ports, &data));
        }

        #[test]
        fn a_copy_without_checksum_keeps_none(data in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut packet = build::udp(CARD, Ipv4Addr::BROADCAST, (1, 20_000), &data);
            packet[HEADER_BYTES + 6..HEADER_BYTES + 8].fill(0);
            let copy = adopted(&mut SearchCopies::new(), &packet).unwrap();
            prop_assert_eq!(&copy[HEADER_BYTES + 6..HEADER_BYTES + 8], &[0, 0]);
            prop_assert_eq!(checksum::of(&copy[..HEADER_BYTES]), 0);
        }

        #[test]
        fn any_bytes_are_adopted_or_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..128)) {
            let len = bytes.len() as u16;
            if len >= 20 {
                bytes[0] = 0x45 + (bytes[0] & 3);
                bytes[2..4].copy_from_slice(&len.to_be_bytes());
                bytes[9] = UDP;
            }
            if let Ok(len) = SearchCopies::new().adopt(&mut bytes, OWN, PARTY, Instant::now()) {
                prop_assert!(Ipv4::parse(&bytes[..len]).is_some_and(|ip| ip.source() == OWN));
            }
        }
    }
}
