//! Which key an item lies under, and which one seals it: both follow from the secret, the epoch, and the day.

use std::fmt;

use lanrage_base::clock::UnixMillis;
use lanrage_party::PartySecret;
use zeroize::Zeroizing;

use super::{
    PLAIN_BYTES,
    lock::{Lock, NONCE_BYTES},
    signed::{ItemKey, SignedItem},
};

/// How long a key lives, in milliseconds: a day.
const WINDOW_MS: u64 = 86_400_000;
/// So long before and after a change of keys both windows are written: an hour in all.
const OVERLAP_MS: u64 = 1_800_000;

/// What an item is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Where the party is reached.
    Beacon,
    /// Where newcomers leave their addresses.
    Door,
}

/// A day of a party, which begins at its own time of day: all its keys are other ones then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window(pub u64);

impl Window {
    /// Whether it is this window, the one before or the one after: clocks may be wrong by a day.
    pub const fn is_near(self, other: Self) -> bool {
        self.0.abs_diff(other.0) <= 1
    }
}

/// Where an item lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// What for.
    pub kind: Kind,
    /// On which day.
    pub window: Window,
    /// 0, or the next of 1 to 3 when somebody froze those before with a sequence number far ahead.
    pub slot: u8,
}

/// The keys of a party's items, which everybody with its secret can make. Never printed.
#[derive(Clone)]
pub struct Keys {
    secret: PartySecret,
    epoch: u32,
    offset_ms: u64,
}

impl Keys {
    /// The keys of the party whose secret of this epoch this is.
    pub fn new(secret: &PartySecret, epoch: u32) -> Self {
        let mut offset = [0; 32];
        secret.derive(&[b"lanrage rendezvous offset v1", &epoch.to_be_bytes()], b"", &mut offset);
        let [a, b, c, d, e, f, g, h, ..] = offset;
        let seconds = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % 86_400;
        Self { secret: secret.clone(), epoch, offset_ms: seconds * 1_000 }
    }

    /// The window of a time. Parties do not change theirs together.
    pub const fn window(&self, wall: UnixMillis) -> Window {
        Window(wall.0.saturating_add(self.offset_ms) / WINDOW_MS)
    }

    /// Milliseconds until the window changes: 1 to a day.
    pub const fn until_change_ms(&self, wall: UnixMillis) -> u64 {
        WINDOW_MS - self.since_change_ms(wall)
    }

    /// The windows that a writer writes: the one that is, and for half an hour before and after a change the other one.
    pub fn written(&self, wall: UnixMillis) -> Vec<Window> {
        let now = self.window(wall);
        if self.since_change_ms(wall) < OVERLAP_MS {
            return vec![now, Window(now.0.saturating_sub(1))];
        }
        if self.until_change_ms(wall) <= OVERLAP_MS {
            return vec![now, Window(now.0 + 1)];
        }
        vec![now]
    }

    /// Milliseconds until [`Self::written`] says something else: at most a day.
    pub const fn until_other_windows_ms(&self, wall: UnixMillis) -> u64 {
        let since = self.since_change_ms(wall);
        if since < OVERLAP_MS {
            OVERLAP_MS - since
        } else if since < WINDOW_MS - OVERLAP_MS {
            WINDOW_MS - OVERLAP_MS - since
        } else {
            WINDOW_MS - since
        }
    }

    /// The windows before and after, the nearer one in time first.
    pub const fn neighbours(&self, wall: UnixMillis) -> [Window; 2] {
        let Window(now) = self.window(wall);
        let (before, after) = (Window(now.saturating_sub(1)), Window(now + 1));
        if self.since_change_ms(wall) < WINDOW_MS / 2 { [before, after] } else { [after, before] }
    }

    /// The public key under which the item of a place lies.
    pub fn item_key(&self, place: Place) -> ItemKey {
        self.lock(place).item_key()
    }

    /// An item for a place. `nonce` is random and never used twice; `seq` is the microsecond of its making, and greater
    /// than that of any item there.
    pub fn seal(
        &self,
        place: Place,
        seq: i64,
        plain: &[u8; PLAIN_BYTES],
        nonce: [u8; NONCE_BYTES],
    ) -> SignedItem {
        self.lock(place).seal(seq, plain, nonce)
    }

    /// What the item of a place says. `None` if it lies elsewhere, is not signed by the place's key, or was not sealed by
    /// somebody with the secret.
    pub fn open(&self, place: Place, item: &SignedItem) -> Option<[u8; PLAIN_BYTES]> {
        self.lock(place).open(item)
    }

    const fn since_change_ms(&self, wall: UnixMillis) -> u64 {
        wall.0.saturating_add(self.offset_ms) % WINDOW_MS
    }

    fn lock(&self, place: Place) -> Lock {
        let signer = self.derived(b"lanrage rendezvous key v1", place);
        Lock::new(&signer, &self.derived(b"lanrage rendezvous seal v1", place))
    }

