use lanrage_nat::turn::{STREAM_MESSAGE_BYTES, StreamDecoder, StreamError, is_channel_data, pad_for_stream};

use crate::input::Input;

/// The pieces that a stream arrives in make no difference to the messages in it, and no message is longer than
/// they may be.
pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let piece = usize::from(input.u8()) + 1;
    let stream = input.rest();
    let whole = messages(stream.chunks(STREAM_MESSAGE_BYTES));
    assert_eq!(messages(stream.chunks(piece)), whole);
    for message in &whole.0 {
        assert!(message.len() <= STREAM_MESSAGE_BYTES);
        let mut padded = message.clone();
        padded.extend([0xEE; 3]);
        let range = pad_for_stream(&mut padded, 0..message.len()).expect("three bytes are room enough");
        assert!(is_channel_data(message) || range.end == message.len(), "STUN needs no padding");
        assert_eq!(messages([&padded[range]].into_iter()), (vec![message.clone()], None));
    }
}

fn messages<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, Option<StreamError>) {
    let mut decoder = StreamDecoder::new();
    let mut messages = Vec::new();
    for piece in pieces {
        decoder.push(piece).expect("what is taken out at once always fits");
        loop {
            match decoder.next_message() {
                Ok(Some(message)) => messages.push(message.to_vec()),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.next_message(), Err(error), "a broken stream stays broken");
                    return (messages, Some(error));
                }
            }
        }
    }
    (messages, None)
}
