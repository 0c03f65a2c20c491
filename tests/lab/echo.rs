//! A UDP echo, the yardstick for round trips and for the first packet that gets through.

use std::{
    net::{SocketAddrV4, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};

/// How often the echo looks whether it should stop.
const STOP_CHECK: Duration = Duration::from_millis(50);

/// A thread that sends every datagram back to where it came from, until dropped.
#[derive(Debug)]
pub struct Echo {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Echo {
    /// Starts to answer on `socket`, usually one of [`Host::udp`](crate::Host::udp).
    ///
    /// # Errors
    /// If the socket's timeout cannot be set.
    pub fn start(socket: UdpSocket) -> Result<Self> {
        socket.set_read_timeout(Some(STOP_CHECK))?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut buffer = [0; 2048];
            while !stopped.load(Ordering::Relaxed) {
                if let Ok((length, from)) = socket.recv_from(&mut buffer) {
                    // A lost echo is one the asker asks for again.
                    let _ = socket.send_to(&buffer[..length], from);
                }
            }
        });
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has no way to panic that would be news here.
            let _ = thread.join();
        }
    }
}

/// Sends `payload` to an echo again and again, a few milliseconds apart, until one comes back; returns when that was.
///
/// Errors of sending count as loss: before a tunnel is up there may be no route at all.
///
/// # Errors
/// If `limit` passes first.
pub fn await_first(socket: &UdpSocket, to: SocketAddrV4, payload: &[u8], limit: Duration) -> Result<Instant> {
    const INTERVAL: Duration = Duration::from_millis(5);
    let deadline = Instant::now() + limit;
    socket.set_read_timeout(Some(INTERVAL))?;
    let mut buffer = [0; 2048];
    while Instant::now() < deadline {
        if socket.send_to(payload, to).is_err() {
            thread::sleep(INTERVAL);
            continue;
        }
        if let Ok((length, from)) = socket.recv_from(&mut buffer)
            && from == to.into()
            && &buffer[..length] == payload
        {
            return Ok(Instant::now());
        }
    }
    bail!("no echo from {to} within {limit:?}")
}

/// Round trips of small packets to an echo, one after the other, `interval` apart, sorted from fast to slow; lost ones are
/// left out.
///
/// # Errors
/// If more than a tenth is lost, or the socket fails.
pub fn round_trips(
    socket: &UdpSocket,
    to: SocketAddrV4,
    count: u32,
    interval: Duration,
) -> Result<Vec<Duration>> {
    round_trips_of(socket, to, 0, count, interval)
}

/// The same with packets of at least so many bytes of payload.
///
/// # Errors
/// If more than a tenth is lost, or the socket fails.
pub fn round_trips_of(
    socket: &UdpSocket,
    to: SocketAddrV4,
    bytes: usize,
    count: u32,
    interval: Duration,
) -> Result<Vec<Duration>> {
    socket.set_read_timeout(Some(Duration::from_millis(200)))?;
    let mut times = Vec::new();
    let mut buffer = [0; 2048];
    for number in 0..count {
        let payload = format!("lanrage round trip {number:08}{:1$}", "", bytes.saturating_sub(27));
        let sent = Instant::now();
        socket.send_to(payload.as_bytes(), to)?;
        // A late answer to an earlier one is skipped, not taken for this one.
        while let Ok(length) = socket.recv(&mut buffer) {
            if &buffer[..length] == payload.as_bytes() {
                times.push(sent.elapsed());
                break;
            }
        }
        thread::sleep(interval.saturating_sub(sent.elapsed()));
    }
    ensure!(times.len() as u32 * 10 >= count * 9, "{} of {count} echoes from {to} came back", times.len());
    times.sort_unstable();
    Ok(times)
}
