mod pulse;

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use lanrage_control::{
    protocol::StunEndpoint,
    registry::{ConfiguredRelay, RelayRegistry, RelaySettings},
};
use lanrage_nat::turn::{RestSecret, TurnCredentials};
use lanrage_party::{RelayCredentials, RelayPassword, RelayTransport, RelayUri, ServerId, UnixMillis};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};
use zeroize::Zeroizing;

use crate::{
    RelayStats, ServerError, ServerSettings, admin,
    coordinator::{COMMANDS, Coordinator},
    counters::Counters,
    database::{Database, DirectoryLock, backup::keep_daily},
    http::{self, Context, Door, Entrances, Listening, Metrics, OnePort, Proxies, serve_metrics},
    listen::{self, acme::Acme, certificate::Certificate, descriptors::Places},
    relay::Relay,
    settings::{
        operator::Operator,
        secret_file::{KEY_FILE, read_or_create_key},
    },
    shutdown::{DrainWish, Phase, Shutdown},
};
pub use pulse::Pulse;

/// Between two looks whether anything is still relayed.
const DRAIN_LOOK: Duration = Duration::from_millis(250);

/// A running control server. Dropping it stops it at once; [`Server::shutdown`] lets it say goodbye.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    https: Option<SocketAddr>,
    metrics: Option<SocketAddr>,
    relay: Option<Relay>,
    certificate: Option<Arc<Certificate>>,
    phase: watch::Sender<Phase>,
    drain_wishes: watch::Receiver<Option<DrainWish>>,
    pulse: Pulse,
    tasks: JoinSet<&'static str>,
    _lock: DirectoryLock,
}

