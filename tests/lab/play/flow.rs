//! A game's traffic: small packets at a steady pace both ways, each with a number, and what became of them.

pub mod loss;

use std::{
    collections::HashSet,
    net::{SocketAddrV4, UdpSocket},
    ops::Add,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

/// Packets a second, each way: the pace of many games.
pub const RATE: u32 = 60;
/// Bytes of a packet.
const PACKET_BYTES: usize = 100;
/// Begins every packet, before its number.
const MARK: [u8; 8] = *b"lab flow";
/// How often the receiver looks whether it should stop.
const STOP_CHECK: Duration = Duration::from_millis(50);
/// What was sent later than this before the end may still be on its way.
const IN_FLIGHT: Duration = Duration::from_millis(500);

/// A running flow both ways between two sockets. Dropping it stops it.
#[derive(Debug)]
pub struct Flow {
    ways: [Way; 2],
}

#[derive(Debug)]
struct Way {
    journal: Arc<Mutex<Journal>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// What was sent and received one way.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    /// When each packet was sent, by its number.
    sent: Vec<Instant>,
    /// When which packet came.
    received: Vec<(Instant, usize)>,
}

/// What became of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// How many were sent.
    pub sent: usize,
    /// Never came.
    pub lost: usize,
    /// Came again.
    pub duplicated: usize,
    /// Came after a later one.
    pub reordered: usize,
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            sent: self.sent + other.sent,
            lost: self.lost + other.lost,
            duplicated: self.duplicated + other.duplicated,
            reordered: self.reordered + other.reordered,
        }
    }
}

impl Flow {
    /// Starts to send between two players' sockets, each to the other's address.
    ///
    /// # Errors
    /// If a socket fails.
    pub fn start(one: (UdpSocket, SocketAddrV4), two: (UdpSocket, SocketAddrV4)) -> Result<Self> {
        let forth = Way::start(one.0.try_clone()?, two.1, two.0.try_clone()?)?;
        let back = Way::start(two.0, one.1, one.0)?;
        Ok(Self { ways: [forth, back] })
    }

    /// Whether packets came both ways within the last `period`, without a pause of more than a quarter of it.
    #[must_use]
    pub fn is_steady(&self, period: Duration) -> bool {
        let now = Instant::now();
        now.checked_sub(period).is_some_and(|since| self.longest_gap(since) <= period / 4)
    }

    /// The longest time without a packet since `usable`, of the worse way; see [`Journal::longest_gap`].
    #[must_use]
    pub fn longest_gap(&self, usable: Instant) -> Duration {
        let now = Instant::now();
        self.ways.iter().map(|way| way.lock().longest_gap(usable, now)).max().unwrap_or_default()
    }

    /// What became of the packets sent since then, both ways together.
    #[must_use]
    pub fn counts(&self, since: Instant) -> Counts {
        let end = Instant::now().checked_sub(IN_FLIGHT).unwrap_or(since);
        self.ways.iter().map(|way| way.lock().counts(since, end)).fold(Counts::default(), Add::add)
    }

    /// How long each packet took that was sent since then and came, both ways together, shortest first.
    #[must_use]
    pub fn delays(&self, since: Instant) -> Vec<Duration> {
        let mut delays: Vec<_> = self.ways.iter().flat_map(|way| way.lock().delays(since)).collect();
        delays.sort_unstable();
        delays
    }

    /// Forgets what was before.
    pub fn forget(&self) {
        for way in &self.ways {
            way.lock().received.clear();
        }
    }
}

impl Way {
    fn start(from: UdpSocket, to: SocketAddrV4, at: UdpSocket) -> Result<Self> {
        at.set_read_timeout(Some(STOP_CHECK))?;
        let journal = Arc::new(Mutex::new(Journal::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let (sends, stops) = (Arc::clone(&journal), Arc::clone(&stop));
        let sender = thread::spawn(move || {
            let mut next = Instant::now();
            while !stops.load(Ordering::Relaxed) {
                let number = {
                    let mut journal = lock(&sends);
                    journal.sent.push(Instant::now());
                    journal.sent.len() - 1
                };
                // What cannot be sent, because a network is gone, is lost.
                let _ = from.send_to(&packet(number), to);
                next += Duration::from_secs(1) / RATE;
                thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        });
        let (receives, stops) = (Arc::clone(&journal), Arc::clone(&stop));
        let receiver = thread::spawn(move || {
            let mut buffer = [0; 2048];
            while !stops.load(Ordering::Relaxed) {
                if let Ok(length) = at.recv(&mut buffer)
                    && let Some(number) = number_of(&buffer[..length])
                {
                    lock(&receives).received.push((Instant::now(), number));
                }
            }
        });
        Ok(Self { journal, stop, threads: vec![sender, receiver] })
    }

    fn lock(&self) -> MutexGuard<'_, Journal> {
        lock(&self.journal)
    }
}

fn lock(journal: &Mutex<Journal>) -> MutexGuard<'_, Journal> {
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Way {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // It has no way to panic that would be news here.
            let _ = thread.join();
        }
    }
}

fn packet(number: usize) -> [u8; PACKET_BYTES] {
    let mut packet = [0; PACKET_BYTES];
    packet[..8].copy_from_slice(&MARK);
    packet[8..16].copy_from_slice(&(number as u64).to_be_bytes());
    packet
}

