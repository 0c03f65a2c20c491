//! One client's WebSocket: moves what a [`ServerSession`] decides.

use std::{sync::Arc, time::Instant};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use lanrage_base::clock;
use lanrage_control::{
    protocol::{ErrorCode, Refusal},
    session::{ConnectionId, ConnectionLimits, ServerSession, SessionOutput, SessionRandom},
};
use lanrage_link::line::{LineReceiver, LineSender, line};
use lanrage_party::DeviceIdentity;
use tokio::{
    sync::mpsc,
    time::{sleep_until, timeout},
};

use super::door::Place;
use crate::{coordinator::Command, database::Tokens, shutdown::Shutdown};

/// When a client is asked to come back to a server that ends, in milliseconds. Each adds to it at random, so that they do not
/// come together; one whose link names another server goes there at once.
const COME_BACK_MS: u64 = 5_000;

/// What every connection needs.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) limits: ConnectionLimits,
    /// See [`crate::ServerSettings::names`].
    pub(crate) names: Vec<String>,
    /// The server's own key.
    pub(crate) key: DeviceIdentity,
    pub(crate) tokens: Tokens,
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) shutdown: Shutdown,
}

/// Serves one connection to its end.
pub(crate) async fn serve(socket: WebSocket, id: ConnectionId, place: Arc<Place>, context: Arc<Context>) {
    let Some(random) = random() else { return };
    let session = ServerSession::new(context.limits, context.names.clone(), random, Instant::now())
        .with_key(context.key.clone());
    let (outgoing, frames) = line();
    let mut shutdown = context.shutdown.clone();
    let mut client =
        Client { socket, id, session, outgoing: Some(outgoing), frames, place: place.clone(), context };
    let mut end = tokio::select! {
        end = client.run() => end,
        () = place.needed() => {
            client.session.end(ErrorCode::ServerFull);
            End::GivenUp
        }
        () = shutdown.draining() => {
            client.session.end(Refusal::new(ErrorCode::Stopping).retry_after(COME_BACK_MS));
            End::GivenUp
        }
    };
    if client.outgoing.is_none() {
        // The coordinator lives for as long as anybody holds this channel.
        let _ = client.context.commands.send(Command::Disconnect { connection: id }).await;
        tracing::debug!(connection = id.0, ?end, "disconnected");
    }
    // What the session still has to say, if it was interrupted.
    while let Some(SessionOutput::Send(message)) = client.session.poll_output() {
        if let Err(gone) = client.send(message.encode().into()).await {
            end = gone;
        }
    }
    client.close(end).await;
}

/// Why a connection ends.
#[derive(Debug)]
enum End {
    /// The client closed it, or it broke.
    Gone,
    /// The session or the coordinator gave it up, and has said why.
    GivenUp,
}

struct Client {
    socket: WebSocket,
    id: ConnectionId,
    session: ServerSession,
    /// For the coordinator, once the client has proven who it is.
    outgoing: Option<LineSender>,
    frames: LineReceiver,
    place: Arc<Place>,
    context: Arc<Context>,
}

impl Client {
    async fn run(&mut self) -> End {
        loop {
            while let Some(output) = self.session.poll_output() {
                if let Err(end) = self.carry_out(output).await {
                    return end;
                }
            }
            // Only a session that has ended has no timeout, and its last output ended this loop.
            let Some(due) = self.session.poll_timeout() else { return End::GivenUp };
            tokio::select! {
                frame = self.frames.recv() => {
                    let Some(frame) = frame else { return End::GivenUp };
                    if let Err(end) = self.send(Utf8Bytes::from(&*frame)).await {
                        return end;
                    }
                }
                received = next_frame(&mut self.socket) => match received {
                    Received::Text(text) => self.take_in(Instant::now(), &text),
                    Received::Ping if self.place.admits_frame(Instant::now()) => {
                        self.session.handle_ping(Instant::now());
                    }
                    Received::Ping => self.session.end(ErrorCode::RateLimited),
                    Received::Unreadable(code) => self.session.end(code),
                    Received::Closed => return End::Gone,
                },
                () = sleep_until(due.into()) => self.session.handle_timeout(Instant::now()),
            }
        }
    }

    fn take_in(&mut self, now: Instant, text: &str) {
        if self.place.admits_frame(now) {
            self.session.handle_frame(now, text);
        } else {
            self.session.handle_excess(now, text);
        }
    }

    async fn carry_out(&mut self, output: SessionOutput) -> Result<(), End> {
        let connection = self.id;
        let command = match output {
            SessionOutput::Send(message) => return self.send(message.encode().into()).await,
            SessionOutput::Close => return Err(End::GivenUp),
            SessionOutput::CheckToken { peer, token } => {
                let good = self.context.tokens.knows(&token, peer, clock::now().wall);
                self.session.handle_token(Instant::now(), good);
                return Ok(());
            }
            SessionOutput::Proven(proven) => {
                let Some(outgoing) = self.outgoing.take() else { return Err(End::GivenUp) };
                self.place.prove();
                Command::Connect { connection, proven, outgoing, source: self.place.source() }
            }
            SessionOutput::Request(request) => Command::Request { connection, request: Box::new(request) },
            SessionOutput::Heartbeat => Command::Heartbeat { connection },
            SessionOutput::GetRelays => Command::GetRelays { connection },
            SessionOutput::RegisterRelay(relay) => {
                Command::RegisterRelay { connection, relay: Box::new(relay) }
            }
        };
        if self.context.commands.send(command).await.is_err() {
            self.session.end(ErrorCode::Stopping);
        }
        Ok(())
    }

    async fn send(&mut self, text: Utf8Bytes) -> Result<(), End> {
        match timeout(self.context.limits.send, self.socket.send(Message::Text(text))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    async fn close(mut self, end: End) {
        if matches!(end, End::GivenUp) {
            let goodbye = CloseFrame { code: close_code::NORMAL, reason: Utf8Bytes::default() };
            let goodbye = self.socket.send(Message::Close(Some(goodbye)));
            let _ = timeout(self.context.limits.send, goodbye).await;
        }
    }
}

enum Received {
    Text(Utf8Bytes),
    /// A ping, which the library answers, or a pong.
    Ping,
    Unreadable(ErrorCode),
    Closed,
}

/// The next frame. Binary ones are not of this protocol.
async fn next_frame(socket: &mut WebSocket) -> Received {
    match socket.recv().await {
        Some(Ok(Message::Text(text))) => Received::Text(text),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Received::Ping,
        Some(Ok(Message::Binary(_))) => Received::Unreadable(ErrorCode::BadFrame),
        Some(Ok(Message::Close(_))) | None => Received::Closed,
        // Too large, or not the WebSocket protocol.
        Some(Err(error)) => {
            tracing::debug!(%error, "connection broke");
            Received::Unreadable(ErrorCode::TooLarge)
        }
    }
}

fn random() -> Option<SessionRandom> {
    let mut bytes = [0; 64];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Some(SessionRandom::from_random(bytes)),
        Err(error) => {
            tracing::error!(%error, "the system gives no random bytes");
            None
        }
    }
}
