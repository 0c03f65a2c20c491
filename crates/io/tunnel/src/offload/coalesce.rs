//! Packets of one flow become one write to the device, as Linux' GRO does it.

use std::io::IoSlice;

use super::{
    layout::{IPV4_ID, IPV6_NEXT, Layout, Transport},
    merging::{Kinds, Merged},
    virtio::{NEEDS_CSUM, Virtio},
};
use crate::packet::{
    batch::PacketBatch,
    ipv4::{TCP, UDP},
};

/// Packets that are written as one at most, and so pieces of one write: what Linux coalesces itself.
pub(crate) const PIECES: usize = 64;
/// Bytes of what is written as one, its headers included: a packet's length has 16 bits.
pub(super) const TOTAL_BYTES: usize = 65_499;
/// Items that are looked at for the flow of a packet. With more flows than that at once there is little to coalesce.
pub(super) const LOOK_BACK: usize = 16;

/// Without options or extensions; only such headers are coalesced.
const IPV4_HEADER_BYTES: usize = 20;
const ICMPV6: u8 = 58;
/// Offsets in the TCP header (RFC 9293 §3.1).
const SEQUENCE: usize = 4;
const FLAGS: usize = 13;
const CHECKSUM: std::ops::Range<usize> = 16..18;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

/// Finds in a batch the packets that can be written as one. Made once, without allocation later.
///
/// A packet joins the last item of its flow if it continues that exactly: same headers, next sequence number (TCP) or
/// same size (UDP), checksums right. Any other packet of the flow ends the item, so the order inside a flow is kept.
/// `segment` gives the packets back bit by bit, but for the identification of an IPv4 packet that
/// must not be fragmented, which means nothing (RFC 6864 §4.1).
pub(crate) struct Coalescer {
    items: Vec<Item>,
    /// The packet that follows each one in its item.
    next: [u16; PacketBatch::CAPACITY],
}

const _: () = assert!(PacketBatch::CAPACITY <= u16::MAX as usize, "places are kept in 16 bits");

/// What becomes one write.
#[derive(Clone, Copy)]
struct Item {
    first: u16,
    last: u16,
    packets: u16,
    /// Bytes of the whole.
    total: usize,
    /// None for a packet that belongs to no flow.
    flow: Option<Flow>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing can join.
    Closed,
    /// One packet, whose checksums nobody looked at yet.
    Unverified,
    /// Packets whose checksums are right.
    Verified,
}

#[derive(Clone, Copy)]
struct Flow {
    layout: Layout,
    /// Equal for equal flows, and mostly for those alone.
    tag: u64,
}

/// How a packet stands to the others.
enum Kind {
    /// It belongs to a flow, and could be coalesced or not.
    Of(Flow, bool),
    /// It has no flow that could be coalesced.
    Apart,
    /// It belongs to a flow, and which one is hard to say.
    Unclear,
}

impl Coalescer {
    /// A coalescer with all its memory.
    pub(crate) fn new() -> Self {
        Self { items: Vec::with_capacity(PacketBatch::CAPACITY), next: [0; PacketBatch::CAPACITY] }
    }

    /// The writes that bring the batch to the device, in order; what is of none of these kinds stays apart. Changes the
    /// headers of packets that begin a longer one, so that the batch is good for nothing else afterwards.
    pub(crate) fn plan<'a>(
        &'a mut self,
        batch: &'a mut PacketBatch,
        kinds: Kinds,
    ) -> impl ExactSizeIterator<Item = Write<'a>> {
        self.collect(batch, kinds);
        for item in &self.items {
            item.finish(batch);
        }
        let (batch, next) = (&*batch, &self.next[..]);
        self.items.iter().map(move |item| Write { batch, next, item })
    }

    fn collect(&mut self, batch: &PacketBatch, kinds: Kinds) {
        self.items.clear();
        // Items before this one are out of sight.
        let mut barrier = 0;
        for at in 0..batch.len() {
            let packet = batch.packet(at);
            let mut state = State::Closed;
            let mut flow = None;
            match kind(packet) {
                Kind::Apart => {}
                Kind::Of(own, _) if !kinds.has(own.layout.merged()) => {}
                Kind::Unclear => barrier = self.items.len() + 1,
                Kind::Of(own, can_join) => {
                    flow = Some(own);
                    let seen = self.items.len().saturating_sub(LOOK_BACK).max(barrier);
                    let item =
                        self.items[seen..].iter_mut().rev().find(|item| item.is_of(own, packet, batch));
                    if let Some(item) = item {
                        if can_join && item.take(at as u16, own.layout, packet, batch) {
                            self.next[usize::from(item.last)] = at as u16;
                            item.last = at as u16;
                            continue;
                        }
                        item.state = State::Closed;
                    }
                    if can_join && !own.layout.pushes(packet) {
                        state = State::Unverified;
                    }
                }
            }
            let at = at as u16;
            self.items.push(Item { first: at, last: at, packets: 1, total: packet.len(), flow, state });
        }
    }
}

