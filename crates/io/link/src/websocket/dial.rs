use lanrage_net::{
    dial::{self, DialError, Target},
    tls,
};
use lanrage_party::{facts::Cause, limits::CONTROL_FRAME_BYTES};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config,
    tungstenite::{self, protocol::WebSocketConfig},
};
use url::Url;

use super::cause::cause;
use lanrage_control::{LinkClosed, protocol::WRITE_BUFFER_BYTES};

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Makes a WebSocket connection.
pub(super) async fn dial(url: &Url) -> Result<Socket, LinkClosed> {
    let target = Target::of(url).ok_or(LinkClosed::UnknownHost(Cause::NoAddress))?;
    let stream = dial::dial(&target).await.map_err(|error| match error {
        DialError::UnknownHost(cause) => LinkClosed::UnknownHost(cause),
        DialError::Unreachable(cause) => LinkClosed::Unreachable(cause),
    })?;
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
}