impl Server {
    /// Starts a server. It serves from the moment this returns.
    ///
    /// # Errors
    /// [`ServerError`], with nothing left running.
    pub async fn start(mut settings: ServerSettings) -> Result<Self, ServerError> {
        let allocations = settings.relay.as_ref().map_or(0, |relay| relay.limits.allocations);
        let places = Places { connections: settings.limits.connections, allocations }.granted();
        settings.limits.connections = places.connections;
        if let Some(relay) = &mut settings.relay {
            relay.limits.allocations = places.allocations;
        }
        let lock = DirectoryLock::take(&settings.data_dir)?;
        let key = read_or_create_key(&settings.data_dir.join(KEY_FILE))?;
        tracing::info!(key = %ServerId::of(&key.public()), "this server's key");
        let own_relay = settings.own_relay_name(&ServerId::of(&key.public()));
        let listener = listen::tcp(settings.listen)?;
        let local = |address: std::io::Result<SocketAddr>| {
            address.map_err(|source| ServerError::Listen { what: "TCP", address: settings.listen, source })
        };
        let address = local(listener.local_addr())?;
        let certificate = settings.https.as_ref().map(|https| {
            Ok::<_, ServerError>((
                https.listen,
                Certificate::load(https.certificate.clone(), Instant::now())?,
            ))
        });
        let certificate = certificate.transpose()?;
        let secure = certificate.as_ref().map(|(address, certificate)| {
            Ok::<_, ServerError>((listen::tcp(*address)?, certificate.config()?))
        });
        let acme = settings.acme.map(|acme| Acme::new(acme, &settings.data_dir));
        let secure = secure.transpose()?;
        let https = secure.as_ref().map(|(listener, _)| local(listener.local_addr())).transpose()?;
        let metrics = settings.metrics.map(listen::tcp).transpose()?;
        let metrics_address = metrics.as_ref().map(|listener| local(listener.local_addr())).transpose()?;
        let own_secret = settings.relay.as_ref().map(|relay| relay.secret.clone());
        let start = |listen| Relay::start(listen, settings.stun_alternate, settings.relay);
        let mut relay = settings.stun_listen.map(start).transpose()?;
        let stun_address = relay.as_ref().map(Relay::udp);
        let mut relays = RelaySettings::new(issue);
        relays.registration_key = settings.relay_key.map(|key| Zeroizing::new(key.as_bytes().to_vec()));
        let mut relays = RelayRegistry::new(relays);
        settings.relays.into_iter().for_each(|relay| relays.configure(relay));
        if let (Some(relay), Some(secret)) = (relay.as_ref().filter(|relay| relay.relays()), own_secret) {
            relays.configure(ConfiguredRelay {
                name: own_relay.clone(),
                region: settings.relay_region,
                uris: own_uris(relay, https, ""),
                secret,
            });
        }

        let operator = Operator::load(&settings.data_dir, settings.access)?;
        let database = Database::open(&settings.data_dir).await?;
        let (healthy, health) = watch::channel(true);
        let stun = match stun_address {
            _ if !settings.advertised_stun.is_empty() => settings.advertised_stun,
            Some(address) => vec![StunEndpoint { host: String::new(), port: address.port() }],
            None => Vec::new(),
        };
        let (phase, stopping) = Shutdown::channel();
        let (wish, drain_wishes) = watch::channel(None);
        let coordinator = Coordinator::load(
            settings.registry,
            database,
            stun,
            relays,
            healthy,
            operator,
            &settings.data_dir,
        )
        .await
        .map_err(|error| ServerError::Database {
            path: settings.data_dir.clone(),
            reason: error.to_string(),
        })?;

        let (commands, inbox) = mpsc::channel(COMMANDS);
        let counters = Arc::new(Counters::new());
        let proxies = Proxies::new(settings.trusted_proxies);
        let door =
            Arc::new(Door::new(settings.limits.connections, settings.sources, proxies, counters.clone()));
        let context = Arc::new(Context {
            limits: settings.limits,
            names: settings.names,
            key,
            tokens: coordinator.tokens(),
            commands,
            shutdown: stopping.clone(),
        });
        let mut tasks = JoinSet::new();
        let (asking, questions) = mpsc::channel(1);
        let stats = relay.as_ref().map(Relay::stats);
        let pulse = Pulse::new(asking.clone(), counters.clone());
        #[cfg(unix)]
        match admin::listen(&settings.data_dir) {
            Ok(listener) => {
                tasks.spawn(named("admin", admin::serve(listener, asking, stopping.clone())));
            }
            Err(error) => tracing::warn!(%error, "lanrage-server admin cannot reach this server"),
        }
        #[cfg(not(unix))]
        drop(asking);
        tasks.spawn(named(
            "coordinator",
            coordinator
                .watching(own_relay, stats.clone())
                .counting(&settings.sources, counters.clone())
                .ending(stopping.clone(), wish)
                .run(inbox, questions),
        ));
        let adopter = relay.as_ref().and_then(Relay::adopter);
        let challenges = acme.as_ref().map(|acme| acme.challenges().config()).transpose();
        let challenges = challenges.map_err(|error| ServerError::Failed(error.to_string()))?;
        let secure =
            secure.map(|(listener, tls)| (Listening::new(listener), OnePort::new(tls, challenges, adopter)));
        let entrances = Entrances { plain: Listening::new(listener), secure };
        tasks.spawn(named(
            "accept",
            http::accept(entrances, context, door.clone(), health, settings.downloads),
        ));
        if let Some(ended) = relay.as_mut().and_then(Relay::ended) {
            tasks.spawn(named("relay", async {
                let _ = ended.await;
            }));
        }
        if let Some(keep) = settings.daily_backups {
            tasks.spawn(named("backups", keep_daily(settings.data_dir, keep.get().into(), stopping.clone())));
        }
        if let Some(acme) = acme {
            tasks.spawn(named("certificate", acme.run(stopping.clone())));
        }
        if let Some(listener) = metrics {
            let metrics = Metrics { counters, door, relay: stats, shutdown: stopping.clone() };
            tasks.spawn(named("metrics", serve_metrics(listener, metrics, stopping)));
        }
        let certificate = certificate.map(|(_, certificate)| certificate);
        Ok(Self {
            address,
            https,
            metrics: metrics_address,
            relay,
            certificate,
            phase,
            drain_wishes,
            pulse,
            tasks,
            _lock: lock,
        })
    }

    /// Where it serves WebSocket and HTTP.
    pub const fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Where it serves all that needs TCP on one port.
    pub const fn https_addr(&self) -> Option<SocketAddr> {
        self.https
    }

    /// Where it tells numbers.
    pub const fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// Where it answers STUN.
    pub fn stun_addr(&self) -> Option<SocketAddr> {
        self.relay.as_ref().map(Relay::udp)
    }

