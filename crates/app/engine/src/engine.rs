use std::{io, path::PathBuf, sync::Arc, time::Duration};

use lanrage_base::clock::now;
use lanrage_control::{LocalControlPlane, listen, persist::StatePersister, websocket};
use lanrage_nat::{
    behaviour_shell,
    net_watch::{self, NetworkState},
    port_mapping::{self, MappingRequest, PortMapping},
    wake_clock,
};
use lanrage_party::{ControlEndpoint, DeviceIdentity, Name, NatType, PeerId};
use lanrage_session::{Entropy, Hosting, Names, Session, network_name};
use lanrage_store::{Config, DataDir, DataDirError, SecretError, SettingsDatabase, StoreError};
use lanrage_tunnel::{EventSink, Tunnel, UdpSockets};
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::timeout,
};
use tracing::{info, warn};
use zeroize::Zeroizing;

use crate::{
    AppSettings, CommandError, DataAnswer, DataRequest, DoctorReport, Handle, LogLevel, NetworkLog,
    NetworkLogGuard, NetworkLogOptions, Snapshot, adapter_shell, data, doctor,
    event_loop::{EventLoop, Inputs, Outputs},
    guest_shell,
    keeper::{self, Keeper},
    local, name_lookup, relay_shell,
    storage::{self, Storage},
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
/// How long the start waits for a look at the network; it takes milliseconds.
const NETWORK_PATIENCE: Duration = Duration::from_secs(1);
/// Messages to and from relays over TCP or TLS that are not packets: whoever sends more waits.
const RELAY_MESSAGES: usize = 64;

/// Where the local control plane keeps its parties, in the data folder.
const CONTROL_STATE: &str = "control_state.json";

/// How an engine starts. What is given here counts for this run, in place of the stored setting.
#[derive(Debug, Clone, Default)]
pub struct EngineOptions {
    /// Where it keeps what outlives it; `None` for the system's usual place.
    pub data_dir: Option<PathBuf>,
    /// The player's name as friends see it.
    pub player_name: Option<String>,
    /// The control server for new parties.
    pub control: Option<ControlEndpoint>,
    /// UDP port for all traffic.
    pub udp_port: Option<u16>,
    /// Whether the last party comes back.
    pub restore: Option<bool>,
    /// Whether this process's log is `network.log` in the data folder, as the settings say.
    pub network_log: bool,
    /// Log to standard error too, from this level on; only with `network_log`.
    pub log_to_stderr: Option<LogLevel>,
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
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] StoreError),
    /// No UDP socket or packet thread.
    #[error("cannot open UDP port {port}: {source}")]
    Socket {
        /// The port asked for.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
}

