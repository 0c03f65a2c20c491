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
pub async fn run(wanted: watch::Receiver<Names>, results: mpsc::Sender<Found>) {
    follow(System, wanted, results).await;
}

/// Whom names are asked of.
trait Resolver: Copy + Send + 'static {
    /// A name's addresses.
    fn look_up(self, host: String) -> impl Future<Output = io::Result<Vec<IpAddr>>> + Send;

    /// The line's translator to IPv4, where it has IPv6 only.
    fn translator(self) -> impl Future<Output = Option<Nat64Prefix>> + Send;
}

#[derive(Clone, Copy)]
struct System;

impl Resolver for System {
    async fn look_up(self, host: String) -> io::Result<Vec<IpAddr>> {
        let found = timeout(PATIENCE, tokio::net::lookup_host((host, 0))).await??;
        Ok(found.take(ADDRESSES).map(|address| address.ip()).collect())
    }

    fn translator(self) -> impl Future<Output = Option<Nat64Prefix>> {
        nat64::prefix()
    }
}

async fn follow(resolver: impl Resolver, mut wanted: watch::Receiver<Names>, results: mpsc::Sender<Found>) {
    let mut pause = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    let (mut known, mut progress) = (HashMap::new(), HashMap::<String, Progress>::new());
    let (mut lookups, mut round) = (JoinSet::new(), 0);
    // Said in the log once, until they are found.
    let mut missing = HashSet::new();
    let mut translator: Option<Nat64Prefix> = None;
    let mut translators = JoinSet::new();
    translators.spawn(resolver.translator());
    loop {
        let names = wanted.borrow_and_update().clone();
        if names.round != round {
            round = names.round;
            progress.retain(|_, progress| *progress == Progress::Asking);
            pause.reset();
            // The line may be another.
            translators.abort_all();
            translators.spawn(resolver.translator());
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
                let host = host.to_owned();
                lookups.spawn(async move { (host.clone(), resolver.look_up(host).await) });
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

#[cfg(test)]
mod tests {
    use std::{future::pending, net::SocketAddr};

    use super::*;

    /// Knows `quick.example`, says nothing of `silent.example`, and that there is no other.
    #[derive(Clone, Copy)]
    struct Stubborn;

    impl Resolver for Stubborn {
        async fn look_up(self, host: String) -> io::Result<Vec<IpAddr>> {
            match host.as_str() {
                "quick.example" => Ok(vec![[203, 0, 113, 1].into()]),
                "silent.example" => pending().await,
                _ => Err(io::ErrorKind::NotFound.into()),
            }
        }

        async fn translator(self) -> Option<Nat64Prefix> {
            pending().await
        }
    }

    fn names(round: u64, hosts: &[&str]) -> Names {
        let stun = hosts.iter().map(|host| ((*host).to_owned(), 3_478)).collect();
        Names { stun, relays: Vec::new(), round }
    }

    async fn until(results: &mut mpsc::Receiver<Found>, expected: &[SocketAddr]) {
        while results.recv().await.expect("it goes on").stun != expected {}
    }

    #[tokio::test]
    async fn a_silent_or_missing_name_holds_back_no_other_and_no_address() {
        let hosts = ["silent.example", "missing.example", "192.0.2.7", "quick.example"];
        let (ask, wanted) = watch::channel(names(0, &hosts));
        let (results, mut found) = mpsc::channel(1);
        let quick = SocketAddr::from(([203, 0, 113, 1], 3_478));
        let [plain, later] = [[192, 0, 2, 7], [192, 0, 2, 8]].map(|ip| SocketAddr::from((ip, 3_478)));
        let heard = async move {
            until(&mut found, &[plain, quick]).await;
            // What a server names meanwhile does not wait either, and another round takes nothing away.
            ask.send(names(1, &["silent.example", "192.0.2.8", "quick.example"])).expect("somebody asks");
            until(&mut found, &[later, quick]).await;
        };
        let both = async { tokio::join!(follow(Stubborn, wanted, results), heard) };
        timeout(PATIENCE, both).await.expect("nobody waits for the silent one");
    }
}
