//! What can be said on the command line.

use std::{
    ffi::OsString,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZeroU16,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use ipnet::IpNet;
use lanrage_control::{protocol::StunEndpoint, registry::ConfiguredRelay};
use lanrage_control_server::{
    AccessFiles, AcmeSettings, AdminRequest, CertificateFiles, Hash, LETS_ENCRYPT, RELAY_SECRET_FILE,
    RegisteredRelaySettings, RelayConfig, ServerError, ServerSettings, TlsListen, make_private,
    read_or_create_secret, read_secret,
};
use lanrage_party::{Announcement, ControlEndpoint, PartyId, PeerId, RelayUri, limits};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{
    check::CheckArguments,
    config_file::{self, ConfigFileError},
    init::{InitArguments, is_public_name},
};

const HTTP_PORT: u16 = 8787;
/// Specification: the port of STUN and TURN (RFC 8489 §18.6, RFC 8656 §6).
const STUN_PORT: u16 = 3478;
/// Specification: the port of TURN over TLS.
const TURNS_PORT: u16 = 5349;
/// Ports below are for services that a system runs for others (RFC 6335 §6), and a player has none.
const LOWEST_RELAY_PORT: u16 = 1_024;

/// What a party's network and its roster are made for.
const MOST_MEMBERS: usize = limits::PEERS_PER_PARTY;
/// A day.
const MOST_DRAIN_SECONDS: i64 = 24 * 60 * 60;

/// Control server of LANrage: brings the members of parties together, and relays between those that cannot reach each
/// other. It sees no party's traffic and cannot join one.
#[derive(Debug, Parser)]
#[command(
    name = "lanrage-server",
    version,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    // What is said here counts before what a file says.
    args_override_self = true
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Be a relay alone, which registers itself with a control server
    #[command(args_override_self = true)]
    Relay(Box<RelayArguments>),
    /// Try the server that runs with these options, or this --config, by the name that players use
    #[command(args_override_self = true)]
    Check(Box<CheckArguments>),
    /// Answer a few questions and get a file by which the server runs
    Init(InitArguments),
    /// See and remove what a server that is running here keeps
    Admin(AdminArguments),
    /// Copy all that a server here keeps, its keys among it, while it runs or not
    Backup(BackupArguments),
    /// Put a copy in the place of what a stopped server keeps; that is copied first
    Restore(RestoreArguments),
}

#[derive(Debug, Args)]
pub(crate) struct AdminArguments {
    /// Directory of the running server's database
    #[arg(long, value_name = "DIR", default_value = "lanrage-server", global = true)]
    pub(crate) data_dir: PathBuf,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    what: AdminCommand,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Say how the server is
    Status,
    /// End the server: send who is there elsewhere, let nobody new in, and relay on for a while; SIGTERM does the same
    Drain {
        /// For how long at most; by default as the server was started with
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(..=MOST_DRAIN_SECONDS))]
        seconds: Option<u32>,
    },
    /// Read the files again that say who may make parties; SIGHUP does the same, and has the certificate read
    Reload,
    /// Tell everybody who is there, and who comes, something: it stands in their window until they put it away
    Announce {
        /// One line of at most 400 bytes; without it nothing is told any more
        #[arg(value_name = "TEXT")]
        text: Option<String>,
    },
    /// Let a device in no more: it has no session, and no place in any party here
    Ban { peer: PeerId },
    /// Let a banned device in again
    Unban { peer: PeerId },
    /// List the banned devices
    Bans,
    /// Have every device prove anew who it is when it comes back
    ForgetTokens,
    /// List all parties
    Parties,
    /// List the members of a party
    Members { party: PartyId },
    /// List the relays that have registered themselves
    Relays,
    /// Remove a party; members that are away may make it again
    RemoveParty { party: PartyId },
    /// Remove a member of a party; whoever still has the link may join again
    RemoveMember { party: PartyId, peer: PeerId },
    /// Forget a registered relay until it registers again; this frees its name
    RemoveRelay { name: String },
}

