//! Allocations on relays: which channel leads to which peer, and whose ChannelData a datagram is.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use lanrage_base::{channel_data, sources::Source};
use lanrage_party::{
    AllocationId, Remote,
    facts::DropReason,
    limits::{CHANNELS, OPEN_ALLOCATIONS},
};

use crate::datagram::hop::Hop;

/// A relay behind TCP or TLS. Its connection is made, read and written elsewhere; what is read comes back through
/// [`Tunnel::receive_relayed`](crate::Tunnel::receive_relayed) and
/// [`Tunnel::receive_channel_data`](crate::Tunnel::receive_channel_data).
pub trait RelayStream: Send + Sync {
    /// Queues one message for the stream, already padded to a multiple of four bytes (RFC 8656 §12.5). It must not
    /// block. False if its bounded queue is full: the message is dropped and counted, as UDP would drop it.
    fn send(&self, message: &[u8]) -> bool;
}

/// How an allocation's relay is reached.
#[derive(Clone)]
pub enum RelayLink {
    /// By UDP, from our own sockets.
    Udp {
        /// The relay's address, as its datagrams come from it.
        server: SocketAddr,
    },
    /// By a stream.
    Stream(Arc<dyn RelayStream>),
}

impl std::fmt::Debug for RelayLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Udp { server } => write!(f, "Udp({server})"),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// The ways out: our own sockets, and the open allocations, newest last. Part of the packet threads' snapshot.
#[derive(Clone, Default)]
pub(crate) struct Relays {
    open: Vec<Arc<Allocation>>,
    /// Whether nothing is exchanged with peers but by an allocation, so that none learns our address.
    only: bool,
}

#[derive(Clone)]
struct Allocation {
    id: AllocationId,
    link: RelayLink,
    /// The peer of each channel.
    peers: HashMap<u16, SocketAddr>,
    /// The channel of each peer: the same pairs, the other way round.
    numbers: HashMap<SocketAddr, u16>,
}

impl Relays {
    /// False, and nothing happens, if the id is open already or [`OPEN_ALLOCATIONS`] are.
    pub(crate) fn open(&mut self, id: AllocationId, link: RelayLink) -> bool {
        let fits = self.open.len() < OPEN_ALLOCATIONS && self.with(id).is_none();
        if fits {
            self.open.push(Arc::new(Allocation { id, link, peers: HashMap::new(), numbers: HashMap::new() }));
        }
        fits
    }

    pub(crate) fn close(&mut self, id: AllocationId) {
        self.open.retain(|allocation| allocation.id != id);
    }

    /// Binds a channel to the peer in the place of its own and of the number's former peer, or unbinds it. False,
    /// and nothing happens, for an unknown allocation, a number that no channel has, and over [`CHANNELS`].
    pub(crate) fn set_channel(&mut self, id: AllocationId, peer: SocketAddr, channel: Option<u16>) -> bool {
        let Some(allocation) = self.open.iter_mut().find(|allocation| allocation.id == id) else {
            return false;
        };
        let allocation = Arc::make_mut(allocation);
        let Some(number) = channel else {
            allocation.unbind(peer);
            return true;
        };
        let replaces = allocation.numbers.contains_key(&peer) || allocation.peers.contains_key(&number);
        if !channel_data::NUMBERS.contains(&number) || (!replaces && allocation.peers.len() >= CHANNELS) {
            return false;
        }
        allocation.unbind(peer);
        if let Some(former) = allocation.peers.insert(number, peer) {
            allocation.numbers.remove(&former);
        }
        allocation.numbers.insert(peer, number);
        true
    }

    /// Exchanges nothing with peers from now on but by an allocation, or by any way.
    pub(crate) const fn set_only(&mut self, only: bool) {
        self.only = only;
    }

    /// Lets by what a peer says, if it may come that way.
    pub(crate) fn admit(&self, from: Remote) -> Result<(), DropReason> {
        if self.only && from.via.is_none() { Err(DropReason::NotRelayed) } else { Ok(()) }
    }

    /// The next hop on the way to a remote of a peer.
    pub(crate) fn hop(&self, to: Remote) -> Result<Hop, DropReason> {
        self.admit(to)?;
        let Some(id) = to.via else { return Ok(Hop::Straight(to.address)) };
        let allocation = self.with(id).ok_or(DropReason::NoChannel)?;
        let number = *allocation.numbers.get(&to.address).ok_or(DropReason::NoChannel)?;
        Ok(match allocation.link {
            RelayLink::Udp { server } => Hop::Channel { server, number },
            RelayLink::Stream(_) => Hop::Stream { allocation: id, number },
        })
    }

    /// The stream of an allocation.
    pub(crate) fn stream(&self, id: AllocationId) -> Option<&dyn RelayStream> {
        match &self.with(id)?.link {
            RelayLink::Stream(stream) => Some(&**stream),
            RelayLink::Udp { .. } => None,
        }
    }

