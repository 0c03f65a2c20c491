//! A client of the BitTorrent DHT (BEP 5, BEP 44). IPv4 alone, as the library is.

mod client;
mod entrance;

use std::{net::SocketAddrV4, time::Duration};

use lanrage_rendezvous::{ItemKey, PutFault, SignedItem};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::{debug, info};

use crate::Rendezvous;
use client::Client;
pub use entrance::Entrance;

/// Most nodes that are kept for the next start.
pub const KEPT_NODES: usize = 64;
/// How long nodes may take to let us in before others are tried.
const ENTER: Duration = Duration::from_secs(3);
/// Pause after nobody let us in.
const AGAIN: Duration = Duration::from_secs(10);

/// The DHT, for as long as this value lives. It comes in by nodes that were kept, a few at a time so that a router does
/// not hear of many at once, and by names if none of these answers; and asks at once, by whatever it came in.
#[derive(Debug)]
pub struct Dht {
    current: watch::Receiver<Option<Client>>,
    /// Looks for a way in, and ends with this value.
    _tasks: JoinSet<()>,
}

impl Dht {
    /// Begins to look for a way in. Waits for nothing.
    pub fn open(entrance: Entrance) -> Self {
        let (found, current) = watch::channel(None);
        let mut tasks = JoinSet::new();
        tasks.spawn(enter(entrance, found));
        Self { current, _tasks: tasks }
    }

    /// At most [`KEPT_NODES`] nodes that answered, to come in by the next time; none before somebody did.
    pub async fn nodes(&self) -> Vec<SocketAddrV4> {
        let client = self.current.borrow().clone();
        match client {
            Some(client) => client.nodes().await,
            None => Vec::new(),
        }
    }

    fn clients(&self) -> Clients {
        Clients(self.current.clone())
    }
}

/// The client by which something is asked, and, where no node of it is there, the one that is tried after it.
struct Clients(watch::Receiver<Option<Client>>);

impl Clients {
    async fn next(&mut self) -> Option<Client> {
        self.0.wait_for(Option::is_some).await.ok()?.clone()
    }

    /// Whether asking led nowhere because nobody is there, and another client is tried now.
    async fn is_another_tried(&mut self, client: &Client) -> bool {
        !client.is_in().await && self.0.changed().await.is_ok()
    }
}

impl Rendezvous for Dht {
    async fn look(&self, key: ItemKey, replicas: mpsc::Sender<SignedItem>) {
        let mut clients = self.clients();
        while let Some(client) = clients.next().await {
            if client.look(key, &replicas).await || !clients.is_another_tried(&client).await {
                return;
            }
        }
    }

    async fn publish(&self, item: SignedItem) -> Result<(), PutFault> {
        let mut clients = self.clients();
        while let Some(client) = clients.next().await {
            let outcome = client.publish(&item).await;
            if outcome != Err(PutFault::NoNodes) || !clients.is_another_tried(&client).await {
                return outcome;
            }
        }
        Err(PutFault::Gone)
    }
}

/// Tries entrances until one lets us in. Each client is shown at once: what is asked of it is an attempt, too.
async fn enter(entrance: Entrance, found: watch::Sender<Option<Client>>) {
    loop {
        let mut attempts = entrance.attempts();
        while let Some(nodes) = attempts.next().await {
            let client = match Client::new(&nodes).await {
                Ok(client) => client,
                Err(error) => {
                    debug!(%error, "no socket for the DHT");
                    continue;
                }
            };
            found.send_replace(Some(client.clone()));
            if timeout(ENTER, client.enters()).await == Ok(true) {
                info!(by = nodes.len(), "in the DHT");
                return;
            }
            debug!(by = nodes.len(), "nobody lets us into the DHT");
        }
        sleep(AGAIN).await;
    }
}
