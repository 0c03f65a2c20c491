//! What an app and the privileged helper say to each other: one request, one reply.
//!
//! The connection is a Unix socket of type `SOCK_SEQPACKET`, so that a message is one packet: it has a length, is
//! never read in part, and cannot be trickled in. The descriptors of an adapter travel beside the reply
//! (`SCM_RIGHTS`, unix(7)). On Windows it is a pipe of messages, over which the packets follow ([`batch`]), as the helper keeps
//! the device.

pub mod batch;
pub(crate) mod denial;

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use lanrage_party::{AdapterName, Subnet, VirtualIp, facts::Cause};
use strum::IntoEnumIterator;

pub use self::denial::Denial;
use crate::AdapterConfig;
#[cfg(windows)]
pub use crate::os::{Event, Pipe, is_own, own_account};

/// The name of the helper's service on Windows.
pub const SERVICE: &str = "LANrageHelper";

/// Where the helper listens. The folder belongs to root: nobody else can take the helper's place.
pub const SOCKET: &str = "/run/lanrage/helper.sock";

/// The list of users whom the helper lets have an adapter without asking polkit: numbers, one a line. It is root's.
pub const USERS: &str = "/etc/lanrage-helper.users";

/// What a device may have in descriptors.
pub const QUEUES: std::ops::RangeInclusive<usize> = 1..=2;

/// Most descriptors that come with a reply: a device's queues, and the end by which searches come.
pub const DESCRIPTORS: usize = *QUEUES.end() + 1;

/// Version of these messages, their first byte. App and helper come in one package; they differ only while it is
/// being replaced.
const VERSION: u8 = 4;

/// Longest text in a reply, in bytes; longer ones are cut.
const TEXT_BYTES: usize = 200;

/// Why bytes are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Another version than ours.
    #[error("app and helper are of different versions")]
    Version,
    /// Cut, too long, or with a field that cannot be.
    #[error("the message is malformed")]
    Malformed,
}

impl MessageError {
    /// What the two programs are to each other.
    pub const fn cause(self) -> Cause {
        match self {
            Self::Version => Cause::OtherVersion,
            Self::Malformed => Cause::BadMessage,
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// An adapter.
    Adapter,
    /// What programs search by other interfaces, for an adapter of the caller's that is open.
    Searches,
}

/// Asks for an adapter, or for searches. On the wire: version, wish (0 or 1), address (4 bytes), network (4), prefix length
/// (1), MTU (2, network order), whether it may offload (1), name (the rest). There is one form of each request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    wish: Wish,
    config: AdapterConfig,
}

impl Request {
    /// Longest request in bytes.
    pub const MAX_BYTES: usize = Self::HEADER_BYTES + AdapterName::BYTES;

    const HEADER_BYTES: usize = 14;

    /// Asks for this adapter, or for what belongs to it.
    pub const fn new(wish: Wish, config: AdapterConfig) -> Self {
        Self { wish, config }
    }

    /// What is asked for.
    pub const fn wish(&self) -> Wish {
        self.wish
    }

    /// The adapter. Nothing is known about it but that the network is one that parties have, and that the name is short
    /// text.
    pub fn into_config(self) -> AdapterConfig {
        self.config
    }

    /// The message.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { wish, config: AdapterConfig { name, address, subnet, mtu, offload } } = self;
        let mut bytes = vec![VERSION, *wish as u8];
        bytes.extend(address.0.octets());
        bytes.extend(subnet.net().network().octets());
        bytes.push(subnet.net().prefix_len());
        bytes.extend(mtu.to_be_bytes());
        bytes.push(u8::from(*offload));
        bytes.extend(name.as_bytes());
        bytes
    }

    /// Reads a message.
    ///
    /// # Errors
    /// Whatever [`to_bytes`](Self::to_bytes) would not have written.
    pub fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        let rest = after_version(bytes)?;
        let Some((&[wish, a, b, c, d, e, f, g, h, prefix, mtu_high, mtu_low, offload @ (0 | 1)], name)) =
            rest.split_first_chunk()
        else {
            return Err(MessageError::Malformed);
        };
        let known = [Wish::Adapter, Wish::Searches].into_iter().find(|known| *known as u8 == wish);
        let wish = known.ok_or(MessageError::Malformed)?;
        let address = VirtualIp(Ipv4Addr::new(a, b, c, d));
        let net = Ipv4Net::new(Ipv4Addr::new(e, f, g, h), prefix).map_err(|_| MessageError::Malformed)?;
        let subnet = Subnet::new(net).map_err(|_| MessageError::Malformed)?;
        if subnet.net() != net || name.len() > AdapterName::BYTES {
            return Err(MessageError::Malformed);
        }
        let name = str::from_utf8(name).map_err(|_| MessageError::Malformed)?.to_owned();
        let mtu = u16::from_be_bytes([mtu_high, mtu_low]);
        Ok(Self { wish, config: AdapterConfig { name, address, subnet, mtu, offload: offload == 1 } })
    }
}