impl AdminArguments {
    pub(crate) fn request(&self) -> AdminRequest {
        match &self.what {
            AdminCommand::Status => AdminRequest::Status,
            AdminCommand::Drain { seconds } => AdminRequest::Drain { seconds: *seconds },
            AdminCommand::Reload => AdminRequest::Reload,
            AdminCommand::Announce { text } => {
                AdminRequest::Announce { text: text.as_deref().and_then(Announcement::lossy) }
            }
            AdminCommand::Ban { peer } => AdminRequest::Ban { peer: *peer },
            AdminCommand::Unban { peer } => AdminRequest::Unban { peer: *peer },
            AdminCommand::Bans => AdminRequest::Bans,
            AdminCommand::ForgetTokens => AdminRequest::ForgetTokens,
            AdminCommand::Parties => AdminRequest::Parties,
            AdminCommand::Members { party } => AdminRequest::Members { party: *party },
            AdminCommand::Relays => AdminRequest::Relays,
            AdminCommand::RemoveParty { party } => AdminRequest::RemoveParty { party: *party },
            AdminCommand::RemoveMember { party, peer } => {
                AdminRequest::RemoveMember { party: *party, peer: *peer }
            }
            AdminCommand::RemoveRelay { name } => AdminRequest::RemoveRelay { name: name.clone() },
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct BackupArguments {
    /// File to write, which is not there yet; without it one in the directory `backups` of the data
    #[arg(value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// Say whether this copy can be restored, and what it holds; nothing is written
    #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "list"])]
    pub(crate) check: Option<PathBuf>,
    /// List the copies in the data, the one to restore first before the others
    #[arg(long, conflicts_with = "to")]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) of: CopyArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The copy; without it the newest in the directory `backups` of the data
    #[arg(value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) of: CopyArguments,
}

/// Whose copies they are.
#[derive(Debug, Args)]
pub(crate) struct CopyArguments {
    /// Directory of the server's database
    #[arg(long, value_name = "DIR", default_value = "lanrage-server")]
    pub(crate) data_dir: PathBuf,
    /// Take a copy all the same whose hash (.sha256) is not beside it
    #[arg(long)]
    pub(crate) without_hash: bool,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl CopyArguments {
    pub(crate) const fn hash(&self) -> Hash {
        if self.without_hash { Hash::MayBeGone } else { Hash::Needed }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ServerArguments {
    /// File that says what else would stand here: in TOML, each key an option's name without its dashes
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address of WebSocket and HTTP (TCP); the default serves IPv6 and IPv4
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = any(HTTP_PORT))]
    listen: SocketAddr,
    /// Address on which everything is served that needs TCP, so that one open port is enough: WebSocket and HTTP over TLS, TURN over
    /// TLS and TCP. With port 443, clients reach it as wss://HOST
    #[arg(long, value_name = "ADDRESS:PORT", requires = "certificate")]
    https: Option<SocketAddr>,
    /// Get the certificate from an authority and renew it, by itself, for each --name; this accepts the authority's terms. Its proof
    /// is given at --https, which the authority reaches at port 443 of each name
    #[arg(long, group = "certificate", requires_all = ["name", "https"], conflicts_with = "tls_cert")]
    acme: bool,
    /// The authority's directory (RFC 8555)
    #[arg(long, value_name = "URL", default_value = LETS_ENCRYPT, value_parser = authority)]
    acme_directory: String,
    /// Address of e-mail to which the authority writes when something is wrong
    #[arg(long, value_name = "ADDRESS", value_parser = contact, requires = "acme")]
    acme_contact: Option<String>,
    /// Page where visitors of an invitation (https://HOST/join#…) get LANrage
    #[arg(long, value_name = "URL", value_parser = web_page)]
    downloads: Option<String>,
    /// Address of STUN and of the relay (UDP, and TCP for the relay); the next port is used by STUN too
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = any(STUN_PORT), conflicts_with = "no_stun")]
    stun: SocketAddr,
    /// Answer no STUN, and relay nothing
    #[arg(long)]
    no_stun: bool,
    /// Relay nothing; STUN is answered all the same
    #[arg(long)]
    no_relay: bool,
    /// Directory of the database; made if it is missing
    #[arg(long, value_name = "DIR", default_value = "lanrage-server")]
    data_dir: PathBuf,
    /// Name by which clients reach this server; may be repeated. Proofs for any other name are then refused
    #[arg(long, value_name = "HOST:PORT")]
    name: Vec<String>,
    /// Connections at once, of all clients; fewer where the system lets this program open fewer files
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    connections: u32,
    /// Connections at once that one address (IPv4, or a /64 of IPv6) may have; four times as many for a private one
    #[arg(long, value_name = "COUNT", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    connections_per_address: u32,
    /// Proxy, or network of proxies, whose Forwarded or X-Forwarded-For header is believed; may be repeated. Without it
    /// everybody behind a proxy counts as one address
    #[arg(long, value_name = "ADDRESS[/BITS]", value_parser = network)]
    trust_proxy: Vec<IpNet>,
    /// Where to tell numbers in the format of Prometheus, at /metrics; nowhere without it. Meant for a local address
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics: Option<SocketAddr>,
    /// STUN server to tell clients of, instead of this one at the host they came to; may be repeated
    #[arg(long, value_name = "HOST:PORT", value_parser = stun_endpoint)]
    advertise_stun: Vec<StunEndpoint>,
    /// Days after which a member that was away all the time is removed, and with the last one its party; a party that
    /// nobody ever came to goes after one day
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    retention_days: u32,
    /// Daily copies of all that the server keeps, in the directory `backups` of the data; 0 for none
    #[arg(long, value_name = "COUNT", default_value_t = 7, value_parser = clap::value_parser!(u16).range(..=1_000))]
    daily_backups: u16,
    /// Make the server private: parties are made by who has the key in this file, which is made if it is missing. Whoever has a
    /// party's link needs no key to join it. Read again on SIGHUP
    #[arg(long, value_name = "FILE")]
    access_key_file: Option<PathBuf>,
    /// Make the server private: parties are made by the devices in this file, each by its id on a line (`lanrage status --json`
    /// tells it), and by who has the key of --access-key-file. Read again on SIGHUP
    #[arg(long, value_name = "FILE")]
    allow_file: Option<PathBuf>,
    /// Parties at once that one device may host
    #[arg(long, value_name = "COUNT", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    parties_per_device: u32,
    /// New parties that one address (IPv4, or a /64 of IPv6) may make at once; in the long run 20 an hour
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    parties_per_address: u32,
    /// Parties in all
    #[arg(long, value_name = "COUNT", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    parties: u32,
    /// Members of one party
    #[arg(long, value_name = "COUNT", default_value_t = MOST_MEMBERS as u16, value_parser = clap::value_parser!(u16).range(2..=MOST_MEMBERS as i64))]
    members_per_party: u16,
    /// For how long at most a server that is stopped relays on, while its players go elsewhere: it ends as soon as nobody is
    /// relayed, or when it is stopped again
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(..=MOST_DRAIN_SECONDS))]
    drain_seconds: u32,
    /// Write logs, and the line that says it is ready, as JSON
    #[arg(long)]
    json: bool,
    /// Another TURN server with a static secret (coturn's --use-auth-secret), by its address as in
    /// turn:HOST:3478 or turns:HOST:443; may be repeated for more addresses of the same one
    #[arg(long = "relay", value_name = "URI", requires = "relay_secret_file")]
    external: Vec<RelayUri>,
    /// File with the secret of the relay; by default one is made in the data directory
    #[arg(long, value_name = "FILE")]
    relay_secret_file: Option<PathBuf>,
    /// File with more relays: a JSON list of {"name", "region", "uris", "secret_file"}
    #[arg(long, value_name = "FILE")]
    relays: Option<PathBuf>,
    /// File with the key by which relays register themselves (`lanrage-server relay`); without it none can
    #[arg(long, value_name = "FILE")]
    relay_key_file: Option<PathBuf>,
    #[command(flatten)]
    relaying: RelayOptions,
}

