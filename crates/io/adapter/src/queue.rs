use std::{collections::VecDeque, io, time::Duration};

use parking_lot::{Condvar, Mutex};

use crate::Ready;

/// A bounded queue of packets with one reader that can be woken.
///
/// Buffers go round between the queue and a store of spare ones, so that a running queue allocates nothing.
#[derive(Debug)]
pub(crate) struct PacketQueue {
    state: Mutex<State>,
    changed: Condvar,
    capacity: usize,
}

#[derive(Debug, Default)]
struct State {
    packets: VecDeque<Vec<u8>>,
    spare: Vec<Vec<u8>>,
    woken: bool,
    closed: bool,
}

/// Why a packet was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The reader is behind; the packet is dropped.
    Full,
    /// There will be no reader any more.
    Closed,
}

impl PacketQueue {
    /// An empty queue that holds up to `capacity` packets.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), capacity }
    }

    /// Appends a packet. When the queue is full the new packet is dropped, as a network card's queue does.
    pub(crate) fn push(&self, packet: &[u8]) -> Result<(), Refused> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Refused::Closed);
        }
        if state.packets.len() >= self.capacity {
            return Err(Refused::Full);
        }
        let mut buffer = state.spare.pop().unwrap_or_default();
        buffer.clear();
        buffer.extend_from_slice(packet);
        state.packets.push_back(buffer);
        self.changed.notify_one();
        Ok(())
    }

    /// Takes the oldest packet; cut if `buf` is shorter. `BrokenPipe` once the queue is closed and empty.
    pub(crate) fn try_pop(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        let mut state = self.state.lock();
        let Some(packet) = state.packets.pop_front() else {
            return if state.closed { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(None) };
        };
        let length = packet.len().min(buf.len());
        buf[..length].copy_from_slice(&packet[..length]);
        state.spare.push(packet);
        Ok(Some(length))
    }

    /// Blocks until there is a packet, a wake, or the end.
    pub(crate) fn wait(&self) -> Ready {
        let mut state = self.state.lock();
        self.changed.wait_while(&mut state, |state| !state.has_news());
        state.ready()
    }

    /// As [`wait`](Self::wait), for a limited time; `None` if it passed.
    pub(crate) fn wait_for(&self, limit: Duration) -> Option<Ready> {
        let mut state = self.state.lock();
        self.changed.wait_while_for(&mut state, |state| !state.has_news(), limit);
        state.has_news().then(|| state.ready())
    }

    /// Makes the current wait and every later one return.
    pub(crate) fn wake(&self) {
        self.state.lock().woken = true;
        self.changed.notify_all();
    }

    /// Ends the queue: packets already in it can still be taken, no more come in.
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }
}

impl State {
    fn has_news(&self) -> bool {
        self.woken || self.closed || !self.packets.is_empty()
    }

    fn ready(&self) -> Ready {
        if self.woken { Ready::Woken } else { Ready::Packets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_drops_the_newest_packet_and_keeps_the_order() {
        let queue = PacketQueue::new(2);
        assert_eq!(
            [&b"a"[..], b"b", b"c"].map(|packet| queue.push(packet)),
            [Ok(()), Ok(()), Err(Refused::Full)]
        );
        let mut buf = [0; 8];
        assert_eq!(queue.try_pop(&mut buf).unwrap(), Some(1));
        assert_eq!(buf[0], b'a');
        queue.push(b"d").unwrap();
        queue.try_pop(&mut buf).unwrap();
        queue.try_pop(&mut buf).unwrap();
        assert_eq!(buf[0], b'd');
        assert_eq!(queue.try_pop(&mut buf).unwrap(), None);
    }

    #[test]
    fn buffers_are_used_again() {
        let queue = PacketQueue::new(4);
        let mut buf = [0; 64];
        for _ in 0..100 {
            queue.push(&[1; 64]).unwrap();
            queue.try_pop(&mut buf).unwrap();
        }
        assert_eq!(queue.state.lock().spare.len(), 1);
    }

    #[test]
    fn a_closed_queue_gives_its_last_packets_and_then_an_error() {
        let queue = PacketQueue::new(4);
        queue.push(b"last").unwrap();
        queue.close();
        assert_eq!(queue.push(b"late"), Err(Refused::Closed));
        assert_eq!(queue.wait(), Ready::Packets);
        assert_eq!(queue.try_pop(&mut [0; 8]).unwrap(), Some(4));
        assert_eq!(queue.wait(), Ready::Packets);
        assert_eq!(queue.try_pop(&mut [0; 8]).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn a_wake_holds_for_every_later_wait() {
        let queue = PacketQueue::new(4);
        assert_eq!(queue.wait_for(Duration::ZERO), None);
        queue.wake();
        queue.wake();
        assert_eq!(queue.wait(), Ready::Woken);
        assert_eq!(queue.wait(), Ready::Woken);
    }
}
