//! The one task that decides: registry, presence of connections, and what is written before what is said.

use std::{
    collections::HashMap,
    io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use lanrage_base::{clock, sources::Source};
use lanrage_control::{
    protocol::{
        PartySnapshot, Refusal, RelayRegistration, Request, RequestKind, ServerMessage, StunEndpoint,
    },
    registry::{Access, Registry, RegistrySettings, RelayRegistry, StoredChange},
    session::{Asked, ConnectionId, Frame, Hub, HubOutput, Proven, Queued, Quotas, SourceLimits, not_stored},
};
use lanrage_link::line::LineSender;
use lanrage_party::{PartyId, PeerId};
use tokio::{
    sync::{mpsc, watch},
    time::sleep_until,
};

use crate::{
    RelayStats,
    admin::{AdminAnswer, AdminMember, AdminParty, AdminRelay, AdminRequest, Question, ServerStatus},
    counters::{Cause, Counters},
    database::{Database, Storage, Tokens},
    settings::operator::Operator,
    shutdown::{DrainWish, Shutdown},
};

/// Commands that wait for the coordinator. When it is full, connections wait, and with them their clients.
pub(crate) const COMMANDS: usize = 1_024;
/// Most commands that share one transaction: what a slow disk costs is shared, and nobody waits for long.
const BATCH: usize = 256;
/// Parties whose text is remembered, of at most 256 KiB each.
const SNAPSHOTS: usize = 64;
/// Between two tries of a disk that failed.
const STORAGE_RETRY: Duration = Duration::from_secs(1);

/// What a connection tells the coordinator.
#[derive(Debug)]
pub(crate) enum Command {
    /// Its client has proven who it is.
    Connect {
        connection: ConnectionId,
        proven: Proven,
        /// Frames for the client. Dropping it ends the connection.
        outgoing: LineSender,
        /// Whose connection counts for whom.
        source: Source,
    },
    /// Its client asks for something.
    Request { connection: ConnectionId, request: Box<Request> },
    /// A sign of life.
    Heartbeat { connection: ConnectionId },
    /// Its client wants fresh credentials for the relays.
    GetRelays { connection: ConnectionId },
    /// Its client is a relay and says how it is.
    RegisterRelay { connection: ConnectionId, relay: Box<RelayRegistration> },
    /// It is over.
    Disconnect { connection: ConnectionId },
}

/// A party or membership that is not stored yet.
#[derive(Debug)]
struct Fresh {
    connection: ConnectionId,
    peer: PeerId,
    party: PartyId,
    kind: RequestKind,
}

/// The coordinator's state.
pub(crate) struct Coordinator {
    hub: Hub,
    storage: Storage,
    /// When to try to write what waits, if anything does.
    storage_due: Instant,
    /// What this batch let in anew, by whose request.
    fresh: Vec<Fresh>,
    tokens: Tokens,
    outgoing: HashMap<ConnectionId, LineSender>,
    snapshots: Snapshots,
    sources: HashMap<ConnectionId, Source>,
    quotas: Quotas,
    counters: Arc<Counters>,
    healthy: watch::Sender<bool>,
    shutdown: Shutdown,
    drain_wish: watch::Sender<Option<DrainWish>>,
    operator: Operator,
    /// Of the own relay, and what it is called.
    relay: Option<(String, Arc<RelayStats>)>,
    reported: u64,
    /// What was refused until the last report.
    refused: [u64; Cause::ALL.len()],
}

impl Coordinator {
    /// Takes up what is stored.
    pub(crate) async fn load(
        settings: RegistrySettings,
        database: Database,
        stun: Vec<StunEndpoint>,
        mut relays: RelayRegistry,
        healthy: watch::Sender<bool>,
        (operator, access): (Operator, Access),
        directory: &Path,
    ) -> Result<Self, sea_orm::DbErr> {
        let registry = restore(settings, &database).await?;
        relays.restore(database.load_relays().await?, clock::now().wall);
        let mut hub = Hub::new(registry, stun).with_page().with_relays(relays);
        hub.set_access(access, clock::now().wall);
        hub.announce(operator.decisions().announcement.clone());
        Ok(Self {
            hub,
            storage: Storage::new(database, directory),
            storage_due: Instant::now(),
            fresh: Vec::new(),
            tokens: Tokens::default(),
            outgoing: HashMap::new(),
            snapshots: Snapshots::default(),
            sources: HashMap::new(),
            quotas: Quotas::new(&SourceLimits::default()),
            counters: Arc::new(Counters::new()),
            healthy,
            shutdown: Shutdown::channel().1,
            drain_wish: watch::Sender::new(None),
            operator,
            relay: None,
            reported: 0,
            refused: [0; Cause::ALL.len()],
        })
    }

    /// What it keeps of sessions.
    pub(crate) fn tokens(&self) -> Tokens {
        self.tokens.clone()
    }

    /// Offers the own relay by how full it is.
    pub(crate) fn watching(mut self, name: String, relay: Option<Arc<RelayStats>>) -> Self {
        self.relay = relay.map(|relay| (name, relay));
        self
    }

    /// Gives each source no more than this, and counts what is refused.
    pub(crate) fn counting(mut self, limits: &SourceLimits, counters: Arc<Counters>) -> Self {
        (self.quotas, self.counters) = (Quotas::new(limits), counters);
        self
    }

    /// Knows when the server ends, and passes on that the operator wants that.
    pub(crate) fn ending(mut self, shutdown: Shutdown, drain_wish: watch::Sender<Option<DrainWish>>) -> Self {
        (self.shutdown, self.drain_wish) = (shutdown, drain_wish);
        self
    }

    /// Runs until every connection is gone and nobody can make another, then closes the database.
    pub(crate) async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut questions: mpsc::Receiver<Question>,
    ) {
        let mut sweep = tokio::time::interval(self.hub.registry().settings().sweep_interval);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.apply(command),
                    None => break,
                },
                _ = sweep.tick() => self.sweep(),
                Some(Question { request, reply }) = questions.recv() => drop(reply.send(self.answer(request))),
                () = sleep_until(self.storage_due.into()), if self.storage.is_full() => self.retry_storage().await,
                // Everybody is told of a relay in steps, between which others are answered.
                () = tokio::task::yield_now(), if self.hub.has_untold() => self.hub.tell_on(clock::now().wall),
            }
            for _ in 1..BATCH {
                let Ok(command) = commands.try_recv() else { break };
                self.apply(command);
            }
            self.settle().await;
        }
        // Everybody's departure is the last thing to be written.
        self.settle().await;
        if let Err(error) = self.storage.close().await {
            tracing::warn!(%error, "the database did not close cleanly");
        }
    }

    fn sweep(&mut self) {
        if let Some((name, relay)) = &self.relay {
            self.hub.set_relay_load(name, relay.load_percent());
            let packets = relay.packets();
            if packets != self.reported {
                self.reported = packets;
                tracing::info!(
                    allocations = relay.allocations(),
                    streams = relay.streams(),
                    allocated = relay.allocated(),
                    refused = relay.refused(),
                    packets,
                    bytes = relay.bytes(),
                    dropped = relay.dropped(),
                    "relay"
                );
            }
        }
        for (cause, reported) in Cause::ALL.iter().copied().zip(&mut self.refused) {
            let count = self.counters.get(cause);
            if count != *reported {
                tracing::info!(cause = cause.name(), count, more = count - *reported, "refused");
                *reported = count;
            }
        }
        self.hub.sweep(clock::now().wall);
    }

    fn apply(&mut self, command: Command) {
        match command {
            Command::Connect { connection, proven, outgoing, source } => {
                self.outgoing.insert(connection, outgoing);
                if let Err(refusal) = self.quotas.login(Instant::now(), source) {
                    self.counters.add(Cause::Logins);
                    self.hub.send_off(connection, refusal);
                    return;
                }
                self.sources.insert(connection, source);
                self.hub.connect(connection, proven, clock::now().wall);
            }
            Command::Request { connection, request } => self.request(connection, *request),
            Command::Heartbeat { connection } => self.hub.heartbeat(connection, clock::now().wall),
            Command::GetRelays { connection } => self.hub.get_relays(connection, clock::now().wall),
            Command::RegisterRelay { connection, relay } => {
                self.hub.register_relay(connection, *relay, clock::now().wall);
            }
            Command::Disconnect { connection } => self.drop_connection(connection),
        }
    }

    /// What is to be written. Tokens are kept here.
    fn take_changes(&mut self) -> Vec<StoredChange> {
        let mut changes = self.hub.take_changes();
        changes.retain(|change| match change {
            StoredChange::PutToken(token) => {
                self.tokens.put(token.clone());
                false
            }
            _ => true,
        });
        changes
    }

    fn request(&mut self, connection: ConnectionId, request: Request) {
        let (Some(source), Some(peer)) =
            (self.sources.get(&connection).copied(), self.hub.peer_of(connection))
        else {
            return;
        };
        let asked = self.hub.asked(connection, &request);
        let (party, kind) = (request.party(), request.kind());
        // Before anything is counted: whoever has mistyped a key is none that makes too many parties.
        if asked == Asked::NewParty
            && let Err(refusal) = self.hub.may_make(connection, &request)
        {
            return self.hub.refuse(connection, refusal);
        }
        if matches!(asked, Asked::NewParty | Asked::NewMember) {
            if self.storage.is_full() {
                self.counters.add(Cause::Storage);
                return self.hub.refuse(connection, not_stored(kind, party));
            }
            self.fresh.push(Fresh { connection, peer, party, kind });
        }
        match self.quotas.request(Instant::now(), source, asked, &request) {
            Ok(()) => self.hub.request(connection, request, clock::now().wall),
            Err(refusal) => {
                self.counters.add(match asked {
                    Asked::NewParty => Cause::Parties,
                    Asked::NewMember => Cause::Joins,
                    Asked::Snapshot | Asked::Nothing => Cause::Snapshots,
                });
                self.hub.refuse(connection, refusal);
            }
        }
    }

    /// Ends a batch: writes what it changed, then says what it answers.
    async fn settle(&mut self) {
        let changes = self.take_changes();
        self.counters.set_writing(true);
        let written = self.storage.write(changes).await;
        self.counters.set_writing(false);
        if let Err(error) = written {
            tracing::error!(
                %error,
                "the database cannot be written; everybody who is there goes on, and nothing new is let in"
            );
            self.healthy.send_replace(false);
            self.storage_due = Instant::now() + STORAGE_RETRY;
            for Fresh { connection, peer, party, kind } in std::mem::take(&mut self.fresh) {
                self.counters.add(Cause::Storage);
                self.hub.take_back(connection, peer, party, kind);
            }
            let taken_back = self.take_changes();
            // It waits now, with the others.
            let _ = self.storage.write(taken_back).await;
        }
        self.fresh.clear();
        self.counters.set_population(self.hub.registry().parties(), self.hub.sessions());
        self.counters.set(Cause::Forgotten, self.hub.registry().forgotten());
        // Dropping a slow connection makes further messages; so until there are none.
        while let Some(output) = self.hub.poll_output() {
            match output {
                HubOutput::Send { to, message } => self.send(&to, &message),
                HubOutput::Close { connection, refusal } => {
                    self.count(&refusal);
                    self.sources.remove(&connection);
                    if let Some(outgoing) = self.outgoing.remove(&connection) {
                        // It may be dead, so it is not waited for; dropping its sender ends it.
                        outgoing.push(Frame::of(&ServerMessage::Error(refusal)));
                    }
                }
            }
        }
    }

    /// Counts what the registry has refused.
    fn count(&self, refusal: &Refusal) {
        if let Some(cause) = Cause::of(refusal.code) {
            self.counters.add(cause);
        }
    }

    /// Sends one message, encoded once, to each of the connections.
    fn send(&mut self, to: &[ConnectionId], message: &ServerMessage) {
        if let ServerMessage::Error(refusal) = message {
            self.count(refusal);
        }
        let frame = self.snapshots.frame(message);
        for connection in to {
            let Some(outgoing) = self.outgoing.get(connection) else { continue };
            match outgoing.push(frame.clone()) {
                Queued::Room => {}
                Queued::Instead(lost) => (0..lost).for_each(|_| self.counters.add(Cause::Waiting)),
                Queued::TooSlow => {
                    self.counters.add(Cause::Slow);
                    tracing::info!(connection = connection.0, "disconnected: too slow, or gone");
                    self.drop_connection(*connection);
                }
            }
        }
    }

    fn drop_connection(&mut self, connection: ConnectionId) {
        self.outgoing.remove(&connection);
        self.sources.remove(&connection);
        self.hub.disconnected(connection, clock::now().wall);
    }

    /// Answers the operator.
    fn answer(&mut self, request: AdminRequest) -> AdminAnswer {
        let removed = |removed| if removed { AdminAnswer::Removed } else { AdminAnswer::Unknown };
        let registry = self.hub.registry();
        match request {
            AdminRequest::Status => AdminAnswer::Status { status: self.status() },
            AdminRequest::Drain { seconds } => {
                let within = seconds.map(|seconds| Duration::from_secs(seconds.into()));
                self.drain_wish.send_replace(Some(DrainWish { within }));
                AdminAnswer::Draining
            }
            AdminRequest::Reload => self.done_by(|this| {
                let access = this.operator.access().map_err(io::Error::other)?;
                this.hub.set_access(access, clock::now().wall);
                Ok(())
            }),
            AdminRequest::Announce { text } => {
                let told = self.done_by(|this| {
                    this.operator.announce(text.clone())?;
                    this.hub.announce(text.clone());
                    Ok(())
                });
                if told == AdminAnswer::Done { AdminAnswer::Announced { text } } else { told }
            }
            AdminRequest::Ban { peer } => self.ban(peer, true),
            AdminRequest::Unban { peer } => self.ban(peer, false),
            AdminRequest::Bans => {
                AdminAnswer::Bans { peers: self.operator.decisions().banned.iter().copied().collect() }
            }
            AdminRequest::ForgetTokens => {
                self.tokens.clear();
                AdminAnswer::Done
            }
            AdminRequest::Parties => {
                let parties = registry.party_ids().filter_map(|party| registry.party(&party));
                AdminAnswer::Parties { parties: parties.map(|party| AdminParty::of(&party)).collect() }
            }
            AdminRequest::Members { party } => match registry.party(&party) {
                Some(party) => AdminAnswer::Members { members: AdminMember::all(&party) },
                None => AdminAnswer::Unknown,
            },
            AdminRequest::Relays => {
                let relays = self.hub.registered_relays().map(AdminRelay::from).collect();
                AdminAnswer::Relays { relays }
            }
            AdminRequest::RemoveParty { party } => removed(self.hub.expel(party, None)),
            AdminRequest::RemoveMember { party, peer } => removed(self.hub.expel(party, Some(peer))),
            AdminRequest::RemoveRelay { name } => removed(self.hub.forget_relay(&name, clock::now().wall)),
        }
    }

    fn ban(&mut self, peer: PeerId, is_banned: bool) -> AdminAnswer {
        self.done_by(|this| {
            this.operator.ban(peer, is_banned)?;
            let banned = this.operator.decisions().banned.clone();
            let access = Access { banned, ..this.hub.registry().access().clone() };
            this.hub.set_access(access, clock::now().wall);
            Ok(())
        })
    }

    fn done_by(&mut self, change: impl FnOnce(&mut Self) -> io::Result<()>) -> AdminAnswer {
        match change(self) {
            Ok(()) => AdminAnswer::Done,
            Err(error) => AdminAnswer::Failed { reason: error.to_string() },
        }
    }

    fn status(&self) -> ServerStatus {
        ServerStatus {
            parties: self.hub.registry().parties() as u64,
            players: self.hub.sessions() as u64,
            allocations: self.relay.as_ref().map(|(_, relay)| relay.allocations() as u64),
            is_full: self.storage.is_full(),
            is_draining: self.shutdown.is_draining(),
        }
    }

    /// Tries to write what waits.
    async fn retry_storage(&mut self) {
        self.counters.set_writing(true);
        let written = self.storage.retry().await;
        self.counters.set_writing(false);
        match written {
            Ok(()) => {
                tracing::info!("the database can be written again");
                self.healthy.send_replace(true);
            }
            Err(error) => tracing::debug!(%error, "the database still cannot be written"),
        }
        self.storage_due = Instant::now() + STORAGE_RETRY;
    }
}

async fn restore(settings: RegistrySettings, database: &Database) -> Result<Registry, sea_orm::DbErr> {
    let (parties, peers, unread) = database.load().await?;
    let (registry, refused) = Registry::restore(settings, parties, peers, clock::now().wall);
    if unread + refused > 0 {
        tracing::warn!(unread, refused, "stored rows that are not valid were left out");
    }
    tracing::info!(parties = registry.parties(), "loaded");
    Ok(registry)
}

/// The texts of whole parties that were sent last: a party is encoded once for each change, however often it is asked
/// for.
#[derive(Debug, Default)]
struct Snapshots(HashMap<PartyId, (PartySnapshot, Frame)>);

impl Snapshots {
    fn frame(&mut self, message: &ServerMessage) -> Frame {
        let ServerMessage::Party { snapshot } = message else { return Frame::of(message) };
        let known = self.0.get(&snapshot.party).filter(|(known, _)| known == snapshot);
        if let Some((_, frame)) = known {
            return frame.clone();
        }
        if self.0.len() >= SNAPSHOTS {
            self.0.clear();
        }
        let frame = Frame::of(message);
        self.0.insert(snapshot.party, (snapshot.clone(), frame.clone()));
        frame
    }
}
