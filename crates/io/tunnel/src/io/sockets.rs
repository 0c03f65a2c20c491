//! The UDP sockets, and how batches of datagrams pass them, with segmentation offload (GSO, GRO) where the system has
//! it: the packet threads know only batches. Where the system can, each lane has a socket of its own on the same port
//! (`steering`).
//!
//! No datagram is fragmented on its way (RFC 8899 §3): so a probe that arrives proves the path's MTU, and what is too
//! long for the interface is refused at once. `quinn-udp` sets that, on Linux without heeding the kernel's cached path
//! MTU (`IP_PMTUDISC_PROBE`), which anybody who can forge ICMP may lower. What routers say by ICMP is heard all the same,
//! as a hint to measure at once (RFC 8899 §4.6).

use std::{
    io::{self, IoSliceMut},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use lanrage_party::{Lane, facts::DropReason};
use mio::{Interest, Registry, Token, net::UdpSocket};
use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};

use crate::datagram::batch::ReceiveBatch;
use crate::io::reply_source::ReplySources;
#[cfg(target_os = "linux")]
use crate::io::{steering, way_out::leads_by};

/// Bytes asked for each receive buffer, for a thread that has to wait for the processor: 12 ms at 2.5 Gbit/s. A process
/// that may not exceed the system's limit gets that limit.
const RECEIVE_BUFFER_BYTES: usize = 4 * 1024 * 1024;
/// Bytes asked for each send buffer. What does not fit waits in our own queue (`bulk_queue`), where it is fair among
/// friends and does not grow: a long buffer here would be a queue that nobody manages.
const SEND_BUFFER_BYTES: usize = 256 * 1024;
/// What the system itself lets pass first where it has a queue of its own (`TC_PRIO_INTERACTIVE`). Nothing of it is in
/// the datagram.
#[cfg(target_os = "linux")]
const EXPRESS_PRIORITY: u32 = 6;
/// How often another port is tried when the one that IPv4 got is taken for IPv6.
const PORT_TRIES: usize = 8;
/// Errors in a row after which a socket is left alone until the next wake-up.
const RECEIVE_ERRORS: usize = 32;
/// Whether a socket is to be asked again after that many. On Windows no event says so until it has been found empty: whoever
/// had us told of enough ports that are closed would have made it deaf.
const MORE_AFTER_ERRORS: bool = cfg!(windows);
/// How often a datagram is sent again that failed for an ICMP error about an earlier one.
const SEND_TRIES: usize = 3;
/// How many such errors are read at once: each makes room for the next.
#[cfg(unix)]
const HEARD_ERRORS: usize = 64;

/// One UDP port per family, for everything: WireGuard, STUN, TURN.
#[derive(Debug)]
pub struct UdpSockets {
    v4: Lanes,
    v6: Option<Lanes>,
    port: u16,
    /// The smallest MTU that a router has named since it was asked for last; more than any if none has.
    named_mtu: AtomicU32,
}

/// The sockets of one port.
#[derive(Debug)]
struct Lanes {
    bulk: Bound,
    /// Where the system cannot tell lanes apart, the other one serves both.
    express: Option<Bound>,
    sources: ReplySources,
}

#[derive(Debug)]
struct Bound {
    socket: UdpSocket,
    state: UdpSocketState,
}

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    pub(crate) const BOTH: [Self; 2] = [Self::V4, Self::V6];
    const TOKENS: [Token; 2] = [Token(0), Token(1)];

    const fn of(address: SocketAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    const fn token(self) -> Token {
        Self::TOKENS[self as usize]
    }
}

