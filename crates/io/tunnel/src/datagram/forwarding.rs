//! What members send each other by this device: from the one's channel into the other's, sealed as it is.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use lanrage_base::{
    bucket::{Rate, TokenBucket},
    channel_data,
};
use lanrage_party::{ForwardLimits, ForwardedPair, Lane, PeerId, facts::DropReason};
use parking_lot::Mutex;

use crate::{
    api::counters::{Forwarded, Traffic},
    datagram::{
        demux::{self, Kind, Message},
        hop::Hop,
    },
    peer::index::SessionIndex,
};

/// Longest datagram of others' that is passed on before all longer ones, in bytes: a game's, sealed.
const GAME_BYTES: usize = 300;
/// Implementation: what may come at once after a pause, in milliseconds of the rate.
const BURST_MS: u64 = 250;
/// Implementation: the part of that which transfers leave to games and to what keeps the path.
const LEFT_BY_TRANSFERS: u64 = 4;
/// Implementation: the part of that which long datagrams of the express lane leave to short ones.
const LEFT_BY_LONG: u64 = 8;
/// Implementation: the least that may come at once, in bytes: some full datagrams, however low the rate is.
const LEAST_BURST: u64 = 16 * 1_024;

/// Which channels lead on. Part of the packet threads' snapshot.
#[derive(Clone, Default)]
pub(crate) struct Forwarding {
    legs: HashMap<(SocketAddr, u16), Leg>,
    total: Option<Arc<Mutex<Limit>>>,
    limits: Option<ForwardLimits>,
}

/// What is passed on, where, and in which lane.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Next<'a> {
    pub(crate) hop: Hop,
    pub(crate) lane: Lane,
    pub(crate) data: &'a [u8],
}

/// From one member to another.
#[derive(Clone)]
struct Leg {
    hop: Hop,
    pair: Arc<Pair>,
}

struct Pair {
    peers: [PeerId; 2],
    limit: Mutex<Limit>,
    packets: AtomicU64,
    bytes: AtomicU64,
}

impl Forwarding {
    /// Passes on between these pairs, and no others. A pair that was there before goes on where it was: neither its counters
    /// nor what it has used up are forgotten.
    pub(crate) fn set(&mut self, pairs: &[ForwardedPair], limits: ForwardLimits) {
        let keeps = self.limits == Some(limits);
        let known: Vec<Arc<Pair>> = self.legs.values().map(|leg| Arc::clone(&leg.pair)).collect();
        if !keeps {
            (self.limits, self.total) =
                (Some(limits), Some(Arc::new(Mutex::new(Limit::new(limits.total_kbits)))));
        }
        self.legs.clear();
        for ForwardedPair { ends: [one, other] } in pairs {
            let peers = [one.peer, other.peer];
            let former = known.iter().find(|pair| pair.peers == peers);
            let pair = match former {
                Some(former) if keeps => Arc::clone(former),
                _ => Arc::new(Pair {
                    peers,
                    limit: Mutex::new(Limit::new(limits.pair_kbits)),
                    packets: former.map_or(0, |pair| pair.packets.load(Relaxed)).into(),
                    bytes: former.map_or(0, |pair| pair.bytes.load(Relaxed)).into(),
                }),
            };
            for (from, to) in [(one, other), (other, one)] {
                let hop = Hop::Channel { server: to.address, number: to.channel };
                self.legs.insert((from.address, from.channel), Leg { hop, pair: Arc::clone(&pair) });
            }
        }
    }

    /// Where the data of a datagram goes, and in which lane, if its channel leads on; an error if it is more than is passed
    /// on.
    pub(crate) fn next<'a>(
        &self,
        from: SocketAddr,
        datagram: &'a [u8],
        now: Instant,
    ) -> Option<Result<Next<'a>, DropReason>> {
        if self.legs.is_empty() {
            return None;
        }
        let (number, data) = channel_data::parse(datagram)?;
        let Leg { hop, pair } = self.legs.get(&(from, number))?;
        let (lane, units) = (lane_of(data), data.len() as u64);
        // The pair's first: what it may not send leaves the others theirs.
        let share = share_of(lane, data.len());
        let take = |limit: &Mutex<Limit>| limit.lock().take(now, units, share);
        let may = take(&pair.limit) && self.total.as_deref().is_some_and(take);
        if !may {
            return Some(Err(DropReason::ForwardLimit));
        }
        pair.packets.fetch_add(1, Relaxed);
        pair.bytes.fetch_add(units, Relaxed);
        Some(Ok(Next { hop: *hop, lane, data }))
    }

    /// What was passed on between the present pairs.
    pub(crate) fn counters(&self) -> Vec<Forwarded> {
        let mut pairs: Vec<&Arc<Pair>> = self.legs.values().map(|leg| &leg.pair).collect();
        pairs.sort_by_key(|pair| pair.peers);
        pairs.dedup_by_key(|pair| pair.peers);
        let counted = |pair: &Arc<Pair>| Forwarded {
            peers: pair.peers,
            traffic: Traffic { packets: pair.packets.load(Relaxed), bytes: pair.bytes.load(Relaxed) },
        };
        pairs.into_iter().map(counted).collect()
    }
}

