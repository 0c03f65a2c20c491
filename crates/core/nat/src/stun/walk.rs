//! The attributes of a STUN message as they stand in the datagram, without copying them.

use super::{HEADER_BYTES, StunError};

/// Specification: types from here on may be ignored by who does not know them (RFC 8489 §14).
pub(crate) const COMPREHENSION_OPTIONAL: u16 = 0x8000;
/// Specification: the FINGERPRINT attribute (RFC 8489 §14.7).
pub(crate) const FINGERPRINT: u16 = 0x8028;

/// One attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RawAttribute<'a> {
    pub(crate) kind: u16,
    /// Where its header begins in the datagram, in bytes.
    pub(crate) start: usize,
    pub(crate) value: &'a [u8],
}

impl RawAttribute<'_> {
    /// Where its value begins in the datagram, in bytes.
    pub(crate) fn value_start(&self) -> usize {
        self.start + 4
    }
}

/// Walks the attributes of a datagram that [`super::is_stun`] holds for STUN: each must be whole, and
/// FINGERPRINT only at the end (and so at most once, which keeps the check of it linear). Nothing follows an
/// error.
pub(crate) fn attributes(datagram: &[u8]) -> impl Iterator<Item = Result<RawAttribute<'_>, StunError>> {
    let mut start = HEADER_BYTES.min(datagram.len());
    std::iter::from_fn(move || {
        let rest = &datagram[start..];
        if rest.is_empty() {
            return None;
        }
        let attribute = first(rest, start);
        start = match attribute {
            Some((_, end)) => end,
            None => datagram.len(),
        };
        Some(attribute.map(|(attribute, _)| attribute).ok_or(StunError::Malformed))
    })
}

/// The attribute at the beginning of `rest`, and where it ends in the datagram, padding included.
fn first(rest: &[u8], start: usize) -> Option<(RawAttribute<'_>, usize)> {
    let ([t0, t1, l0, l1], values) = rest.split_first_chunk()?;
    let kind = u16::from_be_bytes([*t0, *t1]);
    let length = usize::from(u16::from_be_bytes([*l0, *l1]));
    let padded = length.next_multiple_of(4);
    if padded > values.len() || (kind == FINGERPRINT && padded < values.len()) {
        return None;
    }
    Some((RawAttribute { kind, start, value: &values[..length] }, start + 4 + padded))
}
