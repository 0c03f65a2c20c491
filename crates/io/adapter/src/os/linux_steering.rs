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
    Register::{self, R0, R1, R2, R3, R4, R5, R6, R7, R8, R9},
    Width,
};

const ICMP: i32 = 1;
const UDP: i32 = 17;

/// Where the key is in the stack: addresses, ports, kind, four bytes each.
const KEY: i16 = -16;
const SOURCE: i16 = KEY;
const DESTINATION: i16 = KEY + 4;
const PORTS: i16 = KEY + 8;
const KIND: i16 = KEY + 12;
const KEY_BYTES: u32 = 16;

/// Where a value for the table is made in the stack: two times a `Pace`, each three times eight bytes, of which only a flow has
/// the second; of a datagram in fragments the first are its ports.
const VALUE: i16 = KEY - VALUE_BYTES as i16;
const VALUE_BYTES: u32 = 2 * PACE_BYTES as u32;
const PACE_BYTES: i16 = 24;
const PAID_UNTIL: i16 = 0;
const LAST: i16 = 8;
const BULK_UNTIL: i16 = 16;
/// Where the ports are kept while the key is another.
const KEPT_PORTS: i16 = VALUE - 8;

/// What the key has in the place of the datagram's: of a flow, of all that one socket sends or gets, and of everything.
const FLOW: i32 = 1;
const SENDER: i32 = 2;
const RECEIVER: i32 = 3;
const EVERYTHING: i32 = 4;
/// Added to the last bits of a datagram's number in the key of its fragments.
const FRAGMENT: i32 = 16;

/// Values that are remembered, three of a flow; of more, the kernel forgets the ones that were not asked for longest.
const ENTRIES: u32 = 8_192;

/// What r7 says of the packet beside the flow's own pace.
const IS_LARGE: i32 = 1;
const IS_OF_MANY: i32 = 2;

/// The places that are gone on at; those with a number are there once for each pace that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Whole,
    First,
    NoFirst,
    Ports,
    Known(i32),
    Paid(Counted),
    NoGap(Counted),
    Active(Counted),
    Mark(Counted),
    Kept(Counted),
    Below(Counted),
    Express,
    Bulk,
}

/// Which pace, of what kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counted {
    kind: i32,
    /// Where it is in the value.
    at: i16,
    /// What a byte takes.
    byte: u64,
}

const SMALL: Counted = Counted { kind: FLOW, at: PACE_BYTES, byte: Pace::SMALL_BYTE };
const OWN: Counted = Counted { kind: FLOW, at: 0, byte: Pace::BYTE };

const fn together(kind: i32) -> Counted {
    Counted { kind, at: 0, byte: Pace::CROWD_BYTE }
}

/// The rule, for the table with this descriptor.
///
/// Over the calls r6 is the packet, r7 the header's length and then the ports and then what else is known of the packet, r8 its
/// length, r9 what else has to last and then the time.
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
    a.label(Label::Ports).store_stack(PORTS, R7).store_stack_wide(KEPT_PORTS, R7);
    a.call_clock().copy(R9, R0);

    // The flow's own pace.
    find(&mut a, table, FLOW);
    count(&mut a, SMALL);
    a.set(R7, 0).jump_by(AtMost, R4, R9, Label::Below(SMALL)).set(R7, IS_LARGE).label(Label::Below(SMALL));
    count(&mut a, OWN);
    a.jump_by(Greater, R4, R9, Label::Bulk);

    // Those of all that its socket sends, and of all that goes to the same.
    a.set(R0, 0).store_stack(DESTINATION, R0);
    a.load_stack(R0, KEPT_PORTS).apply(Operation::And, R0, !0xFFFF).store_stack(PORTS, R0);
    find(&mut a, table, SENDER);
    count_together(&mut a, SENDER);
    a.set(R0, 0).store_stack(SOURCE, R0);
    a.load_packet(Width::Word, 16).store_stack(DESTINATION, R0);
    a.load_stack(R0, KEPT_PORTS).apply(Operation::And, R0, 0xFFFF).store_stack(PORTS, R0);
    find(&mut a, table, RECEIVER);
    count_together(&mut a, RECEIVER);
    a.jump(AtLeast, R7, IS_OF_MANY, Label::Bulk);

    // That of everything.
    a.set(R0, 0).store_stack(DESTINATION, R0).store_stack(PORTS, R0);
    find(&mut a, table, EVERYTHING);
    count(&mut a, together(EVERYTHING));
    a.jump_by(AtMost, R4, R9, Label::Express).jump(Equal, R7, IS_LARGE, Label::Bulk);

    a.label(Label::Express).set(R0, Lane::Express as i32).exit();
    a.label(Label::Bulk).set(R0, Lane::Bulk as i32).exit();
    a.finish()
}

