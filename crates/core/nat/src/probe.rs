use std::net::{IpAddr, SocketAddr};

use lanrage_party::limits;

/// Version of the wire format.
const VERSION: u8 = 1;
const REQUEST: u8 = 1;
const RESPONSE: u8 = 2;
const PADDED_REQUEST: u8 = 3;
const TRY_DIRECT: u8 = 4;
const PAUSE: u8 = 5;
const LEAVE: u8 = 6;
const IPV4: u8 = 4;
const IPV6: u8 = 6;

/// Version, kind and id.
const HEADER: usize = 10;
/// What the tunnel puts before a probe.
const IPV4_HEADER: usize = 20;

/// A probe: a small message inside the WireGuard session, which authenticates it, that proves a path both ways
/// and measures it. To the tunnel it is an opaque payload that never reaches the operating system.
///
/// Wire format, numbers big-endian, no trailing bytes:
///
/// | bytes | field |
/// |---|---|
/// | 1 | version, 1 |
/// | 1 | kind: 1 request, 2 response, 3 padded request, 4 try direct, 5 and 6 farewell, for now or for good |
/// | 8 | id |
/// | 1 | response only: 4 or 6, the family of `observed` |
/// | 2 | response only: port of `observed` |
/// | 4 or 16 | response only: address of `observed` |
/// | up to 1,390 | padded request only: zeros |
///
/// A receiver drops versions and kinds that it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Asks for a response on the way that it came.
    Request {
        /// Chosen by the sender, never used twice by it within a session.
        id: u64,
    },
    /// A request that fills a packet of a certain size, to find out whether the path carries it. The response is
    /// as small as any.
    PaddedRequest {
        /// As of a request.
        id: u64,
        /// How many zeros follow.
        padding: u16,
    },
    /// The sender tries all direct paths now; let the receiver do the same, so that both routers open at the same
    /// time. Nobody answers it.
    TryDirect {
        /// As of a request.
        id: u64,
    },
    /// The sender goes now, by its own doing: nobody answers there any more. Nobody answers this either; it is sent a
    /// few times.
    Farewell {
        /// Of the last request that the sender had from the receiver. It shows that this was said in the session in
        /// which the receiver asked, and not in one before.
        id: u64,
        /// Whether it goes for good.
        leaves: bool,
    },
    /// Answers a request.
    Response {
        /// The request's.
        id: u64,
        /// Where the request came from, as its receiver saw it: the asker's address on this path.
        observed: SocketAddr,
    },
}

/// Why a probe was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// Not the length that its kind has.
    #[error("a probe cannot be {0} bytes long")]
    Length(usize),
    /// A version that we do not speak.
    #[error("probe version {0}")]
    Version(u8),
    /// A kind that we do not know.
    #[error("probe kind {0}")]
    Kind(u8),
    /// Padding that is not all zeros.
    #[error("padding of a probe is not zero")]
    Padding,
    /// Neither IPv4 nor IPv6.
    #[error("address family {0}")]
    Family(u8),
    /// A response to nothing that was asked on that path, or to something asked too long ago; or a farewell that names
    /// nothing that was asked in this session.
    #[error("an answer to no open request")]
    Unexpected,
}

impl Probe {
    /// The longest probe, in bytes: with an IPv4 header it fills the largest packet inside the tunnel.
    pub const MAX_BYTES: usize = limits::PACKET_BYTES - IPV4_HEADER;
    /// The longest probe that is not padded, in bytes.
    pub const MAX_UNPADDED_BYTES: usize = 29;

    /// A request that makes an IPv4 packet of `packet` bytes inside the tunnel; of the nearest size possible, if
    /// that is none.
    pub const fn padded_request(id: u64, packet: u16) -> Self {
        let payload = (packet as usize).saturating_sub(IPV4_HEADER);
        let payload = if payload > Self::MAX_BYTES { Self::MAX_BYTES } else { payload };
        Self::PaddedRequest { id, padding: payload.saturating_sub(HEADER) as u16 }
    }

