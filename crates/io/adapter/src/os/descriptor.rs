//! Packets through the device's file descriptor, wherever it comes from: opened here, or handed over by a
//! privileged helper.

use std::{
    io::{self, IoSlice},
    net::Shutdown,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::net::UnixStream,
    },
    sync::Arc,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

#[cfg(target_os = "linux")]
use lanrage_party::COPIES_QUEUE;

#[cfg(target_os = "linux")]
use super::linux::copies::{Copies, Source};
use crate::Ready;

/// How often it is looked whether copies that had ended come again.
#[cfg(target_os = "linux")]
const RENEWAL: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// An open device.
#[derive(Debug)]
pub(crate) struct Packets {
    /// One descriptor for each queue.
    queues: Vec<OwnedFd>,
    offloads: bool,
    /// What programs send by other interfaces, where that can be seen.
    #[cfg(target_os = "linux")]
    copies: Option<Arc<Copies>>,
    /// A connected pair: shutting it down is the wake, which polling then reports for ever.
    waker: UnixStream,
    woken: UnixStream,
}

impl Packets {
    /// Takes a device over; its descriptors, at least one, must be non-blocking.
    pub(crate) fn new(queues: Vec<OwnedFd>, offloads: bool) -> io::Result<Self> {
        let (waker, woken) = UnixStream::pair()?;
        Ok(Self {
            queues,
            offloads,
            #[cfg(target_os = "linux")]
            copies: None,
            waker,
            woken,
        })
    }

    /// With a queue more, [`COPIES_QUEUE`].
    #[cfg(target_os = "linux")]
    pub(crate) fn with_copies(self, source: Option<Source>) -> Self {
        Self { copies: source.map(|source| Arc::new(Copies::new(source))), ..self }
    }

    #[cfg(target_os = "linux")]
    pub(crate) const fn copies(&self) -> Option<&Arc<Copies>> {
        self.copies.as_ref()
    }

    pub(crate) fn queues(&self) -> usize {
        self.queues.len()
    }

    /// Gives the queues away, to be taken over by another process, and the tap of searches, to be kept.
    #[cfg(target_os = "linux")]
    pub(crate) fn into_descriptors(self) -> (Vec<OwnedFd>, Option<OwnedFd>) {
        (self.queues, self.copies.and_then(Arc::into_inner).and_then(Copies::into_tap))
    }

    pub(crate) fn offloads(&self) -> bool {
        self.offloads
    }

    pub(crate) fn wait(&self, queue: usize) -> io::Result<Ready> {
        #[cfg(target_os = "linux")]
        if let (COPIES_QUEUE, Some(copies)) = (queue, &self.copies) {
            return self.wait_for_copies(copies);
        }
        let queue = self.queue(queue)?.as_fd();
        loop {
            if let Some(ready) = self.wait_for(Some(queue), None)? {
                return Ok(ready);
            }
        }
    }

    /// Where copies have ended, others may come.
    #[cfg(target_os = "linux")]
    fn wait_for_copies(&self, copies: &Copies) -> io::Result<Ready> {
        loop {
            let source = copies.source();
            let limit = source.is_none().then_some(&RENEWAL);
            if let Some(ready) = self.wait_for(source.as_deref().map(Source::descriptor), limit)? {
                return Ok(ready);
            }
        }
    }

    /// Waits for a wake, and for packets where there is something to wait for. None when the time is over.
    fn wait_for(
        &self,
        packets: Option<BorrowedFd<'_>>,
        limit: Option<&Timespec>,
    ) -> io::Result<Option<Ready>> {
        let wake = || PollFd::new(&self.woken, PollFlags::IN);
        let mut ready =
            [wake(), packets.map_or_else(wake, |packets| PollFd::from_borrowed_fd(packets, PollFlags::IN))];
        loop {
            match poll(&mut ready, limit) {
                Ok(0) => return Ok(None),
                Err(Errno::INTR) => continue,
                other => other?,
            };
            let [wake, packets] = ready.each_ref().map(|descriptor| !descriptor.revents().is_empty());
            if wake {
                return Ok(Some(Ready::Woken));
            }
            // A removed device polls as an error, which `try_read` then reports.
            if packets {
                return Ok(Some(Ready::Packets));
            }
        }
    }

