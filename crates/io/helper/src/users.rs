//! The users whom the administrator lets have an adapter wherever they sit.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// More bytes of the list than this are not read.
const MOST_BYTES: u64 = 64 * 1024;

/// Who may write the list besides its owner, as bits of a file's mode.
const OTHERS_WRITE: u32 = 0o022;

/// Users by number: those of the command line, and those of a file, which is read for each question, so that a change
/// counts at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Users {
    pub(crate) named: Vec<u32>,
    pub(crate) list: PathBuf,
}

impl Users {
    /// Whether this user is among them.
    pub(crate) fn contains(&self, uid: u32) -> bool {
        self.named.contains(&uid)
            || match read(&self.list) {
                Ok(text) => numbers(&text).any(|listed| listed == uid),
                Err(error) => {
                    if error.kind() != io::ErrorKind::NotFound {
                        eprintln!("{} counts for nobody: {error}", self.list.display());
                    }
                    false
                }
            }
    }
}

/// The list, if it is root's and nobody else can have written it.
fn read(path: &Path) -> io::Result<String> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.uid() != 0 || about.mode() & OTHERS_WRITE != 0 {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "others than root may write it"));
    }
    let mut text = String::new();
    file.take(MOST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// One number a line; what follows `#` is for people, and a line that is anything else is nobody.
fn numbers(text: &str) -> impl Iterator<Item = u32> {
    text.lines().filter_map(|line| line.split('#').next().unwrap_or_default().trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_a_number_a_line_and_nothing_else_counts() {
        let text = "1000 # anna\n\n# 1001\n 1002 \nroot\n-1\n10 03\n4294967296\n1004";
        assert_eq!(numbers(text).collect::<Vec<_>>(), [1000, 1002, 1004]);
    }
}
