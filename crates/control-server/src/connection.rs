//! One client's WebSocket: from hello to goodbye.

use std::{sync::Arc, time::Instant};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use lanrage_control::protocol::{
    ClientMessage, ErrorCode, Nonce, PROTOCOL_VERSION, Refusal, ServerMessage, SessionMessage, SessionToken,
    prove_message,
};
use lanrage_party::{IdentityKey, PeerId};
use tokio::{
    sync::mpsc,
    time::{timeout, timeout_at},
};

use crate::{
    ConnectionLimits,
    bucket::TokenBucket,
    coordinator::{Command, ConnectionId, now},
    database::{Database, StoredToken},
    shutdown::Shutdown,
};

/// What every connection needs.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) limits: ConnectionLimits,
    /// See [`crate::ServerSettings::names`].
    pub(crate) names: Vec<String>,
    pub(crate) database: Database,
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) shutdown: Shutdown,
}

/// Serves one connection to its end.
pub(crate) async fn serve(socket: WebSocket, id: ConnectionId, context: Arc<Context>) {
    let mut shutdown = context.shutdown.clone();
    let mut client = Client::new(socket, context.limits);
    let end = tokio::select! {
        end = client.run(id, &context) => end,
        () = shutdown.requested() => Refusal::new(ErrorCode::Stopping).into(),
    };
    if let Some(peer) = client.peer {
        // The coordinator lives for as long as anybody holds this channel.
        let _ = context.commands.send(Command::Disconnect { peer, connection: id }).await;
        tracing::debug!(peer = %peer.short(), ?end, "disconnected");
    }
    client.close(end).await;
}

/// Why a connection ends.
#[derive(Debug)]
enum End {
    /// The client closed it, or it broke.
    Gone,
    /// The coordinator gave it up, and has said why.
    GivenUp,
    /// It is refused.
    Refused(Box<Refusal>),
}

impl From<Refusal> for End {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

impl From<ErrorCode> for End {
    fn from(code: ErrorCode) -> Self {
        Refusal::new(code).into()
    }
}

struct Client {
    socket: WebSocket,
    limits: ConnectionLimits,
    bucket: TokenBucket,
    refused: u32,
    peer: Option<PeerId>,
}

/// A peer that has proven who it is.
struct Session {
    peer: PeerId,
    token: SessionToken,
    issued: Option<StoredToken>,
}

impl Client {
    fn new(socket: WebSocket, limits: ConnectionLimits) -> Self {
        let bucket = TokenBucket::new(limits.burst, limits.rate, Instant::now());
        Self { socket, limits, bucket, refused: 0, peer: None }
    }

    async fn run(&mut self, id: ConnectionId, context: &Context) -> End {
        let session = match timeout(self.limits.hello, self.greet(context)).await {
            Ok(Ok(session)) => session,
            Ok(Err(end)) => return end,
            Err(_) => return ErrorCode::NotAuthenticated.into(),
        };
        let peer = session.peer;
        let (outgoing, frames) = mpsc::channel(self.limits.outgoing);
        self.peer = Some(peer);
        let connect = Command::Connect {
            peer,
            connection: id,
            outgoing,
            session: session.token,
            issued: session.issued,
        };
        if context.commands.send(connect).await.is_err() {
            return ErrorCode::Stopping.into();
        }
        self.pump(id, peer, frames, context).await
    }

    /// Hello, and the proof unless an earlier session is resumed.
    async fn greet(&mut self, context: &Context) -> Result<Session, End> {
        let (identity, token) = loop {
            if let SessionMessage::Hello { protocol, client_version, identity, session } =
                self.next_session_message().await?
            {
                if protocol != PROTOCOL_VERSION {
                    return Err(ErrorCode::ProtocolVersion.into());
                }
                tracing::debug!(client_version, "hello");
                break (identity, session);
            }
            self.refuse(ErrorCode::NotAuthenticated.into()).await?;
        };
        let peer = PeerId::of(&identity);
        if let Some(token) = token {
            match context.database.knows(&token, peer, now()).await {
                Ok(true) => return Ok(Session { peer, token, issued: None }),
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "a session could not be looked up"),
            }
        }
        self.challenge(&identity, context).await?;
        let created_at = now();
        let expires_at = created_at.plus(u64::try_from(self.limits.session.as_millis()).unwrap_or(u64::MAX));
        let token = SessionToken::from_random(random()?);
        let issued = StoredToken { token: token.clone(), peer, created_at, expires_at };
        Ok(Session { peer, token, issued: Some(issued) })
    }

