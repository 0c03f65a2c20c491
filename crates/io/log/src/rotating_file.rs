use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use super::rotated;

/// A file of whole lines that is renamed to `….1` when the next line would make it longer than its limit.
/// What fails is tried again with the next lines.
pub(super) struct RotatingFile {
    path: PathBuf,
    limit: u64,
    kept: u32,
    open: Option<Open>,
}

struct Open {
    file: File,
    len: u64,
}

/// Lines that are not in the file, and why.
#[derive(Debug)]
pub(super) struct WriteFailure {
    pub(super) unwritten_lines: u64,
    pub(super) error: io::Error,
}

impl RotatingFile {
    /// Touches nothing yet. `limit` in bytes.
    pub(super) const fn new(path: PathBuf, limit: u64, kept: u32) -> Self {
        Self { path, limit, kept, open: None }
    }

    /// Appends lines, each with its end. A line is never cut: one longer than a file gets a file of its own.
    pub(super) fn write_lines(&mut self, lines: &[u8]) -> Result<(), WriteFailure> {
        let mut rest = lines;
        while !rest.is_empty() {
            match self.write_some(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) => return Err(WriteFailure { unwritten_lines: count_lines(rest), error }),
            }
        }
        Ok(())
    }

    /// Appends as many lines as go into the file, or begins a new file; how many bytes are done.
    fn write_some(&mut self, lines: &[u8]) -> io::Result<usize> {
        let open = match &mut self.open {
            Some(open) => open,
            None => self.open.insert(Open::at(&self.path)?),
        };
        let room = self.limit.saturating_sub(open.len);
        let mut take = whole_lines(lines, room);
        if take == 0 && open.len > 0 {
            self.rotate()?;
            return Ok(0);
        }
        if take == 0 {
            take = lines.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |end| end + 1);
        }
        if let Err(error) = open.file.write_all(&lines[..take]) {
            // A full disk may have taken half of it: what stands in the file are whole lines.
            let len = open.len;
            self.open = None;
            let _ = cut(&self.path, len);
            return Err(error);
        }
        open.len += take as u64;
        Ok(take)
    }

    fn rotate(&mut self) -> io::Result<()> {
        // Windows renames no file that is open for appending.
        self.open = None;
        if self.shift().is_err() {
            // The folder lets nothing be renamed. Newer lines are worth more than older ones, and the disk
            // must not fill: begin anew in place.
            cut(&self.path, 0)?;
        }
        Ok(())
    }

    fn shift(&self) -> io::Result<()> {
        if self.kept == 0 {
            return fs::remove_file(&self.path);
        }
        for older in (0..self.kept).rev() {
            match fs::rename(rotated(&self.path, older), rotated(&self.path, older + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Open {
    fn at(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        // A file that was copied or restored may have lost its protection.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            if file.metadata()?.permissions().mode() & 0o077 != 0 {
                file.set_permissions(fs::Permissions::from_mode(0o600))?;
            }
        }
        let mut len = file.metadata()?.len();
        if len > 0 && last_byte(&mut file)? != b'\n' {
            // The last run died within a line.
            file.write_all(b"\n")?;
            len += 1;
        }
        Ok(Self { file, len })
    }
}

fn last_byte(file: &mut File) -> io::Result<u8> {
    let mut byte = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut byte)?;
    Ok(byte[0])
}

/// Through a handle of its own: one for appending cannot cut on Windows.
fn cut(path: &Path, len: u64) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.set_len(len)
}

/// Length of the longest run of whole lines of at most `room` bytes.
fn whole_lines(lines: &[u8], room: u64) -> usize {
    let room = usize::try_from(room).unwrap_or(usize::MAX).min(lines.len());
    lines[..room].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
}

