//! One port for all that a strict firewall lets through: WebSocket and HTTP over TLS, and TURN over TLS or TCP. What a client
//! wants is told by its first bytes.

use std::{io, net::SocketAddr, ops::RangeInclusive, sync::Arc};

use rustls::ServerConfig;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

use crate::{
    listen::acme::PROTOCOL,
    relay::{Adopted, Adopter},
};

/// With what a client begins that speaks TLS: a handshake record (RFC 8446 §5.1).
const TLS: u8 = 22;
/// The same of one that speaks STUN or TURN (RFC 7983 §7).
const STUN: RangeInclusive<u8> = 0..=3;

/// What stands behind the port.
#[derive(Clone)]
pub(crate) struct OnePort {
    tls: Arc<ServerConfig>,
    /// What an authority is shown that looks whose name it is.
    challenges: Option<Arc<ServerConfig>>,
    /// None where nothing is relayed.
    relay: Option<Adopter>,
}

impl OnePort {
    pub(crate) const fn new(
        tls: Arc<ServerConfig>,
        challenges: Option<Arc<ServerConfig>>,
        relay: Option<Adopter>,
    ) -> Self {
        Self { tls, challenges, relay }
    }

    /// Finds out what a client wants. One that wants to speak HTTP is given back; the others are the relay's, or gone.
    ///
    /// # Errors
    /// If the connection ends, or speaks neither.
    pub(crate) async fn receive(
        &self,
        stream: TcpStream,
        client: SocketAddr,
    ) -> io::Result<Option<TlsStream<TcpStream>>> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if STUN.contains(&first[0]) {
            return self.hand_over(stream, client, None).map(|()| None);
        }
        if first[0] != TLS {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "neither TLS nor TURN"));
        }
        let started = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await?;
        let asked =
            started.client_hello().alpn().is_some_and(|mut asked| asked.any(|asked| asked == PROTOCOL));
        if let Some(challenges) = self.challenges.as_ref().filter(|_| asked) {
            // The certificate is all that the authority wants.
            started.into_stream(challenges.clone()).await?.shutdown().await?;
            return Ok(None);
        }
        let mut secured = started.into_stream(self.tls.clone()).await?;
        // What is looked at stays where it is.
        let begins = secured.fill_buf().await?.first().copied().ok_or(io::ErrorKind::UnexpectedEof)?;
        if STUN.contains(&begins) {
            let (stream, session) = secured.into_inner();
            return self.hand_over(stream, client, Some(Box::new(session))).map(|()| None);
        }
        Ok(Some(secured))
    }

    fn hand_over(
        &self,
        stream: TcpStream,
        client: SocketAddr,
        tls: Option<Box<rustls::ServerConnection>>,
    ) -> io::Result<()> {
        let relay = self.relay.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        relay.adopt(Adopted { socket: mio::net::TcpStream::from_std(stream.into_std()?), client, tls })
    }
}
