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
const SETS: usize = 1_024;
const WAYS: usize = 4;
/// How long ago the table's clock began when the table is made.
const BEFORE: Duration = Duration::from_secs(3_600);

/// The lanes of a device's packets, by what flow they are of: UDP by the flow's [`Pace`]; ICMP and what is marked
/// urgent ([`EXPRESS_DSCP`]) express; the rest bulk.
///
/// Many slow flows are a transfer together, as those of a program that shares files: the ones that one socket sends, or that go
/// to one, are bulk where they are faster together than a game that is hosted for many ([`Pace::CROWD_BYTE`]). And while all
/// that is left is faster, only flows that are small and steady keep their place ([`Pace::SMALL_BYTE`]). What is counted
/// is what the rule before lets pass, in whatever lane it ends: so nothing swings to and fro.
///
/// It is for systems whose kernel does not choose. The kernel's steering program of `lanrage-adapter` is the same rule. It
/// remembers about 1,300 flows and their two ends; of more, the ones that were silent longest begin anew.
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
    /// The same by [`Pace::SMALL_BYTE`].
    small: Pace,
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
    /// [`FLOW`] and what is counted beside it, or what the fragments of a datagram have in common: [`FRAGMENT`] and the end
    /// of the datagram's number.
    kind: u32,
}

const FLOW: u32 = 1;
/// All that one socket sends: its address and port.
const SENDER: u32 = 2;
/// All that goes to one socket.
const RECEIVER: u32 = 3;
/// All.
const EVERYTHING: Key = Key { source: 0, destination: 0, ports: 0, kind: 4 };
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
        Some(self.lane_of_flow(Key { ports, kind: FLOW, ..datagram }, now, half_word(2)))
    }

    fn lane_of_flow(&mut self, flow: Key, now: u64, bytes: u16) -> Lane {
        let entry = self.entry(flow, now);
        let small = entry.small.lane(now, bytes, Pace::SMALL_BYTE);
        if entry.pace.lane(now, bytes, Pace::BYTE) == Lane::Bulk {
            return Lane::Bulk;
        }
        let mut together = |key| self.entry(key, now).pace.lane(now, bytes, Pace::CROWD_BYTE);
        let sender = together(Key { destination: 0, ports: flow.ports & 0xFFFF_0000, kind: SENDER, ..flow });
        let receiver = together(Key { source: 0, ports: flow.ports & 0xFFFF, kind: RECEIVER, ..flow });
        if [sender, receiver].contains(&Lane::Bulk) {
            return Lane::Bulk;
        }
        if together(EVERYTHING) == Lane::Bulk { small } else { Lane::Express }
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
            let now = now + Duration::from_micros(76) * n.into();
            assert_eq!(lanes.lane(&bytes(Packet { ports: [n, 1], ..GAME }), now), Lane::Express);
            assert_eq!(lanes.lane(&bytes(GAME), now), Lane::Bulk);
        }
    }

    /// The lanes of packets of games beside those of many flows, which all run for a minute.
    struct Crowd {
        games: Vec<Vec<Lane>>,
        flows: Vec<Vec<Lane>>,
    }

    /// Each flow has this length and so many packets a second; they begin one after the other within a second.
    fn beside(games: &[(Packet, u64)], flows: &[(Packet, u64)]) -> Crowd {
        let (mut lanes, now) = table();
        let mut packets = Vec::new();
        for (number, (packet, per_second)) in games.iter().chain(flows).enumerate() {
            let begin =
                if number < games.len() { 0 } else { number as u64 * 1_000_000_000 / flows.len() as u64 };
            packets.extend(
                (0..60 * per_second).map(|n| (begin + n * 1_000_000_000 / per_second, number, *packet)),
            );
        }
        packets.sort_by_key(|(at, number, _)| (*at, *number));
        let mut found = vec![Vec::new(); games.len() + flows.len()];
        for (at, number, packet) in packets {
            found[number].push(lanes.lane(&bytes(packet), now + Duration::from_nanos(at)));
        }
        let flows = found.split_off(games.len());
        Crowd { games: found, flows }
    }

    fn changes(lanes: &[Lane]) -> usize {
        lanes.windows(2).filter(|two| two[0] != two[1]).count()
    }

    fn is_express(lanes: &[Lane]) -> bool {
        lanes.iter().all(|lane| *lane == Lane::Express)
    }

    /// 60 packets a second of 100 and 1,000 bytes, from a host to three friends.
    fn games() -> Vec<(Packet, u64)> {
        (0..3_u16)
            .flat_map(|friend| {
                [128, 1_028]
                    .map(|length| (Packet { length, ports: [27_015 + length, 27_005 + friend], ..GAME }, 60))
            })
            .collect()
    }

    #[test]
    fn many_slow_flows_are_a_transfer_together_and_take_no_game_with_them() {
        // From one socket, to one, and between as many: 100 kB/s each.
        let ports: [fn(u16) -> [u16; 2]; 3] =
            [|n| [6_881, 1_000 + n], |n| [1_000 + n, 6_881], |n| [1_000 + n, 1_000 + n]];
        for ports in ports {
            let flows: Vec<_> =
                (0..200).map(|n| (Packet { length: 1_228, ports: ports(n), ..GAME }, 82)).collect();
            let Crowd { games, flows } = beside(&games(), &flows);
            assert!(games.iter().all(|lanes| is_express(lanes)));
            for lanes in &flows {
                // In the first seconds they are few.
                assert!(lanes[2 * 82..].iter().all(|lane| *lane == Lane::Bulk));
                assert!(changes(lanes) <= 1, "they swing");
            }
        }
    }

    #[test]
    fn a_game_that_is_hosted_for_many_is_express_and_so_are_a_few_slow_flows() {
        // 30 friends with 1,000 bytes at each of 60 frames, and eight with the fastest game.
        for (friends, per_second) in [(30, 60), (8, 400)] {
            let all: Vec<_> = (0..friends)
                .map(|n| (Packet { length: 1_028, ports: [27_015, 1_000 + n], ..GAME }, per_second))
                .collect();
            assert!(beside(&all, &[]).games.iter().all(|lanes| is_express(lanes)), "{friends}");
        }
        let slow: Vec<_> =
            (0..100_u16).map(|n| (Packet { length: 1_228, ports: [6_881, 1_000 + n], ..GAME }, 20)).collect();
        assert!(beside(&slow, &[]).games.iter().all(|lanes| is_express(lanes)));
    }

    #[test]
    fn a_crowd_that_has_gone_leaves_no_trace() {
        let (mut lanes, start) = table();
        let flow = |n: u16| bytes(Packet { length: 1_228, ports: [1_000 + n, 1_000 + n], ..GAME });
        let second = |lanes: &mut FlowLanes, flows: u16, second: u64| -> Vec<Lane> {
            let at = |n: u64| start + Duration::from_secs(second) + Duration::from_micros(n * 12_500);
            (0..80)
                .flat_map(|n| (0..flows).map(move |flow| (n, flow)))
                .map(|(n, of)| lanes.lane(&flow(of), at(n)))
                .collect()
        };
        for at in 0..5 {
            second(&mut lanes, 200, at);
        }
        assert!(second(&mut lanes, 200, 5).iter().all(|lane| *lane == Lane::Bulk));
        // Ten are left: nine seconds later they are ten slow flows and no crowd.
        for at in 6..15 {
            second(&mut lanes, 10, at);
        }
        assert!(is_express(&second(&mut lanes, 10, 15)));
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
