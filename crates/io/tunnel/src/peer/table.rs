//! The snapshot in which the packet threads look things up. A change makes a new one; who has the old one finishes with it.

use std::{collections::HashMap, net::Ipv4Addr, sync::Arc};

use lanrage_party::{PeerId, SearchRedirect, Subnet, VirtualIp, WireGuardKey, limits::PEERS_PER_PARTY};
use lanrage_shield::{Gate, Spoken};

use crate::{
    api::error::TunnelError,
    datagram::{forwarding::Forwarding, relays::Relays},
    io::device::PacketDevice,
    packet::{elsewhere::Elsewhere, routing::Addresses},
    peer::{
        Peer,
        index::{PeerIndex, SessionIndex},
        wireguard::LocalKey,
    },
};

/// Our own end of the party.
pub(crate) struct Local {
    pub(crate) key: LocalKey,
    pub(crate) addresses: Addresses,
    pub(crate) subnet: Subnet,
    /// What of this computer's other addresses has spoken to this party.
    pub(crate) elsewhere: Elsewhere,
    /// The ports that have spoken to everybody.
    pub(crate) spoken: Spoken,
}

/// What peers may begin.
#[derive(Clone, Default)]
pub(crate) struct Gates {
    /// Those who are not named.
    others: Arc<Gate>,
    named: HashMap<PeerId, Arc<Gate>>,
}

/// What becomes of games' searches, beside what becomes of every packet.
#[derive(Clone, Default)]
pub(crate) struct Searches {
    /// Whether those by multicast DNS pass, both ways and in every party.
    pub(crate) by_mdns: bool,
    /// Those of this party that come to us at another port.
    pub(crate) redirects: Vec<SearchRedirect>,
}

/// The party, its peers, the relays and the device as of one moment. It is taken once per batch, and every lookup is O(1).
#[derive(Clone, Default)]
pub(crate) struct Table {
    pub(crate) local: Option<Arc<Local>>,
    pub(crate) device: Option<Arc<dyn PacketDevice>>,
    pub(crate) relays: Relays,
    pub(crate) forwarding: Forwarding,
    gates: Gates,
    pub(crate) searches: Searches,
    by_id: HashMap<PeerId, Arc<Peer>>,
    by_key: HashMap<WireGuardKey, Arc<Peer>>,
    by_ip: HashMap<Ipv4Addr, Arc<Peer>>,
    by_index: HashMap<PeerIndex, Arc<Peer>>,
}

impl Table {
    pub(crate) fn peer(&self, id: &PeerId) -> Option<&Arc<Peer>> {
        self.by_id.get(id)
    }

    pub(crate) fn with_key(&self, key: &WireGuardKey) -> Option<&Arc<Peer>> {
        self.by_key.get(key)
    }

    pub(crate) fn with_ip(&self, ip: Ipv4Addr) -> Option<&Arc<Peer>> {
        self.by_ip.get(&ip)
    }

    /// The peer that one of our sessions is with.
    pub(crate) fn with_session(&self, session: SessionIndex) -> Option<&Arc<Peer>> {
        self.with_index(session.peer())
    }

    pub(crate) fn with_index(&self, index: PeerIndex) -> Option<&Arc<Peer>> {
        self.by_index.get(&index)
    }

    /// Whether this is the device that is in use.
    pub(crate) fn uses(&self, device: &Arc<dyn PacketDevice>) -> bool {
        self.device.as_ref().is_some_and(|used| Arc::ptr_eq(used, device))
    }

    pub(crate) fn peers(&self) -> impl ExactSizeIterator<Item = &Arc<Peer>> {
        self.by_id.values()
    }

    /// Enters another party, or none. The peers of the one before are forgotten, and where their searches go; allocations are the
    /// device's own, and what peers may begin stays as it was said.
    pub(crate) fn enter(&mut self, local: Option<Arc<Local>>) {
        let (relays, gates) = (std::mem::take(&mut self.relays), std::mem::take(&mut self.gates));
        *self = Self {
            local,
            device: self.device.take(),
            relays,
            gates,
            searches: Searches { by_mdns: self.searches.by_mdns, redirects: Vec::new() },
            ..Self::default()
        };
    }

    /// Whether a peer may be added (or take the place of the one with its id).
    pub(crate) fn check(
        &self,
        id: &PeerId,
        key: &WireGuardKey,
        ip: VirtualIp,
    ) -> Result<&Arc<Local>, TunnelError> {
        let local = self.local.as_ref().ok_or(TunnelError::NoParty)?;
        let anothers = |peer: Option<&Arc<Peer>>| peer.is_some_and(|peer| peer.id() != *id);
        if *key == local.key.public() || anothers(self.with_key(key)) {
            return Err(TunnelError::KeyTaken);
        }
        if !local.subnet.contains(ip) {
            return Err(TunnelError::AddressOutside(ip));
        }
        if ip.0 == local.addresses.own || anothers(self.with_ip(ip.0)) {
            return Err(TunnelError::AddressTaken(ip));
        }
        // We are one of the party's peers, and in no table of our own.
        if self.by_id.len() + 1 >= PEERS_PER_PARTY && self.peer(id).is_none() {
            return Err(TunnelError::Full);
        }
        Ok(local)
    }

    /// Adds a peer that [`check`](Self::check) admits, in the place of the one with its id.
    pub(crate) fn insert(&mut self, peer: &Arc<Peer>) {
        // The one before may have had another key or address, which would stay in the other maps.
        self.remove(&peer.id());
        peer.set_gate(self.gates.of(&peer.id()));
        self.by_id.insert(peer.id(), Arc::clone(peer));
        self.by_key.insert(*peer.key(), Arc::clone(peer));
        self.by_ip.insert(peer.ip(), Arc::clone(peer));
        self.by_index.insert(peer.index, Arc::clone(peer));
    }

    /// What peers may begin from now on.
    pub(crate) fn set_gates(&mut self, others: Gate, named: impl IntoIterator<Item = (PeerId, Gate)>) {
        let named = named.into_iter().map(|(peer, gate)| (peer, Arc::new(gate))).collect();
        self.gates = Gates { others: Arc::new(others), named };
        self.peers().for_each(|peer| peer.set_gate(self.gates.of(&peer.id())));
    }

    pub(crate) fn remove(&mut self, id: &PeerId) {
        if let Some(peer) = self.by_id.remove(id) {
            self.by_key.remove(peer.key());
            self.by_ip.remove(&peer.ip());
            self.by_index.remove(&peer.index);
        }
    }
}

impl Gates {
    fn of(&self, peer: &PeerId) -> Arc<Gate> {
        Arc::clone(self.named.get(peer).unwrap_or(&self.others))
    }
}
