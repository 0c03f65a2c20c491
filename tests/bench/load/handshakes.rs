//! Handshakes of somebody who has proven its address and knows nothing but a player's public key: the costliest datagrams
//! that a stranger can make (WireGuard whitepaper §5.4.4, §5.4.7).

use std::{
    io::ErrorKind,
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use blake2::{
    Blake2s256, Blake2sMac, Digest,
    digest::{FixedOutput, KeyInit, Update, consts::U16},
};
use chacha20poly1305::{
    XChaCha20Poly1305,
    aead::{Aead, Payload},
};
use clap::Args;
use data_encoding::BASE64URL_NOPAD;
use serde_json::json;

use crate::{burst, socket, steady};

const INITIATION_BYTES: usize = 148;
/// Where an initiation's two codes begin.
const MAC1: usize = 116;
const MAC2: usize = 132;
const COOKIE_REPLY_BYTES: usize = 64;
/// How many are sent without a cookie before an answer is waited for: more than anybody takes from strangers at once.
const KNOCKS: usize = 400;
const ANSWER_LIMIT: Duration = Duration::from_millis(100);
/// How long a player may give no cookie before that is an error.
const COOKIE_LIMIT: Duration = Duration::from_secs(10);

type Code = [u8; 16];

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// To whom
    to: SocketAddr,
    /// Its WireGuard key, in base64url
    #[arg(long)]
    key: String,
    /// Handshakes a second
    #[arg(long)]
    rate: f64,
    /// For how long
    #[arg(long)]
    seconds: f64,
}

/// Gets a cookie, says that it is ready, and sends initiations with right codes, no two alike.
pub(crate) fn run(options: &Options) -> Result<()> {
    let key: [u8; 32] = BASE64URL_NOPAD
        .decode(options.key.as_bytes())
        .ok()
        .and_then(|key| key.try_into().ok())
        .context("no WireGuard key")?;
    let socket = socket::connect(options.to)?;
    let mut forger = Forger::new(&key)?;
    forger.cookie = Some(ask_for_cookie(&socket, &mut forger)?);
    println!("{}", json!({ "ready": true }));
    let mut packets = vec![0; INITIATION_BYTES * burst::PACKETS];
    let sent = steady::run(options.rate, Duration::try_from_secs_f64(options.seconds)?, |_, count| {
        let packets = &mut packets[..INITIATION_BYTES * count];
        packets.chunks_mut(INITIATION_BYTES).for_each(|packet| packet.copy_from_slice(&forger.next()));
        burst::send(&socket, packets, INITIATION_BYTES).unwrap_or(0)
    });
    println!("{}", sent.to_json());
    Ok(())
}

fn ask_for_cookie(socket: &UdpSocket, forger: &mut Forger) -> Result<Code> {
    socket.set_read_timeout(Some(ANSWER_LIMIT))?;
    let begun = Instant::now();
    loop {
        ensure!(begun.elapsed() < COOKIE_LIMIT, "the player gives no cookie");
        let initiations: Vec<_> = (0..KNOCKS).map(|_| forger.next()).collect();
        for initiation in &initiations {
            // A queue that is full is a datagram less.
            let _ = socket.send(initiation);
        }
        let mut reply = [0; COOKIE_REPLY_BYTES];
        match socket.recv(&mut reply) {
            Ok(COOKIE_REPLY_BYTES) if reply[0] == 3 => {
                // It is sealed for one of them.
                let cookie = initiations.iter().find_map(|initiation| forger.open(&reply, initiation));
                return cookie.context("the cookie is sealed for somebody else");
            }
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => bail!("nobody is there: {error}"),
        }
    }
}

/// Makes initiations that are right up to their encrypted part.
struct Forger {
    template: [u8; INITIATION_BYTES],
    made: u64,
    mac1_key: [u8; 32],
    cookie_key: [u8; 32],
    cookie: Option<Code>,
}

impl Forger {
    fn new(player: &[u8; 32]) -> Result<Self> {
        let mut template = [0; INITIATION_BYTES];
        getrandom::fill(&mut template[4..MAC1]).context("no random numbers")?;
        template[0] = 1;
        let key_of =
            |label: &[u8]| Blake2s256::new().chain_update(label).chain_update(player).finalize().into();
        let [mac1_key, cookie_key] = [key_of(b"mac1----"), key_of(b"cookie--")];
        Ok(Self { template, made: 0, mac1_key, cookie_key, cookie: None })
    }

    fn next(&mut self) -> [u8; INITIATION_BYTES] {
        let mut initiation = self.template;
        self.made += 1;
        // In the ephemeral key: another one for each.
        initiation[8..16].copy_from_slice(&self.made.to_le_bytes());
        let mac1 = code(&self.mac1_key, &initiation[..MAC1]);
        initiation[MAC1..MAC2].copy_from_slice(&mac1);
        if let Some(cookie) = &self.cookie {
            let mac2 = code(cookie, &initiation[..MAC2]);
            initiation[MAC2..].copy_from_slice(&mac2);
        }
        initiation
    }

    /// The cookie in the answer to an initiation.
    fn open(&self, reply: &[u8; COOKIE_REPLY_BYTES], to: &[u8; INITIATION_BYTES]) -> Option<Code> {
        let sealed = Payload { msg: &reply[32..], aad: &to[MAC1..MAC2] };
        let cookie = XChaCha20Poly1305::new(&self.cookie_key.into()).decrypt(reply[8..32].into(), sealed);
        cookie.ok()?.try_into().ok()
    }
}

fn code(key: &[u8], message: &[u8]) -> Code {
    // A keyed hash of 16 bytes, as the whitepaper has it. Its keys have 16 or 32 bytes, and it takes up to 32.
    let Ok(mut hash) = <Blake2sMac<U16> as KeyInit>::new_from_slice(key) else { return [0; 16] };
    hash.update(message);
    hash.finalize_fixed().into()
}
