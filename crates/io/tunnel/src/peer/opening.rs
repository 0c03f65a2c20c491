//! Datagrams of a peer become packets.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Instant,
};

use lanrage_party::{Lane, Place, Remote, facts::DropReason};
use lanrage_shield::{Gate, Verdict as Judged};

use crate::{
    packet::{
        everyone::{flood::Verdict, redirect::redirect},
        routing::Incoming,
    },
    peer::{
        Peer,
        held::Released,
        lanes::Held,
        table::{Local, Searches},
    },
};

/// Opens data messages of a peer, one after the other, under one lock of the lane. It must not be kept while anything is
/// written.
pub(crate) struct Opening<'a> {
    peer: &'a Peer,
    session: Held<'a>,
    /// Whose thread opens them.
    by: Lane,
    gate: Arc<Gate>,
    /// Where the last authenticated one came from.
    noted: Option<Remote>,
}

/// An authenticated data message.
pub(crate) struct Arrival {
    /// Whether it is the first one of its session.
    pub(crate) established: bool,
    /// Whether it came from where the peer was not seen lately.
    pub(crate) new_remote: bool,
    /// The UDP port of the peer's program that floods the party, if it is known, when its flood just began.
    pub(crate) flood: Option<Option<u16>>,
    /// What the peer tried to begin, and whether at everybody's, if that is to be told: it is not open to it.
    pub(crate) refused: Option<(Place, bool)>,
    /// What a game of the peer's announces to everybody, and at which port, if anybody may know: it is told whatever of it passes.
    pub(crate) announced: Option<(u16, Vec<u8>)>,
    /// What was held back and passes now: it comes before the packet.
    pub(crate) released: Vec<Released>,
    /// The packet, and its length at the beginning of the output; or why it was not accepted. None for a keepalive.
    pub(crate) packet: Result<Option<(Incoming, usize)>, DropReason>,
}

impl Peer {
    /// Gets ready to open data messages of a lane, of which there may be many, in the thread of lane `by`.
    pub(crate) fn opening(&self, lane: Lane, by: Lane) -> Opening<'_> {
        self.note_busy();
        let session = match lane {
            Lane::Bulk => Held::Bulk(self.bulk.lock()),
            Lane::Express => Held::Express(self.express.lock()),
        };
        Opening { peer: self, session, by, gate: Arc::clone(&self.gate.read()), noted: None }
    }
}

impl<'a> Opening<'a> {
    pub(crate) const fn peer(&self) -> &'a Peer {
        self.peer
    }

    /// Opens a data message into `out` and judges what is inside.
    ///
    /// # Errors
    /// The reason, if the message is not authentic or was seen before: nothing is believed of it then.
    pub(crate) fn open(
        &mut self,
        receiver: u32,
        (datagram, from): (&[u8], Remote),
        (local, searches): (&Local, &Searches),
        now: Instant,
        out: &mut [u8],
    ) -> Result<Arrival, DropReason> {
        let session = match &mut self.session {
            Held::Bulk(bulk) | Held::NoSession(bulk) => &mut bulk.session,
            Held::Express(express) => &mut express.session,
        };
        let opened = session.open(receiver, datagram, out)?;
        let (mut flood, mut refused, mut announced) = (None, None, None);
        let packet = match opened.packet {
            None => Ok(None),
            Some(len) => {
                let search = searches
                    .by_mdns
                    .then(|| local.addresses.incoming_search(&out[..len], self.peer.ip()))
                    .flatten();
                let incoming =
                    search.map_or_else(|| local.addresses.incoming(&out[..len], self.peer.ip()), Ok);
                let is_muted = self.peer.is_muted.load(Relaxed);
                if matches!(incoming, Ok(Incoming::Everyone { .. })) && !is_muted {
                    announced = self.peer.announced(&out[..len], now);
                }
                let is_redirected = matches!(incoming, Ok(Incoming::Everyone { is_broadcast: true }))
                    && redirect(&mut out[..len], &searches.redirects, local.addresses.own);
                match incoming {
                    Ok(Incoming::Everyone { .. }) if is_muted => Err(DropReason::MutedBroadcast),
                    Ok(incoming @ Incoming::Probe { .. }) => Ok(Some((incoming, len))),
                    Ok(incoming)
                        if search.is_none()
                            && let Judged::Refused(place) =
                                self.peer.judge(&self.gate, &out[..len], &local.spoken, now) =>
                    {
                        let is_for_all = incoming != Incoming::Unicast;
                        let passes_as = if is_redirected { Incoming::Unicast } else { incoming };
                        let held =
                            place.filter(|_| self.peer.held_back.hold(self.by, passes_as, &out[..len], now));
                        refused = held.map(|place| (place, is_for_all));
                        Err(DropReason::Refused)
                    }
                    Ok(incoming @ Incoming::Everyone { .. }) => {
                        match self.peer.broadcast.lock().judge(&out[..len], now) {
                            Verdict::Passes if is_redirected => Ok(Some((Incoming::Unicast, len))),
                            Verdict::Passes => Ok(Some((incoming, len))),
                            Verdict::Refused { begins } => {
                                flood = begins;
                                Err(DropReason::BroadcastStorm)
                            }
                        }
                    }
                    Ok(incoming) => Ok(Some((incoming, len))),
                    Err(reason) => Err(reason),
                }
            }
        };
        let released = match packet {
            Ok(Some((Incoming::Unicast | Incoming::Everyone { .. }, _))) => {
                self.peer.release_by(&self.gate, self.by, &local.spoken, now)
            }
            Ok(_) | Err(_) => Vec::new(),
        };
        // The path's lock is taken only when the remote changes: most of a batch come from one.
        let is_elsewhere = self.noted.replace(from) != Some(from);
        let new_remote = is_elsewhere && self.peer.path.lock().seen.note(from) && !opened.established;
        Ok(Arrival {
            established: opened.established,
            new_remote,
            flood,
            refused,
            announced,
            released,
            packet,
        })
    }
}
