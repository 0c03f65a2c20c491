//! What the server says, and what follows from it. Anything may be false: whatever does not fit is ignored,
//! and a frame that is no message at all ends the connection.

use std::time::{Duration, Instant};

use lanrage_base::backoff::doubled;
use lanrage_party::{
    IdentityKey, PartyId, RelayOffer, ServerId, UnixMillis, challenge_message, login_message,
};

use super::{FIRST_RETRY, Greeting, LONGEST_RETRY, RemoteControlPlane, State, membership::Step};
use crate::{
    ControlEvent, DisconnectReason, Now,
    protocol::{
        ClientMessage, ErrorCode, FrameError, Nonce, PROTOCOL_VERSION, PartySnapshot, Refusal, Request,
        RequestKind, ServerMessage, ServerProof, SessionMessage, StunEndpoint, negotiate, prove_message,
    },
};

impl RemoteControlPlane {
    pub(super) fn greet(&mut self, now: Instant) {
        if !matches!(self.state, State::Dialing { .. }) {
            return;
        }
        self.state = State::Greeting { deadline: now + self.settings.timings.handshake };
        // A number that no other connection has, from a random one on.
        let nonce = Nonce::from_random(self.identity.nonce(self.link.0));
        self.greeting = Greeting { nonce: Some(nonce), server: None };
        let hello = SessionMessage::Hello {
            protocol: PROTOCOL_VERSION,
            client_version: self.settings.client_version.clone(),
            identity: self.identity.public(),
            // A server whose key is known has to show it each time, which it does with its challenge.
            session: self.session.clone().filter(|_| self.settings.server.is_none()),
            if_absent: self.replaced,
            nonce: Some(nonce),
        };
        self.send(now, &ClientMessage::Session(hello));
    }

    pub(super) fn handle_frame(&mut self, now: Now, text: &str) {
        let now = now.instant;
        let message = match ServerMessage::parse(text) {
            Ok(message) => message,
            Err(FrameError::UnknownType(_)) => return,
            Err(FrameError::Malformed(_) | FrameError::TooLarge) => {
                return self.fail(now, DisconnectReason::NotAServer);
            }
        };
        match (&self.state, message) {
            (State::Greeting { .. }, ServerMessage::Challenge { nonce, server }) => {
                let authority = self.settings.authority();
                let peer = self.identity.peer_id();
                let key = server.and_then(|server| self.check_server(&nonce, &server));
                self.greeting.server = key.as_ref().map(ServerId::of);
                if self.is_other_server() {
                    return self.refuse_server(now);
                }
                let message = match &key {
                    Some(key) => login_message(nonce.as_bytes(), key, &peer, &authority),
                    None => prove_message(&nonce, &authority),
                };
                let signature = self.identity.sign(&message);
                let prove = SessionMessage::Prove { authority, signature };
                self.send(now, &ClientMessage::Session(prove));
            }
            (
                State::Greeting { .. },
                ServerMessage::Welcome {
                    session,
                    protocol,
                    heartbeat_interval_ms,
                    stun,
                    server_time,
                    nonce,
                    has_page,
                    relays,
                },
            ) => {
                // Also one that wants no proof has to have the key.
                if self.is_other_server() {
                    return self.refuse_server(now);
                }
                if protocol > PROTOCOL_VERSION || negotiate(protocol).is_none() {
                    return self.refuse_session(now, &ErrorCode::ProtocolVersion.into());
                }
                self.session = Some(session);
                self.nonce = nonce;
                self.has_page = has_page;
                self.replaced = false;
                self.begin(now, heartbeat_interval_ms, server_time, stun, relays);
            }
            (State::Greeting { .. }, ServerMessage::Error(refusal)) => self.refuse_session(now, &refusal),
            (State::Ready { .. }, message) => {
                self.answer_due = None;
                self.handle_message(now, message);
            }
            _ => {}
        }
    }

    /// The server's key, if it has it.
    fn check_server(&self, nonce: &Nonce, server: &ServerProof) -> Option<IdentityKey> {
        let ours = self.greeting.nonce.as_ref()?;
        let message = challenge_message(nonce.as_bytes(), ours.as_bytes(), &self.identity.peer_id());
        server.key.verifies(&message, &server.signature).then_some(server.key)
    }

