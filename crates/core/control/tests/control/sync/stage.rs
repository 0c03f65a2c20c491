use std::{collections::BTreeMap, time::Duration};

use lanrage_control::{
    ControlEvent, DisconnectReason, LinkAction, LinkClosed, LinkEvent, LinkId, Now, RemoteControlPlane,
    RemoteSettings,
    protocol::{ErrorCode, PartySnapshot, Refusal, Request, RequestKind},
    registry::{Registry, RegistrySettings},
    session::{
        ConnectionId, ConnectionLimits, Hub, HubOutput, Proven, ServerSession, SessionOutput, SessionRandom,
    },
};
use lanrage_party::{NatType, PeerId, VirtualIp, facts::Cause};

use crate::support::{Disk, START, create, door_key, id, identity, join, party, record_in, with_door};

/// The device that hosts the party.
pub(crate) const ANN: usize = 0;

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Both ends see it.
    Clean,
    /// The server does not: the client comes back while its old connection still stands there.
    ClientOnly,
    /// Neither does: it takes everything and delivers nothing.
    Silent,
}

/// Devices, a control server, its disk, and the network between all of them, under one virtual clock. Everything but the network is the real thing.
pub(crate) struct Stage {
    pub(crate) now: Now,
    server: Server,
    pub(crate) devices: Vec<Device>,
    next_connection: u64,
}

struct Server {
    up: bool,
    hub: Hub,
    sessions: BTreeMap<ConnectionId, ServerSession>,
    disk: Disk,
    backup: Disk,
    next_sweep: std::time::Instant,
}

/// A device with its app, which does what the engine does: it keeps its membership registered, and takes
/// another address if it has to.
pub(crate) struct Device {
    n: u8,
    plane: Option<RemoteControlPlane>,
    line: Option<Line>,
    pub(crate) membership: Option<Membership>,
    /// The party as events alone tell it; `None` while there is no control plane.
    pub(crate) view: Option<PartySnapshot>,
    pub(crate) disconnected: Option<DisconnectReason>,
    /// Of the last record that it signed. Never goes back, whatever it leaves and joins.
    sequence: u64,
    links: u64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Membership {
    pub(crate) ip: u8,
    nat_type: NatType,
}

struct Line {
    link: LinkId,
    connection: ConnectionId,
    silent: bool,
}

impl Stage {
    /// A stage with one device per identity; all are on, and only Ann is in the party.
    pub(crate) fn new(identities: &[u8]) -> Self {
        let now = Now { instant: std::time::Instant::now(), wall: START };
        let registry = Registry::new(RegistrySettings::default(), now.wall);
        let server = Server {
            up: true,
            hub: Hub::new(registry, Vec::new()),
            sessions: BTreeMap::new(),
            disk: Disk::default(),
            backup: Disk::default(),
            next_sweep: now.instant,
        };
        let devices = identities.iter().map(|n| Device {
            n: *n,
            plane: None,
            line: None,
            membership: None,
            view: None,
            disconnected: None,
            sequence: 0,
            links: 0,
        });
        let mut stage = Self { now, server, devices: devices.collect(), next_connection: 0 };
        for device in 0..identities.len() {
            stage.switch_on(device);
        }
        stage.enter(ANN, 1);
        stage
    }

    // ---- what players and their computers do ----

    pub(crate) fn switch_on(&mut self, device: usize) {
        if self.devices[device].plane.is_some() {
            return;
        }
        self.dial(device);
        if self.devices[device].membership.is_some() {
            self.register(device);
        }
    }

    pub(crate) fn switch_off(&mut self, device: usize) {
        if self.devices[device].plane.is_none() {
            return;
        }
        self.cut(device, Cut::Clean);
        let gone = &mut self.devices[device];
        (gone.plane, gone.line, gone.view) = (None, None, None);
        self.settle();
    }

    /// Becomes a member, with an address of the device's own choice.
    pub(crate) fn enter(&mut self, device: usize, ip: u8) {
        if self.devices[device].membership.is_none() && self.devices[device].plane.is_some() {
            let nat_type = NatType::Unknown;
            self.devices[device].membership = Some(Membership { ip, nat_type });
            self.register(device);
        }
    }

    pub(crate) fn leave(&mut self, device: usize) {
        if self.devices[device].plane.is_some() && self.devices[device].membership.take().is_some() {
            self.devices[device].view = None;
            self.request(device, Request::LeaveParty { party: party(1), leave: None });
        }
    }

