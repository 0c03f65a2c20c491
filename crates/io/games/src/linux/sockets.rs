//! The sockets of this network namespace that hear strangers.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
};

use lanrage_games::Listening;
use lanrage_party::Transport;
use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::{
    SockDiagMessage,
    constants::{AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP},
    inet::{ExtensionFlags, InetRequest, InetResponse, SocketId, StateFlags},
};
use netlink_sys::{Socket, SocketAddr as Kernel, protocols::NETLINK_SOCK_DIAG};

/// Most sockets that are looked at: a computer that has more is no player's.
const MOST: usize = 16_384;

/// A socket that hears strangers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) socket: Listening,
    /// Whose it is.
    pub(super) user: u32,
}

/// The sockets by their inodes, which processes know them by.
pub(super) type ByInode = BTreeMap<u64, Known>;

/// Asks the kernel again and again.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    /// Made with the first question.
    kernel: Option<Socket>,
    all: ByInode,
}

impl Sockets {
    /// Asks anew. True if something has changed.
    ///
    /// # Errors
    /// If the kernel does not tell.
    pub(super) fn look(&mut self) -> io::Result<bool> {
        let all = self.ask_all().inspect_err(|_| {
            // What came later would answer another question.
            self.kernel = None;
        })?;
        let has_changed = all != self.all;
        self.all = all;
        Ok(has_changed)
    }

    /// What was seen last.
    pub(super) const fn all(&self) -> &ByInode {
        &self.all
    }

    fn ask_all(&mut self) -> io::Result<ByInode> {
        let mut all = ByInode::new();
        for family in [AF_INET, AF_INET6] {
            // A socket of UDP that is connected to nobody is closed, in the words of TCP.
            for (protocol, transport, states) in [
                (IPPROTO_UDP, Transport::Udp, StateFlags::CLOSE),
                (IPPROTO_TCP, Transport::Tcp, StateFlags::LISTEN),
            ] {
                let kernel = match &mut self.kernel {
                    Some(kernel) => kernel,
                    None => self.kernel.insert(open()?),
                };
                kernel.send(&question(family, protocol, states), 0)?;
                while read(&kernel.recv_from_full()?.0, transport, &mut all)? {}
            }
        }
        Ok(all)
    }
}

fn open() -> io::Result<Socket> {
    let mut socket = Socket::new(NETLINK_SOCK_DIAG)?;
    socket.bind_auto()?;
    socket.connect(&Kernel::new(0, 0))?;
    Ok(socket)
}

fn question(family: u8, protocol: u8, states: StateFlags) -> Vec<u8> {
    let any = Ipv4Addr::UNSPECIFIED.into();
    let request = InetRequest {
        family,
        protocol,
        extensions: ExtensionFlags::empty(),
        states,
        socket_id: SocketId {
            source_port: 0,
            destination_port: 0,
            source_address: any,
            destination_address: any,
            interface_id: 0,
            cookie: [0; 8],
        },
    };
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(request).into());
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

/// Takes one answer, which holds several sockets. False if it is the last.
fn read(answer: &[u8], transport: Transport, all: &mut ByInode) -> io::Result<bool> {
    let mut rest = answer;
    while !rest.is_empty() {
        let message = NetlinkMessage::<SockDiagMessage>::deserialize(rest)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        match message.payload {
            NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(found)) if all.len() < MOST => {
                let InetResponse { header, .. } = *found;
                let address = SocketAddr::new(header.socket_id.source_address, header.socket_id.source_port);
                let socket = Listening { transport, address };
                all.insert(header.inode.into(), Known { socket, user: header.uid });
            }
            NetlinkPayload::Done(_) => return Ok(false),
            NetlinkPayload::Error(error) if error.code.is_some() => return Err(error.to_io()),
            _ => {}
        }
        // Messages begin at multiples of four bytes.
        let len = (message.header.length as usize).next_multiple_of(4).max(4);
        rest = rest.get(len..).unwrap_or_default();
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use super::*;

    #[test]
    fn sockets_that_hear_strangers_are_seen_and_connected_ones_are_not() {
        let mut sockets = Sockets::default();
        sockets.look().unwrap();
        let udp = UdpSocket::bind("0.0.0.0:0").unwrap();
        let six = UdpSocket::bind("[::]:0").unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let connected = UdpSocket::bind("127.0.0.1:0").unwrap();
        let other = SocketAddr::from(([127, 0, 0, 1], udp.local_addr().unwrap().port()));
        connected.connect(other).unwrap();
        assert!(sockets.look().unwrap(), "there are more");
        let has = |sockets: &Sockets, transport, address: SocketAddr| {
            sockets.all().values().any(|known| known.socket == Listening { transport, address })
        };
        for address in [udp.local_addr().unwrap(), six.local_addr().unwrap()] {
            assert!(has(&sockets, Transport::Udp, address), "{address}");
        }
        let listens = tcp.local_addr().unwrap();
        assert!(has(&sockets, Transport::Tcp, listens));
        assert!(!has(&sockets, Transport::Udp, connected.local_addr().unwrap()));
        drop(tcp);
        assert!(sockets.look().unwrap() && !has(&sockets, Transport::Tcp, listens));
    }

    #[test]
    fn bytes_that_are_no_answer_are_an_error_and_end() {
        for bytes in [&[0; 15][..], &[0xFF; 64]] {
            assert!(read(bytes, Transport::Udp, &mut ByInode::new()).is_err());
        }
        assert!(read(&[], Transport::Udp, &mut ByInode::new()).unwrap());
    }
}
