//! Packets that prove that the adapter carries others: from a socket of this computer into the device, and back.
//!
//! A socket sends to an address of the party's network and to each friend's. Whoever reads the device knows the packets by a secret
//! in them, keeps them from going any further, and writes two back for each: an answer, and one from another address or port, which
//! no firewall can take for one. So a test passes everything that a game's packets pass: rules, routes, filters, and the device itself.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, RandomState},
    io::{self, IoSlice},
    iter,
    net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket},
    time::{Duration, Instant},
};

use lanrage_party::{Passage, Subnet, VirtualIp};
use parking_lot::Mutex;

use crate::{VIRTIO_HEADER_BYTES, os::Packets};

/// Implementation: how long packets may take. A busy processor delays them by some tens of milliseconds.
const PATIENCE: Duration = Duration::from_millis(600);
/// Implementation: after so long without one of the two, the packet is sent once more.
const AGAIN: Duration = Duration::from_millis(150);

/// Specification: the port to which senders discard (RFC 863).
const DISCARD: u16 = 9;
/// Implementation: the port of a friend's from which comes what nobody has asked for.
const UNASKED_PORT: u16 = 10;
/// Specification: header bytes of IPv4 without options, and of UDP.
const IP_HEADER: usize = 20;
const UDP_HEADER: usize = 8;
const UDP: u8 = 17;

const SECRET_BYTES: usize = 16;
/// A whole test packet.
const TEST_BYTES: usize = IP_HEADER + UDP_HEADER + SECRET_BYTES + 1;
/// The payload is the secret and one of these.
const QUESTION: u8 = 0;
const ANSWER: u8 = 1;
const UNASKED: u8 = 2;

/// Where test packets go: the last address of the network that is not our own. A friend that has it is not disturbed, as only
/// packets with the secret are kept.
pub(crate) fn test_address(own: VirtualIp, subnet: Subnet) -> Ipv4Addr {
    last_but(own, subnet, 1)
}

/// The `nth` address from the end, without our own.
fn last_but(own: VirtualIp, subnet: Subnet, nth: u32) -> Ipv4Addr {
    let end = u32::from(subnet.broadcast());
    let at = end - nth;
    let skips = (at..end).contains(&u32::from(own.0));
    Ipv4Addr::from(at - u32::from(skips))
}

/// The test packets of one adapter.
#[derive(Debug)]
pub(crate) struct TestPackets {
    secret: [u8; SECRET_BYTES],
    own: Ipv4Addr,
    to: Ipv4Addr,
    /// Whose packet nobody here has asked for.
    stranger: Ipv4Addr,
    /// Where the test packets of this round went that came out of the device.
    seen: Mutex<BTreeSet<Ipv4Addr>>,
}

/// What has come back from one of the addresses that test packets went to.
#[derive(Debug, Clone, Copy)]
struct Test {
    to: Ipv4Addr,
    answered: bool,
    unasked: bool,
}

impl Test {
    const fn new(to: Ipv4Addr) -> Self {
        Self { to, answered: false, unasked: false }
    }

    const fn is_over(self) -> bool {
        self.answered && self.unasked
    }
}

impl TestPackets {
    pub(crate) fn new(own: VirtualIp, subnet: Subnet) -> Self {
        let mut secret = [0; SECRET_BYTES];
        let random = RandomState::new();
        for (number, part) in secret.chunks_mut(8).enumerate() {
            part.copy_from_slice(&random.hash_one(number).to_ne_bytes());
        }
        let (to, stranger) = (test_address(own, subnet), last_but(own, subnet, 2));
        Self { secret, own: own.0, to, stranger, seen: Mutex::default() }
    }

    /// Sends test packets, to each of these friends too, and waits for what comes back: what became of those that fared worst.
    pub(crate) fn pass(&self, friends: &[Ipv4Addr]) -> Passage {
        self.try_pass(friends).unwrap_or_else(|error| {
            tracing::debug!(%error, "no test packet can be sent");
            Passage::Closed
        })
    }

    fn try_pass(&self, friends: &[Ipv4Addr]) -> io::Result<Passage> {
        self.seen.lock().clear();
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.set_read_timeout(Some(AGAIN))?;
        let deadline = Instant::now() + PATIENCE;
        let mut tests: Vec<Test> =
            iter::once(self.to).chain(friends.iter().copied()).map(Test::new).collect();
        let is_over = |tests: &[Test]| tests.iter().all(|test| test.is_over());
        while !is_over(&tests) && Instant::now() < deadline {
            for test in tests.iter().filter(|test| !test.is_over()) {
                // One that the system refuses comes back no more than one that is dropped on its way.
                if let Err(error) = socket.send_to(&self.payload(QUESTION), (test.to, DISCARD)) {
                    tracing::debug!(to = %test.to, %error, "a test packet cannot be sent");
                }
            }
            let mut payload = [0; SECRET_BYTES + 1];
            while !is_over(&tests)
                && let Ok((length, from)) = socket.recv_from(&mut payload)
            {
                if length == payload.len() && payload[..SECRET_BYTES] == self.secret {
                    self.note(&mut tests, from, payload[SECRET_BYTES]);
                }
            }
        }
        let seen = self.seen.lock();
        let passage = |test: &Test| match (test.answered, test.unasked) {
            (_, true) => Passage::Open,
            (true, false) => Passage::OnlyAnswers,
            _ if seen.contains(&test.to) => Passage::OnlyOut,
            _ => Passage::Closed,
        };
        Ok(tests.iter().map(passage).max().unwrap_or(Passage::Closed))
    }

