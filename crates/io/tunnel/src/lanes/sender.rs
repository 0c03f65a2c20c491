//! Packets of the device's queue become datagrams of their peers, and leave by the sockets of their lanes.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Instant,
};

use lanrage_base::bucket::{Rate, TokenBucket};
use lanrage_party::{
    COPY_HEADER_BYTES, FlowLanes, Lane, TunnelEvent, facts::DropReason, limits::PACKET_BYTES,
};

use crate::{
    api::per_lane::PerLane,
    datagram::batch::SendBatch,
    lanes::{bulk_queue::BulkQueue, shared::Context},
    offload::{segment::segment, virtio::Virtio},
    packet::{
        batch::SLOT_BYTES,
        begun::{Begun, SENT_WITHIN},
        everyone::{flood::Verdict, search_copy::SearchCopies},
        fragment::Fragments,
        icmp,
        ipv4::{Ipv4, UDP},
        readdress,
        routing::Outgoing,
    },
    peer::{Peer, sealing::Sealing},
};

/// The device, among the interfaces by which a packet for everybody can leave.
const DEVICE: u32 = 0;

/// Packets per second that the OS is told to be too big; one per connection is enough.
const ANSWERS: Rate = Rate { burst: 50, per_second: 100 };

/// Who says the lane of a packet that the device gives.
#[derive(Debug)]
pub(super) enum LaneChoice {
    /// The system, by the queue.
    Queue(Lane),
    /// We: it is in the one queue there is.
    Flows(FlowLanes),
}

impl LaneChoice {
    fn of(&mut self, packet: &[u8], now: Instant) -> Lane {
        match self {
            Self::Queue(lane) => *lane,
            Self::Flows(flows) => flows.lane(packet, now),
        }
    }
}

/// Seals packets into a batch for each lane, and sends the batches.
pub(super) struct Sender {
    lanes: LaneChoice,
    datagrams: PerLane<SendBatch>,
    /// Packets since the last look at the clock.
    packets: PerLane<u64>,
    waiting: BulkQueue,
    /// Whether bulk packets may wait for their socket, rather than be lost.
    may_wait: bool,
    /// The address whose bulk socket is full. What is in the bulk batch then waits for it.
    blocked: Option<SocketAddr>,
    answers: TokenBucket,
    copies: SearchCopies,
    /// Datagrams for everybody, of which later fragments may follow.
    begun: Begun,
    /// The identification of the next packet that is fragmented and has none of its own.
    fragment_id: u16,
}

/// The peer that the packets of one frame go to.
struct Destination<'a> {
    peer: &'a Peer,
    lane: Lane,
    /// Made with the first packet. It holds the lock of the peer's lane.
    sealing: Option<Sealing<'a>>,
}

impl Sender {
    pub(super) fn new(lanes: LaneChoice, may_wait: bool) -> Self {
        Self {
            lanes,
            datagrams: PerLane::from_fn(|_| SendBatch::new()),
            packets: PerLane::default(),
            waiting: BulkQueue::default(),
            may_wait,
            blocked: None,
            answers: TokenBucket::new(ANSWERS),
            copies: SearchCopies::new(),
            begun: Begun::new(SENT_WITHIN),
            fragment_id: 0,
        }
    }

    pub(super) const fn blocked(&self) -> Option<SocketAddr> {
        self.blocked
    }

    /// A frame with the header of an offloading device.
    pub(super) fn offloaded(&mut self, context: &Context<'_>, frame: &mut [u8]) -> Result<(), DropReason> {
        let (header, packet) =
            frame.split_at_mut_checked(Virtio::BYTES).ok_or(DropReason::MalformedOffload)?;
        let header = Virtio::parse(header).ok_or(DropReason::MalformedOffload)?;
        self.frame(context, &header, packet)
    }

