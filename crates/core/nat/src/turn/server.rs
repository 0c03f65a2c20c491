//! The server's core.

mod allocation;
mod holders;
mod nonce;
mod peer_filter;
mod requests;
mod reservation;
mod shares;
mod view;

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    net::SocketAddr,
    ops::Range,
    time::{Duration, Instant},
};

use allocation::{Allocation, Extras, Relay};
use holders::Holders;
use lanrage_base::{
    bucket::Rate,
    sources::{Source, SourceBuckets},
};
use nonce::Nonces;
pub use peer_filter::PeerFilter;
use peer_filter::Verdict;
use reservation::Reservation;
use shares::{Total, Urgency};
pub use view::{
    AllocationId, DropReason, FiveTuple, PortWish, RelayFailed, RelayFamilies, ToClient, ToPeer, TurnLimits,
    TurnServerConfig, TurnServerOutput, TurnServerStats,
};

use super::{
    ChannelNumber, Framing, LongTermKey, RestSecret, channel_data,
    indication::{self, Kind},
    message::{Class, Message, Method},
};
use crate::{
    TransactionIds,
    address::canonical,
    outbox::Outbox,
    stun::{self, TransactionId},
};

/// Specification: lifetime of an allocation unless the client asks for more (RFC 8656 §3.2).
const LIFETIME: Duration = Duration::from_secs(600);
/// Answers to who has not proven to be there, per source: so many at once, so many per second. A refusal is up to
/// two and a half times as long as its request; this makes it worthless for whoever forges sources.
const ANSWERS: Rate = Rate { burst: 32, per_second: 8 };
/// Sources of such requests that are remembered. Forged ones take nobody else's answers.
const ANSWER_SOURCES: usize = 4_096;
/// Where clients may send to begins with this port, but in networks that the operator names.
const LOWEST_PEER_PORT: u16 = 1_024;
/// Answers that are not drained yet. Full policy: the oldest makes room, as if the network had lost it.
const TRANSMITS: usize = 256;

/// A TURN server (RFC 8656 §5 to §12) for clients over UDP and streams, without sockets. Pure: time comes in as `now`, randomness as a
/// seed.
///
/// The shell gives every datagram of a client to [`Self::handle_client_datagram`] and every datagram that arrives
/// at a relay socket to [`Self::handle_peer_datagram`], sends what they return, drains [`Self::poll_output`]
/// after every input, and calls [`Self::handle_timeout`] when [`Self::poll_timeout`] says so.
///
/// Nothing is relayed without a permission, and a permission needs an allocation, which needs credentials that
/// the [`RestSecret`] made for a user and that have not expired, and a nonce that was sent to the very address
/// that uses it. Who has not proven that much gets no more than a short refusal, and few of them. Nonces, and so
/// logins, take no memory; everything else is bounded by [`TurnLimits`].
///
/// A user is the id in the credentials: newer credentials of the same id may take over an allocation, where
/// RFC 8656 §5 would have the user name stay. Every allocation has one address: whoever wants one of each family gets
/// the first of them, and ADDRESS-ERROR-CODE for the other. DONT-FRAGMENT gets 420, TCP allocations 442. Binding requests
/// are answered.
#[derive(Debug)]
pub struct TurnServer {
    config: TurnServerConfig,
    secret: RestSecret,
    ids: TransactionIds,
    nonces: Nonces,
    answers: SourceBuckets,
    /// An instant and the unix time then, in seconds.
    clock: (Instant, u64),
    next_allocation: u64,
    allocations: HashMap<AllocationId, Allocation>,
    /// Ports that are kept, by the id of the allocation that each may become.
    reservations: HashMap<AllocationId, Reservation>,
    by_tuple: HashMap<FiveTuple, AllocationId>,
    by_relayed: HashMap<SocketAddr, AllocationId>,
    holders: Holders,
    total: Total,
    expiries: BTreeSet<(Instant, AllocationId)>,
    transmits: Outbox<(FiveTuple, Vec<u8>)>,
    /// Sockets to open and close; bounded because no allocation is made while there are too many.
    commands: VecDeque<TurnServerOutput>,
    stats: TurnServerStats,
}

/// Somebody who has proven who they are.
#[derive(Debug)]
struct User {
    id: String,
    /// The group that shares a quota, if the credentials name one.
    group: Option<String>,
    key: LongTermKey,
}

