//! Handshakes with a peer, and the clocks of its sessions.

use std::sync::atomic::Ordering::Relaxed;

use lanrage_party::{Lane, Remote, facts::DropReason};

use crate::{
    datagram::{batch::SendBatch, demux::Message, relays::Relays},
    packet::counters::Counters,
    peer::{Peer, wireguard::Handshake},
};

impl Peer {
    /// Writes a fresh initiation; None on the passive side.
    pub(crate) fn initiate(&self, out: &mut [u8]) -> Option<usize> {
        self.note_busy();
        if self.is_active { self.bulk.lock().session.initiate(true, out) } else { None }
    }

    /// Writes a fresh initiation of the express session into the batch, to the remote at which the bulk session was
    /// just established. Nothing on the passive side.
    pub(crate) fn initiate_express(&self, to: Remote, relays: &Relays, out: &mut SendBatch) {
        if let Ok(hop) = relays.hop(to)
            && self.is_active
            && let Some(slot) = out.slot_behind(hop.headroom())
        {
            let mut express = self.express.lock();
            express.tries = 1;
            if let Some(len) = express.session.initiate(true, slot) {
                out.commit_framed(len, hop);
            }
        }
    }

    /// Moves the sessions' clocks; what they want to say goes into the batch, which should have two free slots.
    pub(crate) fn tick(&self, relays: &Relays, out: &mut SendBatch) {
        let hop = self.path.lock().hop(relays).and_then(Result::ok);
        let headroom = hop.map_or(0, |hop| hop.headroom());
        // Clocks are moved even where nothing can be sent.
        if let Some(slot) = out.slot_behind(headroom)
            && let Some(len) = self.bulk.lock().session.tick(slot)
            && let Some(hop) = hop
        {
            out.commit_framed(len, hop);
        }
        if let Some(slot) = out.slot_behind(headroom)
            && let Some(len) = self.express.lock().tick(slot)
            && let Some(hop) = hop
        {
            out.commit_framed(len, hop);
        }
    }

    /// Takes a handshake message that the guard let through, into the batch's next slot. The answer goes back
    /// to where the message came from, whatever the path. True if a session of the lane is established by it.
    pub(crate) fn handshake(
        &self,
        lane: Lane,
        message: Message,
        (datagram, from): (&[u8], Remote),
        relays: &Relays,
        out: &mut SendBatch,
        counters: &Counters,
    ) -> Result<bool, DropReason> {
        self.note_busy();
        let hop = relays.hop(from);
        let headroom = hop.map_or(0, |hop| hop.headroom());
        let slot = out.slot_behind(headroom).ok_or(DropReason::SendBufferFull)?;
        let Handshake { reply, established } = match lane {
            Lane::Bulk => {
                let done = self.bulk.lock().session.handshake(message, datagram, slot)?;
                if !matches!(message, Message::CookieReply { .. }) {
                    self.bulk_handshakes.fetch_add(1, Relaxed);
                }
                done
            }
            Lane::Express => {
                let mut express = self.express.lock();
                if matches!(message, Message::Initiation { .. }) && !express.may_answer() {
                    return Err(DropReason::StaleHandshake);
                }
                express.session.handshake(message, datagram, slot)?
            }
        };
        match (reply, hop) {
            (Some(len), Ok(hop)) => out.commit_framed(len, hop),
            (Some(_), Err(reason)) => counters.dropped(reason),
            (None, _) => {}
        }
        if established {
            self.path.lock().seen.note(from);
        }
        Ok(established)
    }

    /// Notes that a session of the lane is established.
    pub(crate) fn note_established(&self, lane: Lane) {
        let handshakes = self.bulk_handshakes.load(Relaxed);
        let mut express = self.express.lock();
        express.answers = 0;
        match lane {
            Lane::Express => express.belongs_to = Some(handshakes),
            Lane::Bulk => self.bulk_session.store(handshakes, Relaxed),
        }
    }
}
