//! What carries the items of `lanrage-rendezvous`: each engine asks and stores, and decides nothing.
//!
//! - [`Dht`]: the BitTorrent DHT, as a client that answers nobody.
//! - [`Relays`]: relays into it over HTTPS, where UDP does not pass.
//! - [`run`]: the task that has engines while they are wanted.

mod dht;
mod relays;
mod run;

pub use dht::{Dht, Entrance, KEPT_NODES};
pub use relays::{RELAYS, Relays};
pub use run::{EngineSettings, run};

use lanrage_rendezvous::{ItemKey, PutFault, SignedItem};
use tokio::sync::mpsc;

/// A store that anyone may read and write. Dropping it ends it.
pub trait Rendezvous: Send + Sync + 'static {
    /// Tells of all replicas of an item, each when it comes, and returns when there will be no more. Several of one item
    /// with different numbers are as usual as none.
    fn look(&self, key: ItemKey, replicas: mpsc::Sender<SignedItem>) -> impl Future<Output = ()> + Send;

    /// Stores an item.
    ///
    /// # Errors
    /// Nobody has taken it.
    fn publish(&self, item: SignedItem) -> impl Future<Output = Result<(), PutFault>> + Send;
}
