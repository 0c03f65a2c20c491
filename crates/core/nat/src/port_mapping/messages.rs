//! What is said to a router to have a port opened: PCP (RFC 6887), and NAT-PMP (RFC 6886), which came before it at the same port.
//!
//! Both let a client name the port outside that it would like: our own, or the one that friends know already. Everything that reads
//! is total, and gives nothing for what answers another question.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddrV4},
    num::NonZeroU16,
    time::Duration,
};

use lanrage_base::wire::Reader;

/// Where a router hears both protocols (RFC 6886 §3.1, RFC 6887 §19).
pub const ROUTER_PORT: u16 = 5_351;
/// Longest message of PCP, in bytes (RFC 6887 §7).
pub const MESSAGE_BYTES: usize = 1_100;

/// NAT-PMP's question for the router's own address (RFC 6886 §3.2).
pub const ADDRESS_REQUEST: [u8; 2] = [NAT_PMP, 0];

const PCP: u8 = 2;
const NAT_PMP: u8 = 0;
const RESPONSE: u8 = 0x80;
/// PCP's opcode MAP, and NAT-PMP's for UDP.
const MAP: u8 = 1;
const UDP: u8 = 17;

/// A mapping of a UDP port that a router is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapRequest {
    /// Our address towards the router.
    pub own: Ipv4Addr,
    /// Our port.
    pub port: NonZeroU16,
    /// Where it would be best reached from outside. Of an unspecified address only the port counts; NAT-PMP has room for no more.
    pub outside: SocketAddrV4,
    /// For how long (seconds); 0 gives it back.
    pub lifetime_s: u32,
    /// What PCP's answers repeat, and what gives the mapping back: random.
    pub nonce: [u8; 12],
}

/// What a router gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// Its address, unspecified if it has none of IPv4; `None` where the protocol has another question for that.
    pub ip: Option<Ipv4Addr>,
    /// The port outside.
    pub port: NonZeroU16,
    /// For how long.
    pub lifetime: Duration,
}

/// Why a router gives nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// It does not speak this version.
    OtherVersion,
    /// It has no address itself.
    NoAddress,
    /// It says no, by this code.
    Refused(u16),
}

impl MapRequest {
    /// The request in PCP (RFC 6887 §7.1, §11.1).
    pub fn to_pcp(&self) -> Vec<u8> {
        // RFC 6887 §15: what is given back names nothing outside.
        let outside = if self.lifetime_s == 0 { NOWHERE } else { self.outside };
        let mut bytes = vec![PCP, MAP, 0, 0];
        bytes.extend(self.lifetime_s.to_be_bytes());
        bytes.extend(self.own.to_ipv6_mapped().octets());
        bytes.extend(self.nonce);
        bytes.extend([UDP, 0, 0, 0]);
        bytes.extend(self.port.get().to_be_bytes());
        bytes.extend(outside.port().to_be_bytes());
        bytes.extend(outside.ip().to_ipv6_mapped().octets());
        bytes
    }

    /// What the answer says, if this is the answer in PCP (RFC 6887 §7.2, §11.1), or a router's that speaks NAT-PMP alone.
    pub fn read_pcp(&self, bytes: &[u8]) -> Option<Result<Given, Denial>> {
        let mut reader = Reader::new(bytes);
        let (version, opcode, _, code) = (reader.byte()?, reader.byte()?, reader.byte()?, reader.byte()?);
        if version == NAT_PMP {
            return Some(Err(Denial::OtherVersion));
        }
        if version != PCP || opcode != RESPONSE | MAP {
            return None;
        }
        let lifetime_s = u32::from_be_bytes(reader.array()?);
        reader.take(16)?;
        // A refusal may be without what was asked.
        let nonce: Option<[u8; 12]> = reader.array();
        if nonce.is_some_and(|nonce| nonce != self.nonce) {
            return None;
        }
        match u16::from(code) {
            0 => {}
            1 => return Some(Err(Denial::OtherVersion)),
            7 => return Some(Err(Denial::NoAddress)),
            code => return Some(Err(Denial::Refused(code))),
        }
        let [protocol, ..] = reader.array::<4>()?;
        let (inside, outside, ip) = (reader.u16()?, reader.u16()?, reader.array::<16>()?);
        if nonce.is_none() || protocol != UDP || inside != self.port.get() {
            return None;
        }
        let ip = Ipv6Addr::from(ip).to_ipv4_mapped().unwrap_or(Ipv4Addr::UNSPECIFIED);
        Some(given(Some(ip), outside, lifetime_s))
    }

