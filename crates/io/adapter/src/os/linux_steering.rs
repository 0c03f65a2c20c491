//! The program by which the kernel puts a packet that it sends into the queue of its lane: [`lanrage_party::FlowLanes`]
//! again, as eBPF, with a table of the kernel's. So a game's packet never stands behind a download's in the device's own
//! queue.

mod assembly;

use std::{
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
};

use lanrage_party::{EXPRESS_DSCP, Lane, Pace};

use self::assembly::{
    Assembly,
    Condition::{AtLeast, AtMost, Equal, Greater, Other},
    Instruction, Operation,
    Register::{self, R0, R1, R2, R3, R4, R6, R7, R8, R9},
    Width,
};

const ICMP: i32 = 1;
const UDP: i32 = 17;
/// What the key of a flow has in the place of the datagram's.
const FLOW: i32 = 1;
/// Added to the last bits of a datagram's number in the key of its fragments.
const FRAGMENT: i32 = 16;

/// Where the key is in the stack: addresses, ports, kind, four bytes each.
const KEY: i16 = -16;
const SOURCE: i16 = KEY;
const DESTINATION: i16 = KEY + 4;
const PORTS: i16 = KEY + 8;
const KIND: i16 = KEY + 12;
const KEY_BYTES: u32 = 16;

/// Where a value for the table is made in the stack. Of a flow it is its `Pace`, three times eight bytes; of a datagram in
/// fragments the first are its ports.
const VALUE: i16 = KEY - VALUE_BYTES as i16;
const VALUE_BYTES: u32 = 24;
const PAID_UNTIL: i16 = 0;
const LAST: i16 = 8;
const BULK_UNTIL: i16 = 16;

/// Flows that are remembered; of more, the kernel forgets the ones that were silent longest.
const FLOWS: u32 = 4_096;

/// The places that are gone on at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Whole,
    First,
    NoFirst,
    Ports,
    Known,
    Paid,
    NoGap,
    Active,
    Mark,
    Kept,
    Express,
    Bulk,
}

/// The rule, for the table with this descriptor.
///
/// Over the calls r6 is the packet, r7 the header's length and then the ports, r8 the packet's length and then the flow's
/// debt, r9 what else has to last.
fn program(table: RawFd) -> Vec<Instruction> {
    let mut a = Assembly::default();
    a.copy(R6, R1);

    // What needs no table.
    a.load_packet(Width::Byte, 0).copy(R7, R0);
    a.apply(Operation::And, R0, 0xF0).jump(Other, R0, 0x40, Label::Bulk);
    a.load_packet(Width::Byte, 1).jump(Greater, R0, (i32::from(EXPRESS_DSCP) << 2) - 1, Label::Express);
    a.load_packet(Width::Byte, 9).jump(Equal, R0, ICMP, Label::Express).jump(Other, R0, UDP, Label::Bulk);

    // The key, as far as every packet has it.
    a.load_packet(Width::Word, 12).store_stack(SOURCE, R0);
    a.load_packet(Width::Word, 16).store_stack(DESTINATION, R0);
    a.set(R0, 0).store_stack(PORTS, R0);
    a.apply(Operation::And, R7, 0xF).apply(Operation::ShiftLeft, R7, 2);
    a.load_packet(Width::Half, 2).copy(R8, R0);
    a.load_packet(Width::Half, 6).copy(R9, R0);
    a.apply(Operation::And, R0, 0x3FFF).jump(Equal, R0, 0, Label::Whole);

    // The fragments of a datagram go where their flow goes: the first says the ports to those behind it.
    a.load_packet(Width::Half, 4).apply(Operation::And, R0, FRAGMENT - 1);
    a.apply(Operation::Or, R0, FRAGMENT).store_stack(KIND, R0);
    a.apply(Operation::And, R9, 0x1FFF).jump(Equal, R9, 0, Label::First);
    a.look_up(table).jump(Equal, R0, 0, Label::NoFirst);
    a.load(R7, R0, 0).go(Label::Ports);
    a.label(Label::NoFirst).set(R7, 0).go(Label::Ports);
    a.label(Label::First).load_packet_behind(R7).copy(R7, R0);
    make_value(&mut a, R7);
    a.update(table).go(Label::Ports);
    a.label(Label::Whole).load_packet_behind(R7).copy(R7, R0);
    a.label(Label::Ports).store_stack(PORTS, R7);
    a.set(R0, FLOW).store_stack(KIND, R0);

    // The flow's pace.
    a.call_clock().copy(R9, R0);
    a.apply(Operation::Multiply, R8, Pace::BYTE as i32);
    a.look_up(table).jump(Other, R0, 0, Label::Known);
    a.set(R0, 0);
    make_value(&mut a, R0);
    a.update(table).look_up(table).jump(Equal, R0, 0, Label::Express);

    a.label(Label::Known);
    a.load(R1, R0, PAID_UNTIL).jump_by(AtMost, R1, R9, Label::Paid);
    a.apply_by(Operation::Subtract, R1, R9).apply_by(Operation::Add, R8, R1);
    // r3 is the gap.
    a.label(Label::Paid).load(R2, R0, LAST).store(R0, LAST, R9).set(R3, 0);
    a.jump_by(AtLeast, R2, R9, Label::NoGap).copy(R3, R9).apply_by(Operation::Subtract, R3, R2);
    // r4 is until when it is bulk.
    a.label(Label::NoGap).load(R4, R0, BULK_UNTIL);
    a.set(R1, Pace::QUIET as i32).jump_by(Greater, R1, R3, Label::Active).set(R4, 0);
    a.label(Label::Active).jump(AtMost, R8, Pace::BURST as i32, Label::Kept);
    a.jump_by(Greater, R4, R9, Label::Mark).jump(AtLeast, R3, Pace::SETTLED as i32, Label::Mark);
    a.jump(AtMost, R8, 2 * Pace::BURST as i32, Label::Kept);
    a.label(Label::Mark).set(R4, 1).apply(Operation::ShiftLeft, R4, CALM_BITS);
    a.apply_by(Operation::Add, R4, R9).jump(AtMost, R8, 2 * Pace::BURST as i32, Label::Kept);
    a.set(R8, 2 * Pace::BURST as i32);
    a.label(Label::Kept).apply_by(Operation::Add, R8, R9).store(R0, PAID_UNTIL, R8);
    a.store(R0, BULK_UNTIL, R4).jump_by(Greater, R4, R9, Label::Bulk);

    a.label(Label::Express).set(R0, Lane::Express as i32).exit();
    a.label(Label::Bulk).set(R0, Lane::Bulk as i32).exit();
    a.finish()
}

