//! Links as people copy them: with words around them, wrapped by a chat program, or cut short.

use sha2::{Digest, Sha256};

const CHECK_BYTES: usize = 4;

/// What stands behind `prefix` in a text, read by `decode`; `None` if the prefix is not in it. Words and marks around it are
/// passed over, and white space within it. Where it ends, the text does not say if further words follow: so it is as many of the words
/// as `decode` takes, which a checksum in it tells; `damaged` is what `decode` says of too few and too many.
pub fn read<T, E: PartialEq>(
    text: &str,
    prefix: &str,
    damaged: E,
    decode: impl Fn(&str) -> Result<T, E>,
) -> Option<Result<T, E>> {
    if let Some((_, behind)) = text.split_once(prefix) {
        return Some(begin_of(behind, damaged, decode));
    }
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    text.split_once(prefix).map(|(_, behind)| begin_of(behind, damaged, decode))
}

fn begin_of<T, E: PartialEq>(text: &str, damaged: E, decode: impl Fn(&str) -> Result<T, E>) -> Result<T, E> {
    let mut body = String::new();
    let mut told = None;
    for word in text.split_whitespace() {
        let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
        body.push_str(&word[..end.unwrap_or(word.len())]);
        match decode(&body) {
            Ok(read) => return Ok(read),
            Err(error) if error == damaged => {}
            Err(error) => told = Some(error),
        }
        if end.is_some() {
            break;
        }
    }
    Err(told.unwrap_or(damaged))
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
