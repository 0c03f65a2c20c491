use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use lanrage_nat::{
    NatReport, NatVerdict, NetworkState, StunClient, StunEvent, host_candidates, port_mapping::PortMapping,
    predicted, stun,
};
use lanrage_party::NatResult;
use lanrage_party::{Candidate, CandidateType, NatType, UnixMillis};
use tracing::{debug, info};

/// From how many STUN servers on the control server offers enough of them.
const ENOUGH_SERVERS: usize = 2;

/// STUN servers of a family that are asked at a time. Further ones stand in for those that are silent, and help where two
/// see different addresses.
const ASKED_SERVERS: usize = 2;

/// What is known of this device's own network: its addresses, and what they look like from outside.
#[derive(Debug)]
pub(crate) struct NatStatus {
    stun: StunClient,
    port: u16,
    network: NetworkState,
    servers: Vec<SocketAddr>,
    /// Those of them that do not answer.
    silent: BTreeSet<SocketAddr>,
    /// STUN servers that the control server names.
    pub(crate) control_servers: Vec<(String, u16)>,
    /// STUN servers of the settings, for where those are too few.
    pub(crate) public_servers: Vec<(String, u16)>,
    /// What each server saw.
    reflexive: BTreeMap<SocketAddr, SocketAddr>,
    /// What was measured of this network; before that, what was measured of it the last time.
    report: Option<NatReport>,
    remembered: NatType,
    mapping: PortMapping,
    /// A server sees this device at another address than before.
    moved: bool,
    unasked_answers: u64,
    /// Somebody on the internet whom nothing was sent to has reached this device.
    reachable: bool,
}

/// What has changed around this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NetworkNews {
    /// Nothing.
    None,
    /// Addresses beside the way to the internet, which is as before.
    Addresses,
    /// The network is another one, or may be.
    Network,
}

impl NatStatus {
    pub(crate) fn new(seed: [u8; 32], port: u16) -> Self {
        Self {
            stun: StunClient::new(seed),
            port,
            network: NetworkState::default(),
            servers: Vec::new(),
            silent: BTreeSet::new(),
            control_servers: Vec::new(),
            public_servers: Vec::new(),
            reflexive: BTreeMap::new(),
            report: None,
            remembered: NatType::Unknown,
            mapping: PortMapping::default(),
            moved: false,
            unasked_answers: 0,
            reachable: false,
        }
    }

    /// The device's addresses and its way to the internet.
    pub(crate) fn set_network(&mut self, now: Instant, network: NetworkState) -> NetworkNews {
        if network == self.network {
            return NetworkNews::None;
        }
        let is_another = network.generation != self.network.generation || network.generation == 0;
        self.network = network;
        if !is_another {
            return NetworkNews::Addresses;
        }
        debug!(addresses = self.network.addresses.len(), "network changed");
        self.handle_network_change(now);
        NetworkNews::Network
    }

    /// The network may be another: what was seen of it from outside is asked anew.
    pub(crate) fn handle_network_change(&mut self, now: Instant) {
        self.reflexive.clear();
        self.reachable = false;
        self.report = None;
        self.remembered = NatType::Unknown;
        self.silent.clear();
        self.ask_servers(now);
        self.stun.handle_network_change(now);
    }

    /// A path was lost. What the outside sees of this device may be another: a router that was started again gives other
    /// ports, and friends have to be told.
    pub(crate) fn doubt(&mut self, now: Instant) {
        self.stun.doubt(now);
    }

    /// Our UDP port.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// The addresses of the device's interfaces.
    pub(crate) fn host_addresses(&self) -> &[IpAddr] {
        &self.network.addresses
    }

    /// The routers on the way to the internet.
    pub(crate) fn gateways(&self) -> &[IpAddr] {
        self.network.default_route.as_ref().map_or(&[], |route| &route.gateways)
    }

    /// The STUN servers that there are. True if they differ from before.
    pub(crate) fn set_servers(&mut self, now: Instant, servers: &[SocketAddr]) -> bool {
        if servers == self.servers {
            return false;
        }
        self.servers = servers.to_vec();
        self.silent.retain(|server| servers.contains(server));
        self.ask_servers(now);
        true
    }

