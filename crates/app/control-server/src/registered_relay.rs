//! A relay that is a process of its own: it serves, and registers itself with a control server.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use data_encoding::BASE64URL_NOPAD;
use lanrage_base::clock::now;
use lanrage_control::{
    ControlEvent, LinkAction, LinkEvent, RemoteControlPlane, RemoteSettings,
    protocol::{RelayProof, RelayRegistration, relay_secret},
};
use lanrage_link::websocket;
use lanrage_party::{ControlEndpoint, DeviceIdentity, RelayUri};
use tokio::{sync::mpsc, task::JoinSet, time::sleep_until};
use zeroize::Zeroizing;

use crate::{
    RelayConfig, RelayStats, ServerError,
    listen::descriptors::Places,
    relay::Relay,
    server::own_uris,
    settings::secret_file::{make_private, read_or_create_secret},
};

/// Between two times that it says how full it is.
const REPORT: Duration = Duration::from_secs(30);

/// How a [`RegisteredRelay`] runs.
#[derive(Debug, Clone)]
pub struct RegisteredRelaySettings {
    /// Where STUN and TURN are spoken (UDP, and TCP unless the configuration says no).
    pub listen: SocketAddr,
    /// A second address of this machine, for RFC 5780.
    pub stun_alternate: Option<IpAddr>,
    /// How it relays. Its secret is replaced by one that is made from the key and the name.
    pub relay: RelayConfig,
    /// The control server.
    pub control: ControlEndpoint,
    /// Shared with the control server.
    pub key: Zeroizing<String>,
    /// Its name, the same for ever.
    pub name: String,
    /// Where it stands, for people.
    pub region: String,
    /// Name or address under which clients reach it.
    pub host: String,
    /// Where its identity is kept; made if it is missing.
    pub data_dir: PathBuf,
}

/// A running relay that registers itself. Dropping it stops it; the control server forgets it in time.
#[derive(Debug)]
pub struct RegisteredRelay {
    relay: Relay,
    tasks: JoinSet<&'static str>,
}

impl RegisteredRelay {
    /// Starts relaying, and registering.
    ///
    /// # Errors
    /// [`ServerError`], with nothing left running.
    pub fn start(settings: RegisteredRelaySettings) -> Result<Self, ServerError> {
        let RegisteredRelaySettings { mut relay, control, key, name, region, host, data_dir, .. } = settings;
        let data_dir_failed = |source| ServerError::DataDir { path: data_dir.clone(), source };
        make_private(&data_dir).map_err(data_dir_failed)?;
        let identity = identity(&data_dir)?;
        let places = Places { connections: 0, allocations: relay.limits.allocations }.granted();
        relay.limits.allocations = places.allocations;
        relay.secret = relay_secret(key.as_bytes(), &name);
        let mut relay = Relay::start(settings.listen, settings.stun_alternate, Some(relay))?;
        let registration = RelayRegistration {
            proof: RelayProof::new(key.as_bytes(), &identity.peer_id(), &name),
            name,
            region,
            uris: own_uris(&relay, None, &host),
            load_percent: 0,
        };
        if !registration.is_within_limits() {
            return Err(ServerError::Failed(
                "the relay's name, region or host is missing or too long".into(),
            ));
        }
        let (actions, inbox) = mpsc::channel(websocket::ACTIONS);
        let (outbox, events) = mpsc::channel(websocket::EVENTS);
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).map_err(|error| ServerError::Failed(error.to_string()))?;
        let remote = RemoteSettings::new(control, u64::from_ne_bytes(seed));
        let plane = RemoteControlPlane::new(remote, identity, now());
        let stats = relay.stats();
        let ended = relay.ended();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            websocket::run_link(inbox, outbox).await;
            "link"
        });
        tasks.spawn(async move {
            report(plane, registration, stats, actions, events).await;
            "registration"
        });
        tasks.spawn(async move {
            if let Some(ended) = ended {
                let _ = ended.await;
            }
            "relay"
        });
        Ok(Self { relay, tasks })
    }

    /// How clients reach it.
    pub fn uris(&self, host: &str) -> Vec<RelayUri> {
        own_uris(&self.relay, None, host)
    }

    /// What it has done so far.
    pub fn stats(&self) -> Arc<RelayStats> {
        self.relay.stats()
    }

    /// Waits until a part of it ends on its own, which none should.
    pub async fn failed(&mut self) -> ServerError {
        ServerError::Failed(match self.tasks.join_next().await {
            Some(Ok(name)) => format!("its part {name:?} ended"),
            Some(Err(error)) => error.to_string(),
            None => "it has been shut down".into(),
        })
    }
}

/// Keeps the control server informed, for ever.
async fn report(
    mut plane: RemoteControlPlane,
    mut registration: RelayRegistration,
    stats: Arc<RelayStats>,
    actions: mpsc::Sender<LinkAction>,
    mut events: mpsc::Receiver<LinkEvent>,
) {
    let mut next_report = tokio::time::interval(REPORT);
    loop {
        while let Some(action) = plane.poll_transmit() {
            if actions.send(action).await.is_err() {
                return;
            }
        }
        while let Some(event) = plane.poll_event() {
            match event {
                ControlEvent::Connected { .. } => tracing::info!("registered with the control server"),
                ControlEvent::Disconnected { reason, .. } => {
                    tracing::warn!(%reason, "no control server; clients that know this relay are served all the same");
                }
                ControlEvent::Refused { refusal, .. } => {
                    tracing::error!(reason = refusal.detail, "the control server refuses this relay");
                }
                _ => {}
            }
        }
        let due = plane.poll_timeout().unwrap_or_else(|| Instant::now() + REPORT);
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => plane.handle_link(now(), event),
                None => return,
            },
            () = sleep_until(due.into()) => plane.handle_timeout(now()),
            _ = next_report.tick() => {
                registration.load_percent = stats.load_percent();
                plane.register_relay(now(), registration.clone());
            }
        }
    }
}

/// The relay's own identity: it proves nothing but that it is the one from before.
fn identity(data_dir: &std::path::Path) -> Result<DeviceIdentity, ServerError> {
    let path = data_dir.join("relay.identity");
    let text = read_or_create_secret(&path)?;
    let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(text.as_bytes()).unwrap_or_default());
    let seed: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| ServerError::Secret {
        path,
        reason: "expected 32 bytes in base64url; delete it to have another one made".into(),
    })?;
    Ok(DeviceIdentity::from_seed(seed))
}
