//! Fixed, preallocated memory for datagrams, laid out for segmentation offload in both directions.

use std::{net::SocketAddr, ops::Range};

use crate::{
    datagram::hop::Hop,
    packet::batch::{RELAY_BYTES, SLOT_BYTES, SLOTS},
};

/// Datagrams, each with where it came from or goes to (`A`), one right behind the other: a run of equal length to
/// one address lies in memory as segmentation offload wants it. No allocation after creation.
pub(crate) struct DatagramBatch<A> {
    bytes: Box<[u8]>,
    entries: Vec<Entry<A>>,
    end: usize,
    /// Entries from the first one on that were sent already.
    done: usize,
    /// How often something came.
    arrivals: usize,
}

struct Entry<A> {
    range: Range<usize>,
    address: A,
}

impl<A: Copy> DatagramBatch<A> {
    /// Makes room for [`SLOTS`] datagrams of any length.
    pub(crate) fn new() -> Self {
        Self::with_capacity(SLOTS, SLOTS)
    }

    /// Makes room for at most `datagrams`, in memory for `slots` of any length: small ones fill the one, large ones the other.
    pub(crate) fn with_capacity(slots: usize, datagrams: usize) -> Self {
        let bytes = vec![0; slots * SLOT_BYTES].into_boxed_slice();
        Self { bytes, entries: Vec::with_capacity(datagrams), end: 0, done: 0, arrivals: 0 }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Datagrams of any length that still fit.
    pub(crate) fn free(&self) -> usize {
        let by_bytes = (self.bytes.len() - self.end) / SLOT_BYTES;
        by_bytes.min(self.entries.capacity() - self.entries.len())
    }

    /// [`SLOT_BYTES`] of room for the next datagram.
    pub(crate) fn slot(&mut self) -> Option<&mut [u8]> {
        if self.free() == 0 { None } else { self.bytes.get_mut(self.end..self.end + SLOT_BYTES) }
    }

    /// Takes the first `len` bytes of the slot as a datagram. Without a slot, or with a length over its own,
    /// nothing happens.
    pub(crate) fn commit(&mut self, len: usize, address: A) {
        if self.free() > 0 && len <= SLOT_BYTES {
            let range = self.end..self.end + len;
            self.end = range.end;
            self.entries.push(Entry { range, address });
            self.arrivals += 1;
        }
    }

    /// Copies a datagram in. False, and nothing happens, if it does not fit.
    pub(crate) fn push(&mut self, datagram: &[u8], address: A) -> bool {
        match self.slot() {
            Some(slot) if datagram.len() <= SLOT_BYTES => {
                slot[..datagram.len()].copy_from_slice(datagram);
                self.commit(datagram.len(), address);
                true
            }
            _ => false,
        }
    }

    /// The datagrams, oldest first.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], A)> {
        self.entries.iter().map(|entry| (&self.bytes[entry.range.clone()], entry.address))
    }

    /// How often something came, one datagram or several at once.
    pub(crate) const fn arrivals(&self) -> usize {
        self.arrivals
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        (self.end, self.done, self.arrivals) = (0, 0, 0);
    }
}

/// Datagrams as the sockets give them.
pub(crate) type ReceiveBatch = DatagramBatch<SocketAddr>;

/// Most datagrams that a socket gives at once with receive offload (Linux: `UDP_GRO_CNT_MAX`).
const COALESCED: usize = 64;
/// Most bytes that a socket gives at once.
const COALESCED_BYTES: usize = u16::MAX as usize;

const _: () = assert!(COALESCED_BYTES <= SLOTS * SLOT_BYTES, "an empty batch has room");

impl ReceiveBatch {
    /// Empty, with room for what a socket gives at once, and then some.
    pub(crate) fn for_receiving() -> Self {
        Self::with_capacity(SLOTS, COALESCED + SLOTS)
    }

    /// Room for whatever a socket gives at once.
    pub(crate) fn room(&mut self) -> Option<&mut [u8]> {
        let fits = self.entries.capacity() - self.entries.len() >= COALESCED;
        self.bytes.get_mut(self.end..self.end + COALESCED_BYTES).filter(|_| fits)
    }

    /// Takes the first `len` bytes of the room as datagrams of `stride` bytes, the last one of what is left. False,
    /// and nothing happens, if they are longer than a slot.
    pub(crate) fn commit_coalesced(&mut self, len: usize, stride: usize, from: SocketAddr) -> bool {
        let end = (self.end + len).min(self.bytes.len());
        let fits = stride.min(len) <= SLOT_BYTES;
        self.arrivals += usize::from(fits);
        while fits && self.end < end && self.entries.len() < self.entries.capacity() {
            let range = self.end..end.min(self.end + stride.max(1));
            self.end = range.end;
            self.entries.push(Entry { range, address: from });
        }
        fits
    }
}

