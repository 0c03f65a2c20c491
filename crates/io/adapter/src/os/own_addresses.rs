//! Which addresses are this computer's.

use std::{
    net::{Ipv4Addr, UdpSocket},
    time::{Duration, Instant},
};

/// Implementation: how long it is believed that an address is ours or is not.
const BELIEVED: Duration = Duration::from_secs(5);
/// Implementation: addresses of which that is known; one that pushes another out is looked at again.
const KNOWN: usize = 32;

/// What is known of addresses.
#[derive(Debug, Default)]
pub(crate) struct OwnAddresses {
    known: Vec<(Ipv4Addr, bool, Instant)>,
    next: usize,
}

impl OwnAddresses {
    /// Whether the address is one of this computer's by which others reach it.
    pub(crate) fn contains(&mut self, address: Ipv4Addr, now: Instant) -> bool {
        let place = self.known.iter().position(|(known, ..)| *known == address);
        if let Some((_, is_ours, at)) = place.map(|place| self.known[place])
            && now < at + BELIEVED
        {
            return is_ours;
        }
        let is_ours = is_own(address);
        let known = (address, is_ours, now);
        match place {
            Some(place) => self.known[place] = known,
            None if self.known.len() < KNOWN => self.known.push(known),
            None => {
                self.known[self.next % KNOWN] = known;
                self.next = self.next.wrapping_add(1);
            }
        }
        is_ours
    }
}

/// A socket can have no address but one of this computer's.
fn is_own(address: Ipv4Addr) -> bool {
    // Which may be bound to, too.
    let is_nobodys = address.is_unspecified() || address.is_multicast() || address.is_broadcast();
    !is_nobodys && !address.is_loopback() && UdpSocket::bind((address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_everybodys_address_nor_another_machines_is_ours() {
        let (mut addresses, now) = (OwnAddresses::default(), Instant::now());
        for other in [[0, 0, 0, 0], [127, 0, 0, 1], [203, 0, 113, 7], [224, 0, 2, 60], [255, 255, 255, 255]] {
            assert!(!addresses.contains(other.into(), now), "{other:?}");
        }
        for n in 0..100 {
            addresses.contains([203, 0, 113, n].into(), now);
        }
        assert_eq!(addresses.known.len(), KNOWN);
    }
}
