//! The live counters, which the packet threads add to without a lock.

use std::{
    array,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use lanrage_party::{Lane, facts::DropReason};

use crate::api::{
    counters::{BUCKETS, Drops, PeerCounters, QueueTimes, Traffic},
    per_lane::PerLane,
};

/// The live [`Traffic`] in one direction.
#[derive(Default)]
pub(crate) struct TrafficCounter {
    packets: AtomicU64,
    bytes: AtomicU64,
}

impl TrafficCounter {
    pub(crate) fn add(&self, bytes: usize) {
        self.packets.fetch_add(1, Relaxed);
        self.bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn get(&self) -> Traffic {
        Traffic { packets: self.packets.load(Relaxed), bytes: self.bytes.load(Relaxed) }
    }
}

/// Traffic in one direction of one lane, and the part of it by a relay.
#[derive(Default)]
pub(crate) struct LaneCounter {
    all: TrafficCounter,
    relayed: TrafficCounter,
}

impl LaneCounter {
    pub(crate) fn add(&self, bytes: usize, relayed: bool) {
        self.all.add(bytes);
        if relayed {
            self.relayed.add(bytes);
        }
    }
}

impl PeerCounters {
    pub(crate) fn new(
        received: &PerLane<LaneCounter>,
        sent: &PerLane<LaneCounter>,
        has_express_lane: bool,
    ) -> Self {
        let (bulk, express) = (Lane::Bulk, Lane::Express);
        Self {
            received: received[bulk].all.get() + received[express].all.get(),
            sent: sent[bulk].all.get() + sent[express].all.get(),
            received_relayed: received[bulk].relayed.get() + received[express].relayed.get(),
            sent_relayed: sent[bulk].relayed.get() + sent[express].relayed.get(),
            received_express: received[express].all.get(),
            sent_express: sent[express].all.get(),
            has_express_lane,
        }
    }
}

/// The live [`QueueTimes`].
#[derive(Default)]
pub(crate) struct QueueTimer([AtomicU64; BUCKETS]);

impl QueueTimer {
    pub(crate) fn add(&self, packets: u64, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let bucket = (u64::BITS - micros.leading_zeros()) as usize;
        self.0[bucket.min(BUCKETS - 1)].fetch_add(packets, Relaxed);
    }

    pub(crate) fn get(&self) -> QueueTimes {
        QueueTimes(array::from_fn(|bucket| self.0[bucket].load(Relaxed)))
    }
}

/// The live counters. A snapshot of each is exact; that of all together is nearly so, for they go on meanwhile.
pub(crate) struct Counters {
    pub(crate) received: TrafficCounter,
    pub(crate) sent: TrafficCounter,
    pub(crate) queue_times: PerLane<QueueTimer>,
    drops: [AtomicU64; DropReason::ALL.len()],
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self {
            received: TrafficCounter::default(),
            sent: TrafficCounter::default(),
            queue_times: PerLane::default(),
            drops: [const { AtomicU64::new(0) }; DropReason::ALL.len()],
        }
    }

    pub(crate) fn dropped(&self, reason: DropReason) {
        self.drops[reason as usize].fetch_add(1, Relaxed);
    }

    pub(crate) fn drops(&self) -> Drops {
        Drops(array::from_fn(|reason| self.drops[reason].load(Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_counter() {
        let counters = Counters::new();
        for (n, reason) in DropReason::ALL.iter().enumerate() {
            (0..=n).for_each(|_| counters.dropped(*reason));
        }
        let drops = counters.drops();
        for (n, (reason, count)) in drops.iter().enumerate() {
            assert_eq!((count, drops.get(reason)), (n as u64 + 1, n as u64 + 1), "{reason:?}");
        }
        let n = DropReason::ALL.len() as u64;
        assert_eq!(drops.total(), n * (n + 1) / 2);
    }

    #[test]
    fn a_time_is_counted_below_the_bound_of_its_bucket() {
        let timer = QueueTimer::default();
        for (micros, packets) in [(0, 1), (1, 2), (2, 4), (3, 8), (1_000, 16), (10_000_000, 32)] {
            timer.add(packets, Duration::from_micros(micros));
        }
        let counted: Vec<_> = timer.get().iter().filter(|(_, packets)| *packets > 0).collect();
        assert_eq!(counted, [(1, 1), (2, 2), (4, 12), (1_024, 16), (1 << 15, 32)]);
    }
}