fn kind(packet: &[u8]) -> Kind {
    let Some(layout) = Layout::parse(packet) else {
        let is_apart = match packet {
            [first, ..] if first >> 4 == 4 => {
                packet.get(9).is_some_and(|protocol| ![TCP, UDP].contains(protocol))
            }
            // Any other next header may have TCP or UDP behind it.
            [first, ..] if first >> 4 == 6 => packet.get(IPV6_NEXT) == Some(&ICMPV6),
            _ => false,
        };
        return if is_apart { Kind::Apart } else { Kind::Unclear };
    };
    if !layout.is_v6 && layout.start != IPV4_HEADER_BYTES {
        return Kind::Unclear;
    }
    let payload = packet.len() - layout.payload;
    let can_join = match layout.transport {
        Transport::Tcp => packet[layout.start + FLAGS] & !PSH == ACK,
        Transport::Udp => {
            let length = [packet[layout.start + 4], packet[layout.start + 5]];
            usize::from(u16::from_be_bytes(length)) == packet.len() - layout.start
                && packet[layout.checksum()..layout.checksum() + 2] != [0, 0]
        }
    };
    let flow = Flow { layout, tag: tag(layout, packet) };
    Kind::Of(flow, can_join && payload > 0 && packet.len() <= TOTAL_BYTES)
}

/// Addresses and ports, which lie beside each other.
fn ends(layout: Layout, packet: &[u8]) -> &[u8] {
    let addresses = if layout.is_v6 { 8 } else { 12 };
    &packet[addresses..layout.start + 4]
}

fn tag(layout: Layout, packet: &[u8]) -> u64 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let seed = u64::from(layout.is_v6) << 1 | u64::from(layout.transport == Transport::Tcp);
    let words = ends(layout, packet).as_chunks::<4>().0.iter();
    words
        .fold(seed, |tag, word| (tag.rotate_left(5) ^ u64::from(u32::from_ne_bytes(*word))).wrapping_mul(ODD))
}

impl Layout {
    /// What its packets are when they are one.
    const fn merged(self) -> Merged {
        match (self.transport, self.is_v6) {
            (Transport::Udp, _) => Merged::Udp,
            (Transport::Tcp, false) => Merged::TcpV4,
            (Transport::Tcp, true) => Merged::TcpV6,
        }
    }

    /// Whether it is the last of its item in any case.
    fn pushes(self, packet: &[u8]) -> bool {
        self.transport == Transport::Tcp && packet[self.start + FLAGS] & PSH != 0
    }
}

impl Item {
    fn is_of(&self, flow: Flow, packet: &[u8], batch: &PacketBatch) -> bool {
        let Some(own) = self.flow.filter(|own| own.tag == flow.tag) else { return false };
        let first = batch.packet(usize::from(self.first));
        (own.layout.is_v6, own.layout.transport) == (flow.layout.is_v6, flow.layout.transport)
            && ends(own.layout, first) == ends(flow.layout, packet)
    }

    /// Takes a packet of its own flow in, if that continues it.
    fn take(&mut self, at: u16, layout: Layout, packet: &[u8], batch: &PacketBatch) -> bool {
        let first = batch.packet(usize::from(self.first));
        let size = first.len() - layout.payload.min(first.len());
        let payload = packet.len() - layout.payload;
        let continues = self.state != State::Closed
            && self.flow.is_some_and(|own| own.layout == layout)
            && payload <= size
            && usize::from(self.packets) < PIECES
            && self.total + payload <= TOTAL_BYTES
            && self.continues(layout, first, packet);
        if !continues || (self.state == State::Unverified && !layout.is_intact(first)) {
            return false;
        }
        self.state = State::Verified;
        if !layout.is_intact(packet) {
            return false;
        }
        debug_assert!(at > self.last);
        self.packets += 1;
        self.total += payload;
        if payload < size || layout.pushes(packet) {
            self.state = State::Closed;
        }
        true
    }

