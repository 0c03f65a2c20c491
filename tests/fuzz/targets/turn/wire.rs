//! TURN messages made by hand: what a hostile peer sends that has valid credentials, or a relay that knows ours.

use std::net::{IpAddr, SocketAddr};

use hmac::{Hmac, Mac};
use lanrage_nat::turn::TurnCredentials;
use sha1::Sha1;

use crate::input::Input;

pub(crate) const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
pub(crate) const ALLOCATE: u16 = 0x003;
pub(crate) const REFRESH: u16 = 0x004;
pub(crate) const CREATE_PERMISSION: u16 = 0x008;
pub(crate) const CHANNEL_BIND: u16 = 0x009;
pub(crate) const SEND_INDICATION: u16 = 0x016;
pub(crate) const DATA_INDICATION: u16 = 0x017;
pub(crate) const SUCCESS: u16 = 0x100;
pub(crate) const ERROR: u16 = 0x110;

const CHANNEL_NUMBER: u16 = 0x000C;
const LIFETIME: u16 = 0x000D;
const XOR_PEER_ADDRESS: u16 = 0x0012;
const DATA: u16 = 0x0013;
const XOR_RELAYED_ADDRESS: u16 = 0x0016;
const REQUESTED_TRANSPORT: u16 = 0x0019;
const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const REALM: u16 = 0x0014;
const NONCE: u16 = 0x0015;
const KINDS: [u16; 24] = [
    0x0001, 0x0006, 0x0008, 0x0009, 0x000A, 0x000C, 0x000D, 0x0012, 0x0013, 0x0014, 0x0015, 0x0016, 0x0017,
    0x0018, 0x0019, 0x001A, 0x001C, 0x0020, 0x0022, 0x0024, 0x8022, 0x8023, 0x8028, 0x802C,
];

/// A STUN message that grows.
#[derive(Clone)]
pub(crate) struct Message(Vec<u8>);

impl Message {
    pub(crate) fn new(kind: u16, id: [u8; 12]) -> Self {
        let mut bytes = kind.to_be_bytes().to_vec();
        bytes.extend([0, 0]);
        bytes.extend(COOKIE);
        bytes.extend(id);
        Self(bytes)
    }

    pub(crate) fn with(mut self, kind: u16, value: &[u8]) -> Self {
        let Ok(length) = u16::try_from(value.len()) else { return self };
        self.0.extend(kind.to_be_bytes());
        self.0.extend(length.to_be_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self.set_length(0);
        self
    }

    pub(crate) fn channel(self, number: u16) -> Self {
        let [high, low] = number.to_be_bytes();
        self.with(CHANNEL_NUMBER, &[high, low, 0, 0])
    }

    pub(crate) fn lifetime(self, seconds: u32) -> Self {
        self.with(LIFETIME, &seconds.to_be_bytes())
    }

    pub(crate) fn peer(self, peer: SocketAddr) -> Self {
        self.xored(XOR_PEER_ADDRESS, peer)
    }

    pub(crate) fn relayed(self, relayed: SocketAddr) -> Self {
        self.xored(XOR_RELAYED_ADDRESS, relayed)
    }

    pub(crate) fn data(self, payload: &[u8]) -> Self {
        self.with(DATA, payload)
    }

    pub(crate) fn udp(self) -> Self {
        self.with(REQUESTED_TRANSPORT, &[17, 0, 0, 0])
    }

    pub(crate) fn error(self, code: u16) -> Self {
        self.with(ERROR_CODE, &[0, 0, (code / 100) as u8, (code % 100) as u8])
    }

    pub(crate) fn challenge(self, realm: &str, nonce: &[u8]) -> Self {
        self.with(REALM, realm.as_bytes()).with(NONCE, nonce)
    }

    pub(crate) fn login(self, credentials: &TurnCredentials, realm: &str, nonce: &[u8]) -> Self {
        self.with(USERNAME, credentials.username.as_bytes()).challenge(realm, nonce)
    }

    /// Attributes as the fuzzer wants them: known and unknown ones, of any length, well-formed or not.
    pub(crate) fn attributes(mut self, input: &mut Input<'_>) -> Self {
        for _ in 0..input.below(8) {
            self = match input.below(8) {
                0 => self.channel(0x4000 + input.u16() % 8),
                1 => self.lifetime(u32::from_be_bytes(input.array())),
                2 => self.peer(input.address()),
                3 => self.relayed(input.address()),
                4 => self.udp(),
                5 => self.with(input.u16(), input.bytes()),
                6 => self.error(input.u16() % 1_000),
                _ => self.with(input.pick(&KINDS), input.bytes()),
            };
        }
        self
    }

    /// Ends it with the MESSAGE-INTEGRITY of these credentials (RFC 8489 §14.5), written down here once more so
    /// that no key of the product has to be reachable from outside.
    pub(crate) fn sign(mut self, credentials: &TurnCredentials, realm: &str) -> Self {
        let TurnCredentials { username, password } = credentials;
        let key = md5::compute(format!("{username}:{realm}:{password}"));
        let mut mac = Hmac::<Sha1>::new_from_slice(&key.0).expect("HMAC takes keys of any length");
        self.set_length(24);
        mac.update(&self.0);
        let digest = mac.finalize().into_bytes();
        self.with(MESSAGE_INTEGRITY, &digest)
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// `more`: how many bytes are still to come.
    fn set_length(&mut self, more: usize) {
        let length = (self.0.len() - 20 + more).min(usize::from(u16::MAX));
        self.0[2..4].copy_from_slice(&(length as u16).to_be_bytes());
    }

    fn xored(self, kind: u16, address: SocketAddr) -> Self {
        let mask: Vec<u8> = [&COOKIE[..], &self.0[8..20]].concat();
        let masked =
            |bytes: &[u8]| bytes.iter().zip(&mask).map(|(byte, mask)| byte ^ mask).collect::<Vec<_>>();
        let (family, ip) = match address.ip() {
            IpAddr::V4(ip) => (1, masked(&ip.octets())),
            IpAddr::V6(ip) => (2, masked(&ip.octets())),
        };
        let value = [vec![0, family], masked(&address.port().to_be_bytes()), ip].concat();
        self.with(kind, &value)
    }
}

/// ChannelData (RFC 8656 §12.4).
pub(crate) fn channel_data(channel: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
    [&channel.to_be_bytes(), &length.to_be_bytes(), payload].concat()
}

/// The kind of a message: its class and method together.
pub(crate) fn kind_of(message: &[u8]) -> Option<u16> {
    message.first_chunk().map(|kind| u16::from_be_bytes(*kind))
}

/// The transaction id of a message.
pub(crate) fn id_of(message: &[u8]) -> Option<[u8; 12]> {
    message.get(8..20)?.try_into().ok()
}

/// The value of the first NONCE.
pub(crate) fn nonce_of(message: &[u8]) -> Option<&[u8]> {
    let mut rest = message.get(20..)?;
    loop {
        let ([k0, k1, l0, l1], value) = rest.split_first_chunk()?;
        let length = usize::from(u16::from_be_bytes([*l0, *l1]));
        if u16::from_be_bytes([*k0, *k1]) == NONCE {
            return value.get(..length);
        }
        rest = value.get(length.next_multiple_of(4)..)?;
    }
}
