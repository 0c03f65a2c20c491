//! Packets for a peer become datagrams.

use std::{sync::atomic::Ordering::Relaxed, time::Instant};

use lanrage_party::{Lane, facts::DropReason};

use crate::{
    datagram::{
        batch::SendBatch,
        {hop::Hop, relays::Relays},
    },
    packet::counters::Counters,
    peer::{
        Peer,
        lanes::{BulkLane, Held},
    },
};

/// Seals packets for a peer, one after the other, under one lock of the lane. It must not be kept while anything is sent.
pub(crate) struct Sealing<'a> {
    peer: &'a Peer,
    hop: Option<Result<Hop, DropReason>>,
    /// Who gets a second copy of express packets.
    second: Option<Hop>,
    session: Held<'a>,
}

impl Peer {
    /// Gets ready to seal packets of a lane, of which there may be many.
    pub(crate) fn sealing(&self, lane: Lane, relays: &Relays) -> Sealing<'_> {
        self.note_busy();
        let (hop, second) = {
            let path = self.path.lock();
            (path.hop(relays), path.second_hop(relays).filter(|_| lane == Lane::Express))
        };
        if lane == Lane::Express && hop.is_some() {
            let express = self.express.lock();
            if express.is_usable(self.bulk_session.load(Relaxed)) {
                return Sealing { peer: self, hop, second, session: Held::Express(express) };
            }
        }
        // Without an express session its packets go in the bulk one.
        let bulk = self.bulk.lock();
        let session =
            if hop.is_some() && bulk.session.is_live() { Held::Bulk(bulk) } else { Held::NoSession(bulk) };
        Sealing { peer: self, hop, second, session }
    }

    /// Seals what waited for the session, as far as the batch has slots.
    pub(crate) fn flush(&self, relays: &Relays, out: &mut SendBatch, counters: &Counters) {
        while out.free() > 0 {
            // Packet by packet, for sealing takes the same lock.
            let Some(packet) = self.pop_pending() else { return };
            self.sealing(Lane::Bulk, relays).seal(&packet, out, counters);
        }
    }

    fn pop_pending(&self) -> Option<Vec<u8>> {
        let mut bulk = self.bulk.lock();
        if bulk.session.is_live() { bulk.pending.pop() } else { None }
    }

    /// Seals a packet that is never queued, for the express lane if there is one. None without a live session.
    pub(crate) fn seal(&self, packet: &[u8], out: &mut [u8]) -> Option<usize> {
        self.note_busy();
        let mut bulk = self.bulk.lock();
        if !bulk.session.is_live() {
            return None;
        }
        let mut express = self.express.lock();
        if express.is_usable(self.bulk_session.load(Relaxed)) {
            return express.session.seal(packet, out);
        }
        bulk.session.seal(packet, out)
    }
}

impl Sealing<'_> {
    /// Seals a packet into the batch, which must have a free slot. Without a session the packet waits, and the
    /// active side begins a handshake on its path.
    pub(crate) fn seal(&mut self, packet: &[u8], out: &mut SendBatch, counters: &Counters) {
        self.seal_once(packet, out, counters);
    }

    /// As [`Self::seal`], and for the peer's second path too, if it has one: the batch must have two free slots. The copy is the
    /// same datagram, so that the peer takes whichever comes first, and the other one for what it is.
    pub(crate) fn seal_twice(
        &mut self,
        packet: &[u8],
        now: Instant,
        out: &mut SendBatch,
        counters: &Counters,
    ) {
        let sealed = self.seal_once(packet, out, counters);
        if let (Some(len), Some(second)) = (sealed, self.second)
            && self.peer.path.lock().may_copy(now, packet.len())
        {
            out.repeat_last(len, second);
        }
    }

    /// Gives the datagram's length, if there is one.
    fn seal_once(&mut self, packet: &[u8], out: &mut SendBatch, counters: &Counters) -> Option<usize> {
        let (session, lane) = match &mut self.session {
            Held::Bulk(bulk) => (&mut bulk.session, Lane::Bulk),
            Held::Express(express) => (&mut express.session, Lane::Express),
            Held::NoSession(bulk) => {
                wait(self.peer, bulk, self.hop, packet, out, counters);
                return None;
            }
        };
        let hop = match self.hop.unwrap_or(Err(DropReason::NoChannel)) {
            Ok(hop) => hop,
            Err(reason) => {
                counters.dropped(reason);
                return None;
            }
        };
        let len = session.seal(packet, out.slot_behind(hop.headroom())?)?;
        out.commit_framed(len, hop);
        self.peer.sent[lane].add(packet.len(), hop.is_relayed());
        counters.sent.add(packet.len());
        Some(len)
    }
}

fn wait(
    peer: &Peer,
    bulk: &mut BulkLane,
    hop: Option<Result<Hop, DropReason>>,
    packet: &[u8],
    out: &mut SendBatch,
    counters: &Counters,
) {
    if bulk.pending.push(packet) {
        counters.dropped(DropReason::PendingOverflow);
    }
    if let Some(Ok(hop)) = hop.filter(|_| peer.is_active)
        && let Some(slot) = out.slot_behind(hop.headroom())
        && let Some(len) = bulk.session.initiate(false, slot)
    {
        out.commit_framed(len, hop);
    }
}