    /// Whether the headers say what those of a next segment of the item would.
    fn continues(&self, layout: Layout, first: &[u8], packet: &[u8]) -> bool {
        let same = |range: std::ops::Range<usize>| first[range.clone()] == packet[range];
        let same_ip = if layout.is_v6 {
            // Class and flow label; hop limit.
            same(0..4) && same(7..8)
        } else {
            const DONT_FRAGMENT: u8 = 0x40;
            let id = |packet: &[u8]| u16::from_be_bytes([packet[IPV4_ID], packet[IPV4_ID + 1]]);
            let counts = first[6] & DONT_FRAGMENT != 0 || id(packet) == id(first).wrapping_add(self.packets);
            // Type of service; flags and offset; time to live.
            same(1..2) && same(6..9) && counts
        };
        same_ip
            && match layout.transport {
                Transport::Udp => true,
                Transport::Tcp => {
                    let (own, other) =
                        (&first[layout.start..layout.payload], &packet[layout.start..layout.payload]);
                    let next = sequence(own).wrapping_add((self.total - layout.payload) as u32);
                    let (acknowledged, options) = (SEQUENCE + 4..FLAGS, CHECKSUM.end..own.len());
                    sequence(other) == next
                        && own[acknowledged.clone()] == other[acknowledged]
                        && own[FLAGS + 1..CHECKSUM.start] == other[FLAGS + 1..CHECKSUM.start]
                        && own[options.clone()] == other[options]
                }
            }
    }

    /// Makes the headers of its first packet those of the whole, with the device's in front.
    fn finish(&self, batch: &mut PacketBatch) {
        let first = usize::from(self.first);
        let Some(Flow { layout, .. }) = self.flow.filter(|_| self.packets > 1) else {
            return batch.put_in_front(first, Virtio::default().write());
        };
        let pushes = layout.pushes(batch.packet(usize::from(self.last)));
        let packet = batch.packet_mut(first);
        let size = packet.len() - layout.payload;
        layout.set_length(packet, self.total);
        if pushes {
            packet[layout.start + FLAGS] |= PSH;
        }
        layout.set_partial_checksum(packet, self.total);
        let header = Virtio {
            flags: NEEDS_CSUM,
            gso_type: layout.merged().gso_type(),
            header_len: layout.payload as u16,
            gso_size: size as u16,
            csum_start: layout.start as u16,
            csum_offset: layout.transport.checksum_offset() as u16,
        };
        batch.put_in_front(first, header.write());
    }
}

fn sequence(tcp: &[u8]) -> u32 {
    tcp[SEQUENCE..].first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// One write to the device: a [`Virtio`] header, a packet, and the payload of those that continue it.
#[derive(Clone, Copy)]
pub(crate) struct Write<'a> {
    batch: &'a PacketBatch,
    next: &'a [u16],
    item: &'a Item,
}

impl<'a> Write<'a> {
    /// Packets that it brings.
    pub(crate) const fn packets(&self) -> usize {
        self.item.packets as usize
    }

    /// What they are together; none for a packet that is written alone.
    pub(crate) fn merged(&self) -> Option<Merged> {
        self.item.flow.filter(|_| self.item.packets > 1).map(|flow| flow.layout.merged())
    }

    /// Its bytes, at most [`PIECES`] pieces; the first has all headers.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let Self { batch, next, item } = *self;
        let first = usize::from(item.first);
        let payload = item.flow.map_or(0, |flow| flow.layout.payload);
        let mut at = first;
        let rest = (1..item.packets).map(move |_| {
            at = usize::from(next[at]);
            &batch.packet(at)[payload..]
        });
        std::iter::once(batch.packet_with_front(first, Virtio::BYTES)).chain(rest)
    }

    /// The pieces for one vectored write.
    pub(crate) fn slices<'b>(&self, into: &'b mut [IoSlice<'a>; PIECES]) -> &'b [IoSlice<'a>] {
        for (slice, piece) in into.iter_mut().zip(self.pieces()) {
            *slice = IoSlice::new(piece);
        }
        &into[..self.packets()]
    }
}
