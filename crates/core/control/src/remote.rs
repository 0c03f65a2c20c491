mod answers;
mod frames;
mod membership;
mod settings;

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use lanrage_base::{backoff::Backoff, rng::Rng};
use lanrage_party::{AccessKey, DeviceIdentity, DoorPrivateKey, PartyId, ServerId};

pub use self::settings::{RemoteSettings, RemoteTimings};
use self::{answers::Answers, membership::Membership};
use crate::{
    ControlEvent, DisconnectReason, LinkAction, LinkEvent, LinkId, Now,
    protocol::{ClientMessage, Nonce, RelayRegistration, Request, SessionMessage, SessionToken},
};

/// Time until the first new try; it doubles with each further one, up to [`LONGEST_RETRY`].
const FIRST_RETRY: Duration = Duration::from_millis(250);
const LONGEST_RETRY: Duration = Duration::from_secs(30);
/// The longest pause between two tries while there is a party on the server, so that one that is back has its players within
/// ten seconds. A try at a server that is not there costs a packet, and pauses are random between half and all of this, so
/// that not all clients come at once. A server that is there, and too busy for a session, is left alone for [`LONGEST_RETRY`].
const LONGEST_RETRY_IN_PARTY: Duration = Duration::from_secs(8);

/// The client of a control server: a pure state machine.
///
/// It dials, proves who it is, keeps every membership registered across lost connections and lost servers,
/// notices dead connections, and hands on what the server says. [`RemoteControlPlane::handle_link`]
/// and [`RemoteControlPlane::poll_transmit`] are the ends that `run_link` of lanrage-link joins to a WebSocket.
///
/// A signal is carried only while its party is registered, and otherwise dropped: what it holds is news of
/// the moment, to be said again after the next [`ControlEvent::Party`].
#[derive(Debug)]
pub struct RemoteControlPlane {
    settings: RemoteSettings,
    identity: DeviceIdentity,
    state: State,
    link: LinkId,
    session: Option<SessionToken>,
    /// Between two tries to connect.
    backoff: Backoff,
    jitter: Rng,
    memberships: BTreeMap<PartyId, Membership>,
    /// The keys of parties' doors.
    doors: BTreeMap<PartyId, DoorPrivateKey>,
    /// Of this connection, for proofs; an older server gives none.
    nonce: Option<Nonce>,
    /// How we left parties, of which the server has still to be told.
    leaving: BTreeMap<PartyId, Request>,
    /// What the server has signed, and which one it is, in this connection.
    greeting: Greeting,
    /// Whether the server has said that it has a page for invitations.
    has_page: bool,
    /// What the server has still to answer in this connection.
    answers: Answers,
    /// Another connection of this identity has taken this one's place: it is not thrown out in turn.
    replaced: bool,
    /// When the connection counts as dead, because something is unanswered.
    answer_due: Option<Instant>,
    /// What this device is, if it is a relay.
    registration: Option<RelayRegistration>,
    /// Whether the relays that were told of last are any.
    offered: bool,
    actions: VecDeque<LinkAction>,
    events: VecDeque<ControlEvent>,
}

/// Which server a connection has.
#[derive(Debug, Default)]
struct Greeting {
    /// To be signed by a server with a key.
    nonce: Option<Nonce>,
    /// The server, once it has shown its key.
    server: Option<ServerId>,
}

#[derive(Debug)]
enum State {
    /// No connection.
    Waiting { until: Instant },
    /// No connection yet.
    Dialing { deadline: Instant },
    /// A connection, and no welcome yet.
    Greeting { deadline: Instant },
    /// A session.
    Ready { since: Instant, interval: Duration, next_heartbeat: Instant },
    /// No connection ever again.
    Stopped,
}

impl RemoteControlPlane {
    /// A client that dials at once.
    pub fn new(settings: RemoteSettings, identity: DeviceIdentity, now: Now) -> Self {
        let mut plane = Self {
            backoff: Backoff::new(FIRST_RETRY, LONGEST_RETRY),
            jitter: Rng::new(settings.jitter_seed),
            // Not from zero: events of another plane's connection may still be under way in the same channel.
            link: LinkId(settings.jitter_seed),
            settings,
            identity,
            state: State::Stopped,
            session: None,
            memberships: BTreeMap::new(),
            doors: BTreeMap::new(),
            nonce: None,
            leaving: BTreeMap::new(),
            greeting: Greeting::default(),
            has_page: false,
            answers: Answers::default(),
            replaced: false,
            answer_due: None,
            registration: None,
            offered: false,
            actions: VecDeque::new(),
            events: VecDeque::new(),
        };
        plane.dial(now.instant);
        plane
    }

    /// The next thing to do with the connection. To be taken until there is none, after every call.
    pub fn poll_transmit(&mut self) -> Option<LinkAction> {
        self.actions.pop_front()
    }

