//! Packets through the device's file descriptor, wherever it comes from: opened here, or handed over by a
//! privileged helper.

use std::{
    io,
    net::Shutdown,
    os::{
        fd::{FromRawFd, IntoRawFd, OwnedFd},
        unix::net::UnixStream,
    },
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
};

use crate::Ready;

/// An open device.
#[derive(Debug)]
pub(crate) struct Packets {
    device: OwnedFd,
    /// A connected pair: shutting it down is the wake, which polling then reports for ever.
    waker: UnixStream,
    woken: UnixStream,
}

impl Packets {
    /// Takes a device over; its descriptor must be non-blocking.
    pub(crate) fn new(device: OwnedFd) -> io::Result<Self> {
        let (waker, woken) = UnixStream::pair()?;
        Ok(Self { device, waker, woken })
    }

    /// Takes over the configured device that the `tun` crate opened.
    pub(crate) fn from_tun(device: tun::Device) -> io::Result<Self> {
        device.set_nonblock()?;
        let descriptor = device.into_raw_fd();
        // SAFETY: `into_raw_fd` gave up the only ownership of an open descriptor.
        #[allow(unsafe_code)]
        let device = unsafe { OwnedFd::from_raw_fd(descriptor) };
        Self::new(device)
    }

    /// Gives the device away, to be taken over by another process.
    #[cfg(target_os = "linux")]
    pub(crate) fn into_descriptor(self) -> OwnedFd {
        self.device
    }

    pub(crate) fn wait(&self) -> io::Result<Ready> {
        loop {
            let mut ready =
                [PollFd::new(&self.device, PollFlags::IN), PollFd::new(&self.woken, PollFlags::IN)];
            match poll(&mut ready, None) {
                Err(Errno::INTR) => continue,
                other => other?,
            };
            let [device, wake] = ready.map(|descriptor| !descriptor.revents().is_empty());
            if wake {
                return Ok(Ready::Woken);
            }
            // A removed device polls as an error, which `try_read` then reports.
            if device {
                return Ok(Ready::Packets);
            }
        }
    }

    pub(crate) fn try_read(&self, buf: &mut [u8]) -> io::Result<Option<usize>> {
        loop {
            match header::read(&self.device, buf) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => return Ok(Some(length)),
                Err(Errno::AGAIN) => return Ok(None),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(crate) fn write(&self, packet: &[u8]) -> io::Result<()> {
        rustix::io::retry_on_intr(|| header::write(&self.device, packet))?;
        Ok(())
    }

    pub(crate) fn wake(&self) {
        // Fails only where it was done before (macOS).
        let _ = self.waker.shutdown(Shutdown::Write);
    }
}

/// Linux devices are opened to carry bare packets.
#[cfg(target_os = "linux")]
mod header {
    use std::os::fd::OwnedFd;

    pub(super) fn read(device: &OwnedFd, buf: &mut [u8]) -> rustix::io::Result<usize> {
        rustix::io::read(device, buf)
    }

    pub(super) fn write(device: &OwnedFd, packet: &[u8]) -> rustix::io::Result<usize> {
        rustix::io::write(device, packet)
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

    pub(super) fn write(device: &OwnedFd, packet: &[u8]) -> rustix::io::Result<usize> {
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
        (Packets::new(device.into()).unwrap(), far)
    }

    #[test]
    fn a_wake_holds_for_every_later_wait_and_hides_no_packet() {
        let (packets, mut far) = packets();
        far.write_all(b"packet").unwrap();
        assert_eq!(packets.wait().unwrap(), Ready::Packets);
        packets.wake();
        packets.wake();
        assert_eq!(packets.wait().unwrap(), Ready::Woken);
        assert_eq!(packets.wait().unwrap(), Ready::Woken);
        assert!(packets.try_read(&mut [0; 16]).unwrap().is_some());
        assert!(packets.try_read(&mut [0; 16]).unwrap().is_none());
    }

    #[test]
    fn a_device_that_ended_is_reported_by_the_read_after_the_wait() {
        let (packets, far) = packets();
        drop(far);
        assert_eq!(packets.wait().unwrap(), Ready::Packets);
        assert!(packets.try_read(&mut [0; 16]).is_err());
    }
}
