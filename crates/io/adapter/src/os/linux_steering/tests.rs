//! The kernel's rule beside the one of `lanrage-party`: the program is run by a small machine of our own, whose clock is the
//! test's.

use std::collections::HashMap;

use lanrage_party::FlowLanes;
use proptest::prelude::*;

use super::*;

const STACK_BYTES: usize = 128;
/// Addresses of the machine: the stack's end, and of the first value in the table.
const STACK_END: u64 = 1 << 20;
const VALUES: u64 = 1 << 24;

/// What the program remembers between two packets.
#[derive(Default)]
struct Machine {
    places: HashMap<Vec<u8>, usize>,
    values: Vec<[u8; VALUE_BYTES as usize]>,
}

impl Machine {
    /// What the program says to the packet. Whatever it has no business with is a panic.
    fn run(&mut self, program: &[Instruction], packet: &[u8], now: u64) -> u64 {
        let mut registers = [0_u64; 11];
        registers[10] = STACK_END;
        let mut stack = [0_u8; STACK_BYTES];
        let mut next = 0;
        loop {
            let Instruction { opcode, registers: both, offset, immediate } = program[next];
            next += 1;
            let (to, from) = (usize::from(both & 0xF), usize::from(both >> 4));
            let by_register = opcode & 0x08 != 0;
            let operand = if by_register { registers[from] } else { i64::from(immediate) as u64 };
            match opcode {
                // Loads from the packet.
                0x20 | 0x28 | 0x30 | 0x40 => {
                    let behind = if opcode == 0x40 { registers[from] as usize } else { 0 };
                    let bytes = match opcode & 0x18 {
                        0x00 => 4,
                        0x08 => 2,
                        _ => 1,
                    };
                    let at = behind + immediate as usize;
                    let Some(bytes) = packet.get(at..at + bytes) else { return 0 };
                    registers[0] = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
                }
                0x18 => {
                    registers[to] = u64::MAX;
                    next += 1;
                }
                0x79 if from == 10 => {
                    let at = (STACK_BYTES as i16 + offset) as usize;
                    registers[to] = stack[at..].first_chunk().copied().map(u64::from_ne_bytes).unwrap();
                }
                0x79 => registers[to] = u64::from_ne_bytes(self.value(registers[from], offset)),
                0x7B if to == 10 => {
                    let at = (STACK_BYTES as i16 + offset) as usize;
                    stack[at..at + 8].copy_from_slice(&registers[from].to_ne_bytes());
                }
                0x7B => *self.value_mut(registers[to], offset) = registers[from].to_ne_bytes(),
                0x63 => {
                    assert_eq!(to, 10);
                    let at = (STACK_BYTES as i16 + offset) as usize;
                    stack[at..at + 4].copy_from_slice(&(registers[from] as u32).to_ne_bytes());
                }
                0x85 => {
                    let place = |register: usize| STACK_BYTES - (STACK_END - registers[register]) as usize;
                    registers[0] = match immediate {
                        assembly::CLOCK => now,
                        assembly::LOOK_UP => {
                            let key = &stack[place(2)..][..KEY_BYTES as usize];
                            self.places.get(key).map_or(0, |at| VALUES + *at as u64 * u64::from(VALUE_BYTES))
                        }
                        assembly::UPDATE => {
                            let key = stack[place(2)..][..KEY_BYTES as usize].to_vec();
                            let value = stack[place(3)..].first_chunk().copied().unwrap();
                            let at = *self.places.entry(key).or_insert(self.values.len());
                            if at == self.values.len() {
                                self.values.push(value)
                            } else {
                                self.values[at] = value
                            }
                            0
                        }
                        other => panic!("function {other}"),
                    };
                    // The kernel leaves anything in these.
                    registers[1..6].fill(0xDEAD);
                }
                0x95 => return registers[0],
                _ if opcode & 0x07 == 0x07 => {
                    let value = &mut registers[to];
                    *value = match opcode & 0xF0 {
                        0x00 => value.wrapping_add(operand),
                        0x10 => value.wrapping_sub(operand),
                        0x20 => value.wrapping_mul(operand),
                        0x40 => *value | operand,
                        0x50 => *value & operand,
                        0x60 => *value << operand,
                        0xB0 => operand,
                        other => panic!("operation {other:x}"),
                    };
                }
                _ if opcode & 0x07 == 0x05 => {
                    let value = registers[to];
                    let holds = match opcode & 0xF0 {
                        0x00 => true,
                        0x10 => value == operand,
                        0x20 => value > operand,
                        0x30 => value >= operand,
                        0x50 => value != operand,
                        0xB0 => value <= operand,
                        other => panic!("condition {other:x}"),
                    };
                    if holds {
                        next = (next as i64 + i64::from(offset)) as usize;
                    }
                }
                other => panic!("instruction {other:x}"),
            }
        }
    }