    /// Takes in what became of the connection. Events of an earlier connection are ignored.
    pub fn handle_link(&mut self, now: Now, event: LinkEvent) {
        let (LinkEvent::Opened(link) | LinkEvent::Frame(link, _) | LinkEvent::Closed(link, _)) = &event;
        if *link != self.link || !self.is_linked() {
            return;
        }
        match event {
            LinkEvent::Opened(_) => self.greet(now.instant),
            LinkEvent::Frame(_, text) => self.handle_frame(now, &text),
            LinkEvent::Closed(_, reason) => self.fail(now.instant, reason.into()),
        }
    }

    /// The device's network changed, or the device woke up: whatever stands between two tries is skipped, and
    /// a connection that still stands has to show it soon.
    pub fn handle_network_change(&mut self, now: Now) {
        self.backoff.reset();
        match self.state {
            State::Waiting { .. } => self.dial(now.instant),
            State::Dialing { .. } | State::Greeting { .. } => {
                self.actions.push_back(LinkAction::Close);
                self.dial(now.instant);
            }
            State::Ready { .. } => self.doubt(now),
            State::Stopped => {}
        }
    }

    /// Something else of this device's has fallen silent: a connection that still stands has to show it soon.
    pub fn doubt(&mut self, now: Now) {
        if self.is_connected() {
            self.send_sign_of_life(now.instant);
            let soon = now.instant + self.settings.timings.answer_after_change;
            self.answer_due = Some(self.answer_due.map_or(soon, |due| due.min(soon)));
        }
    }

    /// Asks for relays with fresh credentials, answered by [`ControlEvent::Relays`]: when a relay refuses the ones that were
    /// given. Nothing happens without a session; the next one begins with relays anyway.
    pub fn request_relays(&mut self, now: Now) {
        if self.is_connected() {
            self.send(now.instant, &ClientMessage::Session(SessionMessage::GetRelays));
        }
    }

    /// What is asked about this party is proven with the key of its door from now on, until it is left.
    pub fn hold_door(&mut self, party: PartyId, key: DoorPrivateKey) {
        self.doors.insert(party, key);
    }

    /// Shows a private server this key from now on. Says whether it is another than before.
    pub fn set_access(&mut self, key: Option<AccessKey>) -> bool {
        let changes = self.settings.access != key;
        self.settings.access = key;
        changes
    }

    /// From now on this is a relay's session: every sign of life says how the relay is, beginning at once.
    pub fn register_relay(&mut self, now: Now, registration: RelayRegistration) {
        self.registration = Some(registration);
        if self.is_connected() {
            self.send_sign_of_life(now.instant);
        }
    }

    fn send_sign_of_life(&mut self, now: Instant) {
        let sign = self.registration.clone().map_or(SessionMessage::Heartbeat, SessionMessage::RegisterRelay);
        self.send(now, &ClientMessage::Session(sign));
    }

    /// Closes the connection for good. The server marks the peer away; memberships stay.
    pub fn stop(&mut self) {
        if self.is_linked() {
            self.actions.push_back(LinkAction::Close);
        }
        self.state = State::Stopped;
        self.answer_due = None;
    }

    /// The server in session, if it has shown its key.
    pub fn server(&self) -> Option<ServerId> {
        self.greeting.server.filter(|_| self.is_connected())
    }

    /// The address of the server's page for invitations ([`lanrage_party::ControlEndpoint::page`]), if it said at the last login that it has one.
    pub fn page(&self) -> Option<String> {
        self.settings.endpoint.page().filter(|_| self.has_page)
    }

    /// Believes no other server than this one from now on. False, and no change, if another one is in session.
    pub fn mean(&mut self, server: ServerId) -> bool {
        let fits = !self.is_connected() || self.greeting.server == Some(server);
        if fits {
            self.settings.server = Some(server);
        }
        fits
    }

    /// Whether this plane will do for whoever means this server, `None` for any. If no server is in session yet, it is the
    /// only one that is believed from now on.
    pub fn may_serve(&mut self, server: Option<ServerId>) -> bool {
        match (server, self.settings.server) {
            (wanted, meant) if wanted == meant => true,
            (Some(wanted), None) => self.is_connected() && self.mean(wanted),
            // The one that is meant is as good as any; if another one answers, it has to be asked without a meaning.
            (None, Some(_)) => self.is_connected() || !self.leaving.is_empty(),
            _ => false,
        }
    }

    /// Whether there is a session now.
    pub const fn is_connected(&self) -> bool {
        matches!(self.state, State::Ready { .. })
    }

    const fn is_linked(&self) -> bool {
        matches!(self.state, State::Dialing { .. } | State::Greeting { .. } | State::Ready { .. })
    }

    fn dial(&mut self, now: Instant) {
        self.link = LinkId(self.link.0.wrapping_add(1));
        self.nonce = None;
        self.greeting = Greeting::default();
        self.answer_due = None;
        self.state = State::Dialing { deadline: now + self.settings.timings.dial };
        self.actions.push_back(LinkAction::Dial { link: self.link, url: self.settings.url() });
    }

