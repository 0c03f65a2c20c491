//! What is written in an item: entries of one length, numbers big-endian, zeros behind the last one.
//!
//! | bytes | beacon | door |
//! |---|---|---|
//! | 1 | version, 1 | version, 1 |
//! | 8 | when it was written, milliseconds since 1970 | the same |
//! | 1 | number of entries, at most 12 | the same |
//! | 65 or 67 each | peer 8, age in seconds 2, flags 1, addresses 54 | token 8, second of 1970 4, flags 1, addresses 54 |
//!
//! Addresses are three of IPv4 (4 bytes and a port) and two of IPv6 (16 and a port); port 0 is none.

pub(crate) mod addresses;
pub(crate) mod beacon;
pub(crate) mod door;

use crate::PLAIN_BYTES;

const VERSION: u8 = 1;
/// Most entries of an item.
pub(crate) const ENTRIES: usize = 12;
/// Version, time and number.
const HEAD_BYTES: usize = 10;

/// The head and the entries of an item. `None` if it has another version, or says that more is there than can be.
fn split(plain: &[u8; PLAIN_BYTES], entry_bytes: usize) -> Option<(u64, impl Iterator<Item = &[u8]>)> {
    let ([version, a, b, c, d, e, f, g, h, count], rest) = plain.split_first_chunk::<HEAD_BYTES>()?;
    let count = usize::from(*count);
    if *version != VERSION || count > ENTRIES {
        return None;
    }
    let written = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
    Some((written, rest.chunks_exact(entry_bytes).take(count)))
}

/// An item of these entries; further ones than fit are left out.
fn join<const N: usize>(written: u64, entries: impl Iterator<Item = [u8; N]>) -> [u8; PLAIN_BYTES] {
    let mut plain = [0; PLAIN_BYTES];
    plain[0] = VERSION;
    plain[1..9].copy_from_slice(&written.to_be_bytes());
    let mut count = 0;
    for (place, entry) in plain[HEAD_BYTES..].chunks_exact_mut(N).take(ENTRIES).zip(entries) {
        place.copy_from_slice(&entry);
        count += 1;
    }
    plain[9] = count;
    plain
}