    fn value_mut(&mut self, address: u64, offset: i16) -> &mut [u8; 8] {
        let (at, width) = ((address - VALUES) as usize, VALUE_BYTES as usize);
        let value = &mut self.values[at / width];
        value[at % width + offset as usize..].first_chunk_mut().unwrap()
    }

    fn value(&mut self, address: u64, offset: i16) -> [u8; 8] {
        *self.value_mut(address, offset)
    }
}

/// Packets with a whole header: the kernel sends no others.
fn packet() -> impl Strategy<Value = Vec<u8>> {
    let version = prop_oneof![8 => Just(0x45_u8), 1 => Just(0x47), 1 => Just(0x65), 1 => Just(0x4F)];
    let class = prop_oneof![8 => Just(0_u8), 1 => Just(31 << 2), 1 => Just(32 << 2), 1 => any::<u8>()];
    let protocol = prop_oneof![8 => Just(17_u8), 1 => Just(1), 1 => Just(6), 1 => any::<u8>()];
    let length = prop_oneof![Just(128_u16), Just(1_428), 28..=u16::MAX];
    let fragment = prop_oneof![6 => Just(0x4000_u16), 1 => Just(0), 1 => Just(0x2000), 1 => Just(0x2010), 1 => Just(0x0010)];
    let port = || prop_oneof![2 => 5_000..5_002_u16, 1 => 5_000..5_100_u16];
    let ports = (port(), port());
    let bytes = prop_oneof![9 => Just(40_usize), 1 => 20..40_usize];
    (version, class, protocol, length, fragment, 0..3_u16, ports, bytes).prop_map(
        |(version, class, protocol, length, fragment, number, (from, to), bytes)| {
            let mut packet = vec![0; 40];
            (packet[0], packet[1], packet[9]) = (version, class, protocol);
            packet[2..4].copy_from_slice(&length.to_be_bytes());
            packet[4..6].copy_from_slice(&number.to_be_bytes());
            packet[6..8].copy_from_slice(&fragment.to_be_bytes());
            packet[12..20].copy_from_slice(&[10, 0, 0, 1, 10, 0, 0, 2]);
            packet[20..22].copy_from_slice(&from.to_be_bytes());
            packet[22..24].copy_from_slice(&to.to_be_bytes());
            packet.truncate(bytes);
            packet
        },
    )
}

#[test]
fn the_kernels_rule_and_ours_say_the_same_of_a_crowd() {
    let program = program(3);
    // From one socket, to one, and between as many.
    let ends: [fn(u16) -> [u16; 2]; 3] = [|n| [7, 100 + n], |n| [100 + n, 7], |n| [100 + n, 100 + n]];
    for ports in ends {
        let (mut machine, begin) = (Machine::default(), std::time::Instant::now());
        let mut ours = FlowLanes::new(begin);
        let mut lanes = [0_u32; 2];
        for n in 0..60_000_u64 {
            let flow = (n % 150) as u16;
            let mut packet = vec![0; 40];
            (packet[0], packet[9]) = (0x45, 17);
            // Some are small.
            packet[2..4].copy_from_slice(&(if flow < 20 { 100_u16 } else { 1_400 }).to_be_bytes());
            packet[20..24].copy_from_slice(&ports(flow).map(u16::to_be_bytes).concat());
            let passed = n * 60_000;
            let lane = ours.lane(&packet, begin + std::time::Duration::from_nanos(passed));
            lanes[lane as usize] += 1;
            assert_eq!(machine.run(&program, &packet, (3_600 << 30) + passed), lane as u64, "{n}");
        }
        assert!(lanes.iter().all(|count| *count > 400), "{lanes:?}");
    }
}

proptest! {
    #[test]
    fn the_kernels_rule_and_ours_say_the_same_of_every_packet(
        packets in prop::collection::vec(
            (packet(), prop_oneof![Just(0), 0..2_000_u64, 0..2_000_000_u64, 0..10_000_000_000_u64], 1..60_usize),
            1..60,
        ),
    ) {
        let program = program(3);
        let mut machine = Machine::default();
        let begin = std::time::Instant::now();
        let mut ours = FlowLanes::new(begin);
        let mut passed = 0;
        for (packet, gap, count) in packets {
            for _ in 0..count {
                passed += gap;
                let lane = ours.lane(&packet, begin + std::time::Duration::from_nanos(passed));
                let kernels = machine.run(&program, &packet, (3_600 << 30) + passed);
                prop_assert_eq!(kernels, lane as u64, "{:02x?} after {} ns", packet, passed);
            }
        }
    }
}
