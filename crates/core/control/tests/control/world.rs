use std::time::{Duration, Instant};

use lanrage_control::{
    ControlEvent, LinkAction, LinkClosed, LinkEvent, LinkId, Now, RemoteControlPlane, RemoteSettings,
    protocol::{
        ClientMessage, ErrorCode, Nonce, PROTOCOL_VERSION, PartySnapshot, Refusal, Request, ServerMessage,
        SessionMessage, SessionToken, StunEndpoint, prove_message,
    },
    registry::{Registry, RegistrySettings},
};
use lanrage_party::{IdentityKey, PeerId, facts::Cause};

use crate::support::{START, id, identity, relay_offer};

/// Clients, a server and the network between them, in no time at all.
pub(crate) struct World {
    pub(crate) now: Now,
    pub(crate) registry: Registry,
    /// Whether the server answers new connections.
    pub(crate) up: bool,
    /// Deltas to lose on the way.
    pub(crate) lose: usize,
    pub(crate) clients: Vec<Client>,
}

/// One client, its connection and what it has said.
pub(crate) struct Client {
    peer: PeerId,
    pub(crate) plane: RemoteControlPlane,
    pub(crate) link: Option<LinkId>,
    /// The connection takes everything and delivers nothing, in either direction.
    pub(crate) dead: bool,
    pub(crate) events: Vec<ControlEvent>,
    pub(crate) dials: Vec<Instant>,
    pub(crate) sent: Vec<ClientMessage>,
    claims: Option<IdentityKey>,
    proven: bool,
}

impl World {
    pub(crate) fn new() -> Self {
        let now = Now { instant: Instant::now(), wall: START };
        let registry = Registry::new(RegistrySettings::default(), now.wall);
        Self { now, registry, up: true, lose: 0, clients: Vec::new() }
    }

    /// Adds the client of peer `n`; returns its place.
    pub(crate) fn add(&mut self, n: u8) -> usize {
        let settings = RemoteSettings::new("ws://server.example:8787".parse().unwrap(), u64::from(n) << 32);
        let plane = RemoteControlPlane::new(settings, identity(n), self.now);
        self.clients.push(Client {
            peer: id(n),
            plane,
            link: None,
            dead: false,
            events: Vec::new(),
            dials: Vec::new(),
            sent: Vec::new(),
            claims: None,
            proven: false,
        });
        self.settle();
        self.clients.len() - 1
    }

    pub(crate) fn request(&mut self, client: usize, request: Request) {
        self.clients[client].plane.request(self.now, request);
        self.settle();
    }

    /// The server dies, with its memory or without.
    pub(crate) fn crash(&mut self, with_its_state: bool) {
        self.up = false;
        for client in 0..self.clients.len() {
            self.cut(client);
        }
        if with_its_state {
            self.registry = Registry::new(RegistrySettings::default(), self.now.wall);
        }
        self.settle();
    }

    /// The connection breaks, and the client sees it.
    pub(crate) fn cut(&mut self, client: usize) {
        let client = &mut self.clients[client];
        if let Some(link) = client.link.take() {
            client.plane.handle_link(self.now, LinkEvent::Closed(link, LinkClosed::Ended));
            self.registry.disconnected(client.peer, self.now.wall);
        }
    }

    /// A frame of a server to a client, whatever it says.
    pub(crate) fn inject(&mut self, client: usize, frame: &str) {
        self.deliver(client, frame.to_owned());
        self.settle();
    }