impl TurnServer {
    /// A server without allocations. `seed` makes its nonces: 32 random bytes, used for nothing else. `unix_now`
    /// is the time of day at `now`, in seconds, against which credentials expire.
    pub fn new(
        now: Instant,
        unix_now: u64,
        config: TurnServerConfig,
        secret: RestSecret,
        seed: [u8; 32],
    ) -> Self {
        Self {
            nonces: Nonces::new(&seed, now),
            answers: SourceBuckets::new(ANSWERS, ANSWER_SOURCES),
            ids: TransactionIds::from_seed(seed),
            total: Total::new(&config.limits),
            config,
            secret,
            clock: (now, unix_now),
            next_allocation: 0,
            allocations: HashMap::new(),
            reservations: HashMap::new(),
            by_tuple: HashMap::new(),
            by_relayed: HashMap::new(),
            holders: Holders::default(),
            expiries: BTreeSet::new(),
            transmits: Outbox::new(TRANSMITS),
            commands: VecDeque::new(),
            stats: TurnServerStats::default(),
        }
    }

    /// Sets the time of day, after the system's clock was corrected.
    pub fn set_unix_time(&mut self, now: Instant, unix_now: u64) {
        self.clock = (now, unix_now);
    }

    /// Takes a datagram that a client sent. If it holds a payload that may go out, says where to; the payload is
    /// not copied.
    pub fn handle_client_datagram(
        &mut self,
        now: Instant,
        tuple: FiveTuple,
        datagram: &[u8],
    ) -> Option<ToPeer> {
        self.expire(now);
        if channel_data::is_of_client(datagram) {
            let Some((channel, payload)) = channel_data::parse(datagram) else {
                return self.drop(DropReason::Malformed);
            };
            let urgency = Urgency::of(datagram.get(payload.clone()).unwrap_or_default());
            return self.relay_channel_data(now, tuple, channel, (payload, urgency));
        }
        if indication::is_indication(Kind::Send, datagram) {
            let Some((peer, payload)) = indication::parse(Kind::Send, datagram) else {
                return self.drop(DropReason::Malformed);
            };
            let urgency = Urgency::of(datagram.get(payload.clone()).unwrap_or_default());
            return self.relay_indication(now, tuple, peer, (payload, urgency));
        }
        match Message::parse(datagram) {
            Ok(request) if request.message.class == Class::Request => {
                self.handle_request(now, tuple, &request)
            }
            Err(stun::StunError::Method(_)) => self.answer_binding(now, tuple, datagram),
            _ => self.count(DropReason::Malformed),
        }
        None
    }

    /// Takes a payload that arrived at the relay socket of `allocation` from `from`: it stands in `buffer` at
    /// `payload`, with [`Framing::HEADROOM`] and [`Framing::TAILROOM`] free around it. If the client wants it, it
    /// is wrapped in place.
    pub fn handle_peer_datagram(
        &mut self,
        now: Instant,
        allocation: AllocationId,
        from: SocketAddr,
        buffer: &mut [u8],
        payload: Range<usize>,
    ) -> Option<ToClient> {
        self.expire(now);
        let from = canonical(from);
        let Some(client) = self.allocations.get_mut(&allocation) else {
            return self.drop(DropReason::NoAllocation);
        };
        if !client.is_permitted(now, from.ip()) {
            return self.drop(DropReason::NoPermission);
        }
        let (bytes, urgency) = (payload.len(), Urgency::of(buffer.get(payload.clone()).unwrap_or_default()));
        if let Err(reason) = self.total.admit(now, &mut client.share, bytes, urgency) {
            return self.drop(reason);
        }
        let tuple = client.tuple;
        let framing = match client.channel_of(now, from) {
            Some(channel) => Framing::channel(channel),
            None => Framing::indication(Kind::Data, from, self.ids.next_id()),
        };
        let Ok(datagram) = framing.write(buffer, payload) else {
            return self.drop(DropReason::Framing);
        };
        self.stats.to_client_packets += 1;
        self.stats.to_client_bytes += bytes as u64;
        Some(ToClient { tuple, datagram })
    }