/// What became of a request. On the wire: version, kind, and what the kind has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The adapter is up; its descriptors come with this message.
    Opened {
        /// The interface's name.
        name: String,
        /// How many descriptors; one of [`QUEUES`].
        queues: u8,
        /// Whether packets carry an offload header (`IFF_VNET_HDR`).
        offload: bool,
        /// Whether a socket comes behind them by which the helper passes on what programs send to everybody by other
        /// interfaces ([`Searches`](crate::Searches)).
        copies: bool,
    },
    /// The socket that comes with this message is the end by which searches come.
    Searching,
    /// The system's rules do not allow it to this user.
    Denied {
        /// Why not.
        why: Denial,
        /// The user's number, as the helper knows it.
        uid: u32,
    },
    /// The helper opens no such adapter, for anybody.
    Unfit {
        /// What is wrong with the request.
        cause: Cause,
    },
    /// It was tried.
    Failed {
        /// Why it failed.
        cause: Cause,
    },
}

impl Reply {
    /// Longest reply in bytes.
    pub const MAX_BYTES: usize = 5 + TEXT_BYTES;

    /// The message.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (mut bytes, text) = match self {
            Self::Opened { name, queues, offload, copies } => {
                (vec![VERSION, 0, *queues, u8::from(*offload), u8::from(*copies)], name.clone())
            }
            Self::Denied { why, uid } => {
                ([&[VERSION, 1, *why as u8][..], &uid.to_be_bytes()].concat(), String::new())
            }
            Self::Unfit { cause } => (vec![VERSION, 2], cause_text(cause)),
            Self::Failed { cause } => (vec![VERSION, 3], cause_text(cause)),
            Self::Searching => (vec![VERSION, 4], String::new()),
        };
        bytes.extend(&text.as_bytes()[..text.floor_char_boundary(TEXT_BYTES)]);
        bytes
    }

    /// Reads a message.
    ///
    /// # Errors
    /// Whatever [`to_bytes`](Self::to_bytes) would not have written.
    pub fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        let (&kind, rest) = after_version(bytes)?.split_first().ok_or(MessageError::Malformed)?;
        let text = |bytes: &[u8]| match str::from_utf8(bytes) {
            Ok(text) if bytes.len() <= TEXT_BYTES => Ok(text.to_owned()),
            _ => Err(MessageError::Malformed),
        };
        match (kind, rest) {
            (0, [queues, offload @ (0 | 1), copies @ (0 | 1), name @ ..])
                if QUEUES.contains(&usize::from(*queues)) =>
            {
                let (offload, copies) = (*offload == 1, *copies == 1);
                Ok(Self::Opened { name: text(name)?, queues: *queues, offload, copies })
            }
            (1, &[why, a, b, c, d]) => {
                let why = Denial::ALL.into_iter().find(|known| *known as u8 == why);
                Ok(Self::Denied {
                    why: why.ok_or(MessageError::Malformed)?,
                    uid: u32::from_be_bytes([a, b, c, d]),
                })
            }
            (2, cause) => Ok(Self::Unfit { cause: read_cause(&text(cause)?) }),
            (3, cause) => Ok(Self::Failed { cause: read_cause(&text(cause)?) }),
            (4, []) => Ok(Self::Searching),
            _ => Err(MessageError::Malformed),
        }
    }
}

/// A cause on the wire: its code, and the number of a failure that only the system has a word for.
fn cause_text(cause: &Cause) -> String {
    match cause {
        Cause::System { number } => format!("{cause} {number}"),
        cause => cause.to_string(),
    }
}

/// What a helper of another version says, this one may not know.
fn read_cause(text: &str) -> Cause {
    let (code, number) = text.split_once(' ').unwrap_or((text, ""));
    match Cause::iter().find(|cause| cause.code() == code) {
        Some(Cause::System { .. }) => number.parse().map_or(Cause::Other, |number| Cause::System { number }),
        cause => cause.unwrap_or_default(),
    }
}

