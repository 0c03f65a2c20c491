//! The relay's thread: moves what [`TurnServer`] decides between sockets.

use std::{
    collections::{HashMap, HashSet},
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::Receiver,
    },
    time::{Duration, Instant},
};

use lanrage_base::{
    bucket::Rate,
    clock,
    sources::{Arrival, Source, SourceBuckets, VisitorLimits, Visitors},
};
use lanrage_nat::turn::{
    FiveTuple, Framing, PortWish, StreamDecoder, ToClient, ToPeer, Transport, TurnServer, TurnServerOutput,
    pad_for_stream,
};
use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};
use rustls::{ServerConfig, ServerConnection};

use super::{
    batch::Batches,
    binding::Bindings,
    handshakes::{Begun, Ended, Handshakes},
    load::Load,
    sockets::{Place, Sockets},
    stats::RelayStats,
    stream::{READ_BYTES, Reading, Stream},
    udp::Received,
    way::Way,
};

pub(super) const WAKER: Token = Token(0);
/// Tokens of the shared UDP sockets, then those of listeners.
pub(super) const SHARED: usize = 1;
pub(super) const LISTENERS: usize = 3;
/// From here on allocations and streams, at even and odd tokens.
const DYNAMIC: usize = 8;

/// Receive calls on one socket in a row, before others have their turn: 1,024 messages.
const RECEIVES: usize = 32;
/// Between two looks at the clock for what is not urgent.
const TICK: Duration = Duration::from_secs(1);
/// A stream without allocation for so long is closed.
const IDLE_STREAM: Duration = Duration::from_secs(5);
/// TLS connections of one source: so many at once, so many per second; four times as many of one that is near.
const HANDSHAKES: Rate = Rate { burst: 64, per_second: 4 };
/// Sources of them that are remembered.
const HANDSHAKE_SOURCES: usize = 4_096;
/// Streams of one source, of one that is near, and of one source that have not logged in.
const SOURCE_STREAMS: usize = 128;
const NEAR_SOURCE_STREAMS: usize = 512;
const UNPROVEN_STREAMS: usize = 16;
/// A stream that takes nothing for so long is closed.
const STUCK_STREAM: Duration = Duration::from_secs(30);
/// Pause after a connection could not be accepted, because descriptors ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A TCP listener; with TLS where it has a configuration.
#[derive(Debug)]
pub(super) struct Listener {
    socket: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    /// While it is not watched, because a connection could not be accepted.
    paused_until: Option<Instant>,
}

impl Listener {
    pub(super) const fn new(socket: TcpListener, tls: Option<Arc<ServerConfig>>) -> Self {
        Self { socket, tls, paused_until: None }
    }

    /// Has `registry` report connections as `token`.
    pub(super) fn watch(&mut self, registry: &mio::Registry, token: Token) -> io::Result<()> {
        registry.register(&mut self.socket, token, Interest::READABLE)
    }

    /// Leaves connections waiting until then. Nothing else waits meanwhile.
    fn pause(&mut self, registry: &mio::Registry, until: Instant) {
        let _ = registry.deregister(&mut self.socket);
        self.paused_until = Some(until);
    }

    fn resume(&mut self, registry: &mio::Registry, token: Token, now: Instant) {
        if self.paused_until.is_some_and(|until| now >= until) {
            self.paused_until = self.watch(registry, token).is_err().then(|| now + ACCEPT_PAUSE);
        }
    }
}

/// A connection that somebody else has accepted, for a client that speaks TURN.
#[derive(Debug)]
pub(crate) struct Adopted {
    pub(crate) socket: TcpStream,
    pub(crate) client: SocketAddr,
    /// What is decrypted already is still in it.
    pub(crate) tls: Option<Box<ServerConnection>>,
}

