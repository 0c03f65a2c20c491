//! What the server's answers mean (RFC 8656).

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_base::backoff::doubled;

use super::{
    Allocation, Asked, FIRST_RETRY, LONGEST_RETRY, SHORTEST_LIFETIME, State, TurnClient, allocation_request,
    binding_method, binding_request, deletion,
    peer::{PeerState, REFUSED_RETRY, RENEWAL},
    transaction::Transaction,
    view::{Alternate, Received, TurnEvent, TurnFailure},
};
use crate::{
    address::canonical,
    turn::{
        IpFamily,
        message::{Class, Message, Method},
        reading::{Integrity, Parsed},
    },
};

/// Specification: the code of a server that names another one (RFC 8489 §10).
const TRY_ALTERNATE: u16 = 300;

impl TurnClient {
    fn asked(&self, reply: &Message) -> Option<Asked> {
        let main = match &self.state {
            State::Allocating { request, .. } => Some((request, Method::Allocate)),
            State::Freeing { request } | State::Closing { request } => Some((request, Method::Refresh)),
            State::Allocated(allocation) => {
                allocation.refresh.as_ref().map(|request| (request, Method::Refresh))
            }
            State::Waiting { .. } | State::Closed => None,
        };
        if main.is_some_and(|(request, method)| request.id == reply.id && method == reply.method) {
            return Some(Asked::Main);
        }
        let peer = self.peers.iter().find(|(_, peer)| match &peer.state {
            PeerState::Asking(request) => {
                let method = binding_method(peer.channel);
                request.id == reply.id && method == reply.method
            }
            _ => false,
        });
        peer.map(|(address, _)| Asked::Peer(*address))
    }

    pub(super) fn handle_reply(&mut self, now: Instant, reply: &Parsed<'_>) -> Received {
        if reply.message.class == Class::Request || !reply.message.unknown.is_empty() {
            return Received::Nothing;
        }
        match self.asked(&reply.message) {
            Some(Asked::Main) => self.handle_main_reply(now, reply),
            Some(Asked::Peer(address)) => self.handle_peer_reply(now, address, reply),
            None => return Received::NotOurs,
        }
        Received::Nothing
    }

    fn handle_main_reply(&mut self, now: Instant, reply: &Parsed<'_>) {
        let (State::Allocating { request, .. }
        | State::Freeing { request }
        | State::Closing { request }
        | State::Allocated(Allocation { refresh: Some(request), .. })) = &self.state
        else {
            return;
        };
        if !is_believable(request, reply) {
            return;
        }
        let again = match &self.state {
            State::Allocating { .. } => allocation_request(self.family),
            State::Allocated(_) => Message::request(Method::Refresh),
            _ => deletion(),
        };
        if let Some(code) = reply.message.error {
            match self.login.retry(now, request, reply, again) {
                Some(retry) => {
                    self.transmits.push((self.server, retry.bytes()));
                    match &mut self.state {
                        State::Allocating { request, .. }
                        | State::Freeing { request }
                        | State::Closing { request } => *request = retry,
                        State::Allocated(allocation) => allocation.refresh = Some(retry.persistent(now)),
                        State::Waiting { .. } | State::Closed => {}
                    }
                }
                None => {
                    let domain = reply.message.alternate_domain.clone();
                    let alternate = reply.message.alternate.filter(|_| code == TRY_ALTERNATE);
                    self.alternate = alternate.map(|server| Alternate { server, domain });
                    self.refused(now, code);
                }
            }
            return;
        }
        match &mut self.state {
            State::Allocating { .. } => self.allocated(now, &reply.message),
            State::Freeing { .. } => self.freed(now),
            State::Closing { .. } => self.closed(),
            State::Allocated(allocation) => match granted(&reply.message) {
                Some(lifetime) => {
                    // Not before: a server that allocates and forgets at once is not to be asked in a circle.
                    self.failures = 0;
                    allocation.refresh = None;
                    allocation.refreshed_at = now;
                    allocation.expires_at = now + lifetime;
                    if !std::mem::replace(&mut allocation.responsive, true) {
                        self.events.push(TurnEvent::Responsive);
                    }
                }
                None => self.fail(now, TurnFailure::BadReply),
            },
            State::Waiting { .. } | State::Closed => {}
        }
    }

    fn refused(&mut self, now: Instant, code: u16) {
        match &self.state {
            // Whatever it says, the allocation is not ours any more, or never was.
            State::Closing { .. } => self.closed(),
            State::Freeing { .. } => self.freed(now),
            // Our port had an allocation in a former life of ours (RFC 8656 §7.4).
            State::Allocating { freed: false, .. } if code == 437 => {
                let request = self.send(now, deletion());
                self.state = State::Freeing { request };
            }
            State::Allocated(_) if code == 437 => self.fail(now, TurnFailure::Lost),
            _ => self.fail(now, TurnFailure::of_code(code)),
        }
    }

