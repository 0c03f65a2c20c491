use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use lanrage_nat::{StunClient, StunEvent, host_candidates};
use lanrage_party::{Candidate, CandidateType, NatType, limits};
use tracing::{debug, info};

/// What is known of this device's own network: its addresses, and what they look like from outside.
#[derive(Debug)]
pub(crate) struct NatStatus {
    stun: StunClient,
    port: u16,
    host_addresses: Vec<IpAddr>,
    /// What each server saw.
    reflexive: BTreeMap<SocketAddr, SocketAddr>,
}

impl NatStatus {
    pub(crate) fn new(seed: [u8; 32], port: u16) -> Self {
        Self { stun: StunClient::new(seed), port, host_addresses: Vec::new(), reflexive: BTreeMap::new() }
    }

    /// The addresses of the device's interfaces. True if they differ from before.
    pub(crate) fn set_host_addresses(&mut self, now: Instant, addresses: Vec<IpAddr>) -> bool {
        if addresses == self.host_addresses {
            return false;
        }
        debug!(count = addresses.len(), "host addresses");
        self.host_addresses = addresses;
        self.reflexive.clear();
        self.stun.handle_network_change(now);
        true
    }

    /// The addresses of the device's interfaces.
    pub(crate) fn host_addresses(&self) -> &[IpAddr] {
        &self.host_addresses
    }

    /// The STUN servers to ask.
    pub(crate) fn set_servers(&mut self, now: Instant, servers: &[SocketAddr]) {
        self.reflexive.retain(|server, _| servers.contains(server));
        self.stun.set_servers(now, servers);
    }

    /// A datagram that is not WireGuard's. True if the outside view changed.
    pub(crate) fn handle_datagram(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) -> bool {
        self.stun.handle_datagram(now, from, bytes);
        self.follow()
    }

    /// True if the outside view changed.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> bool {
        self.stun.handle_timeout(now);
        self.follow()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.stun.poll_timeout()
    }

    pub(crate) fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.stun.poll_transmit()
    }

    /// Every address at which this device may be reached, best first.
    pub(crate) fn candidates(&self) -> Vec<Candidate> {
        let mut candidates = host_candidates(self.host_addresses.iter().copied(), self.port);
        for address in self.reflexive.values() {
            if !candidates.iter().any(|known| known.address == *address) {
                candidates.push(Candidate { kind: CandidateType::ServerReflexive, address: *address });
            }
        }
        candidates.truncate(limits::CANDIDATES);
        candidates
    }

    /// `Open` when the outside sees one of the device's own addresses; what lies behind a translation is not
    /// measured here.
    pub(crate) fn nat_type(&self) -> NatType {
        let own = |address: &SocketAddr| self.host_addresses.contains(&address.ip());
        if !self.reflexive.is_empty() && self.reflexive.values().all(own) {
            NatType::Open
        } else if self.is_symmetric() {
            NatType::Symmetric
        } else {
            NatType::Unknown
        }
    }

    /// Two servers of one address family saw two different addresses (RFC 5780 §4.3).
    fn is_symmetric(&self) -> bool {
        let mut seen = self.reflexive.values().filter(|address| address.is_ipv4());
        seen.next().is_some_and(|first| seen.any(|other| other != first))
    }

    fn follow(&mut self) -> bool {
        let mut changed = false;
        while let Some(event) = self.stun.poll_event() {
            match event {
                StunEvent::ReflexiveAddress { server, address } => {
                    info!(%server, "server-reflexive address learnt");
                    changed |= self.reflexive.insert(server, address) != Some(address);
                }
                StunEvent::Unreachable { server, .. } => debug!(%server, "STUN server does not answer"),
            }
        }
        changed
    }
}
