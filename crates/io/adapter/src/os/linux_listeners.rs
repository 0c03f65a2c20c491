use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddrV4},
};

use netlink_packet_core::{NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload, Nla as _};
use netlink_packet_sock_diag::{
    SockDiagMessage,
    constants::{AF_INET, IPPROTO_UDP},
    inet::{ExtensionFlags, InetRequest, SocketId, StateFlags},
};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_SOCK_DIAG};
use parking_lot::Mutex;
use rustix::io::Errno;

use super::linux_netlink;

/// Who listens on this computer, as the kernel knows it (sock_diag(7)), whoever's program it is.
#[derive(Debug)]
pub(crate) struct Listeners {
    interface: u32,
    /// Made with the first question.
    socket: Mutex<Option<Socket>>,
}

impl Listeners {
    /// Of packets that come in by the interface of this name.
    pub(crate) fn new(name: &str) -> Self {
        Self { interface: linux_netlink::index(name).unwrap_or_default(), socket: Mutex::default() }
    }

    /// The address to which that UDP socket is bound that would get a packet: the kernel makes the choice as for a packet
    /// that arrived. `None` if there is none, or the kernel does not say.
    pub(crate) fn udp_receiver(&self, from: SocketAddrV4, to: SocketAddrV4) -> Option<Ipv4Addr> {
        self.find(from, to).map(|receiver| receiver.address)
    }

    /// Whether that socket is bound to no address and hears groups on those interfaces alone where itself is a member
    /// (`IP_MULTICAST_ALL`, ip(7)), as those of Java and of both families. False where the kernel does not say, before
    /// Linux 5.10.
    pub(crate) fn hears_own_groups_alone(&self, from: SocketAddrV4, to: SocketAddrV4) -> bool {
        self.find(from, to).is_some_and(|receiver| receiver.address.is_unspecified() && receiver.is_choosy)
    }

    fn find(&self, from: SocketAddrV4, to: SocketAddrV4) -> Option<Receiver> {
        let mut socket = self.socket.lock();
        let answer = ask(&mut socket, self.interface, from, to);
        if let Err(error) = &answer
            && Errno::from_io_error(error) != Some(Errno::NOENT)
        {
            // What came later would answer another question.
            *socket = None;
            tracing::debug!(%error, "the kernel does not say who listens");
        }
        answer.ok().flatten()
    }
}

/// A socket that would get a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Receiver {
    address: Ipv4Addr,
    /// Whether it hears no groups that only others have joined.
    is_choosy: bool,
}

/// The kind of attribute that has a socket's options, and in its first byte whether `IP_MULTICAST_ALL` is set
/// (`struct inet_diag_sockopt`, linux/inet_diag.h).
const OPTIONS: u16 = 22;
const MULTICAST_ALL: u8 = if cfg!(target_endian = "little") { 0x40 } else { 0x02 };

fn ask(
    kept: &mut Option<Socket>,
    interface: u32,
    from: SocketAddrV4,
    to: SocketAddrV4,
) -> io::Result<Option<Receiver>> {
    let socket = match kept {
        Some(socket) => socket,
        None => kept.insert(open()?),
    };
    socket.send(&question(interface, from, to), 0)?;
    let (answer, _) = socket.recv_from_full()?;
    read(&answer)
}

fn open() -> io::Result<Socket> {
    let mut socket = Socket::new(NETLINK_SOCK_DIAG)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    Ok(socket)
}

fn question(interface: u32, from: SocketAddrV4, to: SocketAddrV4) -> Vec<u8> {
    let request = InetRequest {
        family: AF_INET,
        protocol: IPPROTO_UDP,
        extensions: ExtensionFlags::empty(),
        states: StateFlags::all(),
        // For one UDP socket, source and destination are those of the packet that it would get, and not of the socket
        // (linux/net/ipv4/udp_diag.c).
        socket_id: SocketId {
            source_port: from.port(),
            destination_port: to.port(),
            source_address: IpAddr::V4(*from.ip()),
            destination_address: IpAddr::V4(*to.ip()),
            interface_id: interface,
            cookie: [0xFF; 8],
        },
    };
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST;
    let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(request).into());
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

fn read(answer: &[u8]) -> io::Result<Option<Receiver>> {
    let answer = NetlinkMessage::<SockDiagMessage>::deserialize(answer)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    match answer.payload {
        NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(response)) => {
            let address = match response.header.socket_id.source_address {
                IpAddr::V4(ip) => ip,
                // A socket for both families is bound to the address in its IPv6 form (RFC 4291 §2.5.5.2), or to all.
                IpAddr::V6(ip) => ip.to_ipv4_mapped().unwrap_or(Ipv4Addr::UNSPECIFIED),
            };
            let is_choosy =
                response.nlas.iter().filter(|attribute| attribute.kind() == OPTIONS).any(|options| {
                    let mut value = vec![0; options.value_len()];
                    options.emit_value(&mut value);
                    value.first().is_some_and(|first| first & MULTICAST_ALL == 0)
                });
            Ok(Some(Receiver { address, is_choosy }))
        }
        NetlinkPayload::Error(error) => Err(error.to_io()),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, UdpSocket};

    use super::*;

    const FROM: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9);

    fn bound(address: &str) -> (UdpSocket, u16) {
        let socket = UdpSocket::bind(address).unwrap();
        let port = socket.local_addr().unwrap().port();
        (socket, port)
    }

    #[test]
    fn the_kernel_says_which_socket_would_hear_a_packet() {
        let listeners = Listeners::new("lo");
        let at = |port| listeners.udp_receiver(FROM, SocketAddrV4::new(Ipv4Addr::LOCALHOST, port));
        let (own, own_port) = bound("127.0.0.1:0");
        let (all, all_port) = bound("0.0.0.0:0");
        let (both, both_port) = bound("[::]:0");
        assert_eq!(at(own_port), Some(Ipv4Addr::LOCALHOST));
        assert_eq!(at(all_port), Some(Ipv4Addr::UNSPECIFIED));
        assert_eq!(at(both_port), Some(Ipv4Addr::UNSPECIFIED));
        let (other, other_port) = bound("127.0.0.2:0");
        assert_eq!(at(other_port), None, "it is bound to another address");
        drop((all, both, other));
        assert_eq!(at(all_port), None);
        assert_eq!(at(own_port), Some(Ipv4Addr::LOCALHOST), "an answer does not spoil the next");
        drop(own);
    }

    #[test]
    fn the_kernel_says_which_sockets_hear_no_groups_that_others_have_joined() {
        let listeners = Listeners::new("lo");
        let is_choosy =
            |port| listeners.hears_own_groups_alone(FROM, SocketAddrV4::new(Ipv4Addr::LOCALHOST, port));
        let (_all, all_port) = bound("0.0.0.0:0");
        let (_own, own_port) = bound("127.0.0.1:0");
        // The kernel makes those of both families so.
        let (_both, both_port) = bound("[::]:0");
        assert!(!is_choosy(all_port) && !is_choosy(own_port) && is_choosy(both_port));
    }

    #[test]
    fn a_socket_that_is_connected_elsewhere_hears_nothing() {
        let (socket, port) = bound("127.0.0.1:0");
        socket.connect(SocketAddr::from(([127, 0, 0, 1], 10))).unwrap();
        let listeners = Listeners::new("lo");
        assert_eq!(listeners.udp_receiver(FROM, SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)), None);
    }

    #[test]
    fn bytes_that_are_no_answer_are_an_error() {
        for bytes in [&[][..], &[0; 15], &[0xFF; 64]] {
            assert!(read(bytes).is_err());
        }
    }
}
