//! The routing table, read when a party is to be made.

use ipnet::Ipv4Net;
use tokio::{
    sync::{mpsc, watch},
    task::spawn_blocking,
};

use crate::tasks::Tasks;

/// Asks for the routing table and hears of it. Never full: one reading answers every wish before it.
pub(crate) struct RoutesPort {
    pub(crate) wanted: watch::Sender<()>,
    pub(crate) rx: mpsc::Receiver<Vec<Ipv4Net>>,
}

pub(crate) fn spawn(tasks: &mut Tasks) -> RoutesPort {
    let (wanted, mut wishes) = watch::channel(());
    let (told, rx) = mpsc::channel(1);
    tasks.spawn("routes", async move {
        while wishes.changed().await.is_ok() {
            // A table that cannot be read is empty: not knowing must not stop a party.
            let routes = spawn_blocking(lanrage_adapter::networks_in_use).await.unwrap_or_default();
            if told.send(routes).await.is_err() {
                return;
            }
        }
    });
    RoutesPort { wanted, rx }
}
