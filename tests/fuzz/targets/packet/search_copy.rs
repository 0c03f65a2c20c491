use std::{net::Ipv4Addr, time::Duration};

use lanrage_tunnel::internals::SearchCopier;

use crate::input::Input;

/// Where an IPv4 header has the protocol, and the addresses.
const PROTOCOL: usize = 9;
const SOURCE: usize = 12;
const DESTINATION: usize = 16;

/// Whatever a tap shows, what goes into the party is a UDP packet under our own address, to everybody there, and not longer
/// than what was seen.
pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut copier = SearchCopier::new();
    let mut after = Duration::ZERO;
    while !input.is_empty() {
        let interface = input.u8().into();
        after += Duration::from_millis(input.u16().into());
        let mut packet = input.bytes().to_vec();
        if input.flag() {
            make_udp(&mut packet);
        }
        let seen = packet.len();
        let Some(len) = copier.copy(&mut packet, interface, after) else { continue };
        assert!(len <= seen);
        let copy = &packet[..len];
        assert_eq!(usize::from(u16::from_be_bytes([copy[2], copy[3]])), len);
        assert_eq!(copy[PROTOCOL], 17);
        assert_eq!(copy[SOURCE..DESTINATION], SearchCopier::OWN.octets());
        let to: [u8; 4] = copy[DESTINATION..][..4].try_into().expect("four bytes");
        let to = Ipv4Addr::from(to);
        assert!(to.is_multicast() || to.is_broadcast() || to == Ipv4Addr::new(10, 66, 255, 255), "{to}");
    }
}

/// Gives the bytes the parts of a header without which a fuzzer would never come further.
fn make_udp(packet: &mut [u8]) {
    let len = packet.len() as u16;
    if len >= 20 {
        packet[0] = 0x45 + (packet[0] & 3);
        packet[2..4].copy_from_slice(&len.to_be_bytes());
        packet[PROTOCOL] = 17;
    }
}