#[derive(Debug, Args)]
pub(crate) struct RelayArguments {
    /// File that says what else would stand here, as of the server
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The control server
    #[arg(long, value_name = "URL")]
    register: ControlEndpoint,
    /// File with the key that the control server has by the same option
    #[arg(long, value_name = "FILE")]
    relay_key_file: PathBuf,
    /// Name or address under which clients reach this relay
    #[arg(long, value_name = "HOST")]
    pub(crate) host: String,
    /// Name of this relay, the same for ever; the host if it is not given
    #[arg(long, value_name = "NAME")]
    relay_name: Option<String>,
    /// Address of the relay (UDP and TCP); the next port is used by STUN too
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = any(STUN_PORT))]
    listen: SocketAddr,
    /// Directory of the relay's identity; made if it is missing
    #[arg(long, value_name = "DIR", default_value = "lanrage-relay")]
    data_dir: PathBuf,
    /// Write logs, and the line that says it is ready, as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    relaying: RelayOptions,
}

/// How it relays.
#[derive(Debug, Args)]
struct RelayOptions {
    /// Where the relay stands, for people
    #[arg(long, value_name = "REGION", default_value = "")]
    relay_region: String,
    /// Public address of this machine; may be repeated for the other family. By default the one that a client reached
    #[arg(long, value_name = "ADDRESS")]
    relay_address: Vec<IpAddr>,
    /// Ports of relayed addresses (UDP), 1024 or higher
    #[arg(long, value_name = "FIRST-LAST", default_value = "49152-65535", value_parser = port_range)]
    relay_ports: RangeInclusive<u16>,
    /// Allocations at once
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    relay_allocations: usize,
    /// Allocations at once of one user
    #[arg(long, value_name = "COUNT", default_value_t = 16)]
    relay_allocations_per_user: usize,
    /// Allocations at once of all members of one party
    #[arg(long, value_name = "COUNT", default_value_t = 256)]
    relay_allocations_per_party: usize,
    /// Mbit/s of one allocation, both directions together; 0 for any
    #[arg(long, value_name = "MBIT", default_value_t = 50)]
    relay_rate: u32,
    /// Mbit/s of all allocations together, both directions; 0 for any. Of each allocation, this divided by the number of
    /// them is relayed whatever the others do
    #[arg(long, value_name = "MBIT", default_value_t = 1_000)]
    relay_total_rate: u32,
    /// Relay to private networks too, as a home's own relay may. Without it players inside one still reach each other
    /// through this relay, as long as both use it
    #[arg(long)]
    relay_allow_private: bool,
    /// A second public address of this machine: clients then find out all about their router (RFC 5780)
    #[arg(long, value_name = "ADDRESS")]
    stun_alternate: Option<IpAddr>,
    /// Certificate and its chain (PEM), for TURN over TLS and for --https. Read again when it is another
    #[arg(long, value_name = "FILE", requires = "tls_key", group = "certificate")]
    tls_cert: Option<PathBuf>,
    /// Key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Address of TURN over TLS; port 443 gets through most firewalls
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = any(TURNS_PORT))]
    tls_listen: SocketAddr,
}

