//! A proxy for HTTP's CONNECT that wants a name and a password, as a company's network has one.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, Result};

use crate::Host;

/// Where it listens.
pub const PORT: u16 = 3128;

/// How often it looks whether it should stop.
const STOP_CHECK: Duration = Duration::from_millis(20);
/// The most that a request may have.
const MOST_REQUEST_BYTES: usize = 4 * 1_024;

/// A running proxy; it takes nobody new once it is dropped.
#[derive(Debug)]
pub struct WebProxy {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    /// What `Proxy-Authorization` has to say.
    login: &'static str,
    stop: AtomicBool,
    opened: AtomicU64,
    bytes: AtomicU64,
}

impl WebProxy {
    /// Starts one on a host that lets in who says `login` as `Proxy-Authorization`.
    ///
    /// # Errors
    /// If the port is taken.
    pub fn start(host: &Host, login: &'static str) -> Result<Self> {
        let shared = Arc::new(Shared {
            login,
            stop: AtomicBool::new(false),
            opened: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        });
        let of_thread = Arc::clone(&shared);
        // Threads stay on the host on which they are started.
        let thread = host.enter(move || {
            let listener =
                TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).context("bind the proxy's port")?;
            listener.set_nonblocking(true)?;
            Ok(thread::spawn(move || accept(&listener, &of_thread)))
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// How many connections it has opened for others.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.shared.opened.load(Ordering::Relaxed)
    }

    /// How many bytes have passed these, both ways.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for WebProxy {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has no way to panic that would be news here.
            let _ = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while !shared.stop.load(Ordering::Relaxed) {
        match listener.accept() {
            Ok((client, _)) => {
                let shared = Arc::clone(shared);
                // One that breaks is its client's business.
                thread::spawn(move || serve(client, &shared));
            }
            Err(_) => thread::sleep(STOP_CHECK),
        }
    }
}

fn serve(mut client: TcpStream, shared: &Shared) -> io::Result<()> {
    client.set_nonblocking(false)?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") && request.len() < MOST_REQUEST_BYTES {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        request.extend(byte);
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let there = request.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
    let login = format!("Proxy-Authorization: {}", shared.login);
    let Some(there) = there else { return client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n") };
    if !request.lines().any(|line| line == login) {
        return client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    }
    let Ok(server) = TcpStream::connect(there) else {
        return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n");
    };
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    shared.opened.fetch_add(1, Ordering::Relaxed);
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    thread::scope(|scope| {
        scope.spawn(|| pass(&client, &server, &shared.bytes));
        pass(&server, &client, &shared.bytes)
    })
}

fn pass(mut from: &TcpStream, mut to: &TcpStream, bytes: &AtomicU64) -> io::Result<()> {
    let mut buffer = [0; 16 * 1_024];
    loop {
        let read = from.read(&mut buffer).unwrap_or_default();
        if read == 0 {
            return to.shutdown(Shutdown::Write);
        }
        bytes.fetch_add(read as u64, Ordering::Relaxed);
        to.write_all(&buffer[..read])?;
    }
}
