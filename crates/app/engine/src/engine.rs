//! The start of an engine: what is stored is opened, the shells are started, and the loop around them.

mod error;
mod storage;

pub use error::{OfflineError, StartError};

use std::{fs, io, path::PathBuf, sync::Arc, time::Duration};

use lanrage_base::clock::now;
use lanrage_nat::NetworkState;
use lanrage_party::{ControlEndpoint, DeviceIdentity, NatType, PeerId};
use lanrage_session::{Entropy, Input, Session, Setup, network_name};
use lanrage_shield::Rules;
use lanrage_store::{Config, DataDir, Language, SettingsDatabase};
use lanrage_tunnel::{Tunnel, UdpSockets};
use lanrage_updates::Source as UpdateSource;
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::timeout,
};
use tracing::{info, warn};
use zeroize::Zeroizing;

use self::storage::Storage;
use crate::{
    CommandError, DoctorReport, Handle, LogLevel, NetworkLog, NetworkLogGuard, NetworkLogOptions, Snapshot,
    api::{self, AskStored, VersionView},
    event_loop::{EventLoop, Outside, Showing},
    handle::Device,
    known_games::KnownGames,
    local,
    ports::{
        self, keeper,
        open::Home,
        reports::{self, ReportsPort},
    },
    settings::{AppSettings, Overrides, log_level, server_key},
    stored::{Secrets, Stored},
    stored_shield,
    tasks::TaskSets,
    updates::Updates,
};

/// Commands that may wait. A host that sends more waits itself.
const COMMANDS: usize = 16;
/// Notices kept for a slow reader, which is told how many it missed.
const NOTICES: usize = 64;
/// How long the start waits for a look at the network; it takes milliseconds.
const NETWORK_PATIENCE: Duration = Duration::from_secs(1);

