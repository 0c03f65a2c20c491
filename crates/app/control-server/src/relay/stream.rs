use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    net::SocketAddr,
    time::Instant,
};

use lanrage_nat::turn::{FiveTuple, StreamDecoder, Transport};
use mio::net::TcpStream;
use rustls::ServerConnection;

/// Bytes that wait for a client. When a datagram does not fit, it is dropped, as one in a full router would be.
const QUEUE_BYTES: usize = 256 * 1024;
/// What is left of it for answers, which are not dropped lightly.
const ANSWER_BYTES: usize = 16 * 1024;
/// What is read, and decrypted, at once.
pub(super) const READ_BYTES: usize = 64 * 1024;
/// Reads in a row, before others have their turn.
const READS: usize = 4;

/// The connection of one client over TCP or TLS.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) socket: TcpStream,
    pub(super) tuple: FiveTuple,
    /// Its number among all that ever were.
    pub(super) number: u64,
    pub(super) since: Instant,
    tls: Option<Box<ServerConnection>>,
    pub(super) decoder: StreamDecoder,
    queue: VecDeque<u8>,
    /// The client has read nothing of a full queue since then.
    stuck_since: Option<Instant>,
}

/// What became of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// There is nothing more for now.
    Empty,
    /// There may be more.
    More,
}

impl Stream {
    pub(super) fn new(
        socket: TcpStream,
        client: SocketAddr,
        tls: Option<Box<ServerConnection>>,
        now: Instant,
    ) -> io::Result<Self> {
        // Packets of games wait for nothing.
        let _ = socket.set_nodelay(true);
        let canonical = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
        let server = canonical(socket.local_addr()?);
        Ok(Self {
            tuple: FiveTuple { transport: Transport::Stream, client: canonical(client), server },
            socket,
            number: 0,
            since: now,
            tls,
            decoder: StreamDecoder::of_client(),
            queue: VecDeque::new(),
            stuck_since: None,
        })
    }

    /// Reads what is there and gives it to `take` in pieces.
    ///
    /// # Errors
    /// The connection is over.
    pub(super) fn read(
        &mut self,
        scratch: &mut [u8],
        mut take: impl FnMut(&mut StreamDecoder, FiveTuple, &[u8]) -> io::Result<()>,
    ) -> io::Result<Reading> {
        if let Some(tls) = &mut self.tls {
            // What came right behind the handshake.
            take_decrypted(tls, scratch, |bytes| take(&mut self.decoder, self.tuple, bytes))?;
        }
        for _ in 0..READS {
            let count = match self.socket.read(scratch) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Reading::Empty),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let Some(tls) = &mut self.tls else {
                take(&mut self.decoder, self.tuple, &scratch[..count])?;
                continue;
            };
            let encrypted = scratch[..count].to_vec();
            let mut rest = encrypted.as_slice();
            while !rest.is_empty() {
                tls.read_tls(&mut rest)?;
                tls.process_new_packets().map_err(io::Error::other)?;
                take_decrypted(tls, scratch, |bytes| take(&mut self.decoder, self.tuple, bytes))?;
            }
        }
        Ok(Reading::More)
    }

    /// Queues a relayed datagram in its stream form. Says whether there was room.
    pub(super) fn queue_payload(&mut self, bytes: &[u8]) -> bool {
        self.queue_within(bytes, QUEUE_BYTES)
    }

    /// Queues an answer, for which some room is left.
    pub(super) fn queue_answer(&mut self, bytes: &[u8]) -> bool {
        self.queue_within(bytes, QUEUE_BYTES + ANSWER_BYTES)
    }

    fn queue_within(&mut self, bytes: &[u8], most: usize) -> bool {
        let fits = self.queue.len() + bytes.len() <= most;
        if fits {
            self.queue.extend(bytes);
        }
        fits
    }

    /// Whether there is something to write.
    pub(super) fn wants_write(&self) -> bool {
        !self.queue.is_empty() || self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Writes what the client takes.
    ///
    /// # Errors
    /// The connection is over.
    pub(super) fn write(&mut self, now: Instant) -> io::Result<()> {
        while self.wants_write() {
            let written = match &mut self.tls {
                None => {
                    let (front, _) = self.queue.as_slices();
                    self.socket.write(front).map(|count| drop(self.queue.drain(..count)))
                }
                Some(tls) => {
                    if !tls.wants_write() {
                        let (front, _) = self.queue.as_slices();
                        let count = tls.writer().write(front)?;
                        self.queue.drain(..count);
                    }
                    tls.write_tls(&mut self.socket).map(drop)
                }
            };
            match written {
                Ok(()) => self.stuck_since = None,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.stuck_since.get_or_insert(now);
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        // A burst need not be paid for ever after.
        self.queue.shrink_to(4_096);
        Ok(())
    }

    /// Since when the client has taken nothing although there is something for it.
    pub(super) const fn stuck_since(&self) -> Option<Instant> {
        self.stuck_since
    }
}

/// Takes all that is decrypted.
///
/// # Errors
/// The connection is over.
fn take_decrypted(
    tls: &mut ServerConnection,
    scratch: &mut [u8],
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    loop {
        match tls.reader().read(scratch) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => take(&scratch[..count])?,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}