    /// Whether it has a relay of its own.
    pub fn relays(&self) -> bool {
        self.relay.as_ref().is_some_and(Relay::relays)
    }

    /// Where TURN is spoken over TCP.
    pub fn turn_tcp_addr(&self) -> Option<SocketAddr> {
        self.relay.as_ref().and_then(Relay::tcp)
    }

    /// Where TURN is spoken over TLS.
    pub fn turn_tls_addr(&self) -> Option<SocketAddr> {
        self.relay.as_ref().and_then(Relay::tls)
    }

    /// What the own relay has done so far; `None` where not even STUN is answered.
    pub fn relay_stats(&self) -> Option<Arc<RelayStats>> {
        self.relay.as_ref().map(Relay::stats)
    }

    /// Waits until a part of the server ends on its own, which none should.
    pub async fn failed(&mut self) -> ServerError {
        ServerError::Failed(match self.tasks.join_next().await {
            Some(Ok(name)) => format!("its part {name:?} ended"),
            Some(Err(error)) => error.to_string(),
            None => "it has been shut down".into(),
        })
    }

    /// How it is, for who watches over it.
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// Waits for the operator to ask that it ends: within so long, if that was said.
    pub fn drain_wish(&self) -> impl Future<Output = Option<Duration>> + use<> {
        let mut wishes = self.drain_wishes.clone();
        async move {
            let wished = wishes.wait_for(Option::is_some).await.ok().and_then(|wish| *wish);
            match wished {
                Some(DrainWish { within }) => within,
                None => std::future::pending().await,
            }
        }
    }

    /// Sends every client elsewhere, or asks it to come back, and lets nobody new in; what it relays goes on until nobody needs it,
    /// or for so long at most. Their parties go on without a server meanwhile.
    pub async fn drain(&self, within: Duration) {
        self.phase.send_replace(Phase::Draining);
        let until = tokio::time::Instant::now() + within;
        let Some(relay) = self.relay.as_ref().filter(|relay| relay.relays()) else { return };
        let stats = relay.stats();
        while stats.allocations() > 0 && tokio::time::Instant::now() < until {
            tokio::time::sleep(DRAIN_LOOK).await;
        }
    }

    /// Reads the files again that say who may make parties, and the certificate's with the next handshake, whether that is due or
    /// not. What cannot be used changes nothing.
    pub async fn reload(&self) {
        if let Some(reason) = self.pulse.reload().await {
            tracing::warn!(reason, "who may make parties stays as it was");
        }
        let relay = self.relay.as_ref().and_then(Relay::certificate);
        self.certificate.iter().chain(relay).for_each(|certificate| certificate.expire());
    }

    /// Says goodbye to every client, writes what is left to write, and ends all tasks.
    pub async fn shutdown(mut self) {
        self.phase.send_replace(Phase::Stopping);
        drop(self.relay.take());
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a part of the server panicked");
            }
        }
    }
}

/// How clients reach a relay: UDP where it passes, then TCP, then TLS, of which one port may be the server's. An empty host is the
/// control server's.
pub(crate) fn own_uris(relay: &Relay, https: Option<SocketAddr>, host: &str) -> Vec<RelayUri> {
    let uri =
        |transport, address: SocketAddr| RelayUri { host: host.to_owned(), port: address.port(), transport };
    let udp = uri(RelayTransport::Udp, relay.udp());
    let tcp = relay.tcp().map(|address| uri(RelayTransport::Tcp, address));
    let tls = relay.tls().map(|address| uri(RelayTransport::Tls, address));
    let https = https.map(|address| uri(RelayTransport::Tls, address));
    [udp].into_iter().chain(tcp).chain(tls).chain(https).collect()
}

/// Credentials in the TURN REST form.
fn issue(secret: &str, user: &str, group: &str, expires_at: u64) -> RelayCredentials {
    let id = RestSecret::id_in_group(user, group);
    let TurnCredentials { username, password } = RestSecret::new(secret).issue(&id, expires_at);
    let expires_at = UnixMillis(expires_at.saturating_mul(1_000));
    RelayCredentials { username, password: RelayPassword::new(password), expires_at }
}

async fn named(name: &'static str, task: impl Future<Output = ()>) -> &'static str {
    task.await;
    name
}