    pub(crate) fn change(&mut self, device: usize, nat_type: NatType) {
        if self.devices[device].plane.is_none() || self.devices[device].membership.is_none() {
            return;
        }
        let record = self.sign(device);
        let membership = self.devices[device].membership.as_mut().expect("checked above");
        membership.nat_type = nat_type;
        let request = Request::UpdatePeer { party: party(1), record: Some(record), nat_type: Some(nat_type) };
        self.request(device, request);
    }

    // ---- what happens to the network and the server ----

    pub(crate) fn cut(&mut self, device: usize, cut: Cut) {
        let Some(line) = &mut self.devices[device].line else { return };
        if cut == Cut::Silent {
            line.silent = true;
            return;
        }
        let (link, connection) = (line.link, line.connection);
        self.devices[device].line = None;
        self.tell(device, LinkEvent::Closed(link, LinkClosed::Ended));
        if cut == Cut::Clean {
            self.server_side_closed(connection);
        }
        self.settle();
    }

    /// The server dies; what it has acknowledged is on its disk.
    pub(crate) fn server_dies(&mut self) {
        self.server.up = false;
        self.server.sessions.clear();
        for device in 0..self.devices.len() {
            if let Some(Line { link, .. }) = self.devices[device].line.take() {
                self.tell(device, LinkEvent::Closed(link, LinkClosed::Ended));
            }
        }
        self.settle();
    }

    pub(crate) fn server_starts(&mut self) {
        if self.server.up {
            return;
        }
        let (parties, peers) = self.server.disk.parties_and_peers();
        let settings = RegistrySettings::default();
        let (registry, refused) = Registry::restore(settings, parties, peers, self.now.wall);
        assert_eq!(refused, 0, "what was written can be read");
        self.server.hub.replace(registry);
        self.server.up = true;
        self.server.next_sweep = self.now.instant;
        self.settle();
    }

    pub(crate) fn server_takes_a_backup(&mut self) {
        self.server.backup = self.server.disk.clone();
    }

    /// The server comes back with what it knew at the last backup.
    pub(crate) fn server_is_restored(&mut self) {
        self.server_dies();
        self.server.disk = self.server.backup.clone();
        self.server_starts();
    }

    // ---- what is the case ----

    pub(crate) fn peer(&self, device: usize) -> PeerId {
        id(self.devices[device].n)
    }

    pub(crate) fn is_on(&self, device: usize) -> bool {
        self.devices[device].plane.is_some()
    }

    pub(crate) fn is_connected(&self, device: usize) -> bool {
        self.devices[device].plane.as_ref().is_some_and(RemoteControlPlane::is_connected)
    }

    /// The party as the server has it.
    pub(crate) fn truth(&self) -> Option<PartySnapshot> {
        self.server.hub.registry().party(&party(1))
    }

    /// Lets time pass, and everything happen that is due in it.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.settle();
        let end = self.now.instant + time;
        for _ in 0..1_000_000 {
            let due = self.next_due().map_or(end, |due| due.clamp(self.now.instant, end));
            self.now.wall = self.now.wall.plus((due - self.now.instant).as_millis() as u64);
            self.now.instant = due;
            self.run_timeouts();
            self.settle();
            if due == end {
                return;
            }
        }
        panic!("somebody never sleeps");
    }

    fn next_due(&self) -> Option<std::time::Instant> {
        let devices = self.devices.iter().filter_map(|device| device.plane.as_ref()?.poll_timeout());
        let sessions = self.server.sessions.values().filter_map(ServerSession::poll_timeout);
        let sweep = self.server.up.then_some(self.server.next_sweep);
        devices.chain(sessions).chain(sweep).min()
    }

    fn run_timeouts(&mut self) {
        let now = self.now;
        for device in &mut self.devices {
            if let Some(plane) = &mut device.plane
                && plane.poll_timeout().is_some_and(|due| due <= now.instant)
            {
                plane.handle_timeout(now);
            }
        }
        let due: Vec<ConnectionId> = self.server.sessions.keys().copied().collect();
        for connection in due {
            if let Some(session) = self.server.sessions.get_mut(&connection) {
                session.handle_timeout(now.instant);
            }
            self.serve(connection);
        }
        if self.server.up && self.server.next_sweep <= now.instant {
            self.server.next_sweep = now.instant + self.server.hub.registry().settings().sweep_interval;
            self.server.hub.sweep(now.wall);
        }
    }

