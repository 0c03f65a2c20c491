//! A virtual network device with no operating system behind it, for tests.

use std::{
    io::{self, IoSlice},
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
    time::Duration,
};

use lanrage_party::limits::DATAGRAM_BYTES;

use crate::{
    Device, Ready,
    queue::{PacketQueue, Refused},
};

/// Packets that each direction holds; more are dropped, as a real device's queue does (Linux keeps 500).
pub const QUEUE_PACKETS: usize = 500;

/// Makes a device, and the system that it is plugged into.
pub fn pair(name: &str) -> (MemoryAdapter, System) {
    let outgoing = Arc::new(PacketQueue::new(QUEUE_PACKETS));
    let incoming = Arc::new(PacketQueue::new(QUEUE_PACKETS));
    let system = System { outgoing: outgoing.clone(), incoming: incoming.clone() };
    (MemoryAdapter { name: name.to_owned(), outgoing, incoming }, system)
}

/// The device.
#[derive(Debug)]
pub struct MemoryAdapter {
    name: String,
    outgoing: Arc<PacketQueue>,
    incoming: Arc<PacketQueue>,
}

impl Device for MemoryAdapter {
    fn name(&self) -> &str {
        &self.name
    }

    fn queues(&self) -> usize {
        1
    }

    fn offloads(&self) -> bool {
        false
    }

    fn wait(&self, _queue: usize) -> io::Result<Ready> {
        Ok(self.outgoing.wait())
    }

    #[cfg(unix)]
    fn descriptor(&self, _queue: usize) -> Option<std::os::fd::BorrowedFd<'_>> {
        None
    }

    fn try_read(&self, _queue: usize, buf: &mut [u8]) -> io::Result<Option<usize>> {
        self.outgoing.try_pop(buf)
    }

    fn write(&self, _queue: usize, packet: &[IoSlice<'_>]) -> io::Result<()> {
        self.incoming.push(&one_piece(packet)).map_err(|refused| match refused {
            Refused::Full => io::ErrorKind::WouldBlock.into(),
            Refused::Closed => io::ErrorKind::BrokenPipe.into(),
        })
    }

    fn udp_receiver(&self, _from: SocketAddrV4, _to: SocketAddrV4) -> Option<Ipv4Addr> {
        None
    }

    fn is_own(&self, _address: Ipv4Addr) -> bool {
        false
    }

    fn wake(&self) {
        self.outgoing.wake();
    }
}

impl Drop for MemoryAdapter {
    fn drop(&mut self) {
        self.outgoing.close();
        self.incoming.close();
    }
}

/// Without offload a packet is one piece already.
fn one_piece<'a>(packet: &'a [IoSlice<'_>]) -> std::borrow::Cow<'a, [u8]> {
    match packet {
        [whole] => (&**whole).into(),
        pieces => pieces.iter().flat_map(|piece| piece.iter().copied()).collect::<Vec<u8>>().into(),
    }
}

/// The operating system's side: what programs send and receive. Dropping it is the removal of the device.
#[derive(Debug)]
pub struct System {
    outgoing: Arc<PacketQueue>,
    incoming: Arc<PacketQueue>,
}

impl System {
    /// A program sends a packet that is routed into the device. `false` if it was dropped: the queue is full,
    /// or the device is gone.
    pub fn send(&self, packet: &[u8]) -> bool {
        self.outgoing.push(packet).is_ok()
    }

    /// The next packet that came out of the device, waiting for it up to `limit`.
    pub fn receive(&self, limit: Duration) -> Option<Vec<u8>> {
        self.incoming.wait_for(limit)?;
        let mut packet = vec![0; DATAGRAM_BYTES];
        let length = self.incoming.try_pop(&mut packet).ok()??;
        packet.truncate(length);
        Some(packet)
    }
}

impl Drop for System {
    fn drop(&mut self) {
        self.outgoing.close();
        self.incoming.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_cross_in_both_directions() {
        let (adapter, system) = pair("lanrage0");
        assert!(system.send(b"out"));
        assert_eq!(adapter.wait(0).unwrap(), Ready::Packets);
        let mut buf = [0; 16];
        assert_eq!(adapter.try_read(0, &mut buf).unwrap(), Some(3));
        assert_eq!(adapter.try_read(0, &mut buf).unwrap(), None);

        adapter.write(0, &[IoSlice::new(b"i"), IoSlice::new(b"n")]).unwrap();
        assert_eq!(system.receive(Duration::ZERO).as_deref(), Some(&b"in"[..]));
        assert_eq!(system.receive(Duration::ZERO), None);
    }

    #[test]
    fn a_wake_from_another_thread_ends_a_wait() {
        let (adapter, _system) = pair("lanrage0");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| adapter.wait(0).unwrap());
            adapter.wake();
            assert_eq!(waiting.join().unwrap(), Ready::Woken);
        });
    }

    #[test]
    fn a_removed_device_ends_the_wait_and_every_later_read() {
        let (adapter, system) = pair("lanrage0");
        drop(system);
        assert_eq!(adapter.wait(0).unwrap(), Ready::Packets);
        assert!(adapter.try_read(0, &mut [0; 16]).is_err());
        assert!(adapter.write(0, &[IoSlice::new(b"x")]).is_err());
    }

    #[test]
    fn a_system_that_reads_nothing_loses_packets_and_blocks_nobody() {
        let (adapter, _system) = pair("lanrage0");
        let accepted =
            (0..QUEUE_PACKETS + 10).filter(|_| adapter.write(0, &[IoSlice::new(b"x")]).is_ok()).count();
        assert_eq!(accepted, QUEUE_PACKETS);
    }
}
