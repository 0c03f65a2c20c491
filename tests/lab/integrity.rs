//! Whether what goes in comes out: random bytes through TCP, and random datagrams, in both directions at once.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::atomic::{AtomicBool, Ordering},
    thread::{self, ScopedJoinHandle},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, ensure};
use sha2::{Digest, Sha256};

use crate::Host;

const TCP_PORT: u16 = 7100;
const DATAGRAM_PORT: u16 = 7101;
/// What a packet of 1,420 bytes holds beside the headers of IPv4 and UDP.
const DATAGRAM_BYTES: usize = 1_392;
/// A datagram from this length on has a number and a checksum; the content of a shorter one follows from its length.
const CHECKED_FROM: usize = 16;
/// Small datagrams are a game's, larger ones are not: both kinds must come.
const SMALL_BYTES: usize = 700;
/// Between two datagrams: far below what any tunnel carries.
const INTERVAL: Duration = Duration::from_millis(1);
/// How much is written at once.
const BLOCK_BYTES: usize = 64 << 10;
/// The longest silence of a connection.
const SILENCE: Duration = Duration::from_secs(20);
/// How long the last datagrams may take.
const LAST_DATAGRAMS: Duration = Duration::from_millis(500);

/// A host, and its address in the tunnel.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The host.
    pub host: &'a Host,
    /// Its address.
    pub address: Ipv4Addr,
}

/// What came through unchanged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Proof {
    /// Bytes of TCP, both directions together.
    pub tcp_bytes: u64,
    /// Datagrams that were sent, both directions together.
    pub datagrams_sent: u64,
    /// Those that came, of up to 700 bytes.
    pub small_datagrams: u64,
    /// Those that came, of more.
    pub large_datagrams: u64,
}

/// Sends so many bytes by TCP in each direction at once, and datagrams of every length meanwhile.
///
/// # Errors
/// If a byte differs, if TCP breaks, or if more than half of the datagrams are lost.
pub fn prove(one: Place<'_>, two: Place<'_>, tcp_bytes: u64) -> Result<Proof> {
    let listener = two.host.enter(|| Ok(TcpListener::bind((two.address, TCP_PORT))?))?;
    let to = SocketAddr::from((two.address, TCP_PORT));
    let here = one.host.enter(|| Ok(TcpStream::connect_timeout(&to, SILENCE)?)).context("no connection")?;
    let (there, _) = listener.accept()?;
    for stream in [&here, &there] {
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
    }
    let [small_here, small_there] = [one, two].map(|place| bind(place, DATAGRAM_PORT));
    let (small_here, small_there) = (small_here?, small_there?);

    let done = AtomicBool::new(false);
    let mut proof = Proof { tcp_bytes: 2 * tcp_bytes, ..Proof::default() };
    thread::scope(|scope| {
        let flows = [
            scope.spawn(|| carry(&here, &there, 1, tcp_bytes)),
            scope.spawn(|| carry(&there, &here, 2, tcp_bytes)),
        ];
        let datagrams = [
            (
                scope.spawn(|| send(&small_here, two.address, 3, &done)),
                scope.spawn(|| receive(&small_there, &done)),
            ),
            (
                scope.spawn(|| send(&small_there, one.address, 4, &done)),
                scope.spawn(|| receive(&small_here, &done)),
            ),
        ];
        let flows = flows.map(joined);
        done.store(true, Ordering::Relaxed);
        for (sender, receiver) in datagrams {
            proof.datagrams_sent += joined(sender)?;
            let (small, large) = joined(receiver)?;
            proof.small_datagrams += small;
            proof.large_datagrams += large;
        }
        flows.into_iter().collect::<Result<()>>()
    })?;
    let came = proof.small_datagrams + proof.large_datagrams;
    ensure!(
        proof.small_datagrams > 0 && proof.large_datagrams > 0,
        "one kind of datagram is missing: {proof:?}"
    );
    ensure!(came * 2 >= proof.datagrams_sent, "more than half of the datagrams are lost: {proof:?}");
    Ok(proof)
}

fn bind(place: Place<'_>, port: u16) -> Result<UdpSocket> {
    place.host.enter(|| {
        let socket = UdpSocket::bind((place.address, port))?;
        socket.set_read_timeout(Some(LAST_DATAGRAMS))?;
        Ok(socket)
    })
}

fn joined<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|_| Err(anyhow!("a thread panicked")))
}

