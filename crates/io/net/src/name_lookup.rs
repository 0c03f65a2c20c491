//! Looking up the addresses of STUN servers and relays.

use std::{
    collections::{HashMap, HashSet},
    future::pending,
    io,
    net::IpAddr,
    time::Duration,
};

use lanrage_base::backoff::Backoff;
use lanrage_nat::{Found, Names, Nat64Prefix};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::warn;

use crate::nat64;

/// How long one name may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pause before names that were not found are asked for again; doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Addresses taken of one name.
const ADDRESSES: usize = 4;

/// How it stands with a name in the present round. One that is in none is to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Asking,
    Found,
    /// It waits for the next try.
    Failed,
}

/// Looks names up whenever others are wanted or another round begins, and again for as long as some are not found. What is
/// found is told at once: no name waits for another, and what was found before holds until it is found anew. Where the line has
/// IPv6 only, hosts of IPv4 are behind its translator. Ends when nobody wants any more.
pub async fn run(mut wanted: watch::Receiver<Names>, results: mpsc::Sender<Found>) {
    let mut pause = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    let (mut known, mut progress) = (HashMap::new(), HashMap::<String, Progress>::new());
    let (mut lookups, mut round) = (JoinSet::new(), 0);
    // Said in the log once, until they are found.
    let mut missing = HashSet::new();
    let mut translator: Option<Nat64Prefix> = None;
    let mut translators = JoinSet::new();
    translators.spawn(nat64::prefix());
    loop {
        let names = wanted.borrow_and_update().clone();
        if names.round != round {
            round = names.round;
            progress.retain(|_, progress| *progress == Progress::Asking);
            pause.reset();
            // The line may be another.
            translators.abort_all();
            translators.spawn(nat64::prefix());
        }
        let is_wanted = |host: &String| names.hosts().any(|wanted| wanted == host);
        known.retain(|host, _| is_wanted(host));
        missing.retain(is_wanted);
        progress.retain(|host, progress| is_wanted(host) || *progress == Progress::Asking);
        for host in names.hosts() {
            if let Ok(address) = host.parse::<IpAddr>() {
                known.insert(host.to_owned(), vec![address]);
            } else if !progress.contains_key(host) {
                progress.insert(host.to_owned(), Progress::Asking);
                lookups.spawn(look_up(host.to_owned()));
            }
        }
        if results.send(names.found(&known, translator)).await.is_err() {
            return;
        }
        let is_to_be_asked_again = progress.values().any(|progress| *progress == Progress::Failed);
        let again = async {
            if !is_to_be_asked_again {
                pending::<()>().await;
            }
            sleep(pause.pause()).await;
        };
        tokio::select! {
            changed = wanted.changed() => match changed {
                Ok(()) => pause.reset(),
                Err(_) => return,
            },
            Some(Ok((host, found))) = lookups.join_next() => match found {
                Ok(addresses) => {
                    missing.remove(&host);
                    known.insert(host.clone(), addresses);
                    progress.insert(host, Progress::Found);
                }
                Err(error) => {
                    if missing.insert(host.clone()) {
                        warn!(host, %error, "name not found");
                    }
                    progress.insert(host, Progress::Failed);
                }
            },
            Some(asked) = translators.join_next() => {
                // One that was given up says nothing.
                translator = asked.unwrap_or(translator);
            }
            () = again => {
                progress.retain(|_, progress| *progress != Progress::Failed);
                pause.double();
            }
        }
    }
}

/// The name's addresses.
async fn look_up(host: String) -> (String, io::Result<Vec<IpAddr>>) {
    let addresses = async {
        let found = timeout(PATIENCE, tokio::net::lookup_host((host.as_str(), 0))).await??;
        Ok(found.take(ADDRESSES).map(|address| address.ip()).collect())
    };
    let addresses = addresses.await;
    (host, addresses)
}
