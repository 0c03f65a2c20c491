//! Sockets that send.

use std::{
    io::{self, IoSlice},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, UdpSocket},
    os::fd::AsRawFd,
};

use anyhow::Result;
use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrIn, sendmsg, setsockopt, sockopt};
use rustix::net::{netdevice, sockopt::set_ip_multicast_if_with_ifindex};
use socket2::{Domain, Protocol, Socket, Type};

use super::sounds::{ALONE_PORT, ANSWER, Around, Binding, GAME_PORT, MAPPED_PORT, Size};

/// The real LAN's interface.
const REAL: &str = "eth0";

/// A socket that sends to one address.
pub(super) struct Mouth {
    socket: UdpSocket,
    to: SocketAddrV4,
    how: How,
}

enum How {
    Plainly,
    Connected,
    Mapped,
    /// Each datagram names the interface with this number.
    ByInterface(u32),
}

impl Mouth {
    pub(super) fn open(
        binding: Binding,
        address: Ipv4Addr,
        to: SocketAddrV4,
        around: &Around,
    ) -> Result<Self> {
        let is_mapped = binding == Binding::Mapped;
        let own: SocketAddr =
            if is_mapped { (Ipv6Addr::UNSPECIFIED, 0).into() } else { SocketAddrV4::new(address, 0).into() };
        let socket = Socket::new(Domain::for_address(own), Type::DGRAM, Some(Protocol::UDP))?;
        if is_mapped {
            socket.set_only_v6(false)?;
        }
        socket.set_broadcast(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&own.into())?;
        let number = || netdevice::name_to_index(&socket, REAL);
        let mut how = How::Plainly;
        match binding {
            Binding::RealDevice => socket.bind_device(Some(REAL.as_bytes()))?,
            Binding::RealMulticast => socket.set_multicast_if_v4(&around.own)?,
            Binding::RealMulticastNumber => {
                set_ip_multicast_if_with_ifindex(
                    &socket,
                    &Ipv4Addr::UNSPECIFIED,
                    &Ipv4Addr::UNSPECIFIED,
                    number()?,
                )?;
            }
            Binding::RealPacket => how = How::ByInterface(number()?),
            Binding::Connected => {
                socket.connect(&SocketAddr::from(to).into())?;
                how = How::Connected;
            }
            Binding::Mapped => how = How::Mapped,
            Binding::Unrouted => setsockopt(&socket, sockopt::DontRoute, &true)?,
            Binding::Unlooped => socket.set_multicast_loop_v4(false)?,
            Binding::Any | Binding::RealAddress | Binding::Lease => {}
        }
        Ok(Self { socket: socket.into(), to, how })
    }

    /// Sends it, a game's short search to the port of each game.
    pub(super) fn say(&self, message: &[u8]) -> io::Result<()> {
        let is_connected = matches!(self.how, How::Connected);
        let port = self.to.port();
        let ports: &[u16] = match port {
            GAME_PORT if !is_connected && message.len() == Size::Small.bytes() => {
                &[GAME_PORT, MAPPED_PORT, ALONE_PORT]
            }
            _ => std::slice::from_ref(&port),
        };
        ports.iter().try_for_each(|port| self.say_to(message, SocketAddrV4::new(*self.to.ip(), *port)))
    }

    fn say_to(&self, message: &[u8], to: SocketAddrV4) -> io::Result<()> {
        match self.how {
            How::Plainly => self.socket.send_to(message, to).map(drop),
            How::Connected => self.socket.send(message).map(drop),
            How::Mapped => {
                let to = SocketAddr::from((to.ip().to_ipv6_mapped(), to.port()));
                self.socket.send_to(message, to).map(drop)
            }
            How::ByInterface(number) => {
                let none = nix::libc::in_addr { s_addr: 0 };
                let info =
                    nix::libc::in_pktinfo { ipi_ifindex: number as i32, ipi_spec_dst: none, ipi_addr: none };
                let (pieces, said) = ([IoSlice::new(message)], [ControlMessage::Ipv4PacketInfo(&info)]);
                let to = SockaddrIn::from(to);
                Ok(sendmsg(self.socket.as_raw_fd(), &pieces, &said, MsgFlags::empty(), Some(&to))
                    .map(drop)?)
            }
        }
    }

    /// The next answer that came to it: the number of the place that it is from.
    pub(super) fn answer(&self) -> Option<usize> {
        let mut bytes = [0; 16];
        let (length, _) = self.socket.recv_from(&mut bytes).ok()?;
        (length >= 2 && bytes[1] == ANSWER).then_some(usize::from(bytes[0]))
    }
}