/// Why the stored data could not be asked without an engine.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// It cannot be opened.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The request was refused.
    #[error(transparent)]
    Refused(#[from] CommandError),
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

    /// Asks the stored data while no engine runs.
    ///
    /// # Errors
    /// [`OfflineError`]; [`StartError::AlreadyRunning`] if one does, which is to be asked itself then
    /// ([`crate::LocalClient::data`]).
    pub async fn offline_data(
        chosen: Option<PathBuf>,
        request: DataRequest,
    ) -> Result<DataAnswer, OfflineError> {
        let data_dir = DataDir::open(chosen).map_err(StartError::from)?;
        let _lock = data_dir.lock().map_err(StartError::from)?;
        let (database, _) = SettingsDatabase::open(&data_dir, now().wall).await.map_err(StartError::from)?;
        let answer = data::execute(&database, request).await;
        database.close().await.map_err(StartError::from)?;
        Ok(answer.map_err(CommandError::from)?)
    }

    /// Judges what can be judged while no engine runs.
    ///
    /// # Errors
    /// [`StartError::AlreadyRunning`] if one does, which is to be asked itself then
    /// ([`crate::LocalClient::doctor`]); [`StartError::DataDir`].
    pub async fn offline_doctor(chosen: Option<PathBuf>) -> Result<DoctorReport, StartError> {
        let data_dir = DataDir::open(chosen)?;
        let _lock = data_dir.lock()?;
        Ok(doctor::examine_stopped(&data_dir).await)
    }

    /// Starts an engine on the current runtime. It runs until [`Handle::shutdown`].
    ///
    /// # Errors
    /// [`StartError`]. A missing network, adapter permission or server is none.
    pub async fn start(options: EngineOptions) -> Result<Handle, StartError> {
        let data_dir = DataDir::open(options.data_dir)?;
        let lock = data_dir.lock()?;
        let mut entropy = system_entropy();
        let Storage { database, secrets, identity, config, mut problems } =
            storage::open(&data_dir, Zeroizing::new(entropy.bytes())).await?;
        let log =
            options.network_log.then(|| install_log(&data_dir, &config, options.log_to_stderr)).flatten();

        let (tunnel_events, tunnel_inputs) = mpsc::channel(TUNNEL_EVENTS);
        let sink: EventSink = Arc::new(move |event| {
            if let Err(mpsc::error::TrySendError::Full(_)) = tunnel_events.try_send(event) {
                warn!("the engine is too busy; a report of the data plane was dropped");
            }
        });
        let port = options.udp_port.unwrap_or(config.udp_port);
        let socket_error = |source| StartError::Socket { port, source };
        let sockets = bind(port, &identity).map_err(socket_error)?;
        let tunnel = Arc::new(Tunnel::start(sockets, sink).map_err(socket_error)?);

        let (commands, command_inputs) = mpsc::channel(COMMANDS);
        let (snapshots, snapshot_reader) = watch::channel(Arc::new(Snapshot::default()));
        let (notices, _) = broadcast::channel(NOTICES);
        let (link, link_actions) = mpsc::channel(websocket::ACTIONS);
        let (link_events, link_inputs) = mpsc::channel(websocket::EVENTS);
        let (adapter, adapter_commands) = mpsc::channel(FEW);
        let (adapter_results, adapter_inputs) = mpsc::channel(FEW);
        let (network, mut network_inputs) = mpsc::channel(FEW);
        let (woken, woken_inputs) = mpsc::channel(FEW);
        let (port_mapping, port_mapping_inputs) = watch::channel(PortMapping::default());
        let (nat_reports, nat_report_inputs) = watch::channel(None);
        let (measure_nat, measurements) = mpsc::channel(FEW);
        let (names, names_wanted) = watch::channel(Names::default());
        let (names_found, name_inputs) = mpsc::channel(FEW);
        let (relay_streams, relay_commands) = mpsc::channel(RELAY_MESSAGES);
        let (relay_events, relay_inputs) = mpsc::channel(RELAY_MESSAGES);
        let (guests, guest_commands) = mpsc::channel(listen::ACTIONS);
        let (guest_events, guest_inputs) = mpsc::channel(listen::EVENTS);
        let (listening, listening_inputs) = mpsc::channel(FEW);
        let (kept, kept_inputs) = mpsc::channel(FEW);
        let (trouble, trouble_inputs) = watch::channel(None);
        let keeper = Keeper::default();
        let handle = Handle::new(
            commands,
            snapshot_reader,
            notices.clone(),
            Arc::clone(&database),
            AppSettings::from(&config),
            data_dir.path().to_owned(),
        );

        let adapter_name = config.adapter_name.as_str().to_owned();
        let mut endless = Tasks::default();
        endless.spawn("net-watch", net_watch::run(adapter_name.clone(), network));
        endless.spawn("wake-clock", wake_clock::run(woken));
        endless.spawn("nat-test", behaviour_shell::run(measurements, nat_reports));
        endless.spawn("name-lookup", name_lookup::run(names_wanted, names_found));
        endless.spawn("local-socket", local::serve(data_dir.path().to_owned(), handle.clone()));
        endless.spawn("daily-backup", storage::back_up_daily(Arc::clone(&database)));
        let mut closing = Tasks::default();
        closing.spawn("control-link", websocket::run_link(link_actions, link_events));
        closing.spawn(
            "adapter",
            adapter_shell::run(adapter_name.clone(), Arc::clone(&tunnel), adapter_commands, adapter_results),
        );
        let map_port = config.port_mapping.then(|| {
            let (map_port, wanted) = watch::channel(MappingRequest::default());
            closing.spawn("port-mapping", port_mapping::run(wanted, port_mapping));
            map_port
        });
        closing.spawn("relays", relay_shell::run(Arc::clone(&tunnel), relay_commands, relay_events));
        closing.spawn("guests", guest_shell::run(guest_commands, guest_events, listening));
        closing.spawn(
            "keeper",
            keeper::run(
                keeper.clone(),
                Arc::clone(&database),
                Arc::clone(&secrets),
                identity.peer_id(),
                trouble,
            ),
        );

        let name = player_name(options.player_name.as_deref(), &config);
        info!(peer = %identity.peer_id().short(), port = tunnel.local_port(), "engine starts");
        let (control_state, loaded) = StatePersister::open(&data_dir.path().join(CONTROL_STATE), now().wall)
            .map_err(|source| StartError::Socket { port, source })?;
        problems.extend(storage::control_state_problem(&loaded.report));
        let (local_plane, refused) =
            LocalControlPlane::restore(identity.peer_id(), now(), loaded.state, control_state.queue());
        if refused > 0 {
            warn!(refused, "stored members that break a rule were left out");
        }
        let hosting = hosting(&config, &identity.peer_id());
        let mut manager = Session::new(now(), identity, name, tunnel.local_port(), local_plane, entropy);
        manager.hosting = hosting;
        manager.quality_thresholds = config.quality_thresholds();
        manager.standing_problems = problems;
        let present =
            timeout(NETWORK_PATIENCE, network_inputs.recv()).await.ok().flatten().unwrap_or_default();
        let remembered = remembered_nat(&database, &present).await;
        manager.initialize_nat(now(), present, config.stun_servers.servers().to_vec());
        manager.remember_nat(remembered);
        manager.initialize_control(now(), options.control.or_else(|| config.control_server.clone()));
        if options.restore.unwrap_or(config.restore_last_party) {
            match keeper::load(&database, &secrets, None).await {
                Ok(Some(kept)) => manager.restore(now(), kept.membership, kept.host, kept.peers),
                Ok(None) => {}
                Err(error) => warn!(%error, "the last party cannot be restored"),
            }
        }

        let inputs = Inputs {
            commands: command_inputs,
            tunnel: tunnel_inputs,
            link: link_inputs,
            adapter: adapter_inputs,
            network: network_inputs,
            woken: woken_inputs,
            port_mapping: port_mapping_inputs,
            nat_reports: nat_report_inputs,
            names: name_inputs,
            relay_streams: relay_inputs,
            guests: guest_inputs,
            listening: listening_inputs,
            kept: kept_inputs,
            trouble: trouble_inputs,
        };
        let outputs = Outputs {
            tunnel,
            link,
            adapter,
            names,
            measure_nat,
            map_port,
            relay_streams,
            guests,
            control_state,
            log,
            keeper,
            kept,
            database,
            secrets,
            default_subnet: config.default_subnet,
            snapshots,
            notices,
        };
        let event_loop = EventLoop::new(manager, inputs, outputs, endless, closing);
        // The one task outside the sets that it owns; it ends by `Handle::shutdown` and holds the lock till then.
        #[allow(clippy::disallowed_methods)]
        tokio::spawn(Box::pin(event_loop.run(lock)));
        Ok(handle)
    }
}

