//! A look at what programs of this computer send to everybody, by whatever interface: it takes nothing away and sends nothing.
//!
//! Only a tap for all protocols is shown what leaves (packet(7)). What it is shown is chosen by a program in the kernel that is
//! there before the first packet and cannot be taken off again (`SO_LOCK_FILTER`, socket(7)): searches of games, and neither
//! what goes to one machine, nor what comes in, nor a household's own searches ([`HOUSEHOLD_PORTS`]).

use std::{
    io, mem,
    net::Ipv4Addr,
    os::fd::{AsRawFd, OwnedFd},
};

use lanrage_party::{COPY_HEADER_BYTES, HOUSEHOLD_GROUP, HOUSEHOLD_PORTS};
use rustix::net::{
    AddressFamily, SocketFlags, SocketType, socket_with,
    sockopt::{set_socket_recv_buffer_size, set_socket_recv_buffer_size_force},
};

// linux/filter.h, linux/bpf_common.h
const LOAD: u16 = 0x20;
const LOAD_HALF: u16 = 0x28;
const LOAD_BYTE: u16 = 0x30;
const LOAD_HALF_BEHIND_HEADER: u16 = 0x48;
const HEADER_LENGTH_TO_INDEX: u16 = 0xB1;
const AND: u16 = 0x54;
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_SET: u16 = 0x45;
const RETURN: u16 = 0x06;

const PACKET_TYPE: u32 = (libc::SKF_AD_OFF + libc::SKF_AD_PKTTYPE) as u32;
const PROTOCOL: u32 = (libc::SKF_AD_OFF + libc::SKF_AD_PROTOCOL) as u32;
const INTERFACE: u32 = (libc::SKF_AD_OFF + libc::SKF_AD_IFINDEX) as u32;
const HARDWARE: u32 = (libc::SKF_AD_OFF + libc::SKF_AD_HATYPE) as u32;
/// The header in front of the packet, as Ethernet has it.
const LINK: u32 = libc::SKF_LL_OFF as u32;

const OUTGOING: u32 = libc::PACKET_OUTGOING as u32;
const IPV4: u32 = libc::ETH_P_IP as u32;
const UDP: u32 = libc::IPPROTO_UDP as u32;
const ETHERNET: u32 = libc::ARPHRD_ETHER as u32;
const LOOPBACK: u32 = libc::ARPHRD_LOOPBACK as u32;
const LATER_FRAGMENT: u32 = 0x1FFF;

/// Most bytes of a packet that are shown: more than any interface carries in one. A longer one is cut, and then none.
pub(crate) const SEARCH_BYTES: usize = 9_216;
/// Bytes of packets that wait: those of a whole party's searches at once, or of a program that sends as fast as it can until the
/// reader comes. More are lost, as in a network card.
const BUFFER_BYTES: usize = 2 * 1024 * 1024;

const fn step(code: u16, k: u32) -> libc::sock_filter {
    libc::sock_filter { code, jt: 0, jf: 0, k }
}

/// What a jump's two ways are called until the program is put together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    On,
    Group,
    Link,
    Ports,
    Accept,
    Drop,
}

/// A program with names for the places that are jumped to.
#[derive(Default)]
struct Program {
    steps: Vec<libc::sock_filter>,
    jumps: Vec<(Way, Way)>,
    places: Vec<(Way, usize)>,
}

impl Program {
    fn step(&mut self, code: u16, k: u32) {
        self.steps.push(step(code, k));
        self.jumps.push((Way::On, Way::On));
    }

    fn when(&mut self, code: u16, k: u32, then: Way, otherwise: Way) {
        self.steps.push(step(code, k));
        self.jumps.push((then, otherwise));
    }

    fn place(&mut self, way: Way) {
        self.places.push((way, self.steps.len()));
    }

    /// Turns names into distances. Each is short: the program has less than 60 steps.
    fn finish(mut self) -> Vec<libc::sock_filter> {
        for (at, (step, (then, otherwise))) in self.steps.iter_mut().zip(&self.jumps).enumerate() {
            let distance = |way: &Way| {
                let to = self.places.iter().find(|(name, _)| name == way).map_or(at + 1, |(_, to)| *to);
                (to - at - 1) as u8
            };
            if *then != Way::On || *otherwise != Way::On {
                (step.jt, step.jf) = (distance(then), distance(otherwise));
            }
        }
        self.steps
    }
}

