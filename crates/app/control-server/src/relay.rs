//! The relay: the sockets around [`TurnServer`], on one thread of its own; TLS handshakes on another.
//!
//! TURN over UDP, TCP and TLS, STUN and NAT behaviour discovery (RFC 5780) beside it on the same ports. A wake-up reads
//! all that is there, decides each datagram, and sends them on in batches of one way with one system call each
//! (GSO); no allocation per packet. Where it is full, it loses datagrams and never waits.

mod batch;
mod binding;
mod config;
mod handshakes;
mod load;
mod sockets;
mod stats;
mod stream;
mod udp;
mod way;
mod worker;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread::JoinHandle,
    time::Instant,
};

pub use config::RelayConfig;
use lanrage_nat::turn::{PeerFilter, RelayFamilies, RestSecret, TurnLimits, TurnServer, TurnServerConfig};
use lanrage_net::interfaces::host_addresses;
use mio::{Interest, Poll, Token, Waker};
pub use stats::RelayStats;
use tokio::sync::oneshot;

use self::{
    batch::Batches,
    binding::Bindings,
    handshakes::Handshakes,
    load::Load,
    sockets::{Places, Sockets},
    udp::{Port, Received},
    worker::{LISTENERS, Listener, Out, SHARED, Streams, WAKER, Worker},
};
pub(crate) use worker::Adopted;

use crate::{
    ServerError,
    listen::{
        self,
        certificate::{Certificate, TlsListen},
        descriptors::STREAMS_PER_ALLOCATION,
    },
};

/// REALM of RFC 8489 §14.9. Credentials are bound to the secret, not to it.
const REALM: &str = "lanrage";
/// Ports that are tried where the system chooses: each may be in use for TCP.
const PORT_TRIES: usize = 16;
/// Connections that others have accepted for it and that it has not taken yet. Of more, the newest are closed.
const ADOPTED: usize = 64;

/// A running relay. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Relay {
    relays: bool,
    udp: SocketAddr,
    tcp: Option<SocketAddr>,
    tls: Option<SocketAddr>,
    certificate: Option<Arc<Certificate>>,
    stats: Arc<RelayStats>,
    stop: Arc<AtomicBool>,
    waker: Arc<Waker>,
    adopted: SyncSender<Adopted>,
    thread: Option<JoinHandle<()>>,
    ended: Option<oneshot::Receiver<()>>,
}

