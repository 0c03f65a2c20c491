//! The UDP sockets, and how batches of datagrams pass them, with segmentation offload (GSO, GRO) where the system has
//! it: the packet threads know only batches.
//!
//! No datagram is fragmented on its way (RFC 8899 §3): so a probe that arrives proves the path's MTU, and what is too
//! long for the interface is refused at once. `quinn-udp` sets that, on Linux without heeding the kernel's cached path
//! MTU (`IP_PMTUDISC_PROBE`), which anybody who can forge ICMP may lower.

use std::{
    io::{self, IoSliceMut},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

use mio::{Interest, Registry, Token, net::UdpSocket};
use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};

use crate::{counters::DropReason, datagrams::ReceiveBatch};

/// Bytes asked for each socket buffer: about 25 ms at 300 Mbit/s. More would only hide congestion in a queue
/// that a game's packets wait in. The OS may give less.
const SOCKET_BUFFER_BYTES: usize = 1024 * 1024;
/// How often another port is tried when the one that IPv4 got is taken for IPv6.
const PORT_TRIES: usize = 8;
/// Errors in a row after which a socket is left alone until the next wake-up.
const RECEIVE_ERRORS: usize = 32;

/// One UDP socket per family, for everything: WireGuard, STUN, TURN.
#[derive(Debug)]
pub struct UdpSockets {
    v4: Bound,
    v6: Option<Bound>,
    port: u16,
    port_v6: Option<u16>,
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
                Ok((v6, port_v6)) => return Ok(Self { v4, v6: Some(v6), port: own, port_v6: Some(port_v6) }),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && port == 0 => {}
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Self::with_two_ports(port),
                Err(error) => {
                    tracing::info!(%error, "no IPv6 socket");
                    return Ok(Self { v4, v6: None, port: own, port_v6: None });
                }
            }
        }
        Self::with_two_ports(port)
    }

    fn with_two_ports(port: u16) -> io::Result<Self> {
        let (v4, port) = open(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))?;
        let v6 = open(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))).ok();
        let (v6, port_v6) = v6.unzip();
        Ok(Self { v4, v6, port, port_v6 })
    }

    /// The port of the IPv4 socket.
    pub const fn local_port(&self) -> u16 {
        self.port
    }

    /// The port of the IPv6 socket, if there is one; nearly always that of IPv4.
    pub const fn local_port_v6(&self) -> Option<u16> {
        self.port_v6
    }

    pub(crate) fn register(&mut self, registry: &Registry) -> io::Result<()> {
        registry.register(&mut self.v4.socket, Family::V4.token(), Interest::READABLE)?;
        match &mut self.v6 {
            Some(v6) => registry.register(&mut v6.socket, Family::V6.token(), Interest::READABLE),
            None => Ok(()),
        }
    }

    /// The family whose socket an event is about.
    pub(crate) fn family_of(token: Token) -> Option<Family> {
        Family::BOTH.into_iter().find(|family| family.token() == token)
    }

    /// Receives until the batch is full (true: there may be more) or the socket empty (false).
    pub(crate) fn receive(
        &self,
        family: Family,
        batch: &mut ReceiveBatch,
        mut dropped: impl FnMut(DropReason),
    ) -> bool {
        let Some(bound) = self.of(family) else { return false };
        let mut errors = 0;
        while let Some(room) = batch.room() {
            match bound.receive(room) {
                Ok(meta) => {
                    if !batch.commit_coalesced(meta.len, meta.stride, meta.addr) {
                        dropped(DropReason::OversizedDatagram);
                    } else if meta.len == 0 {
                        dropped(DropReason::MalformedDatagram);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Of an earlier datagram of ours (Windows reports ICMP errors here), not of the socket.
                Err(_) => {
                    dropped(DropReason::ReceiveFailed);
                    errors += 1;
                    if errors == RECEIVE_ERRORS {
                        return false;
                    }
                }
            }
        }
        true
    }

    /// Most datagrams that one send takes.
    pub(crate) fn run_limit(&self) -> usize {
        let limits = [Some(&self.v4), self.v6.as_ref()].into_iter().flatten();
        limits.map(|bound| bound.state.max_gso_segments()).min().unwrap_or(1)
    }

    /// Sends datagrams of `datagram_bytes` (the last one may be shorter) to one address.
    pub(crate) fn send_run(
        &self,
        run: &[u8],
        datagram_bytes: usize,
        to: SocketAddr,
        mut dropped: impl FnMut(DropReason),
    ) {
        if run.len() > datagram_bytes {
            match self.transmit(run, Some(datagram_bytes), to) {
                Ok(()) => return,
                Err(DropReason::SendBufferFull) => {
                    run.chunks(datagram_bytes).for_each(|_| dropped(DropReason::SendBufferFull));
                    return;
                }
                // The interface cannot, or some of the datagrams are too long: each for itself.
                Err(_) => {}
            }
        }
        for datagram in run.chunks(datagram_bytes.max(1)) {
            if let Err(reason) = self.send_one(datagram, to) {
                dropped(reason);
            }
        }
    }

    /// Sends one datagram. What the OS does not take at once is dropped: waiting would only move the queue.
    pub(crate) fn send_one(&self, datagram: &[u8], to: SocketAddr) -> Result<(), DropReason> {
        self.transmit(datagram, None, to)
    }

    fn transmit(
        &self,
        contents: &[u8],
        segment_size: Option<usize>,
        to: SocketAddr,
    ) -> Result<(), DropReason> {
        let family = if to.is_ipv4() { Family::V4 } else { Family::V6 };
        let bound = self.of(family).ok_or(DropReason::NoSocket)?;
        let transmit = Transmit { destination: to, ecn: None, contents, segment_size, src_ip: None };
        loop {
            let sent = bound.socket.try_io(|| bound.state.try_send((&bound.socket).into(), &transmit));
            match sent {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(DropReason::SendBufferFull);
                }
                Err(error) if quinn_udp::is_msg_size_err(&error) => return Err(DropReason::DatagramTooBig),
                Err(_) => return Err(DropReason::SendFailed),
            }
        }
    }

    const fn of(&self, family: Family) -> Option<&Bound> {
        match family {
            Family::V4 => Some(&self.v4),
            Family::V6 => self.v6.as_ref(),
        }
    }
}

