//! Many packets in one call of the system, so that the traffic costs little beside what it is sent through.

use std::{io, net::UdpSocket};

use crate::packet::PACKET_BYTES;

/// Packets in a burst at most.
pub(crate) const PACKETS: usize = 64;

/// Sends the packets of `size` bytes that lie in `packets` one behind the other, at most [`PACKETS`]; how many the
/// system took.
///
/// # Errors
/// What the system says of the first one.
#[cfg(target_os = "linux")]
pub(crate) fn send(socket: &UdpSocket, packets: &[u8], size: usize) -> io::Result<usize> {
    use std::{io::IoSlice, os::fd::AsRawFd};

    use nix::sys::socket::{MsgFlags, MultiHeaders, sendmmsg};

    let slices: Vec<_> = packets.chunks(size).map(|packet| [IoSlice::new(packet)]).collect();
    let mut headers = MultiHeaders::<()>::preallocate(slices.len(), None);
    let addresses = vec![None; slices.len()];
    let sent = sendmmsg(socket.as_raw_fd(), &mut headers, &slices, addresses, [], MsgFlags::empty())?;
    Ok(sent.count())
}

/// The same, one by one.
#[cfg(not(target_os = "linux"))]
pub(crate) fn send(socket: &UdpSocket, packets: &[u8], size: usize) -> io::Result<usize> {
    packets.chunks(size).try_fold(0, |sent, packet| socket.send(packet).map(|_| sent + 1))
}

/// Room for a burst.
pub(crate) struct Room(Vec<[u8; PACKET_BYTES]>);

impl Room {
    pub(crate) fn new() -> Self {
        Self(vec![[0; PACKET_BYTES]; PACKETS])
    }

    /// Waits for a packet, as long as the socket's timeout says, and takes those that are there with it.
    ///
    /// # Errors
    /// What the system says, a timeout above all.
    #[cfg(target_os = "linux")]
    pub(crate) fn receive(&mut self, socket: &UdpSocket, mut each: impl FnMut(&[u8])) -> io::Result<()> {
        use std::{io::IoSliceMut, os::fd::AsRawFd};

        use nix::sys::socket::{MsgFlags, MultiHeaders, recvmmsg};

        let mut slices: Vec<_> = self.0.iter_mut().map(|room| [IoSliceMut::new(room)]).collect();
        let mut headers = MultiHeaders::<()>::preallocate(slices.len(), None);
        let received =
            recvmmsg(socket.as_raw_fd(), &mut headers, &mut slices, MsgFlags::MSG_WAITFORONE, None)?;
        for packet in received {
            packet.iovs().for_each(&mut each);
        }
        Ok(())
    }

    /// Waits for a packet, as long as the socket's timeout says.
    ///
    /// # Errors
    /// What the system says, a timeout above all.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn receive(&mut self, socket: &UdpSocket, mut each: impl FnMut(&[u8])) -> io::Result<()> {
        let length = socket.recv(&mut self.0[0])?;
        each(&self.0[0][..length]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_arrives_packet_by_packet() -> io::Result<()> {
        let [sender, receiver] = [UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?];
        sender.connect(receiver.local_addr()?)?;
        let packets: Vec<u8> = (0..30).collect();
        assert_eq!(send(&sender, &packets, 10)?, 3);
        let mut seen = Vec::new();
        let mut room = Room::new();
        while seen.len() < 3 {
            room.receive(&receiver, |packet| seen.push(packet.to_vec()))?;
        }
        assert_eq!(seen.concat(), packets);
        assert!(seen.iter().all(|packet| packet.len() == 10));
        Ok(())
    }
}
