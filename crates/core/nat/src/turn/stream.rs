//! TURN over TCP and TLS: messages follow each other in a stream, told apart by their own length fields (RFC 8489
//! §6.2.2, RFC 8656 §12.5).

use std::ops::Range;

use super::{
    FramingError,
    channel_data::{CHANNEL_HEADER_BYTES, is_of_client},
    is_channel_data,
};
use crate::stun::{HEADER_BYTES, MAGIC_COOKIE};

/// Longest message in a stream, in bytes: a STUN message whose length field is at its largest.
pub const STREAM_MESSAGE_BYTES: usize = HEADER_BYTES + 0xFFFC;
/// Most bytes that a decoder holds: a message but for its last byte, and whatever came in one read after that.
const BUFFER_BYTES: usize = 2 * STREAM_MESSAGE_BYTES;
/// Implementation: what a decoder keeps of its memory while it has nothing to hold.
const IDLE_BYTES: usize = 4_096;

/// Why a stream cannot be read on. Where the next message would begin is not known any more: it has to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// Neither STUN nor ChannelData.
    #[error("the stream carries something else than STUN and ChannelData")]
    Garbage,
    /// More was pushed than a decoder holds, without taking messages in between.
    #[error("the stream is not read as fast as it is written")]
    Overflow,
}

/// Takes the bytes of a stream apart into messages. Total, and bounded: it holds at most 128 KiB.
#[derive(Debug, Default)]
pub struct StreamDecoder {
    buffer: Vec<u8>,
    /// Where the next message begins.
    start: usize,
    /// What it is taken for that begins with this.
    is_channel: IsChannel,
}

/// Whether a first byte is that of ChannelData.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum IsChannel {
    /// With the numbers of RFC 8656, as our client chooses them.
    #[default]
    Ours,
    /// With those of older clients too.
    AnyClients,
}

impl StreamDecoder {
    /// At the beginning of a stream from a server.
    pub const fn new() -> Self {
        Self { buffer: Vec::new(), start: 0, is_channel: IsChannel::Ours }
    }

    /// At the beginning of a stream from a client, whose channels may have numbers of RFC 5766 §11.
    pub const fn of_client() -> Self {
        Self { buffer: Vec::new(), start: 0, is_channel: IsChannel::AnyClients }
    }

    /// Takes in what was read; then take messages until there are none. At most [`STREAM_MESSAGE_BYTES`] at once
    /// always fit.
    ///
    /// # Errors
    /// [`StreamError::Overflow`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), StreamError> {
        self.buffer.drain(..std::mem::take(&mut self.start));
        if self.buffer.is_empty() {
            self.buffer.shrink_to(IDLE_BYTES);
        }
        if self.buffer.len() + bytes.len() > BUFFER_BYTES {
            return Err(StreamError::Overflow);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The next whole message, without the padding of ChannelData.
    ///
    /// # Errors
    /// [`StreamError::Garbage`], as soon as it shows, and then for ever.
    pub fn next_message(&mut self) -> Result<Option<&[u8]>, StreamError> {
        let rest = &self.buffer[self.start..];
        let Some(length) = message_length(rest, self.is_channel)? else { return Ok(None) };
        let padded = length.next_multiple_of(4);
        if rest.len() < padded {
            return Ok(None);
        }
        let start = self.start;
        self.start += padded;
        Ok(Some(&self.buffer[start..start + length]))
    }
}

/// Length of the message at the beginning, without padding; `None` if too little of it is there.
fn message_length(bytes: &[u8], is_channel: IsChannel) -> Result<Option<usize>, StreamError> {
    let Some(first) = bytes.first() else { return Ok(None) };
    let is_channel = match is_channel {
        IsChannel::Ours => is_channel_data(bytes),
        IsChannel::AnyClients => is_of_client(bytes),
    };
    // The two leading bits of STUN are zero (RFC 8489 §5).
    if !is_channel && *first >= 0x40 {
        return Err(StreamError::Garbage);
    }
    let [_, _, l0, l1, rest @ ..] = bytes else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([*l0, *l1]));
    if is_channel {
        return Ok(Some(CHANNEL_HEADER_BYTES + length));
    }
    let cookie = rest.len().min(MAGIC_COOKIE.len());
    if length % 4 != 0 || rest[..cookie] != MAGIC_COOKIE[..cookie] {
        return Err(StreamError::Garbage);
    }
    Ok(Some(HEADER_BYTES + length))
}