    // ---- the network ----

    /// Carries everything until there is nothing more to carry.
    pub(crate) fn settle(&mut self) {
        loop {
            let mut quiet = true;
            for device in 0..self.devices.len() {
                while let Some(action) =
                    self.devices[device].plane.as_mut().and_then(RemoteControlPlane::poll_transmit)
                {
                    quiet = false;
                    self.act(device, action);
                }
                while let Some(event) =
                    self.devices[device].plane.as_mut().and_then(RemoteControlPlane::poll_event)
                {
                    quiet = false;
                    self.heard(device, event);
                }
            }
            let server = self.server.up && self.flush_server();
            if quiet && !server {
                return;
            }
        }
    }

    fn dial(&mut self, device: usize) {
        let device = &mut self.devices[device];
        device.links += 1;
        let seed = u64::from(device.n) << 48 | device.links << 24;
        let settings = RemoteSettings::new("ws://party.example:8787".parse().unwrap(), seed);
        device.plane = Some(RemoteControlPlane::new(settings, identity(device.n), self.now));
        device.disconnected = None;
        self.settle();
    }

    fn act(&mut self, device: usize, action: LinkAction) {
        match action {
            LinkAction::Dial { link, .. } => {
                self.devices[device].line = None;
                if !self.server.up {
                    let reason = LinkClosed::Unreachable(Cause::NoAddress);
                    return self.tell(device, LinkEvent::Closed(link, reason));
                }
                self.next_connection += 1;
                let connection = ConnectionId(self.next_connection);
                self.devices[device].line = Some(Line { link, connection, silent: false });
                self.accept(connection);
                self.tell(device, LinkEvent::Opened(link));
            }
            LinkAction::Close => {
                if let Some(line) = self.devices[device].line.take().filter(|line| !line.silent) {
                    self.server_side_closed(line.connection);
                }
            }
            LinkAction::Send(text) => {
                let Some(line) = self.devices[device].line.as_ref().filter(|line| !line.silent) else {
                    return;
                };
                let connection = line.connection;
                if let Some(session) = self.server.sessions.get_mut(&connection) {
                    session.handle_frame(self.now.instant, &text);
                }
                self.serve(connection);
            }
        }
    }

    fn accept(&mut self, connection: ConnectionId) {
        let random = SessionRandom::from_random(std::array::from_fn(|_| connection.0 as u8));
        let limits = ConnectionLimits::default();
        let session =
            ServerSession::new(limits, Vec::new(), random, self.now.instant).with_key(identity(200));
        self.server.sessions.insert(connection, session);
    }

    fn server_side_closed(&mut self, connection: ConnectionId) {
        if self.server.sessions.remove(&connection).is_some() {
            self.server.hub.disconnected(connection, self.now.wall);
        }
    }

    /// What a connection of the server wants: the part of the server that is a shell.
    fn serve(&mut self, connection: ConnectionId) {
        let now = self.now;
        while let Some(output) =
            self.server.sessions.get_mut(&connection).and_then(ServerSession::poll_output)
        {
            match output {
                SessionOutput::Send(message) => self.deliver(connection, &message.encode()),
                SessionOutput::CheckToken { peer, token } => {
                    let stored = self.server.disk.tokens.iter().find(|stored| stored.token == token);
                    let good = stored.is_some_and(|stored| stored.is_good(peer, now.wall));
                    if let Some(session) = self.server.sessions.get_mut(&connection) {
                        session.handle_token(now.instant, good);
                    }
                }
                SessionOutput::Proven(proven) => self.connect(connection, proven),
                SessionOutput::Request(request) => self.server.hub.request(connection, request, now.wall),
                SessionOutput::Heartbeat => self.server.hub.heartbeat(connection, now.wall),
                SessionOutput::GetRelays => self.server.hub.get_relays(connection, now.wall),
                SessionOutput::RegisterRelay(_) => panic!("no device here is a relay"),
                SessionOutput::Close => {
                    self.server.sessions.remove(&connection);
                    self.server.hub.disconnected(connection, now.wall);
                    self.hang_up(connection);
                }
            }
        }
    }

    fn connect(&mut self, connection: ConnectionId, proven: Proven) {
        self.server.hub.connect(connection, proven, self.now.wall);
    }

