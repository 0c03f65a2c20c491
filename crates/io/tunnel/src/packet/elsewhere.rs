//! Programs whose sockets are bound to another address of this computer, as that of the real LAN: in the party they have
//! ours.
//!
//! What such a socket sends leaves under our own address, and its port is remembered; what a friend then sends to that port
//! of ours is given to the socket. Only a remembered port is: who binds a service to the real LAN's address alone keeps it
//! there, and no friend is to reach it by asking. So a TCP server that is bound so stays unreached, as it speaks only when
//! spoken to, and nothing tells a game's from an administrator's page; a TCP connection that begins here is let through, by
//! both of its ends.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::packet::{
    begun::{Begun, FRAGMENTS_WITHIN},
    ipv4::{Ipv4, TCP, UDP},
};

/// Implementation: ports and connections at a time; one more takes the place of the one that sent longest ago.
const ENDS: usize = 64;
/// Specification: after a pause of five minutes a port may still be counted on (RFC 4787 REQ-5), and this is longer. That a
/// socket is there all the while the system says.
const UDP_KEPT: Duration = Duration::from_secs(600);
/// Specification: RFC 5382 REQ-5.
const TCP_KEPT: Duration = Duration::from_secs(2 * 3_600 + 4 * 60);
/// Implementation: answers of the system that are remembered, and how long each counts.
const ANSWERS: usize = 64;
const ANSWER_COUNTS: Duration = Duration::from_millis(500);

/// What of this computer's other addresses has spoken to the party.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    /// Whether there ever was such a port: mostly not, and a packet then costs a look at this.
    is_used: AtomicBool,
    ends: Mutex<Ends>,
}

#[derive(Debug)]
struct Ends {
    known: Vec<Known>,
    answers: Vec<Answer>,
    next_answer: usize,
    begun: Begun<Ipv4Addr>,
}

/// A port, of which all friends are answered; or a connection with one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Udp { port: u16 },
    Tcp { port: u16, peer: SocketAddrV4 },
}

#[derive(Debug, Clone, Copy)]
struct Known {
    end: End,
    address: Ipv4Addr,
    sent: Instant,
}

/// Whether a socket at that address gets a friend's packets to this port.
#[derive(Debug, Clone, Copy)]
struct Answer {
    from: SocketAddrV4,
    to: SocketAddrV4,
    is_heard: bool,
    since: Instant,
}

impl Elsewhere {
    pub(crate) fn new() -> Self {
        let (known, answers) = (Vec::new(), Vec::new());
        let begun = Begun::new(FRAGMENTS_WITHIN);
        Self {
            is_used: AtomicBool::new(false),
            ends: Mutex::new(Ends { known, answers, next_answer: 0, begun }),
        }
    }

    /// Whether there is anything to be given to other addresses.
    pub(crate) fn is_used(&self) -> bool {
        self.is_used.load(Relaxed)
    }

    /// Notes that a packet went into the party from the port of this other address of ours. `is_bound` says of one that is
    /// new whether its socket is bound to just that address; a socket without one hears friends anyway.
    pub(crate) fn note_sent(
        &self,
        ip: &Ipv4<'_>,
        address: Ipv4Addr,
        now: Instant,
        is_bound: impl FnOnce(SocketAddrV4, SocketAddrV4) -> bool,
    ) {
        let Some((port, to)) = ip.ports() else { return };
        let peer = SocketAddrV4::new(ip.destination(), to);
        let Some(end) = End::of(ip.protocol(), port, peer) else { return };
        let is_known = self.ends.lock().refresh(end, address, now);
        if !is_known && is_bound(peer, SocketAddrV4::new(address, port)) {
            self.ends.lock().insert(Known { end, address, sent: now });
            self.is_used.store(true, Relaxed);
        }
    }

    /// The other address that a friend's packet to our `own` is for, if it is. `receiver` says to which address that UDP
    /// socket is bound which would get a packet from there to here, if there is one. No lock is held meanwhile.
    pub(crate) fn receiver(
        &self,
        ip: &Ipv4<'_>,
        own: Ipv4Addr,
        now: Instant,
        receiver: impl Fn(SocketAddrV4, SocketAddrV4) -> Option<Ipv4Addr>,
    ) -> Option<Ipv4Addr> {
        if !ip.is_beginning() {
            return self.ends.lock().begun.find(ip, now);
        }
        let (from, port) = ip.ports()?;
        let from = SocketAddrV4::new(ip.source(), from);
        let end = End::of(ip.protocol(), port, from)?;
        let address = self.ends.lock().find(end, now)?;
        if let End::Udp { .. } = end {
            let to = SocketAddrV4::new(address, port);
            let is_heard = self.ends.lock().answer(from, to, now);
            let is_heard = is_heard.unwrap_or_else(|| {
                // Who listens in the party, or everywhere, comes first.
                let is_heard = receiver(from, SocketAddrV4::new(own, port)).is_none()
                    && receiver(from, to) == Some(address);
                self.ends.lock().note_answer(Answer { from, to, is_heard, since: now });
                is_heard
            });
            if !is_heard {
                return None;
            }
        }
        self.ends.lock().begun.note(ip, address, now);
        Some(address)
    }
}

