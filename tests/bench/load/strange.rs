//! What a stranger may try at a player's port: random datagrams, and such as look like a knock, a question to a STUN server, to a node
//! of the DHT or to a relay, a handshake or a packet. Nothing of it is to be answered.

use std::{
    net::{SocketAddr, UdpSocket},
    time::Duration,
};

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use crate::{burst, socket, steady};

/// How long an answer may take after the last datagram.
const ANSWER_LIMIT: Duration = Duration::from_millis(500);
/// The length of a knock.
const KNOCK_BYTES: usize = 480;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// To whom
    to: SocketAddr,
    /// Datagrams a second
    #[arg(long)]
    rate: f64,
    /// For how long
    #[arg(long)]
    seconds: f64,
}

/// Says when it begins, sends, and says how many were sent and how many bytes came back.
pub(crate) fn run(options: &Options) -> Result<()> {
    let socket = socket::connect(options.to)?;
    let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
    println!("{}", json!({ "ready": true }));
    let mut bursts = 0_usize;
    let sent = steady::run(options.rate, Duration::try_from_secs_f64(options.seconds)?, |_, count| {
        bursts += 1;
        let kind = KINDS[bursts % KINDS.len()];
        let mut datagrams = kind(&mut noise);
        let size = datagrams.len();
        for sent in 1..count {
            datagrams.extend(kind(&mut noise));
            // A burst's are of one length.
            datagrams.resize((sent + 1) * size, 0);
        }
        burst::send(&socket, &datagrams, size).unwrap_or(0)
    });
    let mut said = sent.to_json();
    said["heard_bytes"] = Value::from(heard(&socket)?);
    println!("{said}");
    Ok(())
}

/// The bytes that have come back.
fn heard(socket: &UdpSocket) -> Result<usize> {
    socket.set_read_timeout(Some(ANSWER_LIMIT))?;
    let (mut bytes, mut buffer) = (0, [0; 2_048]);
    while let Ok(length) = socket.recv(&mut buffer) {
        bytes += length;
    }
    Ok(bytes)
}

/// Random numbers (xorshift), which need not be good.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// So many bytes behind these.
    fn after(&mut self, head: &[u8], length: usize) -> Vec<u8> {
        let mut bytes = head.to_vec();
        while bytes.len() < head.len() + length {
            bytes.extend(self.next().to_le_bytes());
        }
        bytes.truncate(head.len() + length);
        bytes
    }
}

/// Each makes one datagram.
const KINDS: [fn(&mut Noise) -> Vec<u8>; 9] = [
    |noise| {
        let length = noise.next() as usize % 1_400 + 1;
        noise.after(&[], length)
    },
    |noise| {
        let first = 0x80 | noise.next() as u8;
        noise.after(&[first], KNOCK_BYTES - 1)
    },
    |noise| noise.after(&[0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42], 12),
    // An allocation.
    |noise| noise.after(&[0, 3, 0, 8, 0x21, 0x12, 0xA4, 0x42], 20),
    |noise| [&noise.after(b"d1:ad2:id20:", 20)[..], b"e1:q4:ping1:t2:aa1:y1:qe"].concat(),
    |_| [b"d1:t4:aaaa1:x".as_slice(), &[b'l'; 1_300]].concat(),
    // A first message of WireGuard's, with a key that nobody has.
    |noise| noise.after(&[1, 0, 0, 0], 144),
    |noise| noise.after(&[4, 0, 0, 0], 92),
    |noise| noise.after(&[0x40, 0, 0, 60], 60),
];