    /// Whose ChannelData a datagram is, and what is inside.
    pub(crate) fn unwrap_datagram<'a>(
        &self,
        from: SocketAddr,
        datagram: &'a [u8],
    ) -> Result<(Remote, &'a [u8]), DropReason> {
        let at_server = |link: &RelayLink| matches!(link, RelayLink::Udp { server } if *server == from);
        // Two while a relay's allocation is replaced by another at the same relay.
        let mut allocations =
            self.open.iter().rev().filter(|allocation| at_server(&allocation.link)).peekable();
        allocations.peek().ok_or(DropReason::ForeignChannelData)?;
        let (number, data) = channel_data::parse(datagram).ok_or(DropReason::MalformedChannelData)?;
        let remote = allocations.find_map(|allocation| allocation.remote(number));
        Ok((remote.ok_or(DropReason::UnknownChannel)?, data))
    }

    /// Whose ChannelData a message out of an allocation's stream is, and what is inside.
    pub(crate) fn unwrap_message<'a>(
        &self,
        id: AllocationId,
        message: &'a [u8],
    ) -> Result<(Remote, &'a [u8]), DropReason> {
        let allocation = self.with(id).ok_or(DropReason::ForeignChannelData)?;
        let (number, data) = channel_data::parse(message).ok_or(DropReason::MalformedChannelData)?;
        Ok((allocation.remote(number).ok_or(DropReason::UnknownChannel)?, data))
    }

    fn with(&self, id: AllocationId) -> Option<&Allocation> {
        self.open.iter().map(Arc::as_ref).find(|allocation| allocation.id == id)
    }
}

impl Allocation {
    fn remote(&self, number: u16) -> Option<Remote> {
        self.peers.get(&number).map(|peer| Remote::relayed(self.id, *peer))
    }

    fn unbind(&mut self, peer: SocketAddr) {
        if let Some(number) = self.numbers.remove(&peer) {
            self.peers.remove(&number);
        }
    }
}

/// What a WireGuard cookie is bound to (whitepaper §5.3): the source address, and for a relayed datagram an address
/// made up from remote and allocation, in the prefix that is never on a wire (RFC 6666). A relay can claim any peer
/// address, and must not be able to prove it for datagrams that come straight from there.
pub(crate) fn cookie_address(from: Remote) -> IpAddr {
    let Some(allocation) = from.via else { return from.address.ip() };
    let mut hasher = DefaultHasher::new();
    (allocation, from.address.ip()).hash(&mut hasher);
    let prefix = 0x0100_u128 << 112;
    Ipv6Addr::from_bits(prefix | u128::from(hasher.finish())).into()
}