impl Relay {
    /// Serves STUN on `listen`, and TURN too if there is a configuration for it. `alternate` is a second address of this
    /// machine.
    ///
    /// # Errors
    /// [`ServerError`], with nothing left running.
    pub(crate) fn start(
        listen: SocketAddr,
        alternate: Option<IpAddr>,
        config: Option<RelayConfig>,
    ) -> Result<Self, ServerError> {
        let failed = |what| move |source| ServerError::Listen { what, address: listen, source };
        let (first, listener) = bind(listen, config.as_ref().is_some_and(|config| config.tcp))?;
        let udp = SocketAddr::new(listen.ip(), first.port);
        let mut shared = vec![first];
        match Port::shared(SocketAddr::new(listen.ip(), alternate_port(listen.port()))) {
            Ok(port) => shared.push(port),
            Err(error) => tracing::warn!(
                %error,
                port = alternate_port(listen.port()),
                "the second port of STUN cannot be used; clients cannot find out how their router behaves"
            ),
        }
        let mut worker_listeners = Vec::new();
        let (mut tcp, mut tls, mut shown) = (None, None, None);
        if let Some(config) = &config {
            if let Some(listener) = listener {
                tcp = Some(listener.local_addr().map_err(failed("TURN, TCP"))?);
                worker_listeners.push(Listener::new(mio::net::TcpListener::from_std(listener), None));
            }
            if let Some(TlsListen { listen: address, certificate }) = &config.tls {
                let failed = |source| ServerError::Listen { what: "TURN, TLS", address: *address, source };
                let certificate = Certificate::load(certificate.clone(), Instant::now())?;
                let tls_config = certificate.config()?;
                shown = Some(certificate);
                let listener = listen::std_tcp(*address).map_err(failed)?;
                tls = Some(listener.local_addr().map_err(failed)?);
                let socket = mio::net::TcpListener::from_std(listener);
                worker_listeners.push(Listener::new(socket, Some(tls_config)));
            }
        }

        let io = |source| ServerError::Listen { what: "the relay's thread", address: listen, source };
        let poll = Poll::new().map_err(io)?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER).map_err(io)?);
        for (index, port) in shared.iter_mut().enumerate() {
            let token = Token(SHARED + index);
            poll.registry().register(&mut port.socket, token, Interest::READABLE).map_err(io)?;
        }
        for (index, listener) in worker_listeners.iter_mut().enumerate() {
            listener.watch(poll.registry(), Token(LISTENERS + index)).map_err(io)?;
        }

        let handshakes = tls.map(|_| Handshakes::start(waker.clone())).transpose().map_err(io)?;

        let now = Instant::now();
        let own = host_addresses();
        let addresses = config.as_ref().map_or_else(Vec::new, |config| config.addresses.clone());
        let ports = shared.iter().map(|port| port.port).collect();
        let first = addresses
            .iter()
            .chain(&own)
            .copied()
            .find(|ip| alternate.is_some_and(|other| other != *ip && other.is_ipv4() == ip.is_ipv4()));
        let pair = alternate.and_then(|other| first.map(|first| [first, other]));
        let public = addresses.iter().copied().find(|ip| !own.contains(ip));
        let places = Places {
            ports: config.as_ref().map_or(49_152..=65_535, |config| config.ports.clone()),
            addresses: addresses.clone(),
        };
        let (stop, stats) = (Arc::new(AtomicBool::new(false)), Arc::new(RelayStats::default()));
        let limits = config.as_ref().map_or_else(TurnLimits::default, |config| config.limits);
        let most = config.as_ref().map_or(0, |config| config.limits.allocations);
        let turn = match config {
            Some(config) => Some(turn_server(now, config, &own)?),
            None => None,
        };
        let (adopted, adoptions) = sync_channel(ADOPTED);
        let worker = Worker {
            poll,
            adopted: adoptions,
            stop: stop.clone(),
            turn,
            bindings: Bindings::new(ports, pair, public),
            sockets: Sockets::new(shared, places),
            listeners: worker_listeners,
            streams: Streams::new(most * STREAMS_PER_ALLOCATION),
            tls: handshakes,
            load: Load::new(&limits, now),
            stats: stats.clone(),
            out: Out { batches: Batches::new(), lost: 0 },
            received: Received::new(),
            scratch: worker::scratch(),
        };
        let relays = worker.turn.is_some();
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("relay".into())
            .spawn(move || {
                if let Err(error) = worker.run() {
                    tracing::error!(%error, "the relay failed");
                }
                let _ = end.send(());
            })
            .map_err(io)?;
        Ok(Self {
            relays,
            udp,
            tcp,
            tls,
            certificate: shown,
            stats,
            stop,
            waker,
            adopted,
            thread: Some(thread),
            ended: Some(ended),
        })
    }

    /// Whether it is more than a STUN server.
    pub(crate) const fn relays(&self) -> bool {
        self.relays
    }

    /// Where STUN and TURN are spoken over UDP.
    pub(crate) const fn udp(&self) -> SocketAddr {
        self.udp
    }

    /// Where TURN is spoken over TCP.
    pub(crate) const fn tcp(&self) -> Option<SocketAddr> {
        self.tcp
    }

    /// Where TURN is spoken over TLS.
    pub(crate) const fn tls(&self) -> Option<SocketAddr> {
        self.tls
    }

    /// By which clients know it over TLS.
    pub(crate) const fn certificate(&self) -> Option<&Arc<Certificate>> {
        self.certificate.as_ref()
    }

    /// By which others hand it connections that they have accepted; `None` for a STUN server.
    pub(crate) fn adopter(&self) -> Option<Adopter> {
        self.relays.then(|| Adopter { adopted: self.adopted.clone(), waker: self.waker.clone() })
    }

    pub(crate) fn stats(&self) -> Arc<RelayStats> {
        self.stats.clone()
    }

    /// Resolves when the thread has ended; can be had once.
    pub(crate) fn ended(&mut self) -> Option<oneshot::Receiver<()>> {
        self.ended.take()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.waker.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Hands connections to the relay.
#[derive(Debug, Clone)]
pub(crate) struct Adopter {
    adopted: SyncSender<Adopted>,
    waker: Arc<Waker>,
}

impl Adopter {
    /// Hands over one.
    ///
    /// # Errors
    /// Too many wait, or the relay has ended. The connection is closed.
    pub(crate) fn adopt(&self, connection: Adopted) -> io::Result<()> {
        self.adopted.try_send(connection).map_err(|_| io::ErrorKind::WouldBlock)?;
        self.waker.wake()
    }
}

/// The second port of RFC 5780: the next one; a free one where the first is.
const fn alternate_port(port: u16) -> u16 {
    match port {
        0 | u16::MAX => 0,
        port => port + 1,
    }
}

/// The port of STUN and TURN, for UDP and, if so wished, for TCP. Where the system is to choose one, the one that it gives for UDP
/// may be somebody else's for TCP: then it is asked for another.
fn bind(listen: SocketAddr, with_tcp: bool) -> Result<(Port, Option<std::net::TcpListener>), ServerError> {
    let failed = |what| move |source| ServerError::Listen { what, address: listen, source };
    let mut tries = if listen.port() == 0 { PORT_TRIES } else { 1 };
    loop {
        let port = Port::shared(listen).map_err(failed("STUN, UDP"))?;
        if !with_tcp {
            return Ok((port, None));
        }
        tries -= 1;
        match listen::std_tcp(SocketAddr::new(listen.ip(), port.port)) {
            Ok(listener) => return Ok((port, Some(listener))),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            Err(error) => return Err(failed("TURN, TCP")(error)),
        }
    }
}

fn turn_server(now: Instant, config: RelayConfig, own: &[IpAddr]) -> Result<TurnServer, ServerError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| ServerError::Failed(error.to_string()))?;
    let mine = || own.iter().chain(&config.addresses).copied();
    let mut peers =
        PeerFilter::default().own_host(mine().map(ipnet::IpNet::from)).allow(config.allowed_peers);
    if !config.allow_private {
        peers = peers.deny(PeerFilter::private_networks());
    }
    let config_of = TurnServerConfig {
        realm: REALM.into(),
        families: RelayFamilies { v4: true, v6: true },
        peers,
        limits: config.limits,
    };
    let secret = RestSecret::new(config.secret.as_bytes());
    Ok(TurnServer::new(now, worker::unix_time(), config_of, secret, seed))
}
