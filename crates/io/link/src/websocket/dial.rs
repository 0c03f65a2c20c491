use std::{net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use lanrage_net::{nat64, tls};
use lanrage_party::{facts::Cause, limits::CONTROL_FRAME_BYTES};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config,
    tungstenite::{self, protocol::WebSocketConfig},
};
use url::{Host, Url};

use super::cause::cause;
use lanrage_control::{LinkClosed, protocol::WRITE_BUFFER_BYTES};

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Head start of each address over the next one (RFC 8305 §5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Makes a WebSocket connection.
pub(super) async fn dial(url: &Url) -> Result<Socket, LinkClosed> {
    let stream = connect(&addresses(url).await?).await?;
    // Frames are small and somebody waits for each.
    let _ = stream.set_nodelay(true);
    let config = WebSocketConfig::default()
        .max_message_size(Some(CONTROL_FRAME_BYTES))
        .max_frame_size(Some(CONTROL_FRAME_BYTES))
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES);
    let connector = if url.scheme() == "wss" {
        Connector::Rustls(tls::client().map_err(|error| LinkClosed::Unreachable(tls::refusal(&error)))?)
    } else {
        Connector::Plain
    };
    let dialled = client_async_tls_with_config(url.as_str(), stream, Some(config), Some(connector)).await;
    dialled.map(|(socket, _)| socket).map_err(|error| match error {
        tungstenite::Error::Http(response) => LinkClosed::Http(response.status().as_u16()),
        error => LinkClosed::Unreachable(cause(error)),
    })
}

async fn addresses(url: &Url) -> Result<Vec<SocketAddr>, LinkClosed> {
    let port = url.port_or_known_default().unwrap_or(443);
    match url.host() {
        Some(Host::Ipv4(ip)) => {
            let direct = SocketAddr::from((ip, port));
            // A line with IPv6 only has it behind a translator.
            let behind = nat64::prefix().await.and_then(|translator| translator.reach(direct));
            Ok(behind.into_iter().chain([direct]).collect())
        }
        Some(Host::Ipv6(ip)) => Ok(vec![(ip, port).into()]),
        Some(Host::Domain(name)) => {
            let found = tokio::net::lookup_host((name, port)).await;
            let found = found.map_err(|error| LinkClosed::UnknownHost((&error).into()))?;
            Ok(interleave(found.collect()))
        }
        None => Err(LinkClosed::UnknownHost(Cause::NoAddress)),
    }
}

/// Families in turn, beginning with the system's first choice (RFC 8305 §4).
fn interleave(found: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = found.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = found.into_iter().partition(|a| a.is_ipv6() == first_is_v6);
    let mut ordered = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    loop {
        let before = ordered.len();
        ordered.extend(first.next());
        ordered.extend(second.next());
        if ordered.len() == before {
            return ordered;
        }
    }
}

/// The first of the addresses that answers. The next one is tried when one fails, or after a short head start:
/// an address that swallows packets costs a quarter of a second instead of minutes.
async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, LinkClosed> {
    let mut untried = addresses.iter();
    let mut attempts = FuturesUnordered::new();
    let mut reason = LinkClosed::UnknownHost(Cause::NoAddress);
    loop {
        attempts.extend(untried.next().map(TcpStream::connect));
        tokio::select! {
            attempt = attempts.next() => match attempt {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => reason = LinkClosed::Unreachable((&error).into()),
                None => return Err(reason),
            },
            () = tokio::time::sleep(ATTEMPT_DELAY), if untried.len() > 0 => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// What dialling a server ends with that answers the first bytes with these.
    async fn answered_with(scheme: &str, answer: &[u8]) -> LinkClosed {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{scheme}://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            // More than the client says first, so that nothing of it is unread when the connection is closed.
            let mut hello = vec![0; 16 * 1_024];
            assert_ne!(stream.read(&mut hello).await.unwrap(), 0);
            stream.write_all(answer).await.unwrap();
            stream.shutdown().await.unwrap();
            stream
        };
        let (dialled, _open) = tokio::join!(Box::pin(dial(&url)), serve);
        dialled.expect_err("it is no control server")
    }

    #[tokio::test]
    async fn a_server_without_tls_and_one_with_are_told_from_one_that_is_none() {
        let http = b"HTTP/1.1 400 Bad Request\r\n\r\n";
        assert_eq!(answered_with("wss", http).await, LinkClosed::Unreachable(Cause::NoTls));
        assert_eq!(answered_with("wss", b"").await, LinkClosed::Unreachable(Cause::TlsClosed));
        // A fatal alert that the hello is none (RFC 8446 §6.2).
        let alert = [21, 3, 3, 0, 2, 2, 10];
        let without = answered_with("ws", &alert).await;
        assert!(matches!(without, LinkClosed::Unreachable(Cause::NoWebSocket)), "{without:?}");
        assert_eq!(answered_with("ws", http).await, LinkClosed::Http(400));
    }

    #[tokio::test]
    async fn a_port_without_a_server_refuses() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap()).parse().unwrap();
        drop(listener);
        let refused = dial(&url).await.expect_err("nobody listens");
        assert!(matches!(refused, LinkClosed::Unreachable(Cause::ConnectionRefused)), "{refused:?}");
    }

    #[test]
    fn families_take_turns_beginning_with_the_first() {
        let found = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"];
        let found = found.map(|text| text.parse().unwrap()).to_vec();
        let ordered: Vec<String> = interleave(found).iter().map(ToString::to_string).collect();
        assert_eq!(ordered, ["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
    }
}