/// Pads the message that stands in `buffer` for a stream, where ChannelData ends at a multiple of four bytes (STUN always
/// does). Returns the range of what is to be written. [`super::Framing::TAILROOM`] bytes after the message suffice.
///
/// # Errors
/// [`FramingError::Room`]; the buffer is then unchanged.
pub fn pad_for_stream(buffer: &mut [u8], message: Range<usize>) -> Result<Range<usize>, FramingError> {
    let after = message.len().next_multiple_of(4) - message.len();
    let end = message.end + after;
    let padding = buffer.get_mut(message.end..end).ok_or(FramingError::Room { before: 0, after })?;
    padding.fill(0);
    Ok(message.start..end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        stun::{self, TransactionId},
        turn::{ChannelNumber, Framing},
    };

    fn channel_data(payload: &[u8]) -> Vec<u8> {
        let mut buffer = vec![0; Framing::HEADROOM];
        buffer.extend(payload);
        buffer.extend([0xEE; Framing::TAILROOM]);
        let range = Framing::HEADROOM..Framing::HEADROOM + payload.len();
        let framing = Framing::channel(ChannelNumber::new(0x4001).unwrap());
        let message = framing.write(&mut buffer, range).unwrap();
        let padded = pad_for_stream(&mut buffer, message).unwrap();
        buffer[padded].to_vec()
    }

    fn binding() -> Vec<u8> {
        stun::binding_request(TransactionId([7; 12])).to_vec()
    }

    fn taken(decoder: &mut StreamDecoder) -> Result<Vec<Vec<u8>>, StreamError> {
        let mut messages = Vec::new();
        while let Some(message) = decoder.next_message()? {
            messages.push(message.to_vec());
        }
        Ok(messages)
    }

    #[test]
    fn channel_data_is_padded_and_the_padding_taken_off() {
        let bytes = channel_data(b"hello");
        assert_eq!(bytes, [0x40, 0x01, 0, 5, b'h', b'e', b'l', b'l', b'o', 0, 0, 0]);
        let mut decoder = StreamDecoder::new();
        decoder.push(&bytes[..11]).unwrap();
        assert_eq!(taken(&mut decoder), Ok(vec![]), "the padding belongs to it");
        decoder.push(&bytes[11..]).unwrap();
        assert_eq!(taken(&mut decoder), Ok(vec![bytes[..9].to_vec()]));
        assert_eq!(pad_for_stream(&mut [0; 5], 0..5), Err(FramingError::Room { before: 0, after: 3 }));
    }

    #[test]
    fn what_is_neither_is_noticed_at_the_first_byte_that_shows_it() {
        for (garbage, after) in [
            (&b"POST / HTTP/1.1"[..], 1),
            (&[0x50][..], 1),
            (&[0x16, 0x03, 0x01, 0x02][..], 4),
            (&[0, 1, 0, 0, 0x21, 0x13][..], 6),
        ] {
            let mut decoder = StreamDecoder::new();
            for (index, byte) in garbage.iter().take(after).enumerate() {
                decoder.push(&[*byte]).unwrap();
                let expected = if index + 1 == after { Err(StreamError::Garbage) } else { Ok(None) };
                assert_eq!(decoder.next_message(), expected, "{garbage:02x?} at {index}");
            }
            assert_eq!(decoder.next_message(), Err(StreamError::Garbage));
        }
    }

    #[test]
    fn a_client_of_another_time_may_have_higher_channel_numbers() {
        let message = [0x7F, 0xFF, 0, 2, b'h', b'i', 0, 0];
        let mut decoder = StreamDecoder::of_client();
        decoder.push(&message).unwrap();
        assert_eq!(decoder.next_message(), Ok(Some(&message[..6])));
        decoder.push(&[0x80]).unwrap();
        assert_eq!(decoder.next_message(), Err(StreamError::Garbage));
    }

    #[test]
    fn the_longest_messages_fit_and_nothing_is_hoarded() {
        let mut decoder = StreamDecoder::new();
        let mut long = binding();
        long[2..4].copy_from_slice(&0xFFFC_u16.to_be_bytes());
        long.resize(STREAM_MESSAGE_BYTES, 0);
        decoder.push(&long[..STREAM_MESSAGE_BYTES - 1]).unwrap();
        assert_eq!(decoder.next_message(), Ok(None));
        decoder.push(&long[STREAM_MESSAGE_BYTES - 1..]).unwrap();
        decoder.push(&long[..STREAM_MESSAGE_BYTES]).unwrap();
        assert_eq!(decoder.push(&[0]), Err(StreamError::Overflow));
        assert_eq!(taken(&mut decoder).map(|messages| messages.len()), Ok(2));
        decoder.push(&[]).unwrap();
        assert!(decoder.buffer.capacity() <= IDLE_BYTES, "{}", decoder.buffer.capacity());
    }

    proptest! {
        #[test]
        fn however_a_stream_is_cut_the_messages_are_the_same(
            payloads in proptest::collection::vec(proptest::option::of(proptest::collection::vec(any::<u8>(), 0..200)), 0..20),
            cuts in proptest::collection::vec(1..300_usize, 1..20),
        ) {
            let messages: Vec<Vec<u8>> =
                payloads.iter().map(|payload| payload.as_ref().map_or_else(binding, |p| channel_data(p))).collect();
            let stream = messages.concat();
            let (mut decoder, mut rest, mut read) = (StreamDecoder::new(), &stream[..], Vec::new());
            for cut in cuts.iter().cycle() {
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                decoder.push(now).unwrap();
                read.extend(taken(&mut decoder).unwrap());
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            let expected: Vec<Vec<u8>> = payloads
                .iter()
                .zip(messages)
                .map(|(payload, message)| payload.as_ref().map_or(message.clone(), |p| message[..4 + p.len()].to_vec()))
                .collect();
            prop_assert_eq!(read, expected);
        }

        #[test]
        fn any_bytes_are_messages_or_an_end(bytes in proptest::collection::vec(prop_oneof![Just(0_u8), Just(0x40), any::<u8>()], 0..300)) {
            let mut decoder = StreamDecoder::new();
            decoder.push(&bytes).unwrap();
            let _ = taken(&mut decoder);
        }
    }
}
