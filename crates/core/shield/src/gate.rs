//! Whether a packet of a friend passes.

use lanrage_party::{Place, Transport};

use crate::openings::{Openings, is_never_opened};

/// Protocol numbers.
const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;

/// The shortest headers (RFC 768, RFC 9293, RFC 792).
const UDP_BYTES: usize = 8;
const TCP_BYTES: usize = 20;
const ICMP_BYTES: usize = 8;

/// Flags of TCP, and the byte in which they stand.
const FLAGS: usize = 13;
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

/// Types of ICMP (RFC 792).
const ECHO_REPLY: u8 = 0;
const ECHO: u8 = 8;
/// Unreachable, time exceeded, parameter problem.
const ERRORS: [u8; 3] = [3, 11, 12];

/// What of an IPv4 packet is judged.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// The protocol inside.
    pub protocol: u8,
    /// Where in its datagram the payload begins, in units of eight bytes: not 0 in a later fragment.
    pub offset: u16,
    /// All behind the header.
    pub payload: &'a [u8],
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes to the system.
    Passes,
    /// It does not, and reaches for this place, if for any.
    Refused(Option<Place>),
}

/// What a friend may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// Everything.
    Open,
    /// What these places take, and a ping.
    At(Openings),
    /// Nothing.
    Mute,
}

impl Default for Gate {
    /// Nothing is open until somebody says so.
    fn default() -> Self {
        Self::At(Openings::default())
    }
}

impl Gate {
    /// Judges a packet of a friend. `has_spoken` says whether this UDP port has sent to them, or to everybody, lately.
    ///
    /// What only an answer is needs no state but that: TCP that begins nothing is one, and finds either its connection or
    /// nothing. A later fragment passes, as it is of no use without the first; one that would write over what the first was
    /// judged by does not (RFC 1858 §3, RFC 3128).
    #[inline]
    pub fn judge(&self, packet: &Packet<'_>, has_spoken: impl FnOnce(u16) -> bool) -> Verdict {
        if matches!(self, Self::Open) {
            return Verdict::Passes;
        }
        match packet.protocol {
            UDP | TCP if packet.offset > 0 => later_fragment(packet),
            UDP => {
                let Some(port) = port(packet, UDP_BYTES) else { return Verdict::Refused(None) };
                let place = Place { transport: Transport::Udp, port };
                let passes = self.is_open(place) || (!is_never_opened(port) && has_spoken(port));
                if passes { Verdict::Passes } else { Verdict::Refused(Some(place)) }
            }
            TCP => {
                let Some(port) = port(packet, TCP_BYTES) else { return Verdict::Refused(None) };
                let place = Place { transport: Transport::Tcp, port };
                let begins = packet.payload[FLAGS] & (SYN | ACK) == SYN;
                if begins && !self.is_open(place) { Verdict::Refused(Some(place)) } else { Verdict::Passes }
            }
            ICMP if packet.offset > 0 => Verdict::Passes,
            ICMP if packet.payload.len() >= ICMP_BYTES => {
                let kind = packet.payload[0];
                let passes = kind == ECHO_REPLY
                    || ERRORS.contains(&kind)
                    || (kind == ECHO && !matches!(self, Self::Mute));
                if passes { Verdict::Passes } else { Verdict::Refused(None) }
            }
            _ => Verdict::Refused(None),
        }
    }

    /// Whether something may be begun at a place.
    pub fn is_open(&self, place: Place) -> bool {
        match self {
            Self::Open => true,
            Self::At(openings) => openings.is_open(place),
            Self::Mute => false,
        }
    }
}

fn later_fragment(packet: &Packet<'_>) -> Verdict {
    // The flags of TCP lie in its second unit. Of UDP all is in the first.
    let is_within_header = packet.protocol == TCP && packet.offset == 1;
    if is_within_header { Verdict::Refused(None) } else { Verdict::Passes }
}

/// The destination port, if the whole header is there.
fn port(packet: &Packet<'_>, header: usize) -> Option<u16> {
    let payload = packet.payload.get(..header)?;
    Some(u16::from_be_bytes([payload[2], payload[3]]))
}

#[cfg(test)]
mod tests;