    /// Asks two servers of each family that are not known to be silent, and all if two see different addresses: how the router
    /// chooses shows by the third.
    fn ask_servers(&mut self, now: Instant) {
        let asks_all = self.is_symmetric();
        let mut answering = [0; 2];
        let is_asked = |server: &&SocketAddr| {
            let answering = &mut answering[usize::from(server.is_ipv6())];
            let is_asked = asks_all || *answering < ASKED_SERVERS;
            *answering += usize::from(!self.silent.contains(*server));
            is_asked
        };
        let asked: Vec<SocketAddr> = self.servers.iter().filter(is_asked).copied().collect();
        // What one that is asked no more saw, holds no more.
        self.reflexive.retain(|server, _| asked.contains(server) || !self.servers.contains(server));
        self.stun.set_servers(now, &asked);
    }

    /// The STUN servers in use.
    pub(crate) fn servers(&self) -> &[SocketAddr] {
        &self.servers
    }

    /// The STUN servers to look for: the control server's, and public ones where those are too few.
    pub(crate) fn server_names(&self) -> Vec<(String, u16)> {
        let public = if self.control_servers.len() < ENOUGH_SERVERS { &self.public_servers[..] } else { &[] };
        self.control_servers.iter().chain(public).cloned().collect()
    }

    /// What was measured. True if it says something new.
    pub(crate) fn set_report(&mut self, report: NatReport) -> bool {
        let changed = self.report.as_ref() != Some(&report);
        self.report = Some(report);
        changed
    }

    /// What was measured of this network, as far as it is known.
    pub(crate) fn report(&self) -> Option<&NatReport> {
        self.report.as_ref()
    }

    /// What was measured of this network in an earlier life, until it is measured again.
    pub(crate) const fn remember(&mut self, nat_type: NatType) {
        self.remembered = nat_type;
    }

    /// The name under which this network is known again.
    pub(crate) fn network_name(&self) -> Option<String> {
        network_name(&self.network)
    }

    /// What is kept of the measurement.
    pub(crate) fn to_stored(&self, now: UnixMillis) -> Option<NatResult> {
        let nat_type = self.nat_type();
        (nat_type != NatType::Unknown).then_some(())?;
        Some(NatResult {
            network: self.network_name()?,
            nat_type,
            public_endpoint: self.reflexive.values().next().copied(),
            measured_at: now,
        })
    }

    /// What the router says to the wish for an open port. True if the port is another.
    pub(crate) fn set_port_mapping(&mut self, mapping: PortMapping) -> bool {
        let changed = mapping.external() != self.mapping.external();
        self.mapping = mapping;
        changed
    }

    /// The state of the port mapping.
    pub(crate) const fn port_mapping(&self) -> &PortMapping {
        &self.mapping
    }

    /// A datagram that is not WireGuard's. True if the outside view changed.
    pub(crate) fn handle_datagram(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) -> bool {
        let answered = self.stun.handle_datagram(now, from, bytes);
        let claims_to_answer = matches!(
            stun::parse(bytes),
            Ok(stun::Message::BindingResponse { .. } | stun::Message::BindingError { .. })
        );
        self.unasked_answers += u64::from(!answered && claims_to_answer);
        self.follow(now)
    }

    /// STUN answers to nothing that was asked: late, or forged.
    pub(crate) const fn unasked_answers(&self) -> u64 {
        self.unasked_answers
    }

