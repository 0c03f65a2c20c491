use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    ops::RangeInclusive,
};

use lanrage_nat::turn::{AllocationId, FiveTuple, IpFamily, RelayFailed};
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
}

/// The socket of one allocation.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) allocation: AllocationId,
    pub(super) port: Port,
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
        Self { shared, relays: Vec::new(), free: Vec::new(), of: HashMap::new(), places }
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

    /// Opens the socket of an allocation, and returns the address under which peers reach it.
    pub(super) fn open(
        &mut self,
        registry: &Registry,
        token_of: impl Fn(usize) -> Token,
        allocation: AllocationId,
        family: IpFamily,
        client: FiveTuple,
    ) -> Result<SocketAddr, RelayFailed> {
        let reached = client.server.ip();
        let fits = |ip: &IpAddr| IpFamily::of(*ip) == family && !ip.is_unspecified();
        let ip = self.places.addresses.iter().copied().find(fits).or(Some(reached).filter(fits));
        let ip = ip.ok_or(RelayFailed)?;
        let mut port = bind(ip, &self.places.ports)?;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.relays.push(None);
            self.relays.len() - 1
        });
        if let Err(error) = registry.register(&mut port.socket, token_of(slot), Interest::READABLE) {
            tracing::warn!(%error, "a relay socket cannot be watched");
            self.free.push(slot);
            return Err(RelayFailed);
        }
        let relayed = SocketAddr::new(ip, port.port);
        self.relays[slot] = Some(Relay { allocation, port });
        self.of.insert(allocation, slot);
        Ok(relayed)
    }

    pub(super) fn close(&mut self, registry: &Registry, allocation: AllocationId) {
        let Some(slot) = self.of.remove(&allocation) else { return };
        if let Some(mut relay) = self.relays.get_mut(slot).and_then(Option::take) {
            let _ = registry.deregister(&mut relay.port.socket);
            self.free.push(slot);
        }
    }
}

/// Binds a port that cannot be guessed (RFC 8656 §7.2).
fn bind(ip: IpAddr, ports: &RangeInclusive<u16>) -> Result<Port, RelayFailed> {
    let count = u32::from(*ports.end()) + 1 - u32::from(*ports.start()).min(u32::from(*ports.end()));
    let mut last = None;
    for _ in 0..PORT_TRIES {
        let mut random = [0; 4];
        if getrandom::fill(&mut random).is_err() {
            return Err(RelayFailed);
        }
        let offset = u32::from_ne_bytes(random) % count;
        let port = u16::try_from(u32::from(*ports.start()) + offset).unwrap_or(*ports.end());
        match bind_to(ip, port) {
            Ok(port) => return Ok(port),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = Some(error),
            Err(error) => {
                tracing::warn!(%error, %ip, "no relay socket can be opened");
                return Err(RelayFailed);
            }
        }
    }
    tracing::warn!(error = ?last, "no free port for a relay socket; a larger range of ports helps");
    Err(RelayFailed)
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
