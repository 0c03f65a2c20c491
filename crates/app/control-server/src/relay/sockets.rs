use std::{
    collections::{HashMap, HashSet},
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    ops::RangeInclusive,
};

use lanrage_nat::turn::{AllocationId, IpFamily, PortWish, RelayFailed};
use mio::{Interest, Registry, Token};

use super::udp::Port;

/// Ports that are tried for one allocation before it is refused.
const PORT_TRIES: usize = 64;

/// All UDP sockets, numbered: first those that clients send to, then those of allocations.
#[derive(Debug)]
pub(super) struct Sockets {
    /// The primary port and, if RFC 5780 is offered, the alternate one.
    pub(super) shared: Vec<Port>,
    relays: Vec<Option<Relay>>,
    free: Vec<usize>,
    of: HashMap<AllocationId, usize>,
    places: Places,
    /// The relayed addresses that are not this machine's but a router's, which translates them one to one.
    translated: HashSet<SocketAddr>,
}

/// The socket of one allocation.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) allocation: AllocationId,
    pub(super) port: Port,
    /// The address under which peers reach it.
    pub(super) relayed: SocketAddr,
}

/// A port that is bound for an allocation, and the address under which peers reach it.
#[derive(Debug)]
pub(super) struct Bound {
    ip: IpAddr,
    port: Port,
}

/// What was found for an allocation.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) first: Bound,
    /// The port above, if it was wished for.
    pub(super) above: Option<Bound>,
}

/// Where relayed addresses come from.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// Ports, of which one is drawn.
    pub(super) ports: RangeInclusive<u16>,
    /// Addresses under which peers reach this machine; for a family that is not here, the one that the client reached.
    pub(super) addresses: Vec<IpAddr>,
}

impl Sockets {
    /// Numbers below this are shared sockets.
    pub(super) const SHARED: u32 = 2;

    pub(super) fn new(shared: Vec<Port>, places: Places) -> Self {
        let (of, translated) = (HashMap::new(), HashSet::new());
        Self { shared, relays: Vec::new(), free: Vec::new(), of, places, translated }
    }

    /// The socket of this number.
    pub(super) fn port(&self, number: u32) -> Option<&Port> {
        match number.checked_sub(Self::SHARED) {
            None => self.shared.get(number as usize),
            Some(slot) => self.relay(slot as usize).map(|relay| &relay.port),
        }
    }

    /// The shared socket that is bound to this port.
    pub(super) fn shared_on(&self, port: u16) -> u32 {
        let index = self.shared.iter().position(|shared| shared.port == port);
        index.and_then(|index| u32::try_from(index).ok()).unwrap_or(0)
    }

    pub(super) fn relay(&self, slot: usize) -> Option<&Relay> {
        self.relays.get(slot)?.as_ref()
    }

    /// The number of an allocation's socket.
    pub(super) fn number_of(&self, allocation: AllocationId) -> Option<u32> {
        self.of.get(&allocation).and_then(|slot| u32::try_from(*slot).ok()).map(|slot| slot + Self::SHARED)
    }

    /// Finds a port as it is wished for, of the address under which peers reach this machine.
    pub(super) fn place(
        &self,
        family: IpFamily,
        wish: PortWish,
        reached: IpAddr,
    ) -> Result<Place, RelayFailed> {
        let fits = |ip: &IpAddr| IpFamily::of(*ip) == family && !ip.is_unspecified();
        let ip = self.places.addresses.iter().copied().find(fits).or(Some(reached).filter(fits));
        let taken: Vec<u16> = self.shared.iter().map(|shared| shared.port).collect();
        bind(ip.ok_or(RelayFailed::Family)?, &self.places.ports, &taken, wish)
    }

    /// Takes a bound port as the socket of an allocation, and returns the address under which peers reach it.
    pub(super) fn open(
        &mut self,
        registry: &Registry,
        token_of: impl Fn(usize) -> Token,
        allocation: AllocationId,
        Bound { ip, mut port }: Bound,
    ) -> Result<SocketAddr, RelayFailed> {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.relays.push(None);
            self.relays.len() - 1
        });
        if let Err(error) = registry.register(&mut port.socket, token_of(slot), Interest::READABLE) {
            tracing::warn!(%error, "a relay socket cannot be watched");
            self.free.push(slot);
            return Err(RelayFailed::Capacity);
        }
        let relayed = SocketAddr::new(ip, port.port);
        let is_translated = port.socket.local_addr().is_ok_and(|bound| bound.ip().is_unspecified());
        if is_translated {
            self.translated.insert(relayed);
        }
        self.relays[slot] = Some(Relay { allocation, port, relayed });
        self.of.insert(allocation, slot);
        Ok(relayed)
    }

    pub(super) fn close(&mut self, registry: &Registry, allocation: AllocationId) {
        let Some(slot) = self.of.remove(&allocation) else { return };
        if let Some(mut relay) = self.relays.get_mut(slot).and_then(Option::take) {
            self.translated.remove(&relay.relayed);
            let _ = registry.deregister(&mut relay.port.socket);
            self.free.push(slot);
        }
    }
}