impl Bound {
    fn receive(&self, room: &mut [u8]) -> io::Result<RecvMeta> {
        let mut meta = [RecvMeta::default()];
        let mut room = [IoSliceMut::new(room)];
        self.socket.try_io(|| self.state.recv((&self.socket).into(), &mut room, &mut meta))?;
        Ok(meta[0])
    }
}

fn open(address: SocketAddr) -> io::Result<(Bound, u16)> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        // The IPv4 socket has the IPv4 traffic, whatever the system's default.
        socket.set_only_v6(true)?;
    }
    for set in [Socket::set_recv_buffer_size, Socket::set_send_buffer_size] {
        if let Err(error) = set(&socket, SOCKET_BUFFER_BYTES) {
            tracing::debug!(%error, "the socket keeps its default buffer");
        }
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    let state = UdpSocketState::new((&socket).into())?;
    if state.may_fragment() {
        tracing::warn!("the system fragments datagrams: path MTUs may be found too large");
    }
    let socket = UdpSocket::from_std(socket.into());
    let port = socket.local_addr()?.port();
    Ok((Bound { socket, state }, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_port_is_one_port_for_both_families() {
        let sockets = UdpSockets::bind(0).unwrap();
        assert_ne!(sockets.local_port(), 0);
        if let Some(port) = sockets.local_port_v6() {
            assert_eq!(port, sockets.local_port());
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
            assert!(!sockets.receive(family, &mut batch, |reason| panic!("{reason:?}")));
        }
        let sent = sockets.send_one(b"x", SocketAddr::from((Ipv6Addr::LOCALHOST, 9)));
        assert_eq!((batch.is_empty(), sent), (true, Err(DropReason::NoSocket)));
    }

    #[test]
    fn a_run_goes_out_at_once_and_comes_in_as_it_was() {
        let [sender, receiver] = [(); 2].map(|()| UdpSockets::bind(0).unwrap());
        let to = SocketAddr::from((Ipv4Addr::LOCALHOST, receiver.local_port()));
        let datagrams: Vec<u8> = (0..10_000_u32).map(|n| (n / 1_456) as u8).collect();
        sender.send_run(&datagrams, 1_456, to, |reason| panic!("{reason:?}"));
        let mut batch = ReceiveBatch::for_receiving();
        let mut receives = 0;
        while batch.iter().len() < datagrams.len().div_ceil(1_456) {
            if let Ok(meta) = receiver.v4.receive(batch.room().unwrap()) {
                receives += 1;
                assert!(batch.commit_coalesced(meta.len, meta.stride, meta.addr));
            }
        }
        let received: Vec<_> = batch.iter().map(|(bytes, _)| bytes.to_vec()).collect();
        assert_eq!(received, datagrams.chunks(1_456).map(<[u8]>::to_vec).collect::<Vec<_>>());
        if sender.run_limit() > 1 && receiver.v4.state.gro_segments() > 1 {
            assert_eq!(receives, 1, "offloaded on both sides");
        }
    }

    #[test]
    fn a_datagram_that_is_too_long_for_the_way_is_a_reason_and_no_failure() {
        let sockets = UdpSockets::bind(0).unwrap();
        let to = SocketAddr::from((Ipv4Addr::LOCALHOST, sockets.local_port()));
        assert_eq!(sockets.send_one(&[0; 70_000], to), Err(DropReason::DatagramTooBig));
        assert_eq!(sockets.send_one(b"and the next one passes", to), Ok(()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn no_datagram_may_be_fragmented() {
        use rustix::net::sockopt::{self, Ipv4PathMtuDiscovery, Ipv6PathMtuDiscovery};
        let sockets = UdpSockets::bind(0).unwrap();
        assert_eq!(sockopt::ip_mtu_discover(&sockets.v4.socket), Ok(Ipv4PathMtuDiscovery::PROBE));
        if let Some(v6) = &sockets.v6 {
            assert_eq!(sockopt::ipv6_mtu_discover(&v6.socket), Ok(Ipv6PathMtuDiscovery::PROBE));
        }
    }
}
