//! Packets through the device's file descriptor, wherever it comes from: opened here, or handed over by a
//! privileged helper.

use std::{
    io::{self, Read, Write},
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
    /// One byte in this pair is one wake. A full pair loses further bytes, never the wake.
    wake_writer: UnixStream,
    wake_reader: UnixStream,
}

impl Packets {
    /// Takes a device over; its descriptor must be non-blocking.
    pub(crate) fn new(device: OwnedFd) -> io::Result<Self> {
        let (wake_writer, wake_reader) = UnixStream::pair()?;
        wake_writer.set_nonblocking(true)?;
        wake_reader.set_nonblocking(true)?;
        Ok(Self { device, wake_writer, wake_reader })
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

    pub(crate) fn wait(&self) -> io::Result<Ready> {
        loop {
            let mut ready =
                [PollFd::new(&self.device, PollFlags::IN), PollFd::new(&self.wake_reader, PollFlags::IN)];
            match poll(&mut ready, None) {
                Err(Errno::INTR) => continue,
                other => other?,
            };
            let [device, wake] = ready.map(|descriptor| !descriptor.revents().is_empty());
            if wake {
                self.take_wakes();
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
        // The only failure is a full pair: a wake is pending then.
        let _ = (&self.wake_writer).write(&[1]);
    }

    fn take_wakes(&self) {
        let mut bytes = [0; 64];
        while matches!((&self.wake_reader).read(&mut bytes), Ok(1..)) {}
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
    use super::*;

    fn packets() -> (Packets, UnixStream) {
        let (device, far) = UnixStream::pair().unwrap();
        device.set_nonblocking(true).unwrap();
        (Packets::new(device.into()).unwrap(), far)
    }

    #[test]
    fn more_wakes_than_the_pair_can_hold_neither_block_nor_repeat() {
        let (packets, mut far) = packets();
        for _ in 0..200_000 {
            packets.wake();
        }
        assert_eq!(packets.wait().unwrap(), Ready::Woken);
        far.write_all(b"packet").unwrap();
        assert_eq!(packets.wait().unwrap(), Ready::Packets);
    }

    #[test]
    fn a_wake_is_reported_before_waiting_packets_and_hides_none() {
        let (packets, mut far) = packets();
        far.write_all(b"packet").unwrap();
        packets.wake();
        assert_eq!(packets.wait().unwrap(), Ready::Woken);
        assert_eq!(packets.wait().unwrap(), Ready::Packets);
        assert!(packets.try_read(&mut [0; 16]).unwrap().is_some());
        assert!(packets.try_read(&mut [0; 16]).unwrap().is_none());
    }
}