/// The system's secure randomness.
fn system_entropy() -> Entropy {
    Entropy::new(|bytes| getrandom::fill(bytes).expect("the system has a source of randomness"))
}

/// What was measured of this network in an earlier life.
async fn remembered_nat(database: &SettingsDatabase, network: &NetworkState) -> NatType {
    let Some(name) = network_name(network) else { return NatType::Unknown };
    match database.nat_result(&name).await {
        Ok(result) => result.map_or(NatType::Unknown, |result| result.nat_type),
        Err(error) => {
            warn!(%error, "what was measured of this network before cannot be read");
            NatType::Unknown
        }
    }
}

/// A log that cannot be had is no reason not to play.
fn install_log(
    data_dir: &DataDir,
    config: &Config,
    also_stderr: Option<LogLevel>,
) -> Option<NetworkLogGuard> {
    let options = NetworkLogOptions {
        folder: data_dir.path().to_owned(),
        file_mib: config.log_file_mib.into(),
        kept: config.log_files_kept.into(),
        level: config.log_level.into(),
        also_stderr,
    };
    NetworkLog::install(options).inspect_err(|error| eprintln!("lanrage: no log: {error}")).ok()
}

/// The sockets at a chosen port; without one, at a port of this device's own where it is free, so that routers
/// and friends find it at the same place after a restart.
fn bind(port: u16, identity: &DeviceIdentity) -> io::Result<UdpSockets> {
    if port != 0 {
        return UdpSockets::bind(port);
    }
    UdpSockets::bind(own_port(&identity.peer_id())).or_else(|_| UdpSockets::bind(0))
}

/// How this device lets guests in: at the chosen port, else at one of its own where it is free, so that a link
/// still leads there after a restart.
fn hosting(config: &Config, peer: &PeerId) -> Hosting {
    let ports = match config.local_listen_port {
        0 => vec![own_port(peer), 0],
        port => vec![port],
    };
    Hosting::at(ports, config.host_listens)
}

/// A port of the dynamic range (RFC 6335 §6) that follows from the device's identity.
fn own_port(peer: &PeerId) -> u16 {
    let [low, high, ..] = peer.as_bytes();
    0xC000 | u16::from_be_bytes([*low, *high]) >> 2
}

fn player_name(chosen: Option<&str>, config: &Config) -> Name {
    let account = ["USER", "USERNAME"].iter().find_map(|key| std::env::var(key).ok());
    let stored = config.player_name.as_ref().map(Name::as_str);
    Name::lossy(chosen.or(stored).or(account.as_deref()).unwrap_or_default(), "Player")
}
