//! What a listener on a wire sees: `tcpdump` while something happens, and its file read afterwards.

use std::{
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{Host, Process};

/// What the kernel may hold until it is written, in KiB.
const BUFFER_KIB: &str = "32768";

/// What the lab itself sends when a capture ends.
const MARK: &[u8] = b"here ends the capture of the lab";

/// A running capture.
#[derive(Debug)]
pub struct Capture {
    host: Host,
    tcpdump: Process,
    file: PathBuf,
}

/// The frames of a finished capture.
#[derive(Debug)]
pub struct Frames(Vec<Vec<u8>>);

impl Capture {
    /// Starts to write every frame on `interface` of `host` to `file`, which should end in `.pcap`.
    ///
    /// The interface must be on the segment of the host's own address.
    ///
    /// # Errors
    /// If `tcpdump` is missing or does not start to listen.
    pub fn start(host: &Host, interface: &str, file: &Path) -> Result<Self> {
        let mut command = host.command("tcpdump");
        // Without immediate mode the last frames would still be in the kernel when it is interrupted.
        command.args(["-n", "-U", "--immediate-mode", "-s", "0"]);
        // That mode gives every frame room for the largest: the usual two megabytes are full after a few, where other
        // programs keep `tcpdump` waiting for a moment.
        command.args(["-B", BUFFER_KIB, "-i", interface, "-w"]).arg(file);
        if rustix::process::geteuid().is_root() {
            // Else it would change to a user that may not write the file.
            command.args(["-Z", "root"]);
        }
        let tcpdump = host.spawn(command)?;
        tcpdump.wait_for("sign that it listens (package tcpdump)", Duration::from_secs(10), |line| {
            line.contains("listening on").then_some(())
        })?;
        Ok(Self { host: host.clone(), tcpdump, file: file.to_owned() })
    }

    /// Stops and reads what was captured.
    ///
    /// # Errors
    /// If the file cannot be read, or the kernel dropped frames: then what is not in it proves nothing.
    pub fn finish(mut self) -> Result<Frames> {
        self.wait_for_end_mark()?;
        self.tcpdump.interrupt(Duration::from_secs(5))?;
        let complete =
            |line: &str| line.ends_with(" packets dropped by kernel").then(|| line.starts_with("0 "));
        let complete = self.tcpdump.wait_for("drop count", Duration::from_secs(1), complete)?;
        ensure!(complete, "the capture is not complete:\n{}", self.tcpdump.tail());
        let bytes = fs::read(&self.file).with_context(|| format!("read {}", self.file.display()))?;
        Frames::parse(&bytes)
    }
}

impl Capture {
    /// Sends a mark over the wire until it is in the file: all frames before it are then there too.
    ///
    /// An interrupted `tcpdump` leaves unread what the kernel still holds for it.
    fn wait_for_end_mark(&self) -> Result<()> {
        let [a, b, c, _] = self.host.address().octets();
        let socket = self.host.udp(0)?;
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            // Port 9 is "discard": nobody answers.
            socket.send_to(MARK, (Ipv4Addr::new(a, b, c, 255), 9))?;
            thread::sleep(Duration::from_millis(10));
            let bytes = fs::read(&self.file).with_context(|| format!("read {}", self.file.display()))?;
            // At the end of the file, where only the last few frames can be.
            let end = &bytes[bytes.len().saturating_sub(0x4000)..];
            if end.windows(MARK.len()).any(|window| window == MARK) {
                return Ok(());
            }
        }
        bail!("tcpdump does not see its own end mark; it said:\n{}", self.tcpdump.tail())
    }
}

impl Frames {
    /// Splits a file in the classic pcap format.
    fn parse(bytes: &[u8]) -> Result<Self> {
        const FILE_HEADER: usize = 24;
        const RECORD_HEADER: usize = 16;
        const CAPTURED_LENGTH: std::ops::Range<usize> = 8..12;
        let word: fn([u8; 4]) -> u32 = match bytes.first_chunk() {
            Some([0xd4, 0xc3, 0xb2, 0xa1]) => u32::from_le_bytes,
            Some([0xa1, 0xb2, 0xc3, 0xd4]) => u32::from_be_bytes,
            _ => bail!("not a pcap file"),
        };
        let mut frames = Vec::new();
        let mut rest = bytes.get(FILE_HEADER..).context("a pcap file without header")?;
        while !rest.is_empty() {
            let header = rest.get(..RECORD_HEADER).context("a cut record")?;
            let length = word(header[CAPTURED_LENGTH].try_into()?) as usize;
            let end = RECORD_HEADER + length;
            frames.push(rest.get(RECORD_HEADER..end).context("a cut frame")?.to_vec());
            rest = &rest[end..];
        }
        Ok(Self(frames))
    }

