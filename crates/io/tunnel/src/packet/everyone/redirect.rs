//! Searches that are brought to the port where a game is hosted.

use std::net::Ipv4Addr;

use lanrage_party::SearchRedirect;

use crate::packet::{
    ipv4::{Ipv4, UDP},
    readdress,
};

/// Makes a broadcast one to us alone, at the port of the game, if it asks at a port that is redirected. A search in fragments is
/// left alone: those of games are short.
pub(crate) fn redirect(packet: &mut [u8], redirects: &[SearchRedirect], own: Ipv4Addr) -> bool {
    let ip = Ipv4::parse(packet).filter(|ip| ip.protocol() == UDP && !ip.is_fragment());
    let asked = ip.and_then(|ip| ip.ports()).map(|(_, port)| port);
    let Some(found) = redirects.iter().find(|redirect| Some(redirect.asked) == asked) else { return false };
    readdress::set_udp_destination(packet, own, found.hosted);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::ipv4::build;

    const OWN: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);
    const PEER: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);
    const REDIRECTS: [SearchRedirect; 2] =
        [SearchRedirect { asked: 8_303, hosted: 9_000 }, SearchRedirect { asked: 8_304, hosted: 9_001 }];

    #[test]
    fn what_asks_there_asks_the_game_and_all_else_stays_as_it_is() {
        let search = |port| build::udp(PEER, Ipv4Addr::BROADCAST, (5, port), b"who is there");
        for (asked, hosted) in [(8_303, 9_000), (8_304, 9_001)] {
            let mut packet = search(asked);
            assert!(redirect(&mut packet, &REDIRECTS, OWN));
            assert_eq!(packet, build::udp(PEER, OWN, (5, hosted), b"who is there"));
        }
        let tcp = build::ipv4(PEER, Ipv4Addr::BROADCAST, 6, &search(8_303)[20..]);
        let mut piece = search(8_303);
        piece[6] = 0x20;
        for other in [search(8_305), search(9_000), tcp, piece] {
            let mut packet = other.clone();
            assert!(!redirect(&mut packet, &REDIRECTS, OWN));
            assert_eq!(packet, other);
        }
    }
}
