//! The queues of a TUN device, with offload and one queue for each lane where the kernel has that.
//!
//! A device without an owner gives everybody on this computer a queue, and with it the party's packets in plain
//! (`tun_not_capable` in the kernel). It cannot be made with one: the owner is set right behind, and somebody who asks for a
//! queue all the time may come between. So it is made under a name that cannot be guessed, is looked at when nobody
//! else can come any more, and only then gets its name. An owner suffices: no group is set, which kernels read differently.

use std::{
    ffi::c_void,
    hash::{BuildHasher, RandomState},
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use lanrage_party::Lane;
use rustix::{
    fs::{Mode, OFlags, open as open_file},
    io::Errno,
    ioctl::{self, Ioctl, IoctlOutput, Opcode, opcode},
};

use super::{
    linux_netlink::{self, TunState, index},
    linux_steering,
};

// linux/if_tun.h
const IFF_TUN: u16 = 0x0001;
const IFF_MULTI_QUEUE: u16 = 0x0100;
const IFF_NO_PI: u16 = 0x1000;
const IFF_VNET_HDR: u16 = 0x4000;
/// Only a new device, never one that is there.
const IFF_TUN_EXCL: u16 = 0x8000;

const TUNSETIFF: Opcode = opcode::write::<i32>(b'T', 202);
const TUNSETOWNER: Opcode = opcode::write::<i32>(b'T', 204);
const TUNSETOFFLOAD: Opcode = opcode::write::<u32>(b'T', 208);
const TUNSETSTEERINGEBPF: Opcode = opcode::read::<i32>(b'T', 224);

/// Checksums left to the reader, and TCP packets larger than the MTU, also with ECN.
const OFFLOAD_TCP: usize = 0x01 | 0x02 | 0x04 | 0x08;
/// UDP packets larger than the MTU (Linux 6.2).
const OFFLOAD_UDP: usize = 0x20 | 0x40;

/// `struct ifreq` as TUNSETIFF reads it.
#[repr(C)]
struct InterfaceRequest {
    name: [u8; 16],
    flags: u16,
    rest: [u8; 22],
}

/// Creates the device of that name for the user, and opens its queues, without blocking: as many as there are lanes and
/// with offload, or one of plain packets where that is not asked for or not to be had. True if it offloads. It is down.
///
/// # Errors
/// [`Errno::EXIST`] if there is an interface of that name; [`Errno::BUSY`] if somebody else got hold of the device.
pub(super) fn open(name: &str, owner: u32, offload: bool) -> io::Result<(Vec<OwnedFd>, bool)> {
    if index(name).is_some() {
        return Err(Errno::EXIST.into());
    }
    // Not longer than 15 bytes, and begun as what other programs are told to leave alone.
    let hidden = format!("lanrage-{:06x}", RandomState::new().hash_one(name) & 0xFF_FFFF);
    let (queues, offloads) = open_hidden(&hidden, owner, offload)?;
    let interface = index(&hidden).ok_or(io::ErrorKind::NotFound)?;
    // A device made for one queue has no number of them, and gives no second.
    let counted = if offloads { queues.len() as u32 } else { 0 };
    let ours = TunState { owner: Some(owner), persists: false, queues: counted };
    if linux_netlink::tun_state(interface)?.is_some_and(|state| state != ours) {
        // It would stay as long as the other has it open.
        linux_netlink::delete(interface)?;
        return Err(Errno::BUSY.into());
    }
    linux_netlink::rename(interface, name)?;
    Ok((queues, offloads))
}

fn open_hidden(name: &str, owner: u32, offload: bool) -> io::Result<(Vec<OwnedFd>, bool)> {
    if offload {
        match offloading(name, owner) {
            Ok(queues) => return Ok((queues, true)),
            // A kernel without one of the flags. What else can be wrong is wrong with plain packets too.
            Err(error) => tracing::info!(%error, "the virtual device has no offload here"),
        }
    }
    Ok((vec![first_queue(name, owner, IFF_TUN | IFF_NO_PI)?], false))
}

fn offloading(name: &str, owner: u32) -> io::Result<Vec<OwnedFd>> {
    let flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
    let bulk = first_queue(name, owner, flags)?;
    // Segmentation of UDP is newer than that of TCP.
    set(bulk.as_fd(), TUNSETOFFLOAD, (OFFLOAD_TCP | OFFLOAD_UDP) as *mut c_void)
        .or_else(|_| set(bulk.as_fd(), TUNSETOFFLOAD, OFFLOAD_TCP as *mut c_void))?;
    let mut queues = vec![bulk];
    // Unsteered, the kernel would spread a flow's packets by its hash, and lanes mean nothing: then one queue.
    match linux_steering::load() {
        Ok(program) => {
            queues.push(queue(name, flags)?);
            let mut program = std::os::fd::AsRawFd::as_raw_fd(&program);
            set(queues[Lane::Bulk as usize].as_fd(), TUNSETSTEERINGEBPF, (&raw mut program).cast())?;
        }
        Err(error) => tracing::info!(%error, "the kernel does not tell the lanes apart; we do"),
    }
    Ok(queues)
}

/// Makes the device, which is the user's from the next request on.
fn first_queue(name: &str, owner: u32, flags: u16) -> io::Result<OwnedFd> {
    let queue = queue(name, flags | IFF_TUN_EXCL)?;
    set(queue.as_fd(), TUNSETOWNER, owner as usize as *mut c_void)?;
    Ok(queue)
}

fn queue(name: &str, flags: u16) -> io::Result<OwnedFd> {
    let descriptor =
        open_file("/dev/net/tun", OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK, Mode::empty())?;
    let mut request = InterfaceRequest { name: [0; 16], flags, rest: [0; 22] };
    let room = request.name.len() - 1;
    request.name[..room].iter_mut().zip(name.bytes()).for_each(|(to, byte)| *to = byte);
    set(descriptor.as_fd(), TUNSETIFF, (&raw mut request).cast())?;
    Ok(descriptor)
}

/// One request to the device's driver.
struct Request {
    code: Opcode,
    argument: *mut c_void,
}

// SAFETY: each of the four codes reads what its argument stands for: TUNSETIFF reads and writes a whole `ifreq`,
// TUNSETOWNER and TUNSETOFFLOAD take the value itself, TUNSETSTEERINGEBPF reads an `int`. The callers below give exactly these.
#[allow(unsafe_code)]
unsafe impl Ioctl for Request {
    type Output = ();

    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        self.code
    }

    fn as_ptr(&mut self) -> *mut c_void {
        self.argument
    }

    unsafe fn output_from_ptr(_: IoctlOutput, _: *mut c_void) -> Result<(), Errno> {
        Ok(())
    }
}

fn set(device: BorrowedFd<'_>, code: Opcode, argument: *mut c_void) -> io::Result<()> {
    // SAFETY: as said at `Request`; the argument lives in the caller until this returns.
    #[allow(unsafe_code)]
    unsafe { ioctl::ioctl(device, Request { code, argument }) }?;
    Ok(())
}
