//! How the helper passes on what programs send to everybody by other interfaces: it keeps the tap, as whoever has one could
//! send by it what they like, and its packets go to the adapter's owner one by one, each with the number of its interface in
//! front.

use std::{
    io,
    net::Ipv4Addr,
    os::fd::{AsFd, OwnedFd},
    thread,
    time::{Duration, Instant},
};

use lanrage_base::bucket::{Rate, TokenBucket};
use lanrage_party::COPY_HEADER_BYTES;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::{RecvFlags, SendFlags, recv, send},
};

use super::{
    searches,
    tap::{self, SEARCH_BYTES},
};
use crate::os::linux_netlink::{index, link_state};

/// How often the ways of searches are made what the other networks need.
const LOOK: Duration = Duration::from_secs(2);
/// Packets at most that are looked at in one go, and the pause behind them: a flood costs little time, and the tap holds what comes
/// meanwhile.
const BATCH: usize = 512;
const PAUSE: Duration = Duration::from_millis(2);
/// What is passed on of one program, told apart by the port that it sends from: as much at once as a game's search over a range of
/// ports. Who floods takes nobody else's place on the way.
const PROGRAM: Rate = Rate { burst: 400, per_second: 400 };
/// Implementation: shares of that kind. Programs whose ports have the same remainder have one together, and all later fragments
/// have one.
const SHARES: usize = 64;

/// The searches that programs of this computer send by other interfaces, for the owner of one adapter.
#[derive(Debug)]
pub struct Searches {
    tap: OwnedFd,
    adapter: String,
    address: Ipv4Addr,
}

impl Searches {
    pub(crate) fn new(tap: OwnedFd, adapter: &str, address: Ipv4Addr) -> Self {
        Self { tap, adapter: adapter.to_owned(), address }
    }

    /// Passes them on to a socket of type `SOCK_SEQPACKET` until its other end is closed or the adapter is gone. What finds the
    /// socket full is lost, as in a network card. Meanwhile, searches lead into the adapter where there is no other network.
    pub fn pass_on(&self, to: &OwnedFd) {
        let Some(interface) = index(&self.adapter) else { return };
        let mut packet = vec![0; COPY_HEADER_BYTES + SEARCH_BYTES];
        let mut looked = Instant::now();
        let mut shares = Shares::new();
        loop {
            let mut ready = [
                PollFd::new(&self.tap, PollFlags::IN),
                PollFd::from_borrowed_fd(to.as_fd(), PollFlags::empty()),
            ];
            let limit = Timespec { tv_sec: LOOK.as_secs() as i64, tv_nsec: 0 };
            if poll(&mut ready, Some(&limit)).is_err_and(|error| error != Errno::INTR) {
                return;
            }
            let [seen, hung_up] = ready.each_ref().map(|descriptor| !descriptor.revents().is_empty());
            if hung_up || seen && !self.pass_on_some(to, &mut packet, &mut shares) {
                return;
            }
            if looked.elapsed() >= LOOK {
                looked = Instant::now();
                let Ok(link) = link_state(interface) else { return };
                if let Err(error) = searches::follow(interface, &link.name, self.address) {
                    tracing::debug!(%error, "the ways of searches cannot be changed");
                }
            }
        }
    }

    /// False if there is nobody any more to pass them on to, or nothing to see.
    fn pass_on_some(&self, to: &OwnedFd, packet: &mut [u8], shares: &mut Shares) -> bool {
        let now = Instant::now();
        for _ in 0..BATCH {
            let length = match tap::receive(&self.tap, packet) {
                Ok(Some(length)) => length,
                Ok(None) => return true,
                Err(_) => return false,
            };
            if !shares.take(&packet[..length], now) {
                continue;
            }
            let sent = send(to, &packet[..length], SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
            // What there is no room for is lost.
            if let Err(Errno::PIPE | Errno::CONNRESET | Errno::NOTCONN) = sent {
                return false;
            }
        }
        thread::sleep(PAUSE);
        true
    }
}

/// What each program may still have passed on.
struct Shares([TokenBucket; SHARES]);

impl Shares {
    const fn new() -> Self {
        Self([TokenBucket::new(PROGRAM); SHARES])
    }

    /// Whether a packet with its interface's number in front may be passed on. Any bytes are judged.
    fn take(&mut self, packet: &[u8], now: Instant) -> bool {
        self.0[Self::share_of(packet).unwrap_or_default()].take(now, 1)
    }

    fn share_of(packet: &[u8]) -> Option<usize> {
        let packet = packet.get(COPY_HEADER_BYTES..)?;
        let half_word = |at: usize| Some(u16::from_be_bytes(*packet.get(at..)?.first_chunk()?));
        if half_word(6)? & 0x1FFF != 0 {
            return None;
        }
        let port = half_word(usize::from(packet.first()? & 0xF) * 4)?;
        Some(1 + usize::from(port) % (SHARES - 1))
    }
}

/// Takes the next packet that was passed on, with the number of its interface in front. None if there is none now.
///
/// # Errors
/// The system's; `UnexpectedEof` when the helper has ended.
pub(super) fn receive(socket: &OwnedFd, buf: &mut [u8]) -> io::Result<Option<usize>> {
    loop {
        match recv(socket, &mut *buf, RecvFlags::DONTWAIT) {
            Ok((0, _)) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok((length, _)) => return Ok(Some(length)),
            Err(Errno::AGAIN) => return Ok(None),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From this port; a later fragment of it.
    fn packet(port: u16, is_later: bool) -> Vec<u8> {
        let mut packet = vec![0; COPY_HEADER_BYTES + 28];
        packet[COPY_HEADER_BYTES] = 0x45;
        packet[COPY_HEADER_BYTES + 7] = u8::from(is_later);
        packet[COPY_HEADER_BYTES + 20..][..2].copy_from_slice(&port.to_be_bytes());
        packet
    }

    #[test]
    fn who_floods_takes_nobody_elses_place() {
        let (mut shares, start) = (Shares::new(), Instant::now());
        let search = (0..400).filter(|_| shares.take(&packet(5_000, false), start)).count();
        assert_eq!(search, 400, "a search over a range of ports");
        for second in 0..10 {
            let now = start + Duration::from_secs(second);
            let passed = (0..100_000).filter(|_| shares.take(&packet(5_000, false), now)).count();
            assert!(passed <= 400, "{passed}");
            let later = (0..100_000).filter(|_| shares.take(&packet(0xAAAA, true), now)).count();
            assert!(later <= 400, "{later}");
            assert!((0..30).all(|port| shares.take(&packet(6_010 + port, false), now)), "others' beacons");
        }
    }

    #[test]
    fn any_bytes_are_judged() {
        let whole = packet(5_000, false);
        for length in 0..whole.len() {
            for first in [0x45, 0x4F, 0xFF] {
                let mut bytes = whole[..length].to_vec();
                bytes.iter_mut().skip(COPY_HEADER_BYTES).take(1).for_each(|byte| *byte = first);
                assert!(Shares::new().take(&bytes, Instant::now()));
            }
        }
    }
}
