use std::{net::SocketAddr, time::Duration};

use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config,
    tungstenite::{
        Message, Utf8Bytes,
        handshake::server::{ErrorResponse, Request, Response},
        http::{StatusCode, header::ORIGIN},
        protocol::WebSocketConfig,
    },
};

use super::ListenSettings;
use crate::line::LineReceiver;
use lanrage_control::{
    GuestEvent,
    protocol::{CLIENT_FRAME_BYTES, ErrorCode, SESSION_PATH, WRITE_BUFFER_BYTES},
    session::{ConnectionId, SessionRandom},
};

/// Largest message that is read at all: a larger one ends the connection, one between this and
/// [`CLIENT_FRAME_BYTES`] is answered with a coded error.
const MESSAGE_BYTES: usize = 4 * CLIENT_FRAME_BYTES;
/// Read buffer of a connection; its default of 128 KiB is for bulk.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// One guest's connection.
pub(super) struct Guest {
    pub(super) id: ConnectionId,
    pub(super) settings: ListenSettings,
    pub(super) events: mpsc::Sender<GuestEvent>,
}

impl Guest {
    /// Serves the connection to its end, which is reported if its beginning was.
    pub(super) async fn serve(self, stream: TcpStream, outgoing: LineReceiver, cut: oneshot::Receiver<()>) {
        // Frames are small and somebody waits for each.
        let _ = stream.set_nodelay(true);
        let reached_at = stream.local_addr().ok().map(canonical).filter(|_| !self.settings.beyond_lan);
        let Ok(Ok(socket)) = timeout(self.settings.limits.hello, upgrade(stream)).await else { return };
        let mut bytes = [0; 64];
        if getrandom::fill(&mut bytes).is_err() {
            return;
        }
        let random = SessionRandom::from_random(bytes);
        if self.report(GuestEvent::Opened { guest: self.id, reached_at, random }).await {
            tokio::select! {
                () = self.pump(socket, outgoing) => {}
                Ok(()) = cut => {}
            }
            self.report(GuestEvent::Closed(self.id)).await;
        }
    }

    async fn pump(&self, mut socket: WebSocketStream<TcpStream>, mut outgoing: LineReceiver) {
        let mut readable = true;
        loop {
            let message = tokio::select! {
                frame = outgoing.recv() => {
                    let sent = match frame {
                        Some(frame) => self.send(&mut socket, Message::Text(Utf8Bytes::from(&*frame))).await,
                        None => return say_goodbye(socket).await,
                    };
                    if sent { continue } else { return }
                }
                message = socket.next(), if readable => message,
            };
            let event = match message {
                Some(Ok(Message::Text(text))) => GuestEvent::Frame(self.id, text.as_str().to_owned()),
                // Pings are answered by the library, and counted by the plane.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => GuestEvent::Ping(self.id),
                Some(Ok(Message::Frame(_))) => continue,
                // Told why, and then closed, by the plane.
                Some(Ok(Message::Binary(_))) => GuestEvent::Unreadable(self.id, ErrorCode::BadFrame),
                Some(Err(tokio_tungstenite::tungstenite::Error::Capacity(_))) => {
                    GuestEvent::Unreadable(self.id, ErrorCode::TooLarge)
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            };
            readable = !matches!(event, GuestEvent::Unreadable(..));
            if !self.report(event).await {
                return;
            }
        }
    }

    /// Whether the guest's side has taken it in time.
    async fn send(&self, socket: &mut WebSocketStream<TcpStream>, message: Message) -> bool {
        matches!(timeout(self.settings.limits.send, socket.send(message)).await, Ok(Ok(())))
    }

    async fn report(&self, event: GuestEvent) -> bool {
        self.events.send(event).await.is_ok()
    }
}

async fn upgrade(stream: TcpStream) -> Result<WebSocketStream<TcpStream>, ()> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES))
        .max_frame_size(Some(MESSAGE_BYTES))
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES);
    accept_hdr_async_with_config(stream, check_request, Some(config)).await.map_err(|_| ())
}

#[expect(clippy::result_large_err, reason = "the library's signature")]
fn check_request(request: &Request, response: Response) -> Result<Response, ErrorResponse> {
    // A web page, which says where it is from (RFC 6454), would speak from within its visitor's network.
    let status = match request.uri().path() {
        SESSION_PATH if !request.headers().contains_key(ORIGIN) => return Ok(response),
        SESSION_PATH => StatusCode::FORBIDDEN,
        _ => StatusCode::NOT_FOUND,
    };
    let mut refused = ErrorResponse::new(None);
    *refused.status_mut() = status;
    Err(refused)
}

/// Of a socket for both families, an IPv4 address in its own form, as it stands in a link.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// A close frame, if it can be sent at once: the other side then need not wait for a timeout.
async fn say_goodbye(mut socket: WebSocketStream<TcpStream>) {
    let _ = timeout(Duration::from_millis(250), socket.close(None)).await;
}