/// In which lane something is passed on. A session's index says its lane to whoever has such sessions itself, and what a session
/// carries keeps its order, however long it is. The probes of a path are in the express one: lost by their length alone, they
/// would say that the path carries no long packets.
fn lane_of(data: &[u8]) -> Lane {
    match demux::classify(data) {
        Ok(Kind::WireGuard(Message::Data { receiver })) => SessionIndex::of_receiver(receiver).lane(),
        _ if data.len() <= GAME_BYTES => Lane::Express,
        _ => Lane::Bulk,
    }
}

/// What may be taken of a limit. What is as short as a game's may be of a program with one lane.
const fn share_of(lane: Lane, bytes: usize) -> Lane {
    if bytes <= GAME_BYTES { Lane::Express } else { lane }
}

/// How much is passed on. Transfers cannot take all of it.
struct Limit {
    bucket: TokenBucket,
    burst: u64,
}

impl Limit {
    fn new(kbits: u32) -> Self {
        let per_second = u64::from(kbits) * 1_000 / 8;
        let burst = if per_second == 0 { 0 } else { (per_second * BURST_MS / 1_000).max(LEAST_BURST) };
        Self { bucket: TokenBucket::new(Rate { burst, per_second }), burst }
    }

    fn take(&mut self, now: Instant, bytes: u64, lane: Lane) -> bool {
        let rest = match lane {
            Lane::Bulk => self.burst / LEFT_BY_TRANSFERS,
            Lane::Express if bytes > GAME_BYTES as u64 => self.burst / LEFT_BY_LONG,
            Lane::Express => 0,
        };
        self.bucket.take_leaving(now, bytes, rest)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lanrage_party::ForwardedEnd;

    use super::*;

    const LIMITS: ForwardLimits = ForwardLimits { pair_kbits: 800, total_kbits: 1_600 };

    fn end(n: u8) -> ForwardedEnd {
        ForwardedEnd {
            peer: PeerId::from_bytes([n; 16]),
            address: SocketAddr::from(([192, 0, 2, n], 5_000)),
            channel: 0x4000 + u16::from(n),
        }
    }

    fn pair(one: u8, other: u8) -> ForwardedPair {
        ForwardedPair { ends: [end(one), end(other)] }
    }

    fn forwarding(pairs: &[ForwardedPair]) -> Forwarding {
        let mut forwarding = Forwarding::default();
        forwarding.set(pairs, LIMITS);
        forwarding
    }

    fn message(channel: u16, len: usize) -> Vec<u8> {
        let mut message = channel_data::header(channel, len as u16).to_vec();
        message.resize(message.len() + len, 7);
        message
    }

    /// How much of a flood passes at these times, a hundred datagrams at each (bytes).
    fn flood(forwarding: &Forwarding, from: ForwardedEnd, times: impl Iterator<Item = Instant>) -> usize {
        let datagram = message(from.channel, 1_000);
        let passes = |now: &Instant| matches!(forwarding.next(from.address, &datagram, *now), Some(Ok(_)));
        times.flat_map(|now| [now; 100]).filter(passes).count() * 1_000
    }

    #[test]
    fn what_one_end_sends_in_its_channel_goes_to_the_other_in_the_others() {
        let (forwarding, now) = (forwarding(&[pair(1, 2)]), Instant::now());
        let message = message(end(1).channel, 3);
        let next = forwarding.next(end(1).address, &message, now).unwrap();
        let hop = Hop::Channel { server: end(2).address, number: end(2).channel };
        assert_eq!(next, Ok(Next { hop, lane: Lane::Express, data: &[7; 3] }));
        let counted =
            Forwarded { peers: [end(1).peer, end(2).peer], traffic: Traffic { packets: 1, bytes: 3 } };
        assert_eq!(forwarding.counters(), [counted]);
    }

    #[test]
    fn neither_a_stranger_nor_a_member_in_another_channel_is_passed_on() {
        let (forwarding, now) = (forwarding(&[pair(1, 2), pair(1, 3)]), Instant::now());
        for (from, channel) in [(end(4).address, 0x4001), (end(1).address, 0x4002), (end(2).address, 0x4001)]
        {
            assert_eq!(forwarding.next(from, &message(channel, 3), now), None);
        }
        let cut = &message(end(2).channel, 3)[..6];
        assert_eq!(forwarding.next(end(2).address, cut, now), None);
    }

    #[test]
    fn a_pair_has_its_rate_and_all_together_have_theirs() {
        let pairs = [pair(1, 2), pair(3, 4), pair(5, 6)];
        let (forwarding, now) = (forwarding(&pairs), Instant::now());
        let at_once = |n| flood(&forwarding, end(n), std::iter::once(now));
        assert_eq!(at_once(1), 18_000, "the rest is left to games");
        assert_eq!(at_once(2), 0, "both directions share it");
        assert_eq!(at_once(3), 18_000, "another pair has its own");
        assert_eq!(at_once(5), 1_000, "all together have used up theirs");
        let second = (1..=1_000).map(|ms| now + Duration::from_millis(ms));
        assert_eq!(flood(&forwarding, end(1), second), 100_000);
    }

    #[test]
    fn a_game_passes_while_a_transfer_takes_all_it_can() {
        let (forwarding, now) = (forwarding(&[pair(1, 2)]), Instant::now());
        let mut game = 0;
        for ms in 0..1_000 {
            let now = now + Duration::from_millis(ms);
            flood(&forwarding, end(1), std::iter::once(now));
            if ms % 16 == 0 {
                let packet = message(end(2).channel, 150);
                game += usize::from(matches!(forwarding.next(end(2).address, &packet, now), Some(Ok(_))));
            }
        }
        assert_eq!(game, 63, "60 packets a second, none lost");
    }

    /// A sealed packet of a session of this lane (whitepaper §5.4.6).
    fn sealed(channel: u16, len: usize, lane: Lane) -> Vec<u8> {
        let mut message = message(channel, len);
        let header = [4, 0, 0, 0, 1, lane as u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        message[channel_data::HEADER_BYTES..][..16].copy_from_slice(&header);
        message
    }

    #[test]
    fn a_probe_of_full_length_passes_while_a_transfer_takes_all_it_can_and_leaves_games_theirs() {
        let (forwarding, now) = (forwarding(&[pair(1, 2)]), Instant::now());
        let passes = |now, message: &[u8]| match forwarding.next(end(2).address, message, now) {
            Some(Ok(Next { lane, .. })) => {
                assert_eq!(lane, if message.len() > 1_100 { Lane::Express } else { Lane::Bulk });
                true
            }
            _ => false,
        };
        let mut passed = [0, 0];
        for ms in 0..5_000 {
            let now = now + Duration::from_millis(ms);
            flood(&forwarding, end(1), std::iter::once(now));
            if ms % 500 == 499 {
                passed[0] += usize::from(passes(now, &sealed(end(2).channel, 1_400, Lane::Express)));
                passed[1] += usize::from(passes(now, &sealed(end(2).channel, 1_000, Lane::Bulk)));
            }
        }
        assert_eq!(passed, [10, 0], "as short ones do, and unlike what the other lane carries");
        // Many of them do not take what is left to games.
        let later = now + Duration::from_secs(6);
        (0..100).for_each(|_| {
            passes(later, &sealed(end(2).channel, 1_400, Lane::Express));
        });
        assert!(matches!(
            forwarding.next(end(2).address, &message(end(2).channel, 150), later),
            Some(Ok(Next { lane: Lane::Express, .. }))
        ));
    }

    #[test]
    fn what_one_session_carries_stays_together_however_long_it_is() {
        for lane in Lane::BOTH {
            for length in [1, 100, 1_400] {
                let (forwarding, now) = (forwarding(&[pair(1, 2)]), Instant::now());
                let message = sealed(end(2).channel, length.max(32), lane);
                let next = forwarding.next(end(2).address, &message, now);
                assert!(matches!(next, Some(Ok(Next { lane: by, .. })) if by == lane), "{lane:?} {length}");
            }
        }
    }

    #[test]
    fn a_pair_keeps_what_it_has_used_while_others_come_and_go_and_nothing_passes_at_zero() {
        let mut forwarding = forwarding(&[pair(1, 2)]);
        let now = Instant::now();
        flood(&forwarding, end(1), std::iter::once(now));
        let moved = ForwardedPair { ends: [end(1), ForwardedEnd { address: end(9).address, ..end(2) }] };
        forwarding.set(&[moved, pair(3, 4)], LIMITS);
        assert_eq!(
            forwarding.next(end(1).address, &message(end(1).channel, 1_000), now),
            Some(Err(DropReason::ForwardLimit))
        );
        assert_eq!(forwarding.counters()[0].traffic.packets, 18);
        forwarding.set(&[pair(3, 4)], ForwardLimits::NOTHING);
        assert_eq!(
            forwarding.next(end(3).address, &message(end(3).channel, 1), now),
            Some(Err(DropReason::ForwardLimit))
        );
        assert_eq!(forwarding.next(end(1).address, &message(end(1).channel, 1), now), None);
    }
}
