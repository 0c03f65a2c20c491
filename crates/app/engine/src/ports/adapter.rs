//! The virtual device, opened and closed as the session wishes.

use std::sync::Arc;

use lanrage_adapter::{Adapter, AdapterConfig, AdapterError, Device};
use lanrage_party::{Subnet, VirtualIp, limits};
use lanrage_session::AdapterFailure;
use lanrage_tunnel::Tunnel;
use tokio::{
    sync::{mpsc, watch},
    task::spawn_blocking,
};
use tracing::warn;

use super::device::TunnelDevice;
use crate::tasks::Tasks;

/// The device that is wanted: with this address in this network, or none.
pub(crate) type Wish = Option<(VirtualIp, Subnet)>;

/// Says which device is wanted, and hears what came of it. Never full: only the newest wish counts, and a device that is
/// open is closed before the next is opened.
pub(crate) struct AdapterPort {
    pub(crate) wish: watch::Sender<Wish>,
    pub(crate) rx: mpsc::Receiver<Result<String, AdapterFailure>>,
}

/// Ends when nobody can wish any more, with no device open if none was wanted at last.
pub(crate) fn spawn(tasks: &mut Tasks, name: String, tunnel: Arc<Tunnel>) -> AdapterPort {
    let (wish, mut wishes) = watch::channel(None);
    let (told, rx) = mpsc::channel(1);
    tasks.spawn("adapter", async move {
        while wishes.changed().await.is_ok() {
            let wish: Wish = *wishes.borrow_and_update();
            let (name, tunnel) = (name.clone(), Arc::clone(&tunnel));
            let changed = spawn_blocking(move || {
                // Joins the device's threads, which then drop the adapter.
                tunnel.detach();
                wish.map(|(address, subnet)| open(name, &tunnel, address, subnet))
            });
            // Nobody hears a result at the very end, when the wish is to close.
            if let Ok(Some(result)) = changed.await
                && told.send(result).await.is_err()
            {
                return;
            }
        }
    });
    AdapterPort { wish, rx }
}

fn open(name: String, tunnel: &Tunnel, address: VirtualIp, subnet: Subnet) -> Result<String, AdapterFailure> {
    let config = AdapterConfig { name, address, subnet, mtu: limits::PACKET_BYTES as u16, offload: true };
    let adapter = Adapter::open(&config).map_err(|error| failure(&error))?;
    let name = adapter.name().to_owned();
    let device: Arc<dyn Device> = Arc::new(adapter);
    tunnel
        .attach(Arc::new(TunnelDevice::new(device)))
        .map_err(|source| failure(&AdapterError::Io { step: "starting its packet thread", source }))?;
    Ok(name)
}

fn failure(error: &AdapterError) -> AdapterFailure {
    warn!(%error, "no adapter");
    AdapterFailure { fault: error.fault(), remedy: error.remedy() }
}
