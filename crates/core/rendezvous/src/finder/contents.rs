//! What we write: what we know, united with what others wrote.

use lanrage_base::clock::{Now, UnixMillis};

use super::{Finder, board::Content, view::Member};
use crate::{Beacon, BeaconEntry, Door, DoorEntry, Kind, PeerMark, Window, entries::beacon::told_nat_type};

/// Members of whom another keeper wrote stay for so long, in seconds: as long as a node keeps an item (BEP 44).
const OTHERS_S: u64 = 2 * 3_600;
/// A newcomer that does not write again is gone after so long, in seconds.
const DOOR_S: u32 = 120;
/// As many members as a beacon holds.
const BEACON_ENTRIES: usize = 12;

impl Finder {
    /// What we say of ourselves and of those that we have a session with.
    pub(super) fn own_entries(&self) -> impl Iterator<Item = BeaconEntry> + '_ {
        let me = (!self.leaving).then_some(&self.me);
        let known = me.into_iter().chain(&self.members);
        known.filter(|member| !member.addresses.is_empty()).map(entry)
    }

    /// The beacon of a window: what we know, and what other keepers wrote of those whom we do not know.
    pub(super) fn beacon(&self, now: Now, window: Window) -> Beacon {
        let mut entries: Vec<BeaconEntry> = self.own_entries().collect();
        let mut known: Vec<PeerMark> = entries.iter().map(|entry| entry.peer).collect();
        known.push(PeerMark::of(&self.me.peer));
        let board = self.boards.get(&(Kind::Beacon, window));
        for content in board.into_iter().flat_map(|board| board.newest_first()) {
            let Content::Beacon(beacon) = content else { continue };
            let since_s = now.wall.since(beacon.written) / 1_000;
            for entry in &beacon.entries {
                let age_s = u64::from(entry.age_s) + since_s;
                if age_s <= OTHERS_S && !known.contains(&entry.peer) {
                    known.push(entry.peer);
                    let age_s = u16::try_from(age_s).unwrap_or(u16::MAX);
                    entries.push(BeaconEntry { age_s, ..entry.clone() });
                }
            }
        }
        let mut beacon = Beacon { written: now.wall, entries };
        beacon.arrange();
        beacon
    }

    /// The door of a window with us at it, and with those of others who wrote within two minutes. Whose clock is so wrong that
    /// this is not to be seen writes again soon.
    pub(super) fn door(&self, now: Now, window: Window) -> Door {
        let at_s = seconds(now.wall);
        let mut entries: Vec<DoorEntry> = Vec::new();
        let board = self.boards.get(&(Kind::Door, window));
        for content in board.into_iter().flat_map(|board| board.newest_first()) {
            let Content::Door(door) = content else { continue };
            for entry in door.entries.iter().filter(|entry| entry.at_s.abs_diff(at_s) <= DOOR_S) {
                match entries.iter_mut().find(|other| other.token == entry.token) {
                    Some(other) if other.at_s >= entry.at_s => {}
                    Some(other) => *other = entry.clone(),
                    None => entries.push(entry.clone()),
                }
            }
        }
        let mut door = Door { written: now.wall, entries };
        let (token, addresses) = (self.token, self.me.addresses.clone());
        door.arrange(DoorEntry { token, at_s, member: self.up.is_some(), addresses });
        door
    }

    /// Whether the newest item of a board says what we wrote there.
    pub(super) fn stands(&self, key: (Kind, Window)) -> bool {
        let Some(board) = self.boards.get(&key) else { return false };
        match board.newest_first().first() {
            Some(Content::Beacon(beacon)) => {
                let says = |own: &BeaconEntry| {
                    beacon
                        .entries
                        .iter()
                        .any(|entry| BeaconEntry { age_s: own.age_s, ..entry.clone() } == *own)
                };
                beacon.entries.len() == BEACON_ENTRIES || self.own_entries().all(|own| says(&own))
            }
            Some(Content::Door(door)) => {
                self.search.is_none() || door.entries.iter().any(|entry| entry.token == self.token)
            }
            None => false,
        }
    }
}

fn entry(member: &Member) -> BeaconEntry {
    BeaconEntry {
        peer: PeerMark::of(&member.peer),
        age_s: 0,
        reachable: member.reachable,
        relays: member.relays,
        nat_type: told_nat_type(member.nat_type),
        addresses: member.addresses.clone(),
    }
}

/// Seconds since 1970, as a door says them.
pub(super) fn seconds(wall: UnixMillis) -> u32 {
    u32::try_from(wall.0 / 1_000).unwrap_or(u32::MAX)
}
