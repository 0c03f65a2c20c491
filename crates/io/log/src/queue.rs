use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use tracing_subscriber::fmt::MakeWriter;

/// Most bytes that wait for the disk; a line that does not fit is dropped and counted. About 4,000 lines. The
/// writer holds as many again.
const QUEUE_BYTES: usize = 1024 * 1024;

/// Lines on their way to the writing thread: one buffer that fills while the other is being written. The lock
/// is held for a copy or a swap, never while a file is touched.
#[derive(Default)]
pub(super) struct LogQueue {
    state: Mutex<State>,
    filled: Condvar,
    drained: Condvar,
    dropped_lines: AtomicU64,
}

#[derive(Default)]
struct State {
    waiting: Vec<u8>,
    is_writing: bool,
    is_closed: bool,
}

impl LogQueue {
    /// Takes a whole line with its end.
    fn push(&self, line: &[u8]) {
        let mut state = self.state.lock();
        if state.is_closed || state.waiting.len() + line.len() > QUEUE_BYTES {
            drop(state);
            self.dropped_lines.fetch_add(1, Ordering::Relaxed);
            return;
        }
        state.waiting.extend_from_slice(line);
        drop(state);
        self.filled.notify_one();
    }

    /// Replaces `batch`, which has been dealt with, by what waits; sleeps till there is something. `false` once
    /// the queue is closed and empty.
    pub(super) fn take(&self, batch: &mut Vec<u8>) -> bool {
        batch.clear();
        let mut state = self.state.lock();
        state.is_writing = false;
        if state.waiting.is_empty() {
            self.drained.notify_all();
        }
        while state.waiting.is_empty() {
            if state.is_closed {
                return false;
            }
            self.filled.wait(&mut state);
        }
        std::mem::swap(&mut state.waiting, batch);
        state.is_writing = true;
        true
    }

    pub(super) fn close(&self) {
        self.state.lock().is_closed = true;
        self.filled.notify_one();
    }

    pub(super) fn wait_until_drained(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut state = self.state.lock();
        while state.is_writing || !state.waiting.is_empty() {
            if self.drained.wait_until(&mut state, deadline).timed_out() {
                return false;
            }
        }
        true
    }

    pub(super) fn dropped_lines(&self) -> u64 {
        self.dropped_lines.load(Ordering::Relaxed)
    }
}

/// Puts the lines of a subscriber into the queue.
pub(super) struct QueueWriter(Arc<LogQueue>);

impl QueueWriter {
    pub(super) const fn new(queue: Arc<LogQueue>) -> Self {
        Self(queue)
    }
}

impl<'a> MakeWriter<'a> for QueueWriter {
    type Writer = QueueLine<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        QueueLine(&self.0)
    }
}

/// Takes one line: a subscriber writes each in one piece.
pub(super) struct QueueLine<'a>(&'a LogQueue);

impl io::Write for QueueLine<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_drops_and_counts_and_takes_lines_again_once_it_is_emptied() {
        let queue = LogQueue::default();
        let line = vec![b'x'; QUEUE_BYTES / 4];
        for _ in 0..6 {
            queue.push(&line);
        }
        assert_eq!(queue.dropped_lines(), 2);
        let mut batch = Vec::new();
        assert!(queue.take(&mut batch));
        assert_eq!(batch.len(), QUEUE_BYTES);
        assert!(!queue.wait_until_drained(Duration::ZERO), "the batch is still being written");
        queue.push(&line);
        assert_eq!(queue.dropped_lines(), 2);
        queue.close();
        assert!(queue.take(&mut batch), "what waits at the end is still given out");
        assert!(!queue.take(&mut batch));
        assert!(queue.wait_until_drained(Duration::ZERO));
    }
}
