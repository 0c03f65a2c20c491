use std::{net::SocketAddr, path::PathBuf, time::Duration};

use lanrage_control::{protocol::StunEndpoint, registry::RegistrySettings};

/// How a [`crate::Server`] runs.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Where WebSocket and HTTP are served (TCP). `[::]` serves IPv4 too. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where STUN is answered (UDP), likewise; `None` for not at all.
    pub stun_listen: Option<SocketAddr>,
    /// Where `control.db` lives; made if it is missing.
    pub data_dir: PathBuf,
    /// `host:port` by which clients reach this server. If given, a proof made for another name is refused, so
    /// that no other server can pass this one's challenges on to its own clients.
    pub names: Vec<String>,
    /// STUN servers to tell clients of, instead of the own one at the host that they came to.
    pub advertised_stun: Vec<StunEndpoint>,
    /// Times and bounds of parties.
    pub registry: RegistrySettings,
    /// Times and bounds of connections.
    pub limits: ConnectionLimits,
}

/// Times and bounds of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Most TCP connections at once: 10,000. One more is closed at once.
    pub connections: usize,
    /// From the first byte to the welcome: 10 s, the HTTP header and the proof each.
    pub hello: Duration,
    /// Without any frame of the client: 90 s, three heartbeats.
    pub idle: Duration,
    /// For one frame to be taken by the client's side: 10 s.
    pub send: Duration,
    /// Frames that may come at once: 256. More are refused.
    pub burst: u32,
    /// Frames per second in the long run: 50.
    pub rate: u32,
    /// Refused frames in a row after which the connection is closed: 256.
    pub refused: u32,
    /// Frames that wait for the client: 256. When it is full, the client is too slow, and is disconnected: it
    /// comes back and gets the present state instead of the backlog.
    pub outgoing: usize,
    /// For how long a session can be resumed without a challenge: 24 h.
    pub session: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            hello: Duration::from_secs(10),
            idle: Duration::from_secs(90),
            send: Duration::from_secs(10),
            burst: 256,
            rate: 50,
            refused: 256,
            outgoing: 256,
            session: Duration::from_secs(24 * 60 * 60),
        }
    }
}

impl ServerSettings {
    /// A server on `listen`, with STUN on `stun_listen` and its database in `data_dir`, all else as usual.
    pub fn new(listen: SocketAddr, stun_listen: Option<SocketAddr>, data_dir: impl Into<PathBuf>) -> Self {
        Self {
            listen,
            stun_listen,
            data_dir: data_dir.into(),
            names: Vec::new(),
            advertised_stun: Vec::new(),
            registry: RegistrySettings::default(),
            limits: ConnectionLimits::default(),
        }
    }
}
