//! Looking up the addresses of STUN servers and relays.

use std::{
    collections::{HashMap, HashSet},
    future::pending,
    io,
    net::IpAddr,
    time::Duration,
};

use lanrage_base::backoff::Backoff;
use lanrage_nat::{Found, Known, Names, Nat64Prefix};
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

/// A name's addresses, once.
///
/// # Errors
/// It has none, or nobody said so within five seconds.
pub async fn addresses(host: &str) -> io::Result<Vec<IpAddr>> {
    let found = timeout(PATIENCE, tokio::net::lookup_host((host, 0))).await??;
    Ok(found.take(ADDRESSES).map(|address| address.ip()).collect())
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
        addresses(&host).await
    }

    fn translator(self) -> impl Future<Output = Option<Nat64Prefix>> {
        nat64::prefix()
    }
}

/// What is known of names, and whom to ask for more.
#[derive(Debug, Default)]
struct Book {
    known: Known,
    progress: HashMap<String, Progress>,
    /// Said in the log once, until they are found.
    missing: HashSet<String>,
    round: u64,
}

impl Book {
    /// True if another round begins: all is asked for again, and what was found holds until then.
    fn begin_round(&mut self, round: u64) -> bool {
        let is_another = std::mem::replace(&mut self.round, round) != round;
        if is_another {
            self.progress.retain(|_, progress| *progress == Progress::Asking);
        }
        is_another
    }

    /// Forgets what nobody wants any more, and gives the names that are to be asked for now.
    fn want(&mut self, names: &Names) -> Vec<String> {
        let is_wanted = |host: &String| names.hosts().any(|wanted| wanted == host);
        self.known.retain(|host, _| is_wanted(host));
        self.missing.retain(is_wanted);
        self.progress.retain(|host, progress| is_wanted(host) || *progress == Progress::Asking);
        let mut to_ask = Vec::new();
        for host in names.hosts() {
            if let Ok(address) = host.parse::<IpAddr>() {
                self.known.insert(host.to_owned(), vec![address]);
            } else if !self.progress.contains_key(host) {
                self.progress.insert(host.to_owned(), Progress::Asking);
                to_ask.push(host.to_owned());
            }
        }
        to_ask
    }

    fn note(&mut self, host: String, found: io::Result<Vec<IpAddr>>) {
        match found {
            Ok(addresses) => {
                self.missing.remove(&host);
                self.known.insert(host.clone(), addresses);
                self.progress.insert(host, Progress::Found);
            }
            Err(error) => {
                if self.missing.insert(host.clone()) {
                    warn!(host, %error, "name not found");
                }
                self.progress.insert(host, Progress::Failed);
            }
        }
    }

    /// Whether some were not found.
    fn has_failed(&self) -> bool {
        self.progress.values().any(|progress| *progress == Progress::Failed)
    }

    /// Those that were not found are asked for again.
    fn try_again(&mut self) {
        self.progress.retain(|_, progress| *progress != Progress::Failed);
    }
}

async fn follow(resolver: impl Resolver, mut wanted: watch::Receiver<Names>, results: mpsc::Sender<Found>) {
    let (mut book, mut pause) = (Book::default(), Backoff::new(FIRST_PAUSE, LONGEST_PAUSE));
    let (mut lookups, mut translators) = (JoinSet::new(), JoinSet::new());
    let mut translator: Option<Nat64Prefix> = None;
    translators.spawn(resolver.translator());
    loop {
        let names = wanted.borrow_and_update().clone();
        if book.begin_round(names.round) {
            pause.reset();
            // The line may be another.
            translators.abort_all();
            translators.spawn(resolver.translator());
        }
        for host in book.want(&names) {
            lookups.spawn(async move { (host.clone(), resolver.look_up(host).await) });
        }
        if results.send(names.found(&book.known, translator)).await.is_err() {
            return;
        }
        let has_failed = book.has_failed();
        let again = async {
            if !has_failed {
                pending::<()>().await;
            }
            sleep(pause.pause()).await;
        };
        tokio::select! {
            changed = wanted.changed() => match changed {
                Ok(()) => pause.reset(),
                Err(_) => return,
            },
            Some(Ok((host, found))) = lookups.join_next() => book.note(host, found),
            Some(asked) = translators.join_next() => {
                // One that was given up says nothing.
                translator = asked.unwrap_or(translator);
            }
            () = again => {
                book.try_again();
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