    /// True if the outside view changed.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> bool {
        self.stun.handle_timeout(now);
        self.follow(now)
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.stun.poll_timeout()
    }

    pub(crate) fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.stun.poll_transmit()
    }

    /// Every address of this device at which it may be reached, best first, at most `room`; those on relays are not among
    /// them. A device with more addresses than fit leaves out some of its own interfaces: the ones that the outside sees
    /// are worth more, as they are few and every friend can use them.
    pub(crate) fn candidates(&self, room: usize) -> Vec<Candidate> {
        let own = |ip: IpAddr| self.host_addresses().contains(&ip);
        let mut seen: Vec<Candidate> = Vec::new();
        // A mapped port is what a server would see, only more durable (RFC 8445 §5.1.1.2).
        let mapped = self.mapping.external().map(SocketAddr::V4);
        for address in mapped.into_iter().chain(self.reflexive.values().copied()) {
            let candidate = Candidate { kind: CandidateType::ServerReflexive, address };
            let is_host = own(address.ip()) && address.port() == self.port;
            if candidate.is_usable() && !is_host && !seen.contains(&candidate) {
                seen.push(candidate);
            }
        }
        // A router that gives every server another port fills the rest with addresses of no use.
        seen.truncate(room / 2);
        // A device without a router is seen by its own address, which must not be the one that is cut.
        let (out, others): (Vec<IpAddr>, Vec<IpAddr>) = self
            .host_addresses()
            .iter()
            .partition(|ip| self.reflexive.values().any(|address| address.ip() == **ip));
        let mut candidates = host_candidates(out.into_iter().chain(others), self.port, room - seen.len());
        candidates.extend(seen);
        candidates.extend(self.predicted().into_iter().take(room.saturating_sub(candidates.len())));
        candidates
    }

    /// Where the router will let this device out next, if that can be told. A port that it holds open for everybody is better.
    fn predicted(&self) -> Vec<Candidate> {
        let seen: Vec<SocketAddr> =
            self.servers.iter().filter_map(|server| self.reflexive.get(server).copied()).collect();
        if self.mapping.external().is_some() { Vec::new() } else { predicted(&seen) }
    }

    /// A server sees this device under `address`. True if that is news.
    pub(crate) fn handle_reflexive(&mut self, server: SocketAddr, address: SocketAddr) -> bool {
        if !self.is_credible(server.ip(), address.ip()) {
            debug!(%server, %address, "a server on the internet sees an address that is none of it");
            return false;
        }
        let before = self.reflexive.insert(server, address);
        self.moved |= before.is_some_and(|before| before.ip() != address.ip());
        before != Some(address)
    }

    /// Whether a server can see this address: one on the internet sees none that exists only in private networks. It stands
    /// behind a translator of its own then, as a container does, and sees that.
    fn is_credible(&self, server: IpAddr, address: IpAddr) -> bool {
        !is_private(address) || is_private(server) || self.host_addresses().contains(&server)
    }

    /// Whether a server sees this device at another address than before, since the last time.
    pub(crate) fn take_moved(&mut self) -> bool {
        std::mem::take(&mut self.moved)
    }

    /// Where the outside sees this device: by the router's own word, or a server's.
    pub(crate) fn public_address(&self) -> Option<SocketAddr> {
        let mapped = self.mapping.external().map(SocketAddr::V4);
        mapped.or_else(|| self.reflexive.values().next().copied())
    }

    /// Somebody knocks whom nothing was sent to. Neighbours, who come from our router's own address, prove nothing.
    pub(crate) fn note_reached(&mut self, by: SocketAddr) {
        let mapped = self.mapping.external().map(|external| IpAddr::V4(*external.ip()));
        let is_ours = self.reflexive.values().map(SocketAddr::ip).chain(mapped).any(|own| own == by.ip());
        self.reachable |= !is_private(by.ip()) && !is_ours && !self.reflexive.is_empty();
    }

    /// Whether it is proven that strangers reach this device from the internet.
    pub(crate) const fn is_reachable(&self) -> bool {
        self.reachable
    }

    /// Whether it is known where this device may be reached, as well as that can be known.
    pub(crate) fn is_placed(&self) -> bool {
        !self.host_addresses().is_empty() && (self.mapping.external().is_some() || !self.is_unseen())
    }

    /// Whether there are STUN servers to ask, and none has said yet where it sees this device.
    pub(crate) fn is_unseen(&self) -> bool {
        self.reflexive.is_empty() && !self.server_names().is_empty()
    }

    /// Whether nothing but TCP gets through to the internet.
    pub(crate) fn udp_is_blocked(&self) -> bool {
        self.reflexive.is_empty()
            && self.report.as_ref().is_some_and(|report| report.verdict == NatVerdict::Blocked)
    }

    /// How the network treats traffic, as far as it is known: measured, or seen on the way, or remembered. An open
    /// port of a router's lets anyone in.
    pub(crate) fn nat_type(&self) -> NatType {
        let own = |address: &SocketAddr| self.host_addresses().contains(&address.ip());
        if !self.reflexive.is_empty() && self.reflexive.values().all(own) {
            return NatType::Open;
        }
        if self.mapping.external().is_some() && !self.mapping.is_behind_another_router() {
            return NatType::FullCone;
        }
        let measured = self.report.as_ref().map_or(NatType::Unknown, NatReport::nat_type);
        match measured {
            NatType::Unknown if self.is_symmetric() => NatType::Symmetric,
            NatType::Unknown => self.remembered,
            measured => measured,
        }
    }

    /// Two servers of one address family saw two different addresses (RFC 5780 §4.3).
    fn is_symmetric(&self) -> bool {
        let mut seen = self.reflexive.values().filter(|address| address.is_ipv4());
        seen.next().is_some_and(|first| seen.any(|other| other != first))
    }

    fn follow(&mut self, now: Instant) -> bool {
        let mut changed = false;
        let mut news = false;
        while let Some(event) = self.stun.poll_event() {
            match event {
                StunEvent::ReflexiveAddress { server, address } => {
                    info!(%server, "server-reflexive address learnt");
                    self.silent.remove(&server);
                    news = true;
                    changed |= self.handle_reflexive(server, address);
                }
                StunEvent::Unreachable { server, .. } => {
                    debug!(%server, "STUN server does not answer");
                    self.silent.insert(server);
                    news = true;
                }
            }
        }
        if news {
            self.ask_servers(now);
        }
        changed
    }
}