    /// Lets time pass, and everything happen that is due in it.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.settle();
        let end = self.now.instant + time;
        for _ in 0..100_000 {
            let due = self.clients.iter().filter_map(|client| client.plane.poll_timeout()).min();
            let next = due.map_or(end, |due| due.clamp(self.now.instant, end));
            let passed = next - self.now.instant;
            self.now.instant = next;
            self.now.wall = self.now.wall.plus(passed.as_millis() as u64);
            for client in &mut self.clients {
                if client.plane.poll_timeout().is_some_and(|due| due <= next) {
                    client.plane.handle_timeout(self.now);
                    let again = client.plane.poll_timeout();
                    assert!(again.is_none_or(|again| again > next), "a client that never sleeps");
                }
            }
            self.settle();
            if next == end {
                return;
            }
        }
        panic!("too much happens");
    }

    /// Carries everything until there is nothing more to carry.
    pub(crate) fn settle(&mut self) {
        loop {
            let mut quiet = true;
            for client in 0..self.clients.len() {
                while let Some(action) = self.clients[client].plane.poll_transmit() {
                    quiet = false;
                    self.act(client, action);
                }
                while let Some(event) = self.clients[client].plane.poll_event() {
                    self.clients[client].events.push(event);
                }
            }
            while let Some(outgoing) = self.registry.poll_outgoing() {
                quiet = false;
                if matches!(outgoing.message, ServerMessage::Delta { .. }) && self.lose > 0 {
                    self.lose -= 1;
                    continue;
                }
                for client in 0..self.clients.len() {
                    if outgoing.to.contains(&self.clients[client].peer) {
                        self.deliver(client, outgoing.message.encode());
                    }
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn deliver(&mut self, client: usize, frame: String) {
        let client = &mut self.clients[client];
        if let Some(link) = client.link.filter(|_| !client.dead) {
            client.plane.handle_link(self.now, LinkEvent::Frame(link, frame));
        }
    }

    fn act(&mut self, index: usize, action: LinkAction) {
        let client = &mut self.clients[index];
        match action {
            LinkAction::Dial { link, url } => {
                assert_eq!(url.as_str(), "ws://server.example:8787/v1/session");
                client.dials.push(self.now.instant);
                (client.claims, client.proven) = (None, false);
                if self.up {
                    client.link = Some(link);
                    client.dead = false;
                    client.plane.handle_link(self.now, LinkEvent::Opened(link));
                } else {
                    let reason = LinkClosed::Unreachable(Cause::NoAddress);
                    client.plane.handle_link(self.now, LinkEvent::Closed(link, reason));
                }
            }
            LinkAction::Close => {
                if client.link.take().is_some() {
                    self.registry.disconnected(client.peer, self.now.wall);
                }
            }
            LinkAction::Send(text) => {
                let message = ClientMessage::parse(&text).expect("clients speak the protocol");
                client.sent.push(message.clone());
                if client.link.is_some() && !client.dead {
                    self.serve(index, message);
                }
            }
        }
    }

    /// The part of a server that is not the registry.
    fn serve(&mut self, index: usize, message: ClientMessage) {
        let nonce = Nonce::from_random([7; 32]);
        let client = &mut self.clients[index];
        let answer = match message {
            ClientMessage::Session(SessionMessage::Hello { identity, .. }) => {
                client.claims = Some(identity);
                ServerMessage::Challenge { nonce, server: None }
            }
            ClientMessage::Session(SessionMessage::Prove { authority, signature }) => {
                assert_eq!(authority, "server.example:8787");
                let claims = client.claims.expect("hello comes first");
                assert!(claims.verifies(&prove_message(&nonce, &authority), &signature));
                client.proven = true;
                ServerMessage::Welcome {
                    session: SessionToken::from_random([8; 32]),
                    protocol: PROTOCOL_VERSION,
                    heartbeat_interval_ms: 30_000,
                    server_time: self.now.wall,
                    nonce: Some(nonce),
                    has_page: true,
                    stun: vec![StunEndpoint { host: String::new(), port: 3478 }],
                    relays: vec![relay_offer("turn::3478")],
                }
            }
            ClientMessage::Session(SessionMessage::GetRelays) => {
                ServerMessage::Relays { relays: vec![relay_offer("turn:elsewhere.example:3478")] }
            }
            ClientMessage::Session(SessionMessage::Heartbeat | SessionMessage::RegisterRelay(_)) => {
                self.registry.heartbeat(client.peer, self.now.wall);
                ServerMessage::Alive
            }
            ClientMessage::Request(request) if client.proven => {
                return self.registry.handle(client.peer, request, self.now.wall);
            }
            ClientMessage::Request(_) => ServerMessage::Error(Refusal::new(ErrorCode::NotAuthenticated)),
        };
        self.deliver(index, answer.encode());
    }
}

impl Client {
    /// The party as events alone tell it.
    pub(crate) fn view(&self) -> Option<PartySnapshot> {
        let mut view: Option<PartySnapshot> = None;
        for event in &self.events {
            match event {
                ControlEvent::Party(snapshot) => view = Some(snapshot.clone()),
                ControlEvent::Change { revision, change, .. } => {
                    let view = view.as_mut().expect("a change only after the party");
                    assert_eq!(*revision, view.revision + 1, "no gap gets through");
                    view.apply(*revision, change);
                }
                ControlEvent::Left { .. } => view = None,
                _ => {}
            }
        }
        view
    }
}
