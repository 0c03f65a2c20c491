//! Fragmented datagrams whose first fragment has been judged: the others have no ports to be judged by, and follow it.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use crate::packet::ipv4::Ipv4;

/// Datagrams at a time whose fragments may still come; one more takes the place of the oldest.
pub(crate) const BEGUN: usize = 16;

/// Implementation: how long a system takes at most from a datagram's first fragment to its last.
pub(crate) const SENT_WITHIN: Duration = Duration::from_secs(1);

/// Implementation: how long the fragments of a friend's datagram are waited for: they have come through a network.
pub(crate) const FRAGMENTS_WITHIN: Duration = Duration::from_secs(5);

/// What the fragments of one datagram have in common, but for the protocol (RFC 791 §3.2).
type Datagram = (Ipv4Addr, Ipv4Addr, u16);

/// The datagrams of which later fragments pass, and what was judged of each.
#[derive(Debug)]
pub(crate) struct Begun<T = ()> {
    datagrams: [Option<(Datagram, T, Instant)>; BEGUN],
    next: usize,
    within: Duration,
}

impl<T: Copy> Begun<T> {
    /// None yet. Whoever sends fragments sends all of a datagram `within` so long.
    pub(crate) const fn new(within: Duration) -> Self {
        Self { datagrams: [None; BEGUN], next: 0, within }
    }

    /// Lets the later fragments of the datagram pass whose first one this is. Of a whole packet there are none.
    pub(crate) fn note(&mut self, first: &Ipv4<'_>, judged: T, now: Instant) {
        if first.is_fragment() {
            self.datagrams[self.next] = Some((datagram(first), judged, now));
            self.next = (self.next + 1) % BEGUN;
        }
    }

    /// Whether a packet that was found good, as far as it tells, is no orphan: it is whole, or the first of its datagram's
    /// fragments, or follows one that was found good.
    pub(crate) fn admits(&mut self, ip: &Ipv4<'_>, judged: T, now: Instant) -> bool {
        if !ip.is_beginning() {
            return self.find(ip, now).is_some();
        }
        self.note(ip, judged, now);
        true
    }

    /// What was judged of the datagram that this is a later fragment of, if it is one of them.
    pub(crate) fn find(&self, later: &Ipv4<'_>, now: Instant) -> Option<T> {
        let datagram = datagram(later);
        let lives = |since: Instant| now.saturating_duration_since(since) < self.within;
        let known =
            self.datagrams.iter().flatten().find(|(begun, _, since)| *begun == datagram && lives(*since));
        known.map(|(_, judged, _)| *judged)
    }
}

fn datagram(ip: &Ipv4<'_>) -> Datagram {
    (ip.source(), ip.destination(), ip.identification())
}
