//! Bulk packets that wait for the socket: a queue for each peer, in turns (RFC 8290 §4), none of them long (RFC 8289).
//!
//! While the socket takes what it is given, nothing is ever in here.

use std::{collections::VecDeque, net::Ipv4Addr, time::Instant};

use lanrage_party::{facts::DropReason, limits::PACKET_BYTES};

use crate::lanes::codel::Codel;

/// Implementation: packets that wait. 25 ms at 200 Mbit/s: what waits longer is dropped by its age.
const PACKETS: usize = 512;
/// Bytes that a peer may send in its turn: one packet (RFC 8290 §4.1.1).
const QUANTUM: usize = PACKET_BYTES;

type Slot = [u8; PACKET_BYTES];

const _: () = assert!(PACKETS * size_of::<Slot>() <= 768 * 1024, "the queue is bounded memory");

/// Packets in their peers' queues. Memory is made with the first packet that waits, and then reused.
#[derive(Default)]
pub(crate) struct BulkQueue {
    slots: Box<[Slot]>,
    free: Vec<u16>,
    /// The first one has the turn. A flow without packets is kept for what its CoDel knows.
    flows: VecDeque<Flow>,
    waiting: usize,
    /// The slot that was given out last.
    in_hand: Option<u16>,
}

struct Flow {
    peer: Ipv4Addr,
    packets: VecDeque<Waiting>,
    bytes: usize,
    credit: usize,
    codel: Codel,
}

#[derive(Clone, Copy)]
struct Waiting {
    slot: u16,
    len: u16,
    since: Instant,
}

impl BulkQueue {
    /// Adds a copy of a packet for a peer. When the queue is full, the peer that has most of it loses its oldest.
    pub(crate) fn push(
        &mut self,
        peer: Ipv4Addr,
        packet: &[u8],
        now: Instant,
        dropped: &mut impl FnMut(DropReason),
    ) {
        if packet.len() > PACKET_BYTES {
            return dropped(DropReason::OversizedPacket);
        }
        if self.slots.is_empty() {
            self.slots = vec![[0; PACKET_BYTES]; PACKETS].into_boxed_slice();
            self.free = (0..PACKETS as u16).rev().collect();
        }
        self.release();
        let Some(slot) = self.free.pop().or_else(|| self.take_from_largest(dropped)) else { return };
        self.slots[usize::from(slot)][..packet.len()].copy_from_slice(packet);
        let waiting = Waiting { slot, len: packet.len() as u16, since: now };
        let flow = self.flow(peer);
        flow.packets.push_back(waiting);
        flow.bytes += packet.len();
        self.waiting += 1;
    }

    /// The next packet, whom it is for and when it came; it is the caller's until the next call.
    pub(crate) fn pop(
        &mut self,
        now: Instant,
        dropped: &mut impl FnMut(DropReason),
    ) -> Option<(Ipv4Addr, Instant, &[u8])> {
        self.release();
        while self.waiting > 0 {
            let flow = self.flows.front_mut()?;
            let Some(next) = flow.packets.front().copied() else {
                // Empty: the turn is the next one's.
                self.flows.rotate_left(1);
                continue;
            };
            if flow.credit < usize::from(next.len) {
                // It has had its turn, and gets credit for the next (RFC 8290 §4.2).
                flow.credit += QUANTUM;
                self.flows.rotate_left(1);
                continue;
            }
            flow.packets.pop_front();
            flow.bytes -= usize::from(next.len);
            self.waiting -= 1;
            if flow.codel.drops(next.since, flow.packets.is_empty(), now) {
                self.free.push(next.slot);
                dropped(DropReason::QueueDelay);
                continue;
            }
            flow.credit -= usize::from(next.len);
            if flow.packets.is_empty() {
                // What a turn leaves over is not saved up for a later burst.
                flow.credit = 0;
            }
            self.in_hand = Some(next.slot);
            return Some((
                flow.peer,
                next.since,
                &self.slots[usize::from(next.slot)][..usize::from(next.len)],
            ));
        }
        None
    }

    fn release(&mut self) {
        self.free.extend(self.in_hand.take());
    }

    fn flow(&mut self, peer: Ipv4Addr) -> &mut Flow {
        let at = self.flows.iter().position(|flow| flow.peer == peer).unwrap_or_else(|| {
            // No more flows than a party has peers: one without packets makes place.
            let vacant = self.flows.iter().position(|flow| flow.packets.is_empty());
            if let Some(vacant) =
                vacant.filter(|_| self.flows.len() >= lanrage_party::limits::PEERS_PER_PARTY)
            {
                self.flows.remove(vacant);
            }
            let (packets, codel) = (VecDeque::new(), Codel::default());
            self.flows.push_back(Flow { peer, packets, bytes: 0, credit: 0, codel });
            self.flows.len() - 1
        });
        &mut self.flows[at]
    }

