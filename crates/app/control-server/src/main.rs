//! `lanrage-server`: the control server as a program.

mod options;

use std::{io::IsTerminal, process::ExitCode};

use clap::Parser;
use lanrage_control_server::{RegisteredRelay, Server, ServerError};
use options::{Arguments, Command};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_log(arguments.json());
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    // Before the server says that it is ready: whoever waits for that may ask it to stop at once.
    let mut stop = StopSignal::listen()?;
    let json = arguments.json();
    match arguments.command {
        Some(Command::Relay(relay)) => {
            let host = relay.host.clone();
            let mut relay = RegisteredRelay::start(relay.settings()?)?;
            announce_relay(&relay, &host, json);
            tokio::select! {
                error = relay.failed() => Err(error)?,
                () = stop.received() => tracing::info!("stopping"),
            }
        }
        None => {
            let mut server = Server::start(arguments.server.settings()?).await?;
            announce(&server, json);
            tokio::select! {
                error = server.failed() => Err::<(), ServerError>(error)?,
                () = stop.received() => tracing::info!("stopping"),
            }
            server.shutdown().await;
        }
    }
    Ok(())
}

/// The one line on standard output.
fn announce(server: &Server, json: bool) {
    let (listen, stun) = (server.addr(), server.stun_addr());
    let (tcp, tls) = (server.turn_tcp_addr(), server.turn_tls_addr());
    if json {
        let text = |address: Option<std::net::SocketAddr>| address.map(|address| address.to_string());
        let (listen, stun, tcp, tls) = (listen.to_string(), text(stun), text(tcp), text(tls));
        let ready = serde_json::json!({
            "event": "ready", "listen": listen, "stun": stun, "turn_tcp": tcp, "turn_tls": tls,
        });
        println!("{ready}");
    } else {
        let relay = if server.relays() { " and TURN" } else { "" };
        let stun = stun.map_or_else(|| "no STUN".to_owned(), |address| format!("STUN{relay} on {address}"));
        let tls = tls.map_or_else(String::new, |address| format!(", TURN over TLS on {address}"));
        println!("ready: clients connect to port {} ({listen}), {stun}{tls}", listen.port());
    }
}

/// The same of a relay alone.
fn announce_relay(relay: &RegisteredRelay, host: &str, json: bool) {
    let uris: Vec<String> = relay.uris(host).iter().map(ToString::to_string).collect();
    if json {
        println!("{}", serde_json::json!({ "event": "ready", "relay": uris }));
    } else {
        println!("ready: {}", uris.join(", "));
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
