//! How much of what is sent to everybody passes: each program's own part first, so that none silences another.

use std::time::{Duration, Instant};

use lanrage_base::bucket::{Rate, TokenBucket};

use crate::packet::{
    begun::{Begun, FRAGMENTS_WITHIN},
    ipv4::{Ipv4, UDP},
};

/// Broadcast and multicast of one sender that passes at once after a pause, and in the long run, in pieces of
/// [`PIECE_BYTES`]: a server browser asks a range of ports in one go; a busy LAN party's discovery stays under ten packets
/// per second and game; a storm is thousands.
pub const BROADCAST: Rate = Rate { burst: 800, per_second: 200 };
/// What one program of the sender's may take of that: a browser's whole search, and many a game's steady beacons.
const PROGRAM: Rate = Rate { burst: 400, per_second: 20 };
/// What all programs together may send beyond it. A game that plays by broadcast has room in it; a stream fills no upload.
const BEYOND: Rate = Rate { burst: 100, per_second: 100 };
/// What counts as one packet. A longer one counts as several: an upload is filled by bytes.
pub const PIECE_BYTES: usize = 256;
/// Programs that are told apart at a time.
const PROGRAMS: usize = 32;
/// For so long a sender counts as flooding after a packet was refused.
const CALM: Duration = Duration::from_secs(5);

/// The packets of one socket, as far as packets show it: by its UDP port, or by the protocol where there is none. Later
/// fragments are their datagram's; those of which it is not known are all of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Program {
    protocol: u8,
    port: u16,
}

#[derive(Debug, Clone, Copy)]
struct Share {
    of: Program,
    bucket: TokenBucket,
    used: Instant,
}

/// The limit of one sender's broadcast and multicast.
#[derive(Debug)]
pub(crate) struct FloodLimit {
    all: TokenBucket,
    beyond: TokenBucket,
    shares: Vec<Share>,
    begun: Begun<Program>,
    refused: Option<Instant>,
}

/// Whether a packet passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passes,
    Refused {
        /// The UDP port of the program that floods, if it is known, when its flood just began.
        begins: Option<Option<u16>>,
    },
}

impl FloodLimit {
    pub(crate) const fn new() -> Self {
        Self {
            all: TokenBucket::new(BROADCAST),
            beyond: TokenBucket::new(BEYOND),
            shares: Vec::new(),
            begun: Begun::new(FRAGMENTS_WITHIN),
            refused: None,
        }
    }

    /// Whether the packet passes now. What is no IPv4 packet counts too.
    pub(crate) fn judge(&mut self, packet: &[u8], now: Instant) -> Verdict {
        let program = self.program_of(packet, now);
        let pieces = packet.len().div_ceil(PIECE_BYTES).max(1) as u64;
        let is_within_share = self.share(program, now).take(now, pieces);
        let passes = if is_within_share { self.all.take(now, pieces) } else { self.beyond.take(now, pieces) };
        if passes {
            return Verdict::Passes;
        }
        let goes_on = self.refused.replace(now).is_some_and(|at| now < at + CALM);
        let port = (program.protocol == UDP && program.port != 0).then_some(program.port);
        Verdict::Refused { begins: (!goes_on).then_some(port) }
    }

    fn program_of(&mut self, packet: &[u8], now: Instant) -> Program {
        let Some(ip) = Ipv4::parse(packet) else { return Program { protocol: 0, port: 0 } };
        if !ip.is_beginning() {
            return self.begun.find(&ip, now).unwrap_or(Program { protocol: ip.protocol(), port: 0 });
        }
        let port = ip.ports().map_or(0, |(source, _)| source);
        let program = Program { protocol: ip.protocol(), port };
        self.begun.note(&ip, program, now);
        program
    }

    fn share(&mut self, program: Program, now: Instant) -> &mut TokenBucket {
        let at = self.shares.iter().position(|share| share.of == program).unwrap_or_else(|| {
            let fresh = Share { of: program, bucket: TokenBucket::new(PROGRAM), used: now };
            if self.shares.len() < PROGRAMS {
                self.shares.push(fresh);
                return self.shares.len() - 1;
            }
            let longest_ago = self.shares.iter().enumerate().min_by_key(|(_, share)| share.used);
            let at = longest_ago.map_or(0, |(at, _)| at);
            self.shares[at] = fresh;
            at
        });
        let share = &mut self.shares[at];
        share.used = now;
        &mut share.bucket
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::packet::ipv4::build::udp;
    use proptest::prelude::*;

    const OWN: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);
    const GROUP: Ipv4Addr = Ipv4Addr::new(239, 192, 0, 7);

