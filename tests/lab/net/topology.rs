//! The shape of a lab: one public segment, and on it hosts, private LANs behind routers, and carriers with LANs of
//! their own.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use super::{Host, ip, nat};
use crate::expected::{Family, Nat, Network};

/// How long a new lab may take until pings pass through it.
const SETTLE_LIMIT: Duration = Duration::from_secs(10);

/// A bridge takes the lowest address of its ports if it has none of its own, and changes it when a port is added: its
/// neighbours would then send to the old one for seconds. There is one bridge on each segment, so all may have the same.
const BRIDGE_MAC: &str = "02:00:00:00:00:01";

/// A small internet. Build it inside a [`world`](crate::world); it stands until the world ends.
///
/// The public segment is 203.0.113.0/24 (TEST-NET-3, RFC 5737), and 2001:db8::/64 (RFC 3849) for those who have IPv6.
/// Nobody there routes to private addresses or out of the lab: what is sent to them vanishes, as on the internet.
#[derive(Debug)]
pub struct Lab {
    internet: Host,
    lans: u8,
    carriers: u8,
    hosts: Vec<(Host, IpAddr)>,
}

/// A LAN behind a router: 192.168.n.0/24 behind a translator, or 2001:db8:n::/64 behind a firewall.
#[derive(Debug, Clone)]
pub struct Lan {
    number: u8,
    family: Family,
    router: Host,
}

/// A provider's segment 100.64.n.0/24 (RFC 6598) behind its translator.
#[derive(Debug, Clone)]
pub struct Carrier {
    number: u8,
    router: Host,
}

impl Lan {
    /// The router; its address is the outer one.
    #[must_use]
    pub fn router(&self) -> &Host {
        &self.router
    }

    /// From now on the router forgets a UDP flow that has been quiet for so many seconds.
    ///
    /// # Errors
    /// If the kernel tracks no connections.
    pub fn forget_udp_after(&self, seconds: u32) -> Result<()> {
        for timeout in ["nf_conntrack_udp_timeout", "nf_conntrack_udp_timeout_stream"] {
            self.router.set_sysctl(&format!("net/netfilter/{timeout}"), &seconds.to_string())?;
        }
        Ok(())
    }

    /// From now on the router lets nothing out for 10.0.0.0/8, as RFC 1918 §3 wants it. One that did would translate it, and
    /// writes that into the very memory in which others of this kernel still see the fragments as they were sent.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn keep_private(&self) -> Result<()> {
        ip::batch(self.router.name(), "route add blackhole 10.0.0.0/8\n")
    }

    /// The router's address on its private side, which is the gateway of the hosts.
    #[must_use]
    pub fn gateway(&self) -> IpAddr {
        self.address(1)
    }

    fn contains(&self, address: IpAddr) -> bool {
        (0..=u8::MAX).any(|last| self.address(last) == address)
    }

    fn address(&self, last: u8) -> IpAddr {
        match self.family {
            Family::V6 => Ipv6Addr::new(0x2001, 0xdb8, self.number.into(), 0, 0, 0, 0, last.into()).into(),
            Family::V4 | Family::Both => Ipv4Addr::new(192, 168, self.number, last).into(),
        }
    }
}

impl Carrier {
    /// The translator; its address is the public one.
    #[must_use]
    pub fn router(&self) -> &Host {
        &self.router
    }

    fn address(&self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(100, 64, self.number, last)
    }
}

impl Lab {
    /// A lab with an empty public segment.
    ///
    /// # Errors
    /// If namespaces or a bridge cannot be made here.
    pub fn new() -> Result<Self> {
        let internet = Host::new("internet", public_address(1).into())?;
        make_bridge(&internet, "public", internet.ip())?;
        Ok(Self { internet, lans: 0, carriers: 0, hosts: Vec::new() })
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
        let host = Host::new(name, public_address(last).into())?;
        connect(&host, "eth0", host.ip(), &self.internet, "public", name)?;
        ip::batch(name, &format!("route add default via {}\n", self.internet.ip()))?;
        self.hosts.push((host.clone(), self.internet.ip()));
        Ok(host)
    }

    /// Adds a host with the public addresses 203.0.113.`last` and 2001:db8::`last`.
    ///
    /// # Errors
    /// If the name or address is taken, or the kernel has no IPv6.
    pub fn dual_stack_host(&mut self, name: &str, last: u8) -> Result<Host> {
        let host = self.public_host(name, last)?;
        self.carry_ipv6()?;
        let gateway = public_address_v6(1);
        ip::batch(
            name,
            &format!(
                "address add {}/64 dev eth0 nodad\nroute add default via {gateway}\n",
                public_address_v6(last)
            ),
        )?;
        self.hosts.push((host.clone(), gateway.into()));
        Ok(host)
    }