    /// One packet, or what is to become many.
    pub(super) fn frame(
        &mut self,
        context: &Context<'_>,
        header: &Virtio,
        packet: &mut [u8],
    ) -> Result<(), DropReason> {
        let local = context.table.local.as_ref().ok_or(DropReason::NoParty)?;
        // What is to be cut may be as long as IP allows; each packet of it is measured by `segment`.
        let longest = if header.is_segmented() { usize::from(u16::MAX) } else { PACKET_BYTES };
        let lane = self.lanes.of(packet, context.now);
        let device = context.table.device.as_deref();
        let is_own = |source| device.is_some_and(|device| device.is_own(source));
        let outgoing = match context.table.searches.by_mdns {
            true => local.addresses.outgoing_with_games(packet, longest, is_own)?,
            false => local.addresses.outgoing(packet, longest, is_own)?,
        };
        let ip = Ipv4::parse(packet).ok_or(DropReason::MalformedPacket)?;
        if !matches!(outgoing, Outgoing::To(_)) && !self.begun.admits(&ip, (), context.now) {
            // Which of what was not let in it is of, it does not say.
            return Err(DropReason::HouseholdSearch);
        }
        let (own, source) = (local.addresses.own, ip.source());
        if source != own {
            local.elsewhere.note_sent(&ip, source, context.now, |_, _| true);
        }
        let under_ours = |packet: &mut [u8]| {
            if source != own {
                readdress::set_source(packet, own);
            }
        };
        // Once for all that is cut from it.
        let speaks = speaking_port(&ip);
        if !matches!(outgoing, Outgoing::To(_)) {
            speaks.into_iter().for_each(|port| local.spoken.note(port, context.now));
        }
        match outgoing {
            Outgoing::To(ip) => {
                let peer = context.table.with_ip(ip).ok_or(DropReason::UnknownDestination)?;
                speaks.into_iter().for_each(|port| peer.spoken.note(port, context.now));
                // The lock of the peer's lane is held for the whole frame, unless the batch is full before.
                let mut to = Destination { peer, lane, sealing: None };
                segment(header, packet, PACKET_BYTES, |packet| {
                    under_ours(packet);
                    self.send_to_one(context, &mut to, packet, source);
                })
            }
            Outgoing::Everyone => segment(header, packet, PACKET_BYTES, |packet| {
                under_ours(packet);
                self.send_to_everyone(context, lane, packet, DEVICE);
            }),
            Outgoing::EveryoneAt(broadcast) => segment(header, packet, PACKET_BYTES, |packet| {
                under_ours(packet);
                readdress::set_destination(packet, broadcast);
                self.send_to_everyone(context, lane, packet, DEVICE);
            }),
        }
    }

    /// What a program sent to everybody by another interface, with that one's number in front.
    pub(super) fn copy(&mut self, context: &Context<'_>, frame: &mut [u8]) -> Result<(), DropReason> {
        let local = context.table.local.as_ref().ok_or(DropReason::NoParty)?;
        let (interface, packet) =
            frame.split_first_chunk_mut::<COPY_HEADER_BYTES>().ok_or(DropReason::MalformedPacket)?;
        let addresses = &local.addresses;
        let source = Ipv4::parse(packet).map(|ip| ip.source());
        let len = self.copies.adopt(packet, addresses.own, addresses.broadcast, context.now)?;
        let packet = &packet[..len];
        if let (Some(ip), Some(source), Some(device)) =
            (Ipv4::parse(packet), source, context.table.device.as_deref())
        {
            let is_bound = |peer, here| device.udp_receiver(peer, here) == Some(source);
            local.elsewhere.note_sent(&ip, source, context.now, is_bound);
        }
        let speaks = Ipv4::parse(packet).and_then(|ip| speaking_port(&ip));
        speaks.into_iter().for_each(|port| local.spoken.note(port, context.now));
        let lane = self.lanes.of(packet, context.now);
        self.send_to_everyone(context, lane, packet, u32::from_ne_bytes(*interface));
        Ok(())
    }

