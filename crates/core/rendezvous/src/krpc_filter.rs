//! What the socket of a DHT client lets in.

use std::time::Instant;

use lanrage_base::bucket::{Rate, TokenBucket};

/// Longest message that a node of the DHT has reason to send: an item of 1,000 bytes (BEP 44) beside twenty nodes, key,
/// signature and token are about 1,700.
const MESSAGE_BYTES: usize = 2_048;
/// Deepest nesting: an answer has two levels, the addresses of peers three.
const DEPTH: usize = 8;
const RATE: Rate = Rate { burst: 500, per_second: 500 };

/// What of all that comes at the socket of a DHT client is handed to its decoder: answers of the protocol's form, and so
/// many a second. A client answers nobody, so requests are dropped unread; and decoders have been seen to follow nested
/// lists down until the stack was used up and the program ended.
#[derive(Debug)]
pub struct KrpcFilter {
    bucket: TokenBucket,
}

impl Default for KrpcFilter {
    fn default() -> Self {
        Self { bucket: TokenBucket::new(RATE) }
    }
}

impl KrpcFilter {
    /// Whether a datagram goes on: at most 2,048 bytes, a bencoded dictionary (BEP 3) no deeper than eight levels, whose
    /// `y` says that it is an answer or an error (BEP 5), and no more than 500 of these a second.
    pub fn lets_in(&mut self, now: Instant, datagram: &[u8]) -> bool {
        datagram.len() <= MESSAGE_BYTES && is_answer(datagram) && self.bucket.take(now, 1)
    }
}

/// A dictionary or list that has begun.
#[derive(Clone, Copy)]
enum Open {
    List,
    /// What comes next in it.
    Dictionary {
        key: bool,
    },
}

/// Whether the first value of `bytes` is a whole dictionary with a `y` of `r` or `e`, and no other `y`. What follows it
/// is nobody's to read, and passed over.
fn is_answer(bytes: &[u8]) -> bool {
    let mut open = [Open::List; DEPTH];
    let mut depth = 0;
    let mut rest = bytes;
    let mut names_the_kind = false;
    let mut answers = false;
    if rest.first() != Some(&b'd') {
        return false;
    }
    loop {
        let at_key = depth > 0 && matches!(open[depth - 1], Open::Dictionary { key: true });
        let Some((first, after)) = rest.split_first() else { return false };
        let mut is_value = true;
        match first {
            b'd' | b'l' => {
                if depth == DEPTH || at_key {
                    return false;
                }
                open[depth] = if *first == b'd' { Open::Dictionary { key: true } } else { Open::List };
                depth += 1;
                rest = after;
                // It is the value of what is around it, once it ends.
                continue;
            }
            b'e' => {
                // A key without a value.
                if matches!(open[depth - 1], Open::Dictionary { key: false }) {
                    return false;
                }
                depth -= 1;
                rest = after;
                if depth == 0 {
                    return answers;
                }
            }
            b'i' => {
                let Some(end) = after.iter().take(21).position(|byte| *byte == b'e') else { return false };
                let digits = after[..end].strip_prefix(b"-").unwrap_or(&after[..end]);
                if at_key || digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                    return false;
                }
                rest = &after[end + 1..];
            }
            b'0'..=b'9' => {
                let Some((text, after)) = split_text(rest) else { return false };
                rest = after;
                if depth == 1 && at_key {
                    names_the_kind = text == b"y";
                } else if depth == 1 && std::mem::take(&mut names_the_kind) {
                    if text != b"r" && text != b"e" {
                        return false;
                    }
                    answers = true;
                }
                is_value = !at_key;
            }
            _ => return false,
        }
        if let Open::Dictionary { key } = &mut open[depth - 1] {
            // After a key comes its value, after a value the next key.
            *key = is_value;
        }
    }
}

/// The text at the beginning, with its length before it, and what follows.
fn split_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    // A datagram is no longer than four digits say.
    let colon = bytes.iter().take(5).position(|byte| *byte == b':')?;
    let length = bytes[..colon].iter().try_fold(0, |length: usize, byte| {
        byte.is_ascii_digit().then(|| 10 * length + usize::from(byte - b'0'))
    })?;
    bytes[colon + 1..].split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn lets_in(datagram: &[u8]) -> bool {
        KrpcFilter::default().lets_in(Instant::now(), datagram)
    }

    #[test]
    fn answers_and_errors_of_the_protocol_pass() {
        for good in [
            // BEP 5's own examples.
            b"d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re".as_slice(),
            b"d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee",
            b"d1:rd2:id20:abcdefghij01234567895:token8:aoeusnth6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re",
            b"d1:rd3:seqi-7ee1:y1:re trailing",
            b"d1:a2:yq1:y1:re",
        ] {
            assert!(lets_in(good), "{}", good.escape_ascii());
        }
    }

    #[test]
    fn requests_junk_and_depths_do_not() {
        let deep = |levels: usize| {
            let (open, close) = (b"l".repeat(levels), b"e".repeat(levels));
            [b"d1:x".as_slice(), &open, &close, b"1:y1:re"].concat()
        };
        assert!(lets_in(&deep(7)));
        let mut long = b"d1:v2030:".to_vec();
        long.extend([0; 2_030]);
        long.extend(b"1:y1:re");
        assert!(lets_in(&long));
        for bad in [
            b"".to_vec(),
            b"d".to_vec(),
            b"de".to_vec(),
            b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe".to_vec(),
            b"d1:y1:q1:y1:re".to_vec(),
            b"d1:y1:r1:y1:qe".to_vec(),
            b"d1:yi1ee".to_vec(),
            b"d1:yl1:ree".to_vec(),
            b"l1:y1:re".to_vec(),
            b"4:spam".to_vec(),
            b"di1e1:re".to_vec(),
            b"d1:ye".to_vec(),
            b"d1:yle1:re".to_vec(),
            b"d1:xie1:y1:re".to_vec(),
            b"d1:xi--1e1:y1:re".to_vec(),
            b"d1:xi111111111111111111111e1:y1:re".to_vec(),
            b"d1:x9999:1:y1:re".to_vec(),
            b"d1:x99999999999999999999:1:y1:re".to_vec(),
            b"d1:y1:r".to_vec(),
            deep(8),
            [b"d1:t4:aaaa1:x".to_vec(), b"l".repeat(1_400)].concat(),
            [long.clone(), vec![0; 100]].concat(),
            [0x80; 480].to_vec(),
        ] {
            assert!(!lets_in(&bad), "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn five_hundred_a_second_pass_and_what_is_dropped_anyway_takes_nobodys_place() {
        let mut filter = KrpcFilter::default();
        let now = Instant::now();
        let good = b"d1:y1:re";
        assert!((0..10_000).all(|_| !filter.lets_in(now, b"junk")));
        assert_eq!((0..10_000).filter(|_| filter.lets_in(now, good)).count(), 500);
        assert_eq!((0..900).filter(|_| filter.lets_in(now + Duration::from_secs(1), good)).count(), 500);
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"dle0123:iyrq".to_vec())], 0..80)
        ) {
            let whole = [b"d1:x".as_slice(), &bytes, b"1:y1:re"].concat();
            let _ = (lets_in(&bytes), lets_in(&whole));
        }
    }
}
