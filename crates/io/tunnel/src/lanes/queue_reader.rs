//! From one queue of the device to the peers.

use std::{io, net::SocketAddr, sync::Arc, time::Instant};

use lanrage_base::bucket::{Rate, TokenBucket};
use lanrage_party::{Lane, limits::PACKET_BYTES};

use crate::{
    datagram::batch::SendBatch,
    io::device::PacketDevice,
    lanes::{bulk_queue::BulkQueue, shared::Shared},
    offload::{segment::segment, virtio::Virtio},
    packet::{
        batch::SLOT_BYTES, counters::DropReason, fragment::Fragments, icmp, ipv4::Ipv4, routing::Outgoing,
    },
    peer::{Peer, Sealing, table::Table},
};

/// Packets per second that the OS is told to be too big; one per connection is enough.
const ANSWERS: Rate = Rate { burst: 50, per_second: 100 };
/// Most bytes that a device gives at once: an offload header and the longest IP packet.
const FRAME_BYTES: usize = Virtio::BYTES + u16::MAX as usize;
/// Implementation: frames between two looks at the table and at the clock.
const FRAMES: usize = 64;

/// Reads a queue, and sends what it holds.
pub(crate) struct QueueReader {
    shared: Arc<Shared>,
    device: Arc<dyn PacketDevice>,
    queue: usize,
    frame: Box<[u8]>,
    sender: Sender,
}

/// What one [`QueueReader::drain`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Drained {
    pub(crate) frames: usize,
    /// Whether the queue is empty now.
    pub(crate) is_all: bool,
}

struct Sender {
    /// Of the bulk lane, then of the express lane.
    datagrams: [SendBatch; 2],
    /// Packets since the last look at the clock.
    packets: [u64; 2],
    waiting: BulkQueue,
    /// Whether bulk packets may wait for their socket, rather than be lost.
    may_wait: bool,
    /// The address whose bulk socket is full. What is in the bulk batch then waits for it.
    blocked: Option<SocketAddr>,
    answers: TokenBucket,
    /// Of the next packet that is fragmented and has none of its own.
    fragment_id: u16,
}

/// Where the packets of one frame go.
struct OneWay<'a> {
    peer: &'a Peer,
    lane: Lane,
    sealing: Option<Sealing<'a>>,
}

/// What sending a packet needs to know.
struct Context<'a> {
    shared: &'a Shared,
    table: &'a Table,
    now: Instant,
}

impl QueueReader {
    /// `may_wait` is whether who drains it waits for a socket that is [`blocked`](Self::blocked).
    pub(crate) fn new(
        shared: Arc<Shared>,
        device: Arc<dyn PacketDevice>,
        queue: usize,
        may_wait: bool,
    ) -> Self {
        let sender = Sender {
            datagrams: [SendBatch::new(), SendBatch::new()],
            packets: [0; 2],
            waiting: BulkQueue::default(),
            may_wait,
            blocked: None,
            answers: TokenBucket::new(ANSWERS),
            fragment_id: 0,
        };
        let frame = vec![0; FRAME_BYTES].into_boxed_slice();
        Self { shared, device, queue, frame, sender }
    }

    pub(crate) const fn device(&self) -> &Arc<dyn PacketDevice> {
        &self.device
    }

    /// The address whose socket is full, if what has been read waits for it: nothing more is to be read until then.
    pub(crate) const fn blocked(&self) -> Option<SocketAddr> {
        self.sender.blocked
    }

    /// Sends what is there.
    ///
    /// # Errors
    /// The device's, which end its use.
    pub(crate) fn drain(&mut self, now: Instant) -> io::Result<Drained> {
        let context = Context { shared: &self.shared, table: &self.shared.table(), now };
        self.sender.resume(&context);
        let offloads = self.device.offloads();
        let mut frames = 0;
        while frames < FRAMES {
            let Some(len) = self.device.try_read(self.queue, &mut self.frame)? else { break };
            let frame = self.frame.get_mut(..len).unwrap_or_default();
            let sent = if offloads {
                self.sender.offloaded(&context, frame)
            } else {
                self.sender.frame(&context, &Virtio::default(), frame)
            };
            if let Err(reason) = sent {
                self.shared.dropped(reason);
            }
            frames += 1;
        }
        self.sender.flush(&context);
        Ok(Drained { frames, is_all: frames < FRAMES })
    }
}

impl Sender {
    fn offloaded(&mut self, context: &Context<'_>, frame: &mut [u8]) -> Result<(), DropReason> {
        let (header, packet) =
            frame.split_at_mut_checked(Virtio::BYTES).ok_or(DropReason::MalformedOffload)?;
        let header = Virtio::parse(header).ok_or(DropReason::MalformedOffload)?;
        self.frame(context, &header, packet)
    }

    /// One packet, or what is to become many.
    fn frame(&mut self, context: &Context<'_>, header: &Virtio, packet: &mut [u8]) -> Result<(), DropReason> {
        let local = context.table.local.as_ref().ok_or(DropReason::NoParty)?;
        let longest = if header.is_segmented() { usize::from(u16::MAX) } else { PACKET_BYTES };
        let lane = Lane::of(packet);
        match local.addresses.outgoing(packet, longest)? {
            Outgoing::To(ip) => {
                let peer = context.table.with_ip(ip).ok_or(DropReason::UnknownDestination)?;
                // The lock of the peer's lane is held for the whole frame, unless the batch is full before.
                let mut way = OneWay { peer, lane, sealing: None };
                segment(header, packet, PACKET_BYTES, |packet| self.send_to_one(context, &mut way, packet))
            }
            Outgoing::Everyone => {
                segment(header, packet, PACKET_BYTES, |packet| self.send_to_everyone(context, lane, packet))
            }
        }
    }

