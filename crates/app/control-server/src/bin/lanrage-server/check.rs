//! `lanrage-server check`: tries a running server by the name that its players use, each part as they do.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs, UdpSocket},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail, ensure};
use clap::Args;
use lanrage_control_server::ServerSettings;
use lanrage_nat::{
    stun::{self, Message, TransactionId},
    turn::{IpFamily, RestSecret, StreamDecoder, Transport, TurnClient, TurnClientConfig, TurnEvent},
};
use lanrage_net::tls;
use rustls::{ClientConnection, StreamOwned};
use serde_json::json;

use crate::options::ServerArguments;

/// How long one part may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks at what has come.
const PACE: Duration = Duration::from_millis(20);
/// How often a datagram is sent that gets no answer.
const RESEND: Duration = Duration::from_millis(500);
/// The port of the web, on which TLS is spoken whoever speaks it.
const HTTPS: u16 = 443;
/// What a database needs to go on for long (bytes).
const ROOM: u64 = 100 << 20;

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) server: ServerArguments,
}

/// What one part was found to be.
struct Part {
    name: &'static str,
    found: anyhow::Result<String>,
    /// What to do about it.
    remedy: String,
}

/// Tries everything, and says of each part how it is.
///
/// # Errors
/// If a part does not work, or it is not known by which name players come.
pub(crate) fn run(settings: &ServerSettings, json: bool) -> anyhow::Result<()> {
    let name = settings.names.first().context("say --name HOST:PORT, by which players reach this server")?;
    let (host, port) = name.rsplit_once(':').context("a name is HOST:PORT")?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port: u16 = port.parse().context("a name is HOST:PORT")?;
    let mut parts = vec![Part {
        name: "name",
        found: addresses(host, port).map(|all| format!("{host} is {}", list(&all))),
        remedy: format!("give {host} an address at whoever keeps your names"),
    }];
    let is_secure = port == HTTPS || settings.https.as_ref().is_some_and(|https| https.listen.port() == port);
    parts.push(Part {
        name: "players",
        found: health(host, port, is_secure),
        remedy: format!("open TCP {port}, and see that the server runs"),
    });
    if let Some(listen) = settings.stun_listen {
        let port = listen.port();
        parts.push(Part { name: "STUN", found: seen(host, port), remedy: format!("open UDP {port}") });
        if let Some(relay) = &settings.relay {
            let secret = RestSecret::new(relay.secret.as_bytes());
            let open = |port| format!("open TCP {port}");
            let ports = format!("open UDP {}–{}", relay.ports.start(), relay.ports.end());
            let found = relayed(host, port, &secret, Way::Udp);
            parts.push(Part { name: "relay, UDP", found, remedy: format!("open UDP {port}; {ports}") });
            if relay.tcp {
                let found = relayed(host, port, &secret, Way::Tcp);
                parts.push(Part { name: "relay, TCP", found, remedy: open(port) });
            }
            if let Some(tls) = &relay.tls {
                let found = relayed(host, tls.listen.port(), &secret, Way::Tls);
                parts.push(Part { name: "relay, TLS", found, remedy: open(tls.listen.port()) });
            }
            if let Some(https) = &settings.https {
                let found = relayed(host, https.listen.port(), &secret, Way::Tls);
                parts.push(Part { name: "relay, players' port", found, remedy: open(https.listen.port()) });
            }
        }
    }
    #[cfg(unix)]
    parts.push(Part { name: "disk", found: room(&settings.data_dir), remedy: "make room".to_owned() });
    tell(&parts, json)
}

fn tell(parts: &[Part], json: bool) -> anyhow::Result<()> {
    for Part { name, found, remedy } in parts {
        let line = match (json, found) {
            (true, Ok(found)) => json!({ "part": name, "ok": true, "found": found }).to_string(),
            (true, Err(error)) => {
                json!({ "part": name, "ok": false, "found": format!("{error:#}"), "remedy": remedy })
                    .to_string()
            }
            (false, Ok(found)) => format!("✓ {name}: {found}"),
            (false, Err(error)) => format!("✗ {name}: {error:#}; {remedy}"),
        };
        println!("{line}");
    }
    let failed = parts.iter().filter(|part| part.found.is_err()).count();
    ensure!(failed == 0, "{failed} of {} parts do not work", parts.len());
    Ok(())
}

