//! What the data plane did, as a host sees it: values, taken from the live counters of `packet::counters`.

use std::{collections::BTreeMap, ops::Add};

use lanrage_party::{PeerId, facts::DropReason};

use crate::api::per_lane::PerLane;

/// Packets and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Number of packets.
    pub packets: u64,
    /// Their bytes, as inside the tunnel.
    pub bytes: u64,
}

/// Traffic with one peer since it was added; probes are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PeerCounters {
    /// Accepted from the peer.
    pub received: Traffic,
    /// Sealed for the peer.
    pub sent: Traffic,
    /// The part of `received` that came by a relay.
    pub received_relayed: Traffic,
    /// The part of `sent` that went by a relay.
    pub sent_relayed: Traffic,
    /// The part of `received` that came in the express lane's session.
    pub received_express: Traffic,
    /// The part of `sent` that was sealed by the express lane's session.
    pub sent_express: Traffic,
    /// Whether there is a live session for the express lane; without one, all packets go in the bulk lane's.
    pub has_express_lane: bool,
}

/// What was passed on between two members since that began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forwarded {
    /// Both of them.
    pub peers: [PeerId; 2],
    /// Datagrams and their bytes, sealed as they are, in both directions together.
    pub traffic: Traffic,
}

/// Dropped packets and datagrams by reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drops(pub(crate) [u64; DropReason::ALL.len()]);

impl Drops {
    /// How many were dropped for this reason.
    pub fn get(&self, reason: DropReason) -> u64 {
        self.0[reason as usize]
    }

    /// Every reason with its number.
    pub fn iter(&self) -> impl Iterator<Item = (DropReason, u64)> {
        DropReason::ALL.iter().map(|reason| (*reason, self.get(*reason)))
    }

    /// All drops together.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// What the data plane did since it started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TunnelCounters {
    /// Accepted from peers, those removed included.
    pub received: Traffic,
    /// Sealed for peers, those removed included.
    pub sent: Traffic,
    /// Dropped, by reason.
    pub drops: Drops,
    /// How long packets from the device were here until they were sent.
    pub queue_times: PerLane<QueueTimes>,
    /// The present peers.
    pub peers: BTreeMap<PeerId, PeerCounters>,
    /// The present pairs that this device passes datagrams on for.
    pub forwarded: Vec<Forwarded>,
}

impl Add for Traffic {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { packets: self.packets + other.packets, bytes: self.bytes + other.bytes }
    }
}

/// Buckets of a histogram of times.
pub(crate) const BUCKETS: usize = 16;

/// How many packets took how long, in buckets of powers of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueTimes(pub(crate) [u64; BUCKETS]);

impl QueueTimes {
    /// Each bucket: its bound in microseconds, and how many packets took less than that but at least half of it. The last
    /// one has all that took longer, too.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().enumerate().map(|(bucket, packets)| (1 << bucket, *packets))
    }
}