    /// The shell opened the relay socket that [`TurnServerOutput::OpenRelay`] asked for, with the address under
    /// which peers can reach it; or could not.
    pub fn handle_relay(
        &mut self,
        now: Instant,
        allocation: AllocationId,
        opened: Result<SocketAddr, RelayFailed>,
    ) {
        self.expire(now);
        if let (Some(reservation), Ok(relayed)) = (self.reservations.get_mut(&allocation), opened) {
            reservation.relayed.get_or_insert(canonical(relayed));
            return;
        }
        let Some(client) = self.allocations.get_mut(&allocation) else {
            // Too late: nobody waits for it any more.
            if opened.is_ok() {
                self.commands.push_back(TurnServerOutput::CloseRelay { allocation });
            }
            return;
        };
        let Relay::Opening { key, lifetime } = client.relay else {
            return;
        };
        let (tuple, request, extras) = (client.tuple, client.request, client.extras);
        let pair_is_open = extras.reservation.is_none_or(|(id, _)| {
            self.reservations.get(&id).is_some_and(|reservation| reservation.relayed.is_some())
        });
        match opened {
            Ok(relayed) => {
                let relayed = canonical(relayed);
                client.relay = Relay::Open { relayed };
                let expires_at = std::mem::replace(&mut client.expires_at, now + lifetime);
                self.expiries.remove(&(expires_at, allocation));
                self.expiries.insert((now + lifetime, allocation));
                self.by_relayed.insert(relayed, allocation);
                if !pair_is_open {
                    self.release_with_pair(allocation);
                    return self.refuse(tuple, Method::Allocate, request, 508, &key);
                }
                self.stats.allocated += 1;
                let success = allocated(tuple, request, relayed, lifetime, extras);
                self.transmits.push((tuple, success.encode(Some(&key))));
            }
            Err(failed) => {
                let code = match failed {
                    RelayFailed::Family => 440,
                    RelayFailed::Capacity => 508,
                };
                self.release_with_pair(allocation);
                self.refuse(tuple, Method::Allocate, request, code, &key);
            }
        }
    }

    /// The stream of a client has ended, and with it its allocation. (Over UDP nobody knows, and it expires.)
    pub fn handle_client_gone(&mut self, tuple: FiveTuple) {
        if let Some(allocation) = self.by_tuple.get(&tuple).copied() {
            self.release(allocation);
        }
    }

