use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use super::RelayStreamDrops;

/// Most bytes that wait to be written. Small: what waits longer than a blink is of no use to a game.
pub const QUEUE_BYTES: usize = 64 * 1_024;

/// Messages on their way to a stream, one behind the other. Two buffers take turns, so that nothing is allocated
/// per message; the lock is held for a copy of one message.
///
/// Full policy: the newest message is dropped and counted.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Vec<u8>>,
    filled: Notify,
    closed: watch::Sender<bool>,
    outgoing: AtomicU64,
    incoming: AtomicU64,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            waiting: Mutex::new(Vec::with_capacity(QUEUE_BYTES)),
            filled: Notify::new(),
            closed: watch::Sender::new(false),
            outgoing: AtomicU64::new(0),
            incoming: AtomicU64::new(0),
        }
    }

    pub(super) fn push(&self, message: &[u8]) -> bool {
        if *self.closed.borrow() {
            return false;
        }
        let mut waiting = self.waiting.lock();
        if waiting.len() + message.len() > QUEUE_BYTES {
            drop(waiting);
            self.outgoing.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        waiting.extend_from_slice(message);
        drop(waiting);
        self.filled.notify_one();
        true
    }

    /// Waits for messages and puts all of them in the place of what `batch` held. False if there are none and the
    /// queue is closed.
    pub(super) async fn take(&self, batch: &mut Vec<u8>) -> bool {
        batch.clear();
        batch.reserve(QUEUE_BYTES);
        loop {
            let over = *self.closed.borrow();
            std::mem::swap(&mut *self.waiting.lock(), batch);
            if !batch.is_empty() {
                return true;
            }
            if over {
                return false;
            }
            tokio::select! {
                () = self.filled.notified() => {}
                () = self.closed() => {}
            }
        }
    }

    pub(super) fn close(&self) {
        self.closed.send_replace(true);
    }

    pub(super) async fn closed(&self) {
        // The sender is ours: it cannot be gone.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }

    pub(super) fn count_incoming(&self) {
        self.incoming.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn drops(&self) -> RelayStreamDrops {
        RelayStreamDrops {
            outgoing: self.outgoing.load(Ordering::Relaxed),
            incoming: self.incoming.load(Ordering::Relaxed),
        }
    }
}
