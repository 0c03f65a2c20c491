//! Address realms (RFC 2663 §2.1) and the translators between them, as RFC 4787 describes them.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use super::{
    expected::{Dependence, Nat, PortAssignment},
    rng::Rng,
};

/// Index of a realm; the internet is the first.
pub(super) type RealmId = usize;
pub(super) const INTERNET: RealmId = 0;

/// Who has an address in a realm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Host(usize),
    /// The outside of a router.
    Router(usize),
    Server(usize),
}

#[derive(Debug, Default)]
struct Realm {
    nodes: BTreeMap<IpAddr, Node>,
    gateway: Option<usize>,
}

#[derive(Debug)]
struct Router {
    nat: Nat,
    /// Whether UDP passes.
    udp: bool,
    /// Bytes of the largest IP packet that passes.
    mtu: usize,
    inside: RealmId,
    outside: RealmId,
    external: IpAddr,
    /// How long a mapping lives unused (RFC 4787 §4.3).
    timeout: Duration,
    inbound_refreshes: bool,
    mappings: Vec<Mapping>,
}

#[derive(Debug)]
struct Mapping {
    internal: SocketAddr,
    external_port: u16,
    /// The remote that it is for, as far as the mapping depends on it.
    remote: (Option<IpAddr>, Option<u16>),
    /// Whom it was used to send to.
    sent_to: Vec<SocketAddr>,
    /// Who was let in by it. An answer leaves as what it answers came in: translators keep sessions.
    let_in: Vec<SocketAddr>,
    used_at: Duration,
}

/// Why a datagram got nowhere.
pub(super) type Lost = &'static str;

/// A datagram on its way between realms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) realm: RealmId,
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
}

/// Everything between the hosts.
#[derive(Debug)]
pub(super) struct Internet {
    realms: Vec<Realm>,
    routers: Vec<Router>,
    next_public: u8,
}

impl Internet {
    pub(super) fn new() -> Self {
        Self { realms: vec![Realm::default()], routers: Vec::new(), next_public: 10 }
    }

    /// An address that nobody else on the internet has.
    pub(super) fn public_address(&mut self) -> IpAddr {
        self.next_public += 1;
        Ipv4Addr::new(203, 0, 113, self.next_public).into()
    }

    pub(super) fn place(&mut self, realm: RealmId, address: IpAddr, node: Node) {
        self.realms[realm].nodes.insert(address, node);
    }

    pub(super) fn remove(&mut self, realm: RealmId, address: IpAddr) {
        self.realms[realm].nodes.remove(&address);
    }

    /// The first free address of a private network.
    pub(super) fn free_address(&self, realm: RealmId, network: [u8; 3]) -> IpAddr {
        let [a, b, c] = network;
        let mut all = (2..250).map(|d| IpAddr::from(Ipv4Addr::new(a, b, c, d)));
        all.find(|ip| !self.realms[realm].nodes.contains_key(ip)).expect("a handful of hosts")
    }

    /// A new realm behind a new router at `external` in `outside`; gives both.
    pub(super) fn add_router(
        &mut self,
        nat: Nat,
        outside: RealmId,
        external: IpAddr,
        udp: bool,
        rng: &mut Rng,
    ) -> (usize, RealmId) {
        let (router, inside) = (self.routers.len(), self.realms.len());
        self.realms.push(Realm { nodes: BTreeMap::new(), gateway: Some(router) });
        self.routers.push(Router {
            nat,
            udp,
            mtu: rng.pick(&[1_500, 1_500, 1_500, 1_492, 1_400]),
            inside,
            outside,
            external,
            timeout: Duration::from_secs(rng.pick(&[30, 60, 120, 300])),
            inbound_refreshes: rng.chance(500),
            mappings: Vec::new(),
        });
        self.place(outside, external, Node::Router(router));
        (router, inside)
    }

    /// The router forgets its mappings.
    pub(super) fn flush(&mut self, router: usize) {
        self.routers[router].mappings.clear();
    }

    /// Where the internet sees streams from: the outermost address.
    pub(super) fn outermost(&self, mut realm: RealmId, host: IpAddr) -> IpAddr {
        let mut address = host;
        while let Some(gateway) = self.realms[realm].gateway {
            (realm, address) = (self.routers[gateway].outside, self.routers[gateway].external);
        }
        address
    }