    /// The bytes to send.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::MAX_UNPADDED_BYTES);
        match self {
            Self::Request { id } => {
                bytes.extend([VERSION, REQUEST]);
                bytes.extend(id.to_be_bytes());
            }
            Self::PaddedRequest { id, padding } => {
                bytes.extend([VERSION, PADDED_REQUEST]);
                bytes.extend(id.to_be_bytes());
                bytes.resize(HEADER + usize::from(*padding), 0);
            }
            Self::TryDirect { id } => {
                bytes.extend([VERSION, TRY_DIRECT]);
                bytes.extend(id.to_be_bytes());
            }
            Self::Farewell { id, leaves } => {
                bytes.extend([VERSION, if *leaves { LEAVE } else { PAUSE }]);
                bytes.extend(id.to_be_bytes());
            }
            Self::Response { id, observed } => {
                bytes.extend([VERSION, RESPONSE]);
                bytes.extend(id.to_be_bytes());
                bytes.push(if observed.is_ipv4() { IPV4 } else { IPV6 });
                bytes.extend(observed.port().to_be_bytes());
                match observed.ip() {
                    IpAddr::V4(ip) => bytes.extend(ip.octets()),
                    IpAddr::V6(ip) => bytes.extend(ip.octets()),
                }
            }
        }
        bytes
    }

    /// Reads a probe. Total: any bytes give a probe or an error.
    ///
    /// # Errors
    /// All of [`ProbeError`] but [`ProbeError::Unexpected`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ProbeError> {
        let length = ProbeError::Length(bytes.len());
        let (&[version, kind], rest) = bytes.split_first_chunk().ok_or(length)?;
        if version != VERSION {
            return Err(ProbeError::Version(version));
        }
        let (id, rest) = rest.split_first_chunk().ok_or(length)?;
        let id = u64::from_be_bytes(*id);
        match kind {
            REQUEST if rest.is_empty() => Ok(Self::Request { id }),
            TRY_DIRECT if rest.is_empty() => Ok(Self::TryDirect { id }),
            PAUSE | LEAVE if rest.is_empty() => Ok(Self::Farewell { id, leaves: kind == LEAVE }),
            REQUEST | TRY_DIRECT | PAUSE | LEAVE => Err(length),
            PADDED_REQUEST if bytes.len() > Self::MAX_BYTES => Err(length),
            PADDED_REQUEST if rest.iter().any(|byte| *byte != 0) => Err(ProbeError::Padding),
            PADDED_REQUEST => {
                Ok(Self::PaddedRequest { id, padding: u16::try_from(rest.len()).map_err(|_| length)? })
            }
            RESPONSE => {
                let (&[family, p0, p1], ip) = rest.split_first_chunk().ok_or(length)?;
                let ip = match family {
                    IPV4 => IpAddr::from(<[u8; 4]>::try_from(ip).map_err(|_| length)?),
                    IPV6 => IpAddr::from(<[u8; 16]>::try_from(ip).map_err(|_| length)?),
                    other => return Err(ProbeError::Family(other)),
                };
                Ok(Self::Response { id, observed: SocketAddr::new(ip, u16::from_be_bytes([p0, p1])) })
            }
            other => Err(ProbeError::Kind(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_wire_format_is_the_documented_one() {
        assert_eq!(Probe::Request { id: 0x0102 }.to_bytes(), [1, 1, 0, 0, 0, 0, 0, 0, 1, 2]);
        let response = Probe::Response { id: 3, observed: "192.0.2.7:258".parse().unwrap() };
        assert_eq!(response.to_bytes(), [1, 2, 0, 0, 0, 0, 0, 0, 0, 3, 4, 1, 2, 192, 0, 2, 7]);
    }

    #[test]
    fn malformed_probes_are_coded_errors() {
        let response = Probe::Response { id: 3, observed: "192.0.2.7:258".parse().unwrap() }.to_bytes();
        let mut of_no_family = response.clone();
        of_no_family[10] = 5;
        let mut cut_v6 = response.clone();
        cut_v6[10] = 6;
        for (bytes, error) in [
            (vec![], ProbeError::Length(0)),
            (vec![1], ProbeError::Length(1)),
            (vec![2; 10], ProbeError::Version(2)),
            (vec![1, 1, 0], ProbeError::Length(3)),
            ([1, 1].into_iter().chain([0; 9]).collect(), ProbeError::Length(11)),
            ([1, 9].into_iter().chain([0; 8]).collect(), ProbeError::Kind(9)),
            (response[..16].to_vec(), ProbeError::Length(16)),
            (of_no_family, ProbeError::Family(5)),
            (cut_v6, ProbeError::Length(17)),
            ([1, 4].into_iter().chain([0; 9]).collect(), ProbeError::Length(11)),
            ([1, 5].into_iter().chain([0; 9]).collect(), ProbeError::Length(11)),
            (vec![1, 6, 0], ProbeError::Length(3)),
            ([1, 3].into_iter().chain([0; 1_399]).collect(), ProbeError::Length(1_401)),
            ([1, 3].into_iter().chain([0; 9]).chain([1]).collect(), ProbeError::Padding),
        ] {
            assert_eq!(Probe::parse(&bytes), Err(error), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(id in any::<u64>(), ip in any::<IpAddr>(), port in any::<u16>()) {
            let response = Probe::Response { id, observed: SocketAddr::new(ip, port) };
            for probe in [Probe::Request { id }, response, Probe::TryDirect { id }, Probe::Farewell { id, leaves: id % 2 == 0 }] {
                let bytes = probe.to_bytes();
                prop_assert!(bytes.len() <= Probe::MAX_UNPADDED_BYTES);
                prop_assert_eq!(Probe::parse(&bytes), Ok(probe));
            }
        }

        #[test]
        fn a_padded_request_fills_a_packet_of_the_wanted_size(id in any::<u64>(), packet in any::<u16>()) {
            let probe = Probe::padded_request(id, packet);
            let bytes = probe.to_bytes();
            prop_assert_eq!(bytes.len() + 20, usize::from(packet).clamp(30, limits::PACKET_BYTES));
            prop_assert_eq!(Probe::parse(&bytes), Ok(probe));
        }

        #[test]
        fn any_bytes_that_are_a_probe_are_written_the_same(
            bytes in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..40),
                (1..8_u8, prop_oneof![
                    proptest::collection::vec(any::<u8>(), 8..40),
                    (8..1_500_usize).prop_map(|length| vec![0; length]),
                ])
                    .prop_map(|(kind, rest)| [vec![1, kind], rest].concat()),
            ],
        ) {
            if let Ok(probe) = Probe::parse(&bytes) {
                prop_assert_eq!(probe.to_bytes(), bytes);
            }
        }
    }
}