/// Writes random bytes into one end and reads them from the other; what was written and what was read has one hash.
fn carry(mut from: &TcpStream, mut to: &TcpStream, seed: u64, bytes: u64) -> Result<()> {
    let (written, read) = thread::scope(|scope| {
        let writer = scope.spawn(move || {
            let (mut random, mut hash) = (Random(seed), Sha256::new());
            let mut block = vec![0; BLOCK_BYTES];
            let mut left = bytes;
            while left > 0 {
                random.fill(&mut block);
                let length = usize::try_from(left).unwrap_or(usize::MAX).min(BLOCK_BYTES);
                from.write_all(&block[..length]).context("writing")?;
                hash.update(&block[..length]);
                left -= length as u64;
            }
            // The other direction goes on.
            from.shutdown(Shutdown::Write)?;
            Ok(hash.finalize())
        });
        let reader = scope.spawn(move || {
            let mut hash = Sha256::new();
            let mut block = vec![0; BLOCK_BYTES];
            let mut count = 0_u64;
            loop {
                let length = to.read(&mut block).context("reading")?;
                if length == 0 {
                    break;
                }
                hash.update(&block[..length]);
                count += length as u64;
            }
            ensure!(count == bytes, "{count} of {bytes} bytes came");
            Ok(hash.finalize())
        });
        Ok::<_, anyhow::Error>((joined(writer)?, joined(reader)?))
    })?;
    ensure!(written == read, "what was read is not what was written");
    Ok(())
}

/// Sends datagrams of random lengths until it is done. Returns how many.
fn send(socket: &UdpSocket, to: Ipv4Addr, seed: u64, done: &AtomicBool) -> Result<u64> {
    let mut random = Random(seed);
    let mut datagram = [0; DATAGRAM_BYTES];
    let mut sent = 0_u32;
    while !done.load(Ordering::Relaxed) {
        let length = 1 + (random.next() % DATAGRAM_BYTES as u64) as usize;
        write(&mut datagram[..length], sent);
        // A queue that is full is loss.
        let _ = socket.send_to(&datagram[..length], (to, DATAGRAM_PORT));
        sent += 1;
        thread::sleep(INTERVAL);
    }
    Ok(sent.into())
}

/// Checks datagrams until it is done and none comes any more. Returns how many small and large ones there were.
fn receive(socket: &UdpSocket, done: &AtomicBool) -> Result<(u64, u64)> {
    let (mut small, mut large) = (0, 0);
    let mut buffer = [0; 2048];
    loop {
        match socket.recv_from(&mut buffer) {
            Ok((length, _)) => {
                ensure!(
                    is_unchanged(&buffer[..length]),
                    "a datagram of {length} bytes was changed on its way"
                );
                *(if length <= SMALL_BYTES { &mut small } else { &mut large }) += 1;
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if done.load(Ordering::Relaxed) {
                    return Ok((small, large));
                }
            }
            // That of a datagram sent before the other side listened.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Fills a datagram: number, checksum of everything else, random bytes; or, if it is too short, what its length says.
fn write(datagram: &mut [u8], number: u32) {
    let length = datagram.len() as u64;
    if datagram.len() < CHECKED_FROM {
        return Random(length).fill(datagram);
    }
    Random((u64::from(number) << 16) | length).fill(datagram);
    datagram[..4].copy_from_slice(&number.to_le_bytes());
    let sum = checksum(datagram);
    datagram[4..12].copy_from_slice(&sum);
}

fn is_unchanged(datagram: &[u8]) -> bool {
    if datagram.len() < CHECKED_FROM {
        let mut expected = vec![0; datagram.len()];
        write(&mut expected, 0);
        return expected == datagram;
    }
    datagram[4..12] == checksum(datagram)
}

fn checksum(datagram: &[u8]) -> [u8; 8] {
    let hash = Sha256::new().chain_update(&datagram[..4]).chain_update(&datagram[12..]).finalize();
    let mut sum = [0; 8];
    sum.copy_from_slice(&hash[..8]);
    sum
}

/// SplitMix64: the same bytes from the same seed, and no two seeds alike.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            let number = self.next().to_le_bytes();
            part.copy_from_slice(&number[..part.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_bit_is_noticed_in_a_datagram_of_any_length() {
        for length in [1, 2, 15, 16, 17, 700, DATAGRAM_BYTES] {
            let mut datagram = vec![0; length];
            write(&mut datagram, 77);
            assert!(is_unchanged(&datagram), "{length}");
            for place in [0, length / 2, length - 1] {
                let mut changed = datagram.clone();
                changed[place] ^= 0x10;
                assert!(!is_unchanged(&changed), "byte {place} of {length}");
            }
        }
    }
}
