use std::{net::IpAddr, time::Duration};

use lanrage_nat::interfaces::host_addresses;
use tokio::{sync::mpsc, task::spawn_blocking, time::interval};

/// How often the device's own addresses are looked at.
const PERIOD: Duration = Duration::from_secs(3);

/// Reports this device's usable addresses now, and again whenever they differ.
pub(crate) async fn run(adapter_name: String, changes: mpsc::Sender<Vec<IpAddr>>) {
    let mut ticks = interval(PERIOD);
    let mut last = None;
    loop {
        ticks.tick().await;
        let name = adapter_name.clone();
        let Ok(addresses) = spawn_blocking(move || own_addresses(&name)).await else { return };
        if last.as_ref() != Some(&addresses) {
            last = Some(addresses.clone());
            if changes.send(addresses).await.is_err() {
                return;
            }
        }
    }
}

/// The usable addresses of this device, without those of our own adapters.
pub(crate) fn own_addresses(adapter_name: &str) -> Vec<IpAddr> {
    // The number behind the name counts up where the name is taken.
    let stem = adapter_name.trim_end_matches(|c: char| c.is_ascii_digit());
    host_addresses(|interface| interface.starts_with(stem))
}