    fn freed(&mut self, now: Instant) {
        let request = self.send(now, allocation_request(self.family));
        self.state = State::Allocating { request, freed: true };
    }

    fn allocated(&mut self, now: Instant, reply: &Message) {
        let relayed = reply.relayed.map(canonical).filter(|relayed| {
            relayed.port() != 0 && !relayed.ip().is_unspecified() && IpFamily::of(relayed.ip()) == self.family
        });
        let (Some(relayed), Some(lifetime)) = (relayed, granted(reply)) else {
            return self.fail(now, TurnFailure::BadReply);
        };
        self.state = State::Allocated(Allocation {
            relayed,
            expires_at: now + lifetime,
            refreshed_at: now,
            refresh: None,
            responsive: true,
        });
        self.events.push(TurnEvent::Allocated { relayed, mapped: reply.mapped.map(canonical) });
        self.keep_peers(now);
    }

    fn handle_peer_reply(&mut self, now: Instant, address: SocketAddr, reply: &Parsed<'_>) {
        let Some(peer) = self.peers.get_mut(&address) else {
            return;
        };
        let PeerState::Asking(request) = &peer.state else {
            return;
        };
        if !is_believable(request, reply) {
            return;
        }
        let Some(code) = reply.message.error else {
            peer.state = PeerState::Held { renew_at: now + RENEWAL };
            if !std::mem::replace(&mut peer.bound, true) {
                self.events.push(TurnEvent::PeerBound { peer: address });
            }
            return;
        };
        if let Some(retry) = self.login.retry(now, request, reply, binding_request(address, peer.channel)) {
            self.transmits.push((self.server, retry.bytes()));
            peer.state = PeerState::Asking(retry);
            return;
        }
        peer.bound = false;
        match code {
            437 => self.fail(now, TurnFailure::Lost),
            401 | 438 | 441 => self.fail(now, TurnFailure::of_code(code)),
            // Something late of an allocation before, made from the same port, may hold this number. Another is free.
            400 if peer.channel.is_some() && !peer.renumbered => {
                peer.renumbered = true;
                self.renumber(address);
                self.ask_for(now, address);
            }
            // It may have no channels to spare: a permission is enough.
            400 | 486 | 508 if peer.channel.is_some() => {
                peer.channel = None;
                self.ask_for(now, address);
            }
            _ => {
                let retry_at = now + REFUSED_RETRY;
                peer.state = PeerState::Refused { retry_at };
                self.events.push(TurnEvent::PeerRefused { peer: address, code, retry_at });
            }
        }
    }

    /// There is no allocation (any more).
    pub(super) fn fail(&mut self, now: Instant, failure: TurnFailure) {
        let pause = match failure {
            // The server is there and would have us: nothing to wait for.
            TurnFailure::Lost if self.failures == 0 => Duration::ZERO,
            _ => doubled(FIRST_RETRY, self.failures, LONGEST_RETRY),
        };
        self.failures = self.failures.saturating_add(1);
        if failure == TurnFailure::Unreachable {
            self.login.forget();
        }
        let retry_at = now + pause;
        self.state = State::Waiting { retry_at };
        self.channels.clear();
        let addresses: Vec<SocketAddr> = self.peers.keys().copied().collect();
        for address in addresses {
            let channel = self.channel_for(address);
            if let Some(peer) = self.peers.get_mut(&address) {
                peer.channel = channel;
                peer.state = PeerState::Wanted;
                (peer.bound, peer.renumbered) = (false, false);
            }
        }
        self.events.push(TurnEvent::Failed { failure, retry_at });
        if pause.is_zero() {
            self.allocate(now);
        }
    }

    pub(super) fn closed(&mut self) {
        self.state = State::Closed;
        self.peers.clear();
        self.events.push(TurnEvent::Closed);
    }
}

/// Success must be signed with what the request was signed with; an unsigned request can have none. A refusal
/// may be unsigned (401 and 438 always are), but not signed wrongly: who could send it could as well have
/// dropped our request.
fn is_believable(request: &Transaction, reply: &Parsed<'_>) -> bool {
    let integrity = match &request.key {
        Some(key) => reply.integrity(key),
        None if reply.has_integrity() => Integrity::Wrong,
        None => Integrity::Missing,
    };
    match (reply.message.class, integrity) {
        (Class::Success, Integrity::Valid) => true,
        (Class::Error, Integrity::Valid | Integrity::Missing) => reply.message.error.is_some(),
        _ => false,
    }
}

fn granted(reply: &Message) -> Option<Duration> {
    reply.lifetime.filter(|lifetime| *lifetime >= SHORTEST_LIFETIME)
}
