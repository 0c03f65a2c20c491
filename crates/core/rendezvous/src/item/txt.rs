//! The form of an item's value: a DNS packet (RFC 1035) with one TXT record, so that it can go by pkarr relays too.
//!
//! All items are written alike, so what is not written so is none of ours: reading compares, and follows no length that
//! somebody else chose.

use super::{SEALED_BYTES, signed::ItemKey};

/// An answer with the id 0, and one record in it.
const HEADER: [u8; 12] = [0, 0, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0];
/// The record's name: the key in z-base-32, as one label below the root.
const NAME_BYTES: usize = 1 + 52 + 1;
/// TXT (16), IN (1), 300 seconds.
const TYPE: [u8; 8] = [0, 16, 0, 1, 0, 0, 1, 44];
/// Longest character string of a TXT record.
const STRING_BYTES: usize = 255;
const RDATA_BYTES: usize = SEALED_BYTES + SEALED_BYTES.div_ceil(STRING_BYTES);
const BODY: usize = HEADER.len() + NAME_BYTES + TYPE.len() + 2;

/// Length of every item's value, in bytes.
pub const VALUE_BYTES: usize = BODY + RDATA_BYTES;

// BEP 44 counts the value in its bencoded form, with "960:" before it; a pkarr packet has as many.
const _: () = assert!(4 + VALUE_BYTES <= 1_000);

/// The value with this text.
pub(crate) fn encode(key: &ItemKey, text: &[u8; SEALED_BYTES]) -> Vec<u8> {
    let mut value = head(key);
    for string in text.chunks(STRING_BYTES) {
        value.push(string.len() as u8);
        value.extend_from_slice(string);
    }
    value
}

/// The text of a value of ours.
pub(crate) fn decode(key: &ItemKey, value: &[u8]) -> Option<[u8; SEALED_BYTES]> {
    let strings = value.strip_prefix(head(key).as_slice()).filter(|rest| rest.len() == RDATA_BYTES)?;
    let mut text = [0; SEALED_BYTES];
    for (part, string) in text.chunks_mut(STRING_BYTES).zip(strings.chunks(1 + STRING_BYTES)) {
        let (length, bytes) = string.split_first()?;
        if usize::from(*length) != part.len() || bytes.len() != part.len() {
            return None;
        }
        part.copy_from_slice(bytes);
    }
    Some(text)
}

fn head(key: &ItemKey) -> Vec<u8> {
    let mut head = Vec::with_capacity(VALUE_BYTES);
    head.extend_from_slice(&HEADER);
    head.push(52);
    head.extend_from_slice(key.to_z32().as_bytes());
    head.push(0);
    head.extend_from_slice(&TYPE);
    head.extend_from_slice(&(RDATA_BYTES as u16).to_be_bytes());
    head
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: ItemKey = ItemKey([3; 32]);

    #[test]
    fn the_form_is_the_documented_one() {
        let text: [u8; SEALED_BYTES] = std::array::from_fn(|at| at as u8);
        let value = encode(&KEY, &text);
        assert_eq!(value.len(), VALUE_BYTES);
        assert_eq!(value[..12], HEADER);
        assert_eq!(&value[13..65], KEY.to_z32().as_bytes());
        assert_eq!(value[65..76], [0, 0, 16, 0, 1, 0, 0, 1, 44, 3, 0x74]);
        assert_eq!(value[76], 255);
        assert_eq!(value[77..332], text[..255]);
        assert_eq!(decode(&KEY, &value), Some(text));
        assert_eq!(decode(&ItemKey([4; 32]), &value), None);
    }

    proptest! {
        #[test]
        fn a_value_that_is_changed_in_form_is_none(
            at in 0..VALUE_BYTES, to in any::<u8>(), cut in 0..VALUE_BYTES, more in 1..50_usize
        ) {
            let value = encode(&KEY, &[9; SEALED_BYTES]);
            let mut changed = value.clone();
            changed[at] = to;
            if let Some(text) = decode(&KEY, &changed) {
                prop_assert_eq!(encode(&KEY, &text), changed);
            }
            prop_assert_eq!(decode(&KEY, &value[..cut]), None);
            prop_assert_eq!(decode(&KEY, &[value, vec![0; more]].concat()), None);
        }
    }
}
