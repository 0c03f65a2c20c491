//! The copy of a search that a program of this computer sends into another network: it goes to the party as well, under our own
//! address there.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use lanrage_party::facts::DropReason;

use crate::packet::{
    checksum,
    household::is_household,
    ipv4::{CHECKSUM, DESTINATION, Ipv4, SOURCE, UDP},
};

/// Specification: where a UDP datagram has its checksum, and how long its header is (RFC 768).
const UDP_CHECKSUM: usize = 6;
const UDP_HEADER: usize = 8;
/// Implementation: datagrams in fragments that are on their way at once; more of them lose their later fragments.
const BEGUN: usize = 16;
/// Implementation: how long a system takes at most from a datagram's first fragment to its last.
const BETWEEN: Duration = Duration::from_secs(1);

/// Makes packets for the party of what was seen elsewhere. One thread has it.
#[derive(Default)]
pub(crate) struct SearchCopies {
    /// Datagrams whose first fragment has passed, the oldest being written over.
    begun: [Option<(Datagram, Instant)>; BEGUN],
    next: usize,
}

/// What the fragments of one datagram have in common (RFC 791 §3.2).
type Datagram = (Ipv4Addr, Ipv4Addr, u16);

impl SearchCopies {
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
        let (header_len, total) = (ip.header_len(), ip.header_len() + ip.payload().len());
        let (is_whole, is_beginning) = (!ip.is_fragment(), ip.is_beginning());
        let (to, datagram) = (ip.destination(), (ip.source(), ip.destination(), ip.identification()));
        if is_household(&ip) || !is_beginning && !self.has_begun(&datagram, now) {
            return Err(DropReason::HouseholdSearch);
        }
        if is_beginning && ip.payload().len() < UDP_HEADER {
            return Err(DropReason::MalformedPacket);
        }
        if is_beginning && !is_whole {
            self.begun[self.next % BEGUN] = Some((datagram, now));
            self.next = self.next.wrapping_add(1);
        }

        let packet = &mut packet[..total];
        let to = if to.is_multicast() || to.is_broadcast() { to } else { broadcast };
        let new = [own.octets(), to.octets()].concat();
        let old = packet[SOURCE..SOURCE + new.len()].to_vec();
        packet[SOURCE..SOURCE + new.len()].copy_from_slice(&new);
        put(packet, CHECKSUM, 0);
        let sum = checksum::of(&packet[..header_len]);
        put(packet, CHECKSUM, sum);
        if is_beginning {
            let at = header_len + UDP_CHECKSUM;
            let sum = match u16::from_be_bytes([packet[at], packet[at + 1]]) {
                // RFC 768: none.
                0 => return Ok(total),
                _ if is_whole => udp_checksum(packet, header_len),
                // What the system cuts it sums itself.
                sum => checksum::updated(sum, &old, &new),
            };
            // 0 would mean "none": the other zero of one's complement stands for it.
            put(packet, at, if sum == 0 { 0xFFFF } else { sum });
        }
        Ok(total)
    }

    fn has_begun(&self, datagram: &Datagram, now: Instant) -> bool {
        let mut begun = self.begun.iter().flatten();
        begun.any(|(known, at)| known == datagram && now.saturating_duration_since(*at) < BETWEEN)
    }
}

fn put(packet: &mut [u8], at: usize, sum: u16) {
    packet[at..at + 2].copy_from_slice(&sum.to_be_bytes());
}

/// The checksum of a whole packet's datagram, by what is in it.
fn udp_checksum(packet: &[u8], header_len: usize) -> u16 {
    let (header, datagram) = packet.split_at(header_len);
    let length = datagram.len() as u64;
    let without_checksum = checksum::sum(&datagram[..UDP_CHECKSUM]) + checksum::sum(&datagram[UDP_HEADER..]);
    let addresses = &header[SOURCE..DESTINATION + 4];
    !checksum::fold(checksum::sum(addresses) + u64::from(UDP) + length + without_checksum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::ipv4::{HEADER_BYTES, build};
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
            let copy = adopted(&mut SearchCopies::default(), &packet);
            assert_eq!(copy, Ok(build::udp(OWN, expected, (4_000, 27_015), b"who is there")), "{to}");
        }
    }

    #[test]
    fn a_homes_search_and_what_is_no_datagram_are_no_search_of_a_game() {
        let mut copies = SearchCopies::default();
        let home = build::udp(CARD, Ipv4Addr::BROADCAST, (4_000, 9), b"x");
        assert_eq!(adopted(&mut copies, &home), Err(DropReason::HouseholdSearch));
        for other in [build::ipv4(CARD, GROUP, 6, &[0; 20]), build::ipv4(CARD, GROUP, UDP, &[0; 7]), vec![]] {
            assert_eq!(adopted(&mut copies, &other), Err(DropReason::MalformedPacket));
        }
    }

    #[test]
    fn later_fragments_follow_their_first_one_and_no_other() {
        let mut copies = SearchCopies::default();
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
            let len = SearchCopies::default().adopt(&mut packet, own, PARTY, Instant::now()).unwrap();
            prop_assert_eq!(&packet[..len], build::udp(own, GROUP, ports, &data));
        }

        #[test]
        fn a_copy_without_checksum_keeps_none(data in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut packet = build::udp(CARD, Ipv4Addr::BROADCAST, (1, 20_000), &data);
            packet[HEADER_BYTES + 6..HEADER_BYTES + 8].fill(0);
            let copy = adopted(&mut SearchCopies::default(), &packet).unwrap();
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
            if let Ok(len) = SearchCopies::default().adopt(&mut bytes, OWN, PARTY, Instant::now()) {
                prop_assert!(Ipv4::parse(&bytes[..len]).is_some_and(|ip| ip.source() == OWN));
            }
        }
    }
}
