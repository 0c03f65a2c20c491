//! The UDP sockets, and how batches of datagrams pass them. Segmentation offload (GSO, GRO) goes in here: the
//! packet threads know only batches.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

use mio::{Interest, Registry, Token, net::UdpSocket};
use socket2::{Domain, Protocol, Socket, Type};

use crate::{
    batch::{DatagramBatch, SLOT_BYTES},
    counters::DropReason,
};

/// Bytes asked for each socket buffer: about 25 ms at 300 Mbit/s. More would only hide congestion in a queue
/// that a game's packets wait in. The OS may give less.
const SOCKET_BUFFER_BYTES: usize = 1024 * 1024;
/// How often another port is tried when the one that IPv4 got is taken for IPv6.
const PORT_TRIES: usize = 8;
/// Errors in a row after which a socket is left alone until the next wake-up.
const RECEIVE_ERRORS: usize = 32;
/// What Windows says of a datagram longer than the buffer; others cut it.
const WSAEMSGSIZE: i32 = 10_040;

/// One UDP socket per family, for everything: WireGuard, STUN, TURN.
#[derive(Debug)]
pub struct UdpSockets {
    v4: UdpSocket,
    v6: Option<UdpSocket>,
    port: u16,
    port_v6: Option<u16>,
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
        registry.register(&mut self.v4, Family::V4.token(), Interest::READABLE)?;
        match &mut self.v6 {
            Some(v6) => registry.register(v6, Family::V6.token(), Interest::READABLE),
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
        batch: &mut DatagramBatch,
        mut dropped: impl FnMut(DropReason),
    ) -> bool {
        let Some(socket) = self.of(family) else { return false };
        let mut errors = 0;
        while let Some(slot) = batch.slot() {
            match socket.recv_from(slot) {
                // One that fills the slot was cut, or is too long for anything we know.
                Ok((len, _)) if len >= SLOT_BYTES => dropped(DropReason::OversizedDatagram),
                Ok((len, from)) => batch.commit(len, from),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if cfg!(windows) && error.raw_os_error() == Some(WSAEMSGSIZE) => {
                    dropped(DropReason::OversizedDatagram);
                }
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

    /// Sends all of a batch. What the OS does not take at once is dropped: waiting would only move the queue.
    pub(crate) fn send(&self, batch: &DatagramBatch, mut dropped: impl FnMut(DropReason)) {
        for (datagram, to) in batch.iter() {
            if let Err(reason) = self.send_one(datagram, to) {
                dropped(reason);
            }
        }
    }

    pub(crate) fn send_one(&self, datagram: &[u8], to: SocketAddr) -> Result<(), DropReason> {
        let family = if to.is_ipv4() { Family::V4 } else { Family::V6 };
        let socket = self.of(family).ok_or(DropReason::NoSocket)?;
        loop {
            match socket.send_to(datagram, to) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(DropReason::SendBufferFull);
                }
                Err(_) => return Err(DropReason::SendFailed),
            }
        }
    }

    const fn of(&self, family: Family) -> Option<&UdpSocket> {
        match family {
            Family::V4 => Some(&self.v4),
            Family::V6 => self.v6.as_ref(),
        }
    }
}

fn open(address: SocketAddr) -> io::Result<(UdpSocket, u16)> {
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
    let socket = UdpSocket::from_std(socket.into());
    let port = socket.local_addr()?.port();
    Ok((socket, port))
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
        let mut batch = DatagramBatch::new();
        for family in Family::BOTH {
            assert!(!sockets.receive(family, &mut batch, |reason| panic!("{reason:?}")));
        }
        let sent = sockets.send_one(b"x", SocketAddr::from((Ipv6Addr::LOCALHOST, 9)));
        assert_eq!((batch.len(), sent), (0, Err(DropReason::NoSocket)));
    }
}
