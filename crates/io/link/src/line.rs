//! Frames on their way to a client that may be slow: an [`Outbox`] that one side fills and the other one empties.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lanrage_control::session::{Frame, Outbox, Queued};
use tokio::sync::Notify;

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    outbox: Outbox,
    /// Whether both ends are there.
    open: bool,
}

/// Puts frames in; never waits. Dropping it ends the line after the last frame.
#[derive(Debug)]
pub struct LineSender(Arc<Shared>);

/// Takes frames out, in their order.
#[derive(Debug)]
pub struct LineReceiver(Arc<Shared>);

/// An empty line.
pub fn line() -> (LineSender, LineReceiver) {
    let state = Mutex::new(State { outbox: Outbox::default(), open: true });
    let shared = Arc::new(Shared { state, changed: Notify::new() });
    (LineSender(shared.clone()), LineReceiver(shared))
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) {
        self.lock().open = false;
        self.changed.notify_one();
    }
}

impl LineSender {
    /// Queues a frame, as [`Outbox::push`] does. To a receiver that is gone it is [`Queued::TooSlow`].
    pub fn push(&self, frame: Frame) -> Queued {
        let mut state = self.0.lock();
        let queued = if state.open { state.outbox.push(frame) } else { Queued::TooSlow };
        drop(state);
        self.0.changed.notify_one();
        queued
    }
}

impl LineReceiver {
    /// The next frame; `None` after the last one. May be given up and called again.
    pub async fn recv(&mut self) -> Option<Arc<str>> {
        loop {
            {
                let mut state = self.0.lock();
                if let Some(text) = state.outbox.pop() {
                    return Some(text);
                }
                if !state.open {
                    return None;
                }
            }
            self.0.changed.notified().await;
        }
    }
}

impl Drop for LineSender {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Drop for LineReceiver {
    fn drop(&mut self) {
        self.0.end();
    }
}