    pub(crate) fn descriptor(&self, queue: usize) -> Option<BorrowedFd<'_>> {
        self.queues.get(queue).map(AsFd::as_fd)
    }

    pub(crate) fn try_read(&self, queue: usize, buf: &mut [u8]) -> io::Result<Option<usize>> {
        #[cfg(target_os = "linux")]
        if let (COPIES_QUEUE, Some(copies)) = (queue, &self.copies) {
            return Ok(copies.try_read(buf));
        }
        let queue = self.queue(queue)?;
        loop {
            match header::read(queue, buf) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => return Ok(Some(length)),
                Err(Errno::AGAIN) => return Ok(None),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(crate) fn write(&self, queue: usize, packet: &[IoSlice<'_>]) -> io::Result<()> {
        let queue = self.queue(queue)?;
        rustix::io::retry_on_intr(|| header::write(queue, packet))?;
        Ok(())
    }

    fn queue(&self, queue: usize) -> io::Result<&OwnedFd> {
        self.queues.get(queue).ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }

    pub(crate) fn wake(&self) {
        // Fails only where it was done before (macOS).
        let _ = self.waker.shutdown(Shutdown::Write);
    }
}

/// Linux puts nothing before a packet but what an offloading device's reader and writer exchange themselves.
#[cfg(target_os = "linux")]
mod header {
    use std::{io::IoSlice, os::fd::OwnedFd};

    pub(super) fn read(device: &OwnedFd, buf: &mut [u8]) -> rustix::io::Result<usize> {
        rustix::io::read(device, buf)
    }

    pub(super) fn write(device: &OwnedFd, packet: &[IoSlice<'_>]) -> rustix::io::Result<usize> {
        match packet {
            [whole] => rustix::io::write(device, whole),
            pieces => rustix::io::writev(device, pieces),
        }
    }
}

/// macOS puts the address family, 4 bytes in network order, before every packet.
#[cfg(target_os = "macos")]
mod header {
    use std::{
        io::{IoSlice, IoSliceMut},
        os::fd::OwnedFd,
    };

    use rustix::net::AddressFamily;

    pub(super) fn read(device: &OwnedFd, buf: &mut [u8]) -> rustix::io::Result<usize> {
        let mut family = [0; 4];
        let length = rustix::io::readv(device, &mut [IoSliceMut::new(&mut family), IoSliceMut::new(buf)])?;
        Ok(length.saturating_sub(family.len()))
    }

    pub(super) fn write(device: &OwnedFd, packet: &[IoSlice<'_>]) -> rustix::io::Result<usize> {
        // Without offload a packet is one piece.
        let packet = packet.first().map_or(&[][..], |whole| whole);
        let family = match packet.first().map(|byte| byte >> 4) {
            Some(6) => AddressFamily::INET6,
            _ => AddressFamily::INET,
        };
        let family = u32::from(family.as_raw()).to_be_bytes();
        rustix::io::writev(device, &[IoSlice::new(&family), IoSlice::new(packet)])
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn packets() -> (Packets, UnixStream) {
        let (device, far) = UnixStream::pair().unwrap();
        device.set_nonblocking(true).unwrap();
        (Packets::new(vec![device.into()], false).unwrap(), far)
    }

    #[test]
    fn a_wake_holds_for_every_later_wait_and_hides_no_packet() {
        let (packets, mut far) = packets();
        far.write_all(b"packet").unwrap();
        assert_eq!(packets.wait(0).unwrap(), Ready::Packets);
        packets.wake();
        packets.wake();
        assert_eq!(packets.wait(0).unwrap(), Ready::Woken);
        assert_eq!(packets.wait(0).unwrap(), Ready::Woken);
        assert!(packets.try_read(0, &mut [0; 16]).unwrap().is_some());
        assert!(packets.try_read(0, &mut [0; 16]).unwrap().is_none());
    }

    #[test]
    fn a_device_that_ended_is_reported_by_the_read_after_the_wait() {
        let (packets, far) = packets();
        drop(far);
        assert_eq!(packets.wait(0).unwrap(), Ready::Packets);
        assert!(packets.try_read(0, &mut [0; 16]).is_err());
    }
}