/// Everything that the thread owns.
pub(super) struct Worker {
    pub(super) poll: Poll,
    pub(super) stop: Arc<AtomicBool>,
    /// `None`: STUN alone.
    pub(super) turn: Option<TurnServer>,
    pub(super) bindings: Bindings,
    pub(super) sockets: Sockets,
    pub(super) listeners: Vec<Listener>,
    pub(super) adopted: Receiver<Adopted>,
    pub(super) streams: Streams,
    /// None where no listener speaks TLS.
    pub(super) tls: Option<Handshakes>,
    pub(super) load: Load,
    pub(super) stats: Arc<RelayStats>,
    pub(super) out: Out,
    pub(super) received: Received,
    pub(super) scratch: Vec<u8>,
}

/// The streams, numbered.
#[derive(Debug)]
pub(super) struct Streams {
    /// Who is there, by number; those with an allocation have proven who they are.
    visitors: Visitors,
    last: u64,
    /// TLS connections that each source may make.
    handshakes: SourceBuckets,
    /// Visitors whose handshake is not done.
    handshaking: HashSet<u64>,
    /// Where the stream of each number is.
    numbers: HashMap<u64, usize>,
    list: Vec<Option<Stream>>,
    free: Vec<usize>,
    of: HashMap<FiveTuple, usize>,
    /// Those with something new to write, or that are to be closed.
    dirty: Vec<usize>,
}

/// What waits for the end of a wake-up.
#[derive(Debug)]
pub(super) struct Out {
    pub(super) batches: Batches,
    /// Datagrams that found no room in a stream's queue.
    pub(super) lost: u64,
}

const fn relay_token(slot: usize) -> Token {
    Token(DYNAMIC + 2 * slot)
}

const fn stream_token(index: usize) -> Token {
    Token(DYNAMIC + 2 * index + 1)
}

