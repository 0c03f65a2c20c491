//! Links as people copy them: with words around them, wrapped by a chat program, or cut short.

use sha2::{Digest, Sha256};

use crate::limits::INVITATION_BYTES;

const CHECK_BYTES: usize = 4;

/// With what a friend's reply to a link begins.
pub const REPLY_PREFIX: &str = "lanrage://reply/";

/// Most places of a text that are looked at for the beginning of a link.
const BEGINNINGS: usize = 16;
/// Most pieces into which a chat program wraps a link.
const PIECES: usize = 256;

/// What the first whole link in a text says, read by `decode`; `None` if no link begins in it. `behind` says where the first
/// prefix in a text ends. Words and marks around a link are passed over, and white space, marks of a quotation and invisible
/// characters within it. Where it ends, the text does not say if further words follow: so it is as many of the words
/// as `decode` takes, which a checksum in it tells; `damaged` is what `decode` says of too few and too many.
pub fn read<T, E: PartialEq>(
    text: &str,
    behind: impl Fn(&str) -> Option<usize>,
    damaged: E,
    decode: impl Fn(&str) -> Result<T, E>,
) -> Option<Result<T, E>> {
    // A prefix that was wrapped shows only without white space; but that also tells where a link ends.
    let whole: String = text.chars().filter(|&c| !is_passed_over(c)).collect();
    let (mut begins, mut told) = (false, None);
    for mut rest in [text, &whole] {
        for _ in 0..BEGINNINGS {
            let Some(at) = behind(rest) else { break };
            begins = true;
            rest = &rest[at..];
            match begin_of(rest, &damaged, &decode) {
                Ok(read) => return Some(Ok(read)),
                Err(error) => told = told.or(error),
            }
        }
    }
    begins.then_some(Err(told.unwrap_or(damaged)))
}

/// Where `prefix`, in ASCII, first ends in a text, in whichever case it is written.
pub fn behind(text: &str, prefix: &str) -> Option<usize> {
    let is_it = |window: &[u8]| window.eq_ignore_ascii_case(prefix.as_bytes());
    text.as_bytes().windows(prefix.len()).position(is_it).map(|at| at + prefix.len())
}

/// Whether a friend's reply is in a text, as far as one sees without the party.
pub fn has_reply(text: &str) -> bool {
    let whole: String = text.chars().filter(|&c| !is_passed_over(c)).collect();
    behind(&whole, REPLY_PREFIX).is_some()
}

/// What no link contains, and chat programs put into it.
fn is_passed_over(c: char) -> bool {
    let is_invisible = matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    );
    c.is_whitespace() || is_invisible
}

/// Reads the link whose part to decode a text begins with. The fault is what `decode` says other than `damaged`.
fn begin_of<T, E: PartialEq>(
    text: &str,
    damaged: &E,
    decode: impl Fn(&str) -> Result<T, E>,
) -> Result<T, Option<E>> {
    let mut body = String::new();
    let mut told = None;
    for word in text.split(is_passed_over).filter(|word| !word.is_empty()).take(PIECES) {
        // Each line of a quotation begins with one.
        if word.chars().all(|c| matches!(c, '>' | '|')) {
            continue;
        }
        let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
        body.push_str(&word[..end.unwrap_or(word.len())]);
        if body.len() > INVITATION_BYTES {
            break;
        }
        match decode(&body) {
            Ok(read) => return Ok(read),
            Err(error) if error == *damaged => {}
            Err(error) => told = Some(error),
        }
        if end.is_some() {
            break;
        }
    }
    Err(told)
}

/// Lets a link that was cut or mistyped be noticed before anything else is believed of it. Not a protection.
pub fn put_checksum(bytes: &mut Vec<u8>) {
    let check = checksum(bytes);
    bytes.extend(check);
}

/// The bytes before their checksum; `None` if they are not those that it was made of.
pub fn without_checksum(bytes: &[u8]) -> Option<&[u8]> {
    let (bytes, check) = bytes.split_last_chunk::<CHECK_BYTES>()?;
    (checksum(bytes) == *check).then_some(bytes)
}

fn checksum(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let digest = Sha256::digest(bytes);
    [digest[0], digest[1], digest[2], digest[3]]
}
