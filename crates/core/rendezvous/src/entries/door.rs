use std::fmt;

use lanrage_base::clock::UnixMillis;

use super::{
    ENTRIES,
    addresses::{ADDRESSES_BYTES, Addresses},
    join, split,
};
use crate::PLAIN_BYTES;

/// Length of a newcomer's entry.
pub(crate) const ENTRY_BYTES: usize = 8 + 4 + 1 + ADDRESSES_BYTES;
const MEMBER: u8 = 1;

/// What a newcomer is called until it has knocked: random, new for every search.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub [u8; 8]);

/// Somebody who wants in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorEntry {
    /// Who.
    pub token: Token,
    /// When it was written, in seconds since 1970, by the newcomer's clock.
    pub at_s: u32,
    /// Whether it says that it has been in the party before.
    pub member: bool,
    /// Where it waits.
    pub addresses: Addresses,
}

/// Where newcomers leave their addresses: at most twelve.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Door {
    /// When it was written, by the writer's clock.
    pub written: UnixMillis,
    /// The newcomers.
    pub entries: Vec<DoorEntry>,
}

impl Door {
    /// Reads what an item says. Total: any bytes give a door or nothing; flags that we do not know are passed over.
    pub fn parse(plain: &[u8; PLAIN_BYTES]) -> Option<Self> {
        let (written, entries) = split(plain, ENTRY_BYTES)?;
        let entries = entries.filter_map(DoorEntry::read).collect();
        Some(Self { written: UnixMillis(written), entries })
    }

    /// The text of an item; entries after the twelfth are left out.
    pub fn to_plain(&self) -> [u8; PLAIN_BYTES] {
        join(self.written.0, self.entries.iter().map(DoorEntry::write))
    }

    /// Puts `own` first, then the others by how near their times are to ours, and keeps as many as an item holds: who
    /// fills the door with times that are not true stands behind who tells the truth.
    pub fn arrange(&mut self, own: DoorEntry) {
        self.entries.retain(|entry| entry.token != own.token);
        self.entries.sort_by_key(|entry| entry.at_s.abs_diff(own.at_s));
        self.entries.insert(0, own);
        self.entries.truncate(ENTRIES);
    }
}

impl DoorEntry {
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (token, rest) = bytes.split_first_chunk::<8>()?;
        let ([a, b, c, d, flags], addresses) = rest.split_first_chunk::<5>()?;
        Some(Self {
            token: Token(*token),
            at_s: u32::from_be_bytes([*a, *b, *c, *d]),
            member: flags & MEMBER != 0,
            addresses: Addresses::read(addresses.first_chunk()?),
        })
    }

    pub(crate) fn write(&self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..8].copy_from_slice(&self.token.0);
        bytes[8..12].copy_from_slice(&self.at_s.to_be_bytes());
        bytes[12] = u8::from(self.member) * MEMBER;
        bytes[13..].copy_from_slice(&self.addresses.write());
        bytes
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(n: u8, at_s: u32) -> DoorEntry {
        let addresses = [([192, 0, 2, n], 7).into()].into_iter().collect();
        DoorEntry { token: Token([n; 8]), at_s, member: false, addresses }
    }

    #[test]
    fn the_wire_format_is_the_documented_one() {
        let door = Door {
            written: UnixMillis(7),
            entries: vec![entry(3, 0x0102_0304), DoorEntry { member: true, ..entry(4, 1) }],
        };
        let plain = door.to_plain();
        assert_eq!(plain[..10], [1, 0, 0, 0, 0, 0, 0, 0, 7, 2]);
        assert_eq!(plain[10..29], [3, 3, 3, 3, 3, 3, 3, 3, 1, 2, 3, 4, 0, 192, 0, 2, 3, 0, 7]);
        assert_eq!(plain[77..90], [4, 4, 4, 4, 4, 4, 4, 4, 0, 0, 0, 1, 1]);
        assert_eq!(Door::parse(&plain), Some(door));
    }

    #[test]
    fn who_fills_the_door_with_false_times_takes_nobodys_place() {
        let mut door = Door { entries: (1..=12).map(|n| entry(n, 90_000)).collect(), ..Door::default() };
        door.entries.push(entry(20, 995));
        door.entries.push(entry(30, 7));
        door.arrange(entry(30, 1_000));
        assert_eq!(door.entries.len(), 12);
        assert_eq!(door.entries[0], entry(30, 1_000), "one's own, once");
        assert_eq!(door.entries[1], entry(20, 995));
        assert_eq!(Door::parse(&door.to_plain()), Some(door));
    }

    proptest! {
        #[test]
        fn any_text_is_a_door_that_is_written_as_it_was_read_or_nothing(
            start in prop::collection::vec(any::<u8>(), 0..PLAIN_BYTES), count in 0..16_u8
        ) {
            let mut plain = [0; PLAIN_BYTES];
            plain[..start.len()].copy_from_slice(&start);
            (plain[0], plain[9]) = (1, count);
            let read = Door::parse(&plain);
            prop_assert_eq!(read.is_some(), count <= 12);
            if let Some(read) = read {
                prop_assert_eq!(read.entries.len(), usize::from(count));
                prop_assert_eq!(Door::parse(&read.to_plain()), Some(read));
            }
        }
    }
}