    /// Something of this kind has come back from there.
    fn note(&self, tests: &mut [Test], from: SocketAddr, kind: u8) {
        let IpAddr::V4(from) = from.ip() else { return };
        let of = if from == self.stranger { self.to } else { from };
        // A friend can have the address that stands for the whole network.
        for test in tests.iter_mut().filter(|test| test.to == of) {
            test.answered |= kind == ANSWER;
            test.unasked |= kind == UNASKED;
        }
    }

    /// Answers a packet that was read from the device, if it is a test of ours. False if it is somebody else's.
    pub(crate) fn answer(&self, device: &Packets, queue: usize, frame: &[u8]) -> bool {
        let header: &[u8] = if device.offloads() { &[0; VIRTIO_HEADER_BYTES] } else { &[] };
        let Some((from, to)) = frame.get(header.len()..).and_then(|packet| self.asked_by(packet)) else {
            return false;
        };
        self.seen.lock().insert(to);
        let unasked = if to == self.to { (self.stranger, DISCARD) } else { (to, UNASKED_PORT) };
        for ((source, port), kind) in [((to, DISCARD), ANSWER), (unasked, UNASKED)] {
            let packet = datagram(SocketAddrV4::new(source, port), from, &self.payload(kind));
            // One that the system refuses does not arrive, and that it does not is what the test finds.
            let _ = device.write(queue, &[IoSlice::new(&[header, &packet].concat())]);
        }
        true
    }

    /// Who sent a test packet, and where to, if it is one.
    fn asked_by(&self, packet: &[u8]) -> Option<(SocketAddrV4, Ipv4Addr)> {
        // First what tells other packets apart at once.
        if packet.len() != TEST_BYTES || packet[0] != 0x45 || packet[9] != UDP {
            return None;
        }
        let (header, payload) = packet[IP_HEADER..].split_at_checked(UDP_HEADER)?;
        let source: [u8; 4] = packet[12..16].try_into().ok()?;
        let to: [u8; 4] = packet[16..IP_HEADER].try_into().ok()?;
        let asks = payload == self.payload(QUESTION) && source == self.own.octets();
        asks.then(|| {
            (SocketAddrV4::new(source.into(), u16::from_be_bytes([header[0], header[1]])), to.into())
        })
    }

    fn payload(&self, kind: u8) -> [u8; SECRET_BYTES + 1] {
        let mut payload = [kind; SECRET_BYTES + 1];
        payload[..SECRET_BYTES].copy_from_slice(&self.secret);
        payload
    }
}

/// A packet (RFC 791) with a datagram (RFC 768) without its checksum, which IPv4 lets senders leave out.
fn datagram(from: SocketAddrV4, to: SocketAddrV4, payload: &[u8]) -> Vec<u8> {
    let length = (UDP_HEADER + payload.len()) as u16;
    let mut packet = vec![0x45, 0];
    packet.extend((IP_HEADER as u16 + length).to_be_bytes());
    packet.extend([0, 0, 0, 0, 64, UDP, 0, 0]);
    packet.extend(from.ip().octets());
    packet.extend(to.ip().octets());
    let sum: u32 = packet.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
    let folded = (sum & 0xFFFF) + (sum >> 16);
    let checksum = !(((folded & 0xFFFF) + (folded >> 16)) as u16);
    packet[10..12].copy_from_slice(&checksum.to_be_bytes());
    for field in [from.port(), to.port(), length, 0] {
        packet.extend(field.to_be_bytes());
    }
    packet.extend(payload);
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Ipv4Addr = Ipv4Addr::new(10, 66, 0, 1);

    fn tests() -> TestPackets {
        TestPackets::new(VirtualIp(OWN), Subnet::DEFAULT)
    }

    #[test]
    fn neither_address_of_a_test_is_our_own() {
        for last in 250..255 {
            let own = VirtualIp([10, 66, 255, last].into());
            let tests = TestPackets::new(own, Subnet::DEFAULT);
            assert!(tests.to != own.0 && tests.stranger != own.0 && tests.to != tests.stranger, "{tests:?}");
            assert!(
                Subnet::DEFAULT.contains(VirtualIp(tests.to))
                    && Subnet::DEFAULT.contains(VirtualIp(tests.stranger))
            );
        }
    }

    #[test]
    fn a_packet_of_anybody_else_is_let_through() {
        let tests = tests();
        let (from, to) = (SocketAddrV4::new(OWN, 4_000), SocketAddrV4::new(tests.to, DISCARD));
        let ours = datagram(from, to, &tests.payload(QUESTION));
        assert_eq!(tests.asked_by(&ours), Some((from, tests.to)));
        let friend = Ipv4Addr::new(10, 66, 0, 9);
        let to_a_friend = datagram(from, SocketAddrV4::new(friend, DISCARD), &tests.payload(QUESTION));
        assert_eq!(tests.asked_by(&to_a_friend), Some((from, friend)));
        let another = TestPackets::new(VirtualIp(OWN), Subnet::DEFAULT);
        assert_eq!(another.asked_by(&ours), None, "another adapter's secret");
        assert_eq!(tests.asked_by(&datagram(from, to, b"hello")), None);
        let of_another = SocketAddrV4::new(friend, 4_000);
        assert_eq!(tests.asked_by(&datagram(of_another, to, &tests.payload(QUESTION))), None);
        for length in 0..ours.len() {
            assert_eq!(tests.asked_by(&ours[..length]), None, "{length}");
        }
    }
}
