use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use lanrage_party::{Lane, PeerId};

macro_rules! drop_reasons {
    ($($(#[doc = $doc:literal])+ $name:ident,)*) => {
        /// Why a packet or datagram was dropped.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum DropReason {
            $($(#[doc = $doc])+ $name,)*
        }

        impl DropReason {
            /// Every reason, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

drop_reasons! {
    /// Network: a datagram that is empty, or WireGuard of a wrong length.
    MalformedDatagram,
    /// Network: a datagram longer than its kind may be.
    OversizedDatagram,
    /// Network: the socket reported an error instead of a datagram.
    ReceiveFailed,
    /// Network: WireGuard while in no party.
    NoParty,
    /// Network: a handshake from an unknown key, or a message for an unknown index.
    UnknownPeer,
    /// Network: too many handshakes in this second; a cookie was sent instead.
    RateLimited,
    /// Network: a MAC or tag is wrong.
    Unauthenticated,
    /// Network: a handshake message that came before, or that nobody waits for. One initiation over several
    /// paths ends here, except for its first copy.
    StaleHandshake,
    /// Network: data for a session that is not there (any more).
    NoSession,
    /// Network: a data message that came before. One packet over two paths ends here, except for its first copy.
    Replay,
    /// Network: ChannelData of anybody but an open allocation's relay, or inside other ChannelData.
    ForeignChannelData,
    /// Network: ChannelData that is cut or lies about its length.
    MalformedChannelData,
    /// Network: ChannelData of a channel that is bound to nobody.
    UnknownChannel,
    /// Network: STUN from a relayed peer, which has no business with us.
    RelayedStun,
    /// Network: a relayed datagram that found the queue to the UDP thread full.
    RelayQueueFull,
    /// Inside: not a whole IPv4 packet.
    MalformedPacket,
    /// Inside: IPv6, which is not carried.
    Ipv6,
    /// Inside: longer than the tunnel carries.
    OversizedPacket,
    /// Inside: the source is not the sender's lease (from a peer), or not our own (from the device).
    ForeignSource,
    /// From a peer: the destination is neither us nor everybody.
    ForeignDestination,
    /// Broadcast or multicast above the sender's rate.
    BroadcastStorm,
    /// From a peer: no device is attached.
    NoDevice,
    /// From the device: no peer has the destination.
    UnknownDestination,
    /// From the device: the destination is our own address.
    OwnDestination,
    /// From the device: the protocol number of probes, which is ours inside the tunnel.
    ReservedProtocol,
    /// From the device: an offload header that does not fit its packet.
    MalformedOffload,
    /// From the device: the OS's answer to the unicast copy of a broadcast that nobody here listens for.
    UnicastCopyRefused,
    /// From the device: its bulk packet waited longer for the socket than a queue should last (RFC 8289).
    QueueDelay,
    /// From the device: the queue for the socket was full, and this packet's peer had most of it.
    QueueFull,
    /// From the device: the oldest packet that waited for a session, pushed out by a newer one.
    PendingOverflow,
    /// From the device: larger than the path to its peer carries, and not to be fragmented. The OS is told.
    PathMtuExceeded,
    /// To the device: the OS refused it.
    DeviceRefused,
    /// To the network: the remote's allocation is closed, or has no channel to it.
    NoChannel,
    /// To the network: the queue of the relay's stream is full.
    RelayStreamFull,
    /// To the network: no socket of the address's family.
    NoSocket,
    /// To the network: the socket's buffer is full.
    SendBufferFull,
    /// To the network: larger than the interface or a known part of the path carries. What is padded to find that
    /// out ends here.
    DatagramTooBig,
    /// To the network: the OS refused the datagram.
    SendFailed,
}

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

/// Dropped packets and datagrams by reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drops([u64; DropReason::ALL.len()]);

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
    /// How long packets from the device were here until they were sent; of the bulk lane, then of the express lane.
    pub queue_times: [QueueTimes; 2],
    /// The present peers.
    pub peers: BTreeMap<PeerId, PeerCounters>,
}

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

impl std::ops::Add for Traffic {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { packets: self.packets + other.packets, bytes: self.bytes + other.bytes }
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
    pub(crate) fn new(received: &[LaneCounter; 2], sent: &[LaneCounter; 2], has_express_lane: bool) -> Self {
        let [express, bulk] = [Lane::Express, Lane::Bulk].map(|lane| lane as usize);
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

/// Buckets of a histogram of times.
const BUCKETS: usize = 16;

/// How many packets took how long, in buckets of powers of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueTimes([u64; BUCKETS]);

impl QueueTimes {
    /// Each bucket: packets took less than this many microseconds, and at least half of it. The last one has what
    /// took longer, too.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().enumerate().map(|(bucket, packets)| (1 << bucket, *packets))
    }
}

/// The live histogram.
#[derive(Default)]
pub(crate) struct QueueTimer([AtomicU64; BUCKETS]);

impl QueueTimer {
    pub(crate) fn add(&self, packets: u64, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let bucket = (u64::BITS - micros.leading_zeros()) as usize;
        self.0[bucket.min(BUCKETS - 1)].fetch_add(packets, Relaxed);
    }

    pub(crate) fn get(&self) -> QueueTimes {
        QueueTimes(std::array::from_fn(|bucket| self.0[bucket].load(Relaxed)))
    }
}

/// The live counters; a snapshot of each is exact, of all together nearly so.
pub(crate) struct Counters {
    pub(crate) received: TrafficCounter,
    pub(crate) sent: TrafficCounter,
    pub(crate) queue_times: [QueueTimer; 2],
    drops: [AtomicU64; DropReason::ALL.len()],
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self {
            received: TrafficCounter::default(),
            sent: TrafficCounter::default(),
            queue_times: Default::default(),
            drops: [const { AtomicU64::new(0) }; DropReason::ALL.len()],
        }
    }

    pub(crate) fn dropped(&self, reason: DropReason) {
        self.drops[reason as usize].fetch_add(1, Relaxed);
    }

    pub(crate) fn drops(&self) -> Drops {
        Drops(std::array::from_fn(|reason| self.drops[reason].load(Relaxed)))
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
