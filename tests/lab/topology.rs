//! The shape of a lab: one public segment, and private LANs behind routers on it.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use crate::{Host, NatBehaviour, ip};

/// How long a new lab may take until pings pass through it.
const SETTLE_LIMIT: Duration = Duration::from_secs(10);

/// A small internet. Build it inside a [`world`](crate::world); it stands until the world ends.
///
/// The public segment is 203.0.113.0/24 (TEST-NET-3, RFC 5737). Nobody there routes to private addresses or out of
/// the lab: what is sent to them vanishes, as on the internet.
#[derive(Debug)]
pub struct Lab {
    internet: Host,
    lans: Vec<Lan>,
    hosts: Vec<(Host, Ipv4Addr)>,
}

/// A private LAN 192.168.n.0/24 behind a NAT router.
#[derive(Debug, Clone)]
pub struct Lan {
    number: u8,
    router: Host,
    behaviour: NatBehaviour,
}

impl Lan {
    /// The router; its address is the public one.
    #[must_use]
    pub fn router(&self) -> &Host {
        &self.router
    }

    /// How the router translates.
    #[must_use]
    pub fn behaviour(&self) -> NatBehaviour {
        self.behaviour
    }

    /// The router's address on its private side, which is the gateway of the hosts.
    #[must_use]
    pub fn gateway(&self) -> Ipv4Addr {
        self.address(1)
    }

    fn address(&self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(192, 168, self.number, last)
    }
}

impl Lab {
    /// A lab with an empty public segment.
    ///
    /// # Errors
    /// If namespaces or a bridge cannot be made here.
    pub fn new() -> Result<Self> {
        let internet = Host::new("internet", public_address(1))?;
        make_bridge(&internet, "public", internet.address())?;
        Ok(Self { internet, lans: Vec::new(), hosts: Vec::new() })
    }

    /// The machine that carries the public segment; all public traffic passes its interface `public`.
    #[must_use]
    pub fn internet(&self) -> &Host {
        &self.internet
    }

    /// Adds a host with the public address 203.0.113.`last`.
    ///
    /// # Errors
    /// If the name or address is taken.
    pub fn public_host(&mut self, name: &str, last: u8) -> Result<Host> {
        let host = Host::new(name, public_address(last))?;
        connect(&host, "eth0", host.address(), &self.internet, "public", name)?;
        ip::batch(name, &format!("route add default via {}\n", self.internet.address()))?;
        self.hosts.push((host.clone(), self.internet.address()));
        Ok(host)
    }

    /// Adds a private LAN behind a router; the n-th one is 192.168.n.0/24 behind 203.0.113.(10 + n).
    ///
    /// # Errors
    /// If the router cannot be made, or there are a hundred already.
    pub fn lan(&mut self, behaviour: NatBehaviour) -> Result<Lan> {
        let number = u8::try_from(self.lans.len() + 1)?;
        ensure!(number <= 100, "a lab has at most 100 LANs");
        let router = Host::new(&format!("router{number}"), public_address(10 + number))?;
        let lan = Lan { number, router, behaviour };
        let router = &lan.router;
        connect(router, "wan", router.address(), &self.internet, "public", router.name())?;
        make_bridge(router, "lan", lan.gateway())?;
        ip::batch(router.name(), &format!("route add default via {}\n", self.internet.address()))?;
        ip::load_rules(router.name(), &behaviour.rules())?;
        router.set_sysctl("net/ipv4/ip_forward", "1")?;
        self.lans.push(lan.clone());
        Ok(lan)
    }

    /// Adds a host to a private LAN: its first one is 192.168.n.10, the second .11, and so on.
    ///
    /// # Errors
    /// If the name is taken.
    pub fn host(&mut self, lan: &Lan, name: &str) -> Result<Host> {
        let network = |address: Ipv4Addr| address.octets()[..3].to_owned();
        let neighbours =
            self.hosts.iter().filter(|(host, _)| network(host.address()) == network(lan.gateway()));
        let host = Host::new(name, lan.address(u8::try_from(10 + neighbours.count())?))?;
        connect(&host, "eth0", host.address(), &lan.router, "lan", name)?;
        ip::batch(name, &format!("route add default via {}\n", lan.gateway()))?;
        // Beyond the router, so that the ping of `settle` proves the translation too.
        self.hosts.push((host.clone(), self.internet.address()));
        Ok(host)
    }

    /// Waits until every host's pings reach the public segment.
    ///
    /// # Errors
    /// If one does not within ten seconds.
    pub fn settle(&self) -> Result<()> {
        let deadline = Instant::now() + SETTLE_LIMIT;
        for (host, target) in &self.hosts {
            while !host.can_ping(*target)? {
                ensure!(Instant::now() < deadline, "{} does not reach {target}", host.name());
            }
        }
        Ok(())
    }
}

fn public_address(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(203, 0, 113, last)
}

fn make_bridge(owner: &Host, bridge: &str, address: Ipv4Addr) -> Result<()> {
    ip::batch(
        owner.name(),
        &format!(
            "link add {bridge} type bridge\n\
             address add {address}/24 brd + dev {bridge}\n\
             link set {bridge} up\n"
        ),
    )
}

/// Plugs `host`'s new interface, with this address, into the bridge of `owner`.
fn connect(
    host: &Host,
    interface: &str,
    address: Ipv4Addr,
    owner: &Host,
    bridge: &str,
    port: &str,
) -> Result<()> {
    let (host, owner) = (host.name(), owner.name());
    ensure!(port.len() <= 12, "the name {port} is longer than an interface's may be");
    ip::run(&format!("link add {interface} netns {host} type veth peer name to-{port} netns {owner}"))?;
    ip::batch(owner, &format!("link set to-{port} master {bridge} up\n"))?;
    ip::batch(host, &format!("address add {address}/24 brd + dev {interface}\nlink set {interface} up\n"))
}