    async fn challenge(&mut self, identity: &IdentityKey, context: &Context) -> Result<(), End> {
        let nonce = Nonce::from_random(random()?);
        self.send(ServerMessage::Challenge { nonce }.encode().into()).await?;
        loop {
            if let SessionMessage::Prove { authority, signature } = self.next_session_message().await? {
                if !identity.verifies(&prove_message(&nonce, &authority), &signature) {
                    return Err(ErrorCode::BadSignature.into());
                }
                let known = context.names.is_empty()
                    || context.names.iter().any(|name| name.eq_ignore_ascii_case(&authority));
                return if known { Ok(()) } else { Err(ErrorCode::WrongServer.into()) };
            }
            self.refuse(ErrorCode::NotAuthenticated.into()).await?;
        }
    }

    /// The next frame that is about the session; every other one is refused.
    async fn next_session_message(&mut self) -> Result<SessionMessage, End> {
        loop {
            let text = next_text(&mut self.socket).await?;
            match self.read(&text) {
                Ok(ClientMessage::Session(message)) => return Ok(message),
                Ok(ClientMessage::Request(request)) => {
                    let refusal = Refusal::new(ErrorCode::NotAuthenticated);
                    self.refuse(refusal.about(request.kind(), request.party())).await?;
                }
                Err(refusal) => self.refuse(refusal).await?,
            }
        }
    }

    async fn pump(
        &mut self,
        connection: ConnectionId,
        peer: PeerId,
        mut frames: mpsc::Receiver<Utf8Bytes>,
        context: &Context,
    ) -> End {
        let mut idle_at = tokio::time::Instant::now() + self.limits.idle;
        loop {
            let step = tokio::select! {
                frame = frames.recv() => match frame {
                    Some(frame) => self.send(frame).await,
                    None => Err(End::GivenUp),
                },
                text = timeout_at(idle_at, next_text(&mut self.socket)) => match text {
                    Ok(Ok(text)) => {
                        idle_at = tokio::time::Instant::now() + self.limits.idle;
                        self.handle(&text, connection, peer, context).await
                    }
                    Ok(Err(end)) => Err(end),
                    Err(_) => Err(ErrorCode::TimedOut.into()),
                },
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn handle(
        &mut self,
        text: &str,
        connection: ConnectionId,
        peer: PeerId,
        context: &Context,
    ) -> Result<(), End> {
        let command = match self.read(text) {
            Ok(ClientMessage::Request(request)) => Command::Request { peer, connection, request },
            Ok(ClientMessage::Session(SessionMessage::Heartbeat)) => Command::Heartbeat { peer, connection },
            Ok(ClientMessage::Session(_)) => {
                let detail = "the session stands already";
                return self.refuse(Refusal::new(ErrorCode::BadFrame).detail(detail)).await;
            }
            Err(refusal) => return self.refuse(refusal).await,
        };
        self.refused = 0;
        context.commands.send(command).await.map_err(|_| ErrorCode::Stopping.into())
    }

    /// A frame as a message, unless there were too many or it is none.
    fn read(&mut self, text: &str) -> Result<ClientMessage, Refusal> {
        if !self.bucket.take(Instant::now()) {
            let refusal = Refusal::new(ErrorCode::RateLimited).retry_after(1_000);
            return Err(match ClientMessage::parse(text) {
                Ok(ClientMessage::Request(request)) => refusal.about(request.kind(), request.party()),
                _ => refusal,
            });
        }
        Ok(ClientMessage::parse(text)?)
    }

    /// Answers a frame that is refused; too many in a row end the connection.
    async fn refuse(&mut self, refusal: Refusal) -> Result<(), End> {
        self.refused += 1;
        if self.refused > self.limits.refused {
            return Err(refusal.into());
        }
        self.send(ServerMessage::Error(refusal).encode().into()).await
    }

    async fn send(&mut self, text: Utf8Bytes) -> Result<(), End> {
        match timeout(self.limits.send, self.socket.send(Message::Text(text))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    async fn close(mut self, end: End) {
        if let End::Refused(refusal) = &end {
            let _ = self.send(ServerMessage::Error((**refusal).clone()).encode().into()).await;
        }
        if !matches!(end, End::Gone) {
            let goodbye = CloseFrame { code: close_code::NORMAL, reason: Utf8Bytes::default() };
            let _ = timeout(self.limits.send, self.socket.send(Message::Close(Some(goodbye)))).await;
        }
    }
}

/// The next text frame. Pings are answered by the library; binary frames are not of this protocol.
async fn next_text(socket: &mut WebSocket) -> Result<Utf8Bytes, End> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => return Ok(text),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => return Err(ErrorCode::BadFrame.into()),
            Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
            // Too large, or not the WebSocket protocol.
            Some(Err(error)) => {
                tracing::debug!(%error, "connection broke");
                return Err(ErrorCode::TooLarge.into());
            }
        }
    }
}

fn random() -> Result<[u8; 32], End> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random bytes");
        End::from(ErrorCode::Internal)
    })?;
    Ok(bytes)
}
