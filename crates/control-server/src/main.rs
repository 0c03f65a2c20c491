//! `lanrage-server`: the control server as a program.

use std::{
    io::IsTerminal,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use lanrage_control::protocol::StunEndpoint;
use lanrage_control_server::{Server, ServerError, ServerSettings};
use tracing_subscriber::EnvFilter;

const HTTP_PORT: u16 = 8787;
/// Specification: the port of STUN (RFC 8489 §18.6).
const STUN_PORT: u16 = 3478;

/// Control server of LANrage: brings the members of parties together. It sees no party's traffic and cannot
/// join one.
#[derive(Debug, Parser)]
#[command(name = "lanrage-server", version, after_help = EXAMPLES)]
struct Arguments {
    /// Address of WebSocket and HTTP (TCP); the default serves IPv6 and IPv4
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = any(HTTP_PORT))]
    listen: SocketAddr,
    /// Address of STUN (UDP)
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = any(STUN_PORT), conflicts_with = "no_stun")]
    stun: SocketAddr,
    /// Answer no STUN
    #[arg(long)]
    no_stun: bool,
    /// Directory of the database; made if it is missing
    #[arg(long, value_name = "DIR", default_value = "lanrage-server")]
    data_dir: PathBuf,
    /// Name by which clients reach this server; may be repeated. Proofs for any other name are then refused
    #[arg(long, value_name = "HOST:PORT")]
    name: Vec<String>,
    /// STUN server to tell clients of, instead of this one at the host they came to; may be repeated
    #[arg(long, value_name = "HOST:PORT", value_parser = stun_endpoint)]
    advertise_stun: Vec<StunEndpoint>,
    /// Days after which a member that was away all the time is removed, and with the last one its party
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    retention_days: u32,
    /// Write logs, and the line that says it is ready, as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  lanrage-server                                      on ports 8787 (TCP) and 3478 (UDP), data in ./lanrage-server
  lanrage-server --data-dir /var/lib/lanrage          data where a service keeps it
  lanrage-server --listen 127.0.0.1:8787 --name lan.example.org:443 \\
      --advertise-stun stun.example.org:3478          behind a proxy that speaks TLS
  RUST_LOG=debug lanrage-server                       with a more talkative log

A client reaches it as ws://HOST:8787. It stops cleanly on Ctrl-C and SIGTERM.";

/// Every address of this machine, of both families where there are two.
fn any(port: u16) -> SocketAddr {
    let v6 = socket2::Socket::new(socket2::Domain::IPV6, socket2::Type::DGRAM, None);
    if v6.is_ok() { (Ipv6Addr::UNSPECIFIED, port).into() } else { (Ipv4Addr::UNSPECIFIED, port).into() }
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

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log(arguments.json);
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let stun = (!arguments.no_stun).then_some(arguments.stun);
    let mut settings = ServerSettings::new(arguments.listen, stun, arguments.data_dir);
    settings.names = arguments.name;
    settings.advertised_stun = arguments.advertise_stun;
    settings.registry.retention = Duration::from_secs(u64::from(arguments.retention_days) * 24 * 60 * 60);
    // Before the server says that it is ready: whoever waits for that may ask it to stop at once.
    let mut stop = StopSignal::listen()?;
    let mut server = Server::start(settings).await?;
    announce(&server, arguments.json);
    tokio::select! {
        error = server.failed() => Err::<(), ServerError>(error)?,
        () = stop.received() => tracing::info!("stopping"),
    }
    server.shutdown().await;
    Ok(())
}

/// The one line on standard output.
fn announce(server: &Server, json: bool) {
    let (listen, stun) = (server.addr(), server.stun_addr());
    if json {
        let stun = stun.map(|address| address.to_string());
        println!("{}", serde_json::json!({ "event": "ready", "listen": listen.to_string(), "stun": stun }));
    } else {
        let stun = stun.map_or_else(|| "no STUN".to_owned(), |address| format!("STUN on {address}"));
        println!("ready: clients connect to port {} ({listen}), {stun}", listen.port());
    }
}

fn start_log(json: bool) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,sea_orm=warn,sea_orm_migration=warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        log.json().init();
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).init();
    }
}

/// Ctrl-C, or SIGTERM where there is one.
struct StopSignal {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl StopSignal {
    #[cfg(unix)]
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(windows)]
    fn listen() -> std::io::Result<Self> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    #[cfg(unix)]
    async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(windows)]
    async fn received(&mut self) {
        self.interrupt.recv().await;
    }
}