impl UdpSockets {
    /// Binds both families on all interfaces, with the same port where possible; `0` takes any. IPv6 is left
    /// out where the system has none.
    ///
    /// # Errors
    /// What the OS says if the IPv4 socket cannot be made: above all
    /// [`AddrInUse`](io::ErrorKind::AddrInUse) for a given port.
    pub fn bind(port: u16) -> io::Result<Self> {
        for _ in 1..PORT_TRIES {
            let (v4, own) = open(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))?;
            match open(SocketAddr::from((Ipv6Addr::UNSPECIFIED, own))) {
                Ok((v6, _)) => return Ok(Self::of_lanes(v4, Some(v6), own)),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && port == 0 => {}
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Self::with_two_ports(port),
                Err(error) => {
                    tracing::info!(%error, "no IPv6 socket");
                    return Ok(Self::of_lanes(v4, None, own));
                }
            }
        }
        Self::with_two_ports(port)
    }

    fn with_two_ports(port: u16) -> io::Result<Self> {
        let (v4, port) = open(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))?;
        let v6 = open(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))).ok().map(|(v6, _)| v6);
        Ok(Self::of_lanes(v4, v6, port))
    }

    const fn of_lanes(v4: Lanes, v6: Option<Lanes>, port: u16) -> Self {
        Self { v4, v6, port, named_mtu: AtomicU32::new(u32::MAX) }
    }

    /// The port of the IPv4 socket; nearly always that of the IPv6 socket too.
    pub const fn local_port(&self) -> u16 {
        self.port
    }

    /// Whether the lane has sockets of its own.
    pub(crate) fn has(&self, lane: Lane) -> bool {
        lane == Lane::Bulk || self.v4.express.is_some()
    }

    pub(crate) fn register(&mut self, lane: Lane, registry: &Registry) -> io::Result<()> {
        for (family, lanes) in [(Family::V4, Some(&mut self.v4)), (Family::V6, self.v6.as_mut())] {
            if let Some(bound) = lanes.and_then(|lanes| lanes.own_mut(lane)) {
                registry.register(&mut bound.socket, family.token(), Interest::READABLE)?;
            }
        }
        Ok(())
    }

    /// The smallest MTU that a router on some way has named since the last call. Anybody may have forged it.
    pub(crate) fn take_named_mtu(&self) -> Option<u32> {
        // Nearly always there is none, and no processor has to take it from another.
        if self.named_mtu.load(Relaxed) == u32::MAX {
            return None;
        }
        Some(self.named_mtu.swap(u32::MAX, Relaxed)).filter(|mtu| *mtu != u32::MAX)
    }

    /// Reads what was said by ICMP about datagrams that this socket has sent. False if nothing was.
    #[cfg(unix)]
    fn hear(&self, bound: &Bound) -> bool {
        let mut heard = false;
        for _ in 0..HEARD_ERRORS {
            let Ok(Some(error)) = bound.state.recv_transport_error((&bound.socket).into()) else { break };
            heard = true;
            // Without an address it is the system itself, which refuses what is too long when it is sent.
            if let (Some(_), Some(mtu)) = (error.addr, error.mtu()) {
                self.named_mtu.fetch_min(mtu, Relaxed);
            }
        }
        heard
    }

    /// Windows says nothing more than that there was an error.
    #[cfg(not(unix))]
    fn hear(&self, _bound: &Bound) -> bool {
        false
    }

    /// The family whose socket an event is about.
    pub(crate) fn family_of(token: Token) -> Option<Family> {
        Family::BOTH.into_iter().find(|family| family.token() == token)
    }

    /// Receives until the batch is full (true: there may be more) or the lane's own socket empty (false).
    pub(crate) fn receive(
        &self,
        lane: Lane,
        family: Family,
        batch: &mut ReceiveBatch,
        mut dropped: impl FnMut(DropReason),
    ) -> bool {
        let Some(lanes) = self.of(family) else { return false };
        let Some(bound) = lanes.own(lane) else { return false };
        let mut errors = 0;
        while let Some(room) = batch.room() {
            match bound.receive(room) {
                Ok(meta) => {
                    if let (Some(local), Some(interface)) = (meta.dst_ip, meta.interface_index) {
                        lanes.sources.note(meta.addr, local, interface);
                    }
                    if !batch.commit_coalesced(meta.len, meta.stride, meta.addr) {
                        dropped(DropReason::OversizedDatagram);
                    } else if meta.len == 0 {
                        dropped(DropReason::MalformedDatagram);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The error is about an earlier datagram of ours (an ICMP error), not about the socket.
                Err(_) => {
                    if !self.hear(bound) {
                        dropped(DropReason::ReceiveFailed);
                    }
                    errors += 1;
                    if errors == RECEIVE_ERRORS {
                        return MORE_AFTER_ERRORS;
                    }
                }
            }
        }
        true
    }

    /// Most datagrams that one send takes.
    pub(crate) fn run_limit(&self) -> usize {
        let limits = [Some(&self.v4), self.v6.as_ref()].into_iter().flatten();
        limits.map(|lanes| lanes.bulk.state.max_gso_segments()).min().unwrap_or(1)
    }

    /// Sends datagrams of `datagram_bytes` (the last one may be shorter) to one address. False if the socket's buffer
    /// is full, and nothing was sent: they may wait for [`wait_writable`](Self::wait_writable).
    pub(crate) fn send_run(
        &self,
        lane: Lane,
        run: &[u8],
        datagram_bytes: usize,
        to: SocketAddr,
        mut dropped: impl FnMut(DropReason),
    ) -> bool {
        // Some systems take a run that they cannot cut for one long datagram.
        if run.len() > datagram_bytes && self.run_limit() > 1 {
            match self.transmit(lane, run, Some(datagram_bytes), to) {
                Ok(()) => return true,
                Err(DropReason::SendBufferFull) => return false,
                // The interface cannot, or some of the datagrams are too long: each is sent for itself.
                Err(_) => {}
            }
        }
        for (n, datagram) in run.chunks(datagram_bytes.max(1)).enumerate() {
            match self.transmit(lane, datagram, None, to) {
                Ok(()) => {}
                Err(DropReason::SendBufferFull) if n == 0 => return false,
                Err(reason) => dropped(reason),
            }
        }
        true
    }

    /// Sends one datagram that may not wait: what the OS does not take at once is dropped.
    pub(crate) fn send_one(&self, lane: Lane, datagram: &[u8], to: SocketAddr) -> Result<(), DropReason> {
        self.transmit(lane, datagram, None, to)
    }

    /// Nothing is known any more of which of our addresses anybody speaks to.
    pub(crate) fn forget_sources(&self) {
        [Some(&self.v4), self.v6.as_ref()].into_iter().flatten().for_each(|lanes| lanes.sources.forget_all());
    }

    fn transmit(
        &self,
        lane: Lane,
        contents: &[u8],
        segment_size: Option<usize>,
        to: SocketAddr,
    ) -> Result<(), DropReason> {
        let lanes = self.of(Family::of(to)).ok_or(DropReason::NoSocket)?;
        let bound = lanes.own(lane).unwrap_or(&lanes.bulk);
        let src_ip = lanes.sources.of(to);
        let mut transmit = Transmit { destination: to, ecn: None, contents, segment_size, src_ip };
        let mut tries = 0;
        loop {
            tries += 1;
            let sent = bound.socket.try_io(|| bound.state.try_send((&bound.socket).into(), &transmit));
            match sent {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(DropReason::SendBufferFull);
                }
                // The address is no more, or no way leads from it: the system chooses.
                Err(error) if transmit.src_ip.is_some() && is_about_the_source(&error) => {
                    lanes.sources.forget(to);
                    transmit.src_ip = None;
                }
                // Linux reports an ICMP error about an earlier datagram by refusing this one, once.
                Err(_) if tries < SEND_TRIES && self.hear(bound) => {}
                Err(error) if quinn_udp::is_msg_size_err(&error) => return Err(DropReason::DatagramTooBig),
                Err(_) => return Err(DropReason::SendFailed),
            }
        }
    }

    /// Blocks until the bulk socket for `to` takes datagrams again, at most for `limit`.
    pub(crate) fn wait_writable(&self, to: SocketAddr, limit: Duration) {
        if let Some(lanes) = self.of(Family::of(to)) {
            lanes.bulk.wait_writable(limit);
        }
    }

    const fn of(&self, family: Family) -> Option<&Lanes> {
        match family {
            Family::V4 => Some(&self.v4),
            Family::V6 => self.v6.as_ref(),
        }
    }
}