impl Worker {
    /// Runs until it is told to stop.
    pub(super) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1_024);
        let mut pending: Vec<Token> = Vec::new();
        let mut next_tick = Instant::now() + TICK;
        loop {
            let turn_due = self.turn.as_ref().and_then(TurnServer::poll_timeout);
            let resume = self.listeners.iter().filter_map(|listener| listener.paused_until).min();
            let due = turn_due.into_iter().chain(resume).fold(next_tick, Instant::min);
            let wait = if pending.is_empty() {
                due.saturating_duration_since(Instant::now())
            } else {
                Duration::ZERO
            };
            match self.poll.poll(&mut events, Some(wait)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            }
            if self.stop.load(Ordering::Relaxed) {
                self.publish(Instant::now());
                return Ok(());
            }
            let now = Instant::now();
            for (index, listener) in self.listeners.iter_mut().enumerate() {
                listener.resume(self.poll.registry(), Token(LISTENERS + index), now);
            }
            self.take_secured(now, &mut pending);
            self.take_adopted(now, &mut pending);
            for token in std::mem::take(&mut pending) {
                self.serve(now, token, true, false, &mut pending);
            }
            for event in &events {
                self.serve(now, event.token(), event.is_readable(), event.is_writable(), &mut pending);
            }
            if let Some(turn) = &mut self.turn {
                turn.handle_timeout(now);
            }
            self.settle(now);
            if now >= next_tick {
                next_tick = now + TICK;
                self.tick(now);
            }
        }
    }

    fn serve(
        &mut self,
        now: Instant,
        token: Token,
        readable: bool,
        writable: bool,
        pending: &mut Vec<Token>,
    ) {
        let again = match token.0 {
            0 => false,
            token @ SHARED..LISTENERS => self.serve_clients(now, token - SHARED),
            token @ LISTENERS..DYNAMIC => self.accept(now, token - LISTENERS),
            token if (token - DYNAMIC).is_multiple_of(2) => self.serve_peers(now, (token - DYNAMIC) / 2),
            token => self.serve_stream(now, (token - DYNAMIC) / 2, readable, writable),
        };
        if again && !pending.contains(&token) {
            pending.push(token);
        }
    }

    /// Datagrams of clients. Says whether there may be more.
    fn serve_clients(&mut self, now: Instant, index: usize) -> bool {
        for _ in 0..RECEIVES {
            let Some(port) = self.sockets.shared.get(index) else { return false };
            let number = port.port;
            let more = match port.receive(&mut self.received) {
                Ok(more) => more,
                Err(error) => return is_passing(&error),
            };
            for message in 0..self.received.count {
                let (from, to, stride, length, buffer) = self.received.message(message);
                let datagrams = buffer[Framing::HEADROOM..Framing::HEADROOM + length].chunks(stride);
                for datagram in datagrams {
                    if Bindings::is_request(datagram) {
                        if let Some(answer) = self.bindings.answer(now, from, to, number, datagram) {
                            let from_port = self.sockets.shared_on(answer.port);
                            let way = Way { from: from_port, to: from, source: answer.source };
                            self.out.batches.push(way, &answer.datagram, |number| self.sockets.port(number));
                        }
                        continue;
                    }
                    let Some(turn) = &mut self.turn else { continue };
                    let server = SocketAddr::new(to.unwrap_or([0, 0, 0, 0].into()), number);
                    let tuple = FiveTuple { transport: Transport::Udp, client: from, server };
                    if let Some(relayed) = turn.handle_client_datagram(now, tuple, datagram) {
                        self.out.send_to_peer(&self.sockets, &relayed, datagram);
                    }
                }
            }
            // Sockets of new allocations are needed for what comes right behind.
            self.drain(now);
            if !more {
                return false;
            }
        }
        true
    }

    /// Datagrams of peers. Says whether there may be more.
    fn serve_peers(&mut self, now: Instant, slot: usize) -> bool {
        for _ in 0..RECEIVES {
            let (Some(relay), Some(turn)) = (self.sockets.relay(slot), &mut self.turn) else { return false };
            let more = match relay.port.receive(&mut self.received) {
                Ok(more) => more,
                Err(error) => return is_passing(&error),
            };
            for message in 0..self.received.count {
                let (from, _, stride, length, buffer) = self.received.message(message);
                let from = self.sockets.peer_of(relay.relayed, from);
                let mut start = Framing::HEADROOM;
                let end = start + length;
                // Once even if it is empty, which a payload may be.
                loop {
                    let payload = start..end.min(start + stride);
                    start = payload.end;
                    // What is written behind a payload is the beginning of the next one; in front of it is one that
                    // has been sent on already.
                    let mut behind = [0; Framing::TAILROOM];
                    behind.copy_from_slice(&buffer[start..start + Framing::TAILROOM]);
                    let wrapped = turn.handle_peer_datagram(now, relay.allocation, from, buffer, payload);
                    if let Some(wrapped) = wrapped {
                        self.out.send_to_client(&self.sockets, &mut self.streams, wrapped, buffer);
                    }
                    buffer[start..start + Framing::TAILROOM].copy_from_slice(&behind);
                    if start >= end {
                        break;
                    }
                }
            }
            if !more {
                return false;
            }
        }
        true
    }

    fn accept(&mut self, now: Instant, index: usize) -> bool {
        loop {
            let Some(listener) = self.listeners.get_mut(index) else { return false };
            match listener.socket.accept() {
                Ok(_) if self.turn.is_none() => {}
                Ok((socket, client)) => {
                    // A handshake is the dearest that a stranger can ask for.
                    if listener.tls.is_some()
                        && !self.streams.handshakes.take(now, Source::of(client.ip()), 1)
                    {
                        self.stats.turned_away();
                        continue;
                    }
                    let Some(number) = self.admit(client) else { continue };
                    let Some(listener) = self.listeners.get(index) else { return false };
                    match listener.tls.clone() {
                        Some(config) => self.shake_hands(Begun { socket, client, number, config }),
                        None => drop(self.add(now, number, (socket, client, None))),
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(error) if is_passing(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "relay connections cannot be accepted");
                    listener.pause(self.poll.registry(), now + ACCEPT_PAUSE);
                    return false;
                }
            }
        }
    }

    fn shake_hands(&mut self, begun: Begun) {
        let number = begun.number;
        if self.tls.as_ref().is_some_and(|tls| tls.begin(begun)) {
            self.streams.handshaking.insert(number);
        } else {
            self.stats.turned_away();
            self.streams.visitors.leave(number);
        }
    }

    /// Takes the connections whose handshake is done.
    fn take_secured(&mut self, now: Instant, pending: &mut Vec<Token>) {
        while let Some(Ended { number, connection }) =
            self.tls.as_ref().and_then(|tls| tls.ended.try_recv().ok())
        {
            if !self.streams.handshaking.remove(&number) {
                // Another visitor has its place.
                continue;
            }
            let Some((socket, client, tls)) = connection else {
                self.streams.visitors.leave(number);
                continue;
            };
            // What it said right behind the handshake is there already, and announced by no event.
            pending.extend(self.add(now, number, (socket, client, Some(tls))).map(stream_token));
        }
    }

    /// Takes the connections that others have accepted.
    fn take_adopted(&mut self, now: Instant, pending: &mut Vec<Token>) {
        while let Ok(Adopted { socket, client, tls }) = self.adopted.try_recv() {
            let Some(number) = self.admit(client) else { continue };
            pending.extend(self.add(now, number, (socket, client, tls)).map(stream_token));
        }
    }

    /// Makes a connection one of the streams; where.
    fn add(
        &mut self,
        now: Instant,
        number: u64,
        (socket, client, tls): (TcpStream, SocketAddr, Option<Box<ServerConnection>>),
    ) -> Option<usize> {
        let added = Stream::new(socket, client, tls, now)
            .and_then(|stream| self.streams.add(stream, number, self.poll.registry()));
        match added {
            Ok(index) => Some(index),
            Err(error) => {
                self.streams.visitors.leave(number);
                tracing::debug!(%error, "a relay connection could not be taken");
                None
            }
        }
    }

    /// Finds a place for a connection, if need be that of one that has not logged in. Without one it is closed at once, so
    /// that the client tries another relay instead of waiting.
    fn admit(&mut self, client: SocketAddr) -> Option<u64> {
        self.streams.last += 1;
        let number = self.streams.last;
        match self.streams.visitors.arrive(number, Source::of(client.ip())) {
            Arrival::Admitted => {}
            Arrival::Instead(oldest) => {
                self.stats.turned_away();
                self.streams.handshaking.remove(&oldest);
                if let Some(index) = self.streams.numbers.get(&oldest).copied() {
                    self.close_stream(index);
                }
            }
            Arrival::SourceFull | Arrival::Full => {
                self.stats.turned_away();
                return None;
            }
        }
        Some(number)
    }

    fn serve_stream(&mut self, now: Instant, index: usize, readable: bool, writable: bool) -> bool {
        let Some(stream) = self.streams.list.get_mut(index).and_then(Option::as_mut) else { return false };
        let Some(turn) = &mut self.turn else { return false };
        let mut result = Ok(Reading::Empty);
        if readable {
            let (out, sockets) = (&mut self.out, &self.sockets);
            result = stream.read(&mut self.scratch, |decoder, tuple, bytes| {
                take_messages(decoder, bytes, |message| {
                    if let Some(relayed) = turn.handle_client_datagram(now, tuple, message) {
                        out.send_to_peer(sockets, &relayed, message);
                    }
                })
            });
        }
        if writable || stream.wants_write() {
            self.streams.dirty.push(index);
        }
        self.drain(now);
        match result {
            Ok(reading) => reading == Reading::More,
            Err(error) => {
                tracing::debug!(%error, "a relay connection ended");
                self.close_stream(index);
                false
            }
        }
    }

    fn close_stream(&mut self, index: usize) {
        if let Some(tuple) = self.streams.remove(index, self.poll.registry())
            && let Some(turn) = &mut self.turn
        {
            turn.handle_client_gone(tuple);
        }
    }

    /// Carries out what the server wants, but for sending what is batched.
    fn drain(&mut self, now: Instant) {
        let Some(turn) = &mut self.turn else { return };
        while let Some(output) = turn.poll_output() {
            match output {
                TurnServerOutput::Transmit { tuple, datagram } => match tuple.transport {
                    Transport::Udp => self.out.send_by_udp(&self.sockets, tuple, &datagram),
                    Transport::Stream => {
                        if turn.has_allocation(&tuple) {
                            self.streams.logged_in(&tuple);
                        }
                        self.streams.answer(&tuple, &datagram);
                    }
                },
                TurnServerOutput::OpenRelay { allocation, family, port, client } => {
                    let reached = client.server.ip();
                    let registry = self.poll.registry();
                    let place = self.sockets.place(family, port, reached);
                    let opened = place.and_then(|Place { first, above }| {
                        if let (PortWish::Pair(pair), Some(above)) = (port, above) {
                            let opened = self.sockets.open(registry, relay_token, pair, above)?;
                            turn.handle_relay(now, pair, Ok(opened));
                        }
                        self.sockets.open(registry, relay_token, allocation, first)
                    });
                    turn.handle_relay(now, allocation, opened);
                }
                TurnServerOutput::CloseRelay { allocation } => {
                    // What waits for this socket, and could else leave by the next one of its number.
                    self.out.batches.flush(|number| self.sockets.port(number));
                    self.sockets.close(self.poll.registry(), allocation);
                }
            }
        }
    }

    fn settle(&mut self, now: Instant) {
        self.drain(now);
        self.out.batches.flush(|number| self.sockets.port(number));
        for index in std::mem::take(&mut self.streams.dirty) {
            let Some(stream) = self.streams.list.get_mut(index).and_then(Option::as_mut) else { continue };
            if let Err(error) = stream.write(now) {
                tracing::debug!(%error, "a relay connection ended");
                self.close_stream(index);
            }
        }
        self.drain(now);
    }

    fn tick(&mut self, now: Instant) {
        let Some(turn) = &mut self.turn else { return };
        turn.set_unix_time(now, unix_time());
        let gone = |stream: &Stream| {
            let idle = now - stream.since > IDLE_STREAM && !turn.has_allocation(&stream.tuple);
            idle || stream.stuck_since().is_some_and(|since| now - since > STUCK_STREAM)
        };
        let streams = self.streams.list.iter().enumerate();
        let gone: Vec<usize> =
            streams.filter(|(_, stream)| stream.as_ref().is_some_and(gone)).map(|(index, _)| index).collect();
        gone.into_iter().for_each(|index| self.close_stream(index));
        self.drain(now);
        self.publish(now);
    }

    fn publish(&mut self, now: Instant) {
        if let Some(turn) = &self.turn {
            let lost = self.out.lost + self.out.batches.unsent;
            let stats = turn.stats();
            let relayed = stats.to_peer_bytes + stats.to_client_bytes;
            let load = self.load.percent(now, stats.allocations, relayed);
            self.stats.publish(&stats, load, self.streams.of.len(), lost);
        }
    }
}