/// Where programs before this one kept the parties that they served themselves, in the data folder. Whoever was in one is
/// in the database, too.
const FORMER_STATE: [&str; 2] = ["control_state.json", "control_state.json.1"];

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
    /// Whom to ask for newer versions; `None` for whom the build names, if anybody.
    pub updates: Option<UpdateSource>,
    /// Log to standard error too, from this level on; only with `network_log`.
    pub log_to_stderr: Option<LogLevel>,
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

    /// The setting `language`, read without changing anything, whether an engine runs or not; `system` where none can
    /// be read.
    pub async fn language(chosen: Option<PathBuf>) -> Language {
        let stored = match DataDir::open(chosen) {
            Ok(data_dir) => SettingsDatabase::peek(&data_dir).await.unwrap_or_default(),
            Err(_) => lanrage_store::Settings::default(),
        };
        Config::repaired(&stored).0.language
    }

    /// Asks the stored data while no engine runs.
    ///
    /// # Errors
    /// [`OfflineError`]; [`StartError::AlreadyRunning`] if one does, which is to be asked itself then
    /// ([`crate::LocalClient::ask`]).
    pub async fn ask_offline<Q: AskStored>(
        chosen: Option<PathBuf>,
        request: Q,
    ) -> Result<Q::Answer, OfflineError> {
        let data_dir = DataDir::open(chosen).map_err(StartError::from)?;
        let _lock = data_dir.lock().map_err(StartError::from)?;
        let (database, _) = SettingsDatabase::open(&data_dir, now().wall).await.map_err(StartError::from)?;
        let stored = Stored { database: Arc::new(database), secrets: Secrets::Of(data_dir) };
        let answer = request.answer_from(&stored, now().wall).await;
        if let Ok(database) = Arc::try_unwrap(stored.database) {
            database.close().await.map_err(StartError::from)?;
        }
        Ok(answer.map_err(CommandError::from)?)
    }

    /// Judges what can be judged while no engine runs.
    ///
    /// # Errors
    /// [`StartError::AlreadyRunning`] if one does, which is to be asked itself then
    /// ([`crate::LocalClient::ask`]); [`StartError::DataDir`].
    pub async fn offline_doctor(chosen: Option<PathBuf>) -> Result<DoctorReport, StartError> {
        let data_dir = DataDir::open(chosen)?;
        let _lock = data_dir.lock()?;
        Ok(lanrage_support::examine_stopped(&data_dir).await)
    }

    /// Whether there is a newer version of this program, while no engine runs.
    ///
    /// # Errors
    /// What the newest version is cannot be read.
    pub async fn version() -> Result<VersionView, CommandError> {
        api::version(&Updates::of(UpdateSource::built_in())).await
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
        let port = options.udp_port.unwrap_or(config.udp_port);
        let (tunnel, reports) =
            start_tunnel(port, &identity).map_err(|source| StartError::Socket { port, source })?;
        info!(peer = %identity.peer_id().short(), port = tunnel.local_port(), "engine starts");
        remove_former_state(&data_dir);

        let mut tasks = TaskSets::default();
        let (app_settings, _) = watch::channel(AppSettings::from(&config));
        let home = Home { database, secrets, app_settings, config, own: identity.peer_id() };
        let (commands, command_inputs) = mpsc::channel(COMMANDS);
        let mut ports = ports::open::all(&mut tasks, &home, &tunnel, command_inputs, reports);
        let network =
            timeout(NETWORK_PATIENCE, ports.network.recv()).await.ok().flatten().unwrap_or_default();
        let Home { database, secrets, app_settings, config, .. } = home;
        match database.dht_nodes().await {
            Ok(nodes) => ports.rendezvous.remember(nodes),
            Err(error) => warn!(%error, "nodes of the DHT cannot be read"),
        }
        match KnownGames::read(&database).await {
            Ok(games) => {
                tunnel.set_game_searches(games.lets_search);
                ports.games.know(games);
            }
            Err(error) => warn!(%error, "the games of the user cannot be read"),
        }
        let server_key = server_key::read(&config, &secrets).await;
        let shield = stored_shield::rules(&database, &config).await.unwrap_or_else(|error| {
            warn!(%error, "how friends are trusted cannot be read");
            Rules { level: config.shield, ..Rules::default() }
        });
        let mut last = None;
        if options.restore.unwrap_or(config.restore_last_party) {
            match keeper::load(&database, &secrets, None).await {
                Ok(kept) => last = kept,
                Err(error) => problems.push(storage::not_restored(error)),
            }
        }
        let folder = data_dir.path().to_owned();
        let updates = Arc::new(Updates::of(options.updates.or_else(UpdateSource::built_in)));
        let device =
            Device { identity: identity.clone(), folder: folder.clone(), updates: Arc::clone(&updates) };
        let mut overrides = Overrides::new(options.player_name, options.control, &config);
        let setup = Setup {
            udp_port: tunnel.local_port(),
            settings: overrides.session_settings(&config, server_key, shield),
            newest_sequence: newest_sequence(&database).await,
            remembered_nat: remembered_nat(&database, &network).await,
            network,
            problems,
            identity,
        };
        let mut session = Session::new(now(), setup, entropy);
        if let Some(kept) = last {
            session.handle(now(), Input::Restore(kept));
        }

        let (notices, _) = broadcast::channel(NOTICES);
        let (snapshots, shown) = watch::channel(Arc::new(Snapshot::default()));
        let handle = Handle::new(
            commands,
            shown,
            notices.clone(),
            Stored { database: Arc::clone(&database), secrets: Secrets::Open(secrets) },
            ports.keeper.clone(),
            app_settings.subscribe(),
            device,
        );
        if updates.can_look() {
            let told = notices.clone();
            tasks.endless.spawn("updates", updates.follow(app_settings.subscribe(), told));
        }
        tasks.endless.spawn("local-socket", local::serve(folder, handle.clone()));
        tasks.endless.spawn("daily-backup", storage::back_up_daily(database));
        let outside = Outside::new(ports, tunnel, log, notices, Showing::new(snapshots));
        let event_loop = EventLoop { session, outside, tasks, overrides };
        // The one task outside the sets that it owns; it ends by `Handle::shutdown` and holds the lock till then.
        #[allow(clippy::disallowed_methods)]
        tokio::spawn(Box::pin(event_loop.run(lock)));
        Ok(handle)
    }
}

/// A list that nobody keeps any more would only be wrong.
fn remove_former_state(data_dir: &DataDir) {
    for name in FORMER_STATE {
        let _ = fs::remove_file(data_dir.path().join(name));
    }
}

/// The data plane, and what it reports.
fn start_tunnel(port: u16, identity: &DeviceIdentity) -> io::Result<(Arc<Tunnel>, ReportsPort)> {
    let (sink, reports) = reports::queues();
    Ok((Arc::new(Tunnel::start(bind(port, identity)?, sink)?), reports))
}

/// The system's secure randomness.
fn system_entropy() -> Entropy {
    Entropy::new(|bytes| getrandom::fill(bytes).expect("the system has a source of randomness"))
}

/// The newest of all that this device ever said in a party, so that those who heard it believe the next.
async fn newest_sequence(database: &SettingsDatabase) -> u64 {
    database.newest_sequence().await.unwrap_or_else(|error| {
        warn!(%error, "what was said last cannot be read");
        0
    })
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
        level: log_level(config.log_level),
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

/// A port of the dynamic range (RFC 6335 §6) that follows from the device's identity.
fn own_port(peer: &PeerId) -> u16 {
    let [low, high, ..] = peer.as_bytes();
    0xC000 | u16::from_be_bytes([*low, *high]) >> 2
}