impl Lanes {
    const fn own(&self, lane: Lane) -> Option<&Bound> {
        match lane {
            Lane::Bulk => Some(&self.bulk),
            Lane::Express => self.express.as_ref(),
        }
    }

    const fn own_mut(&mut self, lane: Lane) -> Option<&mut Bound> {
        match lane {
            Lane::Bulk => Some(&mut self.bulk),
            Lane::Express => self.express.as_mut(),
        }
    }
}

impl Bound {
    #[cfg(unix)]
    fn wait_writable(&self, limit: Duration) {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let limit = Timespec { tv_sec: limit.as_secs() as i64, tv_nsec: limit.subsec_nanos().into() };
        // Whatever it says: the next try to send tells.
        let _ = poll(&mut [PollFd::new(&self.socket, PollFlags::OUT)], Some(&limit));
    }

    #[cfg(not(unix))]
    fn wait_writable(&self, limit: Duration) {
        std::thread::sleep(limit);
    }

    fn new(socket: Socket) -> io::Result<Self> {
        let sized = force_receive_buffer(&socket)
            .or_else(|_| socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES))
            .and_then(|()| socket.set_send_buffer_size(SEND_BUFFER_BYTES));
        if let Err(error) = sized {
            tracing::debug!(%error, "the socket keeps a default buffer");
        }
        socket.set_nonblocking(true)?;
        let state = UdpSocketState::new((&socket).into())?;
        #[cfg(unix)]
        if let Err(error) = state.enable_transport_errors((&socket).into()) {
            tracing::debug!(%error, "ICMP errors are not heard");
        }
        if state.may_fragment() {
            tracing::warn!("the system fragments datagrams: path MTUs may be found too large");
        }
        Ok(Self { socket: UdpSocket::from_std(socket.into()), state })
    }

    fn receive(&self, room: &mut [u8]) -> io::Result<RecvMeta> {
        let mut meta = [RecvMeta::default()];
        let mut room = [IoSliceMut::new(room)];
        self.socket.try_io(|| self.state.recv((&self.socket).into(), &mut room, &mut meta))?;
        Ok(meta[0])
    }
}