/// Consecutive datagrams that segmentation offload can send at once.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run<'a> {
    /// All of them, one behind the other.
    pub(crate) bytes: &'a [u8],
    /// The length of each but the last one, which may be shorter.
    pub(crate) datagram_bytes: usize,
    /// The next hop of the first one; all have its address.
    pub(crate) hop: Hop,
    /// How many they are.
    pub(crate) datagrams: usize,
}

/// Most bytes of a run: what a single datagram could have, over IPv6.
const RUN_BYTES: usize = u16::MAX as usize - 40 - 8;

/// Datagrams on their way out, framed for their next hop.
pub(crate) type SendBatch = DatagramBatch<Hop>;

impl SendBatch {
    /// Room for the next datagram behind the `headroom` bytes that its hop needs.
    pub(crate) fn slot_behind(&mut self, headroom: usize) -> Option<&mut [u8]> {
        self.slot()?.get_mut(headroom..)
    }

    /// Takes the `len` bytes written behind the hop's headroom as a datagram, and frames it in place.
    pub(crate) fn commit_framed(&mut self, len: usize, hop: Hop) {
        if let Some(slot) = self.slot()
            && hop.headroom() + len + RELAY_BYTES <= SLOT_BYTES
        {
            let len = hop.frame(slot, len);
            self.commit(len, hop);
        }
    }

    /// Adds the datagram that was added last once more, for another hop; it has `len` bytes without its own hop's framing.
    /// Nothing happens without a free slot.
    pub(crate) fn repeat_last(&mut self, len: usize, hop: Hop) {
        let Some(last) = self.entries.last().filter(|_| self.free() > 0) else { return };
        let from = last.range.start + last.address.headroom();
        let to = self.end + hop.headroom();
        if from + len <= last.range.end && hop.headroom() + len <= SLOT_BYTES {
            self.bytes.copy_within(from..from + len, to);
            self.commit_framed(len, hop);
        }
    }

    /// Leaves the first `datagrams` of those that are left out of the next [`runs`](Self::runs).
    pub(crate) fn skip(&mut self, datagrams: usize) {
        self.done = (self.done + datagrams).min(self.entries.len());
    }

    /// The datagrams that are left, in runs of at most `datagrams`: those to one address, of equal length but for a shorter last
    /// one. The channels of one relay are one address.
    pub(crate) fn runs(&self, datagrams: usize) -> impl Iterator<Item = Run<'_>> {
        let mut rest = &self.entries[self.done..];
        std::iter::from_fn(move || {
            let (run, after) = rest.split_at(run_length(&rest[..rest.len().min(datagrams.max(1))]));
            rest = after;
            let (first, last) = (run.first()?, run.last()?);
            Some(Run {
                bytes: &self.bytes[first.range.start..last.range.end],
                datagram_bytes: first.range.len(),
                hop: first.address,
                datagrams: run.len(),
            })
        })
    }
}