    /// Gives the connection up and sets the time of the next try.
    fn fail(&mut self, now: Instant, reason: DisconnectReason) {
        if let State::Ready { since, .. } = self.state
            && now - since >= self.settings.timings.stable_after
        {
            self.backoff.reset();
        }
        let is_busy = matches!(self.state, State::Greeting { .. });
        let has_party = !self.memberships.is_empty();
        let longest = if has_party && !is_busy { LONGEST_RETRY_IN_PARTY } else { LONGEST_RETRY };
        let wait = self.jitter.jittered(self.backoff.next_pause().min(longest));
        self.fail_for(now, reason, wait);
    }

    fn fail_for(&mut self, now: Instant, reason: DisconnectReason, wait: Duration) {
        self.actions.push_back(LinkAction::Close);
        self.answer_due = None;
        self.memberships.values_mut().for_each(Membership::disconnected);
        self.answers.clear();
        let retry_at = now + wait;
        self.state = State::Waiting { until: retry_at };
        self.events.push_back(ControlEvent::Disconnected { reason, retry_at });
    }

    /// Sends a frame; one that is answered starts the clock, unless it runs already.
    fn send(&mut self, now: Instant, message: &ClientMessage) {
        let answered = !matches!(message, ClientMessage::Request(Request::Signal { .. }));
        if answered && self.answer_due.is_none() {
            self.answer_due = Some(now + self.settings.timings.answer);
        }
        self.actions.push_back(LinkAction::Send(message.encode()));
    }

    fn send_request(&mut self, now: Instant, request: Request) {
        if self.is_connected() {
            self.answers.expect(&request);
            let request = match &self.nonce {
                Some(nonce) => self.with_proofs(request, nonce),
                None => request,
            };
            self.send(now, &ClientMessage::Request(request));
        }
    }

    /// What this device may do there, for the session of this nonce.
    fn with_proofs(&self, mut request: Request, nonce: &Nonce) -> Request {
        let peer = self.identity.peer_id();
        if let Some(key) = self.doors.get(&request.party()) {
            request = request.proven(key, nonce, &peer);
        }
        match &self.settings.access {
            Some(key) => request.with_access(key, nonce, &peer),
            None => request,
        }
    }

    fn register(&mut self, now: Instant, party: PartyId) {
        if let Some(membership) = self.memberships.get_mut(&party) {
            membership.disconnected();
            let register = membership.register.clone();
            self.send_request(now, register);
        }
    }
}

impl RemoteControlPlane {
    /// Asks for something. The answer is an event. [`Request::CreateParty`] and [`Request::JoinParty`] are
    /// remembered and repeated for as long as the plane lives, until [`Request::LeaveParty`] or a refusal that
    /// another try cannot mend.
    pub fn request(&mut self, now: Now, request: Request) {
        let party = request.party();
        match &request {
            Request::CreateParty { .. } | Request::JoinParty { .. } => {
                self.leaving.remove(&party);
                self.memberships.insert(party, Membership::new(request.clone()));
            }
            Request::LeaveParty { .. } => {
                self.memberships.remove(&party);
                self.doors.remove(&party);
                self.leaving.insert(party, request.clone());
            }
            Request::UpdatePeer { .. } => {
                let Some(membership) = self.memberships.get_mut(&party) else { return };
                membership.update(&request);
                // Not registered yet: the registration will say it.
                if membership.revision.is_none() && membership.retry_at.is_some() {
                    return;
                }
            }
            Request::Signal { .. } | Request::GetParty { .. } => {
                if !self.memberships.contains_key(&party) {
                    return;
                }
            }
        }
        self.send_request(now.instant, request);
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Now) {
        let now = now.instant;
        if self.answer_due.is_some_and(|due| now >= due) {
            self.fail(now, DisconnectReason::Silent);
        }
        match &mut self.state {
            State::Waiting { until } if now >= *until => self.dial(now),
            State::Dialing { deadline } | State::Greeting { deadline } if now >= *deadline => {
                self.fail(now, DisconnectReason::Silent);
            }
            State::Ready { next_heartbeat, interval, .. } if now >= *next_heartbeat => {
                *next_heartbeat = now + *interval;
                self.send_sign_of_life(now);
            }
            _ => {}
        }
        let due = |membership: &Membership| membership.retry_at.is_some_and(|at| now >= at);
        let due: Vec<PartyId> =
            self.memberships.iter().filter(|(_, membership)| due(membership)).map(|(id, _)| *id).collect();
        for party in due {
            self.register(now, party);
        }
    }

    /// What happened since the last call, in order. To be taken after every call, until there is none.
    pub fn poll_event(&mut self) -> Option<ControlEvent> {
        self.events.pop_front()
    }

    /// When [`RemoteControlPlane::handle_timeout`] has to be called next; maybe in the past.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let state = match self.state {
            State::Waiting { until } => Some(until),
            State::Dialing { deadline } | State::Greeting { deadline } => Some(deadline),
            State::Ready { next_heartbeat, .. } => Some(next_heartbeat),
            State::Stopped => return None,
        };
        let retries = self.memberships.values().filter_map(|membership| membership.retry_at);
        state.into_iter().chain(self.answer_due).chain(retries).min()
    }
}