/// [`Pace::CALM`] is no number for an instruction.
const CALM_BITS: i32 = Pace::CALM.trailing_zeros() as i32;
const _: () = assert!(Pace::CALM.is_power_of_two());

/// A value whose first part is in the register, the others zero.
fn make_value(a: &mut Assembly<Label>, first: Register) {
    a.store_stack_wide(VALUE + PAID_UNTIL, first).set(R0, 0);
    a.store_stack_wide(VALUE + LAST, R0).store_stack_wide(VALUE + BULK_UNTIL, R0);
}

impl Assembly<Label> {
    /// r0 = the value under the key, or 0. Loses r1 to r5.
    fn look_up(&mut self, table: RawFd) -> &mut Self {
        self.table(R1, table).stack(R2, KEY).call(assembly::LOOK_UP)
    }

    /// Writes the value under the key. Loses r0 to r5.
    fn update(&mut self, table: RawFd) -> &mut Self {
        self.table(R1, table).stack(R2, KEY).stack(R3, VALUE).set(R4, 0).call(assembly::UPDATE)
    }

    /// r0 = nanoseconds since the start of the machine. Loses r1 to r5.
    fn call_clock(&mut self) -> &mut Self {
        self.call(assembly::CLOCK)
    }
}

const BPF_MAP_CREATE: i32 = 0;
const BPF_MAP_TYPE_LRU_HASH: u32 = 9;
const BPF_PROG_LOAD: i32 = 5;
const BPF_PROG_TYPE_SOCKET_FILTER: u32 = 1;

/// The beginning of `union bpf_attr` as BPF_MAP_CREATE reads it; the kernel takes what is not given as zero.
#[repr(C)]
struct Create {
    map_type: u32,
    key_bytes: u32,
    value_bytes: u32,
    entries: u32,
}

/// The same for BPF_PROG_LOAD.
#[repr(C)]
struct Load {
    program_type: u32,
    instruction_count: u32,
    instructions: u64,
    license: u64,
}

/// Gives the program to the kernel, and its table, which lasts as long as the program.
///
/// # Errors
/// The kernel's: above all that the process may not (it takes CAP_BPF).
pub(super) fn load() -> io::Result<OwnedFd> {
    let create = Create {
        map_type: BPF_MAP_TYPE_LRU_HASH,
        key_bytes: KEY_BYTES,
        value_bytes: VALUE_BYTES,
        entries: FLOWS,
    };
    // SAFETY: the request is what the command reads, and points nowhere.
    #[allow(unsafe_code)]
    let table = unsafe { bpf(BPF_MAP_CREATE, &create) }?;
    let program = program(table.as_raw_fd());
    let load = Load {
        program_type: BPF_PROG_TYPE_SOCKET_FILTER,
        instruction_count: program.len() as u32,
        instructions: program.as_ptr() as u64,
        license: c"Dual MIT/GPL".as_ptr() as u64,
    };
    // SAFETY: as above; the program and the text that it points to live until it returns.
    #[allow(unsafe_code)]
    unsafe {
        bpf(BPF_PROG_LOAD, &load)
    }
}

/// A command of bpf(2) that makes a descriptor.
///
/// # Safety
/// The request must be what the command reads, and what it points to must be there.
#[allow(unsafe_code)]
unsafe fn bpf<T>(command: i32, request: &T) -> io::Result<OwnedFd> {
    // SAFETY: bpf(2) reads `size` bytes of the request; the rest is the caller's promise.
    let descriptor =
        unsafe { libc::syscall(libc::SYS_bpf, command, std::ptr::from_ref(request), size_of::<T>()) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a fresh descriptor, which nothing else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor as i32) })
}

#[cfg(test)]
mod tests;