const EXAMPLES: &str = "\
Examples:
  lanrage-server                                      on ports 8787 (TCP), 3478 (UDP, TCP) and 3479 (UDP), data in
                                                      ./lanrage-server
  lanrage-server init                                 a few questions, and a file by which it runs
  lanrage-server --config /etc/lanrage/server.toml    by that file
  lanrage-server check --config /etc/lanrage/server.toml
                                                      whether players reach every part of it
  lanrage-server --listen 127.0.0.1:8787 --name lan.example.org:443 \\
      --trust-proxy 127.0.0.1 --advertise-stun stun.example.org:3478
                                                      behind a proxy that speaks TLS
  lanrage-server --https [::]:443 --tls-cert chain.pem --tls-key key.pem --name lan.example.org:443
                                                      with TLS of its own: wss://lan.example.org, and a relay where only
                                                      the web passes
  lanrage-server --https [::]:443 --acme --name lan.example.org:443
                                                      the same with a certificate that it gets by itself
  lanrage-server --no-relay --relay turn:turn.example.org --relay-secret-file secret
                                                      with coturn as the relay
  lanrage-server relay --register wss://lan.example.org --relay-key-file key --host eu.example.org
                                                      a relay elsewhere
  lanrage-server --metrics 127.0.0.1:9187             numbers for Prometheus at http://127.0.0.1:9187/metrics
  lanrage-server admin parties --data-dir /var/lib/lanrage-server
                                                      what a running server keeps; status, drain, remove-party …
  lanrage-server backup --data-dir /var/lib/lanrage-server   a copy of all that it keeps, while it runs
  lanrage-server restore --data-dir /var/lib/lanrage-server  the newest copy in the place of that, while it is stopped
  RUST_LOG=debug lanrage-server                       with a more talkative log

