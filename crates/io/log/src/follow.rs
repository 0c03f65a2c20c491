use std::{
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use same_file::Handle;

use super::rotated;

/// How often a log without news is looked at.
const POLL: Duration = Duration::from_millis(250);
/// Bytes read at once.
const CHUNK: usize = 64 * 1024;
/// Rotated files among which a follower that fell behind looks for its own.
const OLDER: u32 = 64;

/// Reads a log as it grows. When the file is rotated, the rest of the old one comes first, and then the files
/// after it in order; nothing is lost unless the follower falls behind by as many files as are kept.
#[derive(Debug)]
pub struct LogFollower {
    path: PathBuf,
    file: Option<Handle>,
    /// How much of the file has been read.
    position: u64,
    /// What has been read; lines before `start` have been given out.
    read: Vec<u8>,
    start: usize,
}

impl LogFollower {
    pub(super) fn open(path: &Path, last_lines: usize) -> io::Result<Self> {
        let mut follower =
            Self { path: path.to_owned(), file: None, position: 0, read: Vec::new(), start: 0 };
        if let Some(file) = existing(path)? {
            follower.use_file(file);
            while follower.read_chunk()? {}
            follower.start = start_of_last_lines(&follower.read, last_lines);
        }
        Ok(follower)
    }

    /// The next line, without its end; waits for it. Cancel-safe. Reads from the disk in small pieces on the
    /// calling task.
    ///
    /// # Errors
    /// What the system says about a file that cannot be read.
    pub async fn next_line(&mut self) -> io::Result<String> {
        loop {
            if let Some(line) = self.poll_line()? {
                return Ok(line);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// The next line if it is there already.
    ///
    /// # Errors
    /// What the system says about a file that cannot be read.
    pub fn poll_line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(line) = self.take_line() {
                return Ok(Some(line));
            }
            if !self.read_chunk()? && !self.advance()? {
                return Ok(None);
            }
        }
    }

    fn take_line(&mut self) -> Option<String> {
        let rest = &self.read[self.start..];
        let len = rest.iter().position(|byte| *byte == b'\n')?;
        let line = String::from_utf8_lossy(&rest[..len]).into_owned();
        self.start += len + 1;
        Some(line)
    }

    /// Reads on in the file; whether there was anything.
    fn read_chunk(&mut self) -> io::Result<bool> {
        let Some(file) = &mut self.file else { return Ok(false) };
        self.read.drain(..self.start);
        self.start = 0;
        let read = file.as_file_mut().take(CHUNK as u64).read_to_end(&mut self.read)?;
        self.position += read as u64;
        Ok(read > 0)
    }

    /// At the end of the file: goes to the next one, or to the beginning of one that began anew; whether there
    /// may be something to read.
    fn advance(&mut self) -> io::Result<bool> {
        let Some(place) = self.place()? else { return self.begin_with_oldest() };
        if place == 0 {
            return self.begin_anew_if_cut();
        }
        // What was written between our last look and the rotation.
        if self.read_chunk()? {
            return Ok(true);
        }
        for newer in (0..place).rev() {
            let Some(next) = existing(&rotated(&self.path, newer))? else { continue };
            // All may have been renamed once more since `place` was found; then look again.
            if self.place()? == Some(place) {
                self.use_file(next);
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Which of the rotated files ours is now; `None` if it is none, or there is none.
    fn place(&self) -> io::Result<Option<u32>> {
        let Some(ours) = &self.file else { return Ok(None) };
        // Upwards, as files are renamed: so it cannot slip past.
        for older in 0..=OLDER {
            if existing(&rotated(&self.path, older))?.is_some_and(|file| file == *ours) {
                return Ok(Some(older));
            }
        }
        Ok(None)
    }

    fn begin_with_oldest(&mut self) -> io::Result<bool> {
        // Whoever has read nothing yet begins with what is written now.
        let oldest = if self.file.is_some() { OLDER } else { 0 };
        for older in (0..=oldest).rev() {
            if let Some(file) = existing(&rotated(&self.path, older))? {
                self.use_file(file);
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn begin_anew_if_cut(&mut self) -> io::Result<bool> {
        let Some(file) = &mut self.file else { return Ok(false) };
        if file.as_file().metadata()?.len() >= self.position {
            return Ok(false);
        }
        file.as_file_mut().seek(SeekFrom::Start(0))?;
        self.forget();
        Ok(true)
    }

    fn use_file(&mut self, file: Handle) {
        self.file = Some(file);
        self.forget();
    }

    fn forget(&mut self) {
        self.position = 0;
        self.read.clear();
        self.start = 0;
    }
}

fn existing(path: &Path) -> io::Result<Option<Handle>> {
    match Handle::from_path(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn start_of_last_lines(text: &[u8], lines: usize) -> usize {
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut ends = text[..whole].iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
    ends.nth(lines).map_or(0, |(end, _)| end + 1)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::rotating_file::RotatingFile;

    fn next(follower: &mut LogFollower) -> Vec<String> {
        std::iter::from_fn(|| follower.poll_line().unwrap()).collect()
    }

    #[test]
    fn every_line_is_seen_once_across_rotations_however_far_the_follower_is_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("network.log");
        let mut log = RotatingFile::new(path.clone(), 20, 5);
        let mut follower = LogFollower::open(&path, 0).unwrap();
        let mut written = Vec::new();
        let mut seen = Vec::new();
        for number in 0..200 {
            let line = format!("line {number}");
            log.write_lines(format!("{line}\n").as_bytes()).unwrap();
            written.push(line);
            if number % 7 == 0 {
                seen.extend(next(&mut follower));
            }
        }
        seen.extend(next(&mut follower));
        assert_eq!(seen, written);
    }

    #[test]
    fn every_line_is_seen_once_while_the_log_is_being_rotated() {
        const LINES: usize = 5_000;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("network.log");
        // All files are kept, so the follower may be as slow as it likes.
        let mut log = RotatingFile::new(path.clone(), 1_024, OLDER);
        log.write_lines(b"0\n").unwrap();
        let mut follower = LogFollower::open(&path, 1).unwrap();
        let writer = std::thread::spawn(move || {
            for number in 1..LINES {
                log.write_lines(format!("{number}\n").as_bytes()).unwrap();
            }
        });
        let mut seen = 0;
        while seen < LINES {
            // Asked before the file is: what was written by a writer that has ended must be there.
            let is_written = writer.is_finished();
            match follower.poll_line().unwrap() {
                Some(line) => {
                    assert_eq!(line, seen.to_string());
                    seen += 1;
                }
                None => assert!(!is_written, "line {seen} is missing"),
            }
        }
        writer.join().unwrap();
    }

    #[test]
    fn it_begins_with_the_last_lines_and_waits_for_the_end_of_an_unfinished_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("network.log");
        fs::write(&path, "one\ntwo\nthree\nfo").unwrap();
        let from = |lines| next(&mut LogFollower::open(&path, lines).unwrap());
        assert_eq!(from(2), ["two", "three"]);
        assert_eq!(from(9), ["one", "two", "three"]);
        let mut follower = LogFollower::open(&path, 0).unwrap();
        assert_eq!(next(&mut follower), [""; 0]);
        fs::write(&path, "one\ntwo\nthree\nfour\n").unwrap();
        assert_eq!(next(&mut follower), ["four"]);
    }

    #[test]
    fn it_goes_on_with_the_oldest_file_that_is_left_when_its_own_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("network.log");
        let mut log = RotatingFile::new(path.clone(), 4, 1);
        log.write_lines(b"one\n").unwrap();
        let mut follower = LogFollower::open(&path, 1).unwrap();
        assert_eq!(next(&mut follower), ["one"]);
        log.write_lines(b"two\nthr\nfou\n").unwrap();
        assert_eq!(next(&mut follower), ["thr", "fou"]);
    }

    #[test]
    fn a_log_that_begins_anew_in_place_is_read_from_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("network.log");
        fs::write(&path, "a long line\n").unwrap();
        let mut follower = LogFollower::open(&path, 0).unwrap();
        fs::write(&path, "new\n").unwrap();
        assert_eq!(next(&mut follower), ["new"]);
    }

    #[tokio::test]
    async fn a_log_that_is_not_there_yet_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("network.log");
        let mut follower = LogFollower::open(&path, 5).unwrap();
        assert_eq!(follower.poll_line().unwrap(), None);
        fs::write(&path, "first\n").unwrap();
        assert_eq!(follower.next_line().await.unwrap(), "first");
    }
}
