//! The inputs that are kept: one text file for each target, in it one input a line, its name first and then its bytes,
//! escaped as in a Rust literal where they are not printable.

use std::{fs, io, path::PathBuf};

/// An input and its name.
pub type Input = (String, Vec<u8>);

/// The file with the inputs of a target. A folder of the same name beside it is what `cargo fuzz` works on.
#[must_use]
pub fn file(target: &str) -> PathBuf {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../corpus");
    PathBuf::from(corpus).join(target).with_extension("txt")
}

/// The kept inputs of a target.
///
/// # Errors
/// If the file cannot be read, or a line of it is no input.
pub fn read(target: &str) -> io::Result<Vec<Input>> {
    let input = |line: &str| {
        let (name, bytes) = line.split_once(' ').unwrap_or((line, ""));
        let bytes =
            unescape(bytes).ok_or_else(|| io::Error::other(format!("{name} ends within an escape")))?;
        Ok((name.to_owned(), bytes))
    };
    fs::read_to_string(file(target))?.lines().map(input).collect()
}

/// Keeps these inputs of a target, and no others.
///
/// # Errors
/// If the file cannot be written.
pub fn write(target: &str, inputs: &[Input]) -> io::Result<()> {
    let line = |(name, bytes): &Input| {
        let space = if bytes.is_empty() { "" } else { " " };
        format!("{name}{space}{}\n", bytes.escape_ascii())
    };
    fs::write(file(target), inputs.iter().map(line).collect::<String>())
}

/// What [`escape_ascii`](slice::escape_ascii) was given.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut left = text.bytes();
    let mut bytes = Vec::new();
    while let Some(byte) = left.next() {
        bytes.push(match byte {
            b'\\' => match left.next()? {
                b't' => b'\t',
                b'r' => b'\r',
                b'n' => b'\n',
                b'x' => {
                    let digits = [left.next()?, left.next()?];
                    u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
                }
                itself => itself,
            },
            itself => itself,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn every_byte_comes_back_as_it_was_written() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(unescape(&bytes.escape_ascii().to_string()), Some(bytes));
        assert_eq!(unescape("cut \\x4"), None);
    }
}