    /// From the sender outward, until a realm in which the destination is known.
    pub(super) fn outward(
        &mut self,
        now: Duration,
        mut flight: Flight,
        bytes: usize,
        rng: &mut Rng,
    ) -> Result<Flight, Lost> {
        loop {
            let realm = &self.realms[flight.realm];
            if realm.nodes.contains_key(&flight.to.ip()) {
                return Ok(flight);
            }
            let Some(gateway) = realm.gateway else { return Err("nobody has that address") };
            let router = &mut self.routers[gateway];
            if !router.udp {
                return Err("UDP is blocked");
            }
            if bytes + 28 > router.mtu {
                return Err("too large");
            }
            if flight.to.ip() == router.external {
                if !router.nat.hairpin {
                    return Err("no hairpin");
                }
                flight.from = router.outbound(now, flight.from, flight.to, rng);
                flight.to = router.turned_back(now, flight.from, flight.to.port()).ok_or("no mapping")?;
                continue;
            }
            flight.from = router.outbound(now, flight.from, flight.to, rng);
            flight.realm = router.outside;
        }
    }

    /// From that realm inward, to whom it is for.
    pub(super) fn inward(
        &mut self,
        now: Duration,
        mut flight: Flight,
        bytes: usize,
    ) -> Result<(Node, Flight), Lost> {
        loop {
            match self.realms[flight.realm].nodes.get(&flight.to.ip()) {
                None => return Err("gone"),
                Some(Node::Router(router)) => {
                    let router = &mut self.routers[*router];
                    if !router.udp || bytes + 28 > router.mtu {
                        return Err("blocked");
                    }
                    flight.to = router.inbound(now, flight.from, flight.to.port()).ok_or("filtered")?;
                    flight.realm = router.inside;
                }
                Some(node) => return Ok((*node, flight)),
            }
        }
    }
}

impl Router {
    fn expire(&mut self, now: Duration) {
        let timeout = self.timeout;
        self.mappings.retain(|mapping| now < mapping.used_at + timeout);
    }

    /// Gives the external endpoint.
    fn outbound(&mut self, now: Duration, from: SocketAddr, to: SocketAddr, rng: &mut Rng) -> SocketAddr {
        self.expire(now);
        let remote = match self.nat.mapping {
            Dependence::EndpointIndependent => (None, None),
            Dependence::AddressDependent => (Some(to.ip()), None),
            Dependence::AddressAndPortDependent => (Some(to.ip()), Some(to.port())),
        };
        let own = |mapping: &Mapping| mapping.internal == from;
        let mut mappings = self.mappings.iter();
        let answer = mappings.rposition(|mapping| own(mapping) && mapping.let_in.contains(&to));
        let is_it = |mapping: &Mapping| own(mapping) && mapping.remote == remote;
        if let Some(place) = answer.or_else(|| self.mappings.iter().position(is_it)) {
            let mapping = &mut self.mappings[place];
            mapping.used_at = now;
            if !mapping.sent_to.contains(&to) {
                mapping.sent_to.push(to);
            }
            return (self.external, mapping.external_port).into();
        }
        let is_free = |port| self.mappings.iter().all(|mapping| mapping.external_port != port);
        let mut external_port = from.port();
        if self.nat.ports == PortAssignment::Random || !is_free(external_port) {
            external_port = std::iter::repeat_with(|| 20_000 + rng.below(40_000) as u16)
                .find(|port| is_free(*port))
                .expect("most ports are free");
        }
        let sent_to = vec![to];
        let let_in = Vec::new();
        self.mappings.push(Mapping { internal: from, external_port, remote, sent_to, let_in, used_at: now });
        (self.external, external_port).into()
    }

    /// Gives the internal endpoint, if it lets the datagram in.
    fn inbound(&mut self, now: Duration, from: SocketAddr, port: u16) -> Option<SocketAddr> {
        self.expire(now);
        let mapping = self.mappings.iter_mut().find(|mapping| mapping.external_port == port)?;
        let lets_in = match self.nat.filtering {
            Dependence::EndpointIndependent => true,
            Dependence::AddressDependent => mapping.sent_to.iter().any(|to| to.ip() == from.ip()),
            Dependence::AddressAndPortDependent => mapping.sent_to.contains(&from),
        };
        if lets_in && self.inbound_refreshes {
            mapping.used_at = now;
        }
        if lets_in && !mapping.let_in.contains(&from) {
            mapping.let_in.push(from);
        }
        lets_in.then_some(mapping.internal)
    }

    /// The internal endpoint that one from inside means. The filter is for those outside.
    fn turned_back(&mut self, now: Duration, from: SocketAddr, port: u16) -> Option<SocketAddr> {
        self.expire(now);
        let mapping = self.mappings.iter_mut().find(|mapping| mapping.external_port == port)?;
        if !mapping.let_in.contains(&from) {
            mapping.let_in.push(from);
        }
        Some(mapping.internal)
    }
}
