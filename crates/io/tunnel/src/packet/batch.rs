//! Fixed, preallocated memory for packets: made once per thread, reused for ever.

use lanrage_party::limits::PACKET_BYTES;

/// Bytes in one slot: room for the largest packet with everything WireGuard adds, and to spare, so that
/// whatever fits a slot before opening or after sealing also fits after or before it.
pub(crate) const SLOT_BYTES: usize = 2_048;
/// Bytes in front of every packet's slot, where the header of an offloading device goes (see `offload`): what is written
/// is then one piece. A multiple of 16, so that copies into slots stay aligned.
pub(crate) const HEADROOM: usize = 16;
/// Slots in a batch of datagrams. A batch is what one wake-up costs at most before the other direction's timers run.
pub(crate) const SLOTS: usize = 64;
/// Slots in a batch of packets: whatever a batch of received datagrams has that are long, so that the device gets them in
/// few large writes.
const PACKETS: usize = 2 * SLOTS;
/// What WireGuard adds to a packet (whitepaper §5.4.6: 16 bytes of header, 16 of tag).
pub(crate) const SEAL_BYTES: usize = 32;
/// What a relay's framing adds at most: the header of ChannelData, and padding on a stream.
pub(crate) const RELAY_BYTES: usize = 4 + 3;

const _: () =
    assert!(PACKET_BYTES + SEAL_BYTES + RELAY_BYTES < SLOT_BYTES, "a sealed packet must fit a slot");
const _: () = assert!(PACKETS * size_of::<Slot>() <= 264 * 1024, "a batch is bounded memory");
const _: () = assert!(SLOT_BYTES <= u16::MAX as usize, "lengths are kept in 16 bits");

type Slot = [u8; HEADROOM + SLOT_BYTES];

fn slots() -> Box<[Slot]> {
    vec![[0; HEADROOM + SLOT_BYTES]; PACKETS].into_boxed_slice()
}

/// Packets on their way from or to the virtual device: at most [`PacketBatch::CAPACITY`], each of at most
/// [`SLOT_BYTES`]. No allocation after creation.
pub(crate) struct PacketBatch {
    slots: Box<[Slot]>,
    lengths: [u16; PACKETS],
    len: usize,
}

impl PacketBatch {
    /// Packets that fit.
    pub(crate) const CAPACITY: usize = PACKETS;

    /// An empty batch with all its memory.
    pub(crate) fn new() -> Self {
        Self { slots: slots(), lengths: [0; PACKETS], len: 0 }
    }

    /// Packets inside.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Whether no packet is inside.
    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Free slots.
    pub(crate) const fn free(&self) -> usize {
        PACKETS - self.len
    }

    /// Whether no slot is free.
    pub(crate) const fn is_full(&self) -> bool {
        self.len == PACKETS
    }

    /// Copies a packet in. False, and nothing happens, if the batch is full or the packet longer than a slot.
    pub(crate) fn push(&mut self, packet: &[u8]) -> bool {
        match self.slot() {
            Some(slot) if packet.len() <= SLOT_BYTES => {
                slot[..packet.len()].copy_from_slice(packet);
                self.commit(packet.len());
                true
            }
            _ => false,
        }
    }

    /// The next free slot, for a reader that fills it itself and then calls [`commit`](Self::commit).
    pub(crate) fn slot(&mut self) -> Option<&mut [u8]> {
        self.slots.get_mut(self.len).map(|slot| &mut slot[HEADROOM..])
    }

    /// Takes the first `len` bytes of the slot last given out as a packet. Without a free slot, or with a
    /// length over the slot's, nothing happens.
    pub(crate) fn commit(&mut self, len: usize) {
        if self.len < PACKETS && len <= SLOT_BYTES {
            self.lengths[self.len] = len as u16;
            self.len += 1;
        }
    }

    /// Copies the packet added last into the next free slot, without adding it, and gives the copy to be changed.
    pub(crate) fn repeat_last(&mut self) -> Option<&mut [u8]> {
        let last = self.len.checked_sub(1)?;
        let (before, after) = self.slots.split_at_mut(self.len);
        let len = usize::from(self.lengths[last]);
        let packet = HEADROOM..HEADROOM + len;
        let copy = &mut after.first_mut()?[packet.clone()];
        copy.copy_from_slice(&before[last][packet]);
        Some(copy)
    }

    /// The packet at this place, which must be smaller than [`len`](Self::len).
    pub(crate) fn packet(&self, at: usize) -> &[u8] {
        &self.slots[at][HEADROOM..HEADROOM + usize::from(self.lengths[at])]
    }

    /// The packet at this place, to be changed.
    pub(crate) fn packet_mut(&mut self, at: usize) -> &mut [u8] {
        &mut self.slots[at][HEADROOM..HEADROOM + usize::from(self.lengths[at])]
    }

    /// Writes bytes right in front of the packet at this place, at most [`HEADROOM`].
    pub(crate) fn put_in_front<const N: usize>(&mut self, at: usize, bytes: [u8; N]) {
        const { assert!(N <= HEADROOM) };
        self.slots[at][HEADROOM - N..HEADROOM].copy_from_slice(&bytes);
    }

    /// The packet at this place with the last `front` bytes before it, at most [`HEADROOM`].
    pub(crate) fn packet_with_front(&self, at: usize, front: usize) -> &[u8] {
        &self.slots[at][HEADROOM - front..HEADROOM + usize::from(self.lengths[at])]
    }

    /// The packets, oldest first.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        let slots = self.slots[..self.len].iter().zip(&self.lengths);
        slots.map(|(slot, len)| &slot[HEADROOM..HEADROOM + usize::from(*len)])
    }

    /// Forgets all packets.
    pub(crate) const fn clear(&mut self) {
        self.len = 0;
    }
}

impl Default for PacketBatch {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for PacketBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PacketBatch({} of {PACKETS})", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_gives_back_its_packets_in_order_and_refuses_what_does_not_fit() {
        let mut batch = PacketBatch::new();
        assert!(!batch.push(&[0; SLOT_BYTES + 1]));
        for n in 0..PACKETS {
            assert!(batch.push(&vec![n as u8; n + 1]));
        }
        assert!(batch.is_full() && !batch.push(&[1]) && batch.slot().is_none());
        batch.commit(1);
        assert_eq!(batch.len(), PACKETS);
        for (n, packet) in batch.iter().enumerate() {
            assert_eq!(packet, vec![n as u8; n + 1]);
        }
        batch.clear();
        assert!(batch.is_empty() && batch.iter().next().is_none() && batch.free() == PACKETS);
    }
}
