use std::fmt;

use lanrage_base::clock::UnixMillis;
use lanrage_party::{NatType, PeerId};

use super::{
    ENTRIES,
    addresses::{ADDRESSES_BYTES, Addresses},
    join, split,
};
use crate::PLAIN_BYTES;

const ENTRY_BYTES: usize = 8 + 2 + 1 + ADDRESSES_BYTES;
const REACHABLE: u8 = 1;
const RELAYS: u8 = 2;
const SYMMETRIC: u8 = 4;
const STRICT: u8 = 8;

/// The first eight bytes of a peer id: enough to tell members of one party apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerMark(pub [u8; 8]);

/// Where a member is reached, as whoever wrote the beacon knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeaconEntry {
    /// Who.
    pub peer: PeerMark,
    /// How long ago the writer had it from the member, in seconds; as many as fit for longer.
    pub age_s: u16,
    /// Whether a datagram from somebody that it has never sent to arrives there.
    pub reachable: bool,
    /// Whether it forwards for others.
    pub relays: bool,
    /// What its router does, as far as an entry says it: symmetric, or port-restricted.
    pub nat_type: NatType,
    /// Where.
    pub addresses: Addresses,
}

/// What an entry says of a router: whether it uses a new port for every destination, or admits only known ports. Whatever
/// else it does is no obstacle to anybody, and is not said.
pub(crate) const fn told_nat_type(nat_type: NatType) -> NatType {
    match nat_type {
        NatType::Symmetric | NatType::PortRestrictedCone => nat_type,
        _ => NatType::Unknown,
    }
}

/// Where a party is reached: at most twelve members.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Beacon {
    /// When it was written, by the writer's clock.
    pub written: UnixMillis,
    /// The members, the best to knock at first.
    pub entries: Vec<BeaconEntry>,
}

impl Beacon {
    /// Reads what an item says. Total: any bytes give a beacon or nothing; flags that we do not know are passed over.
    pub fn parse(plain: &[u8; PLAIN_BYTES]) -> Option<Self> {
        let (written, entries) = split(plain, ENTRY_BYTES)?;
        let entries = entries.filter_map(BeaconEntry::read).collect();
        Some(Self { written: UnixMillis(written), entries })
    }

    /// The text of an item; entries after the twelfth are left out.
    pub fn to_plain(&self) -> [u8; PLAIN_BYTES] {
        join(self.written.0, self.entries.iter().map(BeaconEntry::write))
    }

    /// Orders the entries, those that can be reached by anybody first, then the youngest, and keeps as many as an item
    /// holds.
    pub fn arrange(&mut self) {
        self.entries.sort_by_key(|entry| (!entry.reachable, entry.age_s, entry.peer));
        self.entries.truncate(ENTRIES);
    }
}

impl BeaconEntry {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (peer, rest) = bytes.split_first_chunk::<8>()?;
        let ([a, b, flags], addresses) = rest.split_first_chunk::<3>()?;
        Some(Self {
            peer: PeerMark(*peer),
            age_s: u16::from_be_bytes([*a, *b]),
            reachable: flags & REACHABLE != 0,
            relays: flags & RELAYS != 0,
            nat_type: match flags & (SYMMETRIC | STRICT) {
                0 => NatType::Unknown,
                STRICT => NatType::PortRestrictedCone,
                _ => NatType::Symmetric,
            },
            addresses: Addresses::read(addresses.first_chunk()?),
        })
    }

    fn write(&self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..8].copy_from_slice(&self.peer.0);
        bytes[8..10].copy_from_slice(&self.age_s.to_be_bytes());
        let said = [
            (self.reachable, REACHABLE),
            (self.relays, RELAYS),
            (self.nat_type == NatType::Symmetric, SYMMETRIC),
            (self.nat_type == NatType::PortRestrictedCone, STRICT),
        ];
        bytes[10] = said.iter().filter(|(is_so, _)| *is_so).fold(0, |flags, (_, flag)| flags | flag);
        bytes[11..].copy_from_slice(&self.addresses.write());
        bytes
    }
}

impl PeerMark {
    /// The mark of a peer.
    pub fn of(peer: &PeerId) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *peer.as_bytes();
        Self([a, b, c, d, e, f, g, h])
    }
}

impl fmt::Debug for PeerMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(n: u8) -> BeaconEntry {
        BeaconEntry {
            peer: PeerMark([n; 8]),
            age_s: u16::from(n),
            reachable: false,
            relays: n.is_multiple_of(2),
            nat_type: [NatType::Unknown, NatType::Symmetric, NatType::PortRestrictedCone][usize::from(n) % 3],
            addresses: [([192, 0, 2, n], 7).into(), ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 9).into()]
                .into_iter()
                .collect(),
        }
    }

    #[test]
    fn the_wire_format_is_the_documented_one() {
        let beacon = Beacon {
            written: UnixMillis(0x0102),
            entries: vec![BeaconEntry { reachable: true, ..entry(4) }],
        };
        let plain = beacon.to_plain();
        assert_eq!(plain[..10], [1, 0, 0, 0, 0, 0, 0, 1, 2, 1]);
        assert_eq!(plain[10..27], [4, 4, 4, 4, 4, 4, 4, 4, 0, 4, 7, 192, 0, 2, 4, 0, 7]);
        assert_eq!(plain[27..39], [0; 12], "two places of IPv4 are free");
        assert_eq!(plain[39..43], [0x20, 1, 0xd, 0xb8]);
        assert_eq!(plain[55..57], [0, 9]);
        assert_eq!(plain[75..], [0; PLAIN_BYTES - 75]);
        assert_eq!(Beacon::parse(&plain), Some(beacon));
    }

    #[test]
    fn twelve_members_fit_the_best_of_them() {
        let mut beacon = Beacon { entries: (1..=20).map(entry).collect(), ..Beacon::default() };
        beacon.entries[19].reachable = true;
        beacon.entries.reverse();
        beacon.arrange();
        let read = Beacon::parse(&beacon.to_plain()).unwrap();
        assert_eq!(read, beacon);
        let peers: Vec<u8> = read.entries.iter().map(|entry| entry.peer.0[0]).collect();
        assert_eq!(peers, [20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    }

    #[test]
    fn another_version_or_more_entries_than_can_be_are_nothing() {
        let plain = Beacon { entries: vec![entry(1)], ..Beacon::default() }.to_plain();
        for (at, to) in [(0, 0), (0, 2), (9, 13), (9, 255)] {
            let mut other = plain;
            other[at] = to;
            assert_eq!(Beacon::parse(&other), None, "{at} {to}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_beacon_that_is_written_as_it_was_read_or_nothing(
            start in prop::collection::vec(any::<u8>(), 0..PLAIN_BYTES), count in 0..16_u8
        ) {
            let mut plain = [0; PLAIN_BYTES];
            plain[..start.len()].copy_from_slice(&start);
            (plain[0], plain[9]) = (1, count);
            let read = Beacon::parse(&plain);
            prop_assert_eq!(read.is_some(), count <= 12);
            if let Some(read) = read {
                prop_assert_eq!(read.entries.len(), usize::from(count));
                prop_assert_eq!(Beacon::parse(&read.to_plain()), Some(read));
            }
        }
    }
}