    fn packet(port: u16, bytes: usize) -> Vec<u8> {
        udp(OWN, GROUP, (port, 5_000), &vec![7; bytes])
    }

    fn passes(limit: &mut FloodLimit, packet: &[u8], now: Instant) -> bool {
        limit.judge(packet, now) == Verdict::Passes
    }

    #[test]
    fn a_stream_takes_no_beacon_of_another_program() {
        for bytes in [20, 1_300] {
            let (start, mut limit) = (Instant::now(), FloodLimit::new());
            let (stream, beacon) = (packet(1, bytes), packet(2, 100));
            let (mut streamed, mut seen) = (0, 0);
            for millisecond in 0..20_000 {
                let now = start + Duration::from_millis(millisecond);
                streamed += usize::from(passes(&mut limit, &stream, now));
                if millisecond % 500 == 0 {
                    seen += usize::from(passes(&mut limit, &beacon, now));
                }
            }
            assert_eq!(seen, 40, "of 40 beacons beside a stream of {bytes} bytes");
            let kilobytes = streamed * stream.len() / 20 / 1_000;
            assert!(kilobytes <= 40, "{kilobytes} kB a second of {bytes} bytes");
        }
    }

    #[test]
    fn a_search_over_a_range_of_ports_and_a_game_that_plays_by_broadcast_pass() {
        let (start, mut limit) = (Instant::now(), FloodLimit::new());
        assert!((0..400).all(|_| passes(&mut limit, &packet(1, 50), start)));
        let moves = packet(2, 120);
        let at = |n: u64| start + Duration::from_micros(16_667 * n);
        assert!((0..3_600).all(|n| passes(&mut limit, &moves, at(n))), "60 packets a second for a minute");
    }

    #[test]
    fn every_program_of_a_whole_party_may_search_at_once() {
        let (start, mut limit) = (Instant::now(), FloodLimit::new());
        assert!((1..=200).all(|port| passes(&mut limit, &packet(port, 200), start)));
    }

    #[test]
    fn a_flood_is_told_once_with_its_port_until_it_was_calm() {
        let (start, mut limit) = (Instant::now(), FloodLimit::new());
        let stream = packet(1, 20);
        let told = |limit: &mut FloodLimit, from: u64| {
            (0..2_000)
                .filter(|n| {
                    let now = start + Duration::from_millis(from + n);
                    limit.judge(&stream, now) == Verdict::Refused { begins: Some(Some(1)) }
                })
                .count()
        };
        assert_eq!(told(&mut limit, 0), 1);
        assert_eq!(told(&mut limit, 3_000), 0, "it goes on");
        assert_eq!(told(&mut limit, 60_000), 1);
    }

    #[test]
    fn fragments_of_one_datagram_are_of_one_program() {
        let (now, mut limit) = (Instant::now(), FloodLimit::new());
        let pieces = |port: u16, id: u8| {
            let mut pieces = [0, 9].map(|offset| {
                let mut piece = packet(port, 100);
                (piece[5], piece[6], piece[7]) = (id, 0x20, offset);
                piece
            });
            pieces[1][6] = 0;
            pieces
        };
        let mut of = |packet: &[u8]| limit.program_of(packet, now).port;
        let ([first, second], [other, other_second]) = (pieces(1, 1), pieces(2, 2));
        assert_eq!(of(&second), 0, "the first has not come");
        assert_eq!((of(&first), of(&other)), (1, 2));
        assert_eq!((of(&second), of(&other_second)), (1, 2));
    }

    proptest! {
        #[test]
        fn any_number_of_ports_passes_no_more_than_all_may(
            ports in prop::collection::vec(any::<u16>(), 1..3_000), bytes in prop::collection::vec(any::<u8>(), 0..40)
        ) {
            let (start, mut limit) = (Instant::now(), FloodLimit::new());
            let passed = ports.iter().filter(|port| passes(&mut limit, &packet(**port, 20), start)).count();
            prop_assert!(passed as u64 <= BROADCAST.burst + BEYOND.burst);
            prop_assert!(limit.shares.len() <= PROGRAMS);
            let _ = limit.judge(&bytes, start);
        }
    }
}
