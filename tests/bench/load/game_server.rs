//! Stand-ins for servers of games that cannot be had, as far as a question and its answer go. All of them say the same: three
//! of eight play Skyblock on Castle.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    time::Duration,
};

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::json;

const TITLE: &str = "Skyblock";
const MAP: &str = "Castle";
const VERSION: &str = "1.20.4";
const PLAYERS: u8 = 3;
const MOST: u8 = 8;
/// After how much silence somebody who was connected has gone.
const SILENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What it speaks
    format: Format,
    /// Where
    bind: SocketAddr,
    /// Another place at which the game listens, and does not answer
    #[arg(long)]
    also: Option<SocketAddr>,
    /// Arguments of the game's own server, by which it is known
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    _words: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Minecraft: Java Edition, by TCP
    Minecraft,
    /// Minecraft: Bedrock Edition
    Raknet,
    Mindustry,
    /// Valve's, which wants its challenge back
    Source,
    Quake3,
}

/// Answers for ever.
pub(crate) fn run(options: &Options) -> Result<()> {
    let _also = options.also.map(UdpSocket::bind).transpose()?;
    if options.format == Format::Minecraft {
        let listener = TcpListener::bind(options.bind)?;
        println!("{}", json!({ "ready": true, "port": listener.local_addr()?.port() }));
        for stream in listener.incoming() {
            // Whoever asks badly is gone.
            let _ = minecraft(&mut stream?);
        }
        return Ok(());
    }
    let socket = UdpSocket::bind(options.bind)?;
    println!("{}", json!({ "ready": true, "port": socket.local_addr()?.port() }));
    let mut buffer = [0; 2_048];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer) else { continue };
        let question = &buffer[..length];
        let answer = match options.format {
            Format::Minecraft => None,
            Format::Raknet => raknet(question),
            Format::Mindustry => (question == [0xfe, 1]).then(mindustry),
            Format::Source => source(question),
            Format::Quake3 => quake3(question),
        };
        if let Some(answer) = answer {
            socket.send_to(&answer, from)?;
        }
    }
}

/// One connection: the handshake, the request, and perhaps a ping, which ends it when it has come back.
fn minecraft(stream: &mut TcpStream) -> Result<()> {
    stream.set_read_timeout(Some(SILENCE))?;
    let handshake = packet(stream)?;
    anyhow::ensure!(handshake.first() == Some(&0) && handshake.last() == Some(&1), "no wish for the status");
    loop {
        let asked = packet(stream)?;
        let is_ping = asked != [0];
        let answer = if is_ping {
            asked
        } else {
            let text = json!({
                "version": { "name": VERSION, "protocol": 765 },
                "players": { "max": MOST, "online": PLAYERS, "sample": [] },
                "description": { "text": "", "extra": [{ "text": "Sky", "color": "gold" }, { "text": "block" }] },
                "favicon": format!("data:image/png;base64,{}", "A".repeat(20_000)),
            });
            let text = text.to_string();
            [vec![0], varint(text.len()), text.into_bytes()].concat()
        };
        stream.write_all(&[varint(answer.len()), answer].concat())?;
        if is_ping {
            return Ok(());
        }
    }
}

fn packet(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut length = 0;
    for shift in [0, 7, 14] {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        length |= usize::from(byte[0] & 0x7f) << shift;
        if byte[0] & 0x80 == 0 {
            let mut packet = vec![0; length];
            stream.read_exact(&mut packet)?;
            return Ok(packet);
        }
    }
    anyhow::bail!("a packet is too long")
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn raknet(question: &[u8]) -> Option<Vec<u8>> {
    const MAGIC: &[u8] = b"\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78";
    let time = question.strip_prefix(&[1])?.get(..8)?;
    question.windows(MAGIC.len()).find(|part| *part == MAGIC)?;
    let text = format!("MCPE;{TITLE};712;{VERSION};{PLAYERS};{MOST};9107;{MAP};Survival;1;19132;19133;");
    let length = (text.len() as u16).to_be_bytes();
    Some([&[0x1c][..], time, &9_107_u64.to_be_bytes(), MAGIC, &length, text.as_bytes()].concat())
}

fn mindustry() -> Vec<u8> {
    let text = |text: &str| [&[text.len() as u8][..], text.as_bytes()].concat();
    let number = |number: i32| number.to_be_bytes().to_vec();
    let (players, most) = (number(PLAYERS.into()), number(MOST.into()));
    let wave = number(17);
    let end = [text("Come in"), text("Survival")].concat();
    [text(TITLE), text(MAP), players, wave, number(146), text("official"), vec![0], most, end].concat()
}

fn source(question: &[u8]) -> Option<Vec<u8>> {
    const CHALLENGE: [u8; 4] = [9, 1, 0, 7];
    let rest = question.strip_prefix(b"\xff\xff\xff\xffTSource Engine Query\0")?;
    if rest != CHALLENGE {
        return Some([&b"\xff\xff\xff\xffA"[..], &CHALLENGE].concat());
    }
    let texts = [TITLE, MAP, "valheim", "Valheim"].map(|text| [text.as_bytes(), &[0]].concat()).concat();
    let numbers = [PLAYERS, MOST, 0, b'd', b'l', 0, 0];
    Some([&b"\xff\xff\xff\xffI\x11"[..], &texts, &[0, 0], &numbers, VERSION.as_bytes(), &[0]].concat())
}

fn quake3(question: &[u8]) -> Option<Vec<u8>> {
    let asked = std::str::from_utf8(question.strip_prefix(b"\xff\xff\xff\xff")?).ok()?;
    let asked = asked.trim_end_matches(['\0', '\n']);
    let (what, challenge) = asked.split_once(' ').unwrap_or((asked, ""));
    let all = format!("\\challenge\\{challenge}\\mapname\\{MAP}\\sv_maxclients\\{MOST}");
    let text = match what.trim() {
        "getinfo" => format!("infoResponse\n{all}\\hostname\\^1Sky^7block\\clients\\{PLAYERS}"),
        "getstatus" => {
            let players = "0 50 \"Öykü\"\n".repeat(PLAYERS.into());
            format!("statusResponse\n{all}\\sv_hostname\\{TITLE}\\version\\{VERSION}\n{players}")
        }
        _ => return None,
    };
    Some([b"\xff\xff\xff\xff", text.as_bytes()].concat())
}
