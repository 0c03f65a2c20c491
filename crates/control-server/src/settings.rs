use std::{net::SocketAddr, path::PathBuf};

use lanrage_control::{protocol::StunEndpoint, registry::RegistrySettings, session::ConnectionLimits};

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