    fn flush_server(&mut self) -> bool {
        let mut busy = false;
        for change in self.server.hub.take_changes() {
            self.server.disk.apply(change);
        }
        while let Some(output) = self.server.hub.poll_output() {
            busy = true;
            match output {
                HubOutput::Send { to, message } => {
                    let text = message.encode();
                    to.into_iter().for_each(|to| self.deliver(to, &text));
                }
                HubOutput::Close { connection, refusal } => {
                    if let Some(session) = self.server.sessions.get_mut(&connection) {
                        session.end(refusal);
                    }
                    self.serve(connection);
                }
            }
        }
        busy
    }

    fn device_at(&self, connection: ConnectionId) -> Option<usize> {
        self.devices.iter().position(|device| {
            device.line.as_ref().is_some_and(|line| line.connection == connection && !line.silent)
        })
    }

    fn deliver(&mut self, connection: ConnectionId, text: &str) {
        if let Some(device) = self.device_at(connection)
            && let Some(line) = &self.devices[device].line
        {
            self.tell(device, LinkEvent::Frame(line.link, text.to_owned()));
        }
    }

    fn hang_up(&mut self, connection: ConnectionId) {
        if let Some(device) = self.device_at(connection)
            && let Some(line) = self.devices[device].line.take()
        {
            self.tell(device, LinkEvent::Closed(line.link, LinkClosed::Ended));
        }
    }

    fn tell(&mut self, device: usize, event: LinkEvent) {
        if let Some(plane) = &mut self.devices[device].plane {
            plane.handle_link(self.now, event);
        }
    }

    // ---- what the engine does ----

    fn sign(&mut self, device: usize) -> lanrage_party::SignedRecord {
        let wall = self.now.wall.0;
        let device = &mut self.devices[device];
        let ip = device.membership.as_ref().expect("a member signs").ip;
        device.sequence = wall.max(device.sequence + 1);
        record_in(party(1), device.n, VirtualIp([10, 66, 0, ip].into()), device.sequence)
    }

    fn register(&mut self, device: usize) {
        let record = self.sign(device);
        let mut request = with_door(if device == ANN { create(record) } else { join(record) });
        if let Request::CreateParty { nat_type, .. } | Request::JoinParty { nat_type, .. } = &mut request
            && let Some(membership) = &self.devices[device].membership
        {
            *nat_type = membership.nat_type;
        }
        if let Some(plane) = &mut self.devices[device].plane {
            plane.hold_door(party(1), door_key());
        }
        self.request(device, request);
    }

    fn request(&mut self, device: usize, request: Request) {
        if let Some(plane) = &mut self.devices[device].plane {
            plane.request(self.now, request);
        }
        self.settle();
    }

    fn heard(&mut self, device: usize, event: ControlEvent) {
        match event {
            ControlEvent::Connected { .. } => self.devices[device].disconnected = None,
            ControlEvent::Disconnected { reason, .. } => {
                self.devices[device].disconnected = Some(reason);
                self.devices[device].view = None;
            }
            ControlEvent::Party(snapshot) => self.devices[device].view = Some(snapshot),
            ControlEvent::Change { revision, change, .. } => {
                let view = self.devices[device].view.as_mut().expect("a change only after the party");
                assert_eq!(revision, view.revision + 1, "no gap gets through");
                view.apply(revision, &change);
            }
            ControlEvent::Left { .. } => {
                (self.devices[device].view, self.devices[device].membership) = (None, None);
            }
            ControlEvent::Refused { refusal, retry_at: None } => self.refused(device, &refusal),
            ControlEvent::Refused { .. }
            | ControlEvent::Signal { .. }
            | ControlEvent::Relays(_)
            | ControlEvent::Announcement(_) => {}
        }
    }

    fn refused(&mut self, device: usize, refusal: &Refusal) {
        if !matches!(refusal.request, Some(RequestKind::CreateParty | RequestKind::JoinParty)) {
            return;
        }
        let Device { membership: Some(membership), sequence, .. } = &mut self.devices[device] else { return };
        match (refusal.code, refusal.lease, refusal.newest) {
            (ErrorCode::LeaseTaken, ..) => {
                let free = |ip: &u8| !refusal.taken.contains(&VirtualIp([10, 66, 0, *ip].into()));
                membership.ip = (1..=60).find(free).expect("a free address");
            }
            (ErrorCode::LeaseFixed, Some(lease), _) => membership.ip = lease.0.octets()[3],
            (ErrorCode::StaleRecord, _, Some(newest)) => *sequence = newest,
            other => panic!("a refusal that the device can do nothing about: {other:?}"),
        }
        self.register(device);
    }
}