impl Out {
    fn send_to_peer(&mut self, sockets: &Sockets, relayed: &ToPeer, datagram: &[u8]) {
        let Some(from) = sockets.number_of(relayed.allocation) else { return };
        let way = Way { from, to: sockets.way_to_peer(relayed.peer), source: None };
        self.batches.push(way, &datagram[relayed.payload.clone()], |number| sockets.port(number));
    }

    fn send_to_client(
        &mut self,
        sockets: &Sockets,
        streams: &mut Streams,
        wrapped: ToClient,
        buffer: &mut [u8],
    ) {
        match wrapped.tuple.transport {
            Transport::Udp => self.send_by_udp(sockets, wrapped.tuple, &buffer[wrapped.datagram]),
            Transport::Stream => {
                let sent = pad_for_stream(buffer, wrapped.datagram)
                    .is_ok_and(|padded| streams.payload(&wrapped.tuple, &buffer[padded]));
                self.lost += u64::from(!sent);
            }
        }
    }

    fn send_by_udp(&mut self, sockets: &Sockets, tuple: FiveTuple, datagram: &[u8]) {
        let source = Some(tuple.server.ip()).filter(|ip| !ip.is_unspecified());
        let way = Way { from: sockets.shared_on(tuple.server.port()), to: tuple.client, source };
        self.batches.push(way, datagram, |number| sockets.port(number));
    }
}

