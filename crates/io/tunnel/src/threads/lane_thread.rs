//! The thread at a lane's sockets. It may have two jobs more:
//!
//! - the express lane's reads its lane's queue of the device too, where the system can wait for both (`express_queue`);
//! - the bulk lane's keeps the sessions' clocks and takes what comes by queues (`housekeeping`).
//!
//! Where the lanes share a socket, there is one such thread, the bulk lane's.

use std::{io, sync::Arc, thread, time::Instant};

use lanrage_party::{Lane, TunnelEvent, facts::DropReason};
use mio::{Events, Poll, Token};

use crate::{
    datagram::batch::DatagramBatch,
    io::{sockets::Family, urgency},
    lanes::{
        receiver::Receiver,
        shared::{Context, Shared},
    },
    threads::{
        express_queue::Lent, housekeeping::Housekeeping, lane_sockets::LaneSockets, moderation::Moderation,
    },
};

/// What waking the thread carries; after the tokens of the sockets.
pub(crate) const WAKE: Token = Token(Family::BOTH.len());

/// From a lane's sockets to the device, and what else the thread does.
pub(crate) struct LaneThread {
    shared: Arc<Shared>,
    /// The lane whose packets it must be quick for.
    served: Lane,
    /// Whose sockets it waits at.
    lane: Lane,
    poll: Poll,
    sockets: LaneSockets,
    queue: Option<Lent>,
    housekeeping: Option<Housekeeping>,
    moderation: Moderation,
    receiver: Receiver,
}

impl LaneThread {
    /// `poll` has the lane's sockets; `queue` is for the express lane.
    pub(crate) fn new(shared: Arc<Shared>, lane: Lane, poll: Poll, queue: Option<Lent>) -> Self {
        // One socket for all has the games' packets.
        let served = if shared.sockets.has(Lane::Express) { lane } else { Lane::Express };
        Self {
            shared,
            served,
            lane,
            poll,
            sockets: LaneSockets::new(lane),
            queue,
            housekeeping: (lane == Lane::Bulk).then(Housekeeping::new),
            moderation: Moderation::new(Instant::now()),
            receiver: Receiver::new(lane),
        }
    }

    /// Runs until [`Shared::stop`].
    pub(crate) fn run(mut self) {
        urgency::set(self.served);
        let mut events = Events::with_capacity(8);
        while !self.shared.is_stopping() {
            if let Err(error) = self.wait(&mut events) {
                tracing::error!(%error, "cannot wait for datagrams");
                self.shared.emit(TunnelEvent::SocketsFailed { error });
                return;
            }
            loop {
                // Between any two batches, or a flood would stop the clocks.
                if let Some(housekeeping) = &mut self.housekeeping {
                    housekeeping.tick_those_due(&self.shared, &mut self.receiver);
                }
                if self.shared.is_stopping() || !self.one_batch() {
                    break;
                }
            }
        }
    }

    fn wait(&mut self, events: &mut Events) -> io::Result<()> {
        let until = self.housekeeping.as_ref().and_then(Housekeeping::next_deadline);
        let timeout = until.map(|at| at.saturating_duration_since(Instant::now()));
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        for event in &*events {
            self.sockets.handle_event(event);
            if let Some(queue) = &mut self.queue {
                queue.handle_event(event);
            }
        }
        Ok(())
    }

    /// Does what is there, up to one batch of each kind. True if there may be more.
    fn one_batch(&mut self) -> bool {
        self.sockets.receive(&self.shared);
        if let Some(housekeeping) = &mut self.housekeeping {
            housekeeping.empty_inboxes(&self.shared);
        }
        let mut arrivals = self.handle_arrived();
        let mut is_all = !self.sockets.is_readable();
        if let Some(queue) = &mut self.queue {
            queue.handle_orders();
            arrivals += queue.drain(&self.shared);
            is_all &= !queue.is_readable();
        }
        if let Some(pause) = self.moderation.handle_batch(arrivals, is_all, Instant::now()) {
            thread::sleep(pause);
        }
        !is_all
    }

    /// Opens what has come, writes it and sends the answers; gives how often something came.
    fn handle_arrived(&mut self) -> usize {
        let Self { sockets, queue, housekeeping, receiver, lane, .. } = self;
        let (shared, housekeeping): (&Shared, _) = (&self.shared, housekeeping.as_ref());
        let relayed = housekeeping.map(|housekeeping| &housekeeping.relayed);
        let answers = housekeeping.map(|housekeeping| &housekeeping.answers);
        let arrivals = sockets.arrivals() + relayed.map_or(0, DatagramBatch::arrivals);
        let releases = shared.take_release(*lane);
        let has_come = releases
            || sockets.arrived().len() > 0
            || relayed.is_some_and(|relayed| !relayed.is_empty())
            || answers.is_some_and(|answers| !answers.is_empty());
        if !has_come {
            return arrivals;
        }
        let context = Context { shared, table: &shared.table(), now: Instant::now() };
        let count = |handled: Result<(), DropReason>| {
            if let Err(reason) = handled {
                shared.dropped(reason);
            }
        };
        if releases {
            // It came before what follows.
            context.table.peers().for_each(|peer| receiver.release(&context, peer));
        }
        let mut current = None;
        for (bytes, from) in sockets.arrived() {
            count(receiver.arrived(&context, &mut current, bytes, from));
        }
        for (bytes, from) in relayed.into_iter().flat_map(DatagramBatch::iter) {
            count(receiver.datagram(&context, &mut current, bytes, from));
        }
        // The last session's lock is let go before anything is written or sent.
        drop(current);
        for (packet, ()) in answers.into_iter().flat_map(DatagramBatch::iter) {
            receiver.packet(&context, packet);
        }
        receiver.flush(&context);
        if let Some(queue) = queue {
            queue.note_written();
        }
        arrivals
    }
}
