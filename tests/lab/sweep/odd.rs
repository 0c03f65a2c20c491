//! What no program sends: fragments that hide a beginning, acknowledgements of nothing, another's address, and anything at random.

use std::{
    collections::BTreeSet,
    io::Read,
    net::{Ipv4Addr, SocketAddrV4},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::Value;
use socket2::{Domain, Protocol, Socket, Type};

use super::{NEVER, OWN, Room, Swept, TCP, UDP};
use crate::stage;

const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;
/// More fragments follow, in the field of the offset.
const MORE: u16 = 0x2000;
/// Where nothing listens.
const NOBODY: u16 = 40_000;
/// From where acknowledgements of nothing are sent.
const SCANNER: u16 = 41_000;
/// How long answers are waited for.
const PATIENCE: Duration = Duration::from_millis(600);

impl Room<'_> {
    /// Player two sends what no program sends, while everything is closed: nothing begins, whoever it claims to be from, and what
    /// is answered says nothing of what listens.
    pub(super) fn odd(&self, friend: Ipv4Addr, packets: u32) -> Result<Swept> {
        self.count_odd(friend)?;
        let mut problems = Vec::new();
        let answered = self.scan(friend)?;
        let refused_before = self.refused()?;
        // Ports that listen, and one that does not, look the same.
        if !answered.is_empty() && answered.len() != scanned().count() {
            problems.push(format!("an acknowledgement of nothing tells what listens: {answered:?}"));
        }
        self.stage.two.enter(|| {
            let socket = raw(Protocol::from(255))?;
            let send = |packet: &[u8]| {
                let _ = socket.send_to(packet, &SocketAddrV4::new(self.address, 0).into());
            };
            let ip = |from, protocol, fragment, payload: &[u8]| {
                ipv4((from, self.address), protocol, fragment, payload)
            };
            let syn = tcp((friend, self.address), SCANNER, OWN, SYN);
            for packet in [
                ip(friend, TCP, MORE, &syn[..8]),
                ip(friend, TCP, MORE, &syn),
                ip(friend, TCP, 1, &[0xff; 16]),
                ip(friend, TCP, MORE | 1, &[0xff; 16]),
                ip(friend, UDP, MORE, &[0, 9, 0x30, 0x39, 0, 40, 0, 0]),
            ] {
                send(&packet);
            }
            for from in [
                self.address,
                Ipv4Addr::new(10, 66, 254, 254),
                Ipv4Addr::LOCALHOST,
                Ipv4Addr::new(192, 0, 2, 7),
            ] {
                send(&ip(from, UDP, 0, &[0, 9, 0x30, 0x39, 0, 8, 0, 0]));
                send(&ip(from, TCP, 0, &tcp((from, self.address), SCANNER, OWN, SYN)));
            }
            let mut random = Random(19);
            for _ in 0..packets {
                let protocol = [TCP, UDP, UDP, 1, random.next() as u8][random.next() as usize % 5];
                let fragment =
                    if random.next().is_multiple_of(8) { random.next() as u16 & 0x2003 } else { 0 };
                let payload: Vec<u8> = (0..random.next() % 40).map(|_| random.next() as u8).collect();
                send(&ip(friend, protocol, fragment, &payload));
            }
            Ok(())
        })?;
        std::thread::sleep(PATIENCE);
        let counted = self.counted_odd()?;
        let of = |name: &str| counted.iter().find(|(of, _)| of == name).map_or(0, |(_, count)| *count);
        for (name, what) in [
            ("begins", "packets that begin something"),
            ("fragments", "fragments over a header"),
            ("others", "packets of other protocols"),
            ("strangers", "packets from another address than the friend's"),
        ] {
            if of(name) > 0 {
                problems.push(format!("{} {what} arrived", of(name)));
            }
        }
        let refused = self.refused()? - refused_before;
        // Or nothing was tried at all.
        if of("acks") == 0 || refused < u64::from(packets) / 4 {
            problems.push(format!("{} answers arrived, and {refused} packets were refused", of("acks")));
        }
        Ok(Swept {
            what: "odd".to_owned(),
            tried: packets as usize,
            words: format!(
                "{refused} refused, {} begun, {} of {} ports answer what begins nothing",
                of("begins"),
                answered.len(),
                scanned().count(),
            ),
            problem: (!problems.is_empty()).then(|| problems.join("; ")),
            ..Swept::default()
        })
    }

    /// What player one's data plane has refused so far.
    fn refused(&self) -> Result<u64> {
        let status = self.one.status()?;
        let dropped = status["data_plane"]["dropped"].as_array().cloned().unwrap_or_default();
        let of = dropped.iter().find(|dropped| dropped["reason"] == "refused");
        Ok(of.and_then(|dropped| dropped["packets"].as_u64()).unwrap_or_default())
    }

    /// Sends an acknowledgement of nothing to each port, and gives those that answer.
    fn scan(&self, friend: Ipv4Addr) -> Result<BTreeSet<u16>> {
        self.stage.two.enter(|| {
            let (socket, mut ears) = (raw(Protocol::from(255))?, raw(Protocol::TCP)?);
            ears.set_read_timeout(Some(Duration::from_millis(50)))?;
            for port in scanned() {
                let segment = tcp((friend, self.address), SCANNER, port, ACK);
                let packet = ipv4((friend, self.address), TCP, 0, &segment);
                socket.send_to(&packet, &SocketAddrV4::new(self.address, 0).into())?;
            }
            let (begun, mut answered, mut buffer) = (Instant::now(), BTreeSet::new(), [0; 128]);
            while begun.elapsed() < PATIENCE {
                let Ok(len) = ears.read(&mut buffer) else { continue };
                let Some(segment) = buffer.get(20..len).filter(|segment| segment.len() >= 20) else {
                    continue;
                };
                let is_ours =
                    buffer[12..16] == self.address.octets() && segment[2..4] == SCANNER.to_be_bytes();
                if is_ours && segment[13] & RST != 0 {
                    answered.insert(u16::from_be_bytes([segment[0], segment[1]]));
                }
            }
            Ok(answered)
        })
    }

    fn count_odd(&self, friend: Ipv4Addr) -> Result<()> {
        let rules = format!(
            "table ip sweep {{
                counter begins {{ }}
                counter fragments {{ }}
                counter others {{ }}
                counter strangers {{ }}
                counter acks {{ }}
                chain odd {{
                    type filter hook prerouting priority -450
                    iifname != \"lanrage0\" return
                    ip saddr != {friend} meta l4proto {{ tcp, udp }} th dport {OWN} counter name strangers
                    ip saddr != {friend} return
                    ip frag-off & 0x1fff == 0 tcp flags & (syn | ack) == syn counter name begins
                    ip frag-off & 0x1fff == 0 udp dport != @spoken counter name begins
                    ip frag-off & 0x1fff == 1 ip protocol tcp counter name fragments
                    ip protocol != {{ 1, 6, 17 }} counter name others
                    ip frag-off & 0x1fff == 0 tcp flags & ack == ack counter name acks
                }}
            }}
            "
        );
        let file = stage::data_folder("sweep")?.join("odd");
        std::fs::write(&file, rules)?;
        self.stage.one.nft(&["-f", file.to_str().context("a path that is text")?]).map(|_| ())
    }

    fn counted_odd(&self) -> Result<Vec<(String, u64)>> {
        let listed: Value = serde_json::from_slice(
            &self.stage.one.nft(&["-j", "list", "counters", "table", "ip", "sweep"])?,
        )?;
        let counters = listed["nftables"].as_array().cloned().unwrap_or_default();
        let of = |entry: &Value| {
            let counter = &entry["counter"];
            Some((counter["name"].as_str()?.to_owned(), counter["packets"].as_u64()?))
        };
        Ok(counters.iter().filter_map(of).collect())
    }
}