    fn derived(&self, label: &[u8], place: Place) -> Zeroizing<[u8; 32]> {
        let kind = match place.kind {
            Kind::Beacon => 0,
            Kind::Door => 1,
        };
        let mut key = Zeroizing::new([0; 32]);
        let of_place = [kind, place.slot];
        let parts = [label, &self.epoch.to_be_bytes(), &of_place, &place.window.0.to_be_bytes()];
        self.secret.derive(&parts, b"", &mut key);
        key
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn keys(seed: u8) -> Keys {
        Keys::new(&PartySecret::from_random([seed; 32]), 1)
    }

    const PLACE: Place = Place { kind: Kind::Beacon, window: Window(20_000), slot: 0 };

    #[test]
    fn who_has_the_secret_opens_an_item_and_nobody_else_does_or_elsewhere() {
        let (keys, plain) = (keys(1), [7; PLAIN_BYTES]);
        let item = keys.seal(PLACE, 5, &plain, [9; 24]);
        assert_eq!(keys.open(PLACE, &item), Some(plain));
        let others = [
            Place { kind: Kind::Door, ..PLACE },
            Place { slot: 1, ..PLACE },
            Place { window: Window(20_001), ..PLACE },
        ];
        for place in others {
            assert_eq!(keys.open(place, &item), None, "{place:?}");
        }
        assert_eq!(super::tests::keys(2).open(PLACE, &item), None, "another secret");
        let later = Keys::new(&PartySecret::from_random([1; 32]), 2);
        assert_eq!(later.open(PLACE, &item), None, "another epoch");
        let mut newer = item.clone();
        newer.seq += 1;
        assert_eq!(keys.open(PLACE, &newer), None, "its number is signed");
        let mut damaged = item;
        *damaged.value.last_mut().unwrap() ^= 1;
        assert_eq!(keys.open(PLACE, &damaged), None);
    }

    #[test]
    fn every_place_has_keys_of_its_own() {
        let mut seen = BTreeSet::new();
        for (epoch, kind, slot, window) in [1, 2].into_iter().flat_map(|epoch| {
            [Kind::Beacon, Kind::Door].into_iter().flat_map(move |kind| {
                (0..4).flat_map(move |slot| (7..9).map(move |window| (epoch, kind, slot, window)))
            })
        }) {
            let keys = Keys::new(&PartySecret::from_random([1; 32]), epoch);
            let place = Place { kind, slot, window: Window(window) };
            assert!(seen.insert(keys.item_key(place).0), "{place:?}");
            assert!(seen.insert(*keys.derived(b"lanrage rendezvous seal v1", place)), "{place:?}");
        }
        assert_eq!(seen.len(), 64);
        assert_eq!(format!("{:?}", keys(1)), "Keys(..)");
    }

    #[test]
    fn parties_change_their_keys_at_times_of_their_own() {
        let offsets: BTreeSet<u64> = (0..50).map(|seed| keys(seed).offset_ms).collect();
        assert!(offsets.len() > 45 && offsets.iter().all(|offset| *offset < WINDOW_MS));
    }

    #[test]
    fn both_windows_are_written_for_an_hour_around_a_change() {
        let keys = keys(1);
        let change = UnixMillis(20_000 * WINDOW_MS - keys.offset_ms);
        let at = |ms: i64| UnixMillis(change.0.checked_add_signed(ms).unwrap());
        let written = |ms| keys.written(at(ms)).iter().map(|window| window.0).collect::<Vec<_>>();
        assert_eq!(written(-1_800_001), [19_999]);
        assert_eq!(written(-1_800_000), [19_999, 20_000]);
        assert_eq!(written(-1), [19_999, 20_000]);
        assert_eq!(written(0), [20_000, 19_999]);
        assert_eq!(written(1_799_999), [20_000, 19_999]);
        assert_eq!(written(1_800_000), [20_000]);
        assert_eq!(keys.neighbours(at(0)), [Window(19_999), Window(20_001)]);
        assert_eq!(keys.neighbours(at(43_200_000)), [Window(20_001), Window(19_999)]);
    }

    proptest! {
        #[test]
        fn the_windows_that_are_written_change_when_it_is_said_and_not_before(
            seed in any::<u8>(), wall in 0..4_000_000_000_000_u64
        ) {
            let keys = keys(seed);
            let written = |ms| keys.written(UnixMillis(wall + ms));
            let change = keys.until_other_windows_ms(UnixMillis(wall));
            prop_assert!((1..=WINDOW_MS).contains(&change));
            prop_assert_eq!(written(0), written(change - 1));
            prop_assert_ne!(written(0), written(change));
            prop_assert_ne!(
                keys.window(UnixMillis(wall)),
                keys.window(UnixMillis(wall + keys.until_change_ms(UnixMillis(wall))))
            );
        }
    }
}