impl End {
    const fn of(protocol: u8, port: u16, peer: SocketAddrV4) -> Option<Self> {
        match protocol {
            UDP => Some(Self::Udp { port }),
            TCP => Some(Self::Tcp { port, peer }),
            _ => None,
        }
    }

    const fn kept(self) -> Duration {
        match self {
            Self::Udp { .. } => UDP_KEPT,
            Self::Tcp { .. } => TCP_KEPT,
        }
    }
}

impl Ends {
    /// Whether the end is known at that address; it has sent just now then.
    fn refresh(&mut self, end: End, address: Ipv4Addr, now: Instant) -> bool {
        let known = self.known.iter_mut().find(|known| known.end == end && known.address == address);
        known.map(|known| known.sent = now).is_some()
    }

    fn insert(&mut self, new: Known) {
        let same = self.known.iter().position(|known| known.end == new.end);
        match same {
            Some(at) => self.known[at] = new,
            None if self.known.len() < ENDS => self.known.push(new),
            None => {
                if let Some(oldest) = self.known.iter_mut().min_by_key(|known| known.sent) {
                    *oldest = new;
                }
            }
        }
    }

    fn find(&self, end: End, now: Instant) -> Option<Ipv4Addr> {
        let known = self.known.iter().find(|known| known.end == end)?;
        (now.saturating_duration_since(known.sent) < end.kept()).then_some(known.address)
    }

    fn answer(&self, from: SocketAddrV4, to: SocketAddrV4, now: Instant) -> Option<bool> {
        let known = self.answers.iter().find(|answer| (answer.from, answer.to) == (from, to))?;
        (now.saturating_duration_since(known.since) < ANSWER_COUNTS).then_some(known.is_heard)
    }

    fn note_answer(&mut self, new: Answer) {
        let same = self.answers.iter().position(|known| (known.from, known.to) == (new.from, new.to));
        match same {
            Some(at) => self.answers[at] = new,
            None if self.answers.len() < ANSWERS => self.answers.push(new),
            None => {
                self.answers[self.next_answer % ANSWERS] = new;
                self.next_answer = self.next_answer.wrapping_add(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::ipv4::build;
    use proptest::prelude::*;

    const OWN: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);
    const FRIEND: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);
    const OTHER: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 3);
    const CARD: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 10);

    /// A socket that is bound to the card's address alone, as the system tells of it.
    fn at_card(_: SocketAddrV4, to: SocketAddrV4) -> Option<Ipv4Addr> {
        (*to.ip() == CARD).then_some(CARD)
    }

    fn sent(elsewhere: &Elsewhere, packet: &[u8], now: Instant) {
        elsewhere.note_sent(&Ipv4::parse(packet).unwrap(), CARD, now, |_, _| true);
    }

    fn receiver(elsewhere: &Elsewhere, packet: &[u8], now: Instant) -> Option<Ipv4Addr> {
        elsewhere.receiver(&Ipv4::parse(packet).unwrap(), OWN, now, at_card)
    }

    fn tcp(source: Ipv4Addr, destination: Ipv4Addr, ports: (u16, u16)) -> Vec<u8> {
        let ports = [ports.0.to_be_bytes(), ports.1.to_be_bytes()].concat();
        build::ipv4(source, destination, TCP, &[&ports[..], &[0; 16]].concat())
    }

    #[test]
    fn every_friend_answers_the_port_that_has_searched_and_reaches_no_other() {
        let (elsewhere, now) = (Elsewhere::new(), Instant::now());
        let to = |port, from| build::udp(from, OWN, (27_015, port), b"here");
        assert!(!elsewhere.is_used());
        assert_eq!(receiver(&elsewhere, &to(4_000, FRIEND), now), None);
        sent(&elsewhere, &build::udp(OWN, Ipv4Addr::BROADCAST, (4_000, 27_015), b"who"), now);
        assert!(elsewhere.is_used());
        for from in [FRIEND, OTHER] {
            assert_eq!(receiver(&elsewhere, &to(4_000, from), now), Some(CARD));
            assert_eq!(receiver(&elsewhere, &to(4_001, from), now), None, "a service that never spoke");
            assert_eq!(receiver(&elsewhere, &tcp(from, OWN, (1, 4_000)), now), None, "nor did that by TCP");
        }
        let late = now + UDP_KEPT;
        assert_eq!(receiver(&elsewhere, &to(4_000, FRIEND), late), None);
    }

