use std::net::{IpAddr, SocketAddr};

/// Version of the wire format.
const VERSION: u8 = 1;
const REQUEST: u8 = 1;
const RESPONSE: u8 = 2;
const IPV4: u8 = 4;
const IPV6: u8 = 6;

/// A probe: a small message inside the WireGuard session, which authenticates it, that proves a path both ways
/// and measures it. To the tunnel it is an opaque payload that never reaches the operating system.
///
/// Wire format, numbers big-endian, no trailing bytes:
///
/// | bytes | field |
/// |---|---|
/// | 1 | version, 1 |
/// | 1 | kind: 1 request, 2 response |
/// | 8 | id |
/// | 1 | response only: 4 or 6, the family of `observed` |
/// | 2 | response only: port of `observed` |
/// | 4 or 16 | response only: address of `observed` |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Asks for a response on the way that it came.
    Request {
        /// Chosen by the sender, never used twice by it within a session.
        id: u64,
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
    /// Neither request nor response.
    #[error("probe kind {0}")]
    Kind(u8),
    /// Neither IPv4 nor IPv6.
    #[error("address family {0}")]
    Family(u8),
    /// A response to nothing that was asked on that path, or to something asked too long ago.
    #[error("a response to no open request of this path")]
    Unexpected,
}

impl Probe {
    /// The longest probe, in bytes.
    pub const MAX_BYTES: usize = 29;

    /// The bytes to send.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::MAX_BYTES);
        match self {
            Self::Request { id } => {
                bytes.extend([VERSION, REQUEST]);
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
            REQUEST => Err(length),
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
        ] {
            assert_eq!(Probe::parse(&bytes), Err(error), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(id in any::<u64>(), ip in any::<IpAddr>(), port in any::<u16>()) {
            for probe in [Probe::Request { id }, Probe::Response { id, observed: SocketAddr::new(ip, port) }] {
                let bytes = probe.to_bytes();
                prop_assert!(bytes.len() <= Probe::MAX_BYTES);
                prop_assert_eq!(Probe::parse(&bytes), Ok(probe));
            }
        }

        #[test]
        fn any_bytes_that_are_a_probe_are_written_the_same(
            bytes in prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..40),
                (1..3_u8, proptest::collection::vec(any::<u8>(), 8..40))
                    .prop_map(|(kind, rest)| [vec![1, kind], rest].concat()),
            ],
        ) {
            if let Ok(probe) = Probe::parse(&bytes) {
                prop_assert_eq!(probe.to_bytes(), bytes);
            }
        }
    }
}
