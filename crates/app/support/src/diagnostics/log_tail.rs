use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use lanrage_log::{NetworkLog, rotated};

/// Rotated files that are looked for.
const OLDER: u32 = 64;

/// Which side failed.
#[derive(Debug)]
pub(super) enum TailError {
    Log(io::Error),
    Sink(io::Error),
}

/// Gives `sink` the whole lines among the newest `budget` bytes of a folder's log, oldest first.
pub(super) fn read(
    folder: &Path,
    budget: u64,
    mut sink: impl FnMut(&str) -> io::Result<()>,
) -> Result<(), TailError> {
    for (mut file, cut, len) in newest(folder, budget).map_err(TailError::Log)? {
        // One byte before the cut: if that ends a line, the next one is whole.
        file.seek(SeekFrom::Start(cut.saturating_sub(1))).map_err(TailError::Log)?;
        let mut lines = BufReader::new(file.take(len - cut.saturating_sub(1)));
        let mut line = Vec::new();
        if cut > 0 {
            lines.read_until(b'\n', &mut line).map_err(TailError::Log)?;
        }
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line).map_err(TailError::Log)? == 0 {
                break;
            }
            sink(String::from_utf8_lossy(&line).trim_end_matches('\n')).map_err(TailError::Sink)?;
        }
    }
    Ok(())
}

/// The files that hold the newest `budget` bytes, oldest first, each with where to begin and where to end. All
/// are opened before any is read, so that a rotation meanwhile moves none of them away.
fn newest(folder: &Path, budget: u64) -> io::Result<Vec<(File, u64, u64)>> {
    let path = NetworkLog::path(folder);
    let mut files = Vec::new();
    let mut left = budget;
    for older in 0..=OLDER {
        if left == 0 {
            break;
        }
        match File::open(rotated(&path, older)) {
            Ok(file) => {
                let len = file.metadata()?.len();
                files.push((file, len.saturating_sub(left), len));
                left = left.saturating_sub(len);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && older == 0 => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(error),
        }
    }
    files.reverse();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn tail(folder: &Path, budget: u64) -> Vec<String> {
        let mut lines = Vec::new();
        read(folder, budget, |line| {
            lines.push(line.to_owned());
            Ok(())
        })
        .unwrap();
        lines
    }

    #[test]
    fn the_newest_whole_lines_come_oldest_first_across_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = NetworkLog::path(folder.path());
        assert_eq!(tail(folder.path(), 100), [""; 0]);
        fs::write(rotated(&path, 2), "1\n2\n").unwrap();
        fs::write(rotated(&path, 1), "3\n4\n").unwrap();
        fs::write(&path, "5\n6\n").unwrap();
        assert_eq!(tail(folder.path(), 100), ["1", "2", "3", "4", "5", "6"]);
        assert_eq!(tail(folder.path(), 6), ["4", "5", "6"]);
        assert_eq!(tail(folder.path(), 5), ["5", "6"], "half a line is none");
        assert_eq!(tail(folder.path(), 0), [""; 0]);
    }

    #[test]
    fn between_two_renames_the_older_files_are_still_found() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(rotated(&NetworkLog::path(folder.path()), 1), "1\n").unwrap();
        assert_eq!(tail(folder.path(), 100), ["1"]);
    }
}