    /// Does what is due at `now`. Calling it early does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.expire(now);
    }

    /// What to do next. Drain after every input.
    pub fn poll_output(&mut self) -> Option<TurnServerOutput> {
        self.commands.pop_front().or_else(|| {
            self.transmits.pop().map(|(tuple, datagram)| TurnServerOutput::Transmit { tuple, datagram })
        })
    }

    /// When to call [`Self::handle_timeout`]; `None` without allocations and ports that are kept.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.expiries.first().map(|(at, _)| *at)
    }

    /// Whether this client has an allocation, be it one whose socket is being opened.
    pub fn has_allocation(&self, tuple: &FiveTuple) -> bool {
        self.by_tuple.contains_key(tuple)
    }

    /// What was done so far.
    pub fn stats(&self) -> TurnServerStats {
        TurnServerStats { allocations: self.places(), ..self.stats }
    }

    fn count(&mut self, reason: DropReason) {
        self.stats.dropped[reason as usize] += 1;
    }

    fn drop<T>(&mut self, reason: DropReason) -> Option<T> {
        self.count(reason);
        None
    }

    fn relay_channel_data(
        &mut self,
        now: Instant,
        tuple: FiveTuple,
        channel: ChannelNumber,
        payload: (Range<usize>, Urgency),
    ) -> Option<ToPeer> {
        let Some((id, client)) = open_allocation(&self.by_tuple, &mut self.allocations, tuple) else {
            return self.drop(DropReason::NoAllocation);
        };
        let Some(peer) = client.peer_of(now, channel) else {
            return self.drop(DropReason::NoChannel);
        };
        self.relay(now, id, peer, payload)
    }

    fn relay_indication(
        &mut self,
        now: Instant,
        tuple: FiveTuple,
        peer: SocketAddr,
        payload: (Range<usize>, Urgency),
    ) -> Option<ToPeer> {
        match open_allocation(&self.by_tuple, &mut self.allocations, tuple) {
            Some((id, _)) => self.relay(now, id, peer, payload),
            None => self.drop(DropReason::NoAllocation),
        }
    }

    fn relay(
        &mut self,
        now: Instant,
        allocation: AllocationId,
        peer: SocketAddr,
        (payload, urgency): (Range<usize>, Urgency),
    ) -> Option<ToPeer> {
        let client = self.allocations.get_mut(&allocation)?;
        if !client.is_permitted(now, peer.ip()) {
            return self.drop(DropReason::NoPermission);
        }
        // A permission is for an address; which of its ports may be sent to shows only now.
        if !is_allowed(&self.config.peers, &self.by_relayed, peer) {
            return self.drop(DropReason::ForbiddenPeer);
        }
        if let Err(reason) = self.total.admit(now, &mut client.share, payload.len(), urgency) {
            return self.drop(reason);
        }
        self.stats.to_peer_packets += 1;
        self.stats.to_peer_bytes += payload.len() as u64;
        Some(ToPeer { allocation, peer, payload })
    }

    fn answer_binding(&mut self, now: Instant, tuple: FiveTuple, datagram: &[u8]) {
        match stun::answer(datagram, canonical(tuple.client)) {
            Some(answer) if self.answers.take(now, Source::of(tuple.client.ip()), 1) => {
                self.transmits.push((tuple, answer))
            }
            Some(_) => self.count(DropReason::AnswerLimit),
            None => self.count(DropReason::Malformed),
        }
    }

    fn expire(&mut self, now: Instant) {
        while let Some((at, id)) = self.expiries.first().copied()
            && at <= now
        {
            self.release(id);
        }
    }

    /// Allocations, and ports that are kept for one.
    fn places(&self) -> usize {
        self.allocations.len() + self.reservations.len()
    }

    /// Ends an allocation that was never answered, and gives up the port above, which nobody was told of.
    fn release_with_pair(&mut self, id: AllocationId) {
        let pair = self.allocations.get(&id).and_then(|allocation| allocation.extras.reservation);
        self.release(id);
        if let Some((pair, _)) = pair {
            self.release(pair);
        }
    }

    /// Ends an allocation and everything that belongs to it; or gives up a port that is kept for one.
    fn release(&mut self, id: AllocationId) {
        if let Some(reservation) = self.reservations.remove(&id) {
            self.expiries.remove(&(reservation.expires_at, id));
            self.holders.remove(&reservation.holder);
            if reservation.relayed.is_some() {
                self.commands.push_back(TurnServerOutput::CloseRelay { allocation: id });
            }
            return;
        }
        let Some(allocation) = self.allocations.remove(&id) else {
            return;
        };
        self.expiries.remove(&(allocation.expires_at, id));
        self.by_tuple.remove(&allocation.tuple);
        self.holders.remove(&allocation.holder);
        if let Some(relayed) = allocation.relayed() {
            self.by_relayed.remove(&relayed);
            self.commands.push_back(TurnServerOutput::CloseRelay { allocation: id });
        }
    }
}

/// The answer to an Allocate request.
fn allocated(
    tuple: FiveTuple,
    request: TransactionId,
    relayed: SocketAddr,
    lifetime: Duration,
    extras: Extras,
) -> Message {
    let mut success = Message::new(Method::Allocate, Class::Success, request);
    success.relayed = Some(relayed);
    success.mapped = Some(canonical(tuple.client));
    success.lifetime = Some(lifetime);
    success.reservation = extras.reservation.map(|(_, token)| token);
    success.family_error = extras.family_error;
    success
}

fn open_allocation<'a>(
    by_tuple: &HashMap<FiveTuple, AllocationId>,
    allocations: &'a mut HashMap<AllocationId, Allocation>,
    tuple: FiveTuple,
) -> Option<(AllocationId, &'a mut Allocation)> {
    let id = *by_tuple.get(&tuple)?;
    let allocation = allocations.get_mut(&id)?;
    allocation.relayed().is_some().then_some((id, allocation))
}

/// Whether the server itself lets anyone send to `peer`.
fn is_allowed(filter: &PeerFilter, by_relayed: &HashMap<SocketAddr, AllocationId>, peer: SocketAddr) -> bool {
    peer.port() != 0
        && match filter.judge(peer.ip()) {
            // Below are services of machines, such as DNS and NTP, and no games.
            Verdict::Allowed => peer.port() >= LOWEST_PEER_PORT,
            Verdict::Named => true,
            Verdict::OwnHost => by_relayed.contains_key(&peer),
            Verdict::Denied => false,
        }
}
