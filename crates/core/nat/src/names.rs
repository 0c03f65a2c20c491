//! The names of servers whose addresses are wanted, and what a look-up found of them.

pub(crate) mod nat64;

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
};

use lanrage_party::{RelayOffer, RelayTransport, RelayUri};

use crate::{Nat64Prefix, relay_pool::ResolvedRelay, turn::TurnCredentials};

/// Names whose addresses are wanted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Names {
    /// STUN servers, as host and port.
    pub stun: Vec<(String, u16)>,
    /// Relays.
    pub relays: Vec<RelayOffer>,
    /// With another number, names that were found before are asked for again: what is known of them may be wrong.
    pub round: u64,
}

/// What was found of [`Names`].
#[derive(Debug)]
pub struct Found {
    /// Addresses of STUN servers.
    pub stun: Vec<SocketAddr>,
    /// The relays of which at least one address is known.
    pub relays: Vec<ResolvedRelay>,
    /// The line has no IPv4, and this translator to it.
    pub translator: Option<Nat64Prefix>,
}

/// The addresses of every host that is known so far.
pub type Known = HashMap<String, Vec<IpAddr>>;

impl Names {
    /// Every host whose addresses are wanted.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        let relays = self.relays.iter().flat_map(|relay| &relay.uris).map(|uri| uri.host.as_str());
        self.stun.iter().map(|(host, _)| host.as_str()).chain(relays)
    }

    /// What is found of these names with so much known, and with this translator, if the line has no IPv4.
    pub fn found(&self, known: &Known, translator: Option<Nat64Prefix>) -> Found {
        let addresses = |host: &str, port: u16| -> Vec<SocketAddr> {
            let ips = known.get(host).cloned().unwrap_or_default();
            let ips = match translator {
                Some(translator) => translator.complete(ips),
                None => ips,
            };
            ips.into_iter().map(|ip| (ip, port).into()).collect()
        };
        let server = |uri: &RelayUri| -> Vec<(RelayTransport, SocketAddr)> {
            addresses(&uri.host, uri.port).into_iter().map(|address| (uri.transport, address)).collect()
        };
        let tls_name = |uris: &[RelayUri]| {
            let tls = uris.iter().find(|uri| uri.transport == RelayTransport::Tls);
            tls.map(|uri| uri.host.clone()).unwrap_or_default()
        };
        let relay = |offer: &RelayOffer| ResolvedRelay {
            name: offer.name.clone(),
            region: offer.region.clone(),
            load_percent: offer.load_percent,
            servers: offer.uris.iter().flat_map(server).collect(),
            tls_name: tls_name(&offer.uris),
            credentials: TurnCredentials {
                username: offer.credentials.username.clone(),
                password: offer.credentials.password.reveal().to_owned(),
            },
        };
        Found {
            stun: self.stun.iter().flat_map(|(host, port)| addresses(host, *port)).collect(),
            relays: self.relays.iter().map(relay).filter(|relay| !relay.servers.is_empty()).collect(),
            translator,
        }
    }
}