/// r0 = the value under the key, whose kind this is. Loses r1 to r5.
fn find(a: &mut Assembly<Label>, table: RawFd, kind: i32) {
    a.set(R0, kind).store_stack(KIND, R0);
    a.look_up(table).jump(Other, R0, 0, Label::Known(kind));
    a.set(R0, 0);
    make_value(a, R0);
    a.update(table).look_up(table).jump(Equal, R0, 0, Label::Express).label(Label::Known(kind));
}

/// Counts the packet in one pace of the value that r0 is: r4 = until when it is bulk. Loses r1 to r5.
fn count(a: &mut Assembly<Label>, counted: Counted) {
    let Counted { at, byte, .. } = counted;
    // r5 is the debt.
    a.copy(R5, R8).apply(Operation::Multiply, R5, byte as i32);
    a.load(R1, R0, at + PAID_UNTIL).jump_by(AtMost, R1, R9, Label::Paid(counted));
    a.apply_by(Operation::Subtract, R1, R9).apply_by(Operation::Add, R5, R1);
    // r3 is the gap.
    a.label(Label::Paid(counted)).load(R2, R0, at + LAST).store(R0, at + LAST, R9).set(R3, 0);
    a.jump_by(AtLeast, R2, R9, Label::NoGap(counted)).copy(R3, R9).apply_by(Operation::Subtract, R3, R2);
    a.label(Label::NoGap(counted)).load(R4, R0, at + BULK_UNTIL);
    a.set(R1, Pace::QUIET as i32).jump_by(Greater, R1, R3, Label::Active(counted)).set(R4, 0);
    a.label(Label::Active(counted)).jump(AtMost, R5, Pace::BURST as i32, Label::Kept(counted));
    a.jump_by(Greater, R4, R9, Label::Mark(counted));
    a.jump(AtLeast, R3, Pace::SETTLED as i32, Label::Mark(counted));
    a.jump(AtMost, R5, 2 * Pace::BURST as i32, Label::Kept(counted));
    a.label(Label::Mark(counted)).set(R4, 1).apply(Operation::ShiftLeft, R4, CALM_BITS);
    a.apply_by(Operation::Add, R4, R9).jump(AtMost, R5, 2 * Pace::BURST as i32, Label::Kept(counted));
    a.set(R5, 2 * Pace::BURST as i32);
    a.label(Label::Kept(counted)).apply_by(Operation::Add, R5, R9).store(R0, at + PAID_UNTIL, R5);
    a.store(R0, at + BULK_UNTIL, R4);
}

/// Counts the packet among those of one end, and notes in r7 if they are many.
fn count_together(a: &mut Assembly<Label>, kind: i32) {
    let counted = together(kind);
    count(a, counted);
    a.jump_by(AtMost, R4, R9, Label::Below(counted));
    a.apply(Operation::Or, R7, IS_OF_MANY).label(Label::Below(counted));
}

/// [`Pace::CALM`] is no number for an instruction.
const CALM_BITS: i32 = Pace::CALM.trailing_zeros() as i32;
const _: () = assert!(Pace::CALM.is_power_of_two());

/// A value whose first part is in the register, the others zero.
fn make_value(a: &mut Assembly<Label>, first: Register) {
    a.store_stack_wide(VALUE, first).set(R0, 0);
    for part in 1..VALUE_BYTES as i16 / 8 {
        a.store_stack_wide(VALUE + 8 * part, R0);
    }
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
        entries: ENTRIES,
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