impl Sockets {
    /// Where a datagram to a peer is sent: to an allocation of ours behind a router that translates, on this machine itself.
    /// The router would have to send it back, which few do, and as somebody else's then.
    pub(super) fn way_to_peer(&self, peer: SocketAddr) -> SocketAddr {
        if self.translated.contains(&peer) { SocketAddr::new(loopback(peer), peer.port()) } else { peer }
    }

    /// Who sent what came to a relay's socket: another allocation of ours by its address outside, as its client knows it.
    pub(super) fn peer_of(&self, relayed: SocketAddr, from: SocketAddr) -> SocketAddr {
        let outside = SocketAddr::new(relayed.ip(), from.port());
        if from.ip() == loopback(from) && self.translated.contains(&outside) { outside } else { from }
    }
}

const fn loopback(like: SocketAddr) -> IpAddr {
    match like {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    }
}

/// Binds a port that cannot be guessed (RFC 8656 §7.2), and is none of those that are `taken`, where clients send to.
fn bind(
    ip: IpAddr,
    ports: &RangeInclusive<u16>,
    taken: &[u16],
    wish: PortWish,
) -> Result<Place, RelayFailed> {
    let (step, above) = match wish {
        PortWish::Any => (1, 0),
        PortWish::Even => (2, 0),
        PortWish::Pair(_) => (2, 1),
    };
    let mut last = None;
    for _ in 0..PORT_TRIES {
        let mut random = [0; 4];
        if getrandom::fill(&mut random).is_err() {
            return Err(RelayFailed::Capacity);
        }
        let port = draw(ports, (step, above), u32::from_ne_bytes(random)).ok_or(RelayFailed::Capacity)?;
        if (port..=port.saturating_add(u16::from(above > 0))).any(|port| taken.contains(&port)) {
            continue;
        }
        match bind_as_wished(ip, port, wish) {
            Ok(place) => return Ok(place),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = Some(error),
            Err(error) => {
                tracing::warn!(%error, %ip, "no relay socket can be opened");
                return Err(RelayFailed::Capacity);
            }
        }
    }
    tracing::warn!(error = ?last, "no free port for a relay socket; a larger range of ports helps");
    Err(RelayFailed::Capacity)
}

/// The port of the range that `random` chooses among those that `step` divides and that have `above` further ports of the
/// range above them; `None` if there are none.
fn draw(ports: &RangeInclusive<u16>, (step, above): (u32, u32), random: u32) -> Option<u16> {
    let first = u32::from(*ports.start()).next_multiple_of(step);
    let last = u32::from(*ports.end()).checked_sub(above)?;
    let count = last.checked_sub(first)? / step + 1;
    u16::try_from(first + step * (random % count)).ok()
}

fn bind_as_wished(ip: IpAddr, port: u16, wish: PortWish) -> io::Result<Place> {
    let first = Bound { ip, port: bind_to(ip, port)? };
    let above = match wish {
        PortWish::Pair(_) => Some(Bound { ip, port: bind_to(ip, port.saturating_add(1))? }),
        PortWish::Any | PortWish::Even => None,
    };
    Ok(Place { first, above })
}

fn bind_to(ip: IpAddr, port: u16) -> io::Result<Port> {
    match Port::relay(SocketAddr::new(ip, port)) {
        // The public address is not on this machine but on a router that translates it one to one.
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
            let any: IpAddr =
                if ip.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
            Port::relay(SocketAddr::new(any, port))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_port_is_drawn_from_the_range_as_it_is_wished_for() {
        let drawn = |start, end, shape| {
            let drawn: BTreeSet<_> =
                (0..1_000).filter_map(|random| draw(&(start..=end), shape, random)).collect();
            drawn.into_iter().collect::<Vec<u16>>()
        };
        for (start, end, any, even, pairs) in [
            (1, 5, &[1, 2, 3, 4, 5][..], &[2, 4][..], &[2, 4][..]),
            (2, 4, &[2, 3, 4], &[2, 4], &[2]),
            (3, 3, &[3], &[], &[]),
            (4, 4, &[4], &[4], &[]),
            (65_534, 65_535, &[65_534, 65_535], &[65_534], &[65_534]),
            (65_535, 65_535, &[65_535], &[], &[]),
        ] {
            assert_eq!(drawn(start, end, (1, 0)), any);
            assert_eq!(drawn(start, end, (2, 0)), even);
            assert_eq!(drawn(start, end, (2, 1)), pairs);
        }
    }

    #[test]
    fn allocations_of_one_machine_behind_a_translator_meet_on_it_and_know_each_other_by_the_address_outside()
    {
        let places = Places { ports: 1..=2, addresses: Vec::new() };
        let mut sockets = Sockets::new(Vec::new(), places);
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let (one, two) = (at("203.0.113.13:50000"), at("203.0.113.13:50001"));
        sockets.translated.extend([one, two]);
        let to = sockets.way_to_peer(two);
        assert_eq!(to, at("127.0.0.1:50001"));
        assert_eq!(sockets.peer_of(two, at("127.0.0.1:50000")), one);
        // Everybody else is whom it is, another program of this machine too.
        for other in ["203.0.113.13:50002", "198.51.100.7:50000"] {
            assert_eq!(sockets.way_to_peer(at(other)), at(other));
        }
        for other in ["127.0.0.1:9", "198.51.100.7:50000"] {
            assert_eq!(sockets.peer_of(two, at(other)), at(other));
        }
    }
}