    /// Gives a public host the public addresses 203.0.113.`first` and so many more that follow.
    ///
    /// # Errors
    /// If one is taken.
    pub fn more_public_addresses(&self, host: &Host, first: u8, count: u8) -> Result<Vec<Ipv4Addr>> {
        let addresses: Vec<_> = (first..first + count).map(public_address).collect();
        let lines = addresses.iter().map(|address| format!("address add {address}/24 dev eth0\n"));
        ip::batch(host.name(), &lines.collect::<String>())?;
        Ok(addresses)
    }

    /// The IPv6 address of a public host that has both families.
    #[must_use]
    pub fn ipv6_of(host: &Host) -> Ipv6Addr {
        let [.., last] = host.address().octets();
        public_address_v6(last)
    }

    /// Gives the public segment its IPv6 addresses, once.
    fn carry_ipv6(&self) -> Result<()> {
        self.internet.set_sysctl("net/ipv6/conf/all/forwarding", "1").context("IPv6 is needed")?;
        let address = public_address_v6(1);
        ip::batch(self.internet.name(), &format!("address replace {address}/64 dev public nodad\n"))
    }

    /// Adds a private LAN behind a translator; the n-th one is 192.168.n.0/24 behind 203.0.113.(10 + n).
    ///
    /// # Errors
    /// If the router cannot be made, or there are a hundred already.
    pub fn lan(&mut self, nat: Nat) -> Result<Lan> {
        self.home(&Network::behind(nat), None)
    }

    /// Adds the translator of a provider; the n-th one is 203.0.113.(120 + n).
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn carrier(&mut self, nat: Nat) -> Result<Carrier> {
        self.carriers += 1;
        let number = self.carriers;
        let carrier = Carrier {
            number,
            router: Host::new(&format!("carrier{number}"), public_address(120 + number).into())?,
        };
        let router = &carrier.router;
        connect(router, "wan", router.ip(), &self.internet, "public", router.name())?;
        make_bridge(router, "lan", carrier.address(1).into())?;
        ip::batch(router.name(), &format!("route add default via {}\n", self.internet.ip()))?;
        ip::load_rules(router.name(), &nat::rules(&nat, router.address(), true))?;
        router.set_sysctl("net/ipv4/ip_forward", "1")?;
        Ok(carrier)
    }

    /// Adds a LAN behind the router that `network` describes, in public or behind a carrier's translator.
    ///
    /// # Errors
    /// If the network has no router at home, if the router cannot be made, or if there are a hundred already.
    pub fn home(&mut self, network: &Network, carrier: Option<&Carrier>) -> Result<Lan> {
        let nat = network.home.context("a network without a router is no LAN")?;
        let number = self.lans + 1;
        ensure!(number <= 100, "a lab has at most 100 LANs");
        self.lans = number;
        let family = network.family;
        let name = format!("router{number}");
        let (outer, gateway): (IpAddr, IpAddr) = match (family, carrier) {
            (Family::V6, _) => (public_address_v6(10 + number).into(), public_address_v6(1).into()),
            (_, None) => (public_address(10 + number).into(), self.internet.ip()),
            (_, Some(carrier)) => (carrier.address(10 + number).into(), carrier.address(1).into()),
        };
        let lan = Lan { number, family, router: Host::new(&name, outer)? };
        let router = &lan.router;
        let (owner, bridge) = carrier.map_or((&self.internet, "public"), |carrier| (&carrier.router, "lan"));
        connect(router, "wan", outer, owner, bridge, &name)?;
        make_bridge(router, "lan", lan.gateway())?;
        if family == Family::V6 {
            self.carry_ipv6()?;
            let route = format!("route add {}/64 via {outer}\n", lan.address(0));
            ip::batch(self.internet.name(), &route)?;
            ip::load_rules(&name, &nat::firewall(network.udp))?;
            router.set_sysctl("net/ipv6/conf/all/forwarding", "1")?;
        } else {
            ip::load_rules(&name, &nat::rules(&nat, router.address(), network.udp))?;
            router.set_sysctl("net/ipv4/ip_forward", "1")?;
        }
        ip::batch(&name, &format!("route add default via {gateway}\n"))?;
        Ok(lan)
    }

