//! Two sockets on one port, between which the kernel chooses by what a datagram is: one lane's datagrams do not stand
//! behind the other's, and routers, firewalls and friends see a single port.
//!
//! A `SO_REUSEPORT` group with a classic BPF program (Linux 4.5, no privilege needed). The port is taken without
//! `SO_REUSEPORT` first, so that it is an error as ever if another program has it.

use std::{io, mem, os::fd::AsRawFd};

use lanrage_party::Lane;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

// linux/bpf_common.h
const LOAD_BYTE: u16 = 0x30;
const AND: u16 = 0x54;
const JUMP: u16 = 0x05;
const JUMP_IF_EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;
const RETURN_A: u16 = 0x16;

const fn step(code: u16, k: u32) -> libc::sock_filter {
    libc::sock_filter { code, jt: 0, jf: 0, k }
}

/// A jump over `then` or `otherwise` instructions.
const fn if_equal(k: u32, then: u8, otherwise: u8) -> libc::sock_filter {
    libc::sock_filter { code: JUMP_IF_EQUAL, jt: then, jf: otherwise, k }
}

/// Gives the number of a socket in the group, in the order in which they were bound, which is that of the lanes.
///
/// Express is a data message of WireGuard (type 4) for an express session, straight or behind the 4 bytes of
/// ChannelData. Of a session's index the lowest 8 bits are boringtun's; the one above says its lane
/// (`peer::index`). Behind the end of a datagram a load ends the program with 0, the bulk lane.
const PROGRAM: [libc::sock_filter; 12] = [
    step(LOAD_BYTE, 0),
    if_equal(4, 6, 0),
    step(AND, 0xF0),
    if_equal(0x40, 0, 7),
    step(LOAD_BYTE, 4),
    if_equal(4, 0, 5),
    step(LOAD_BYTE, 9),
    step(JUMP, 1),
    step(LOAD_BYTE, 5),
    step(AND, Lane::Express as u32),
    step(RETURN_A, 0),
    step(RETURN, Lane::Bulk as u32),
];

/// A second socket on the port of `bulk`, for the express lane.
///
/// # Errors
/// The system's, if it has no such groups; the first socket is as it was then.
pub(super) fn express_beside(bulk: &Socket) -> io::Result<Socket> {
    let address = bulk.local_addr()?;
    bulk.set_reuse_port(true)?;
    let express = join(bulk, &address);
    if express.is_err() {
        bulk.set_reuse_port(false)?;
    }
    express
}

fn join(bulk: &Socket, address: &socket2::SockAddr) -> io::Result<Socket> {
    let express = Socket::new(Domain::from(i32::from(address.family())), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        express.set_only_v6(true)?;
    }
    express.set_reuse_port(true)?;
    express.bind(address)?;
    attach(SockRef::from(bulk), &PROGRAM)?;
    Ok(express)
}

fn attach(socket: SockRef<'_>, program: &[libc::sock_filter]) -> io::Result<()> {
    let program = libc::sock_fprog { len: program.len() as u16, filter: program.as_ptr().cast_mut() };
    // SAFETY: setsockopt(2) reads a `sock_fprog` and the instructions that it points to, and writes neither.
    #[allow(unsafe_code)]
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_REUSEPORT_CBPF,
            (&raw const program).cast(),
            mem::size_of_val(&program) as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
