use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed};

use lanrage_nat::turn::{DropReason, TurnServerStats};

/// What a relay has done so far, for whoever wants to know. Written once a second.
#[derive(Debug, Default)]
pub struct RelayStats {
    allocations: AtomicUsize,
    streams: AtomicUsize,
    allocated: AtomicU64,
    refused: AtomicU64,
    packets: AtomicU64,
    bytes: AtomicU64,
    dropped: [AtomicU64; DropReason::ALL.len()],
    lost: AtomicU64,
    turned_away: AtomicU64,
    load_percent: AtomicU8,
}

impl RelayStats {
    /// Allocations now.
    pub fn allocations(&self) -> usize {
        self.allocations.load(Relaxed)
    }

    /// TCP and TLS connections now.
    pub fn streams(&self) -> usize {
        self.streams.load(Relaxed)
    }

    /// Allocations made so far.
    pub fn allocated(&self) -> u64 {
        self.allocated.load(Relaxed)
    }

    /// Requests refused so far, but for those that only lacked a login.
    pub fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// Payloads relayed so far, both ways.
    pub fn packets(&self) -> u64 {
        self.packets.load(Relaxed)
    }

    /// Their bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Datagrams dropped so far, for whatever reason.
    pub fn dropped(&self) -> u64 {
        self.lost() + DropReason::ALL.iter().map(|reason| self.dropped_for(*reason)).sum::<u64>()
    }

    /// Datagrams dropped so far for one reason.
    pub fn dropped_for(&self, reason: DropReason) -> u64 {
        self.dropped[reason as usize].load(Relaxed)
    }

    /// Datagrams so far that a socket or a stream had no room for.
    pub fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// TCP and TLS connections so far that found no place, or had to leave theirs before they logged in.
    pub fn streams_turned_away(&self) -> u64 {
        self.turned_away.load(Relaxed)
    }

    pub(super) fn turned_away(&self) {
        self.turned_away.fetch_add(1, Relaxed);
    }

    /// Share of the capacity in use, 0 to 100.
    pub fn load_percent(&self) -> u8 {
        self.load_percent.load(Relaxed)
    }

    pub(super) fn publish(&self, stats: &TurnServerStats, load_percent: u8, streams: usize, lost: u64) {
        self.allocations.store(stats.allocations, Relaxed);
        self.streams.store(streams, Relaxed);
        self.allocated.store(stats.allocated, Relaxed);
        self.refused.store(stats.refused, Relaxed);
        self.packets.store(stats.to_peer_packets + stats.to_client_packets, Relaxed);
        self.bytes.store(stats.to_peer_bytes + stats.to_client_bytes, Relaxed);
        for reason in DropReason::ALL {
            self.dropped[*reason as usize].store(stats.dropped(*reason), Relaxed);
        }
        self.lost.store(lost, Relaxed);
        self.load_percent.store(load_percent, Relaxed);
    }
}
