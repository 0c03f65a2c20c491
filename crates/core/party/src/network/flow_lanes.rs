use std::{
    array,
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, Instant},
};

use crate::network::{
    lane::{EXPRESS_DSCP, Lane},
    pace::Pace,
};

const ICMP: u8 = 1;
const UDP: u8 = 17;
const HEADER_BYTES: usize = 20;
/// Implementation: the sets of the table, and what each holds.
const SETS: usize = 256;
const WAYS: usize = 4;
/// How long ago the table's clock began when the table is made.
const BEFORE: Duration = Duration::from_secs(3_600);

/// The lanes of a device's packets, by what flow they are of: UDP by the flow's [`Pace`]; ICMP and what is marked
/// urgent ([`EXPRESS_DSCP`]) express; the rest bulk.
///
/// It is for systems whose kernel does not choose. The kernel's steering program of `lanrage-adapter` is the same rule. It
/// remembers 1,024 flows; of more, the ones that were silent longest begin anew.
#[derive(Debug)]
pub struct FlowLanes {
    /// When the table's clock says [`BEFORE`].
    made: Instant,
    sets: Box<[[Entry; WAYS]]>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    key: Key,
    used: u64,
    pace: Pace,
    /// Of a datagram whose first fragment has come: the ports of all.
    ports: u32,
}

/// What the packets of a flow have in common; nothing but zeros in an entry that is free.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Key {
    source: u32,
    destination: u32,
    /// Both. Zero for a fragment without them whose first one has not been seen.
    ports: u32,
    /// [`FLOW`], or what the fragments of a datagram have in common: [`FRAGMENT`] and the end of the datagram's number.
    kind: u32,
}

const FLOW: u32 = 1;
const FRAGMENT: u32 = 16;

impl FlowLanes {
    /// Knows no flow.
    pub fn new(now: Instant) -> Self {
        Self { made: now, sets: vec![array::from_fn(|_| Entry::default()); SETS].into_boxed_slice() }
    }

    /// The lane of an IPv4 packet, which it counts. Any bytes have one.
    pub fn lane(&mut self, packet: &[u8], now: Instant) -> Lane {
        let now = (BEFORE + now.saturating_duration_since(self.made)).as_nanos() as u64;
        self.lane_of(packet, now).unwrap_or(Lane::Bulk)
    }

    /// None for what has no whole header.
    fn lane_of(&mut self, packet: &[u8], now: u64) -> Option<Lane> {
        let header = packet.first_chunk::<HEADER_BYTES>()?;
        if header[0] >> 4 != 4 {
            return None;
        }
        if header[1] >> 2 >= EXPRESS_DSCP || header[9] == ICMP {
            return Some(Lane::Express);
        }
        if header[9] != UDP {
            return None;
        }
        let half_word = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        let ports_at = usize::from(header[0] & 0xF) * 4;
        let ports = || packet.get(ports_at..)?.first_chunk().copied().map(u32::from_be_bytes);
        let [source, destination] =
            [12, 16].map(|at| u32::from(half_word(at)) << 16 | u32::from(half_word(at + 2)));
        let datagram =
            Key { source, destination, ports: 0, kind: FRAGMENT | (u32::from(half_word(4)) % FRAGMENT) };
        let ports = match half_word(6) {
            whole if whole & 0x3FFF == 0 => ports()?,
            // The fragments behind it have no ports: they go where it goes.
            first if first & 0x1FFF == 0 => {
                let ports = ports()?;
                self.entry(datagram, now).ports = ports;
                ports
            }
            _ => self.entry(datagram, now).ports,
        };
        let flow = Key { ports, kind: FLOW, ..datagram };
        Some(self.entry(flow, now).pace.lane(now, half_word(2)))
    }

