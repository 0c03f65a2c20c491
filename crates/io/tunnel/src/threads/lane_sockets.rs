//! What a thread keeps of its lane's sockets: which of them may have more, and the batch that was received.

use std::net::SocketAddr;

use lanrage_party::Lane;
use mio::event::Event;

use crate::{
    datagram::batch::ReceiveBatch,
    io::sockets::{Family, UdpSockets},
    lanes::shared::Shared,
};

/// The lane's sockets, one for each address family.
pub(super) struct LaneSockets {
    lane: Lane,
    /// Families whose socket may have more, since it last said that it is empty.
    readable: [bool; Family::BOTH.len()],
    /// Who is asked first.
    order: [Family; Family::BOTH.len()],
    arrived: ReceiveBatch,
}

impl LaneSockets {
    pub(super) fn new(lane: Lane) -> Self {
        Self {
            lane,
            readable: [false; Family::BOTH.len()],
            order: Family::BOTH,
            arrived: ReceiveBatch::for_receiving(),
        }
    }

    pub(super) fn handle_event(&mut self, event: &Event) {
        if let Some(family) = UdpSockets::family_of(event.token()) {
            self.readable[family as usize] = true;
        }
    }

    /// Whether there may be something to [`receive`](Self::receive).
    pub(super) fn is_readable(&self) -> bool {
        self.readable.contains(&true)
    }

    /// Receives the next batch.
    pub(super) fn receive(&mut self, shared: &Shared) {
        self.arrived.clear();
        // In turns, or a flood on one family would fill every batch before the other is asked.
        self.order.reverse();
        for family in self.order {
            let readable = &mut self.readable[family as usize];
            if *readable {
                let dropped = |reason| shared.dropped(reason);
                *readable = shared.sockets.receive(self.lane, family, &mut self.arrived, dropped);
            }
        }
        if let Some(mtu) = shared.sockets.take_named_mtu() {
            shared.note_packet_too_big(mtu);
        }
    }

    /// The batch: each datagram with where it came from.
    pub(super) fn arrived(&self) -> impl ExactSizeIterator<Item = (&[u8], SocketAddr)> {
        self.arrived.iter()
    }

    /// How often a socket gave something of the batch.
    pub(super) const fn arrivals(&self) -> usize {
        self.arrived.arrivals()
    }
}