impl Streams {
    pub(super) fn new(most: usize) -> Self {
        let limits = VisitorLimits {
            all: most,
            per_source: SOURCE_STREAMS,
            per_near_source: NEAR_SOURCE_STREAMS,
            unproven_per_source: UNPROVEN_STREAMS,
        };
        Self {
            visitors: Visitors::new(limits),
            last: 0,
            handshakes: SourceBuckets::new(HANDSHAKES, HANDSHAKE_SOURCES).near(4),
            handshaking: HashSet::new(),
            numbers: HashMap::new(),
            list: Vec::new(),
            free: Vec::new(),
            of: HashMap::new(),
            dirty: Vec::new(),
        }
    }

    /// A client has got an allocation.
    fn logged_in(&mut self, tuple: &FiveTuple) {
        let index = self.of.get(tuple).copied();
        if let Some(stream) = index.and_then(|index| self.list.get(index)).and_then(Option::as_ref) {
            self.visitors.prove(stream.number);
        }
    }

    fn add(&mut self, mut stream: Stream, number: u64, registry: &mio::Registry) -> io::Result<usize> {
        stream.number = number;
        let index = self.free.pop().unwrap_or_else(|| {
            self.list.push(None);
            self.list.len() - 1
        });
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = registry.register(&mut stream.socket, stream_token(index), interest) {
            self.free.push(index);
            return Err(error);
        }
        self.of.insert(stream.tuple, index);
        self.numbers.insert(number, index);
        self.list[index] = Some(stream);
        Ok(index)
    }

