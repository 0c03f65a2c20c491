//! Address realms (RFC 2663 §2.1) and the translators between them, one behind the other as with a carrier's.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use crate::{Rng, Router, expected::Nat};

/// Index of a realm; the internet is the first.
pub type RealmId = usize;

/// The realm of public addresses.
pub const INTERNET: RealmId = 0;

/// Who has an address in a realm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    /// A host, by a number of the test's own.
    Host(usize),
    /// The outside of a router.
    Router(usize),
    /// A server, by a number of the test's own.
    Server(usize),
}

/// Headers of IPv4 and UDP.
const HEADER_BYTES: usize = 28;

#[derive(Debug, Default)]
struct Realm {
    nodes: BTreeMap<IpAddr, Node>,
    gateway: Option<usize>,
}

/// A translator where it stands.
#[derive(Debug)]
struct Gateway {
    router: Router,
    /// Whether UDP passes.
    udp: bool,
    /// Bytes of the largest IP packet that passes.
    mtu: usize,
    inside: RealmId,
    outside: RealmId,
}

/// Why a datagram got nowhere.
pub type Lost = &'static str;

/// A datagram on its way between realms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flight {
    /// Where it is.
    pub realm: RealmId,
    /// Its source, as seen there.
    pub from: SocketAddr,
    /// Its destination, as seen there.
    pub to: SocketAddr,
}

/// Everything between the hosts.
#[derive(Debug)]
pub struct Internet {
    realms: Vec<Realm>,
    gateways: Vec<Gateway>,
    next_public: u8,
}

impl Default for Internet {
    fn default() -> Self {
        Self::new()
    }
}

impl Internet {
    /// The realm of public addresses, without anybody in it.
    #[must_use]
    pub fn new() -> Self {
        Self { realms: vec![Realm::default()], gateways: Vec::new(), next_public: 10 }
    }

    /// An address that nobody else on the internet has.
    pub fn public_address(&mut self) -> IpAddr {
        self.next_public += 1;
        Ipv4Addr::new(203, 0, 113, self.next_public).into()
    }

    /// Gives an address to a node.
    pub fn place(&mut self, realm: RealmId, address: IpAddr, node: Node) {
        self.realms[realm].nodes.insert(address, node);
    }

    /// Takes an address back.
    pub fn remove(&mut self, realm: RealmId, address: IpAddr) {
        self.realms[realm].nodes.remove(&address);
    }

    /// The first free address of a private network.
    ///
    /// # Panics
    /// If there are hundreds of hosts.
    #[must_use]
    pub fn free_address(&self, realm: RealmId, network: [u8; 3]) -> IpAddr {
        let [a, b, c] = network;
        let mut all = (2..250).map(|d| IpAddr::from(Ipv4Addr::new(a, b, c, d)));
        all.find(|ip| !self.realms[realm].nodes.contains_key(ip)).expect("a handful of hosts")
    }

    /// A new realm behind a new router at `external` in `outside`; gives both.
    pub fn add_router(
        &mut self,
        nat: Nat,
        outside: RealmId,
        external: IpAddr,
        udp: bool,
        rng: &mut Rng,
    ) -> (usize, RealmId) {
        let (router, inside) = (self.gateways.len(), self.realms.len());
        self.realms.push(Realm { nodes: BTreeMap::new(), gateway: Some(router) });
        let mtu = rng.pick(&[1_500, 1_500, 1_500, 1_492, 1_400]);
        let lifetime = Duration::from_secs(rng.pick(&[30, 60, 120, 300]));
        let translator =
            Router::new(nat, external, lifetime).with_inbound_refresh(rng.chance(500)).with_sessions();
        self.gateways.push(Gateway { router: translator, udp, mtu, inside, outside });
        self.place(outside, external, Node::Router(router));
        (router, inside)
    }

    /// The router forgets its mappings.
    pub fn flush(&mut self, router: usize) {
        self.gateways[router].router.flush();
    }

    /// Where the internet sees streams from: the outermost address.
    #[must_use]
    pub fn outermost(&self, mut realm: RealmId, host: IpAddr) -> IpAddr {
        let mut address = host;
        while let Some(gateway) = self.realms[realm].gateway {
            (realm, address) = (self.gateways[gateway].outside, self.gateways[gateway].router.external());
        }
        address
    }

    /// Carries a datagram from its sender outward, until a realm in which the destination is known.
    ///
    /// # Errors
    /// Why it gets lost.
    pub fn outward(
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
            let gateway = &mut self.gateways[gateway];
            if !gateway.udp {
                return Err("UDP is blocked");
            }
            if bytes + HEADER_BYTES > gateway.mtu {
                return Err("too large");
            }
            let router = &mut gateway.router;
            if flight.to.ip() == router.external() {
                if !router.hairpins() {
                    return Err("no hairpin");
                }
                flight.from = router.outbound(now, flight.from, flight.to, rng);
                flight.to = router.turned_back(now, flight.from, flight.to.port()).ok_or("no mapping")?;
                continue;
            }
            flight.from = router.outbound(now, flight.from, flight.to, rng);
            flight.realm = gateway.outside;
        }
    }

    /// Carries it from that realm inward, to whom it is for.
    ///
    /// # Errors
    /// Why it gets lost.
    pub fn inward(
        &mut self,
        now: Duration,
        mut flight: Flight,
        bytes: usize,
    ) -> Result<(Node, Flight), Lost> {
        loop {
            match self.realms[flight.realm].nodes.get(&flight.to.ip()) {
                None => return Err("gone"),
                Some(Node::Router(router)) => {
                    let gateway = &mut self.gateways[*router];
                    if !gateway.udp || bytes + HEADER_BYTES > gateway.mtu {
                        return Err("blocked");
                    }
                    let inside = gateway.router.inbound(now, flight.from, flight.to.port());
                    flight.to = inside.ok_or("filtered")?;
                    flight.realm = gateway.inside;
                }
                Some(node) => return Ok((*node, flight)),
            }
        }
    }
}