/// Entries that make up the first run.
fn run_length(entries: &[Entry<Hop>]) -> usize {
    let Some((first, more)) = entries.split_first() else { return 0 };
    let Some(address) = first.address.address() else { return 1 };
    let (mut bytes, mut ended, mut length) = (first.range.len(), false, 1);
    for entry in more {
        bytes += entry.range.len();
        let joins = entry.address.address() == Some(address)
            && (1..=first.range.len()).contains(&entry.range.len())
            && bytes <= RUN_BYTES;
        if ended || !joins {
            break;
        }
        ended = entry.range.len() < first.range.len();
        length += 1;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanrage_party::AllocationId;
    use proptest::prelude::*;

    #[test]
    fn datagrams_lie_one_behind_the_other_and_keep_their_addresses() {
        let mut batch = DatagramBatch::new();
        let [a, b] = [9, 10].map(|port| SocketAddr::from(([192, 0, 2, 1], port)));
        assert!(batch.push(b"abc", a) && batch.push(b"", b) && batch.push(b"de", b));
        assert_eq!(batch.iter().collect::<Vec<_>>(), [(&b"abc"[..], a), (b"", b), (b"de", b)]);
        assert_eq!(&batch.bytes[..5], b"abcde");
        assert!(!batch.push(&[0; SLOT_BYTES + 1], a));
        let pushed = (0..).take_while(|n| batch.push(&[0; SLOT_BYTES][..n % 7], a)).count();
        assert_eq!((pushed, batch.free()), (SLOTS - 3, 0));
        batch.commit(1, a);
        batch.clear();
        assert!(batch.is_empty() && batch.free() == SLOTS);
        assert_eq!((0..).take_while(|_| batch.push(&[0; SLOT_BYTES], a)).count(), SLOTS);
    }

    #[test]
    fn many_small_datagrams_fit_where_asked_and_large_ones_stop_at_the_memory() {
        let mut batch = DatagramBatch::with_capacity(SLOTS, 4 * SLOTS);
        assert_eq!((0..).take_while(|_| batch.push(b"small", ())).count(), 4 * SLOTS);
        batch.clear();
        assert_eq!((0..).take_while(|_| batch.push(&[0; SLOT_BYTES], ())).count(), SLOTS);
    }

    #[test]
    fn a_run_by_a_relay_lies_as_tight_as_a_straight_one() {
        let server = SocketAddr::from(([192, 0, 2, 1], 3478));
        let hop = Hop::Channel { server, number: 0x4001 };
        let mut batch = SendBatch::new();
        for n in 0..3 {
            batch.slot_behind(hop.headroom()).unwrap()[..2].copy_from_slice(&[n; 2]);
            batch.commit_framed(2, hop);
        }
        assert_eq!(&batch.bytes[..18], b"\x40\x01\0\x02\0\0\x40\x01\0\x02\x01\x01\x40\x01\0\x02\x02\x02");
    }

    #[test]
    fn what_a_socket_gives_at_once_is_taken_apart() {
        let from = SocketAddr::from(([192, 0, 2, 1], 9));
        let mut batch = ReceiveBatch::for_receiving();
        batch.room().unwrap()[..7].copy_from_slice(b"aabbccd");
        assert!(batch.commit_coalesced(7, 2, from));
        assert!(
            !batch.commit_coalesced(SLOT_BYTES + 1, SLOT_BYTES + 1, from),
            "too long for anything we know"
        );
        let all: Vec<_> = batch.iter().map(|(bytes, _)| bytes.to_vec()).collect();
        assert_eq!(all, [&b"aa"[..], b"bb", b"cc", b"d"]);
        batch.clear();
        let full = (0..).take_while(|_| batch.room().is_some() && batch.commit_coalesced(100, 100, from));
        assert_eq!(full.count(), SLOTS + 1);
        batch.clear();
        assert!(batch.room().is_some() && batch.commit_coalesced(COALESCED_BYTES, 1_452, from));
        assert_eq!(batch.iter().map(|(bytes, _)| bytes.len()).sum::<usize>(), COALESCED_BYTES);
    }

    fn hop(n: u8) -> Hop {
        let server = |n| SocketAddr::from(([192, 0, 2, n], 3478));
        match n {
            0 => Hop::Straight(server(1)),
            1 => Hop::Channel { server: server(1), number: 0x4000 },
            2 => Hop::Channel { server: server(1), number: 0x4001 },
            3 => Hop::Straight(server(2)),
            _ => Hop::Stream { allocation: AllocationId(1), number: 0x4000 },
        }
    }

    proptest! {
        #[test]
        fn runs_are_the_datagrams_in_order_and_each_is_one_that_offload_sends(
            datagrams in prop::collection::vec((0_u8..5, 0_usize..3), 0..SLOTS), most in 1_usize..70
        ) {
            let mut batch = SendBatch::new();
            for (n, length) in &datagrams {
                batch.slot_behind(hop(*n).headroom()).unwrap().fill(*n);
                batch.commit_framed([40, 100, 1_452][*length], hop(*n));
            }
            let mut runs = Vec::new();
            for run in batch.runs(most) {
                let pieces: Vec<_> = run.bytes.chunks(run.datagram_bytes).collect();
                prop_assert!(pieces.len() <= most && run.bytes.len() <= RUN_BYTES);
                prop_assert!(run.hop.address().is_some() || pieces.len() == 1);
                runs.extend(pieces.iter().map(|piece| (piece.to_vec(), run.hop.address())));
            }
            let expected = batch.iter().map(|(bytes, hop)| (bytes.to_vec(), hop.address()));
            prop_assert_eq!(runs, expected.collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_bulk_flow_by_a_relay_is_one_run_up_to_the_limit() {
        let mut batch = SendBatch::new();
        for n in 0..SLOTS {
            let hop = hop(1 + (n % 2) as u8);
            batch.slot_behind(hop.headroom()).unwrap();
            batch.commit_framed(1_452, hop);
        }
        let lengths: Vec<_> = batch.runs(64).map(|run| run.bytes.len() / run.datagram_bytes).collect();
        assert_eq!(lengths, [RUN_BYTES / 1_456, SLOTS - RUN_BYTES / 1_456]);
    }
}
