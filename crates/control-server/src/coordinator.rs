//! The one task that decides: registry, presence of connections, and what is written before what is said.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::extract::ws::Utf8Bytes;
use lanrage_control::{
    protocol::{ErrorCode, PROTOCOL_VERSION, Refusal, Request, ServerMessage, SessionToken, StunEndpoint},
    registry::{Registry, RegistrySettings},
};
use lanrage_party::{PeerId, UnixMillis};
use tokio::sync::{mpsc, watch};

use crate::{
    database::{Batch, Database, StoredToken},
    shutdown::Shutdown,
};

/// Commands that wait for the coordinator. When it is full, connections wait, and with them their clients.
pub(crate) const COMMANDS: usize = 1_024;
/// Most commands that share one transaction: what a slow disk costs is shared, and nobody waits for long.
const BATCH: usize = 256;
/// Between two tries of a disk that failed.
const STORAGE_RETRY: Duration = Duration::from_secs(2);

/// Number of a connection, never used twice while the server runs.
pub(crate) type ConnectionId = u64;

/// What a connection tells the coordinator. All of it after the client has proven that it is `peer`.
#[derive(Debug)]
pub(crate) enum Command {
    /// The connection is the peer's from now on; an earlier one of the same peer is closed.
    Connect {
        peer: PeerId,
        connection: ConnectionId,
        /// Frames for the client. When it is full, the client is disconnected; see
        /// [`crate::ConnectionLimits::outgoing`].
        outgoing: mpsc::Sender<Utf8Bytes>,
        session: SessionToken,
        /// To be stored, if the session is a new one.
        issued: Option<StoredToken>,
    },
    /// Asks for something.
    Request { peer: PeerId, connection: ConnectionId, request: Request },
    /// A sign of life.
    Heartbeat { peer: PeerId, connection: ConnectionId },
    /// The connection is over.
    Disconnect { peer: PeerId, connection: ConnectionId },
}

impl Command {
    const fn connection(&self) -> (PeerId, ConnectionId) {
        match self {
            Self::Connect { peer, connection, .. }
            | Self::Request { peer, connection, .. }
            | Self::Heartbeat { peer, connection }
            | Self::Disconnect { peer, connection } => (*peer, *connection),
        }
    }
}

/// The coordinator's state.
pub(crate) struct Coordinator {
    registry: Registry,
    database: Database,
    stun: Vec<StunEndpoint>,
    connections: HashMap<PeerId, Connection>,
    /// Answers that are not the registry's; sent with the batch.
    answers: Vec<(PeerId, ServerMessage)>,
    tokens: Vec<StoredToken>,
    healthy: watch::Sender<bool>,
    shutdown: Shutdown,
}

#[derive(Debug)]
struct Connection {
    id: ConnectionId,
    outgoing: mpsc::Sender<Utf8Bytes>,
}

impl Coordinator {
    /// Takes up what is stored.
    pub(crate) async fn load(
        settings: RegistrySettings,
        database: Database,
        stun: Vec<StunEndpoint>,
        healthy: watch::Sender<bool>,
        shutdown: Shutdown,
    ) -> Result<Self, sea_orm::DbErr> {
        let registry = restore(settings, &database).await?;
        Ok(Self {
            registry,
            database,
            stun,
            connections: HashMap::new(),
            answers: Vec::new(),
            tokens: Vec::new(),
            healthy,
            shutdown,
        })
    }

