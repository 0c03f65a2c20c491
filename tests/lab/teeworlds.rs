//! How a Teeworlds 0.7 client finds servers on its LAN.
//!
//! The client broadcasts a token request; each server answers with a token that proves to it, when it comes back, that
//! the client's address is real; with the token the client asks for the server's information. Only the request is
//! broadcast, so whoever answers it has heard a broadcast.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    ops::RangeInclusive,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{Host, Process};

/// Where Debian and its descendants put the server: not on everybody's search path.
const PROGRAMS: [&str; 3] =
    ["/usr/games/teeworlds-server", "/usr/bin/teeworlds-server", "/usr/local/bin/teeworlds-server"];

/// The UDP port servers listen on by default.
pub const PORT: u16 = 8303;

/// How often the broadcast is repeated while nobody answers.
const REPEAT: Duration = Duration::from_millis(250);

/// Header flags, in the upper six bits of the first byte.
const CONTROL: u8 = 0x01 << 2;
const CONNECTIONLESS: u8 = 0x08 << 2;
/// In the lower two bits of a connectionless packet's first byte.
const VERSION: u8 = 1;
/// The control message that carries a token.
const TOKEN_MESSAGE: u8 = 5;
/// Stands where a token would, from one who has none yet.
const NO_TOKEN: [u8; 4] = [0xff; 4];
/// A request is as long as this, so that its answer never amplifies a spoofed one.
const REQUEST_PAYLOAD: usize = 512;
const GET_INFO: [u8; 8] = *b"\xff\xff\xff\xffgie3";
const INFO: [u8; 8] = *b"\xff\xff\xff\xffinf3";

/// The token by which the client knows answers to itself; a secret one is of no use in a lab.
const OUR_TOKEN: [u8; 4] = *b"lan!";

/// A server that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Where the answer came from.
    pub address: SocketAddr,
    /// The version it runs.
    pub version: String,
    /// The name it shows in the server list.
    pub name: String,
}

/// Starts an unmodified server named `name` on `host`, with its files under `home`, and waits until it listens.
///
/// # Errors
/// If the server is not installed or does not start.
pub fn serve(host: &Host, name: &str, home: &Path) -> Result<Process> {
    let program = PROGRAMS.iter().find(|path| Path::new(path).exists());
    let mut command = host.command(program.context("the game server is missing (package teeworlds-server)")?);
    command.env("HOME", home);
    command.arg(format!("sv_name {name}; sv_register 0; sv_port {PORT}"));
    let server = host.spawn(command)?;
    server.wait_for("sign that it listens", Duration::from_secs(20), |line| {
        line.contains("server name is").then_some(())
    })?;
    Ok(server)
}

/// Broadcasts to 255.255.255.255 on `socket` until a server has told its name.
///
/// # Errors
/// If none has within `limit`.
pub fn find(socket: &UdpSocket, limit: Duration) -> Result<Server> {
    find_on(socket, PORT..=PORT, limit)
}

/// The same on each of these ports, as the game's own client does it.
///
/// # Errors
/// If none has within `limit`.
pub fn find_on(socket: &UdpSocket, ports: RangeInclusive<u16>, limit: Duration) -> Result<Server> {
    socket.set_broadcast(true)?;
    socket.set_read_timeout(Some(REPEAT))?;
    let deadline = Instant::now() + limit;
    let mut next_broadcast = Instant::now();
    let mut buffer = [0; 2048];
    while Instant::now() < deadline {
        if Instant::now() >= next_broadcast {
            for port in ports.clone() {
                socket.send_to(&token_request(), (Ipv4Addr::BROADCAST, port))?;
            }
            next_broadcast = Instant::now() + REPEAT;
        }
        let Ok((length, address)) = socket.recv_from(&mut buffer) else { continue };
        let packet = &buffer[..length];
        if let Some(token) = parse_token(packet) {
            socket.send_to(&info_request(token), address)?;
        } else if let Some((version, name)) = parse_info(packet) {
            return Ok(Server { address, version, name });
        }
    }
    bail!("no Teeworlds server answered a broadcast within {limit:?}")
}

/// Goes on until `wanted` servers have told their names or `limit` is over, and then for `more`.
///
/// # Errors
/// If the socket fails.
pub fn find_all(socket: &UdpSocket, wanted: usize, limit: Duration, more: Duration) -> Result<Vec<Server>> {
    let mut until = Instant::now() + limit;
    let mut found: Vec<Server> = Vec::new();
    while Instant::now() < until {
        let left = until.saturating_duration_since(Instant::now());
        let Ok(server) = find(socket, left) else { break };
        if !found.contains(&server) {
            found.push(server);
        }
        if found.len() == wanted {
            until = until.min(Instant::now() + more);
        }
    }
    Ok(found)
}

fn token_request() -> Vec<u8> {
    let mut packet = vec![CONTROL, 0, 0];
    packet.extend(NO_TOKEN);
    let payload = packet.len();
    packet.push(TOKEN_MESSAGE);
    packet.extend(OUR_TOKEN);
    packet.resize(payload + REQUEST_PAYLOAD, 0);
    packet
}

fn parse_token(packet: &[u8]) -> Option<[u8; 4]> {
    let (header, rest) = packet.split_first_chunk::<7>()?;
    let (message, rest) = rest.split_first()?;
    let is_for_us = header[0] & !0x03 == CONTROL && header[3..] == OUR_TOKEN && *message == TOKEN_MESSAGE;
    is_for_us.then(|| rest.first_chunk().copied()).flatten()
}

fn info_request(token: [u8; 4]) -> Vec<u8> {
    let mut packet = vec![CONNECTIONLESS | VERSION];
    packet.extend(token);
    packet.extend(OUR_TOKEN);
    packet.extend(GET_INFO);
    // The number of the question, repeated in the answer: one byte holds any up to 63.
    packet.push(1);
    packet
}

fn parse_info(packet: &[u8]) -> Option<(String, String)> {
    let (header, rest) = packet.split_first_chunk::<9>()?;
    let rest = rest.strip_prefix(&INFO)?;
    if header[0] != CONNECTIONLESS | VERSION || header[1..5] != OUR_TOKEN {
        return None;
    }
    let (_question, rest) = rest.split_first()?;
    let mut texts = rest.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
    Some((texts.next()?, texts.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_request_is_long_enough_not_to_be_ignored() {
        assert_eq!(token_request().len(), 7 + 512);
    }

    #[test]
    fn only_answers_to_our_own_token_count() {
        let mut answer = vec![CONTROL, 0, 0];
        answer.extend(OUR_TOKEN);
        answer.extend([TOKEN_MESSAGE, 1, 2, 3, 4]);
        assert_eq!(parse_token(&answer), Some([1, 2, 3, 4]));
        answer[3] ^= 1;
        assert_eq!(parse_token(&answer), None);
        assert_eq!(parse_token(&answer[..10]), None);
    }

    #[test]
    fn version_and_name_are_read_from_the_information() {
        let mut answer = vec![CONNECTIONLESS | VERSION];
        answer.extend(OUR_TOKEN);
        answer.extend([9; 4]);
        answer.extend(INFO);
        answer.extend(b"\x010.7.5\0our server\0host\0");
        assert_eq!(parse_info(&answer), Some(("0.7.5".to_owned(), "our server".to_owned())));
        assert_eq!(parse_info(&answer[..12]), None);
    }
}
