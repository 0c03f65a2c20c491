use std::{io, net::SocketAddrV4, time::Instant};

use futures_util::StreamExt;
use lanrage_rendezvous::{ItemKey, KrpcFilter, PutFault, SignedItem};
use n0_mainline::{
    DatagramHook, Dht, MutableItem, RequestFilter, RequestSpecific, ServerSettings,
    errors::{PutMutableError, PutQueryError},
};
use tokio::{sync::mpsc, task::spawn_blocking};

use super::KEPT_NODES;

/// One socket in the DHT. The library's task ends with the last copy.
#[derive(Debug, Clone)]
pub(super) struct Client(Dht);

/// Nobody is answered.
#[derive(Debug, Clone)]
struct Nobody;

impl RequestFilter for Nobody {
    fn allow_request(&self, _request: &RequestSpecific, _from: SocketAddrV4) -> bool {
        false
    }
}

impl Client {
    /// A client on a port of the system's choice that comes in by these nodes. Whatever comes at its socket goes through
    /// [`KrpcFilter`], from the first message to the library's task on: nobody knows the port before that.
    pub(super) async fn new(nodes: &[SocketAddrV4]) -> io::Result<Self> {
        // Addresses alone: the library would look names up on this thread, 40 s with a DNS that is silent.
        let nodes: Vec<String> = nodes.iter().map(ToString::to_string).collect();
        let built = spawn_blocking(move || {
            let settings = ServerSettings { filter: Box::new(Nobody), ..ServerSettings::default() };
            Dht::builder().server_settings(settings).bootstrap(&nodes).port(0).build()
        });
        let dht = built.await.map_err(io::Error::other)??;
        let mut filter = KrpcFilter::default();
        let hook = DatagramHook::new(move |bytes, _| !filter.lets_in(Instant::now(), bytes));
        dht.set_datagram_hook(Some(hook)).await?;
        Ok(Self(dht))
    }

    /// Asks the nodes that it is to come in by, and whether any answered.
    pub(super) async fn enters(&self) -> bool {
        self.0.bootstrapped().await.unwrap_or(false)
    }

    /// Whether any node has answered.
    pub(super) async fn is_in(&self) -> bool {
        self.0.info().await.is_ok_and(|info| info.routing_table_size() > 0)
    }

    /// Tells of all replicas, and returns whether there were any. The library has checked each signature, and gives no
    /// order: the greatest number is the reader's to find.
    pub(super) async fn look(&self, key: ItemKey, replicas: &mpsc::Sender<SignedItem>) -> bool {
        let Ok(mut found) = self.0.get_mutable(&key.0, None, None).await else { return false };
        let mut any = false;
        while let Some(item) = found.next().await {
            any = true;
            let (seq, value, signature) = (item.seq(), item.value().to_vec(), *item.signature());
            if replicas.send(SignedItem { key, seq, value, signature }).await.is_err() {
                break;
            }
        }
        any
    }

    pub(super) async fn publish(&self, item: &SignedItem) -> Result<(), PutFault> {
        let item = MutableItem::new_signed_unchecked(item.key.0, item.signature, &item.value, item.seq, None);
        match self.0.put_mutable(item, None).await {
            Ok(_) => Ok(()),
            Err(PutMutableError::Concurrency(_)) => Err(PutFault::Older),
            Err(PutMutableError::Query(error)) => Err(match error {
                PutQueryError::NoClosestNodes => PutFault::NoNodes,
                PutQueryError::Shutdown => PutFault::Gone,
                _ => PutFault::NoAnswer,
            }),
        }
    }

    pub(super) async fn nodes(&self) -> Vec<SocketAddrV4> {
        let nodes = self.0.to_bootstrap().await.unwrap_or_default();
        nodes.iter().filter_map(|text| text.parse().ok()).take(KEPT_NODES).collect()
    }
}