    fn remove(&mut self, index: usize, registry: &mio::Registry) -> Option<FiveTuple> {
        let mut stream = self.list.get_mut(index)?.take()?;
        let _ = registry.deregister(&mut stream.socket);
        self.of.remove(&stream.tuple);
        self.numbers.remove(&stream.number);
        self.visitors.leave(stream.number);
        self.free.push(index);
        Some(stream.tuple)
    }

    fn payload(&mut self, tuple: &FiveTuple, bytes: &[u8]) -> bool {
        self.queue(tuple, |stream| stream.queue_payload(bytes))
    }

    fn answer(&mut self, tuple: &FiveTuple, bytes: &[u8]) {
        self.queue(tuple, |stream| stream.queue_answer(bytes));
    }

    fn queue(&mut self, tuple: &FiveTuple, queue: impl FnOnce(&mut Stream) -> bool) -> bool {
        let Some(index) = self.of.get(tuple).copied() else { return false };
        let Some(stream) = self.list.get_mut(index).and_then(Option::as_mut) else { return false };
        let was_idle = !stream.wants_write();
        let queued = queue(stream);
        if was_idle && queued {
            self.dirty.push(index);
        }
        queued
    }
}

fn take_messages(decoder: &mut StreamDecoder, bytes: &[u8], mut take: impl FnMut(&[u8])) -> io::Result<()> {
    decoder.push(bytes).map_err(io::Error::other)?;
    while let Some(message) = decoder.next_message().map_err(io::Error::other)? {
        take(message);
    }
    Ok(())
}

/// Whether trying again makes sense at once: somebody's port was closed, or a signal came.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// The time of day in seconds.
pub(super) fn unix_time() -> u64 {
    clock::now().wall.0 / 1_000
}

/// A buffer to read streams into.
pub(super) fn scratch() -> Vec<u8> {
    vec![0; READ_BYTES]
}