    /// RFC 8290 §4.1.2: who fills the queue makes place in it.
    fn take_from_largest(&mut self, dropped: &mut impl FnMut(DropReason)) -> Option<u16> {
        let largest = self.flows.iter_mut().max_by_key(|flow| flow.bytes)?;
        let oldest = largest.packets.pop_front()?;
        largest.bytes -= usize::from(oldest.len);
        self.waiting -= 1;
        dropped(DropReason::QueueFull);
        Some(oldest.slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::codel::{INTERVAL, TARGET};
    use std::time::Duration;

    const A: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);
    const B: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 2);

    fn none(reason: DropReason) {
        panic!("{reason:?}")
    }

    fn pop(queue: &mut BulkQueue, now: Instant) -> Option<(Ipv4Addr, Vec<u8>)> {
        queue.pop(now, &mut none).map(|(peer, _, packet)| (peer, packet.to_vec()))
    }

    #[test]
    fn a_peers_packets_keep_their_order_and_bytes() {
        let (mut queue, now) = (BulkQueue::default(), Instant::now());
        for round in 0..3 {
            for n in 0..PACKETS {
                queue.push(A, &vec![n as u8; 1 + n * 2], now, &mut none);
            }
            for n in 0..PACKETS {
                assert_eq!(pop(&mut queue, now), Some((A, vec![n as u8; 1 + n * 2])), "{round}");
            }
            assert!(queue.waiting == 0 && pop(&mut queue, now).is_none());
        }
    }

    #[test]
    fn peers_take_turns_by_bytes_however_much_each_has() {
        let (mut queue, now) = (BulkQueue::default(), Instant::now());
        for _ in 0..300 {
            queue.push(A, &[1; PACKET_BYTES], now, &mut none);
        }
        for _ in 0..100 {
            queue.push(B, &[2; PACKET_BYTES / 2], now, &mut none);
        }
        let (mut a, mut b) = (0, 0);
        while b < 100 * (PACKET_BYTES / 2) {
            let (peer, packet) = pop(&mut queue, now).unwrap();
            *(if peer == A { &mut a } else { &mut b }) += packet.len();
            assert!(usize::abs_diff(a, b) <= 2 * PACKET_BYTES, "{a} {b}");
        }
    }

    #[test]
    fn who_fills_the_queue_makes_place_in_it() {
        let (mut queue, now) = (BulkQueue::default(), Instant::now());
        for n in 0..PACKETS {
            queue.push(A, &[n as u8; 1_000], now, &mut none);
        }
        let mut lost = 0;
        queue.push(B, &[9; 100], now, &mut |reason| {
            assert_eq!(reason, DropReason::QueueFull);
            lost += 1;
        });
        assert_eq!(lost, 1);
        let all: Vec<_> = std::iter::from_fn(|| pop(&mut queue, now)).collect();
        assert_eq!(all.len(), PACKETS);
        assert_eq!(all.iter().filter(|(peer, _)| *peer == B).count(), 1);
        assert_eq!(all.iter().find(|(peer, _)| *peer == A).unwrap().1[0], 1, "the oldest went");
    }

    #[test]
    fn only_the_peer_whose_queue_stands_loses_packets() {
        let (mut queue, mut now) = (BulkQueue::default(), Instant::now());
        let (mut lost, mut passed) = (0, [0, 0]);
        // A puts in twice what leaves, B little.
        for step in 0..4_000 {
            now += Duration::from_millis(1);
            let mut dropped = |reason| {
                assert!(matches!(reason, DropReason::QueueDelay | DropReason::QueueFull));
                lost += 1;
            };
            queue.push(A, &[1; 1_000], now, &mut dropped);
            queue.push(A, &[1; 1_000], now, &mut dropped);
            if step % 10 == 0 {
                queue.push(B, &[2; 1_000], now, &mut dropped);
            }
            if let Some((peer, ..)) = queue.pop(now, &mut dropped) {
                passed[usize::from(peer == B)] += 1;
            }
        }
        assert_eq!(passed[1], 400, "all of B's");
        assert!(lost > 1_000 && passed[0] > 3_000, "{lost} {passed:?}");
        assert!(now - Instant::now() > TARGET + INTERVAL);
    }
}
