//! What one thread does for all lanes: that at the bulk lane's sockets, which is there whatever the system can tell apart.

use std::time::Instant;

use lanrage_party::Remote;

use crate::{
    datagram::batch::DatagramBatch,
    lanes::{
        inbox::Inbox,
        receiver::Receiver,
        shared::{Context, Shared},
    },
    threads::deadlines::Deadlines,
};

/// The sessions' clocks, and the queues of what does not come from a socket or the device.
pub(super) struct Housekeeping {
    deadlines: Deadlines,
    /// Datagrams that came by a relay's stream.
    pub(super) relayed: DatagramBatch<Remote>,
    /// Packets for the device that answer one of its own.
    pub(super) answers: DatagramBatch<()>,
}

impl Housekeeping {
    pub(super) fn new() -> Self {
        Self { deadlines: Deadlines::default(), relayed: Inbox::relayed(), answers: Inbox::answers() }
    }

    /// When the next clock is to be moved.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.next()
    }

    /// Moves the clocks of those whose time has come.
    pub(super) fn tick_those_due(&mut self, shared: &Shared, receiver: &mut Receiver) {
        let table = shared.table();
        let context = Context { shared, table: &table, now: Instant::now() };
        self.deadlines.see(&table, context.now);
        while let Some(peer) = self.deadlines.pop_due(&table, context.now) {
            receiver.tick(&context, peer);
        }
        receiver.send_replies(&context);
    }

    /// Takes what the queues hold.
    pub(super) fn empty_inboxes(&mut self, shared: &Shared) {
        shared.relayed.take(&mut self.relayed);
        shared.answers.take(&mut self.answers);
    }
}