    /// A packet that the OS sent from this address of its own.
    fn send_to_one<'a>(
        &mut self,
        context: &Context<'a>,
        to: &mut Destination<'a>,
        packet: &mut [u8],
        source: Ipv4Addr,
    ) {
        let mtu = to.peer.path_mtu();
        if packet.len() <= usize::from(mtu) {
            self.send(context, to, packet);
        } else if Ipv4::parse(packet).is_some_and(|ip| ip.dont_fragment()) {
            // The OS knows it by the address that it gave it.
            readdress::set_source(packet, source);
            self.answer(context, packet, mtu);
            context.shared.dropped(DropReason::PathMtuExceeded);
        } else {
            self.send_fragmented(context, to, packet);
        }
    }

    fn send_to_everyone(&mut self, context: &Context<'_>, lane: Lane, packet: &[u8], interface: u32) {
        if context.shared.repeats.lock().is_repeat(packet, interface, context.now) {
            return context.shared.dropped(DropReason::RepeatedSearch);
        }
        // A packet counts once, however many peers get it.
        let verdict = context.shared.broadcast.lock().judge(packet, context.now);
        if let Verdict::Refused { begins } = verdict {
            if let Some(port) = begins {
                context.shared.emit(TunnelEvent::Flood { by: None, port });
            }
            return context.shared.dropped(DropReason::BroadcastStorm);
        }
        for peer in context.table.peers() {
            let mut to = Destination { peer, lane, sealing: None };
            if packet.len() <= usize::from(peer.path_mtu()) {
                self.send(context, &mut to, packet);
            } else {
                self.send_fragmented(context, &mut to, packet);
            }
        }
    }

    fn send_fragmented<'a>(&mut self, context: &Context<'a>, to: &mut Destination<'a>, packet: &[u8]) {
        self.fragment_id = self.fragment_id.wrapping_add(1);
        let Some(mut fragments) = Fragments::new(packet, to.peer.path_mtu().into(), self.fragment_id) else {
            return context.shared.dropped(DropReason::PathMtuExceeded);
        };
        let mut fragment = [0; SLOT_BYTES];
        while let Some(len) = fragments.next_into(&mut fragment) {
            self.send(context, to, &fragment[..len]);
        }
    }

    /// Seals a packet into the lane's batch, or lets it wait for the socket.
    fn send<'a>(&mut self, context: &Context<'a>, to: &mut Destination<'a>, packet: &[u8]) {
        let lane = to.lane;
        // An express packet may have a second copy.
        let slots = if lane == Lane::Express { 2 } else { 1 };
        if self.datagrams[lane].free() < slots && !self.must_wait(lane) {
            // Never a lock across I/O.
            to.sealing = None;
            self.flush_lane(context, lane);
        }
        // Packets behind those that wait must wait too, or they would overtake.
        if self.must_wait(lane) {
            let mut dropped = |reason| context.shared.dropped(reason);
            return self.waiting.push(to.peer.ip(), packet, context.now, &mut dropped);
        }
        let sealing = to.sealing.get_or_insert_with(|| to.peer.sealing(lane, &context.table.relays));
        let (batch, counters) = (&mut self.datagrams[lane], &context.shared.counters);
        match lane {
            Lane::Express => sealing.seal_twice(packet, context.now, batch, counters),
            Lane::Bulk => sealing.seal(packet, batch, counters),
        }
        self.packets[lane] += 1;
    }

    fn must_wait(&self, lane: Lane) -> bool {
        lane == Lane::Bulk && self.blocked.is_some()
    }

    /// Goes on with what waited for the socket.
    pub(super) fn resume(&mut self, context: &Context<'_>) {
        if self.blocked.is_none() {
            return;
        }
        self.flush_lane_now(context, Lane::Bulk);
        let mut dropped = |reason| context.shared.dropped(reason);
        while self.blocked.is_none()
            && let Some((peer, since, packet)) = self.waiting.pop(context.now, &mut dropped)
        {
            let batch = &mut self.datagrams[Lane::Bulk];
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
            context.shared.counters.queue_times[Lane::Bulk].add(1, context.now.duration_since(since));
            if batch.free() == 0 {
                self.flush_lane_now(context, Lane::Bulk);
            }
        }
        // What is left in the batch goes with the next flush.
    }

    /// What may not wait goes first.
    pub(super) fn flush(&mut self, context: &Context<'_>) {
        self.flush_lane(context, Lane::Express);
        if self.blocked.is_none() {
            self.flush_lane(context, Lane::Bulk);
        }
    }

    fn flush_lane(&mut self, context: &Context<'_>, lane: Lane) {
        let packets = std::mem::take(&mut self.packets[lane]);
        self.flush_lane_now(context, lane);
        // After the send, so that a system that takes long shows in the times.
        if packets > 0 {
            context.shared.counters.queue_times[lane].add(packets, context.now.elapsed());
        }
    }

    fn flush_lane_now(&mut self, context: &Context<'_>, lane: Lane) {
        let batch = &mut self.datagrams[lane];
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

/// The port at which whoever hears this by UDP may answer.
fn speaking_port(ip: &Ipv4<'_>) -> Option<u16> {
    ip.ports().filter(|_| ip.protocol() == UDP).map(|(source, _)| source)
}
