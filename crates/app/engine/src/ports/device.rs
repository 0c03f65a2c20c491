#[cfg(unix)]
use std::os::fd::BorrowedFd;
use std::{
    io::{self, IoSlice},
    net::{Ipv4Addr, SocketAddrV4},
    sync::Arc,
};

use lanrage_adapter::{Device, Ready};
use lanrage_tunnel::PacketDevice;

/// An adapter as the data plane's packet threads use it. The two crates do not know each other.
pub struct TunnelDevice(Arc<dyn Device>);

impl TunnelDevice {
    /// Wraps an adapter.
    pub fn new(device: Arc<dyn Device>) -> Self {
        Self(device)
    }
}

impl PacketDevice for TunnelDevice {
    fn queues(&self) -> usize {
        self.0.queues()
    }

    fn offloads(&self) -> bool {
        self.0.offloads()
    }

    fn has_copies(&self) -> bool {
        self.0.has_copies()
    }

    fn wait(&self, queue: usize) -> io::Result<bool> {
        Ok(self.0.wait(queue)? == Ready::Packets)
    }

    #[cfg(unix)]
    fn descriptor(&self, queue: usize) -> Option<BorrowedFd<'_>> {
        self.0.descriptor(queue)
    }

    fn try_read(&self, queue: usize, frame: &mut [u8]) -> io::Result<Option<usize>> {
        self.0.try_read(queue, frame)
    }

    fn write(&self, queue: usize, packet: &[IoSlice<'_>]) -> io::Result<()> {
        self.0.write(queue, packet)
    }

    fn udp_receiver(&self, from: SocketAddrV4, to: SocketAddrV4) -> Option<Ipv4Addr> {
        self.0.udp_receiver(from, to)
    }

    fn is_own(&self, address: Ipv4Addr) -> bool {
        self.0.is_own(address)
    }

    fn hear(&self, group: Ipv4Addr) {
        self.0.hear(group);
    }

    fn is_deaf(&self, group: Ipv4Addr, from: SocketAddrV4, to: SocketAddrV4) -> bool {
        self.0.is_deaf(group, from, to)
    }

    fn wake(&self) {
        self.0.wake();
    }
}
