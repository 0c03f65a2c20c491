//! Two queues to the thread at the bulk lane's sockets, of what comes neither from a socket nor from the device: datagrams
//! out of a relay's stream, and packets with which we answer the OS. Both ways of a packet then end in one place.

use lanrage_party::{Remote, facts::DropReason};
use parking_lot::Mutex;

use crate::{
    datagram::batch::DatagramBatch,
    packet::batch::{SLOT_BYTES, SLOTS},
};

/// Most relayed datagrams that wait. A read of 64 KiB from a stream holds that many small ones, or 45 full ones.
const RELAYED: usize = 512;
/// Most answers to the OS that wait.
const ANSWERS: usize = 16;

/// A queue of copies. Full policy: the newest is dropped, as in a socket's buffer. Its memory is swapped when it is emptied,
/// not copied or allocated.
pub(crate) struct Inbox<A>(Mutex<DatagramBatch<A>>);

impl Inbox<Remote> {
    /// An empty batch to take the place of the waiting one.
    pub(crate) fn relayed() -> DatagramBatch<Remote> {
        DatagramBatch::with_capacity(SLOTS, RELAYED)
    }
}

impl Inbox<()> {
    /// An empty batch to take the place of the waiting one.
    pub(crate) fn answers() -> DatagramBatch<()> {
        DatagramBatch::with_capacity(ANSWERS, ANSWERS)
    }
}

impl<A: Copy> Inbox<A> {
    pub(crate) const fn new(empty: DatagramBatch<A>) -> Self {
        Self(Mutex::new(empty))
    }

    /// Queues a copy. True if it is the first one, and the thread is to be woken.
    pub(crate) fn push(&self, from: A, datagram: &[u8]) -> Result<bool, DropReason> {
        if datagram.len() > SLOT_BYTES {
            return Err(DropReason::OversizedDatagram);
        }
        let mut waiting = self.0.lock();
        let first = waiting.is_empty();
        if waiting.push(datagram, from) { Ok(first) } else { Err(DropReason::RelayQueueFull) }
    }

    /// Swaps what waits for an empty batch.
    pub(crate) fn take(&self, empty: &mut DatagramBatch<A>) {
        empty.clear();
        std::mem::swap(&mut *self.0.lock(), empty);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanrage_party::AllocationId;
    use std::net::SocketAddr;

    #[test]
    fn the_first_wakes_and_the_newest_over_the_limit_is_dropped() {
        let inbox = Inbox::new(Inbox::relayed());
        let from = Remote::relayed(AllocationId(1), SocketAddr::from(([192, 0, 2, 1], 9)));
        let mut taken = Inbox::relayed();
        for _ in 0..2 {
            assert_eq!(inbox.push(from, &[0; SLOT_BYTES + 1]), Err(DropReason::OversizedDatagram));
            assert_eq!(inbox.push(from, b"a"), Ok(true));
            let queued = (0..).take_while(|_| inbox.push(from, b"b") == Ok(false)).count();
            assert_eq!((queued, inbox.push(from, b"c")), (RELAYED - 1, Err(DropReason::RelayQueueFull)));
            inbox.take(&mut taken);
            assert_eq!(taken.iter().len(), RELAYED);
            assert_eq!(taken.iter().next(), Some((&b"a"[..], from)));
        }
        inbox.take(&mut taken);
        assert!(taken.is_empty());
    }
}
