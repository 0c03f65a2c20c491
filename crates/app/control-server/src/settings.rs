pub(crate) mod operator;
pub(crate) mod secret_file;

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU16,
    path::PathBuf,
};

use ipnet::IpNet;
use lanrage_control::{
    protocol::StunEndpoint,
    registry::{ConfiguredRelay, RegistrySettings},
    session::{ConnectionLimits, SourceLimits},
};
use lanrage_party::{ServerId, limits};
use zeroize::Zeroizing;

use self::operator::AccessFiles;
use crate::{
    RelayConfig,
    listen::{acme::AcmeSettings, certificate::TlsListen},
};

/// How a [`crate::Server`] runs.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Where WebSocket and HTTP are served (TCP). `[::]` serves IPv4 too. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where all that needs TCP is served on one port, 443 for clients that are told a name alone: WebSocket and HTTP over TLS, TURN
    /// over TLS and TCP; `None` for nowhere.
    pub https: Option<TlsListen>,
    /// Where the certificate of [`Self::https`] comes from, if its files are [`AcmeSettings::files`].
    pub acme: Option<AcmeSettings>,
    /// Where visitors of an invitation's page get LANrage.
    pub downloads: Option<String>,
    /// Where STUN is answered (UDP), and TURN if there is a relay, likewise; `None` for not at all. NAT behaviour
    /// discovery (RFC 5780) takes the next port as well.
    pub stun_listen: Option<SocketAddr>,
    /// Where `control.db` lives; made if it is missing.
    pub data_dir: PathBuf,
    /// `host:port` by which clients reach this server. If given, a proof made for another name is refused, so
    /// that no other server can pass this one's challenges on to its own clients.
    pub names: Vec<String>,
    /// STUN servers to tell clients of, instead of the own one at the host that they came to.
    pub advertised_stun: Vec<StunEndpoint>,
    /// A second address of this machine, with which clients can find out all about their router (RFC 5780).
    pub stun_alternate: Option<IpAddr>,
    /// A relay where STUN is answered; `None` for none of its own.
    pub relay: Option<RelayConfig>,
    /// Where the own relay stands, for people.
    pub relay_region: String,
    /// Relays beside the own one.
    pub relays: Vec<ConfiguredRelay>,
    /// What relays register themselves with; without it none can.
    pub relay_key: Option<Zeroizing<String>>,
    /// Who may make parties, if it is a private server.
    pub access: AccessFiles,
    /// Times and bounds of parties.
    pub registry: RegistrySettings,
    /// Times and bounds of connections.
    pub limits: ConnectionLimits,
    /// How much one address may take.
    pub sources: SourceLimits,
    /// Proxies whose `Forwarded` or `X-Forwarded-For` is believed: what comes through them counts for the address that
    /// they name.
    pub trusted_proxies: Vec<IpNet>,
    /// How many daily copies of all this are kept in [`Self::data_dir`]; `None` for none.
    pub daily_backups: Option<NonZeroU16>,
    /// Where numbers are told in the format of Prometheus (HTTP, `/metrics`); `None` for nowhere.
    pub metrics: Option<SocketAddr>,
}

impl ServerSettings {
    /// A server on `listen`, with STUN on `stun_listen` and its database in `data_dir`, all else as usual.
    pub fn new(listen: SocketAddr, stun_listen: Option<SocketAddr>, data_dir: impl Into<PathBuf>) -> Self {
        Self {
            listen,
            https: None,
            acme: None,
            downloads: None,
            stun_listen,
            data_dir: data_dir.into(),
            names: Vec::new(),
            advertised_stun: Vec::new(),
            stun_alternate: None,
            relay: None,
            relay_region: String::new(),
            relays: Vec::new(),
            relay_key: None,
            access: AccessFiles::default(),
            registry: RegistrySettings::default(),
            limits: ConnectionLimits::default(),
            sources: SourceLimits::default(),
            trusted_proxies: Vec::new(),
            daily_backups: None,
            metrics: None,
        }
    }

    /// What the own relay is called: as the server is, so that members who know two servers tell their relays apart. A server
    /// that was given no name is called by its key, and so is one that shares its name with another relay.
    pub(crate) fn own_relay_name(&self, server: &ServerId) -> String {
        let host = |name: &str| name.rsplit_once(':').map_or(name, |(host, _)| host).to_owned();
        let public = self.names.first().map(|name| host(name)).filter(|host| {
            (1..=limits::RELAY_NAME_BYTES).contains(&host.len())
                && !self.relays.iter().any(|relay| relay.name == *host)
        });
        public.unwrap_or_else(|| format!("server {}", server.to_string().get(..8).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use lanrage_party::DeviceIdentity;

    use super::*;

    #[test]
    fn a_relay_is_called_as_its_server_and_no_two_alike() {
        let id = |n| ServerId::of(&DeviceIdentity::from_seed(&[n; 32]).public());
        let mut settings = ServerSettings::new(([127, 0, 0, 1], 0).into(), None, "");
        let nameless = settings.own_relay_name(&id(1));
        assert_ne!(nameless, settings.own_relay_name(&id(2)));
        settings.names = vec!["lan.example.org:443".into(), "other.example.org:443".into()];
        assert_eq!(settings.own_relay_name(&id(1)), "lan.example.org");
        settings.relays.push(ConfiguredRelay {
            name: "lan.example.org".into(),
            region: String::new(),
            uris: Vec::new(),
            secret: String::new().into(),
        });
        assert_eq!(settings.own_relay_name(&id(1)), nameless);
        settings.names = vec![format!("{}:443", "n".repeat(limits::RELAY_NAME_BYTES + 1))];
        assert_eq!(settings.own_relay_name(&id(1)), nameless);
    }
}