fn number_of(packet: &[u8]) -> Option<usize> {
    let number = packet.strip_prefix(&MARK).filter(|_| packet.len() == PACKET_BYTES)?.first_chunk()?;
    usize::try_from(u64::from_be_bytes(*number)).ok()
}

impl Journal {
    /// The longest time between `usable` and `end` in which nothing was received. Where the last packet came before
    /// `usable`, only what lies after it counts.
    #[must_use]
    pub fn longest_gap(&self, usable: Instant, end: Instant) -> Duration {
        let within = self.received.iter().map(|(at, _)| *at).filter(|at| (usable..=end).contains(at));
        let mut last = usable;
        let mut longest = Duration::ZERO;
        for at in within.chain([end]) {
            longest = longest.max(at.saturating_duration_since(last));
            last = at;
        }
        longest
    }

    /// How long each packet took that was sent since then and came; of one that came twice, the first.
    #[must_use]
    pub fn delays(&self, since: Instant) -> Vec<Duration> {
        let mut seen = HashSet::new();
        let received = self.received.iter().filter(|(_, number)| seen.insert(*number));
        let sent = received.filter_map(|(at, number)| Some((*at, *self.sent.get(*number)?)));
        sent.filter(|(_, sent)| *sent >= since).map(|(at, sent)| at.saturating_duration_since(sent)).collect()
    }

    /// What became of the packets sent between the two moments.
    #[must_use]
    pub fn counts(&self, since: Instant, end: Instant) -> Counts {
        let numbers = |at: Instant| self.sent.partition_point(|sent| *sent < at);
        let range = numbers(since)..numbers(end).max(numbers(since));
        let (mut seen, mut newest) = (HashSet::new(), None);
        let mut counts = Counts { sent: range.len(), ..Counts::default() };
        for &(_, number) in self.received.iter().filter(|(_, number)| range.contains(number)) {
            if !seen.insert(number) {
                counts.duplicated += 1;
            } else if newest.is_some_and(|newest| number < newest) {
                counts.reordered += 1;
            } else {
                newest = Some(number);
            }
        }
        counts.lost = range.len() - seen.len();
        counts
    }
}

/// Sorted times' share that is at most so long: `percentile(times, 99)`.
///
/// # Errors
/// If there are none.
pub fn percentile(sorted: &[Duration], percent: usize) -> Result<Duration> {
    ensure!(!sorted.is_empty(), "nothing was measured");
    // The nearest rank: of 20 times, the 99th percentile is the longest.
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    Ok(sorted[rank - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn journal(start: Instant, sent: usize, received: &[(u32, usize)]) -> Journal {
        Journal {
            sent: (0..sent).map(|number| start + MS * 10 * number as u32).collect(),
            received: received.iter().map(|(at, number)| (start + MS * *at, *number)).collect(),
        }
    }

    #[test]
    fn a_gap_counts_from_the_moment_the_network_is_usable() {
        let start = Instant::now();
        let journal = journal(start, 4, &[(1, 0), (11, 1), (500, 2), (520, 3)]);
        let gap = |usable: u32, end: u32| journal.longest_gap(start + MS * usable, start + MS * end);
        assert_eq!(gap(0, 520), MS * 489);
        assert_eq!(gap(400, 520), MS * 100);
        assert_eq!(gap(505, 530), MS * 15);
        // What has not come back yet is a gap too.
        assert_eq!(gap(530, 900), MS * 370);
    }

    #[test]
    fn every_packet_is_lost_duplicated_reordered_or_well() {
        let start = Instant::now();
        let journal = journal(start, 6, &[(1, 0), (12, 1), (13, 1), (31, 3), (32, 2), (51, 5)]);
        let all = journal.counts(start, start + MS * 60);
        assert_eq!(all, Counts { sent: 6, lost: 1, duplicated: 1, reordered: 1 });
        let later = journal.counts(start + MS * 35, start + MS * 60);
        assert_eq!(later, Counts { sent: 2, lost: 1, duplicated: 0, reordered: 0 });
    }

    #[test]
    fn a_delay_is_that_of_the_first_copy_and_of_what_came() {
        let start = Instant::now();
        let journal = journal(start, 4, &[(1, 0), (12, 1), (19, 1), (35, 3)]);
        assert_eq!(journal.delays(start), [MS, MS * 2, MS * 5]);
        assert_eq!(journal.delays(start + MS * 15), [MS * 5]);
    }

    #[test]
    fn packets_carry_their_number_and_nothing_else_is_one() {
        assert_eq!(number_of(&packet(70_000)), Some(70_000));
        assert_eq!(number_of(&packet(1)[..99]), None);
        assert_eq!(number_of(&[0; PACKET_BYTES]), None);
    }

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let times: Vec<_> = (1..=20).map(|n| MS * n).collect();
        assert_eq!(percentile(&times, 50).unwrap(), MS * 10);
        assert_eq!(percentile(&times, 99).unwrap(), MS * 20);
        assert_eq!(percentile(&times, 0).unwrap(), MS);
        assert!(percentile(&[], 50).is_err());
    }
}
