//! Framed datagrams leave: in batches by a lane's socket, or one by one.

use std::net::SocketAddr;

use lanrage_base::channel_data::HEADER_BYTES;
use lanrage_party::{Lane, Remote, facts::DropReason};

use crate::{
    datagram::{batch::SendBatch, hop::Hop, relays::Relays},
    lanes::shared::Shared,
    packet::batch::{RELAY_BYTES, SLOT_BYTES},
};

/// Room for one datagram behind the headroom of any hop.
pub(crate) struct Frame([u8; SLOT_BYTES]);

impl Frame {
    pub(crate) const fn new() -> Self {
        Self([0; SLOT_BYTES])
    }

    /// The room for the datagram.
    pub(crate) fn datagram(&mut self) -> &mut [u8] {
        &mut self.0[HEADER_BYTES..SLOT_BYTES - RELAY_BYTES]
    }
}

impl Shared {
    /// Sends a batch that may not wait, and empties it: what the sockets do not take is dropped.
    pub(crate) fn send(&self, lane: Lane, relays: &Relays, batch: &mut SendBatch) {
        while self.send_until_full(lane, relays, batch).is_some() {
            let Some(run) = batch.runs(self.sockets.run_limit()).next() else { break };
            (0..run.datagrams).for_each(|_| self.dropped(DropReason::SendBufferFull));
            let lost = run.datagrams;
            batch.skip(lost);
        }
    }

    /// Sends a batch and empties it, or stops at the address whose socket takes no more, with what is left.
    pub(crate) fn send_until_full(
        &self,
        lane: Lane,
        relays: &Relays,
        batch: &mut SendBatch,
    ) -> Option<SocketAddr> {
        let mut sent = 0;
        let mut full = None;
        for run in batch.runs(self.sockets.run_limit()) {
            match run.hop.address() {
                Some(to) => {
                    let dropped = |reason| {
                        self.dropped(reason);
                        if reason == DropReason::DatagramTooBig {
                            self.note_too_big(run.hop, run.datagram_bytes);
                        }
                    };
                    if !self.sockets.send_run(lane, run.bytes, run.datagram_bytes, to, dropped) {
                        full = Some(to);
                        break;
                    }
                }
                // A relay's stream has a queue of its own, and is never waited for.
                None => self.send_frame(relays, run.bytes, run.hop),
            }
            sent += run.datagrams;
        }
        match full {
            None => batch.clear(),
            Some(_) => batch.skip(sent),
        }
        full
    }

    /// Sends the first `len` bytes behind the frame's headroom to a remote, and leaves them there for another.
    pub(crate) fn send_framed(&self, relays: &Relays, frame: &mut Frame, len: usize, to: Remote) {
        match relays.hop(to) {
            Ok(hop) => {
                let frame = &mut frame.0[HEADER_BYTES - hop.headroom()..];
                let len = hop.frame(frame, len);
                self.send_frame(relays, &frame[..len], hop);
            }
            Err(reason) => self.dropped(reason),
        }
    }

    /// Sends a copy of a datagram.
    pub(crate) fn send_datagram(&self, relays: &Relays, to: Remote, datagram: &[u8]) {
        if to.via.is_none() {
            return self.send_frame(relays, datagram, Hop::Straight(to.address));
        }
        let mut frame = Frame::new();
        match frame.datagram().get_mut(..datagram.len()) {
            Some(room) => room.copy_from_slice(datagram),
            None => return self.dropped(DropReason::OversizedDatagram),
        }
        self.send_framed(relays, &mut frame, datagram.len(), to);
    }

    /// Single datagrams are handshakes, probes and the like: none of them waits behind a transfer.
    fn send_frame(&self, relays: &Relays, frame: &[u8], hop: Hop) {
        let sent = match hop {
            Hop::Straight(to) | Hop::Channel { server: to, .. } => {
                self.sockets.send_one(Lane::Express, frame, to)
            }
            Hop::Stream { allocation, .. } => match relays.stream(allocation) {
                None => Err(DropReason::NoChannel),
                Some(stream) if stream.send(frame) => Ok(()),
                Some(_) => Err(DropReason::RelayStreamFull),
            },
        };
        if let Err(reason) = sent {
            self.dropped(reason);
            if reason == DropReason::DatagramTooBig {
                self.note_too_big(hop, frame.len());
            }
        }
    }
}