    fn is_other_server(&self) -> bool {
        self.settings.server.is_some() && self.settings.server != self.greeting.server
    }

    /// Nothing was said to it but who we are, and another try soon would find the same one.
    fn refuse_server(&mut self, now: Instant) {
        let shown = self.greeting.server;
        self.fail_for(now, DisconnectReason::OtherServer { shown }, LONGEST_RETRY);
    }

    fn begin(
        &mut self,
        now: Instant,
        heartbeat_interval_ms: u64,
        server_time: UnixMillis,
        mut stun: Vec<StunEndpoint>,
        relays: Vec<RelayOffer>,
    ) {
        // Whatever the server wishes: neither a flood nor a silence in which its death goes unnoticed.
        let interval = Duration::from_millis(heartbeat_interval_ms)
            .clamp(Duration::from_secs(5), Duration::from_secs(120));
        self.answer_due = None;
        self.state = State::Ready { since: now, interval, next_heartbeat: now + interval };
        for endpoint in &mut stun {
            if endpoint.host.is_empty() {
                endpoint.host = self.settings.host().to_owned();
            }
        }
        let server = self.greeting.server;
        self.events.push_back(ControlEvent::Connected { stun, server_time, server });
        // A server offers relays to those who are in company. One that has lost its parties finds out who is only when they
        // register again; what is in use goes on until then.
        if !relays.is_empty() || !self.offered {
            self.handle_relays(relays);
        }
        if self.registration.is_some() {
            self.send_sign_of_life(now);
        }
        for leave in self.leaving.values().cloned().collect::<Vec<Request>>() {
            self.send_request(now, leave);
        }
        for party in self.memberships.keys().copied().collect::<Vec<PartyId>>() {
            self.register(now, party);
        }
    }

    fn handle_relays(&mut self, mut relays: Vec<RelayOffer>) {
        self.offered = !relays.is_empty();
        for uri in relays.iter_mut().flat_map(|relay| &mut relay.uris) {
            if uri.host.is_empty() {
                uri.host = self.settings.host().to_owned();
            }
        }
        self.events.push_back(ControlEvent::Relays(relays));
    }

    fn handle_message(&mut self, now: Instant, message: ServerMessage) {
        match message {
            ServerMessage::Party { snapshot } => self.handle_party(snapshot),
            ServerMessage::Delta { party, revision, change } => {
                let Some(membership) = self.memberships.get_mut(&party) else { return };
                match membership.step(revision, &change) {
                    Step::Next => self.events.push_back(ControlEvent::Change { party, revision, change }),
                    Step::Gap => self.send_request(now, Request::GetParty { party, proof: None }),
                    Step::Ignore => {}
                }
            }
            ServerMessage::Signal { party, from, signal } if self.memberships.contains_key(&party) => {
                self.events.push_back(ControlEvent::Signal { party, from, signal });
            }
            ServerMessage::Left { party } => {
                // The party that was left may have been joined again since.
                if self.answers.arrived(party, &[RequestKind::LeaveParty]) {
                    return;
                }
                // Also said of a party that we never meant to leave: the server has removed us.
                let member = self.memberships.remove(&party).is_some();
                if self.leaving.remove(&party).is_some() || member {
                    self.events.push_back(ControlEvent::Left { party });
                }
            }
            ServerMessage::Relays { relays } => self.handle_relays(relays),
            ServerMessage::Announcement { text } => self.events.push_back(ControlEvent::Announcement(text)),
            ServerMessage::Error(refusal) => self.handle_refusal(now, refusal),
            _ => {}
        }
    }

    fn handle_party(&mut self, snapshot: PartySnapshot) {
        let kinds = [RequestKind::CreateParty, RequestKind::JoinParty, RequestKind::GetParty];
        if self.answers.arrived(snapshot.party, &kinds) {
            return;
        }
        let Some(membership) = self.memberships.get_mut(&snapshot.party) else { return };
        membership.disconnected();
        membership.revision = Some(snapshot.revision);
        membership.refusals = 0;
        self.events.push_back(ControlEvent::Party(snapshot));
    }