    /// The request in NAT-PMP (RFC 6886 §3.3).
    pub fn to_nat_pmp(&self) -> Vec<u8> {
        // RFC 6886 §3.4: what is given back names nothing outside.
        let outside = if self.lifetime_s == 0 { 0 } else { self.outside.port() };
        let mut bytes = vec![NAT_PMP, MAP, 0, 0];
        bytes.extend(self.port.get().to_be_bytes());
        bytes.extend(outside.to_be_bytes());
        bytes.extend(self.lifetime_s.to_be_bytes());
        bytes
    }

    /// What the answer says, if this is the answer in NAT-PMP.
    pub fn read_nat_pmp(&self, bytes: &[u8]) -> Option<Result<Given, Denial>> {
        let mut reader = match nat_pmp(bytes, MAP)? {
            Ok(reader) => reader,
            Err(denial) => return Some(Err(denial)),
        };
        let (inside, outside) = (reader.u16()?, reader.u16()?);
        let lifetime_s = u32::from_be_bytes(reader.array()?);
        (inside == self.port.get()).then(|| given(None, outside, lifetime_s))
    }
}

/// What the answer to [`ADDRESS_REQUEST`] says, if this is it.
pub fn read_address(bytes: &[u8]) -> Option<Result<Ipv4Addr, Denial>> {
    match nat_pmp(bytes, 0)? {
        Ok(mut reader) => reader.array::<4>().map(|ip| Ok(Ipv4Addr::from(ip))),
        Err(denial) => Some(Err(denial)),
    }
}

/// What follows the head of an answer in NAT-PMP (RFC 6886 §3.5).
fn nat_pmp(bytes: &[u8], opcode: u8) -> Option<Result<Reader<'_>, Denial>> {
    let mut reader = Reader::new(bytes);
    if (reader.byte()?, reader.byte()?) != (NAT_PMP, RESPONSE | opcode) {
        return None;
    }
    match reader.u16()? {
        0 => {}
        1 => return Some(Err(Denial::OtherVersion)),
        3 => return Some(Err(Denial::NoAddress)),
        code => return Some(Err(Denial::Refused(code))),
    }
    // The seconds since it was started.
    reader.take(4)?;
    Some(Ok(reader))
}

const NOWHERE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);

