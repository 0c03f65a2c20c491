//! The unicast copy of a received broadcast, for a socket that is bound to our own address: the OS gives it no broadcast. And that of
//! a packet to a group, for a socket that has joined it, and hears it on another interface alone.
//!
//! A copy is made only where the OS would hand it to such a socket. Of the others each has the broadcast itself, and would
//! hear it twice.

use std::{net::SocketAddrV4, time::Instant};

use crate::packet::{
    begun::{Begun, FRAGMENTS_WITHIN},
    ipv4::{Ipv4, UDP},
};

/// Decides which broadcasts are copied, and knows those whose fragments are still to come.
#[derive(Debug)]
pub(crate) struct UnicastCopies {
    begun: Begun,
}

impl UnicastCopies {
    pub(crate) const fn new() -> Self {
        Self { begun: Begun::new(FRAGMENTS_WITHIN) }
    }

    /// Whether this packet is to be copied. `is_bound` says whether a UDP packet from there to this port of our own
    /// address would reach a socket that hears it in no other way. A fragment that comes before the first one is not copied.
    pub(crate) fn is_due(
        &mut self,
        packet: &[u8],
        now: Instant,
        is_bound: impl FnOnce(SocketAddrV4, u16) -> bool,
    ) -> bool {
        let Some(ip) = Ipv4::parse(packet).filter(|ip| ip.protocol() == UDP) else { return false };
        if !ip.is_beginning() {
            return self.begun.find(&ip, now).is_some();
        }
        let Some((from, to)) = ip.ports() else { return false };
        let is_due = is_bound(SocketAddrV4::new(ip.source(), from), to);
        if is_due {
            self.begun.note(&ip, (), now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::packet::{fragment::Fragments, ipv4::build};
    use proptest::prelude::*;

    const PEER: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);
    const OTHER: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 3);

    fn fragments(packet: &[u8]) -> Vec<Vec<u8>> {
        let mut fragments = Fragments::new(packet, 600, 7).unwrap();
        let mut out = [0; 2_048];
        std::iter::from_fn(|| fragments.next_into(&mut out).map(|len| out[..len].to_vec())).collect()
    }

    #[test]
    fn only_what_such_a_socket_would_hear_is_copied() {
        let mut copies = UnicastCopies::new();
        let packet = build::udp(PEER, Ipv4Addr::BROADCAST, (1, 2), b"who is there");
        let mut asked = None;
        let now = Instant::now();
        assert!(copies.is_due(&packet, now, |from, port| asked.replace((from, port)).is_none()));
        assert_eq!(asked, Some((SocketAddrV4::new(PEER, 1), 2)));
        assert!(!copies.is_due(&packet, now, |_, _| false));
        for other in [
            build::ipv4(PEER, Ipv4Addr::BROADCAST, UDP, &[0; 3]),
            build::ipv4(PEER, Ipv4Addr::BROADCAST, 6, &[0; 20]),
        ] {
            assert!(!copies.is_due(&other, now, |_, _| true));
        }
    }

    #[test]
    fn the_fragments_of_a_copied_broadcast_are_copied_and_no_others() {
        let start = Instant::now();
        let beacon = fragments(&build::udp(PEER, Ipv4Addr::BROADCAST, (1, 2), &[7; 1_300]));
        let others = fragments(&build::udp(OTHER, Ipv4Addr::BROADCAST, (1, 2), &[7; 1_300]));
        let mut copies = UnicastCopies::new();
        let due = |copies: &mut UnicastCopies, packet: &[u8], is_bound| {
            copies.is_due(packet, start, |_, _| is_bound)
        };
        assert!(!due(&mut copies, &beacon[1], true), "the first one decides");
        assert!(beacon.iter().all(|piece| due(&mut copies, piece, true)));
        assert!(!others.iter().any(|piece| due(&mut copies, piece, false)));
        let late = start + FRAGMENTS_WITHIN;
        assert!(!copies.is_due(&beacon[1], late, |_, _| true), "its number may be another's by now");
    }

    #[test]
    fn of_many_at_once_the_newest_are_known() {
        let mut copies = UnicastCopies::new();
        let now = Instant::now();
        let mut pieces = fragments(&build::udp(PEER, Ipv4Addr::BROADCAST, (1, 2), &[7; 1_300]));
        for id in 0..100_u16 {
            pieces.iter_mut().for_each(|piece| piece[4..6].copy_from_slice(&id.to_be_bytes()));
            assert!(pieces.iter().all(|piece| copies.is_due(piece, now, |_, _| true)));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..64), bound: bool) {
            let mut bytes = bytes;
            let len = bytes.len() as u16;
            if len >= 20 {
                bytes[0] = 0x45;
                bytes[2..4].copy_from_slice(&len.to_be_bytes());
                bytes[9] = UDP;
            }
            let is_due = UnicastCopies::new().is_due(&bytes, Instant::now(), |_, _| bound);
            prop_assert!(bound || !is_due);
        }
    }
}
