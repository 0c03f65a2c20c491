//! Connections that cost the server more than they cost whoever opens them.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::say_ready;

/// A WebSocket ping with the most that it may carry, masked with nothing (RFC 6455 §5.2, §5.5).
const PING_BYTES: usize = 131;
/// What the receiver's kernel takes of answers that nobody reads: as little as it allows.
const RECEIVE_BYTES: u32 = 2_048;
/// How often a place that was closed is taken again.
const REOPENED_EVERY: Duration = Duration::from_secs(1);

/// Sends pings on all connections at once, never reading one answer.
pub(crate) async fn ping(server: SocketAddr, connections: usize, seconds: f64) -> Result<Value> {
    let end = Instant::now() + Duration::try_from_secs_f64(seconds)?;
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        tasks.spawn(async move {
            let mut sent = 0;
            // Whoever is closed comes again.
            while Instant::now() < end {
                if let Ok(socket) = upgraded(server).await {
                    sent += ping_until(socket, end).await;
                }
                sleep(Duration::from_millis(100)).await;
            }
            sent
        });
    }
    say_ready();
    let sent: u64 = tasks.join_all().await.iter().sum();
    Ok(json!({ "sent_bytes": sent }))
}

async fn upgraded(server: SocketAddr) -> Result<TcpStream> {
    let socket = if server.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_recv_buffer_size(RECEIVE_BYTES)?;
    let mut stream = socket.connect(server).await?;
    let request = format!(
        "GET /v1/session HTTP/1.1\r\nHost: {server}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let read = stream.read(&mut [0; 512]).await?;
    anyhow::ensure!(read > 0, "the server has closed");
    Ok(stream)
}

/// How many bytes of pings the server took before it closed or the time was over.
async fn ping_until(mut socket: TcpStream, end: Instant) -> u64 {
    let mut ping = [0; PING_BYTES];
    [ping[0], ping[1]] = [0x89, 0x80 | 125];
    let pings = ping.repeat(100);
    let mut sent = 0;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        match timeout(left, socket.write_all(&pings)).await {
            Ok(Ok(())) => sent += pings.len() as u64,
            Ok(Err(_)) | Err(_) => break,
        }
    }
    sent
}

/// Holds as many connections as the server lets it, from one of `sources` after the other if there are any, and says how
/// many that were at most and in the end.
pub(crate) async fn be_silent(
    server: SocketAddr,
    sources: &[IpAddr],
    connections: usize,
    seconds: f64,
) -> Result<Value> {
    let end = Instant::now() + Duration::try_from_secs_f64(seconds)?;
    let mut held: Vec<TcpStream> = Vec::new();
    let (mut opened, mut most, mut said) = (0, 0, false);
    while Instant::now() < end {
        held.retain(is_open);
        while held.len() < connections {
            let source = sources.get(opened % sources.len().max(1)).copied();
            match timeout(Duration::from_secs(1), connect(server, source)).await {
                Ok(Ok(stream)) => held.push(stream),
                Ok(Err(_)) | Err(_) => break,
            }
            opened += 1;
        }
        most = most.max(held.len());
        if !said {
            say_ready();
            said = true;
        }
        sleep(REOPENED_EVERY).await;
    }
    held.retain(is_open);
    Ok(json!({ "opened": opened, "most": most, "open": held.len() }))
}

async fn connect(server: SocketAddr, source: Option<IpAddr>) -> io::Result<TcpStream> {
    let Some(source) = source else { return TcpStream::connect(server).await };
    let socket = if source.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.bind((source, 0).into())?;
    socket.connect(server).await
}

/// Whether the other side has not closed.
fn is_open(stream: &TcpStream) -> bool {
    !matches!(stream.try_read(&mut [0; 64]), Ok(0)) && stream.take_error().is_ok_and(|error| error.is_none())
}

/// The first address of a host and port.
pub(crate) async fn resolve(host: &str) -> Result<SocketAddr> {
    tokio::net::lookup_host(host).await?.next().with_context(|| format!("no address of {host}"))
}
