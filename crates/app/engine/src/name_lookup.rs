use std::{
    collections::{HashMap, HashSet},
    future::pending,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use lanrage_nat::{relay_pool::ResolvedRelay, turn::TurnCredentials};
use lanrage_party::{RelayOffer, RelayTransport, RelayUri};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::warn;

/// How long one name may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pause before names that were not found are asked for again; doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Addresses taken of one name.
const ADDRESSES: usize = 4;

/// Names whose addresses are wanted.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Names {
    /// STUN servers, as host and port.
    pub(crate) stun: Vec<(String, u16)>,
    /// Relays.
    pub(crate) relays: Vec<RelayOffer>,
}

/// What was found of [`Names`].
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) stun: Vec<SocketAddr>,
    pub(crate) relays: Vec<ResolvedRelay>,
}

/// Looks names up whenever others are wanted, and again for as long as some are not found. What is found is told at
/// once: no name waits for another. Ends when nobody wants any more.
pub(crate) async fn run(mut wanted: watch::Receiver<Names>, results: mpsc::Sender<Found>) {
    let mut pause = FIRST_PAUSE;
    let mut known = HashMap::new();
    loop {
        let names = wanted.borrow_and_update().clone();
        known.retain(|host, _| names.hosts().any(|wanted| wanted == host));
        known.extend(names.hosts().filter_map(|host| Some((host.to_owned(), vec![host.parse().ok()?]))));
        let mut lookups = JoinSet::new();
        for host in names.hosts().filter(|host| !known.contains_key(*host)).collect::<HashSet<_>>() {
            lookups.spawn(look_up(host.to_owned()));
        }
        loop {
            if results.send(names.found(&known)).await.is_err() {
                return;
            }
            match lookups.join_next().await {
                Some(Ok(Some((host, addresses)))) => known.insert(host, addresses),
                Some(_) => continue,
                None => break,
            };
        }
        let complete = names.hosts().all(|host| known.contains_key(host));
        let again = async {
            if complete {
                pending::<()>().await;
            }
            sleep(pause).await;
        };
        tokio::select! {
            changed = wanted.changed() => match changed {
                Ok(()) => pause = FIRST_PAUSE,
                Err(_) => return,
            },
            () = again => pause = (2 * pause).min(LONGEST_PAUSE),
        }
    }
}

type Known = HashMap<String, Vec<IpAddr>>;

impl Names {
    fn hosts(&self) -> impl Iterator<Item = &str> {
        let relays = self.relays.iter().flat_map(|relay| &relay.uris).map(|uri| uri.host.as_str());
        self.stun.iter().map(|(host, _)| host.as_str()).chain(relays)
    }

    fn found(&self, known: &Known) -> Found {
        let addresses = |host: &str, port: u16| -> Vec<SocketAddr> {
            known.get(host).into_iter().flatten().map(|ip| (*ip, port).into()).collect()
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
        }
    }
}

async fn look_up(host: String) -> Option<(String, Vec<IpAddr>)> {
    let found = timeout(PATIENCE, tokio::net::lookup_host((host.as_str(), 0))).await;
    match found.map(|found| found.map(|found| found.take(ADDRESSES).map(|address| address.ip()).collect())) {
        Ok(Ok(addresses)) => Some((host, addresses)),
        Ok(Err(error)) => {
            warn!(host, %error, "name not found");
            None
        }
        Err(_) => {
            warn!(host, "name not found in time");
            None
        }
    }
}