fn addresses(host: &str, port: u16) -> anyhow::Result<Vec<SocketAddr>> {
    let all: Vec<_> =
        (host, port).to_socket_addrs().with_context(|| format!("{host} is not found"))?.collect();
    ensure!(!all.is_empty(), "{host} has no address");
    Ok(all)
}

fn list(addresses: &[SocketAddr]) -> String {
    let mut all: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
    all.dedup();
    all.join(", ")
}

fn connect(host: &str, port: u16) -> anyhow::Result<TcpStream> {
    let mut failed = None;
    for address in addresses(host, port)? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                return Ok(stream);
            }
            Err(error) => {
                failed = Some(anyhow::Error::from(error).context(format!("no connection to {address}")))
            }
        }
    }
    Err(failed.context("no address")?)
}

fn secured(host: &str, port: u16) -> anyhow::Result<StreamOwned<ClientConnection, TcpStream>> {
    let name = host.to_owned().try_into().with_context(|| format!("{host} is no name for TLS"))?;
    let mut tls = ClientConnection::new(tls::client()?, name)?;
    let mut stream = connect(host, port)?;
    while tls.is_handshaking() {
        tls.complete_io(&mut stream).context("TLS")?;
    }
    Ok(StreamOwned::new(tls, stream))
}

/// What the server says of itself.
fn health(host: &str, port: u16, is_secure: bool) -> anyhow::Result<String> {
    let request = format!("GET /healthz HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    let (scheme, answer) = if is_secure {
        ("wss", answer(secured(host, port)?, &request)?)
    } else {
        ("ws", answer(connect(host, port)?, &request)?)
    };
    let status = answer.lines().next().unwrap_or_default();
    ensure!(status.contains(" 200 "), "it answers {status:?}");
    Ok(format!("they come in by {scheme}://{host}:{port}"))
}

fn answer(mut stream: impl Read + Write, request: &str) -> io::Result<String> {
    /// More than that is no answer of ours.
    const MOST: u64 = 16 << 10;
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    match stream.take(MOST).read_to_end(&mut bytes) {
        // Some end a TLS connection without a word.
        Err(error) if bytes.is_empty() => return Err(error),
        _ => {}
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn udp(host: &str, port: u16) -> anyhow::Result<UdpSocket> {
    let server = addresses(host, port)?[0];
    let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(PACE))?;
    Ok(socket)
}

/// Where this computer is seen.
fn seen(host: &str, port: u16) -> anyhow::Result<String> {
    let socket = udp(host, port)?;
    let mut id = [0; 12];
    getrandom::fill(&mut id).map_err(|error| anyhow::anyhow!("{error}"))?;
    let request = stun::binding_request(TransactionId(id));
    let begun = Instant::now();
    let mut sent = None::<Instant>;
    while begun.elapsed() < PATIENCE {
        if sent.is_none_or(|sent| sent.elapsed() >= RESEND) {
            // A port that is closed is said by the next one.
            let _ = socket.send(&request);
            sent = Some(Instant::now());
        }
        let mut buffer = [0; 1_500];
        let Ok(length) = socket.recv(&mut buffer) else { continue };
        if let Ok(Message::BindingResponse { id: of, mapped, .. }) = stun::parse(&buffer[..length])
            && of.0 == id
        {
            return Ok(format!("this computer is seen as {mapped}"));
        }
    }
    bail!("no answer from {host}:{port}")
}

/// How a client speaks to a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Udp,
    Tcp,
    Tls,
}

