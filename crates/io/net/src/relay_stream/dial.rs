use std::io;

use lanrage_party::RelayTransport;
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::client::TlsStream;

use super::{RelayStreamTarget, RelayTls};

/// Implementation: the system's own queue, behind ours. By default it grows to megabytes, and everything sent later waits
/// behind them; this is enough for 20 Mbit/s to a relay 50 ms away.
const SEND_BUFFER_BYTES: u32 = 64 * 1_024;

pub(super) enum Connection {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

pub(super) async fn dial(target: &RelayStreamTarget, tls: &RelayTls) -> io::Result<Connection> {
    let socket = if target.server.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    let stream = socket.connect(target.server).await?;
    // Every message is small and somebody waits for it.
    stream.set_nodelay(true)?;
    Ok(match target.transport {
        RelayTransport::Tls => Connection::Tls(Box::new(tls.connect(stream, &target.server_name).await?)),
        RelayTransport::Udp | RelayTransport::Tcp => Connection::Tcp(stream),
    })
}
