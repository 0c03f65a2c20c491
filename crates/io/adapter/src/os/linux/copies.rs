//! What programs of this computer send to everybody by other interfaces, as the adapter gives it to its reader.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Instant,
};

use lanrage_party::COPY_HEADER_BYTES;
use parking_lot::Mutex;

use super::{passing, tap};
use crate::os::OwnAddresses;

/// Where a copy has the address of its sender (RFC 791 §3.1).
const SOURCE: usize = COPY_HEADER_BYTES + 12;

/// The queue of copies.
#[derive(Debug)]
pub(crate) struct Copies {
    from: From,
    is_open: Arc<AtomicBool>,
    senders: Mutex<OwnAddresses>,
}

/// Where they come from.
#[derive(Debug)]
enum From {
    /// A tap of ours.
    Tap(OwnedFd),
    /// The helper, which has the tap.
    Helper(OwnedFd),
}

impl From {
    const fn descriptor(&self) -> &OwnedFd {
        match self {
            Self::Tap(descriptor) | Self::Helper(descriptor) => descriptor,
        }
    }

    fn receive(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        match self {
            Self::Tap(tap) => tap::receive(tap, buf),
            Self::Helper(socket) => passing::receive(socket, buf),
        }
    }
}

impl Copies {
    /// What a tap of this process sees.
    pub(crate) fn seen(tap: OwnedFd) -> Self {
        Self::new(From::Tap(tap))
    }

    /// What the helper passes on by this socket.
    pub(crate) fn passed_on(socket: OwnedFd) -> Self {
        Self::new(From::Helper(socket))
    }

    /// The tap, if it is this process's.
    pub(crate) fn into_tap(self) -> Option<OwnedFd> {
        match self.from {
            From::Tap(tap) => Some(tap),
            From::Helper(_) => None,
        }
    }

    fn new(from: From) -> Self {
        Self { from, is_open: Arc::new(AtomicBool::new(true)), senders: Mutex::default() }
    }

    /// Whether copies still come; false for ever where whoever made them has ended.
    pub(crate) fn is_open(&self) -> &Arc<AtomicBool> {
        &self.is_open
    }

    /// What polls as readable when there is a copy; none after the end.
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.is_open.load(Relaxed).then(|| self.from.descriptor().as_fd())
    }

    /// The next packet that a program of this computer has sent, with the number of its interface in front. What it passes on for
    /// others, as containers or guests, is theirs and goes no further.
    pub(crate) fn try_read(&self, buf: &mut [u8]) -> Option<usize> {
        if !self.is_open.load(Relaxed) {
            return None;
        }
        loop {
            let length = match self.from.receive(buf) {
                Ok(length) => length?,
                Err(error) => {
                    tracing::warn!(%error, "searches of programs are not copied any more");
                    self.is_open.store(false, Relaxed);
                    return None;
                }
            };
            let source = buf.get(SOURCE..SOURCE + 4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
            let is_ours = |source: [u8; 4]| self.senders.lock().contains(source.into(), Instant::now());
            if length >= SOURCE + 8 && source.is_some_and(is_ours) {
                return Some(length);
            }
        }
    }
}
