//! What programs of this computer send to everybody by other interfaces, as the adapter gives it to its reader.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    sync::Arc,
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
    /// None where whoever made copies has ended.
    source: Mutex<Option<Arc<Source>>>,
    senders: Mutex<OwnAddresses>,
}

/// Where copies come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// A tap of ours.
    Tap(OwnedFd),
    /// The helper, which has the tap.
    Helper(OwnedFd),
}

impl Source {
    /// What polls as readable when there is a copy.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tap(descriptor) | Self::Helper(descriptor) => descriptor.as_fd(),
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
    pub(crate) fn new(source: Source) -> Self {
        Self { source: Mutex::new(Some(Arc::new(source))), senders: Mutex::default() }
    }

    /// The tap, if it is this process's.
    pub(crate) fn into_tap(self) -> Option<OwnedFd> {
        match Arc::into_inner(self.source.into_inner()?)? {
            Source::Tap(tap) => Some(tap),
            Source::Helper(_) => None,
        }
    }

    /// Where they come from now; none where whoever made them has ended.
    pub(crate) fn source(&self) -> Option<Arc<Source>> {
        self.source.lock().clone()
    }

    /// Goes on with another source.
    pub(crate) fn renew(&self, source: Source) {
        *self.source.lock() = Some(Arc::new(source));
    }

    /// The next packet that a program of this computer has sent, with the number of its interface in front. What it passes on for
    /// others, as containers or guests, is theirs and goes no further.
    pub(crate) fn try_read(&self, buf: &mut [u8]) -> Option<usize> {
        let source = self.source()?;
        loop {
            let length = match source.receive(buf) {
                Ok(length) => length?,
                Err(error) => {
                    tracing::warn!(%error, "searches of programs are not copied any more");
                    self.source.lock().take_if(|present| Arc::ptr_eq(present, &source));
                    return None;
                }
            };
            let sender = buf.get(SOURCE..SOURCE + 4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
            let is_ours = |sender: [u8; 4]| self.senders.lock().contains(sender.into(), Instant::now());
            if length >= SOURCE + 8 && sender.is_some_and(is_ours) {
                return Some(length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, send, socketpair};

    use super::*;

    fn helper() -> (Source, OwnedFd) {
        let (ours, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
        (Source::Helper(ours), theirs)
    }

    #[test]
    fn copies_that_have_ended_go_on_with_another_helper() {
        let (source, theirs) = helper();
        let copies = Copies::new(source);
        let mut buf = [0; 64];
        assert_eq!(copies.try_read(&mut buf), None);
        assert!(copies.source().is_some(), "there is just none now");
        drop(theirs);
        assert_eq!(copies.try_read(&mut buf), None);
        assert!(copies.source().is_none());

        let (source, theirs) = helper();
        copies.renew(source);
        assert!(copies.source().is_some());
        // Of another machine, and cut.
        let mut packet = [0; SOURCE + 8];
        packet[SOURCE..SOURCE + 4].copy_from_slice(&[203, 0, 113, 7]);
        for foreign in [&packet[..], &packet[..SOURCE]] {
            send(&theirs, foreign, SendFlags::empty()).unwrap();
        }
        assert_eq!(copies.try_read(&mut buf), None);
        assert!(copies.source().is_some());
    }
}