A client reaches it as ws://HOST:8787. It stops cleanly on Ctrl-C and SIGTERM.";

impl Arguments {
    /// What was said, here and in the file that it names. Ends the program where that makes no sense, or a manual was asked for.
    ///
    /// # Errors
    /// [`ConfigFileError`].
    pub(crate) fn read() -> Result<Self, ConfigFileError> {
        let said: Vec<OsString> = std::env::args_os().collect();
        // Where its words stand: before those that were said, which count more.
        let at = match said.get(1).and_then(|word| word.to_str()) {
            Some("admin" | "backup" | "init" | "restore") => return Ok(Self::parse()),
            Some("check" | "relay") => 2,
            _ => 1,
        };
        let Some(config) = config_file::named_in(&said) else { return Ok(Self::parse()) };
        let mut words = said[..at.min(said.len())].to_vec();
        words.extend(config_file::words(&config)?);
        words.extend(said.into_iter().skip(at));
        Ok(Self::try_parse_from(words).unwrap_or_else(|error| {
            if error.use_stderr() {
                eprintln!("In {}, or together with it:", config.display());
            }
            error.exit()
        }))
    }

    pub(crate) fn json(&self) -> bool {
        match &self.command {
            Some(Command::Relay(relay)) => relay.json,
            Some(Command::Admin(admin)) => admin.json,
            Some(Command::Check(check)) => check.server.json,
            Some(Command::Backup(backup)) => backup.of.json,
            Some(Command::Restore(restore)) => restore.of.json,
            Some(Command::Init(_)) => false,
            None => self.server.json,
        }
    }
}

impl ServerArguments {
    /// For how long it relays on when it is stopped.
    pub(crate) const fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds as u64)
    }

    pub(crate) fn settings(self) -> anyhow::Result<ServerSettings> {
        let stun = (!self.no_stun).then_some(self.stun);
        let mut settings = ServerSettings::new(self.listen, stun, self.data_dir);
        if self.acme {
            settings.acme = Some(AcmeSettings {
                directory: self.acme_directory,
                contact: self.acme_contact,
                names: names_of(&self.name)?,
            });
        }
        let awaited = self.acme.then(|| AcmeSettings::files(&settings.data_dir));
        let certificate = awaited.or_else(|| self.relaying.certificate());
        settings.https = self
            .https
            .zip(certificate.clone())
            .map(|(listen, certificate)| TlsListen { listen, certificate });
        settings.downloads = self.downloads;
        settings.names = self.name;
        settings.advertised_stun = self.advertise_stun;
        settings.trusted_proxies = self.trust_proxy;
        settings.metrics = self.metrics;
        settings.daily_backups = NonZeroU16::new(self.daily_backups);
        settings.limits.connections = self.connections as usize;
        settings.sources = settings.sources.with_connections(self.connections_per_address as usize);
        settings.access = AccessFiles { key: self.access_key_file, allowed: self.allow_file };
        settings.sources.parties = self.parties_per_address.into();
        settings.registry.parties_per_host = self.parties_per_device as usize;
        let memberships = settings.registry.parties_per_peer.max(settings.registry.parties_per_host);
        settings.registry.parties_per_peer = memberships;
        settings.registry.parties = self.parties as usize;
        settings.registry.peers_per_party = self.members_per_party.into();
        settings.registry.retention = Duration::from_secs(u64::from(self.retention_days) * 24 * 60 * 60);
        settings.stun_alternate = self.relaying.stun_alternate;
        settings.relay_region.clone_from(&self.relaying.relay_region);
        settings.relay_key = self.relay_key_file.as_deref().map(read_secret).transpose()?;
        if let Some(file) = &self.relays {
            settings.relays = read_relays(file)?;
        }
        let secret = self.relay_secret_file.as_deref().map(read_secret).transpose()?;
        if let (Some(first), Some(secret)) = (self.external.first(), &secret) {
            settings.relays.push(ConfiguredRelay {
                name: first.host.clone(),
                region: self.relaying.relay_region.clone(),
                uris: self.external.clone(),
                secret: secret.clone(),
            });
        }
        settings.relays.iter().try_for_each(check)?;
        if !self.no_relay && !self.no_stun {
            make_private(&settings.data_dir)
                .map_err(|source| ServerError::DataDir { path: settings.data_dir.clone(), source })?;
            let secret = match secret {
                Some(secret) => secret,
                None => read_or_create_secret(&settings.data_dir.join(RELAY_SECRET_FILE))?,
            };
            settings.relay = Some(self.relaying.config(secret, certificate));
        }
        Ok(settings)
    }
}