    fn handle_refusal(&mut self, now: Instant, refusal: Refusal) {
        match refusal.code {
            ErrorCode::Replaced
            | ErrorCode::NotAuthenticated
            | ErrorCode::TimedOut
            | ErrorCode::Stopping
            | ErrorCode::ServerFull
            | ErrorCode::Banned
            | ErrorCode::ProtocolVersion => return self.refuse_session(now, &refusal),
            // Said of nothing in particular: the server's own trouble, and it begins again.
            ErrorCode::Internal if refusal.request.is_none() => return self.refuse_session(now, &refusal),
            _ => {}
        }
        match (refusal.party, refusal.request) {
            (Some(party), Some(request)) => {
                let registration = matches!(request, RequestKind::CreateParty | RequestKind::JoinParty);
                if self.answers.arrived(party, &[request]) && registration {
                    return;
                }
                if refusal.code == ErrorCode::PartyExists && self.join_instead(now, party) {
                    return;
                }
            }
            _ => self.answers.clear(),
        }
        let retry_at = refusal
            .party
            .zip(refusal.request)
            .and_then(|(party, request)| self.schedule_registration(now, party, request, &refusal));
        self.events.push_back(ControlEvent::Refused { refusal, retry_at });
    }

    /// The party has been inherited, because its host was away for too long: the host comes back as a member.
    fn join_instead(&mut self, now: Instant, party: PartyId) -> bool {
        let Some(membership) = self.memberships.get_mut(&party) else { return false };
        let Request::CreateParty { record, nat_type, door, .. } = &membership.register else { return false };
        let (record, nat_type, door) = (record.clone(), *nat_type, *door);
        membership.register = Request::JoinParty { party, record, nat_type, door, proof: None };
        self.register(now, party);
        true
    }

    /// Decides what a refused request means for the membership, and when it is registered again.
    fn schedule_registration(
        &mut self,
        now: Instant,
        party: PartyId,
        request: RequestKind,
        refusal: &Refusal,
    ) -> Option<Instant> {
        let passing = matches!(
            refusal.code,
            ErrorCode::UnknownParty
                | ErrorCode::NotAMember
                | ErrorCode::PartyFull
                | ErrorCode::TooManyParties
                // What the operator may lift; who waits for a new party is told at once.
                | ErrorCode::AccessNeeded
                | ErrorCode::AccessWrong
                | ErrorCode::DeviceParties
                | ErrorCode::AddressParties
                | ErrorCode::RateLimited
                | ErrorCode::Internal
        );
        let membership = self.memberships.get_mut(&party)?;
        match request {
            RequestKind::CreateParty | RequestKind::JoinParty if !passing => {
                self.memberships.remove(&party);
                return None;
            }
            RequestKind::CreateParty | RequestKind::JoinParty | RequestKind::GetParty => {}
            // The server has forgotten us.
            RequestKind::UpdatePeer | RequestKind::Signal
                if matches!(refusal.code, ErrorCode::UnknownParty) => {}
            _ => return None,
        }
        let doubled = doubled(self.settings.timings.register_retry, membership.refusals, LONGEST_RETRY);
        membership.refusals = membership.refusals.saturating_add(1);
        membership.resyncing = false;
        let asked = Duration::from_millis(refusal.retry_after_ms.unwrap_or(0));
        let wait = doubled.max(asked).min(LONGEST_RETRY);
        membership.retry_at = Some(now + self.jitter.jittered(wait));
        membership.retry_at
    }

    /// The server does not want this session: now, for a while, or in this form at all.
    fn refuse_session(&mut self, now: Instant, refusal: &Refusal) {
        if !matches!(refusal.code, ErrorCode::Replaced | ErrorCode::Stopping) {
            self.session = None;
        }
        self.replaced |= refusal.code == ErrorCode::Replaced;
        let reason = DisconnectReason::Refused(refusal.code);
        match refusal.code {
            // Another try soon would change nothing; in the case of a second program with the same identity
            // it would throw that one out.
            ErrorCode::Replaced | ErrorCode::ProtocolVersion | ErrorCode::WrongServer | ErrorCode::Banned => {
                self.fail_for(now, reason, LONGEST_RETRY);
            }
            _ => match refusal.retry_after_ms {
                Some(millis) => {
                    let wait = Duration::from_millis(millis).clamp(FIRST_RETRY, LONGEST_RETRY);
                    let wait = self.jitter.jittered(wait);
                    self.fail_for(now, reason, wait);
                }
                None => self.fail(now, reason),
            },
        }
    }
}
