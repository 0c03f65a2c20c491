//! What of eBPF (RFC 9669) the steering program needs, written one behind the other, with labels to go on at.

use std::os::fd::RawFd;

/// One instruction (RFC 9669 §3).
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instruction {
    pub(super) opcode: u8,
    pub(super) registers: u8,
    pub(super) offset: i16,
    pub(super) immediate: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Register {
    R0,
    R1,
    R2,
    R3,
    R4,
    R5,
    R6,
    R7,
    R8,
    R9,
    /// The end of the stack.
    R10,
}

/// How much is loaded from the packet (RFC 9669 §5).
#[derive(Debug, Clone, Copy)]
pub(super) enum Width {
    Word = 0x00,
    Half = 0x08,
    Byte = 0x10,
}

/// In 64 bits (RFC 9669 §4.1).
#[derive(Debug, Clone, Copy)]
pub(super) enum Operation {
    Add = 0x00,
    Subtract = 0x10,
    Multiply = 0x20,
    Or = 0x40,
    And = 0x50,
    ShiftLeft = 0x60,
}

/// Of two numbers without signs, in 64 bits (RFC 9669 §4.3).
#[derive(Debug, Clone, Copy)]
pub(super) enum Condition {
    Equal = 0x10,
    Greater = 0x20,
    AtLeast = 0x30,
    Other = 0x50,
    AtMost = 0xB0,
}

// Classes and sources (RFC 9669 §3).
const LOAD_IMMEDIATE_WIDE: u8 = 0x18;
const LOAD_PACKET: u8 = 0x20;
const LOAD_PACKET_BEHIND: u8 = 0x40;
const LOAD_WIDE: u8 = 0x79;
const STORE_WORD: u8 = 0x63;
const STORE_WIDE: u8 = 0x7B;
const JUMP: u8 = 0x05;
const ARITHMETIC: u8 = 0x07;
const BY_REGISTER: u8 = 0x08;
const MOVE: u8 = 0xB0;
const CALL: u8 = 0x85;
const EXIT: u8 = 0x95;
/// In the place of the source: the number is a table's descriptor (RFC 9669 §5.4).
const TABLE: u8 = 1;

// The kernel's functions, linux/bpf.h.
pub(super) const LOOK_UP: i32 = 1;
pub(super) const UPDATE: i32 = 2;
pub(super) const CLOCK: i32 = 5;

/// A program that is being written.
#[derive(Debug)]
pub(super) struct Assembly<L> {
    instructions: Vec<Instruction>,
    /// Which instruction goes on at which label.
    jumps: Vec<(usize, L)>,
    labels: Vec<(L, usize)>,
}

impl<L> Default for Assembly<L> {
    fn default() -> Self {
        Self { instructions: Vec::new(), jumps: Vec::new(), labels: Vec::new() }
    }
}

impl<L: Copy + PartialEq> Assembly<L> {
    fn push(
        &mut self,
        opcode: u8,
        (to, from): (Register, Register),
        offset: i16,
        immediate: i32,
    ) -> &mut Self {
        let registers = (from as u8) << 4 | to as u8;
        self.instructions.push(Instruction { opcode, registers, offset, immediate });
        self
    }

    /// to = from
    pub(super) fn copy(&mut self, to: Register, from: Register) -> &mut Self {
        self.push(MOVE | ARITHMETIC | BY_REGISTER, (to, from), 0, 0)
    }

    /// to = value
    pub(super) fn set(&mut self, to: Register, value: i32) -> &mut Self {
        self.push(MOVE | ARITHMETIC, (to, Register::R0), 0, value)
    }

    /// to = to `operation` value
    pub(super) fn apply(&mut self, operation: Operation, to: Register, value: i32) -> &mut Self {
        self.push(operation as u8 | ARITHMETIC, (to, Register::R0), 0, value)
    }

    /// to = to `operation` from
    pub(super) fn apply_by(&mut self, operation: Operation, to: Register, from: Register) -> &mut Self {
        self.push(operation as u8 | ARITHMETIC | BY_REGISTER, (to, from), 0, 0)
    }

    /// r0 = what is there in the packet, which r6 is. Loses r1 to r5. Behind the packet's end the program ends with 0.
    pub(super) fn load_packet(&mut self, width: Width, at: i32) -> &mut Self {
        self.push(LOAD_PACKET | width as u8, (Register::R0, Register::R0), 0, at)
    }

    /// r0 = the word at the place that the register says. Otherwise as [`Assembly::load_packet`].
    pub(super) fn load_packet_behind(&mut self, at: Register) -> &mut Self {
        self.push(LOAD_PACKET_BEHIND, (Register::R0, at), 0, 0)
    }

    /// to = eight bytes
    pub(super) fn load(&mut self, to: Register, from: Register, offset: i16) -> &mut Self {
        self.push(LOAD_WIDE, (to, from), offset, 0)
    }

    /// to = eight bytes of the stack
    pub(super) fn load_stack(&mut self, to: Register, offset: i16) -> &mut Self {
        self.load(to, Register::R10, offset)
    }

    /// Writes eight bytes.
    pub(super) fn store(&mut self, to: Register, offset: i16, from: Register) -> &mut Self {
        self.push(STORE_WIDE, (to, from), offset, 0)
    }

    pub(super) fn store_stack_wide(&mut self, offset: i16, from: Register) -> &mut Self {
        self.store(Register::R10, offset, from)
    }

    /// Writes four bytes.
    pub(super) fn store_stack(&mut self, offset: i16, from: Register) -> &mut Self {
        self.push(STORE_WORD, (Register::R10, from), offset, 0)
    }

    /// to = the address of a place in the stack
    pub(super) fn stack(&mut self, to: Register, offset: i16) -> &mut Self {
        self.copy(to, Register::R10).apply(Operation::Add, to, offset.into())
    }

    /// to = the table
    pub(super) fn table(&mut self, to: Register, descriptor: RawFd) -> &mut Self {
        self.push(LOAD_IMMEDIATE_WIDE, (to, Register::R0), 0, descriptor);
        if let Some(load) = self.instructions.last_mut() {
            load.registers |= TABLE << 4;
        }
        self.push(0, (Register::R0, Register::R0), 0, 0)
    }

    /// r0 = what the kernel's function says to r1 to r5, which are lost.
    pub(super) fn call(&mut self, function: i32) -> &mut Self {
        self.push(CALL, (Register::R0, Register::R0), 0, function)
    }

    /// Goes on there if it is so.
    pub(super) fn jump(&mut self, condition: Condition, register: Register, value: i32, to: L) -> &mut Self {
        self.jumps.push((self.instructions.len(), to));
        self.push(condition as u8 | JUMP, (register, Register::R0), 0, value)
    }

    /// Goes on there if it is so of two registers.
    pub(super) fn jump_by(
        &mut self,
        condition: Condition,
        one: Register,
        other: Register,
        to: L,
    ) -> &mut Self {
        self.jumps.push((self.instructions.len(), to));
        self.push(condition as u8 | JUMP | BY_REGISTER, (one, other), 0, 0)
    }

    pub(super) fn go(&mut self, to: L) -> &mut Self {
        self.jumps.push((self.instructions.len(), to));
        self.push(JUMP, (Register::R0, Register::R0), 0, 0)
    }

    /// The next instruction is there.
    pub(super) fn label(&mut self, label: L) -> &mut Self {
        self.labels.push((label, self.instructions.len()));
        self
    }

    /// Ends with r0.
    pub(super) fn exit(&mut self) -> &mut Self {
        self.push(EXIT, (Register::R0, Register::R0), 0, 0)
    }

    /// The program. The kernel refuses one that goes on at a label that it does not have.
    pub(super) fn finish(mut self) -> Vec<Instruction> {
        for (from, label) in self.jumps {
            let to = self.labels.iter().find(|(known, _)| *known == label).map_or(usize::MAX, |(_, at)| *at);
            let distance = to.wrapping_sub(from + 1);
            self.instructions[from].offset = i16::try_from(distance).unwrap_or(i16::MAX);
        }
        self.instructions
    }
}