/// Whom a datagram is put down to where sources are counted: its [`Source`], or what [`cookie_address`] makes of that of a
/// relayed one.
pub(crate) fn source_address(from: Remote) -> IpAddr {
    let source = Source::of(from.address.ip()).address();
    cookie_address(Remote { address: SocketAddr::new(source, from.address.port()), ..from })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const ID: AllocationId = AllocationId(7);

    fn server() -> SocketAddr {
        SocketAddr::from(([203, 0, 113, 1], 3478))
    }

    fn peer(n: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], n))
    }

    fn relays() -> Relays {
        let mut relays = Relays::default();
        assert!(relays.open(ID, RelayLink::Udp { server: server() }));
        relays
    }

    #[test]
    fn a_datagram_goes_straight_or_behind_its_channels_header_and_back() {
        let mut relays = relays();
        let remote = Remote::relayed(ID, peer(1));
        assert_eq!(relays.hop(peer(1).into()), Ok(Hop::Straight(peer(1))));
        assert_eq!(relays.hop(remote), Err(DropReason::NoChannel));
        assert!(relays.set_channel(ID, peer(1), Some(0x4abc)));
        let hop = relays.hop(remote).unwrap();
        assert_eq!(hop, Hop::Channel { server: server(), number: 0x4abc });
        let mut frame = *b"----hello...";
        let len = hop.frame(&mut frame, 5);
        assert_eq!(&frame[..len], b"\x4a\xbc\x00\x05hello");
        assert_eq!(relays.unwrap_datagram(server(), &frame[..len]), Ok((remote, &b"hello"[..])));
        let padded = Hop::Stream { allocation: ID, number: 0x4abc }.frame(&mut frame, 5);
        assert_eq!(&frame[..padded], b"\x4a\xbc\x00\x05hello\0\0\0");
        assert_eq!(relays.unwrap_message(ID, &frame[..padded]), Ok((remote, &b"hello"[..])));
    }

    #[test]
    fn channel_data_counts_only_from_its_relay_and_for_a_bound_channel() {
        let mut relays = relays();
        relays.set_channel(ID, peer(1), Some(0x4000));
        let message = b"\x40\x00\x00\x01x";
        let unwrap =
            |relays: &Relays, from, message: &[u8]| relays.unwrap_datagram(from, message).unwrap_err();
        assert_eq!(unwrap(&relays, peer(1), message), DropReason::ForeignChannelData);
        assert_eq!(unwrap(&relays, server(), b"\x40\x01\x00\x01x"), DropReason::UnknownChannel);
        assert_eq!(unwrap(&relays, server(), &message[..4]), DropReason::MalformedChannelData);
        assert_eq!(relays.unwrap_message(AllocationId(8), message), Err(DropReason::ForeignChannelData));
        relays.close(ID);
        assert_eq!(unwrap(&relays, server(), message), DropReason::ForeignChannelData);
        assert_eq!(relays.hop(Remote::relayed(ID, peer(1))), Err(DropReason::NoChannel));
        assert!(!relays.set_channel(ID, peer(1), Some(0x4000)));
    }

    #[test]
    fn two_allocations_at_one_relay_are_told_apart_by_their_channels() {
        let mut relays = relays();
        let newer = AllocationId(8);
        assert!(relays.open(newer, RelayLink::Udp { server: server() }));
        relays.set_channel(ID, peer(1), Some(0x4000));
        relays.set_channel(newer, peer(1), Some(0x4001));
        let from = |number: u8| relays.unwrap_datagram(server(), &[0x40, number, 0, 0]).unwrap().0.via;
        assert_eq!((from(0), from(1)), (Some(ID), Some(newer)));
    }

    #[test]
    fn allocations_and_channels_are_bounded() {
        let mut relays = relays();
        assert!(!relays.open(ID, RelayLink::Udp { server: peer(9) }), "an id is used once");
        let opened =
            (100..200).filter(|n| relays.open(AllocationId(*n), RelayLink::Udp { server: server() }));
        assert_eq!(opened.count() + 1, OPEN_ALLOCATIONS);
        for number in [0, 0x3FFF, 0x5000] {
            assert!(!relays.set_channel(ID, peer(1), Some(number)));
        }
        let bound = (0..1_000).filter(|n| relays.set_channel(ID, peer(*n), Some(0x4000 + n))).count();
        assert_eq!(bound, CHANNELS);
        assert!(relays.set_channel(ID, peer(0), Some(0x4FFF)), "a bound peer may change its number");
        assert!(relays.set_channel(ID, peer(1), None));
        assert!(relays.set_channel(ID, peer(2_000), Some(0x4001)));
    }

    #[test]
    fn a_cookie_is_for_one_address_by_one_way() {
        let straight = peer(1).into();
        let relayed = Remote::relayed(ID, peer(1));
        assert_eq!(cookie_address(straight), peer(1).ip());
        assert_eq!(
            cookie_address(relayed),
            cookie_address(Remote::relayed(ID, peer(2))),
            "as WireGuard: no port"
        );
        let others = [straight, Remote::relayed(AllocationId(8), peer(1)), Remote::relayed(ID, server())];
        for other in others {
            assert_ne!(cookie_address(relayed), cookie_address(other));
        }
    }

    #[test]
    fn one_network_of_ipv6_is_one_source_and_a_relayed_peer_is_its_own() {
        let at = |address: &str| source_address(SocketAddr::new(address.parse().unwrap(), 1).into());
        assert_eq!(at("2001:db8:0:1::1"), at("2001:db8:0:1:ffff::2"));
        assert_ne!(at("2001:db8:0:1::1"), at("2001:db8:0:2::1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
        let relayed = [1, 2].map(|n| Remote::relayed(ID, SocketAddr::from(([192, 0, 2, n], 1))));
        assert_ne!(source_address(relayed[0]), source_address(relayed[1]));
    }

    proptest! {
        #[test]
        fn channels_are_a_bijection_as_in_a_list_of_pairs(
            steps in prop::collection::vec((0_u16..6, prop::option::of(0x3FFE_u16..0x4005)), 0..60)
        ) {
            let mut relays = relays();
            let mut model = BTreeMap::new();
            for (n, channel) in steps {
                relays.set_channel(ID, peer(n), channel);
                match channel {
                    None => {
                        model.remove(&n);
                    }
                    Some(number) if channel_data::NUMBERS.contains(&number) => {
                        model.retain(|_, bound| *bound != number);
                        model.insert(n, number);
                    }
                    Some(_) => {}
                }
                for n in 0..6 {
                    let hop = model.get(&n).map(|number| Hop::Channel { server: server(), number: *number });
                    prop_assert_eq!(relays.hop(Remote::relayed(ID, peer(n))).ok(), hop);
                }
                for number in channel_data::NUMBERS.take(5) {
                    let message = channel_data::header(number, 0);
                    let from = relays.unwrap_datagram(server(), &message).ok().map(|(from, _)| from.address);
                    let expected = model.iter().find(|(_, bound)| **bound == number).map(|(n, _)| peer(*n));
                    prop_assert_eq!(from, expected);
                }
            }
        }
    }
}