/// The program for the adapter with this number. `guess` is the broadcast address that games derive from the first byte of our
/// lease, as networks had it before there were masks (RFC 791 §3.2).
fn program(adapter: u32, guess: Ipv4Addr) -> Vec<libc::sock_filter> {
    use Way::{Accept, Drop, Group, Link, On, Ports};
    let mut program = Program::default();
    program.step(LOAD, PACKET_TYPE);
    program.when(JUMP_IF_EQUAL, OUTGOING, On, Drop);
    program.step(LOAD, PROTOCOL);
    program.when(JUMP_IF_EQUAL, IPV4, On, Drop);
    program.step(LOAD, HARDWARE);
    program.when(JUMP_IF_EQUAL, LOOPBACK, Drop, On);
    // What goes into the adapter is there already.
    program.step(LOAD, INTERFACE);
    program.when(JUMP_IF_EQUAL, adapter, Drop, On);
    program.step(LOAD_BYTE, 9);
    program.when(JUMP_IF_EQUAL, UDP, On, Drop);
    program.step(LOAD, 16);
    program.when(JUMP_IF_EQUAL, Ipv4Addr::BROADCAST.to_bits(), Ports, On);
    program.when(JUMP_IF_EQUAL, guess.to_bits(), Ports, On);
    program.step(AND, 0xF000_0000);
    program.when(JUMP_IF_EQUAL, 0xE000_0000, Group, Link);
    // The groups of one link, and the one by which devices are searched.
    program.place(Group);
    program.step(LOAD, 16);
    program.when(JUMP_IF_EQUAL, HOUSEHOLD_GROUP.to_bits(), Drop, On);
    program.step(AND, 0xFFFF_FF00);
    program.when(JUMP_IF_EQUAL, 0xE000_0000, Drop, Ports);
    // A network's own broadcast address is known by what the link does with it.
    program.place(Link);
    program.step(LOAD, HARDWARE);
    program.when(JUMP_IF_EQUAL, ETHERNET, On, Drop);
    program.step(LOAD, LINK);
    program.when(JUMP_IF_EQUAL, u32::MAX, On, Drop);
    program.step(LOAD_HALF, LINK + 4);
    program.when(JUMP_IF_EQUAL, u16::MAX.into(), Ports, Drop);
    program.place(Ports);
    program.step(LOAD_HALF, 6);
    program.when(JUMP_IF_SET, LATER_FRAGMENT, Accept, On);
    program.step(HEADER_LENGTH_TO_INDEX, 0);
    program.step(LOAD_HALF_BEHIND_HEADER, 2);
    for port in HOUSEHOLD_PORTS {
        program.when(JUMP_IF_EQUAL, port.into(), Drop, On);
    }
    program.place(Accept);
    program.step(RETURN, SEARCH_BYTES as u32);
    program.place(Drop);
    program.step(RETURN, 0);
    program.finish()
}

/// The broadcast address of the network that an address was in before there were masks.
fn classful_broadcast(address: Ipv4Addr) -> Ipv4Addr {
    let mask: u32 = match address.octets()[0] {
        ..128 => 0x00FF_FFFF,
        128..192 => 0x0000_FFFF,
        _ => 0x0000_00FF,
    };
    Ipv4Addr::from_bits(address.to_bits() | mask)
}

/// Begins to look, for the adapter with this number and address. The socket does not block.
///
/// # Errors
/// The system's: above all that the process may not (CAP_NET_RAW).
pub(super) fn open(adapter: u32, address: Ipv4Addr) -> io::Result<OwnedFd> {
    // For no protocol: nothing comes before the filter is there.
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::PACKET, SocketType::DGRAM, flags, None)?;
    // Who may open a tap may mostly have that much, too.
    set_socket_recv_buffer_size_force(&socket, BUFFER_BYTES)
        .or_else(|_| set_socket_recv_buffer_size(&socket, BUFFER_BYTES))?;
    let steps = program(adapter, classful_broadcast(address));
    let filter = libc::sock_fprog { len: steps.len() as u16, filter: steps.as_ptr().cast_mut() };
    set_option(&socket, libc::SO_ATTACH_FILTER, &filter)?;
    set_option(&socket, libc::SO_LOCK_FILTER, &1_i32)?;
    bind_to_all(&socket)?;
    Ok(socket)
}

