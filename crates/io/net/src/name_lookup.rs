//! Looking up the addresses of STUN servers and relays.

use std::{
    collections::{HashMap, HashSet},
    future::pending,
    net::IpAddr,
    time::Duration,
};

use lanrage_base::backoff::Backoff;
use lanrage_nat::{Found, Names};
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

/// Looks names up whenever others are wanted, and again for as long as some are not found. What is found is told at
/// once: no name waits for another. Ends when nobody wants any more.
pub async fn run(mut wanted: watch::Receiver<Names>, results: mpsc::Sender<Found>) {
    let mut pause = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
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
            sleep(pause.pause()).await;
        };
        tokio::select! {
            changed = wanted.changed() => match changed {
                Ok(()) => pause.reset(),
                Err(_) => return,
            },
            () = again => {
                pause.double();
            }
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
