use std::sync::Arc;

use lanrage_party::{RelayTransport, facts::Cause};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{RelayStreamTarget, broken};

/// Implementation: the system's own queue, behind ours. By default it grows to megabytes, and everything sent later waits
/// behind them; this is enough for 20 Mbit/s to a relay 50 ms away.
const SEND_BUFFER_BYTES: u32 = 64 * 1_024;

pub(super) enum Connection {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

pub(super) async fn dial(target: &RelayStreamTarget, tls: &Arc<ClientConfig>) -> Result<Connection, Cause> {
    let stream = connect(target).await.map_err(|error| broken(&error))?;
    if target.transport != RelayTransport::Tls {
        return Ok(Connection::Tcp(stream));
    }
    // No certificate is made out to what is no name.
    let name = ServerName::try_from(target.server_name.clone()).map_err(|_| Cause::CertificateOfOther)?;
    let connected = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await;
    Ok(Connection::Tls(Box::new(connected.map_err(|error| broken(&error))?)))
}

async fn connect(target: &RelayStreamTarget) -> std::io::Result<TcpStream> {
    let socket = if target.server.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    let stream = socket.connect(target.server).await?;
    // Every message is small and somebody waits for it.
    stream.set_nodelay(true)?;
    Ok(stream)
}