fn set_option<T>(socket: &OwnedFd, name: i32, value: &T) -> io::Result<()> {
    // SAFETY: setsockopt(2) reads the value, and for a filter the instructions that it points to, which live as long.
    #[allow(unsafe_code)]
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            name,
            (&raw const *value).cast(),
            mem::size_of::<T>() as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn bind_to_all(socket: &OwnedFd) -> io::Result<()> {
    let mut address = empty_address();
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    // SAFETY: bind(2) reads a whole `sockaddr_ll`.
    #[allow(unsafe_code)]
    let result = unsafe {
        libc::bind(
            socket.as_raw_fd(),
            (&raw const address).cast(),
            mem::size_of_val(&address) as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

const fn empty_address() -> libc::sockaddr_ll {
    libc::sockaddr_ll {
        sll_family: 0,
        sll_protocol: 0,
        sll_ifindex: 0,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    }
}

/// Takes the next packet that was seen, with the number of its interface in front; gives both lengths together. None if
/// there is none now. A packet that does not fit is cut.
pub(crate) fn receive(socket: &OwnedFd, buf: &mut [u8]) -> io::Result<Option<usize>> {
    let Some((interface, packet)) = buf.split_first_chunk_mut::<COPY_HEADER_BYTES>() else { return Ok(None) };
    let mut address = empty_address();
    let mut length = mem::size_of_val(&address) as libc::socklen_t;
    loop {
        // SAFETY: recvfrom(2) writes at most the given lengths into the buffer and the address.
        #[allow(unsafe_code)]
        let received = unsafe {
            libc::recvfrom(
                socket.as_raw_fd(),
                packet.as_mut_ptr().cast(),
                packet.len(),
                libc::MSG_DONTWAIT,
                (&raw mut address).cast(),
                &raw mut length,
            )
        };
        if let Ok(received) = usize::try_from(received) {
            *interface = address.sll_ifindex.to_ne_bytes();
            return Ok(Some(interface.len() + received));
        }
        let error = io::Error::last_os_error();
        match error.kind() {
            io::ErrorKind::Interrupted => {}
            io::ErrorKind::WouldBlock => return Ok(None),
            // An interface went down or away: the others are still looked at.
            io::ErrorKind::NetworkDown => {}
            _ => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the program says of an Ethernet frame that leaves by the interface with this number.
    fn shown(packet: &[u8], link: [u8; 6], interface: u32, kind: u32) -> bool {
        let program = program(7, Ipv4Addr::new(10, 255, 255, 255));
        let (mut a, mut x, mut at) = (0_u32, 0_u32, 0);
        let load = |from: &[u8], at: usize, len: usize| -> Option<u32> {
            Some(from.get(at..at + len)?.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
        };
        loop {
            let step = program[at];
            at += 1;
            let value = |offset: usize, len| match step.k {
                PACKET_TYPE => Some(kind),
                PROTOCOL => Some(IPV4),
                HARDWARE => Some(ETHERNET),
                INTERFACE => Some(interface),
                k if k >= LINK => load(&link, (k - LINK) as usize, len),
                k => load(packet, k as usize + offset, len),
            };
            let loaded = match step.code {
                LOAD => value(0, 4),
                LOAD_HALF => value(0, 2),
                LOAD_BYTE => value(0, 1),
                LOAD_HALF_BEHIND_HEADER => value(x as usize, 2),
                AND => Some(a & step.k),
                HEADER_LENGTH_TO_INDEX => {
                    let Some(byte) = packet.first() else { return false };
                    x = u32::from(byte & 0xF) * 4;
                    Some(a)
                }
                JUMP_IF_EQUAL | JUMP_IF_SET => {
                    let is = if step.code == JUMP_IF_EQUAL { a == step.k } else { a & step.k != 0 };
                    at += usize::from(if is { step.jt } else { step.jf });
                    Some(a)
                }
                RETURN => return step.k != 0,
                code => panic!("{code}"),
            };
            // Behind the end of a packet a load ends the program.
            let Some(loaded) = loaded else { return false };
            a = loaded;
        }
    }

    const LAN: u32 = 2;
    const TO_ALL: [u8; 6] = [0xFF; 6];
    const TO_ONE: [u8; 6] = [2, 0, 0, 0, 0, 1];

    fn udp(to: [u8; 4], port: u16, fragment: [u8; 2]) -> Vec<u8> {
        let mut packet = vec![0x46, 0, 0, 32, 0, 1, fragment[0], fragment[1], 64, 17, 0, 0, 192, 168, 1, 10];
        packet.extend(to);
        packet.extend([1, 1, 1, 1]);
        packet.extend([0x80, 0]);
        packet.extend(port.to_be_bytes());
        packet.extend([0; 4]);
        packet
    }

    #[test]
    fn searches_of_games_are_shown() {
        for (to, link) in [
            ([255, 255, 255, 255], TO_ALL),
            ([224, 0, 2, 60], [1, 0, 0x5E, 0, 2, 60]),
            ([239, 255, 77, 77], [1, 0, 0x5E, 0x7F, 77, 77]),
            ([192, 168, 1, 255], TO_ALL),
            // Which the system takes for one machine far away.
            ([10, 255, 255, 255], TO_ONE),
        ] {
            assert!(shown(&udp(to, 27_015, [0, 0]), link, LAN, OUTGOING), "{to:?}");
            assert!(shown(&udp(to, 27_015, [0x20, 0]), link, LAN, OUTGOING), "{to:?}, first fragment");
            assert!(shown(&udp(to, 0, [0, 9]), link, LAN, OUTGOING), "{to:?}, later fragment");
        }
    }

    #[test]
    fn nothing_else_is_shown() {
        let game = udp([255, 255, 255, 255], 27_015, [0, 0]);
        assert!(!shown(&game, TO_ALL, 7, OUTGOING), "what goes into the adapter");
        for incoming in 0..OUTGOING {
            assert!(!shown(&game, TO_ALL, LAN, incoming));
        }
        for to in [[192, 168, 1, 20], [8, 8, 8, 8], [10, 66, 0, 2]] {
            assert!(!shown(&udp(to, 27_015, [0, 0]), TO_ONE, LAN, OUTGOING), "{to:?}");
            assert!(!shown(&udp(to, 27_015, [0, 9]), TO_ONE, LAN, OUTGOING), "{to:?}");
        }
        for port in HOUSEHOLD_PORTS {
            assert!(!shown(&udp([255, 255, 255, 255], port, [0, 0]), TO_ALL, LAN, OUTGOING), "{port}");
            assert!(!shown(&udp([192, 168, 1, 255], port, [0, 0]), TO_ALL, LAN, OUTGOING), "{port}");
            assert!(!shown(&udp([239, 1, 2, 3], port, [0, 0]), TO_ALL, LAN, OUTGOING), "{port}");
        }
        for to in [[224, 0, 0, 251], [224, 0, 0, 1], [239, 255, 255, 250]] {
            assert!(!shown(&udp(to, 27_015, [0, 0]), [1, 0, 0x5E, 0, 0, 1], LAN, OUTGOING), "{to:?}");
        }
        let mut tcp = game.clone();
        tcp[9] = 6;
        assert!(!shown(&tcp, TO_ALL, LAN, OUTGOING));
        for length in 0..game.len() - 4 {
            assert!(!shown(&game[..length], TO_ALL, LAN, OUTGOING), "{length}");
        }
    }

    #[test]
    fn games_guess_by_the_first_byte() {
        let of = |address: [u8; 4]| classful_broadcast(address.into()).octets();
        assert_eq!(of([10, 66, 0, 7]), [10, 255, 255, 255]);
        assert_eq!(of([172, 20, 3, 7]), [172, 20, 255, 255]);
        assert_eq!(of([192, 168, 9, 7]), [192, 168, 9, 255]);
    }
}
