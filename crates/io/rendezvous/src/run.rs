use std::{net::SocketAddrV4, sync::Arc, time::Duration};

use lanrage_rendezvous::{Engine, Event, ItemKey, LookId, Order, PutFault, PutId, SignedItem};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{interval, timeout},
};
use url::Url;

use crate::{Dht, Entrance, Relays, Rendezvous};

/// How long one question may take: a little longer than anybody waits for it.
const PATIENCE: Duration = Duration::from_secs(12);
/// How often the nodes of a DHT that stays open are told: a program may end without a farewell.
const TELL: Duration = Duration::from_secs(120);
/// Replicas that wait to be told; an engine that brings more waits.
const WAITING: usize = 32;

/// By what engines come in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EngineSettings {
    /// By whom one comes into the DHT.
    pub dht: Entrance,
    /// Relays into it.
    pub relays: Vec<Url>,
}

/// Has engines while they are wanted, until the sender of `orders` is dropped. An engine that is at rest has no socket, no
/// task and no packet.
pub async fn run(
    mut settings: watch::Receiver<EngineSettings>,
    mut orders: mpsc::Receiver<Order>,
    events: mpsc::Sender<Event>,
) {
    let mut dht: Option<Arc<Dht>> = None;
    // What answered last, in this life.
    let mut known: Vec<SocketAddrV4> = Vec::new();
    let mut urls = settings.borrow_and_update().relays.clone();
    let mut relays = Arc::new(Relays::new(&urls));
    let mut tasks: JoinSet<()> = JoinSet::new();
    let mut telling = interval(TELL);
    loop {
        let order = tokio::select! {
            order = orders.recv() => order,
            Some(_) = tasks.join_next() => continue,
            Ok(()) = settings.changed() => {
                let wanted = settings.borrow_and_update().relays.clone();
                if wanted != urls {
                    relays = Arc::new(Relays::new(&wanted));
                    urls = wanted;
                }
                continue;
            }
            _ = telling.tick(), if dht.is_some() => {
                if let Some(dht) = &dht {
                    tell(dht, &events, &mut known).await;
                }
                continue;
            }
        };
        let mut open = || {
            let by = dht.get_or_insert_with(|| {
                telling.reset();
                let mut entrance = settings.borrow().dht.clone();
                if !known.is_empty() {
                    entrance.kept.clone_from(&known);
                }
                Arc::new(Dht::open(entrance))
            });
            by.clone()
        };
        match order {
            Some(Order::Look { id, key, engine }) => match engine {
                Engine::Dht => {
                    tasks.spawn(look(open(), id, key, events.clone()));
                }
                Engine::Relays => {
                    tasks.spawn(look(relays.clone(), id, key, events.clone()));
                }
            },
            Some(Order::Put { id, item, engine }) => match engine {
                Engine::Dht => {
                    tasks.spawn(put(open(), id, item, events.clone()));
                }
                Engine::Relays => {
                    tasks.spawn(put(relays.clone(), id, item, events.clone()));
                }
            },
            Some(Order::Reopen) => {
                tasks.abort_all();
                close(&mut dht, &events, &mut known).await;
            }
            Some(Order::Rest) => close(&mut dht, &events, &mut known).await,
            None => {
                tasks.abort_all();
                close(&mut dht, &events, &mut known).await;
                return;
            }
        }
    }
}

/// Ends an engine, and tells of the nodes that it knew.
async fn close(dht: &mut Option<Arc<Dht>>, events: &mpsc::Sender<Event>, known: &mut Vec<SocketAddrV4>) {
    if let Some(dht) = dht.take() {
        tell(&dht, events, known).await;
    }
}

/// Tells of the nodes that an engine knows.
async fn tell(dht: &Dht, events: &mpsc::Sender<Event>, known: &mut Vec<SocketAddrV4>) {
    let nodes = dht.nodes().await;
    if !nodes.is_empty() {
        known.clone_from(&nodes);
        let _ = events.send(Event::Nodes(nodes)).await;
    }
}

async fn look(engine: Arc<impl Rendezvous>, id: LookId, key: ItemKey, events: mpsc::Sender<Event>) {
    let (found, mut replicas) = mpsc::channel(WAITING);
    let telling = async {
        while let Some(item) = replicas.recv().await {
            let _ = events.send(Event::Replica(id, item)).await;
        }
    };
    let _ = tokio::join!(timeout(PATIENCE, engine.look(key, found)), telling);
    let _ = events.send(Event::LookEnded(id)).await;
}

async fn put(engine: Arc<impl Rendezvous>, id: PutId, item: SignedItem, events: mpsc::Sender<Event>) {
    let outcome = timeout(PATIENCE, engine.publish(item)).await.unwrap_or(Err(PutFault::NoAnswer));
    let _ = events.send(Event::PutEnded(id, outcome)).await;
}
