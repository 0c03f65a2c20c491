use std::time::Duration;

use tokio::sync::watch;

/// How far the end of a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Everybody is served.
    Serving,
    /// Nobody new is let in, and who was there is sent elsewhere; what is relayed goes on.
    Draining,
    /// Every task ends.
    Stopping,
}

/// Tells a task that the server stops.
#[derive(Debug, Clone)]
pub(crate) struct Shutdown(watch::Receiver<Phase>);

impl Shutdown {
    /// A sender, and what every task gets a clone of.
    pub(crate) fn channel() -> (watch::Sender<Phase>, Self) {
        let (sender, receiver) = watch::channel(Phase::Serving);
        (sender, Self(receiver))
    }

    /// Waits for the server to stop, or to be dropped.
    pub(crate) async fn requested(&mut self) {
        let _ = self.0.wait_for(|phase| *phase == Phase::Stopping).await;
    }

    /// Waits for the server to drain, to stop, or to be dropped.
    pub(crate) async fn draining(&mut self) {
        let _ = self.0.wait_for(|phase| *phase >= Phase::Draining).await;
    }

    /// Whether it does.
    pub(crate) fn is_draining(&self) -> bool {
        *self.0.borrow() >= Phase::Draining
    }
}

/// That the operator wants the server to end: within so long, or as it was set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DrainWish {
    pub(crate) within: Option<Duration>,
}
