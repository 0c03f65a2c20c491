use std::{io, path::PathBuf, sync::Arc};

use lanrage_control::websocket;
use lanrage_party::{ControlEndpoint, Name};
use lanrage_store::{DataDir, DataDirError, FileSecretStore, SecretError, load_or_create_identity};
use lanrage_tunnel::{EventSink, Tunnel, UdpSockets};
use tokio::sync::{broadcast, mpsc, watch};
use tracing::{info, warn};
use zeroize::Zeroizing;

use crate::{
    Handle, Snapshot, adapter_shell,
    entropy::Entropy,
    event_loop::{EventLoop, Inputs, Outputs, now},
    local, net_watch,
    party_manager::PartyManager,
    tasks::Tasks,
};

/// Commands that may wait. A host that sends more waits itself.
const COMMANDS: usize = 16;
/// Reports of the data plane that may wait. Further ones are dropped: each kind is said again.
const TUNNEL_EVENTS: usize = 1_024;
/// Notices kept for a slow reader, which is told how many it missed.
const NOTICES: usize = 64;
/// Adapter commands, address lists and the like: rare, so whoever sends more waits.
const FEW: usize = 8;

/// How an engine starts.
#[derive(Debug, Clone, Default)]
pub struct EngineOptions {
    /// Where it keeps what outlives it; `None` for the system's usual place.
    pub data_dir: Option<PathBuf>,
    /// The player's name as friends see it; `None` for the name of the account.
    pub player_name: Option<String>,
    /// The control server for new parties; `None` for parties on this device alone.
    pub control: Option<ControlEndpoint>,
    /// UDP port for all traffic; 0 for any.
    pub udp_port: u16,
}

/// Why an engine cannot start. Everything else that may be missing is a state of the running engine.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another LANrage uses the data folder.
    #[error("LANrage is already running")]
    AlreadyRunning,
    /// The data folder cannot be used.
    #[error(transparent)]
    DataDir(DataDirError),
    /// This device's identity cannot be read or kept.
    #[error(transparent)]
    Identity(#[from] SecretError),
    /// No UDP socket or packet thread.
    #[error("cannot open UDP port {port}: {source}")]
    Socket {
        /// The port asked for.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
}

impl From<DataDirError> for StartError {
    fn from(error: DataDirError) -> Self {
        match error {
            DataDirError::InUse => Self::AlreadyRunning,
            error => Self::DataDir(error),
        }
    }
}

/// The party engine.
#[derive(Debug)]
pub struct Engine;

impl Engine {
    /// The folder that an engine with this option uses; made if it is not there.
    ///
    /// # Errors
    /// [`StartError::DataDir`].
    pub fn data_dir(chosen: Option<PathBuf>) -> Result<PathBuf, StartError> {
        Ok(DataDir::open(chosen)?.path().to_owned())
    }

    /// Starts an engine on the current runtime. It runs until [`Handle::shutdown`].
    ///
    /// # Errors
    /// [`StartError`]. A missing network, adapter permission or server is none.
    pub async fn start(options: EngineOptions) -> Result<Handle, StartError> {
        let data_dir = DataDir::open(options.data_dir)?;
        let lock = data_dir.lock()?;
        let mut entropy = Entropy::system();
        let secrets = FileSecretStore::new(&data_dir);
        let identity = load_or_create_identity(&secrets, Zeroizing::new(entropy.bytes()))?;

        let (tunnel_events, tunnel_inputs) = mpsc::channel(TUNNEL_EVENTS);
        let sink: EventSink = Arc::new(move |event| {
            if let Err(mpsc::error::TrySendError::Full(_)) = tunnel_events.try_send(event) {
                warn!("the engine is too busy; a report of the data plane was dropped");
            }
        });
        let socket_error = |source| StartError::Socket { port: options.udp_port, source };
        let sockets = UdpSockets::bind(options.udp_port).map_err(socket_error)?;
        let tunnel = Arc::new(Tunnel::start(sockets, sink).map_err(socket_error)?);

        let (commands, command_inputs) = mpsc::channel(COMMANDS);
        let (snapshots, snapshot_reader) = watch::channel(Arc::new(Snapshot::default()));
        let (notices, _) = broadcast::channel(NOTICES);
        let (link, link_actions) = mpsc::channel(websocket::ACTIONS);
        let (link_events, link_inputs) = mpsc::channel(websocket::EVENTS);
        let (adapter, adapter_commands) = mpsc::channel(FEW);
        let (adapter_results, adapter_inputs) = mpsc::channel(FEW);
        let (addresses, address_inputs) = mpsc::channel(FEW);
        let (stun_servers, stun_inputs) = mpsc::channel(FEW);
        let handle = Handle::new(commands, snapshot_reader, notices.clone());

        let mut endless = Tasks::default();
        endless.spawn("net-watch", net_watch::run(addresses));
        endless.spawn("local-socket", local::serve(data_dir.path().to_owned(), handle.clone()));
        let mut closing = Tasks::default();
        closing.spawn("control-link", websocket::run_link(link_actions, link_events));
        closing.spawn("adapter", adapter_shell::run(Arc::clone(&tunnel), adapter_commands, adapter_results));

        let name = player_name(options.player_name.as_deref());
        info!(peer = %identity.peer_id().short(), port = tunnel.local_port(), "engine starts");
        let mut manager = PartyManager::new(now(), identity, name, tunnel.local_port(), entropy);
        manager.initialize_nat(now(), net_watch::own_addresses());
        manager.initialize_control(now(), options.control);

        let inputs = Inputs {
            commands: command_inputs,
            tunnel: tunnel_inputs,
            link: link_inputs,
            adapter: adapter_inputs,
            addresses: address_inputs,
            stun_servers: stun_inputs,
        };
        let outputs = Outputs { tunnel, link, adapter, stun_servers, snapshots, notices };
        let event_loop = EventLoop::new(manager, inputs, outputs, endless, closing);
        // The one task outside the sets that it owns; it ends by `Handle::shutdown` and holds the lock till then.
        #[allow(clippy::disallowed_methods)]
        tokio::spawn(async move {
            event_loop.run().await;
            drop(lock);
        });
        Ok(handle)
    }
}

fn player_name(chosen: Option<&str>) -> Name {
    let account = ["USER", "USERNAME"].iter().find_map(|key| std::env::var(key).ok());
    Name::lossy(chosen.or(account.as_deref()).unwrap_or_default(), "Player")
}