    /// What is known under the key, in the place of what was not asked for longest if that is nothing.
    fn entry(&mut self, key: Key, now: u64) -> &mut Entry {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let set = &mut self.sets[hasher.finish() as usize % SETS];
        let way = (0..WAYS).find(|way| set[*way].key == key).unwrap_or_else(|| {
            let oldest = (0..WAYS).min_by_key(|way| set[*way].used).unwrap_or_default();
            set[oldest] = Entry { key, ..Entry::default() };
            oldest
        });
        set[way].used = now;
        &mut set[way]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TCP: u8 = 6;

    #[derive(Clone, Copy)]
    struct Packet {
        dscp: u8,
        protocol: u8,
        length: u16,
        number: u16,
        /// Flags and offset.
        fragment: u16,
        ports: [u16; 2],
        options: u8,
    }

    const GAME: Packet = Packet {
        dscp: 0,
        protocol: UDP,
        length: 128,
        number: 7,
        fragment: 0x4000,
        ports: [27_015, 27_005],
        options: 0,
    };

    fn bytes(packet: Packet) -> Vec<u8> {
        let mut bytes = vec![0; 28 + usize::from(packet.options) * 4];
        bytes[0] = 0x45 + packet.options;
        bytes[1] = packet.dscp << 2 | 1;
        bytes[2..4].copy_from_slice(&packet.length.to_be_bytes());
        bytes[4..6].copy_from_slice(&packet.number.to_be_bytes());
        bytes[6..8].copy_from_slice(&packet.fragment.to_be_bytes());
        bytes[9] = packet.protocol;
        bytes[12..20].copy_from_slice(&[10, 0, 0, 1, 10, 0, 0, 2]);
        let ports = bytes.len() - 8;
        bytes[ports..ports + 2].copy_from_slice(&packet.ports[0].to_be_bytes());
        bytes[ports + 2..ports + 4].copy_from_slice(&packet.ports[1].to_be_bytes());
        bytes
    }

    fn table() -> (FlowLanes, Instant) {
        let now = Instant::now();
        (FlowLanes::new(now), now)
    }

    /// Makes a transfer of the packet's flow.
    fn transfer(lanes: &mut FlowLanes, now: Instant, packet: Packet) {
        let last = (0..100).map(|_| lanes.lane(&bytes(Packet { length: 1_420, ..packet }), now)).last();
        assert_eq!(last, Some(Lane::Bulk));
    }

    #[test]
    fn what_is_no_udp_has_a_lane_by_what_it_is() {
        let (mut lanes, now) = table();
        let mut lane = |dscp, protocol| lanes.lane(&bytes(Packet { dscp, protocol, ..GAME }), now);
        assert_eq!(lane(0, ICMP), Lane::Express);
        assert_eq!(lane(0, TCP), Lane::Bulk);
        assert_eq!(lane(EXPRESS_DSCP, TCP), Lane::Express);
        assert_eq!(lane(EXPRESS_DSCP - 1, TCP), Lane::Bulk);
        assert_eq!(lane(0, UDP), Lane::Express);
        assert_eq!(lanes.lane(&[0x60; 40], now), Lane::Bulk);
    }

    #[test]
    fn a_transfer_takes_no_other_flow_with_it_and_all_of_its_own() {
        let (mut lanes, now) = table();
        transfer(&mut lanes, now, GAME);
        let mut lane = |packet| lanes.lane(&bytes(packet), now);
        assert_eq!(lane(GAME), Lane::Bulk, "a small packet of it");
        assert_eq!(lane(Packet { options: 3, ..GAME }), Lane::Bulk, "one with options");
        assert_eq!(lane(Packet { dscp: EXPRESS_DSCP, ..GAME }), Lane::Express, "what is marked is urgent");
        for ports in [[27_016, 27_005], [27_015, 27_006], [27_005, 27_015]] {
            assert_eq!(lane(Packet { ports, ..GAME }), Lane::Express);
        }
    }

    #[test]
    fn fragments_go_where_their_flow_goes() {
        let (mut lanes, now) = table();
        let calm = Packet { ports: [1, 2], ..GAME };
        transfer(&mut lanes, now, GAME);
        for (packet, lane) in [(GAME, Lane::Bulk), (calm, Lane::Express)] {
            // Of two datagrams at once, the second of which has no ports to be seen after the first fragment.
            for number in [7, 8] {
                let fragment = |fragment| bytes(Packet { fragment, number, ..packet });
                let later = |at| bytes(Packet { fragment: at, number, ports: [0xAAAA; 2], ..packet });
                assert_eq!(lanes.lane(&fragment(0x2000), now), lane);
                assert_eq!(lanes.lane(&later(0x2000 | 150), now), lane);
                assert_eq!(lanes.lane(&later(300), now), lane);
            }
        }
    }

    #[test]
    fn more_flows_than_are_remembered_push_out_the_silent_ones() {
        let (mut lanes, now) = table();
        transfer(&mut lanes, now, GAME);
        for n in 0..u16::MAX {
            let now = now + Duration::from_nanos(n.into());
            assert_eq!(lanes.lane(&bytes(Packet { ports: [n, 1], ..GAME }), now), Lane::Express);
            assert_eq!(lanes.lane(&bytes(GAME), now), Lane::Bulk);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_lane(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let (mut lanes, now) = table();
            let lane = lanes.lane(&bytes, now);
            prop_assert!(bytes.len() >= HEADER_BYTES || lane == Lane::Bulk);
        }
    }
}
