use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use lanrage_base::sources::Source;
use lanrage_party::{Candidate, CandidateType};

/// Most IPv4 addresses of an entry.
pub const IPV4_ADDRESSES: usize = 3;
/// Most IPv6 addresses of an entry.
pub const IPV6_ADDRESSES: usize = 2;

const V4: usize = 6;
const V6: usize = 18;
/// Length of an entry's addresses, in bytes.
pub(crate) const ADDRESSES_BYTES: usize = IPV4_ADDRESSES * V4 + IPV6_ADDRESSES * V6;

/// The addresses (UDP) that an entry claims for somebody: the first three of IPv4 and two of IPv6 that a datagram may be
/// sent to. A claim of whoever wrote the entry, and of nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Addresses(Vec<SocketAddr>);

impl Addresses {
    /// As many of these as fit and may be sent to, in their order: no loopback, unspecified, broadcast or multicast
    /// address, no port 0, none twice.
    pub fn new(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        let mut kept: Vec<SocketAddr> = Vec::new();
        for address in addresses {
            let address = SocketAddr::new(address.ip().to_canonical(), address.port());
            let most = if address.is_ipv4() { IPV4_ADDRESSES } else { IPV6_ADDRESSES };
            let of_family = kept.iter().filter(|other| other.is_ipv4() == address.is_ipv4()).count();
            if of_family < most && is_usable(address) && !kept.contains(&address) {
                kept.push(address);
            }
        }
        Self(kept)
    }

    /// In their order.
    pub fn iter(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.0.iter().copied()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them means the same everywhere: whoever has only those of a household is found from nowhere else.
    pub fn lead_anywhere(&self) -> bool {
        self.iter().any(|address| !is_near(address.ip()))
    }

    /// Those that somebody in this place may be led to: all that mean the same everywhere, and those of a household only
    /// if the entry names a public address that is ours too. Anybody else's household is a chance to be led astray in
    /// ours.
    pub fn from_here<'a>(&'a self, ours: &'a Self) -> impl Iterator<Item = SocketAddr> + 'a {
        let is_neighbour = self
            .iter()
            .filter(|address| !is_near(address.ip()))
            .any(|address| ours.iter().any(|own| own.ip() == address.ip()));
        self.iter().filter(move |address| is_neighbour || !is_near(address.ip()))
    }

    pub(super) fn read(bytes: &[u8; ADDRESSES_BYTES]) -> Self {
        let (v4, v6) = bytes.split_at(IPV4_ADDRESSES * V4);
        let (v4, _) = v4.as_chunks::<V4>();
        let (v6, _) = v6.as_chunks::<V6>();
        let v4 = v4.iter().map(|[a, b, c, d, p, q]| {
            SocketAddr::new(Ipv4Addr::new(*a, *b, *c, *d).into(), u16::from_be_bytes([*p, *q]))
        });
        let v6 = v6.iter().map(|bytes| {
            let (ip, port) = bytes.split_at(16);
            let ip: [u8; 16] = ip.try_into().expect("16 bytes");
            SocketAddr::new(Ipv6Addr::from(ip).into(), u16::from_be_bytes([port[0], port[1]]))
        });
        // An IPv4 address in the form of an IPv6 one would take the place of one.
        let is_itself = |address: &SocketAddr| address.ip().to_canonical() == address.ip();
        Self::new(v4.chain(v6).filter(is_itself))
    }

    pub(super) fn write(&self) -> [u8; ADDRESSES_BYTES] {
        let mut bytes = [0; ADDRESSES_BYTES];
        let (mut v4, mut v6) = (0, IPV4_ADDRESSES * V4);
        for address in self.iter() {
            let at = match address.ip() {
                IpAddr::V4(ip) => {
                    bytes[v4..v4 + 4].copy_from_slice(&ip.octets());
                    v4 += V4;
                    v4 - 2
                }
                IpAddr::V6(ip) => {
                    bytes[v6..v6 + 16].copy_from_slice(&ip.octets());
                    v6 += V6;
                    v6 - 2
                }
            };
            bytes[at..at + 2].copy_from_slice(&address.port().to_be_bytes());
        }
        bytes
    }
}

impl FromIterator<SocketAddr> for Addresses {
    fn from_iter<T: IntoIterator<Item = SocketAddr>>(addresses: T) -> Self {
        Self::new(addresses)
    }
}

fn is_usable(address: SocketAddr) -> bool {
    Candidate { kind: CandidateType::Host, address }.is_usable()
}

/// Whether an address is of a household or a provider's inside (RFC 6598), and means another machine elsewhere.
fn is_near(ip: IpAddr) -> bool {
    let is_shared = matches!(ip, IpAddr::V4(ip) if ip.octets()[0] == 100 && ip.octets()[1] & 0xC0 == 64);
    is_shared || Source::of(ip).is_near()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn addresses(texts: &[&str]) -> Addresses {
        texts.iter().map(|text| text.parse::<SocketAddr>().unwrap()).collect()
    }

    #[test]
    fn what_nothing_may_be_sent_to_and_what_does_not_fit_is_left_out() {
        let kept = addresses(&[
            "127.0.0.1:5",
            "0.0.0.0:5",
            "224.0.0.1:5",
            "255.255.255.255:5",
            "192.0.2.1:0",
            "[::1]:5",
            "[ff02::1]:5",
            "[::]:5",
            "192.0.2.1:5",
            "192.0.2.1:5",
            "[::ffff:192.0.2.1]:5",
            "192.0.2.2:5",
            "[2001:db8::1]:5",
            "192.0.2.3:5",
            "192.0.2.4:5",
            "[2001:db8::2]:5",
            "[2001:db8::3]:5",
        ]);
        let expected =
            addresses(&["192.0.2.1:5", "192.0.2.2:5", "[2001:db8::1]:5", "192.0.2.3:5", "[2001:db8::2]:5"]);
        assert_eq!(kept, expected);
        assert_eq!(kept.iter().count(), 5);
    }

    #[test]
    fn addresses_of_a_household_are_for_who_is_behind_the_same_public_address() {
        let ours = addresses(&["198.51.100.7:900", "192.168.1.5:900"]);
        let neighbour = addresses(&["192.168.1.9:5", "198.51.100.7:5", "[fd00::1]:5"]);
        assert_eq!(neighbour.from_here(&ours).count(), 3);
        let stranger = addresses(&["192.168.1.5:5", "203.0.113.1:5", "100.64.0.1:5", "169.254.0.1:5"]);
        let [kept] = stranger.from_here(&ours).collect::<Vec<_>>()[..] else { panic!("one") };
        assert_eq!(kept, "203.0.113.1:5".parse().unwrap());
        // That both have one of a household is no proof of anything.
        assert_eq!(addresses(&["192.168.1.5:5"]).from_here(&ours).count(), 0);
    }

    proptest! {
        #[test]
        fn any_bytes_are_addresses_that_may_be_sent_to_and_are_written_as_they_were_read(
            bytes in any::<[u8; 32]>(), more in any::<[u8; 22]>()
        ) {
            let mut all = [0; ADDRESSES_BYTES];
            all[..32].copy_from_slice(&bytes);
            all[32..].copy_from_slice(&more);
            let read = Addresses::read(&all);
            prop_assert!(read.iter().all(is_usable));
            prop_assert_eq!(Addresses::read(&read.write()), read);
        }
    }
}
