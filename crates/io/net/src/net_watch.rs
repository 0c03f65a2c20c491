//! Noticing that the device is in another network: it has other addresses, or another way out.

mod default_route;
mod notifications;
#[cfg(test)]
mod tests;

use std::{net::IpAddr, time::Duration};

use lanrage_nat::{DefaultRoute, NetworkState};
use tokio::{
    sync::mpsc::Sender,
    task::spawn_blocking,
    time::{sleep, timeout},
};

use notifications::Notifications;

use crate::own_adapter::OwnAdapter;

/// How long the first word of a change waits for the others: an address comes with its route, a new network with half
/// a dozen notifications within a few milliseconds.
pub const COALESCE: Duration = Duration::from_millis(40);

/// How often the network is looked at where the system gives no notifications.
pub const POLL: Duration = Duration::from_secs(15);

/// Implementation: the pause before notifications that failed are asked for again.
const REOPEN: Duration = Duration::from_secs(1);

/// Tells how the device is connected, now and whenever it changes, until nobody listens any more. Our own adapter is no part of
/// it, or the tunnel would be offered as a way to itself.
///
/// Follows the system's notifications, and collects those that
/// come within [`COALESCE`]; looks every [`POLL`] where there are none. Costs nothing while nothing changes.
///
/// Full policy of `changes`: it waits. Changes meanwhile become one.
pub async fn run(adapter: OwnAdapter, changes: Sender<NetworkState>) {
    let mut watch = Changes::new();
    let mut known = Known::default();
    loop {
        watch.open().await;
        let adapter = adapter.clone();
        let look = move || (adapter.others(), default_route::look_up());
        let Ok((addresses, default_route)) = spawn_blocking(look).await else { return };
        if let Some(state) = known.handle_look(&addresses, default_route)
            && changes.send(state).await.is_err()
        {
            return;
        }
        tokio::select! {
            () = changes.closed() => return,
            () = watch.next() => {}
        }
    }
}

/// The system's word that something of its network has changed: interfaces, addresses, routes, rules.
#[derive(Default)]
pub struct Changes {
    notifications: Option<Notifications>,
}

impl Changes {
    /// Asks for notifications with the first wait.
    pub fn new() -> Self {
        Self::default()
    }

    /// Before the first look, so that no change falls between the two.
    async fn open(&mut self) {
        if self.notifications.is_none() {
            match Notifications::open().await {
                Ok(notifications) => self.notifications = Some(notifications),
                Err(error) => tracing::warn!(%error, "the system does not tell of network changes"),
            }
        }
    }

    /// Returns when it is time to look again: after a change with those that came with it, or after [`POLL`] where the
    /// system does not tell everything. A wait that is given up loses no change that comes after it.
    pub async fn next(&mut self) {
        self.open().await;
        let Some(notifications) = &mut self.notifications else {
            return sleep(POLL).await;
        };
        let changed = async {
            notifications.next().await?;
            sleep(COALESCE).await;
            notifications.drain().await
        };
        // Where notifications do not tell everything, the look now and then does.
        let limit = if Notifications::ARE_COMPLETE { Duration::MAX } else { POLL };
        if let Ok(Err(error)) = timeout(limit, changed).await {
            tracing::warn!(%error, "notifications of network changes ended");
            self.notifications = None;
            sleep(REOPEN).await;
        }
    }
}

/// What is known already. Pure.
#[derive(Debug, Default)]
struct Known {
    state: Option<NetworkState>,
    /// The addresses of the interface that leads to the internet; all of them where none does.
    outward: Vec<IpAddr>,
}

impl Known {
    /// What was seen at one look: the addresses with the indices of their interfaces. Returns the state if it is another
    /// one.
    fn handle_look(
        &mut self,
        addresses: &[(u32, IpAddr)],
        default_route: Option<DefaultRoute>,
    ) -> Option<NetworkState> {
        let leads_out = |(interface, _): &&(u32, IpAddr)| {
            default_route.as_ref().is_none_or(|route| route.interface == *interface)
        };
        let outward: Vec<IpAddr> = addresses.iter().filter(leads_out).map(|(_, ip)| *ip).collect();
        let is_same_outward = std::mem::replace(&mut self.outward, outward) == self.outward;
        let addresses: Vec<IpAddr> = addresses.iter().map(|(_, ip)| *ip).collect();
        let generation = match &mut self.state {
            None => 1,
            Some(known) => {
                let same_way = match (&mut known.default_route, &default_route) {
                    (Some(known), Some(seen)) => known.is_confirmed_by(seen),
                    (None, None) => true,
                    _ => false,
                };
                match (same_way && is_same_outward, known.addresses == addresses) {
                    (true, true) => return None,
                    (true, false) => known.generation,
                    (false, _) => known.generation + 1,
                }
            }
        };
        self.state = Some(NetworkState { generation, addresses, default_route });
        self.state.clone()
    }
}
