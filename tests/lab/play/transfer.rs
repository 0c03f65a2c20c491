//! A transfer between two players, as of a file: one TCP connection, at a pace that leaves the machine room.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, SocketAddrV4, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::Host;

/// How much is written at once.
const BLOCK_BYTES: usize = 16 << 10;
/// From one block to the next: 1.6 MB/s.
const INTERVAL: Duration = Duration::from_millis(10);
/// How often the threads look whether they should stop.
const STOP_CHECK: Duration = Duration::from_millis(50);
/// For so long a connection is tried.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);

/// A running transfer. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Transfer {
    /// When something came, oldest first.
    arrivals: Arc<Mutex<Vec<Instant>>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Transfer {
    /// From one host to another's address in the party.
    pub(super) fn start(from: &Host, to: &Host, address: SocketAddrV4) -> Result<Self> {
        let listener = to.enter(|| Ok(TcpListener::bind(address)?)).context("no listener in the party")?;
        let target = SocketAddr::from(address);
        let sending = from
            .enter(|| Ok(TcpStream::connect_timeout(&target, CONNECT_LIMIT)?))
            .context("no connection in the party")?;
        let (receiving, _) = listener.accept()?;
        for stream in [&sending, &receiving] {
            stream.set_read_timeout(Some(STOP_CHECK))?;
            stream.set_write_timeout(Some(STOP_CHECK))?;
        }
        let (arrivals, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (journal, stops, sender_stops) = (Arc::clone(&arrivals), Arc::clone(&stop), Arc::clone(&stop));
        let sender = thread::spawn(move || send(&sending, &sender_stops));
        let receiver = thread::spawn(move || receive(&receiving, &journal, &stops));
        Ok(Self { arrivals, stop, threads: vec![sender, receiver] })
    }

    /// The longest time since then in which nothing came.
    pub(super) fn longest_gap(&self, since: Instant) -> Duration {
        let arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut last, mut longest) = (since, Duration::ZERO);
        for at in arrivals.iter().copied().filter(|at| *at >= since).chain([Instant::now()]) {
            longest = longest.max(at - last);
            last = at;
        }
        longest
    }

    /// Whether something came all the time for so long.
    pub(super) fn is_steady(&self, period: Duration) -> bool {
        let since = Instant::now().checked_sub(period);
        since.is_some_and(|since| self.longest_gap(since) <= period / 2)
    }

    /// Forgets what was before.
    pub(super) fn forget(&self) {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn send(mut stream: &TcpStream, stop: &AtomicBool) {
    let block = [0x5a; BLOCK_BYTES];
    while !stop.load(Ordering::Relaxed) {
        match stream.write(&block) {
            Err(error) if is_over(error.kind()) => return,
            _ => thread::sleep(INTERVAL),
        }
    }
}

fn receive(mut stream: &TcpStream, journal: &Mutex<Vec<Instant>>, stop: &AtomicBool) {
    let mut block = [0; BLOCK_BYTES];
    while !stop.load(Ordering::Relaxed) {
        match stream.read(&mut block) {
            Ok(0) => return,
            Ok(_) => journal.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now()),
            Err(error) if is_over(error.kind()) => return,
            Err(_) => {}
        }
    }
}

/// Whether a connection cannot go on after such an error: a network that is gone for a while is none.
fn is_over(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::BrokenPipe
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::NotConnected
    )
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // It has no way to panic that would be news here.
            let _ = thread.join();
        }
    }
}