/// Whether a datagram was refused because nothing can be sent from an address to its destination.
fn is_about_the_source(error: &io::Error) -> bool {
    use io::ErrorKind::{AddrNotAvailable, HostUnreachable, InvalidInput, NetworkUnreachable};
    matches!(error.kind(), AddrNotAvailable | HostUnreachable | InvalidInput | NetworkUnreachable)
}

/// A system of the strong host model sends from an address by the interface that has it (RFC 1122 §3.3.4.2).
#[cfg(windows)]
fn leads_by(_remote: SocketAddr, _local: std::net::IpAddr, _interface: u32) -> bool {
    true
}

/// Where that is not known, the system chooses.
#[cfg(not(any(windows, target_os = "linux")))]
fn leads_by(_remote: SocketAddr, _local: std::net::IpAddr, _interface: u32) -> bool {
    false
}

/// Makes the receive buffer as large as we want it, where we have the right to (CAP_NET_ADMIN).
#[cfg(target_os = "linux")]
fn force_receive_buffer(socket: &Socket) -> io::Result<()> {
    Ok(rustix::net::sockopt::set_socket_recv_buffer_size_force(socket, RECEIVE_BUFFER_BYTES)?)
}

#[cfg(not(target_os = "linux"))]
fn force_receive_buffer(_socket: &Socket) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Lets what this socket sends differ from what the express lane's does in a thing that nobody looks at. Datagrams with one hop limit
/// are put together by the receiver's system (GRO), and then all go to the lane of the first.
fn tell_apart(bulk: &Socket) {
    // Each family has its own.
    let _ = bulk.ttl_v4().and_then(|limit| bulk.set_ttl_v4(limit.max(2) - 1));
    let _ = bulk.unicast_hops_v6().and_then(|limit| bulk.set_unicast_hops_v6(limit.max(2) - 1));
}

fn open(address: SocketAddr) -> io::Result<(Lanes, u16)> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        // The IPv4 socket has the IPv4 traffic, whatever the system's default.
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    let express = express_beside(&socket);
    if express.is_some() {
        tell_apart(&socket);
    }
    let bulk = Bound::new(socket)?;
    let port = bulk.socket.local_addr()?.port();
    Ok((Lanes { bulk, express, sources: ReplySources::new(leads_by) }, port))
}