impl RelayArguments {
    pub(crate) fn settings(self) -> anyhow::Result<RegisteredRelaySettings> {
        let certificate = self.relaying.certificate();
        Ok(RegisteredRelaySettings {
            listen: self.listen,
            stun_alternate: self.relaying.stun_alternate,
            region: self.relaying.relay_region.clone(),
            relay: self.relaying.config(Zeroizing::default(), certificate),
            control: self.register,
            key: read_secret(&self.relay_key_file)?,
            name: self.relay_name.unwrap_or_else(|| self.host.clone()),
            host: self.host,
            data_dir: self.data_dir,
        })
    }
}

impl RelayOptions {
    fn certificate(&self) -> Option<CertificateFiles> {
        let (certificate, key) = self.tls_cert.clone().zip(self.tls_key.clone())?;
        Some(CertificateFiles { certificate, key, is_awaited: false })
    }

    fn config(self, secret: Zeroizing<String>, certificate: Option<CertificateFiles>) -> RelayConfig {
        let mut config = RelayConfig::new(secret);
        config.tls = certificate.map(|certificate| TlsListen { listen: self.tls_listen, certificate });
        config.ports = self.relay_ports;
        config.addresses = self.relay_address;
        config.limits.allocations = self.relay_allocations;
        config.limits.allocations_per_user = self.relay_allocations_per_user;
        config.limits.allocations_per_group = self.relay_allocations_per_party;
        config.limits.bytes_per_second = bytes_per_second(self.relay_rate);
        config.limits.bytes_per_second_in_all = bytes_per_second(self.relay_total_rate);
        config.limits.burst_bytes = config.limits.bytes_per_second;
        config.allow_private = self.relay_allow_private;
        config
    }
}

/// The hosts of the names by which players come, each once.
fn names_of(names: &[String]) -> anyhow::Result<Vec<String>> {
    let mut hosts = Vec::new();
    for name in names {
        let host = name.rsplit_once(':').map_or(name.as_str(), |(host, _)| host).to_ascii_lowercase();
        anyhow::ensure!(
            !host.contains(':') && is_public_name(&host),
            "no authority gives a certificate for {name:?}: --acme needs a --name like lan.example.org:443"
        );
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    Ok(hosts)
}

fn authority(text: &str) -> Result<String, String> {
    let is_one = text.len() > "https://".len() && text.starts_with("https://");
    if is_one { Ok(text.to_owned()) } else { Err("it begins with https://".to_owned()) }
}

fn contact(text: &str) -> Result<String, String> {
    let is_one = text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    let is_plain = text.chars().all(|c| c.is_ascii_graphic() && !",;:<>\"".contains(c));
    if is_one && is_plain { Ok(text.to_owned()) } else { Err("an address like me@example.org".to_owned()) }
}

const fn bytes_per_second(megabits: u32) -> u64 {
    megabits as u64 * 1_000_000 / 8
}

/// One relay in the file of `--relays`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RelayEntry {
    name: String,
    #[serde(default)]
    region: String,
    uris: Vec<RelayUri>,
    /// Below the list's own directory if it is relative.
    secret_file: PathBuf,
}