    /// Runs until every connection is gone and nobody can make another, then closes the database.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut sweep = tokio::time::interval(self.registry.settings().sweep_interval);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let mut expire_before = None;
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.apply(command),
                    None => break,
                },
                _ = sweep.tick() => expire_before = Some(self.sweep()),
            }
            for _ in 1..BATCH {
                let Ok(command) = commands.try_recv() else { break };
                self.apply(command);
            }
            self.settle(expire_before).await;
        }
        // Everybody's departure is the last thing to be written.
        self.settle(None).await;
        if let Err(error) = self.database.close().await {
            tracing::warn!(%error, "the database did not close cleanly");
        }
    }

    fn apply(&mut self, command: Command) {
        let (peer, connection) = command.connection();
        let now = now();
        if let Command::Connect { outgoing, session, issued, .. } = command {
            if let Some(earlier) = self.connections.insert(peer, Connection { id: connection, outgoing }) {
                // It may be dead, so it is not waited for; dropping its sender ends it.
                let _ = earlier.outgoing.try_send(frame(ErrorCode::Replaced.into()));
                self.registry.disconnected(peer, now);
            }
            self.tokens.extend(issued);
            self.answers.push((peer, self.welcome(session, now)));
            return;
        }
        // A connection that was replaced or given up has no say any more.
        if self.connections.get(&peer).is_none_or(|current| current.id != connection) {
            return;
        }
        match command {
            Command::Request { request, .. } => self.registry.handle(peer, request, now),
            Command::Heartbeat { .. } => {
                self.registry.heartbeat(peer, now);
                self.answers.push((peer, ServerMessage::Alive));
            }
            Command::Disconnect { .. } => self.drop_connection(peer),
            Command::Connect { .. } => {}
        }
    }

    fn welcome(&self, session: SessionToken, now: UnixMillis) -> ServerMessage {
        let heartbeat = self.registry.settings().heartbeat_interval;
        ServerMessage::Welcome {
            session,
            protocol: PROTOCOL_VERSION,
            heartbeat_interval_ms: u64::try_from(heartbeat.as_millis()).unwrap_or(u64::MAX),
            server_time: now,
            stun: self.stun.clone(),
        }
    }

    fn sweep(&mut self) -> UnixMillis {
        let now = now();
        self.registry.sweep(now);
        for peer in self.registry.take_silent() {
            if let Some(connection) = self.connections.remove(&peer) {
                let _ = connection.outgoing.try_send(frame(ErrorCode::TimedOut.into()));
            }
        }
        now
    }

    /// Ends a batch: writes what it changed, then says what it answers.
    async fn settle(&mut self, expire_before: Option<UnixMillis>) {
        let changes = self.registry.take_changes();
        let batch = Batch { changes, tokens: std::mem::take(&mut self.tokens), expire_before };
        if !batch.is_empty()
            && let Err(error) = self.database.commit(&batch).await
        {
            tracing::error!(%error, "the database cannot be written; nothing of this batch is acknowledged");
            self.recover().await;
            return;
        }
        for (peer, message) in std::mem::take(&mut self.answers) {
            self.send(&[peer], &message);
        }
        // Dropping a slow connection makes further messages; so until there are none.
        while let Some(outgoing) = self.registry.poll_outgoing() {
            self.send(&outgoing.to, &outgoing.message);
        }
    }

    /// Sends one message, encoded once, to each of the peers.
    fn send(&mut self, to: &[PeerId], message: &ServerMessage) {
        let text = Utf8Bytes::from(message.encode());
        for peer in to {
            let Some(connection) = self.connections.get(peer) else { continue };
            if connection.outgoing.try_send(text.clone()).is_err() {
                tracing::info!(peer = %peer.short(), "disconnected: too slow, or gone");
                self.drop_connection(*peer);
            }
        }
    }

    fn drop_connection(&mut self, peer: PeerId) {
        if self.connections.remove(&peer).is_some() {
            self.registry.disconnected(peer, now());
        }
    }

    /// The disk failed. Memory is ahead of it, so it is thrown away: everybody is sent off, and the registry
    /// begins again from what is stored, once that can be read and written. Until then `/healthz` says so and
    /// nobody is let in; parties go on without their control plane meanwhile.
    async fn recover(&mut self) {
        self.healthy.send_replace(false);
        self.answers.clear();
        let problem = Refusal::new(ErrorCode::Internal).retry_after(5_000);
        let problem = frame(problem);
        for (_, connection) in self.connections.drain() {
            let _ = connection.outgoing.try_send(problem.clone());
        }
        let settings = self.registry.settings().clone();
        while !*self.healthy.borrow() {
            match restore_writable(settings.clone(), &self.database).await {
                Ok(registry) => {
                    self.registry = registry;
                    tracing::info!("the database can be written again");
                    self.healthy.send_replace(true);
                }
                Err(error) => {
                    tracing::error!(%error, "the database still cannot be written");
                    tokio::select! {
                        () = tokio::time::sleep(STORAGE_RETRY) => {}
                        () = self.shutdown.requested() => return,
                    }
                }
            }
        }
    }
}

async fn restore(settings: RegistrySettings, database: &Database) -> Result<Registry, sea_orm::DbErr> {
    let (parties, peers, unread) = database.load().await?;
    let (registry, refused) = Registry::restore(settings, parties, peers, now());
    if unread + refused > 0 {
        tracing::warn!(unread, refused, "stored rows that are not valid were left out");
    }
    tracing::info!(parties = registry.parties(), "loaded");
    Ok(registry)
}

async fn restore_writable(
    settings: RegistrySettings,
    database: &Database,
) -> Result<Registry, sea_orm::DbErr> {
    database.probe().await?;
    restore(settings, database).await
}

fn frame(refusal: Refusal) -> Utf8Bytes {
    ServerMessage::Error(refusal).encode().into()
}

/// The wall clock; 1970 if it is before that.
pub(crate) fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