/// Ports at which something listens that is never opened, one that listens, and one that does not.
fn scanned() -> impl Iterator<Item = u16> {
    NEVER.into_iter().chain([OWN, NOBODY])
}

/// A socket that takes whole packets.
fn raw(protocol: Protocol) -> Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(protocol))?;
    socket.set_header_included_v4(true)?;
    Ok(socket)
}

/// A packet; the system fills in its length and the sum over its header.
fn ipv4((from, to): (Ipv4Addr, Ipv4Addr), protocol: u8, fragment: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0, 0, 0, 0x12, 0x34];
    packet.extend(fragment.to_be_bytes());
    packet.extend([64, protocol, 0, 0]);
    packet.extend(from.octets());
    packet.extend(to.octets());
    packet.extend(payload);
    packet
}

/// A segment of TCP without data (RFC 9293 §3.1).
fn tcp((from, to): (Ipv4Addr, Ipv4Addr), source: u16, destination: u16, flags: u8) -> Vec<u8> {
    let mut segment = [source.to_be_bytes(), destination.to_be_bytes()].concat();
    segment.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, flags, 0x10, 0, 0, 0, 0, 0]);
    let pseudo = [&from.octets()[..], &to.octets(), &[0, TCP, 0, 20], &segment].concat();
    let mut sum: u32 = pseudo.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    segment[16..18].copy_from_slice(&(!(sum as u16)).to_be_bytes());
    segment
}

/// Numbers that are the same each time (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }
}
