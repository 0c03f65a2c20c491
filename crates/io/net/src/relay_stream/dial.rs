use std::{net::IpAddr, sync::Arc};

use lanrage_party::{RelayTransport, facts::Cause};
use rustls::{ClientConfig, pki_types::ServerName};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::Host;

use super::{RelayStreamTarget, broken};
use crate::dial::{self, Target};

/// Implementation: the system's own queue, behind ours. By default it grows to megabytes, and everything sent later waits
/// behind them; this is enough for 20 Mbit/s to a relay 50 ms away.
const SEND_BUFFER_BYTES: usize = 64 * 1_024;

pub(super) enum Connection {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

pub(super) async fn dial(target: &RelayStreamTarget, tls: &Arc<ClientConfig>) -> Result<Connection, Cause> {
    let stream = connect(target).await?;
    if target.transport != RelayTransport::Tls {
        return Ok(Connection::Tcp(stream));
    }
    // No certificate is made out to what is no name.
    let name = ServerName::try_from(target.server_name.clone()).map_err(|_| Cause::CertificateOfOther)?;
    let connected = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await;
    Ok(Connection::Tls(Box::new(connected.map_err(|error| broken(&error))?)))
}

async fn connect(target: &RelayStreamTarget) -> Result<TcpStream, Cause> {
    let is_encrypted = target.transport == RelayTransport::Tls;
    // A proxy that judges by names is told the one of the certificate. Without TLS that may be another server's.
    let name = Host::parse(&target.server_name).ok().filter(|_| is_encrypted);
    let there = Target {
        host: name.unwrap_or_else(|| host(target.server.ip())),
        port: target.server.port(),
        is_encrypted,
    };
    let stream = dial::dial_address(&there, target.server).await?;
    let prepare = || {
        SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER_BYTES)?;
        // Every message is small and somebody waits for it.
        stream.set_nodelay(true)
    };
    prepare().map_err(|error| broken(&error))?;
    Ok(stream)
}

fn host(ip: IpAddr) -> Host {
    match ip {
        IpAddr::V4(ip) => Host::Ipv4(ip),
        IpAddr::V6(ip) => Host::Ipv6(ip),
    }
}
