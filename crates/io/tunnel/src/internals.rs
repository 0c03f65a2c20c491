//! What the benchmarks measure and the fuzzer takes apart of the packet path, by one function each. No part of the
//! product: a host builds without the feature that this is behind.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use lanrage_party::{Lane, PartySecret, Subnet, VirtualIp, WireGuardPrivateKey, limits::PACKET_BYTES};

use crate::{
    datagram::demux::{self, Kind, Message},
    offload::{coalesce, merging::Kinds, segment, virtio::Virtio},
    packet::{
        batch::{PacketBatch, SLOT_BYTES},
        everyone::{
            flood::{FloodLimit, Verdict},
            repeats::Repeats,
            search_copy::SearchCopies,
        },
        routing::{Addresses, Outgoing},
    },
    peer::{
        index::PeerIndex,
        wireguard::{LocalKey, Session},
    },
};

/// The internet checksum.
pub fn checksum(bytes: &[u8]) -> u16 {
    crate::packet::checksum::of(bytes)
}

/// Cuts what a device gave, which begins with its header, into packets of at most `limit` bytes. False if the header
/// does not fit.
pub fn segment(given: &mut [u8], limit: usize, mut each: impl FnMut(&[u8])) -> bool {
    let Some((header, packet)) = given.split_at_mut_checked(Virtio::BYTES) else { return false };
    Virtio::parse(header)
        .is_some_and(|header| segment::segment(&header, packet, limit, |packet| each(packet)).is_ok())
}

/// Packets in the fixed slots that the device is written from.
pub struct Batch(PacketBatch);

impl Batch {
    /// Bytes that fit one slot.
    pub const SLOT_BYTES: usize = SLOT_BYTES;

    /// An empty one with all its memory.
    #[expect(clippy::new_without_default, reason = "nobody asks for one")]
    pub fn new() -> Self {
        Self(PacketBatch::new())
    }

    /// Copies a packet in. False, and nothing happens, if it does not fit.
    pub fn push(&mut self, packet: &[u8]) -> bool {
        self.0.push(packet)
    }

    /// Packets inside.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no slot is free.
    pub fn is_full(&self) -> bool {
        self.0.is_full()
    }
}

/// Finds what of a batch can be written as one.
pub struct Coalescer(coalesce::Coalescer);

impl Coalescer {
    /// A coalescer with all its memory.
    #[expect(clippy::new_without_default, reason = "nobody asks for one")]
    pub fn new() -> Self {
        Self(coalesce::Coalescer::new())
    }

    /// Calls `each` with the pieces of every write, and the number of packets in it.
    pub fn plan(&mut self, batch: &mut Batch, mut each: impl FnMut(usize, &[std::io::IoSlice<'_>])) {
        for write in self.0.plan(&mut batch.0, Kinds::ALL) {
            let mut slices = [std::io::IoSlice::new(&[]); coalesce::PIECES];
            each(write.packets(), write.slices(&mut slices));
        }
    }
}

/// The rules for packets that the OS sends.
pub struct Router(Addresses);

impl Router {
    /// The rules for a host with this address in the default subnet.
    pub fn new(own: Ipv4Addr) -> Self {
        let subnet = Subnet::DEFAULT;
        Self(Addresses::new(VirtualIp(own), &subnet))
    }

    /// The peer that gets the packet.
    pub fn outgoing(&self, packet: &[u8]) -> Option<Ipv4Addr> {
        match self.0.outgoing(packet, PACKET_BYTES, |_| false) {
            Ok(Outgoing::To(peer)) => Some(peer),
            _ => None,
        }
    }

    /// Whether the packet of this peer is for the device.
    pub fn incoming(&self, packet: &[u8], peer: Ipv4Addr) -> bool {
        self.0.incoming(packet, peer).is_ok()
    }
}

/// What becomes of packets that programs sent into other networks, for a host with the first address of the default subnet.
pub struct SearchCopier {
    copies: SearchCopies,
    repeats: Repeats,
    limit: FloodLimit,
    begun: Instant,
}

impl SearchCopier {
    /// The host's own address.
    pub const OWN: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);

    /// One that has seen nothing.
    #[expect(clippy::new_without_default, reason = "nobody asks for one")]
    pub fn new() -> Self {
        Self {
            copies: SearchCopies::new(),
            repeats: Repeats::new(),
            limit: FloodLimit::new(),
            begun: Instant::now(),
        }
    }

    /// Makes a packet that left by this interface, so long after the beginning, one for the party. Its length, unless it is
    /// none for the party.
    pub fn copy(&mut self, packet: &mut [u8], interface: u32, after: Duration) -> Option<usize> {
        let now = self.begun + after;
        let broadcast = Subnet::DEFAULT.broadcast();
        let len = self.copies.adopt(packet, Self::OWN, broadcast, now).ok()?;
        let packet = &packet[..len];
        let is_new = !self.repeats.is_repeat(packet, interface, now);
        (is_new && self.limit.judge(packet, now) == Verdict::Passes).then_some(len)
    }
}

/// The receiver of a data message.
pub fn classify(datagram: &[u8]) -> Option<u32> {
    match demux::classify(datagram) {
        Ok(Kind::WireGuard(Message::Data { receiver })) => Some(receiver),
        _ => None,
    }
}

/// Both ends of a live session.
pub struct Sessions {
    active: Session,
    passive: Session,
}

impl Sessions {
    /// After their handshake.
    ///
    /// # Panics
    /// If that does not succeed.
    #[expect(clippy::new_without_default, reason = "it does too much for that")]
    pub fn new() -> Self {
        let [a, b] = [1, 2].map(|n| WireGuardPrivateKey::from_random([n; 32]));
        let preshared = PartySecret::from_random([3; 32]).preshared_key(&a.public(), &b.public());
        let session = |own, peer: &WireGuardPrivateKey, count| {
            let index = PeerIndex::nth(count).session(Lane::Bulk);
            Session::new(&LocalKey::new(own), &peer.public(), &preshared, index)
        };
        let (mut active, mut passive) = (session(&a, &b, 3), session(&b, &a, 4));
        let (mut there, mut back) = ([0; 2_048], [0; 2_048]);
        let handshake = |session: &mut Session, datagram: &[u8], reply: &mut [u8]| {
            let Ok(Kind::WireGuard(message)) = demux::classify(datagram) else { panic!("no message") };
            session.handshake(message, datagram, reply).ok().and_then(|done| done.reply).expect("an answer")
        };
        let initiation = active.initiate(true, &mut there).expect("an initiation");
        let response = handshake(&mut passive, &there[..initiation], &mut back);
        let confirmation = handshake(&mut active, &back[..response], &mut there);
        let receiver = classify(&there[..confirmation]).expect("a data message");
        passive.open(receiver, &there[..confirmation], &mut back).expect("a live session");
        Self { active, passive }
    }

    /// Seals a packet; gives the bytes written.
    pub fn seal(&mut self, packet: &[u8], out: &mut [u8]) -> Option<usize> {
        self.active.seal(packet, out)
    }

    /// Opens what was sealed; gives the bytes of the packet.
    pub fn open(&mut self, datagram: &[u8], out: &mut [u8]) -> Option<usize> {
        self.passive.open(classify(datagram)?, datagram, out).ok()?.packet
    }
}
