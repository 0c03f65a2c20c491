//! Packets as they pass through a helper that keeps the device: several in one message, each with its length in two bytes
//! (network order) in front.

use std::io;

/// Longest message, in bytes.
pub const BATCH_BYTES: usize = 64 * 1024;

/// Bytes in front of each packet.
const HEAD_BYTES: usize = 2;

/// Longest packet that a batch takes: no party's adapter has longer ones.
pub const PACKET_BYTES: usize = 2_048;

/// Appends a packet. False if it is empty or too long, or there is no room; nothing is done then.
pub fn push(batch: &mut Vec<u8>, packet: &[u8]) -> bool {
    let fits = !packet.is_empty() && packet.len() <= PACKET_BYTES && has_room(batch, packet.len());
    if fits {
        batch.extend((packet.len() as u16).to_be_bytes());
        batch.extend(packet);
    }
    fits
}

/// Takes what `next` has, which reads a packet into its buffer or has none, until there is no more or no room for a packet of any
/// length.
///
/// # Errors
/// Those of `next`.
pub fn fill(
    batch: &mut Vec<u8>,
    packet: &mut [u8],
    mut next: impl FnMut(&mut [u8]) -> io::Result<Option<usize>>,
) -> io::Result<()> {
    batch.clear();
    while takes_more(batch)
        && let Some(length) = next(packet)?
    {
        push(batch, &packet[..length]);
    }
    Ok(())
}

/// Whether a packet of any length has room.
fn takes_more(batch: &[u8]) -> bool {
    has_room(batch, PACKET_BYTES)
}

fn has_room(batch: &[u8], bytes: usize) -> bool {
    batch.len() + HEAD_BYTES + bytes <= BATCH_BYTES
}

/// The packets of a message. What is cut, and a length that no packet has, end it.
pub fn packets(mut message: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (head, rest) = message.split_first_chunk::<HEAD_BYTES>()?;
        let length = usize::from(u16::from_be_bytes(*head));
        if length == 0 || length > PACKET_BYTES {
            return None;
        }
        let (packet, rest) = rest.split_at_checked(length)?;
        message = rest;
        Some(packet)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn packets_come_out_as_they_went_in_and_what_does_not_fit_is_left() {
        let mut batch = Vec::new();
        assert!(push(&mut batch, b"one") && push(&mut batch, &[7; PACKET_BYTES]));
        assert!(!push(&mut batch, &[]) && !push(&mut batch, &[0; PACKET_BYTES + 1]));
        assert_eq!(packets(&batch).collect::<Vec<_>>(), [&b"one"[..], &[7; PACKET_BYTES]]);
        while takes_more(&batch) {
            assert!(push(&mut batch, &[1; PACKET_BYTES]));
        }
        assert!(!push(&mut batch, &[1; PACKET_BYTES]) && batch.len() <= BATCH_BYTES);
    }

    #[test]
    fn what_is_there_is_taken_until_there_is_no_room_and_a_fault_ends_it() {
        let (mut batch, mut packet) = (b"before".to_vec(), vec![0; PACKET_BYTES]);
        let mut there = 3;
        let mut few = |packet: &mut [u8]| {
            there -= 1;
            packet[0] = there;
            Ok((there > 0).then_some(1))
        };
        fill(&mut batch, &mut packet, &mut few).unwrap();
        assert_eq!(packets(&batch).collect::<Vec<_>>(), [[2], [1]]);
        fill(&mut batch, &mut packet, |packet| Ok(Some(packet.len()))).unwrap();
        assert!(!takes_more(&batch) && batch.len() <= BATCH_BYTES);
        fill(&mut batch, &mut packet, |_| Err(io::ErrorKind::BrokenPipe.into())).unwrap_err();
    }

    #[test]
    fn a_message_that_is_cut_ends_with_the_last_whole_packet() {
        let mut batch = Vec::new();
        assert!(push(&mut batch, b"one") && push(&mut batch, b"two"));
        for length in 0..batch.len() {
            assert_eq!(packets(&batch[..length]).count(), usize::from(length >= 5), "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_packets_of_lengths_that_may_be(bytes: Vec<u8>) {
            for packet in packets(&bytes) {
                prop_assert!((1..=PACKET_BYTES).contains(&packet.len()));
            }
        }
    }
}
