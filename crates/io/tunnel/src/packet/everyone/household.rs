//! Which packets for everybody belong to a home and not to a party.

use std::net::Ipv4Addr;

use lanrage_party::{HOUSEHOLD_GROUP, HOUSEHOLD_PORTS, is_link_group};

use crate::packet::ipv4::{Ipv4, UDP, UDP_HEADER_BYTES};

/// Specification: IGMP, by which hosts tell routers of their groups (RFC 3376).
const IGMP: u8 = 2;
/// What wakes a machine: six bytes of ones, and its address sixteen times.
const WAKE_SYNC: [u8; 6] = [0xFF; 6];
const WAKE_REPEATS: usize = 16;

/// Multicast DNS (RFC 6762).
const MDNS: (Ipv4Addr, u16) = (Ipv4Addr::new(224, 0, 0, 251), 5353);
/// The service by which games of Blizzard find each other, as a label of a name (RFC 1035 §3.1).
const GAME_SERVICE: &[u8] = b"\x09_blizzard";

/// Whether a household's search is one by which a game looks for others, too: multicast DNS that names the service of games. Its
/// player may let it through to the party.
pub(crate) fn is_game_search(ip: &Ipv4<'_>) -> bool {
    let to_port = ip.ports().filter(|_| ip.protocol() == UDP && !ip.is_fragment()).map(|(_, port)| port);
    (ip.destination(), to_port) == (MDNS.0, Some(MDNS.1))
        && ip.payload().windows(GAME_SERVICE.len()).any(|part| part.eq_ignore_ascii_case(GAME_SERVICE))
}

/// Whether a broadcast or multicast packet is a search of a home's own devices, or a word between the machines of one link.
/// A later fragment does not tell by its port; without its first one it is nothing.
pub(crate) fn is_household(ip: &Ipv4<'_>) -> bool {
    let destination = ip.destination();
    if ip.protocol() == IGMP || is_link_group(destination) || destination == HOUSEHOLD_GROUP {
        return true;
    }
    let Some((_, port)) = ip.ports().filter(|_| ip.protocol() == UDP) else { return false };
    HOUSEHOLD_PORTS.contains(&port) || ip.payload().get(UDP_HEADER_BYTES..).is_some_and(wakes)
}

fn wakes(data: &[u8]) -> bool {
    let Some(addresses) = data.strip_prefix(&WAKE_SYNC) else { return false };
    let Some(repeats) = addresses.get(..WAKE_SYNC.len() * WAKE_REPEATS) else { return false };
    repeats.chunks_exact(WAKE_SYNC.len()).all(|address| address == &repeats[..WAKE_SYNC.len()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::ipv4::build;
    use proptest::prelude::*;

    const OWN: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);

    fn is(to: Ipv4Addr, port: u16, data: &[u8]) -> bool {
        is_household(&Ipv4::parse(&build::udp(OWN, to, (40_000, port), data)).unwrap())
    }

    #[test]
    fn of_multicast_dns_a_search_for_games_is_told_from_one_for_printers() {
        let is = |to, port, data: &[u8]| {
            is_game_search(&Ipv4::parse(&build::udp(OWN, to, (5353, port), data)).unwrap())
        };
        let search =
            b"\0\0\0\0\0\x01\0\0\0\0\0\0\x09_w3xp2730\x04_sub\x09_Blizzard\x04_udp\x05local\0\0\x0c\0\x01";
        assert!(is(MDNS.0, 5353, search));
        assert!(!is(MDNS.0, 5353, b"\0\0\0\0\0\x01\0\0\0\0\0\0\x04_ipp\x04_tcp\x05local\0\0\x0c\0\x01"));
        assert!(!is(MDNS.0, 5353, b"my_blizzard printer"), "a label, and not a part of one");
        assert!(!is(MDNS.0, 5355, search) && !is(Ipv4Addr::new(224, 0, 0, 1), 5353, search));
    }

    #[test]
    fn searches_for_devices_are_a_homes_and_searches_of_games_are_not() {
        let group = |a, b, c, d| Ipv4Addr::new(a, b, c, d);
        for (to, port) in [
            (group(224, 0, 0, 251), 5353),
            (group(224, 0, 0, 252), 5355),
            (group(239, 255, 255, 250), 1900),
            (group(239, 255, 255, 250), 40_000),
            (group(224, 0, 0, 1), 4_445),
            (Ipv4Addr::BROADCAST, 9),
            (Ipv4Addr::BROADCAST, 137),
            (group(10, 66, 255, 255), 138),
        ] {
            assert!(is(to, port, b"who is there"), "{to}:{port}");
        }
        for (to, port) in [
            (Ipv4Addr::BROADCAST, 27_015),
            (group(10, 66, 255, 255), 8_303),
            (group(224, 0, 2, 60), 4_445),
            (group(239, 255, 77, 77), 40_000),
        ] {
            // As many games begin.
            assert!(!is(to, port, b"\xFF\xFF\xFF\xFFTSource Engine Query\0"), "{to}:{port}");
        }
        assert!(is_household(&Ipv4::parse(&build::ipv4(OWN, group(239, 1, 2, 3), IGMP, &[0; 8])).unwrap()));
    }

    #[test]
    fn what_wakes_machines_does_so_by_any_port() {
        let wake = [&WAKE_SYNC[..], &[2, 0x11, 0x22, 0x33, 0x44, 0x55].repeat(16)].concat();
        assert!(is(Ipv4Addr::BROADCAST, 40_000, &wake));
        assert!(is(Ipv4Addr::BROADCAST, 40_000, &[&wake[..], b"secret"].concat()));
        assert!(!is(Ipv4Addr::BROADCAST, 40_000, &wake[..wake.len() - 1]));
        let mut other = wake;
        other[50] ^= 1;
        assert!(!is(Ipv4Addr::BROADCAST, 40_000, &other));
    }

    #[test]
    fn a_later_fragment_has_no_port() {
        let mut packet = build::udp(OWN, Ipv4Addr::BROADCAST, (1, 9), b"x");
        packet[7] = 1;
        assert!(!is_household(&Ipv4::parse(&packet).unwrap()));
    }

    proptest! {
        #[test]
        fn any_packet_is_judged(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = is_household(&Ipv4::parse(&build::ipv4(OWN, Ipv4Addr::BROADCAST, UDP, &bytes)).unwrap());
            let _ = Ipv4::parse(&bytes).map(|ip| is_household(&ip));
        }
    }
}
