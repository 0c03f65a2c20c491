use std::{net::SocketAddrV4, sync::Arc, time::Duration};

use lanrage_rendezvous::{Engine, ItemKey, LookId, PutFault, PutId, SignedItem};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::timeout,
};

use url::Url;

use crate::{Dht, Entrance, Relays, Rendezvous};

/// How long one question may take: a little longer than anybody waits for it.
const PATIENCE: Duration = Duration::from_secs(12);
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

/// What is wanted of engines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineOrder {
    /// Look for an item. Opens the engine, if it is not open.
    Look {
        /// Which question.
        id: LookId,
        /// Where.
        key: ItemKey,
        /// By which engine.
        engine: Engine,
    },
    /// Store an item. Opens the engine, if it is not open.
    Put {
        /// Which.
        id: PutId,
        /// What.
        item: SignedItem,
        /// By which engine.
        engine: Engine,
    },
    /// Our network changed: whatever is open is opened anew when it is wanted next, and what was asked is forgotten.
    Reopen,
    /// Nothing is wanted for a while: whatever is open ends.
    Rest,
}

/// What engines say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineEvent {
    /// Somebody holds this item.
    Replica(LookId, SignedItem),
    /// All that was found has been told.
    LookEnded(LookId),
    /// An item was stored, or not.
    PutEnded(PutId, Result<(), PutFault>),
    /// Nodes of the DHT that answered, to be kept for the next start.
    Nodes(Vec<SocketAddrV4>),
}

/// Has engines while they are wanted, until the sender of `orders` is dropped. An engine that is at rest has no socket, no
/// task and no packet.
pub async fn run(
    settings: watch::Receiver<EngineSettings>,
    mut orders: mpsc::Receiver<EngineOrder>,
    events: mpsc::Sender<EngineEvent>,
) {
    let mut dht: Option<Arc<Dht>> = None;
    let relays = Arc::new(Relays::new(&settings.borrow().relays));
    let mut tasks: JoinSet<()> = JoinSet::new();
    loop {
        let order = tokio::select! {
            order = orders.recv() => order,
            Some(_) = tasks.join_next() => continue,
        };
        let mut open =
            || dht.get_or_insert_with(|| Arc::new(Dht::open(settings.borrow().dht.clone()))).clone();
        match order {
            Some(EngineOrder::Look { id, key, engine }) => match engine {
                Engine::Dht => {
                    tasks.spawn(look(open(), id, key, events.clone()));
                }
                Engine::Relays => {
                    tasks.spawn(look(relays.clone(), id, key, events.clone()));
                }
            },
            Some(EngineOrder::Put { id, item, engine }) => match engine {
                Engine::Dht => {
                    tasks.spawn(put(open(), id, item, events.clone()));
                }
                Engine::Relays => {
                    tasks.spawn(put(relays.clone(), id, item, events.clone()));
                }
            },
            Some(EngineOrder::Reopen) => {
                tasks.abort_all();
                close(&mut dht, &events).await;
            }
            Some(EngineOrder::Rest) => close(&mut dht, &events).await,
            None => {
                tasks.abort_all();
                close(&mut dht, &events).await;
                return;
            }
        }
    }
}

/// Ends an engine, and tells of the nodes that it knew.
async fn close(dht: &mut Option<Arc<Dht>>, events: &mpsc::Sender<EngineEvent>) {
    if let Some(dht) = dht.take() {
        let nodes = dht.nodes().await;
        if !nodes.is_empty() {
            let _ = events.send(EngineEvent::Nodes(nodes)).await;
        }
    }
}

async fn look(engine: Arc<impl Rendezvous>, id: LookId, key: ItemKey, events: mpsc::Sender<EngineEvent>) {
    let (found, mut replicas) = mpsc::channel(WAITING);
    let telling = async {
        while let Some(item) = replicas.recv().await {
            let _ = events.send(EngineEvent::Replica(id, item)).await;
        }
    };
    let _ = tokio::join!(timeout(PATIENCE, engine.look(key, found)), telling);
    let _ = events.send(EngineEvent::LookEnded(id)).await;
}

async fn put(engine: Arc<impl Rendezvous>, id: PutId, item: SignedItem, events: mpsc::Sender<EngineEvent>) {
    let outcome = timeout(PATIENCE, engine.publish(item)).await.unwrap_or(Err(PutFault::NoAnswer));
    let _ = events.send(EngineEvent::PutEnded(id, outcome)).await;
}
