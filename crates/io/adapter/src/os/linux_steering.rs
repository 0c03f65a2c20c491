//! The program by which the kernel puts a packet that it sends into the queue of its lane: [`Lane::of`] again, as eBPF.
//! So a game's packet never stands behind a download's in the device's own queue.

use std::{
    io,
    os::fd::{FromRawFd, OwnedFd},
};

use lanrage_party::{EXPRESS_DSCP, EXPRESS_PACKET_BYTES, Lane};

/// One instruction (RFC 9669 §3).
#[repr(C)]
#[derive(Clone, Copy)]
struct Instruction {
    opcode: u8,
    registers: u8,
    offset: i16,
    immediate: i32,
}

/// r6 = r1: the loads from the packet want the context there (RFC 9669 §5.5).
const CONTEXT: Instruction = instruction(0xBF, 0x16, 0, 0);
const EXIT: Instruction = instruction(0x95, 0, 0, 0);

const fn instruction(opcode: u8, registers: u8, offset: i16, immediate: i32) -> Instruction {
    Instruction { opcode, registers, offset, immediate }
}

/// r0 = one byte of the packet. Behind its end the program ends with 0, the bulk lane.
const fn byte(at: i32) -> Instruction {
    instruction(0x30, 0, 0, at)
}

/// r0 = two bytes of the packet, in the machine's order.
const fn half_word(at: i32) -> Instruction {
    instruction(0x28, 0, 0, at)
}

/// r0 &= value
const fn and(value: i32) -> Instruction {
    instruction(0x57, 0, 0, value)
}

/// Goes on `skip` instructions further if r0 == value.
const fn if_equal(value: i32, skip: i16) -> Instruction {
    instruction(0x15, 0, skip, value)
}

/// Goes on `skip` instructions further if r0 != value.
const fn if_other(value: i32, skip: i16) -> Instruction {
    instruction(0x55, 0, skip, value)
}

/// Goes on `skip` instructions further if r0 > value.
const fn if_greater(value: i32, skip: i16) -> Instruction {
    instruction(0x25, 0, skip, value)
}

/// r0 = value
const fn result(lane: Lane) -> Instruction {
    instruction(0xB7, 0, 0, lane as i32)
}

const EXPRESS: i16 = 14;
const BULK: i16 = 16;

/// How far the instruction at `from` has to skip to go on at `to`.
const fn skip(from: i16, to: i16) -> i16 {
    to - from - 1
}

const PROGRAM: [Instruction; 18] = [
    CONTEXT,
    // Version 4.
    byte(0),
    and(0xF0),
    if_other(0x40, skip(3, BULK)),
    // The DSCP is the upper six bits.
    byte(1),
    if_greater(((EXPRESS_DSCP as i32) << 2) - 1, skip(5, EXPRESS)),
    // ICMP and UDP.
    byte(9),
    if_equal(1, skip(7, EXPRESS)),
    if_other(17, skip(8, BULK)),
    // No fragment.
    half_word(6),
    and(0x3FFF),
    if_other(0, skip(11, BULK)),
    // Short.
    half_word(2),
    if_greater(EXPRESS_PACKET_BYTES as i32, skip(13, BULK)),
    result(Lane::Express),
    EXIT,
    result(Lane::Bulk),
    EXIT,
];

const BPF_PROG_LOAD: i32 = 5;
const BPF_PROG_TYPE_SOCKET_FILTER: u32 = 1;

/// The beginning of `union bpf_attr` as BPF_PROG_LOAD reads it; the kernel takes what is not given as zero.
#[repr(C)]
struct Load {
    program_type: u32,
    instruction_count: u32,
    instructions: u64,
    license: u64,
}

/// Gives the program to the kernel.
///
/// # Errors
/// The kernel's: above all that the process may not (it takes CAP_BPF, or a system that lets everybody).
pub(super) fn load() -> io::Result<OwnedFd> {
    let request = Load {
        program_type: BPF_PROG_TYPE_SOCKET_FILTER,
        instruction_count: PROGRAM.len() as u32,
        instructions: PROGRAM.as_ptr() as u64,
        license: c"Dual MIT/GPL".as_ptr() as u64,
    };
    // SAFETY: bpf(2) reads `size` bytes of the request, and the two constants that it points to.
    #[allow(unsafe_code)]
    let descriptor =
        unsafe { libc::syscall(libc::SYS_bpf, BPF_PROG_LOAD, &raw const request, size_of::<Load>()) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a fresh descriptor, which nothing else owns.
    #[allow(unsafe_code)]
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor as i32) })
}
