//! Fragmented datagrams whose first fragment has been judged: the others have no ports to be judged by, and follow it.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use crate::packet::ipv4::Ipv4;

/// Datagrams at a time whose fragments may still come; one more takes the place of the oldest.
pub(crate) const BEGUN: usize = 16;

/// What the fragments of one datagram have in common, but for the protocol (RFC 791 §3.2).
type Datagram = (Ipv4Addr, Ipv4Addr, u16);

/// The datagrams of which later fragments pass.
#[derive(Debug)]
pub(crate) struct Begun {
    datagrams: [Option<(Datagram, Instant)>; BEGUN],
    next: usize,
    within: Duration,
}

impl Begun {
    /// None yet. Whoever sends fragments sends all of a datagram `within` so long.
    pub(crate) const fn new(within: Duration) -> Self {
        Self { datagrams: [None; BEGUN], next: 0, within }
    }

    /// Lets the later fragments of the datagram pass whose first one this is. Of a whole packet there are none.
    pub(crate) fn note(&mut self, first: &Ipv4<'_>, now: Instant) {
        if first.is_fragment() {
            self.datagrams[self.next] = Some((datagram(first), now));
            self.next = (self.next + 1) % BEGUN;
        }
    }

    /// Whether this is a later fragment of one of them.
    pub(crate) fn includes(&self, later: &Ipv4<'_>, now: Instant) -> bool {
        let datagram = datagram(later);
        let mut known = self.datagrams.iter().flatten();
        known.any(|(begun, since)| *begun == datagram && now.saturating_duration_since(*since) < self.within)
    }
}

fn datagram(ip: &Ipv4<'_>) -> Datagram {
    (ip.source(), ip.destination(), ip.identification())
}