fn read_relays(file: &Path) -> anyhow::Result<Vec<ConfiguredRelay>> {
    use anyhow::Context as _;
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let entries: Vec<RelayEntry> =
        serde_json::from_str(&text).with_context(|| format!("{} is no list of relays", file.display()))?;
    let directory = file.parent().unwrap_or(Path::new("."));
    let read = |entry: RelayEntry| {
        let secret = read_secret(&directory.join(entry.secret_file))?;
        Ok(ConfiguredRelay { name: entry.name, region: entry.region, uris: entry.uris, secret })
    };
    entries.into_iter().map(read).collect()
}

fn check(relay: &ConfiguredRelay) -> anyhow::Result<()> {
    let named = (1..=limits::RELAY_NAME_BYTES).contains(&relay.name.len());
    anyhow::ensure!(named, "a relay's name has 1 to {} bytes: {:?}", limits::RELAY_NAME_BYTES, relay.name);
    anyhow::ensure!(
        relay.region.len() <= limits::RELAY_NAME_BYTES,
        "the region of {:?} is too long",
        relay.name
    );
    let reachable = (1..=limits::RELAY_URIS).contains(&relay.uris.len());
    anyhow::ensure!(reachable, "{:?} has 1 to {} addresses", relay.name, limits::RELAY_URIS);
    Ok(())
}

/// Every address of this machine, of both families where there are two.
fn any(port: u16) -> SocketAddr {
    let v6 = socket2::Socket::new(socket2::Domain::IPV6, socket2::Type::DGRAM, None);
    if v6.is_ok() { (Ipv6Addr::UNSPECIFIED, port).into() } else { (Ipv4Addr::UNSPECIFIED, port).into() }
}

/// A network, or a single address.
fn network(text: &str) -> Result<IpNet, String> {
    let single = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| single()).map_err(|_| "expected ADDRESS or ADDRESS/BITS".to_owned())
}

fn stun_endpoint(text: &str) -> Result<StunEndpoint, String> {
    let expected = "expected HOST:PORT";
    let (host, port) = text.rsplit_once(':').ok_or(expected)?;
    let port: u16 = port.parse().map_err(|_| expected)?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    if host.is_empty() || port == 0 {
        Err(expected.into())
    } else {
        Ok(StunEndpoint { host: host.into(), port })
    }
}

/// Where a browser may go.
fn web_page(text: &str) -> Result<String, String> {
    let is_page =
        ["https://", "http://"].iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
    if is_page { Ok(text.to_owned()) } else { Err("expected https://…".to_owned()) }
}

fn port_range(text: &str) -> Result<RangeInclusive<u16>, String> {
    let expected = "expected FIRST-LAST, as 49152-65535, with FIRST 1024 or more";
    let (first, last) = text.split_once('-').ok_or(expected)?;
    let (first, last): (u16, u16) =
        (first.parse().map_err(|_| expected)?, last.parse().map_err(|_| expected)?);
    if first < LOWEST_RELAY_PORT || last < first { Err(expected.into()) } else { Ok(first..=last) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relayed_ports_are_none_of_the_systems() {
        assert_eq!(port_range("49152-65535"), Ok(49_152..=65_535));
        assert_eq!(port_range("1024-1024"), Ok(1_024..=1_024));
        for refused in ["0-1", "1023-65535", "2000-1999", "1024-65536", "1024", "a-b", ""] {
            assert!(port_range(refused).is_err(), "{refused}");
        }
    }
}
