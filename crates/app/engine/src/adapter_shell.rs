use std::sync::Arc;

use lanrage_adapter::{Adapter, AdapterConfig, AdapterError, Device};
use lanrage_party::{Subnet, VirtualIp, limits};
use lanrage_session::{AdapterFailure, sentence};
use lanrage_tunnel::Tunnel;
use tokio::{sync::mpsc, task::spawn_blocking};

use crate::device::TunnelDevice;

/// What the event loop asks of the adapter.
#[derive(Debug)]
pub(crate) enum AdapterCommand {
    Open { address: VirtualIp, subnet: Subnet },
    Close,
}

/// Opens and closes the adapter, one command after the other, so that a close is never overtaken by the open
/// before it. Ends when the commands do, and closes what is open.
pub(crate) async fn run(
    name: String,
    tunnel: Arc<Tunnel>,
    mut commands: mpsc::Receiver<AdapterCommand>,
    results: mpsc::Sender<Result<String, AdapterFailure>>,
) {
    while let Some(command) = commands.recv().await {
        let (name, tunnel) = (name.clone(), Arc::clone(&tunnel));
        let result = match command {
            AdapterCommand::Open { address, subnet } => {
                spawn_blocking(move || open(name, &tunnel, address, subnet)).await
            }
            AdapterCommand::Close => {
                // Joins the device's thread, which then drops the adapter.
                let _ = spawn_blocking(move || tunnel.detach()).await;
                continue;
            }
        };
        if let Ok(result) = result
            && results.send(result).await.is_err()
        {
            return;
        }
    }
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
    let code = match error {
        AdapterError::PermissionDenied | AdapterError::HelperDenied => "adapter_permission",
        AdapterError::HelperNotRunning | AdapterError::HelperRefused { .. } => "adapter_helper",
        AdapterError::NoDriver => "adapter_driver",
        AdapterError::NameTaken { .. } | AdapterError::InvalidName { .. } => "adapter_name",
        AdapterError::AddressInUse { .. } | AdapterError::AddressOutside { .. } => "adapter_address",
        AdapterError::SubnetOverlaps { .. } => "adapter_subnet",
        AdapterError::Route { .. } => "adapter_route",
        AdapterError::Io { .. } => "adapter_failed",
    };
    AdapterFailure { code, reason: sentence(&error.to_string()), fix: error.fix().to_owned() }
}
