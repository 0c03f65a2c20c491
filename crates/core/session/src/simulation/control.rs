use std::collections::BTreeMap;

use lanrage_control::{
    Now,
    protocol::{SessionToken, StunEndpoint},
    registry::{ConfiguredRelay, Registry, RegistrySettings, RelayRegistry, RelaySettings},
    session::{ConnectionId, ConnectionLimits, Hub, HubOutput, ServerSession, SessionOutput, SessionRandom},
};
use lanrage_nat::turn::RestSecret;
use lanrage_party::{DeviceIdentity, PartyId, PeerId, RelayCredentials, RelayPassword, UnixMillis};
use lanrage_testnet::Rng;
use zeroize::Zeroizing;

use super::relay::{PORT, RelayServer};

/// The control server: the product's sessions and hub, with connections that are numbers.
#[derive(Debug)]
pub(super) struct ControlServer {
    hub: Hub,
    sessions: BTreeMap<ConnectionId, ServerSession>,
    tokens: Vec<(PeerId, SessionToken)>,
    pub(super) up: bool,
    swept_at: u64,
    rng: Rng,
}

/// What a connection's client hears.
#[derive(Debug)]
pub(super) enum Said {
    Frame(String),
    Closed,
}

fn issue(secret: &str, user: &str, group: &str, expires_at: u64) -> RelayCredentials {
    let issued = RestSecret::new(secret).issue(&RestSecret::id_in_group(user, group), expires_at);
    RelayCredentials {
        username: issued.username,
        password: RelayPassword::new(issued.password),
        expires_at: UnixMillis(expires_at * 1_000),
    }
}

impl ControlServer {
    pub(super) fn new(now: Now, relays: &[RelayServer], rng: Rng) -> Self {
        let mut offered = RelayRegistry::new(RelaySettings::new(issue));
        for relay in relays {
            let address = relay.address();
            let uris = [format!("turn:{address}"), format!("turn:{address}?transport=tcp")];
            offered.configure(ConfiguredRelay {
                name: relay.name.clone(),
                region: "sim".to_owned(),
                uris: uris.iter().map(|uri| uri.parse().expect("a relay's address")).collect(),
                secret: Zeroizing::new(relay.secret()),
            });
        }
        let stun = vec![StunEndpoint { host: String::new(), port: PORT }];
        let registry = Registry::new(RegistrySettings::default(), now.wall);
        Self {
            hub: Hub::new(registry, stun).with_relays(offered),
            sessions: BTreeMap::new(),
            tokens: Vec::new(),
            up: true,
            swept_at: now.wall.0,
            rng,
        }
    }

    /// Everybody is sent off.
    pub(super) fn stop(&mut self, now: Now) {
        self.up = false;
        for connection in std::mem::take(&mut self.sessions).into_keys() {
            self.hub.disconnected(connection, now.wall);
        }
        while self.hub.poll_output().is_some() {}
    }

    /// Begins again, with what its database has, or with a lost one.
    pub(super) fn start(&mut self, now: Now, remembers: bool) {
        self.up = true;
        if !remembers {
            self.hub.replace(Registry::new(RegistrySettings::default(), now.wall));
            self.tokens.clear();
        }
    }

    /// Whether the registry has this peer in the party, and online.
    pub(super) fn is_online(&self, party: &PartyId, peer: &PeerId) -> bool {
        let snapshot = self.hub.registry().party(party);
        snapshot.is_some_and(|party| party.peers.iter().any(|entry| entry.peer() == *peer && entry.online))
    }

    pub(super) fn open(&mut self, now: Now, connection: ConnectionId) {
        let random = SessionRandom::from_random(self.rng.bytes());
        let session = ServerSession::new(ConnectionLimits::default(), Vec::new(), random, now.instant)
            .with_key(DeviceIdentity::from_seed(&[250; 32]));
        self.sessions.insert(connection, session);
    }

    pub(super) fn frame(
        &mut self,
        now: Now,
        connection: ConnectionId,
        text: &str,
    ) -> Vec<(ConnectionId, Said)> {
        if let Some(session) = self.sessions.get_mut(&connection) {
            session.handle_frame(now.instant, text);
        }
        self.drain(now)
    }

    pub(super) fn gone(&mut self, now: Now, connection: ConnectionId) -> Vec<(ConnectionId, Said)> {
        if self.sessions.remove(&connection).is_some() {
            self.hub.disconnected(connection, now.wall);
        }
        self.drain(now)
    }

    pub(super) fn housekeep(&mut self, now: Now) -> Vec<(ConnectionId, Said)> {
        if !self.up {
            return Vec::new();
        }
        if now.wall.0 >= self.swept_at + 60_000 {
            self.swept_at = now.wall.0;
            self.hub.sweep(now.wall);
        }
        for session in self.sessions.values_mut() {
            session.handle_timeout(now.instant);
        }
        self.drain(now)
    }

    fn drain(&mut self, now: Now) -> Vec<(ConnectionId, Said)> {
        let mut said = Vec::new();
        loop {
            let mut idle = true;
            let mut ended = Vec::new();
            for (connection, session) in &mut self.sessions {
                while let Some(output) = session.poll_output() {
                    idle = false;
                    match output {
                        SessionOutput::Send(message) => {
                            said.push((*connection, Said::Frame(message.encode())));
                        }
                        SessionOutput::CheckToken { peer, token } => {
                            let good = self.tokens.contains(&(peer, token));
                            session.handle_token(now.instant, good);
                        }
                        SessionOutput::Proven(proven) => {
                            self.tokens.push((proven.peer, proven.token.clone()));
                            self.hub.connect(*connection, proven, now.wall);
                        }
                        SessionOutput::Request(request) => self.hub.request(*connection, request, now.wall),
                        SessionOutput::Heartbeat => self.hub.heartbeat(*connection, now.wall),
                        SessionOutput::GetRelays => self.hub.get_relays(*connection, now.wall),
                        SessionOutput::RegisterRelay(relay) => {
                            self.hub.register_relay(*connection, relay, now.wall);
                        }
                        SessionOutput::Close => ended.push(*connection),
                    }
                }
            }
            for connection in ended {
                self.sessions.remove(&connection);
                self.hub.disconnected(connection, now.wall);
                said.push((connection, Said::Closed));
            }
            // Written before it is said; here the disk never fails.
            self.hub.take_changes();
            while let Some(output) = self.hub.poll_output() {
                idle = false;
                match output {
                    HubOutput::Send { to, message } => {
                        let text = message.encode();
                        said.extend(to.into_iter().map(|to| (to, Said::Frame(text.clone()))));
                    }
                    HubOutput::Close { connection, refusal } => {
                        if let Some(session) = self.sessions.get_mut(&connection) {
                            session.end(refusal);
                        }
                    }
                }
            }
            if idle {
                return said;
            }
        }
    }
}
