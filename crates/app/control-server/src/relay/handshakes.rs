//! TLS handshakes of clients, on a thread of their own: one costs as much as relaying a thousand datagrams, and nobody's game
//! waits for it.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    net::SocketAddr,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, Waker, net::TcpStream};
use rustls::{ServerConfig, ServerConnection};

/// Handshakes at once; when there are more, the oldest makes room. What is shared fairly is counted before.
const MOST: usize = 1_024;
/// One that takes longer is given up.
const LIMIT: Duration = Duration::from_secs(5);
/// Between two looks for those.
const TICK: Duration = Duration::from_secs(1);
const WAKER: Token = Token(0);

/// A connection whose client is to speak TLS.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) socket: TcpStream,
    pub(super) client: SocketAddr,
    /// The visitor's.
    pub(super) number: u64,
    pub(super) config: Arc<ServerConfig>,
}

/// What became of one.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) number: u64,
    /// None if there is no connection any more.
    pub(super) connection: Option<(TcpStream, SocketAddr, Box<ServerConnection>)>,
}

/// The thread. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Handshakes {
    begun: Option<SyncSender<Begun>>,
    pub(super) ended: Receiver<Ended>,
    waker: Waker,
    thread: Option<JoinHandle<()>>,
}

impl Handshakes {
    /// Starts the thread, which wakes its owner whenever a handshake has ended.
    ///
    /// # Errors
    /// If the system gives no thread or nothing to wait with.
    pub(super) fn start(owner: Arc<Waker>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        let (begun, inbox) = sync_channel(MOST);
        // Holds no more than those that are in work and those that wait for it.
        let (outbox, ended) = channel();
        let thread = std::thread::Builder::new().name("relay-tls".into()).spawn(move || {
            let work =
                Work { poll, inbox, outbox, owner, next: 0, open: HashMap::new(), ages: BTreeMap::new() };
            if let Err(error) = work.run() {
                tracing::error!(%error, "TLS handshakes are made no more");
            }
        })?;
        Ok(Self { begun: Some(begun), ended, waker, thread: Some(thread) })
    }

    /// Makes the handshake of one more. False where too many wait.
    pub(super) fn begin(&self, connection: Begun) -> bool {
        let taken = self.begun.as_ref().is_some_and(|begun| begun.try_send(connection).is_ok());
        taken && self.waker.wake().is_ok()
    }
}

impl Drop for Handshakes {
    fn drop(&mut self) {
        self.begun = None;
        let _ = self.waker.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Work {
    poll: Poll,
    inbox: Receiver<Begun>,
    outbox: Sender<Ended>,
    owner: Arc<Waker>,
    next: usize,
    open: HashMap<usize, Open>,
    /// The same, by age: places are given out in their order.
    ages: BTreeMap<usize, Instant>,
}

struct Open {
    begun: Begun,
    tls: Box<ServerConnection>,
}

impl Work {
    fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(256);
        loop {
            match self.poll.poll(&mut events, Some(TICK)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            }
            for event in &events {
                if event.token() != WAKER {
                    self.go_on(event.token().0);
                }
            }
            loop {
                match self.inbox.try_recv() {
                    Ok(begun) => self.begin(begun),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return Ok(()),
                }
            }
            let now = Instant::now();
            while let Some((place, since)) =
                self.ages.first_key_value().map(|(place, since)| (*place, *since))
                && (self.open.len() > MOST || now - since > LIMIT)
            {
                self.end(place, false);
            }
        }
    }

    fn begin(&mut self, mut begun: Begun) {
        self.next += 1;
        let place = self.next;
        let interest = Interest::READABLE | Interest::WRITABLE;
        let tls = ServerConnection::new(begun.config.clone()).ok();
        let watched = self.poll.registry().register(&mut begun.socket, Token(place), interest);
        match (tls, watched) {
            (Some(tls), Ok(())) => {
                self.open.insert(place, Open { begun, tls: Box::new(tls) });
                self.ages.insert(place, Instant::now());
            }
            _ => self.say(Ended { number: begun.number, connection: None }),
        }
    }

    fn go_on(&mut self, place: usize) {
        let Some(Open { begun, tls }) = self.open.get_mut(&place) else { return };
        match advance(&mut begun.socket, tls) {
            Ok(()) if tls.is_handshaking() || tls.wants_write() => {}
            Ok(()) => self.end(place, true),
            Err(error) => {
                tracing::debug!(%error, "a TLS handshake failed");
                self.end(place, false);
            }
        }
    }

    fn end(&mut self, place: usize, done: bool) {
        self.ages.remove(&place);
        let Some(Open { mut begun, tls }) = self.open.remove(&place) else { return };
        let given_back = self.poll.registry().deregister(&mut begun.socket).is_ok();
        let connection = (done && given_back).then_some((begun.socket, begun.client, tls));
        self.say(Ended { number: begun.number, connection });
    }

    /// If the owner is gone, so is its visitor.
    fn say(&self, ended: Ended) {
        let _ = self.outbox.send(ended);
        let _ = self.owner.wake();
    }
}

/// Reads and writes all that can be, until the handshake is done: what comes behind it stays where it is.
fn advance(socket: &mut TcpStream, tls: &mut ServerConnection) -> io::Result<()> {
    loop {
        while tls.wants_write() {
            match tls.write_tls(socket) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        if !tls.is_handshaking() {
            return Ok(());
        }
        match tls.read_tls(socket) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => {
                if let Err(error) = tls.process_new_packets() {
                    // The client should hear what was wrong; it may be gone.
                    let _ = tls.write_tls(socket);
                    return Err(io::Error::other(error));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