/// Whether an address is of no use beyond a network of its own (RFC 1918, 3927, 4193, 6598).
fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            let is_shared = first == 100 && second & 0b1100_0000 == 64;
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || is_shared
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// The name under which a network is known again: its router.
pub fn network_name(network: &NetworkState) -> Option<String> {
    let route = network.default_route.as_ref()?;
    match (route.gateway_mac, &route.gateways[..]) {
        (Some(mac), _) => Some(mac.map(|byte| format!("{byte:02x}")).join(":")),
        (None, []) => None,
        (None, gateways) => Some(gateways.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use lanrage_nat::port_mapping::MappingProtocol;

    use super::*;

    const PORT: u16 = 51_820;

    fn at(generation: u64, addresses: impl IntoIterator<Item = IpAddr>) -> NetworkState {
        NetworkState { generation, addresses: addresses.into_iter().collect(), default_route: None }
    }

    fn bridges(count: u8) -> impl Iterator<Item = IpAddr> {
        (1..=count).map(|n| [172, 20, n, 1].into())
    }

    /// Whom it asks now.
    fn asked(nat: &mut NatStatus) -> Vec<(SocketAddr, Vec<u8>)> {
        std::iter::from_fn(|| nat.poll_transmit()).collect()
    }

    fn servers() -> [SocketAddr; 4] {
        [1, 2, 3, 4].map(|n| ([192, 0, 2, n], 3_478).into())
    }

    #[test]
    fn two_servers_are_asked_and_the_third_where_they_see_different_ports_or_one_is_silent() {
        let now = Instant::now();
        for (seen, third) in [([5_000, 5_000], false), ([5_000, 5_002], true)] {
            let mut nat = NatStatus::new([1; 32], PORT);
            nat.set_servers(now, &servers());
            let first = asked(&mut nat);
            assert_eq!(first.iter().map(|(to, _)| *to).collect::<Vec<_>>(), servers()[..2]);
            for ((to, request), port) in first.iter().zip(seen) {
                let answer = stun::answer(request, ([203, 0, 113, 1], port).into()).unwrap();
                nat.handle_datagram(now, *to, &answer);
            }
            let further: Vec<SocketAddr> = asked(&mut nat).iter().map(|(to, _)| *to).collect();
            let expected = if third { servers()[2..].to_vec() } else { Vec::new() };
            assert_eq!(further, expected, "{seen:?}");
        }
        let mut nat = NatStatus::new([1; 32], PORT);
        nat.set_servers(now, &servers());
        let (to, request) = asked(&mut nat).remove(0);
        nat.handle_datagram(now, to, &stun::answer(&request, ([203, 0, 113, 1], 5_000).into()).unwrap());
        let mut others = BTreeSet::new();
        while let Some(due) = nat.poll_timeout().filter(|due| *due < now + std::time::Duration::from_secs(15))
        {
            nat.handle_timeout(due);
            others.extend(asked(&mut nat).into_iter().map(|(to, _)| to));
        }
        assert!(others.contains(&servers()[2]) && !others.contains(&servers()[3]), "{others:?}");
    }

    #[test]
    fn a_router_that_counts_up_is_known_by_three_servers_and_its_next_ports_are_told_last() {
        let now = Instant::now();
        let mut nat = NatStatus::new([1; 32], PORT);
        nat.set_network(now, at(1, [[192, 168, 1, 5].into()]));
        nat.set_servers(now, &servers()[..3]);
        let mut port = 40_000;
        loop {
            let requests = asked(&mut nat);
            for (to, request) in &requests {
                let answer = stun::answer(request, ([203, 0, 113, 1], port).into()).unwrap();
                nat.handle_datagram(now, *to, &answer);
                port += 2;
            }
            if requests.is_empty() {
                break;
            }
        }
        let candidates = nat.candidates(24);
        let guesses: Vec<u16> = candidates
            .iter()
            .filter(|candidate| candidate.kind == CandidateType::Predicted)
            .map(|candidate| candidate.address.port())
            .collect();
        assert_eq!(guesses, [40_006, 40_008, 40_010, 40_012, 40_014, 40_016, 40_018, 40_020]);
        assert_eq!(candidates.last().unwrap().kind, CandidateType::Predicted);
        let external = "203.0.113.1:51820".parse().unwrap();
        nat.set_port_mapping(PortMapping::Mapped { external, protocol: MappingProtocol::Pcp });
        assert!(
            nat.candidates(24).iter().all(|candidate| candidate.kind.lasts()),
            "an open port needs no guess"
        );
    }

    #[test]
    fn many_addresses_of_our_own_push_none_out_that_the_outside_sees() {
        let mut nat = NatStatus::new([1; 32], PORT);
        nat.set_network(Instant::now(), at(1, bridges(200)));
        let server = SocketAddr::from(([203, 0, 113, 5], 3_478));
        let seen = SocketAddr::from(([203, 0, 113, 11], 40_000));
        nat.handle_reflexive(server, seen);
        let external = std::net::SocketAddrV4::new([203, 0, 113, 11].into(), 4_000);
        nat.set_port_mapping(PortMapping::Mapped { external, protocol: MappingProtocol::Pcp });
        let candidates = nat.candidates(23);
        assert_eq!(candidates.len(), 23);
        for address in [seen, external.into()] {
            assert!(candidates.iter().any(|candidate| candidate.address == address), "{candidates:?}");
        }
    }

    #[test]
    fn a_device_that_is_seen_by_its_own_address_offers_that_one_first() {
        let mut nat = NatStatus::new([1; 32], PORT);
        let own: IpAddr = [203, 0, 113, 11].into();
        nat.set_network(Instant::now(), at(1, bridges(200).chain([own])));
        nat.handle_reflexive(([203, 0, 113, 5], 3_478).into(), (own, PORT).into());
        assert_eq!(nat.candidates(4)[0].address, (own, PORT).into());
        assert_eq!(nat.candidates(4).len(), 4);
    }

    #[test]
    fn what_was_seen_from_outside_stays_known_while_only_other_interfaces_come_and_go() {
        let (mut nat, now) = (NatStatus::new([1; 32], PORT), Instant::now());
        assert_eq!(nat.set_network(now, at(1, bridges(1))), NetworkNews::Network);
        nat.handle_reflexive(([203, 0, 113, 5], 3_478).into(), ([203, 0, 113, 11], 40_000).into());
        assert_eq!(nat.set_network(now, at(1, bridges(2))), NetworkNews::Addresses);
        assert!(nat.public_address().is_some());
        assert_eq!(nat.set_network(now, at(1, bridges(2))), NetworkNews::None);
        assert_eq!(nat.set_network(now, at(2, bridges(2))), NetworkNews::Network);
        assert!(nat.public_address().is_none());
    }

    #[test]
    fn a_server_on_the_internet_is_not_believed_a_private_address_and_one_in_a_private_network_is() {
        let mut nat = NatStatus::new([1; 32], PORT);
        let (public, private) =
            (SocketAddr::from(([203, 0, 113, 5], 3_478)), ([192, 168, 1, 5], 3_478).into());
        for bridge in [[172, 18, 0, 1], [100, 64, 0, 1], [10, 0, 0, 1], [169, 254, 0, 1], [127, 0, 0, 1]] {
            assert!(!nat.handle_reflexive(public, (bridge, 40_000).into()));
        }
        assert_eq!(nat.public_address(), None);
        assert!(nat.handle_reflexive(private, ([192, 168, 1, 10], 40_000).into()));
        assert!(nat.handle_reflexive(public, ([203, 0, 113, 11], 40_000).into()));
        assert!(!nat.take_moved());
        nat.handle_reflexive(public, ([203, 0, 113, 31], 40_000).into());
        assert!(nat.take_moved() && !nat.take_moved(), "told once");
    }
}