    /// How many frames were seen.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many frames contain these bytes.
    #[must_use]
    pub fn count_containing(&self, bytes: &[u8]) -> usize {
        self.containing(bytes).count()
    }

    /// The frames that contain these bytes.
    pub fn containing(&self, bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
        let contains = move |frame: &&Vec<u8>| frame.windows(bytes.len()).any(|window| window == bytes);
        self.0.iter().filter(contains).map(Vec::as_slice)
    }

    /// How many bytes of IPv4 packets an address has exchanged with all others but these.
    #[must_use]
    pub fn bytes_exchanged(&self, address: Ipv4Addr, but_with: &[Ipv4Addr]) -> usize {
        const ETHERNET: usize = 14;
        const IPV4: [u8; 2] = [8, 0];
        let counted = |frame: &Vec<u8>| {
            let packet = frame.get(ETHERNET..).filter(|_| frame.get(12..ETHERNET) == Some(&IPV4))?;
            let end = |at: usize| Some(Ipv4Addr::from(*packet.get(at..)?.first_chunk::<4>()?));
            let ends = [end(12)?, end(16)?];
            (ends.contains(&address) && !ends.iter().any(|end| but_with.contains(end)))
                .then_some(packet.len())
        };
        self.0.iter().filter(|frame| !frame.ends_with(MARK)).filter_map(counted).sum()
    }

    /// The IPv4 packets from this address, in a few words each.
    #[must_use]
    pub fn sent_by(&self, address: Ipv4Addr) -> Vec<String> {
        const ETHERNET: usize = 14;
        const IPV4: [u8; 2] = [8, 0];
        let sent = |frame: &&Vec<u8>| {
            frame.get(12..ETHERNET) == Some(&IPV4)
                && frame.get(ETHERNET + 12..ETHERNET + 16) == Some(&address.octets())
                && !frame.ends_with(MARK)
        };
        let words = |frame: &Vec<u8>| {
            let packet = &frame[ETHERNET..];
            let to: Vec<String> = packet.iter().skip(16).take(4).map(u8::to_string).collect();
            format!("sent {} bytes of protocol {} to {}", packet.len(), packet[9], to.join("."))
        };
        self.0.iter().filter(sent).map(words).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Frames, MARK};

    fn file_with(frames: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![0xd4, 0xc3, 0xb2, 0xa1];
        bytes.resize(24, 0);
        for frame in frames {
            bytes.extend([0; 8]);
            bytes.extend((frame.len() as u32).to_le_bytes());
            bytes.extend((frame.len() as u32).to_le_bytes());
            bytes.extend(*frame);
        }
        bytes
    }

    #[test]
    fn frames_are_counted_by_what_they_contain() {
        let frames = Frames::parse(&file_with(&[b"one secret", b"two", b"secret"])).unwrap();
        assert_eq!(frames.len(), 3);
        assert_eq!(frames.count_containing(b"secret"), 2);
        // Across the border of two frames it is not a find.
        assert_eq!(frames.count_containing(b"twosecret"), 0);
    }

    #[test]
    fn packets_are_found_by_their_sender() {
        let packet = |from: u8, data: &[u8]| {
            let mut frame = vec![2; 12];
            frame.extend([8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, from, 192, 0, 2, 9]);
            frame.extend(data);
            frame
        };
        let file = file_with(&[&packet(1, b"x"), &packet(2, b"x"), &packet(1, MARK), b"short"]);
        let sent = Frames::parse(&file).unwrap().sent_by([192, 0, 2, 1].into());
        assert_eq!(sent, ["sent 21 bytes of protocol 17 to 192.0.2.9"]);
    }

    #[test]
    fn a_cut_file_is_refused() {
        let bytes = file_with(&[b"whole frame"]);
        assert!(Frames::parse(&bytes[..bytes.len() - 1]).is_err());
        assert!(Frames::parse(&bytes[..30]).is_err());
        assert!(Frames::parse(b"no pcap at all").is_err());
    }
}