    /// Adds a host to a LAN: its first one has the number 10, the second 11, and so on.
    ///
    /// # Errors
    /// If the name is taken.
    pub fn host(&mut self, lan: &Lan, name: &str) -> Result<Host> {
        let neighbours = self.hosts.iter().filter(|(host, _)| lan.contains(host.ip())).count();
        let host = Host::new(name, lan.address(u8::try_from(10 + neighbours)?))?;
        connect(&host, "eth0", host.ip(), &lan.router, "lan", name)?;
        ip::batch(name, &format!("route add default via {}\n", lan.gateway()))?;
        // Beyond the router, so that the ping of `settle` proves the translation too.
        let beyond = if lan.family == Family::V6 { public_address_v6(1).into() } else { self.internet.ip() };
        self.hosts.push((host.clone(), beyond));
        Ok(host)
    }

    /// Gives a host in a LAN of IPv6 so many more addresses there, as anybody's computer may take: each has a /64.
    ///
    /// # Errors
    /// If the LAN has IPv4.
    pub fn more_addresses(&mut self, host: &Host, lan: &Lan, count: u16) -> Result<Vec<IpAddr>> {
        ensure!(lan.family == Family::V6, "a LAN of IPv4 has no room for them");
        let prefix = |number| Ipv6Addr::new(0x2001, 0xdb8, lan.number.into(), 0, 0, 0, 1, number);
        let addresses: Vec<_> = (0..count).map(prefix).collect();
        let lines = addresses.iter().map(|address| format!("address add {address}/64 dev eth0 nodad\n"));
        ip::batch(host.name(), &lines.collect::<String>())?;
        Ok(addresses.into_iter().map(IpAddr::from).collect())
    }

    /// Gives a host, which stands in `home`, a second uplink elsewhere, its interface `eth1`, which is down.
    ///
    /// # Errors
    /// If it has one already.
    pub fn second_uplink(&mut self, host: &Host, home: &Lan, elsewhere: &Lan) -> Result<Uplinks> {
        let address = elsewhere.address(250);
        connect(host, "eth1", address, &elsewhere.router, "lan", &format!("{}-1", host.name()))?;
        ip::batch(host.name(), "link set eth1 down\n")?;
        Ok(Uplinks { host: host.clone(), ways: [("eth0", home.clone()), ("eth1", elsewhere.clone())] })
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

/// The two ways out that a host has, one at a time.
#[derive(Debug)]
pub struct Uplinks {
    host: Host,
    /// Interfaces and where they lead, the one in use first.
    ways: [(&'static str, Lan); 2],
}

impl Uplinks {
    /// The router in use.
    #[must_use]
    pub fn router(&self) -> &Host {
        self.ways[0].1.router()
    }

    /// The host leaves the one network and appears in the other.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub fn roam(&mut self) -> Result<()> {
        let [(from, _), (to, lan)] = &self.ways;
        let gateway = lan.gateway();
        let change =
            format!("link set {from} down\nlink set {to} up\nroute replace default via {gateway} dev {to}\n");
        ip::batch(self.host.name(), &change)?;
        self.ways.reverse();
        Ok(())
    }
}

/// A public IPv4 address of the lab.
pub(crate) fn public_address(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(203, 0, 113, last)
}

/// A public IPv6 address of the lab.
pub(crate) fn public_address_v6(last: u8) -> Ipv6Addr {
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last.into())
}

fn make_bridge(owner: &Host, bridge: &str, address: IpAddr) -> Result<()> {
    for tables in ["iptables", "ip6tables"] {
        // Where the switch exists a router's rules would be applied to what its LAN says among itself.
        let _ = owner.set_sysctl(&format!("net/bridge/bridge-nf-call-{tables}"), "0");
    }
    ip::batch(
        owner.name(),
        &format!(
            "link add {bridge} address {BRIDGE_MAC} type bridge\n\
             address add {} dev {bridge}\n\
             link set {bridge} up\n",
            on_segment(address)
        ),
    )
}

/// The address with what `ip address add` needs to know of its segment.
fn on_segment(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("{address}/24 brd +"),
        // The lab makes no duplicates, and looking for them takes a second.
        IpAddr::V6(address) => format!("{address}/64 nodad"),
    }
}

/// Plugs `host`'s new interface, with this address, into the bridge of `owner`.
fn connect(
    host: &Host,
    interface: &str,
    address: IpAddr,
    owner: &Host,
    bridge: &str,
    port: &str,
) -> Result<()> {
    let (host, owner) = (host.name(), owner.name());
    ensure!(port.len() <= 12, "the name {port} is longer than an interface's may be");
    ip::run(&format!("link add {interface} netns {host} type veth peer name to-{port} netns {owner}"))?;
    ip::batch(owner, &format!("link set to-{port} master {bridge} up\n"))?;
    ip::batch(
        host,
        &format!("address add {} dev {interface}\nlink set {interface} up\n", on_segment(address)),
    )
}