/// Nothing is given at no port, or for no time.
fn given(ip: Option<Ipv4Addr>, port: u16, lifetime_s: u32) -> Result<Given, Denial> {
    let port = NonZeroU16::new(port).filter(|_| lifetime_s > 0).ok_or(Denial::Refused(0))?;
    Ok(Given { ip, port, lifetime: Duration::from_secs(lifetime_s.into()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: NonZeroU16 = NonZeroU16::new(41_820).unwrap();
    const NONCE: [u8; 12] = [129, 112, 9, 24, 241, 208, 251, 45, 157, 76, 10, 188];
    /// An answer as a router gave it, to a client of somebody else's.
    const SEEN: [u8; 60] = [
        2, 129, 0, 0, 0, 0, 28, 32, 0, 2, 155, 237, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 129, 112, 9, 24, 241,
        208, 251, 45, 157, 76, 10, 188, 17, 0, 0, 0, 4, 210, 4, 210, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255,
        135, 180, 175, 246,
    ];

    fn request(port: NonZeroU16) -> MapRequest {
        MapRequest {
            own: [192, 168, 1, 7].into(),
            port,
            outside: SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port.get()),
            lifetime_s: 7_200,
            nonce: NONCE,
        }
    }

    #[test]
    fn both_protocols_name_the_port_outside_and_nothing_when_it_is_given_back() {
        let pcp = request(PORT).to_pcp();
        assert_eq!((pcp.len(), &pcp[..8]), (60, [2, 1, 0, 0, 0, 0, 28, 32].as_slice()));
        assert_eq!(pcp[8..24], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 168, 1, 7]);
        assert_eq!(pcp[24..40], [&NONCE[..], &[17, 0, 0, 0]].concat());
        assert_eq!(pcp[40..44], [163, 92, 163, 92]);
        assert_eq!(request(PORT).to_nat_pmp(), [0, 1, 0, 0, 163, 92, 163, 92, 0, 0, 28, 32]);
        let back = MapRequest { lifetime_s: 0, ..request(PORT) };
        assert_eq!(back.to_pcp()[40..44], [163, 92, 0, 0]);
        assert_eq!(back.to_nat_pmp(), [0, 1, 0, 0, 163, 92, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn what_a_router_gives_is_read_and_what_answers_somebody_else_is_not() {
        let port = NonZeroU16::new(1_234).unwrap();
        let lifetime = Duration::from_secs(7_200);
        let given = Given { ip: Some([135, 180, 175, 246].into()), port, lifetime };
        assert_eq!(request(port).read_pcp(&SEEN), Some(Ok(given)));
        assert_eq!(request(PORT).read_pcp(&SEEN), None, "of another port");
        let other = MapRequest { nonce: [7; 12], ..request(port) };
        assert_eq!(other.read_pcp(&SEEN), None);
        for cut in 0..SEEN.len() {
            assert_eq!(request(port).read_pcp(&SEEN[..cut]), None, "{cut}");
        }
        let answer = [0, 129, 0, 0, 0, 0, 0, 9, 163, 92, 8, 1, 0, 0, 14, 16];
        let given = Given { ip: None, port: NonZeroU16::new(2_049).unwrap(), lifetime: lifetime / 2 };
        assert_eq!(request(PORT).read_nat_pmp(&answer), Some(Ok(given)));
        assert_eq!(request(port).read_nat_pmp(&answer), None);
        for cut in 0..answer.len() {
            assert_eq!(request(PORT).read_nat_pmp(&answer[..cut]), None, "{cut}");
        }
        assert_eq!(read_address(&[0, 128, 0, 0, 0, 0, 0, 9, 9, 8, 7, 6]), Some(Ok([9, 8, 7, 6].into())));
        assert_eq!(read_address(&answer), None);
    }

    #[test]
    fn why_a_router_gives_nothing_is_read() {
        let port = NonZeroU16::new(1_234).unwrap();
        for (code, denial) in [
            (1, Denial::OtherVersion),
            (2, Denial::Refused(2)),
            (7, Denial::NoAddress),
            (13, Denial::Refused(13)),
        ] {
            let mut refused = SEEN;
            refused[3] = code;
            assert_eq!(request(port).read_pcp(&refused), Some(Err(denial)));
            assert_eq!(request(port).read_pcp(&refused[..24]), Some(Err(denial)), "the head alone");
        }
        assert_eq!(request(port).read_pcp(&[0, 129, 0, 1, 0, 0, 0, 9]), Some(Err(Denial::OtherVersion)));
        assert_eq!(request(port).read_nat_pmp(&[0, 129, 0, 3, 0, 0, 0, 9]), Some(Err(Denial::NoAddress)));
        assert_eq!(read_address(&[0, 128, 0, 2, 0, 0, 0, 9]), Some(Err(Denial::Refused(2))));
        let mut nothing = SEEN;
        nothing[42..44].fill(0);
        assert_eq!(request(port).read_pcp(&nothing), Some(Err(Denial::Refused(0))));
    }
}