    fn send_to_one<'a>(&mut self, context: &Context<'a>, way: &mut OneWay<'a>, packet: &[u8]) {
        let mtu = way.peer.path_mtu();
        if packet.len() <= usize::from(mtu) {
            self.send(context, way, packet);
        } else if Ipv4::parse(packet).is_some_and(|ip| ip.dont_fragment()) {
            self.answer(context, packet, mtu);
            context.shared.dropped(DropReason::PathMtuExceeded);
        } else {
            self.send_fragmented(context, way, packet);
        }
    }

    fn send_to_everyone(&mut self, context: &Context<'_>, lane: Lane, packet: &[u8]) {
        if !context.shared.broadcast.lock().take(context.now, 1) {
            return context.shared.dropped(DropReason::BroadcastStorm);
        }
        for peer in context.table.peers() {
            let mut way = OneWay { peer, lane, sealing: None };
            if packet.len() <= usize::from(peer.path_mtu()) {
                self.send(context, &mut way, packet);
            } else {
                self.send_fragmented(context, &mut way, packet);
            }
        }
    }

    fn send_fragmented<'a>(&mut self, context: &Context<'a>, way: &mut OneWay<'a>, packet: &[u8]) {
        self.fragment_id = self.fragment_id.wrapping_add(1);
        let Some(mut fragments) = Fragments::new(packet, way.peer.path_mtu().into(), self.fragment_id) else {
            return context.shared.dropped(DropReason::PathMtuExceeded);
        };
        let mut fragment = [0; SLOT_BYTES];
        while let Some(len) = fragments.next_into(&mut fragment) {
            self.send(context, way, &fragment[..len]);
        }
    }

    /// Seals a packet into the lane's batch, or lets it wait for the socket.
    fn send<'a>(&mut self, context: &Context<'a>, way: &mut OneWay<'a>, packet: &[u8]) {
        let lane = way.lane;
        if self.datagrams[lane as usize].free() == 0 && !self.must_wait(lane) {
            // Never a lock across I/O.
            way.sealing = None;
            self.flush_lane(context, lane);
        }
        if self.must_wait(lane) {
            let mut dropped = |reason| context.shared.dropped(reason);
            return self.waiting.push(way.peer.ip(), packet, context.now, &mut dropped);
        }
        let sealing = way.sealing.get_or_insert_with(|| way.peer.sealing(lane, &context.table.relays));
        sealing.seal(packet, &mut self.datagrams[lane as usize], &context.shared.counters);
        self.packets[lane as usize] += 1;
    }

    fn must_wait(&self, lane: Lane) -> bool {
        lane == Lane::Bulk && self.blocked.is_some()
    }

    /// Goes on with what waited for the socket.
    fn resume(&mut self, context: &Context<'_>) {
        if self.blocked.is_none() {
            return;
        }
        self.flush_lane_now(context, Lane::Bulk);
        let mut dropped = |reason| context.shared.dropped(reason);
        while self.blocked.is_none()
            && let Some((peer, since, packet)) = self.waiting.pop(context.now, &mut dropped)
        {
            let batch = &mut self.datagrams[Lane::Bulk as usize];
            match context.table.with_ip(peer) {
                Some(peer) => {
                    peer.sealing(Lane::Bulk, &context.table.relays).seal(
                        packet,
                        batch,
                        &context.shared.counters,
                    );
                }
                None => dropped(DropReason::UnknownDestination),
            }
            context.shared.counters.queue_times[Lane::Bulk as usize]
                .add(1, context.now.duration_since(since));
            if batch.free() == 0 {
                self.flush_lane_now(context, Lane::Bulk);
            }
        }
        // What is left in the batch goes with the next flush.
    }

    /// What may not wait goes first.
    fn flush(&mut self, context: &Context<'_>) {
        self.flush_lane(context, Lane::Express);
        if self.blocked.is_none() {
            self.flush_lane(context, Lane::Bulk);
        }
    }

    fn flush_lane(&mut self, context: &Context<'_>, lane: Lane) {
        let packets = std::mem::take(&mut self.packets[lane as usize]);
        self.flush_lane_now(context, lane);
        if packets > 0 {
            context.shared.counters.queue_times[lane as usize].add(packets, context.now.elapsed());
        }
    }

    fn flush_lane_now(&mut self, context: &Context<'_>, lane: Lane) {
        let batch = &mut self.datagrams[lane as usize];
        match lane {
            Lane::Bulk if self.may_wait => {
                self.blocked = context.shared.send_until_full(lane, &context.table.relays, batch);
            }
            Lane::Bulk | Lane::Express => context.shared.send(lane, &context.table.relays, batch),
        }
    }

    fn answer(&mut self, context: &Context<'_>, packet: &[u8], mtu: u16) {
        let mut buffer = icmp::EMPTY;
        if let Some(answer) = icmp::fragmentation_needed(packet, mtu, &mut buffer)
            && self.answers.take(context.now, 1)
        {
            context.shared.answer(answer);
        }
    }
}
