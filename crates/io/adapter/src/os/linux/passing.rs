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
/// Packets at most that are passed on in one go, and the pause behind them: a flood costs little time.
const BATCH: usize = 64;
const PAUSE: Duration = Duration::from_millis(5);

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
            if hung_up || seen && !self.pass_on_some(to, &mut packet) {
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
    fn pass_on_some(&self, to: &OwnedFd, packet: &mut [u8]) -> bool {
        for _ in 0..BATCH {
            let length = match tap::receive(&self.tap, packet) {
                Ok(Some(length)) => length,
                Ok(None) => return true,
                Err(_) => return false,
            };
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
