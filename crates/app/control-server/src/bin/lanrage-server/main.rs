//! `lanrage-server`: the control server as a program.

mod backup;
mod check;
mod config_file;
mod init;
mod options;
mod serve;
mod service_manager;

use std::{io::IsTerminal, process::ExitCode};

use lanrage_control_server::{
    AdminAnswer, AdminMember, AdminParty, AdminRelay, RegisteredRelay, Server, ServerStatus,
};
use options::{Arguments, Command};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
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
    // What is made from here on is its owner's alone.
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    // Before the server says that it is ready: whoever waits for that may ask it to stop at once.
    let mut stop = StopSignal::listen()?;
    let json = arguments.json();
    match arguments.command {
        Some(Command::Relay(relay)) => {
            let host = relay.host.clone();
            let relay = RegisteredRelay::start(relay.settings()?)?;
            announce_relay(&relay, &host, json);
            serve::until_relay_stops(relay, &mut stop).await?;
        }
        Some(Command::Check(check)) => check::run(&check.server.settings()?, json)?,
        Some(Command::Init(init)) => init.run()?,
        Some(Command::Admin(admin)) => {
            tell(&lanrage_control_server::ask(&admin.data_dir, &admin.request())?, json)?
        }
        Some(Command::Backup(backup)) => backup::back_up(backup).await?,
        Some(Command::Restore(restore)) => backup::restore(restore).await?,
        None => {
            let drain = arguments.server.drain();
            let server = Server::start(arguments.server.settings()?).await?;
            announce(&server, json);
            serve::until_stopped(server, &mut stop, drain).await?;
        }
    }
    Ok(())
}

/// What a running server has answered to the operator.
fn tell(answer: &AdminAnswer, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(answer)?);
    }
    match answer {
        AdminAnswer::Failed { reason } => anyhow::bail!("{reason}; nothing is changed"),
        AdminAnswer::Unknown => anyhow::bail!("there is no such party, member or relay"),
        _ if json => {}
        AdminAnswer::Removed => println!("removed"),
        AdminAnswer::Done => println!("done"),
        AdminAnswer::Announced { text: Some(text) } => println!("everybody reads: {text}"),
        AdminAnswer::Announced { text: None } => println!("nothing is announced any more"),
        AdminAnswer::Bans { peers } => peers.iter().for_each(|peer| println!("{peer}")),
        AdminAnswer::Draining => {
            println!("the server lets nobody new in, and ends as soon as nobody is relayed")
        }
        AdminAnswer::Status { status } => println!("{}", told(status)),
        AdminAnswer::Parties { parties } => {
            for AdminParty { party, name, members, online } in parties {
                println!("{party}  {online} of {members} online  {name}");
            }
        }
        AdminAnswer::Members { members } => {
            for AdminMember { peer, name, host, online } in members {
                let presence = if *online { "online" } else { "away  " };
                let role = if *host { "host  " } else { "member" };
                println!("{peer}  {presence}  {role}  {name}");
            }
        }
        AdminAnswer::Relays { relays } => {
            for AdminRelay { name, region, load_percent } in relays {
                println!("{name}  {region}  {load_percent} %");
            }
        }
    }
    Ok(())
}

/// How a server is, in a line.
pub(crate) fn told(status: &ServerStatus) -> String {
    let ServerStatus { parties, players, allocations, is_full, is_draining } = *status;
    let relayed = allocations.map_or_else(String::new, |count| format!(", relay places in use: {count}"));
    let full = if is_full { "; the database cannot be written, and nobody new is let in" } else { "" };
    let end = if is_draining { "; ends, and lets nobody in" } else { "" };
    format!("parties: {parties}, players online: {players}{relayed}{full}{end}")
}

/// The one line on standard output.
fn announce(server: &Server, json: bool) {
    let (listen, https, stun) = (server.addr(), server.https_addr(), server.stun_addr());
    let (tcp, tls) = (server.turn_tcp_addr(), server.turn_tls_addr());
    if json {
        let text = |address: Option<std::net::SocketAddr>| address.map(|address| address.to_string());
        let (listen, https, stun, tcp, tls) =
            (listen.to_string(), text(https), text(stun), text(tcp), text(tls));
        let ready = serde_json::json!({
            "event": "ready", "listen": listen, "https": https, "stun": stun, "turn_tcp": tcp, "turn_tls": tls,
        });
        println!("{ready}");
    } else {
        let relay = if server.relays() { " and TURN" } else { "" };
        let stun = stun.map_or_else(|| "no STUN".to_owned(), |address| format!("STUN{relay} on {address}"));
        let tls = tls.map_or_else(String::new, |address| format!(", TURN over TLS on {address}"));
        let https = https.map_or_else(String::new, |address| format!(", everything over TLS on {address}"));
        println!("ready: clients connect to port {} ({listen}), {stun}{tls}{https}", listen.port());
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

/// Ctrl-C, or what a service manager, a closed window or a system that goes down says.
pub(crate) struct StopSignal {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
    #[cfg(windows)]
    stop: tokio::signal::windows::CtrlBreak,
    #[cfg(windows)]
    close: tokio::signal::windows::CtrlClose,
    #[cfg(windows)]
    shutdown: tokio::signal::windows::CtrlShutdown,
}

impl StopSignal {
    #[cfg(unix)]
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(windows)]
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(Self {
            interrupt: ctrl_c()?,
            stop: ctrl_break()?,
            close: ctrl_close()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    #[cfg(unix)]
    pub(crate) async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(windows)]
    pub(crate) async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.stop.recv() => {}
            _ = self.close.recv() => {}
            _ = self.shutdown.recv() => {}
        }
    }
}