fn after_version(bytes: &[u8]) -> Result<&[u8], MessageError> {
    match bytes {
        [VERSION, rest @ ..] => Ok(rest),
        [_, ..] => Err(MessageError::Version),
        [] => Err(MessageError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request::new(
            Wish::Adapter,
            AdapterConfig {
                name: "lanrage0".into(),
                address: VirtualIp([10, 66, 0, 7].into()),
                subnet: Subnet::DEFAULT,
                mtu: 1420,
                offload: true,
            },
        )
    }

    #[test]
    fn a_request_is_read_as_it_was_written() {
        let bytes = request().to_bytes();
        assert_eq!(bytes, b"\x04\x00\x0a\x42\x00\x07\x0a\x42\x00\x00\x10\x05\x8c\x01lanrage0");
        assert_eq!(Request::parse(&bytes), Ok(request()));
        let searches = Request::new(Wish::Searches, request().into_config());
        assert_eq!(searches.to_bytes(), [&[4, 1], &bytes[2..]].concat());
        assert_eq!(Request::parse(&searches.to_bytes()), Ok(searches));
        assert_eq!(Request::parse(&[&[4, 2], &bytes[2..]].concat()), Err(MessageError::Malformed));
    }

    #[test]
    fn a_request_that_is_cut_too_long_or_of_another_version_is_refused() {
        let bytes = request().to_bytes();
        for length in 0..Request::HEADER_BYTES {
            assert_eq!(Request::parse(&bytes[..length]), Err(MessageError::Malformed), "{length}");
        }
        let long = [&bytes[..], b"1234567"].concat();
        assert_eq!(
            (long.len(), Request::parse(&long)),
            (Request::MAX_BYTES + 1, Err(MessageError::Malformed))
        );
        let newer = [&[VERSION + 1], &bytes[1..]].concat();
        assert_eq!(Request::parse(&newer), Err(MessageError::Version));
    }

    #[test]
    fn a_request_for_a_network_that_no_party_has_is_refused() {
        // Public; wider than any; host bits set; no prefix length at all.
        for (net, prefix) in
            [([8, 8, 0, 0], 16), ([10, 0, 0, 0], 7), ([10, 66, 0, 1], 16), ([10, 66, 0, 0], 33)]
        {
            let mut bytes = request().to_bytes();
            bytes[6..10].copy_from_slice(&net);
            bytes[10] = prefix;
            assert_eq!(Request::parse(&bytes), Err(MessageError::Malformed), "{net:?}/{prefix}");
        }
    }

    #[test]
    fn every_reply_is_read_as_it_was_written_and_what_a_newer_helper_says_is_no_error() {
        for reply in [
            Reply::Opened { name: "lanrage3".into(), queues: 2, offload: true, copies: false },
            Reply::Opened { name: "lanrage3".into(), queues: 1, offload: false, copies: true },
            Reply::Unfit { cause: Cause::BadName },
            Reply::Failed { cause: Cause::System { number: 71 } },
            Reply::Searching,
        ] {
            assert_eq!(Reply::parse(&reply.to_bytes()), Ok(reply));
        }
        for why in Denial::ALL {
            let reply = Reply::Denied { why, uid: 0x0102_0304 };
            assert_eq!(reply.to_bytes(), [VERSION, 1, why as u8, 1, 2, 3, 4]);
            assert_eq!(Reply::parse(&reply.to_bytes()), Ok(reply));
        }
        for newer in ["a_kind_of_tomorrow", "system", "system x", ""] {
            let bytes = [&[VERSION, 3], newer.as_bytes()].concat();
            assert_eq!(Reply::parse(&bytes), Ok(Reply::Failed { cause: Cause::Other }), "{newer}");
        }
    }

    #[test]
    fn a_reply_with_no_descriptor_or_too_many_is_refused() {
        for queues in [0, 3, 255] {
            assert_eq!(Reply::parse(&[VERSION, 0, queues, 0, 0, b'x']), Err(MessageError::Malformed));
        }
        assert_eq!(Reply::parse(&[VERSION, 5]), Err(MessageError::Malformed));
        for wrong in [&[VERSION, 1, 0][..], &[VERSION, 1, 4, 0, 0, 0, 0]] {
            assert_eq!(Reply::parse(wrong), Err(MessageError::Malformed), "{wrong:?}");
        }
    }
}