    #[test]
    fn who_listens_in_the_party_or_everywhere_comes_first_and_a_closed_socket_gets_nothing() {
        let start = Instant::now();
        let packet = build::udp(FRIEND, OWN, (27_015, 4_000), b"here");
        let ip = Ipv4::parse(&packet).unwrap();
        for (own, card, expected) in [
            (None, Some(CARD), Some(CARD)),
            (Some(OWN), Some(CARD), None),
            (Some(Ipv4Addr::UNSPECIFIED), Some(Ipv4Addr::UNSPECIFIED), None),
            (None, Some(Ipv4Addr::UNSPECIFIED), None),
            (None, None, None),
        ] {
            let elsewhere = Elsewhere::new();
            sent(&elsewhere, &build::udp(OWN, FRIEND, (4_000, 27_015), b"who"), start);
            let answers = |_, to: SocketAddrV4| if *to.ip() == OWN { own } else { card };
            assert_eq!(elsewhere.receiver(&ip, OWN, start, answers), expected, "{own:?} {card:?}");
        }
    }

    #[test]
    fn the_system_is_asked_once_in_a_while_of_each_sender() {
        let (elsewhere, start) = (Elsewhere::new(), Instant::now());
        sent(&elsewhere, &build::udp(OWN, FRIEND, (4_000, 1), b"who"), start);
        let asked = std::cell::Cell::new(0);
        let packets = |port, at| {
            let packet = build::udp(FRIEND, OWN, (port, 4_000), b"here");
            let ip = Ipv4::parse(&packet).unwrap();
            for _ in 0..100 {
                let counted = |from, to| {
                    asked.set(asked.get() + 1);
                    at_card(from, to)
                };
                assert_eq!(elsewhere.receiver(&ip, OWN, at, counted), Some(CARD));
            }
            asked.replace(0)
        };
        assert_eq!(packets(1, start), 2);
        assert_eq!(packets(2, start), 2);
        assert_eq!(packets(1, start), 0);
        assert_eq!(packets(1, start + ANSWER_COUNTS), 2);
    }

    #[test]
    fn a_connection_that_begins_here_is_let_through_and_no_other() {
        let (elsewhere, now) = (Elsewhere::new(), Instant::now());
        sent(&elsewhere, &tcp(OWN, FRIEND, (50_000, 25_565)), now);
        assert_eq!(receiver(&elsewhere, &tcp(FRIEND, OWN, (25_565, 50_000)), now), Some(CARD));
        for (from, port) in [(FRIEND, 25_566), (OTHER, 25_565)] {
            assert_eq!(receiver(&elsewhere, &tcp(from, OWN, (port, 50_000)), now), None);
        }
        let hours = now + Duration::from_secs(2 * 3_600);
        assert_eq!(receiver(&elsewhere, &tcp(FRIEND, OWN, (25_565, 50_000)), hours), Some(CARD));
    }

    #[test]
    fn a_socket_without_an_address_of_its_own_is_left_alone() {
        let (elsewhere, now) = (Elsewhere::new(), Instant::now());
        let packet = build::udp(OWN, Ipv4Addr::BROADCAST, (4_000, 27_015), b"who");
        elsewhere.note_sent(&Ipv4::parse(&packet).unwrap(), CARD, now, |to, from| {
            assert_eq!(
                (to, from),
                (SocketAddrV4::new(Ipv4Addr::BROADCAST, 27_015), SocketAddrV4::new(CARD, 4_000))
            );
            false
        });
        assert!(!elsewhere.is_used());
    }

    #[test]
    fn later_fragments_follow_the_first() {
        let (elsewhere, now) = (Elsewhere::new(), Instant::now());
        sent(&elsewhere, &build::udp(OWN, FRIEND, (4_000, 1), b"who"), now);
        let mut pieces = [0, 1].map(|_| build::udp(FRIEND, OWN, (1, 4_000), &[7; 64]));
        pieces[0][6] = 0x20;
        pieces[1][7] = 9;
        assert_eq!(receiver(&elsewhere, &pieces[1], now), None, "the first one decides");
        assert_eq!(receiver(&elsewhere, &pieces[0], now), Some(CARD));
        assert_eq!(receiver(&elsewhere, &pieces[1], now), Some(CARD));
    }

    proptest! {
        #[test]
        fn any_ports_take_little_room(ports in prop::collection::vec(any::<(u16, u16)>(), 1..400), is_tcp: bool) {
            let (elsewhere, now) = (Elsewhere::new(), Instant::now());
            for (from, to) in &ports {
                let packet = if is_tcp { tcp(OWN, FRIEND, (*from, *to)) } else { build::udp(OWN, FRIEND, (*from, *to), b"x") };
                sent(&elsewhere, &packet, now);
                let back = if is_tcp { tcp(FRIEND, OWN, (*to, *from)) } else { build::udp(FRIEND, OWN, (*to, *from), b"x") };
                prop_assert_eq!(receiver(&elsewhere, &back, now), Some(CARD), "the newest is known");
            }
            let ends = elsewhere.ends.lock();
            prop_assert!(ends.known.len() <= ENDS && ends.answers.len() <= ANSWERS);
        }
    }
}