enum Link {
    Udp(UdpSocket),
    Tcp(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// Gets an address on the relay, and gives it back.
fn relayed(host: &str, port: u16, secret: &RestSecret, way: Way) -> anyhow::Result<String> {
    let mut link = match way {
        Way::Udp => Link::Udp(udp(host, port)?),
        Way::Tcp => {
            let stream = connect(host, port)?;
            stream.set_read_timeout(Some(PACE))?;
            Link::Tcp(stream)
        }
        Way::Tls => {
            let stream = secured(host, port)?;
            stream.sock.set_read_timeout(Some(PACE))?;
            Link::Tls(Box::new(stream))
        }
    };
    let server = match &link {
        Link::Udp(socket) => socket.peer_addr()?,
        Link::Tcp(stream) => stream.peer_addr()?,
        Link::Tls(stream) => stream.sock.peer_addr()?,
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let config = TurnClientConfig {
        server,
        transport: if way == Way::Udp { Transport::Udp } else { Transport::Stream },
        credentials: secret.issue("check", now + 60),
        family: if server.is_ipv4() { IpFamily::V4 } else { IpFamily::V6 },
    };
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut client = TurnClient::new(Instant::now(), config, seed);
    let mut decoder = StreamDecoder::new();
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        client.handle_timeout(Instant::now());
        let relayed = client.relayed_address();
        if relayed.is_some() {
            // It is given back at once.
            client.close(Instant::now());
        }
        while let Some((_, bytes)) = client.poll_transmit() {
            match &mut link {
                Link::Udp(socket) => drop(socket.send(&bytes)),
                Link::Tcp(stream) => stream.write_all(&bytes)?,
                Link::Tls(stream) => stream.write_all(&bytes)?,
            }
        }
        if let Some(relayed) = relayed {
            return Ok(format!("relays at {relayed}"));
        }
        while let Some(event) = client.poll_event() {
            if let TurnEvent::Failed { failure, .. } = event {
                bail!("it gives no address: {failure:?}");
            }
        }
        let mut buffer = [0; 2_048];
        let read = match &mut link {
            Link::Udp(socket) => socket.recv(&mut buffer),
            Link::Tcp(stream) => stream.read(&mut buffer),
            Link::Tls(stream) => stream.read(&mut buffer),
        };
        match read {
            Ok(0) if way != Way::Udp => bail!("the connection was closed"),
            Ok(length) if way == Way::Udp => {
                client.handle_datagram(Instant::now(), server, &buffer[..length]);
            }
            Ok(length) => {
                decoder.push(&buffer[..length])?;
                while let Some(message) = decoder.next_message()? {
                    client.handle_datagram(Instant::now(), server, message);
                }
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            // A port that is closed: the next datagram may find it open.
            Err(_) if way == Way::Udp => {}
            Err(error) => return Err(error.into()),
        }
    }
    bail!("no address from {host}:{port}")
}

/// What is free where the database lies.
#[cfg(unix)]
fn room(folder: &std::path::Path) -> anyhow::Result<String> {
    let said =
        rustix::fs::statvfs(folder).with_context(|| format!("{} cannot be looked at", folder.display()))?;
    let free = said.f_bavail.saturating_mul(said.f_frsize);
    ensure!(free >= ROOM, "{} MiB are free in {}", free >> 20, folder.display());
    Ok(format!("{} MiB are free in {}", free >> 20, folder.display()))
}

#[cfg(test)]
mod tests {
    use lanrage_control_server::{RelayConfig, Server};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_that_runs_is_found_to_and_one_that_does_not_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let mut settings = ServerSettings::new(any, Some(any), folder.path());
        settings.relay = Some(RelayConfig::new("a secret".to_owned().into()));
        let server = Server::start(settings.clone()).await.unwrap();
        settings.names = vec![server.addr().to_string()];
        settings.stun_listen = server.stun_addr();
        let checked = settings.clone();
        tokio::task::spawn_blocking(move || run(&checked, false)).await.unwrap().unwrap();
        server.shutdown().await;
        let failed = tokio::task::spawn_blocking(move || run(&settings, true)).await.unwrap();
        assert!(failed.unwrap_err().to_string().starts_with("4 of 6 parts"), "all but its name and its disk");
    }

    #[test]
    fn who_has_no_name_is_told_to_say_it() {
        let settings = ServerSettings::new("127.0.0.1:0".parse().unwrap(), None, "nowhere");
        assert!(run(&settings, false).unwrap_err().to_string().contains("--name"));
    }
}
