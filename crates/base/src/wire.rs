//! Reading and writing the binary messages that players send each other: numbers big-endian, addresses with their family.

use std::net::{IpAddr, SocketAddr};

const IPV4: u8 = 4;
const IPV6: u8 = 6;

/// What is left to read of a message. Total: whatever is not there reads as `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Begins at the first of these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What has not been read yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next bytes, as many as the array has.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    /// The next two bytes as a number.
    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// The next eight bytes as a number.
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    /// A transport address as [`put_address`] writes it.
    pub fn address(&mut self) -> Option<SocketAddr> {
        let ip = match self.byte()? {
            IPV4 => IpAddr::from(self.array::<4>()?),
            IPV6 => IpAddr::from(self.array::<16>()?),
            _ => return None,
        };
        Some(SocketAddr::new(ip, self.u16()?))
    }
}

/// Writes a transport address: its family (4 or 6), the IP address, the port; 7 or 19 bytes. An IPv4 address in its mapped
/// form (RFC 4291 §2.5.5.2) is that IPv4 address.
pub fn put_address(bytes: &mut Vec<u8>, address: SocketAddr) {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => {
            bytes.push(IPV4);
            bytes.extend(ip.octets());
        }
        IpAddr::V6(ip) => {
            bytes.push(IPV6);
            bytes.extend(ip.octets());
        }
    }
    bytes.extend(address.port().to_be_bytes());
}

/// How many bytes [`put_address`] writes.
pub const fn address_bytes(address: &SocketAddr) -> usize {
    if address.ip().to_canonical().is_ipv4() { 7 } else { 19 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back_and_what_is_cut_short_does_not() {
        for text in ["192.0.2.7:5000", "[2001:db8::7]:1", "[::ffff:192.0.2.7]:9"] {
            let address: SocketAddr = text.parse().unwrap();
            let mut bytes = Vec::new();
            put_address(&mut bytes, address);
            assert_eq!(bytes.len(), address_bytes(&address));
            let read = Reader::new(&bytes).address().unwrap();
            assert_eq!((read.ip(), read.port()), (address.ip().to_canonical(), address.port()));
            for len in 0..bytes.len() {
                assert_eq!(Reader::new(&bytes[..len]).address(), None, "{text}, {len}");
            }
        }
        assert_eq!(Reader::new(&[5, 0, 0, 0, 0, 0, 0]).address(), None, "a family that does not exist");
    }
}
