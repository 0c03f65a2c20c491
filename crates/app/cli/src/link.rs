//! An invitation link on its way into the program. It is a secret, and the argument list of a process is read by every user
//! of the computer: so it may come another way, and one that came as an argument is wiped there.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use lanrage_base::argument;
use lanrage_engine::InvitationLink;

use crate::{
    failure::{Failure, because},
    say::person,
};

/// Most bytes read of a file or the standard input: several times the longest link, so that a wrong file is called wrong.
const MOST_BYTES: u64 = 64 << 10;

/// The link of an argument, of the standard input for `-`, or of a file.
///
/// # Errors
/// If nothing can be read there. Whether it is a link is the engine's to say.
pub(crate) fn read(given: Option<&str>, file: Option<&Path>) -> Result<InvitationLink, Failure> {
    let text = match (given, file) {
        (Some("-") | None, None) => text(io::stdin().lock()).map_err(|error| Failure::input(&error))?,
        (_, Some(path)) => File::open(path).and_then(text).map_err(|error| {
            let facts = [("path", path.display().to_string().into()), because(&error)];
            Failure::Argument(person().say_with("terminal-file-not-read", facts))
        })?,
        (Some(link), None) => {
            // Best effort: where the system does not let it, `-` is there.
            let _ = argument::wipe(link);
            link.to_owned()
        }
    };
    Ok(InvitationLink(text.trim().to_owned()))
}

/// A secret of an argument, which is wiped there, or of the standard input for `-`.
///
/// # Errors
/// If nothing can be read there.
pub(crate) fn secret(given: &str) -> Result<String, Failure> {
    if given == "-" {
        return Ok(text(io::stdin().lock()).map_err(|error| Failure::input(&error))?.trim().to_owned());
    }
    let _ = argument::wipe(given);
    Ok(given.to_owned())
}

/// The first line with anything in it: at a terminal it ends the wait.
fn text(source: impl Read) -> io::Result<String> {
    let mut lines = io::BufRead::lines(io::BufReader::new(source.take(MOST_BYTES)));
    lines.find(|line| line.as_ref().map_or(true, |line| !line.trim().is_empty())).unwrap_or(Ok(String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_the_first_line_with_something_in_it() {
        for (given, link) in [
            ("lanrage://join/abc\n", "lanrage://join/abc"),
            ("\n  \n lanrage://join/abc \r\nmore", "lanrage://join/abc"),
            ("", ""),
        ] {
            assert_eq!(text(given.as_bytes()).unwrap().trim(), link);
        }
    }
}
