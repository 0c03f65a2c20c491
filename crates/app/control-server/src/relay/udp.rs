use std::{
    cell::Cell,
    io::{self, IoSliceMut},
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use lanrage_nat::turn::Framing;
use lanrage_party::Lane;
use mio::net::UdpSocket;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::way::Way;

/// Buffers of a socket that many share, as far as the system grants them.
const SHARED_BUFFER_BYTES: usize = 8 << 20;
/// The same of one allocation's.
const RELAY_BUFFER_BYTES: usize = 1 << 20;
/// The hop limit where the system does not say its own (RFC 1700).
const HOP_LIMIT: u32 = 64;

/// One received message: up to 64 datagrams that the system has put together.
const MESSAGE_BYTES: usize = 65_536;
/// Room of one message with what is written around payloads in place.
const SLOT_BYTES: usize = Framing::HEADROOM + MESSAGE_BYTES + Framing::TAILROOM;

/// A UDP socket with segmentation offload.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) socket: UdpSocket,
    state: UdpSocketState,
    /// It takes both families, and knows IPv4 addresses only in their mapped form.
    mapped: bool,
    /// The port that it is bound to.
    pub(super) port: u16,
    /// The lane whose hop limit it has.
    limit_of: Cell<Lane>,
    /// The hop limit of what the system sends.
    hop_limit: u32,
}

/// What one call received.
#[derive(Debug)]
pub(super) struct Received {
    storage: Vec<u8>,
    metas: [RecvMeta; BATCH_SIZE],
    pub(super) count: usize,
}

impl Received {
    pub(super) fn new() -> Self {
        Self { storage: vec![0; BATCH_SIZE * SLOT_BYTES], metas: [RecvMeta::default(); BATCH_SIZE], count: 0 }
    }

    /// The `index`-th message: from where, to which own address, length of each datagram, all of them, and the buffer
    /// that they stand in from [`Framing::HEADROOM`] on.
    pub(super) fn message(&mut self, index: usize) -> (SocketAddr, Option<IpAddr>, usize, usize, &mut [u8]) {
        let meta = &self.metas[index];
        let buffer = &mut self.storage[index * SLOT_BYTES..(index + 1) * SLOT_BYTES];
        let from = SocketAddr::new(meta.addr.ip().to_canonical(), meta.addr.port());
        (from, meta.dst_ip.map(|ip| ip.to_canonical()), meta.stride.max(1), meta.len, buffer)
    }
}

impl Port {
    /// A socket that clients send to.
    pub(super) fn shared(address: SocketAddr) -> io::Result<Self> {
        Self::bind(address, SHARED_BUFFER_BYTES)
    }

    /// The socket of one allocation.
    pub(super) fn relay(address: SocketAddr) -> io::Result<Self> {
        Self::bind(address, RELAY_BUFFER_BYTES)
    }

    fn bind(address: SocketAddr, buffer_bytes: usize) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(!address.ip().is_unspecified())?;
        }
        // The system takes off what it does not allow.
        let _ = socket.set_recv_buffer_size(buffer_bytes);
        let _ = socket.set_send_buffer_size(buffer_bytes);
        let hop_limit = socket.ttl_v4().or_else(|_| socket.unicast_hops_v6()).unwrap_or(HOP_LIMIT);
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        let socket = UdpSocket::from_std(socket.into());
        let state = UdpSocketState::new((&socket).into())?;
        let port = socket.local_addr()?.port();
        let mapped = address.is_ipv6() && address.ip().is_unspecified();
        Ok(Self { socket, state, mapped, port, limit_of: Cell::new(Lane::Express), hop_limit })
    }

    /// Lets the two lanes differ in a thing that nobody looks at: datagrams with one hop limit are put together by the receiver's
    /// system (GRO), whatever lane they are of.
    fn tell_apart(&self, lane: Lane) {
        if self.limit_of.replace(lane) != lane {
            let socket = SockRef::from(&self.socket);
            let limit = if lane == Lane::Bulk { self.hop_limit.max(2) - 1 } else { self.hop_limit };
            // Of a socket for both families, both; of another, the one that it has.
            let _ = (socket.set_ttl_v4(limit), socket.set_unicast_hops_v6(limit));
        }
    }

    /// Reads what is there. Says whether there may be more.
    pub(super) fn receive(&self, received: &mut Received) -> io::Result<bool> {
        let Received { storage, metas, count } = received;
        *count = 0;
        let mut buffers = storage
            .chunks_exact_mut(SLOT_BYTES)
            .map(|slot| IoSliceMut::new(&mut slot[Framing::HEADROOM..Framing::HEADROOM + MESSAGE_BYTES]));
        let mut buffers: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| buffers.next().unwrap_or_else(|| IoSliceMut::new(&mut [])));
        *count = self.socket.try_io(|| self.state.recv((&self.socket).into(), &mut buffers, metas))?;
        // On systems without batches there may always be more.
        Ok(BATCH_SIZE == 1 || *count == BATCH_SIZE)
    }

    /// Datagrams that can be sent at once.
    pub(super) fn most_segments(&self) -> usize {
        self.state.max_gso_segments()
    }

    /// Sends `count` datagrams of `segment` bytes (the last one may be shorter). Says how many were lost.
    pub(super) fn send(&self, way: &Way, lane: Lane, bytes: &[u8], segment: usize, count: usize) -> u64 {
        self.tell_apart(lane);
        if count == 1 {
            return u64::from(self.send_one(way, bytes, None).is_err());
        }
        match self.send_one(way, bytes, Some(segment)) {
            Ok(()) => 0,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => count as u64,
            // The network card may not split them; then the state has noticed, and it is not tried again.
            Err(_) => {
                bytes.chunks(segment).map(|one| u64::from(self.send_one(way, one, None).is_err())).sum()
            }
        }
    }

    fn send_one(&self, way: &Way, contents: &[u8], segment_size: Option<usize>) -> io::Result<()> {
        let destination = if self.mapped { mapped(way.to) } else { way.to };
        let transmit = Transmit { destination, ecn: None, contents, segment_size, src_ip: way.source };
        self.socket.try_io(|| self.state.try_send((&self.socket).into(), &transmit))
    }
}

fn mapped(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) => SocketAddr::new(Ipv4Addr::to_ipv6_mapped(&ip).into(), address.port()),
        IpAddr::V6(_) => address,
    }
}
