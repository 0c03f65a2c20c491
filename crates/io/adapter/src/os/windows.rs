use std::{
    io::{self, IoSlice},
    net::{Ipv4Addr, UdpSocket},
    path::PathBuf,
    sync::Arc,
    thread,
};

use lanrage_party::{SEARCHES, SearchRule, SearchWays, limits::DATAGRAM_BYTES};

use crate::{
    AdapterConfig, AdapterError, Ready,
    queue::{PacketQueue, Refused},
};

/// Bytes of the ring that the driver shares with us, for each direction: a power of two from 128 KiB to 64 MiB.
/// Small, because a long queue is a delay.
const RING_BYTES: u32 = 1 << 20;

/// Packets read ahead of the reader; more are dropped.
const QUEUE_PACKETS: usize = 512;

/// Any fixed number of 128 bits; a name is folded into it.
const GUID_NAMESPACE: u128 = 0x6c61_6e72_6167_6500_8a3f_1d5c_7be2_9041;

/// An open wintun session.
///
/// The `tun` crate's blocking read cannot be interrupted, so a thread of its own reads, into a queue that can.
pub(crate) struct Packets {
    device: Arc<tun::Device>,
    queue: Arc<PacketQueue>,
    address: Ipv4Addr,
    broadcast: Ipv4Addr,
}

/// Windows itself keeps routes for broadcast and multicast on every interface and takes the one with the best
/// metric: the metric is all that is needed, and nobody sees searches that leave elsewhere, so they cannot be copied. A gateway
/// must not be set, it would become the default route.
pub(crate) fn create(name: &str, config: &AdapterConfig) -> Result<(Packets, String), AdapterError> {
    let library = library().ok_or(AdapterError::NoDriver)?;
    // The `tun` crate would open an adapter of that name, whoever made it.
    if exists(name) {
        return Err(AdapterError::NameTaken { name: name.to_owned() });
    }
    let subnet = config.subnet.net();
    let mut request = tun::Configuration::default();
    request
        .tun_name(name)
        .address(config.address.0)
        .netmask(subnet.netmask())
        .mtu(config.mtu)
        .ring_capacity(RING_BYTES)
        .platform_config(|platform| {
            platform.device_guid(guid(name));
            platform.wintun_file(library);
        });
    let ways = SearchWays::new(SearchRule::OWN, false, [true; SEARCHES.len()]);
    if let Some(rank) = ways.metric {
        request.metric(rank.metric());
    }
    let device = Arc::new(tun::create(&request).map_err(not_created)?);
    let queue = Arc::new(PacketQueue::new(QUEUE_PACKETS));
    read_in_background(device.clone(), queue.clone())
        .map_err(|source| AdapterError::Io { step: "start reading", source })?;
    let packets = Packets { device, queue, address: config.address.0, broadcast: config.subnet.broadcast() };
    Ok((packets, name.to_owned()))
}

impl Packets {
    pub(crate) const fn queues(&self) -> usize {
        1
    }

    pub(crate) const fn offloads(&self) -> bool {
        false
    }

    pub(crate) fn wait(&self, _queue: usize) -> io::Result<Ready> {
        Ok(self.queue.wait())
    }

    pub(crate) fn try_read(&self, _queue: usize, buf: &mut [u8]) -> io::Result<Option<usize>> {
        self.queue.try_pop(buf)
    }

    pub(crate) fn write(&self, _queue: usize, packet: &[IoSlice<'_>]) -> io::Result<()> {
        // Without offload a packet is one piece.
        let packet = packet.first().map_or(&[][..], |whole| whole);
        // The driver takes the length as 16 bits and has no use for nothing.
        if packet.is_empty() || packet.len() > DATAGRAM_BYTES {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        self.device.send(packet).map(drop)
    }

    pub(crate) fn wake(&self) {
        self.queue.wake();
    }
}

impl Drop for Packets {
    fn drop(&mut self) {
        self.queue.close();
        // The thread notices the closed queue at its next packet: here is one. If it cannot be sent, the
        // system's own chatter (name searches, group reports) is the next one, seconds later.
        let nudge = UdpSocket::bind((self.address, 0)).and_then(|socket| {
            socket.set_broadcast(true)?;
            socket.send_to(&[], (self.broadcast, 9))
        });
        if let Err(error) = nudge {
            tracing::debug!(%error, "the adapter goes away at its next packet");
        }
    }
}

impl std::fmt::Debug for Packets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packets").field("address", &self.address).finish_non_exhaustive()
    }
}

fn read_in_background(device: Arc<tun::Device>, queue: Arc<PacketQueue>) -> io::Result<()> {
    let read = move || {
        let mut buf = vec![0; DATAGRAM_BYTES];
        while let Ok(length) = device.recv(&mut buf) {
            // A full queue drops the packet; only a closed one ends the thread.
            if queue.push(&buf[..length]) == Err(Refused::Closed) {
                return;
            }
        }
        queue.close();
    };
    thread::Builder::new().name("adapter-read".into()).spawn(read).map(drop)
}

/// By its absolute path: a bare name would be looked for in directories that others can write to.
fn library() -> Option<PathBuf> {
    let library = std::env::current_exe().ok()?.parent()?.join("wintun.dll");
    library.is_file().then_some(library)
}

fn exists(name: &str) -> bool {
    netdev::get_interfaces().iter().any(|interface| interface.friendly_name.as_deref() == Some(name))
}

/// The same name has the same identity every time, or Windows would ask for its network profile at every start.
fn guid(name: &str) -> u128 {
    name.bytes()
        .take(16)
        .enumerate()
        .fold(GUID_NAMESPACE, |guid, (place, byte)| guid ^ (u128::from(byte) << (8 * place)))
}

fn not_created(error: tun::Error) -> AdapterError {
    let source = io::Error::from(error);
    // The driver's errors arrive as text, with the system's code (ERROR_ACCESS_DENIED is 5) in every language.
    if source.to_string().contains("0x00000005") {
        return AdapterError::PermissionDenied;
    }
    AdapterError::from_io("create it", source)
}