fn count_lines(lines: &[u8]) -> u64 {
    lines.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Log {
        folder: tempfile::TempDir,
        file: RotatingFile,
    }

    impl Log {
        fn new(limit: u64, kept: u32) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let file = RotatingFile::new(folder.path().join("network.log"), limit, kept);
            Self { folder, file }
        }

        fn write(&mut self, lines: &str) {
            self.file.write_lines(lines.as_bytes()).unwrap();
        }

        fn read(&self, older: u32) -> Option<String> {
            fs::read_to_string(rotated(&self.file.path, older)).ok()
        }

        fn files(&self) -> usize {
            fs::read_dir(self.folder.path()).unwrap().count()
        }
    }

    #[test]
    fn a_full_file_is_rotated_and_the_oldest_goes() {
        let mut log = Log::new(8, 2);
        for line in ["one\n", "two\n", "three\n", "four\n", "five\n", "six\n"] {
            log.write(line);
        }
        assert_eq!(log.read(0).unwrap(), "six\n");
        assert_eq!(log.read(1).unwrap(), "five\n");
        assert_eq!(log.read(2).unwrap(), "four\n");
        assert_eq!(log.files(), 3);
    }

    #[test]
    fn without_older_files_the_log_begins_anew() {
        let mut log = Log::new(8, 0);
        log.write("one\ntwo\nthree\n");
        assert_eq!((log.read(0).unwrap().as_str(), log.files()), ("three\n", 1));
    }

    #[test]
    fn a_line_longer_than_a_file_stays_whole_in_a_file_of_its_own() {
        let mut log = Log::new(8, 2);
        log.write("a\nquite a long line\nb\n");
        assert_eq!(log.read(2).unwrap(), "a\n");
        assert_eq!(log.read(1).unwrap(), "quite a long line\n");
        assert_eq!(log.read(0).unwrap(), "b\n");
    }

    #[test]
    fn a_line_torn_by_a_crash_is_ended_before_the_next_one() {
        let mut log = Log::new(100, 2);
        fs::write(&log.file.path, "whole\nto").unwrap();
        log.write("next\n");
        assert_eq!(log.read(0).unwrap(), "whole\nto\nnext\n");
    }

    #[cfg(unix)]
    #[test]
    fn the_files_are_closed_to_others_even_if_somebody_opened_them() {
        use std::os::unix::fs::PermissionsExt;
        let mut log = Log::new(4, 1);
        let mode = |log: &Log, older| {
            fs::metadata(rotated(&log.file.path, older)).unwrap().permissions().mode() & 0o777
        };
        fs::write(&log.file.path, "old\n").unwrap();
        fs::set_permissions(&log.file.path, fs::Permissions::from_mode(0o644)).unwrap();
        log.write("new\n");
        assert_eq!((mode(&log, 0), mode(&log, 1)), (0o600, 0o600));
    }

    #[test]
    fn when_nothing_can_be_renamed_the_log_begins_anew_in_place() {
        let mut log = Log::new(8, 1);
        log.write("one\ntwo\n");
        // A folder with something in it cannot be replaced by a file.
        fs::create_dir(rotated(&log.file.path, 1)).unwrap();
        fs::write(rotated(&log.file.path, 1).join("x"), "").unwrap();
        log.write("three\n");
        assert_eq!(log.read(0).unwrap(), "three\n");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_that_counts_the_lines_and_never_a_panic() {
        let mut file = RotatingFile::new("/dev/full".into(), 100, 1);
        let failure = file.write_lines(b"one\ntwo\n").unwrap_err();
        assert_eq!((failure.unwritten_lines, failure.error.kind()), (2, io::ErrorKind::StorageFull));
    }

    proptest! {
        #[test]
        fn the_files_together_end_with_the_newest_lines_and_none_is_cut(
            lines in prop::collection::vec("[a-z]{0,12}", 1..60), batch in 1_usize..9, limit in 1_u64..40, kept in 0_u32..4,
        ) {
            let mut log = Log::new(limit, kept);
            let mut whole = String::new();
            for lines in lines.chunks(batch) {
                let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
                log.write(&text);
                whole.push_str(&text);
            }
            let together: String = (0..=kept).rev().filter_map(|older| log.read(older)).collect();
            let at = whole.len() - together.len();
            prop_assert_eq!(&whole[at..], &together);
            prop_assert!(at == 0 || whole.as_bytes()[at - 1] == b'\n');
            for older in 0..=kept {
                let file = log.read(older).unwrap_or_default();
                prop_assert!(file.len() as u64 <= limit || file.lines().count() == 1);
            }
            prop_assert!(log.files() <= kept as usize + 1);
        }
    }
}