#[cfg(target_os = "linux")]
fn express_beside(bulk: &Socket) -> Option<Bound> {
    let express = steering::express_beside(bulk).and_then(|socket| {
        socket.set_priority(EXPRESS_PRIORITY)?;
        Bound::new(socket)
    });
    express.inspect_err(|error| tracing::info!(%error, "one socket serves both lanes")).ok()
}

#[cfg(not(target_os = "linux"))]
const fn express_beside(_bulk: &Socket) -> Option<Bound> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn what_came_to_one_of_several_addresses_is_answered_from_it() {
        use std::{net::UdpSocket, time::Duration};
        let sockets = UdpSockets::bind(0).unwrap();
        let friend = UdpSocket::bind("127.0.0.5:0").unwrap();
        friend.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let from = friend.local_addr().unwrap();
        let mut batch = ReceiveBatch::for_receiving();
        let receive = |batch: &mut ReceiveBatch| {
            batch.clear();
            while batch.is_empty() {
                sockets.receive(Lane::Bulk, Family::V4, batch, |reason| panic!("{reason:?}"));
            }
        };
        let stranger = UdpSocket::bind("127.0.0.6:0").unwrap();
        stranger.send_to(&[4], ("127.0.0.1", sockets.local_port())).unwrap();
        receive(&mut batch);
        friend.send_to(&[4], ("127.0.0.2", sockets.local_port())).unwrap();
        receive(&mut batch);
        for lane in Lane::BOTH {
            sockets.send_one(lane, b"answer", from).unwrap();
            let (_, answered) = friend.recv_from(&mut [0; 16]).unwrap();
            assert_eq!(answered, SocketAddr::from(([127, 0, 0, 2], sockets.local_port())));
        }
    }

    #[test]
    fn any_port_is_one_port_for_both_families() {
        let sockets = UdpSockets::bind(0).unwrap();
        assert_ne!(sockets.local_port(), 0);
        if let Some(v6) = &sockets.v6 {
            assert_eq!(v6.bulk.socket.local_addr().unwrap().port(), sockets.local_port());
        }
    }

    #[test]
    fn a_taken_port_is_an_error() {
        let first = UdpSockets::bind(0).unwrap();
        let second = UdpSockets::bind(first.local_port());
        assert_eq!(second.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn an_empty_socket_and_an_absent_one_give_nothing() {
        let mut sockets = UdpSockets::bind(0).unwrap();
        sockets.v6 = None;
        let mut batch = ReceiveBatch::for_receiving();
        for family in Family::BOTH {
            assert!(!sockets.receive(Lane::Bulk, family, &mut batch, |reason| panic!("{reason:?}")));
        }
        let sent = sockets.send_one(Lane::Bulk, b"x", SocketAddr::from((Ipv6Addr::LOCALHOST, 9)));
        assert_eq!((batch.is_empty(), sent), (true, Err(DropReason::NoSocket)));
    }

    #[test]
    fn a_run_goes_out_at_once_and_comes_in_as_it_was() {
        let [sender, receiver] = [(); 2].map(|()| UdpSockets::bind(0).unwrap());
        let to = SocketAddr::from((Ipv4Addr::LOCALHOST, receiver.local_port()));
        let datagrams: Vec<u8> = (0..10_000_u32).map(|n| (n / 1_456) as u8).collect();
        let sent = sender.send_run(Lane::Bulk, &datagrams, 1_456, to, |reason| panic!("{reason:?}"));
        assert!(sent);
        let mut batch = ReceiveBatch::for_receiving();
        let mut receives = 0;
        while batch.iter().len() < datagrams.len().div_ceil(1_456) {
            if let Ok(meta) = receiver.v4.bulk.receive(batch.room().unwrap()) {
                receives += 1;
                assert!(batch.commit_coalesced(meta.len, meta.stride, meta.addr));
            }
        }
        let received: Vec<_> = batch.iter().map(|(bytes, _)| bytes.to_vec()).collect();
        assert_eq!(received, datagrams.chunks(1_456).map(<[u8]>::to_vec).collect::<Vec<_>>());
        if sender.run_limit() > 1 && receiver.v4.bulk.state.gro_segments() > 1 {
            assert_eq!(receives, 1, "offloaded on both sides");
        }
    }

    #[test]
    fn a_datagram_that_is_too_long_for_the_way_is_a_reason_and_no_failure() {
        let sockets = UdpSockets::bind(0).unwrap();
        let to = SocketAddr::from((Ipv4Addr::LOCALHOST, sockets.local_port()));
        assert_eq!(sockets.send_one(Lane::Bulk, &[0; 70_000], to), Err(DropReason::DatagramTooBig));
        assert_eq!(sockets.send_one(Lane::Bulk, b"and the next one passes", to), Ok(()));
    }

    #[test]
    fn an_error_about_one_datagram_costs_no_other() {
        let [sender, receiver] = [(); 2].map(|()| UdpSockets::bind(0).unwrap());
        let closed = UdpSockets::bind(0).unwrap().local_port();
        let to = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        for _ in 0..3 {
            // Nobody is there, and the system says so by ICMP at once.
            sender.send_one(Lane::Bulk, b"lost", to(closed)).unwrap();
            assert_eq!(sender.send_one(Lane::Bulk, b"comes", to(receiver.local_port())), Ok(()));
        }
        sender.send_one(Lane::Bulk, b"lost", to(closed)).unwrap();
        let mut batch = ReceiveBatch::for_receiving();
        assert!(!sender.receive(Lane::Bulk, Family::V4, &mut batch, |reason| panic!("{reason:?}")));
        assert_eq!(sender.take_named_mtu(), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn no_datagram_may_be_fragmented() {
        use rustix::net::sockopt::{self, Ipv4PathMtuDiscovery, Ipv6PathMtuDiscovery};
        let sockets = UdpSockets::bind(0).unwrap();
        for lane in Lane::BOTH {
            let v4 = sockets.v4.own(lane).unwrap();
            assert_eq!(sockopt::ip_mtu_discover(&v4.socket), Ok(Ipv4PathMtuDiscovery::PROBE));
            if let Some(v6) = &sockets.v6 {
                let v6 = v6.own(lane).unwrap();
                assert_eq!(sockopt::ipv6_mtu_discover(&v6.socket), Ok(Ipv6PathMtuDiscovery::PROBE));
            }
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernel_gives_each_lane_its_datagrams() {
        let data = |receiver: u32| [&4_u32.to_le_bytes()[..], &receiver.to_le_bytes(), &[0; 24]].concat();
        let in_channel = |data: Vec<u8>| [&[0x40, 1, 0, 32][..], &data].concat();
        let express = [data(1 << 8), data(0xFFFF_FFFF), in_channel(data(1 << 8))];
        let handshake = [&[1, 1, 0, 0][..], &[0xFF; 144]].concat();
        let bulk =
            [data(2 << 8), data(0xFF), in_channel(data(2 << 8)), handshake, vec![4], vec![0x40, 1], vec![]];
        for address in
            [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))]
        {
            let [sender, receiver] = [(); 2].map(|()| UdpSockets::bind(0).unwrap());
            let family = Family::of(address);
            let to = SocketAddr::new(address.ip(), receiver.local_port());
            for (lane, datagrams) in [(Lane::Bulk, &bulk[..]), (Lane::Express, &express)] {
                for datagram in datagrams {
                    sender.send_one(Lane::Express, datagram, to).unwrap();
                    let other = Lane::BOTH[1 - lane as usize];
                    let [own, other] =
                        [lane, other].map(|lane| receiver.of(family).unwrap().own(lane).unwrap());
                    let mut room = vec![0; 70_000];
                    let meta = loop {
                        match own.receive(&mut room) {
                            Ok(meta) => break meta,
                            Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
                        }
                        assert!(other.receive(&mut [0; 2_048]).is_err(), "{datagram:02x?} for {lane:?}");
                    };
                    assert_eq!((&room[..meta.len], meta.addr.port()), (&datagram[..], sender.local_port()));
                }
            }
        }
    }
}
