use std::{collections::VecDeque, fmt, time::Instant};

use lanrage_base::bucket::TokenBucket;
use lanrage_party::{DeviceIdentity, IdentityKey, PeerId, Signature, challenge_message, login_message};

use super::ConnectionLimits;
use crate::protocol::{
    ClientMessage, ErrorCode, Nonce, OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION, Refusal, RelayRegistration,
    Request, ServerMessage, ServerProof, SessionMessage, SessionToken, negotiate, prove_message,
};

/// One client's connection as a server sees it, from hello to goodbye: a pure state machine.
///
/// Frames come in by [`ServerSession::handle_frame`]. After every call, outputs are taken until there are
/// none. A client is let in ([`SessionOutput::Proven`]) once it has signed a challenge, or presented a token
/// that [`ServerSession::handle_token`] calls good; the welcome is then for the [`super::Hub`] to say. Nothing
/// of a client that has not proven who it is leaves this type.
#[derive(Debug)]
pub struct ServerSession {
    limits: ConnectionLimits,
    /// `host:port` by which clients reach this server; empty for any.
    names: Vec<String>,
    /// The server's own key.
    key: Option<DeviceIdentity>,
    random: SessionRandom,
    state: State,
    bucket: TokenBucket,
    pings: TokenBucket,
    snapshots: TokenBucket,
    refused: u32,
    outputs: VecDeque<SessionOutput>,
}

/// The randomness of one connection, never used for another one: a nonce and a session token.
#[derive(Clone)]
pub struct SessionRandom {
    nonce: Nonce,
    token: SessionToken,
}

/// What a [`ServerSession`] wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionOutput {
    /// Send this.
    Send(ServerMessage),
    /// Say by [`ServerSession::handle_token`] whether the token is good.
    CheckToken {
        /// Whom it has to be for.
        peer: PeerId,
        /// The token.
        token: SessionToken,
    },
    /// The client is who it says; at most once.
    Proven(Proven),
    /// The client asks for something.
    Request(Request),
    /// The client gives a sign of life, to be answered.
    Heartbeat,
    /// The client wants the relays, with fresh credentials.
    GetRelays,
    /// The client is a relay and says how it is.
    RegisterRelay(RelayRegistration),
    /// Close the connection, once everything before this is sent. The last output.
    Close,
}

/// A client that has proven who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// Who.
    pub peer: PeerId,
    /// The protocol version that both speak.
    pub protocol: u16,
    /// The token of its session.
    pub token: SessionToken,
    /// Whether the token is the one of an earlier session.
    pub resumed: bool,
    /// See [`SessionMessage::Hello`].
    pub if_absent: bool,
    /// Of this connection alone, for proofs.
    pub nonce: Nonce,
    /// Whether it has proven itself to this server and no other. One that has not may have done so to another server,
    /// which passes its proof on.
    pub bound: bool,
}

#[derive(Debug)]
enum State {
    /// Nothing was said yet.
    Silent { deadline: Instant },
    /// A token is being looked up.
    Resuming { deadline: Instant, claim: Claim, token: SessionToken },
    /// The challenge is not answered yet.
    Challenged { deadline: Instant, claim: Claim },
    /// The client is in.
    Standing { idle_at: Instant },
    /// It is over.
    Ended,
}

/// Who a client says it is.
#[derive(Debug, Clone, Copy)]
struct Claim {
    identity: IdentityKey,
    protocol: u16,
    if_absent: bool,
    nonce: Option<Nonce>,
}

impl SessionRandom {
    /// Takes 64 random bytes.
    pub fn from_random(bytes: [u8; 64]) -> Self {
        let (mut nonce, mut token) = ([0; 32], [0; 32]);
        nonce.copy_from_slice(&bytes[..32]);
        token.copy_from_slice(&bytes[32..]);
        Self { nonce: Nonce::from_random(nonce), token: SessionToken::from_random(token) }
    }
}

impl fmt::Debug for SessionRandom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionRandom(..)")
    }
}

impl ServerSession {
    /// A connection that was just made. `names` are the `host:port` by which clients reach this server: a proof
    /// made for another one is refused; if there are none, every one is taken.
    pub fn new(limits: ConnectionLimits, names: Vec<String>, random: SessionRandom, now: Instant) -> Self {
        Self {
            limits,
            names,
            key: None,
            random,
            state: State::Silent { deadline: now + limits.hello },
            bucket: TokenBucket::new(limits.frames),
            pings: TokenBucket::new(limits.pings),
            snapshots: TokenBucket::new(limits.snapshots),
            refused: 0,
            outputs: VecDeque::new(),
        }
    }

    /// The same of a server with a key, which it shows to clients that ask for it; they then prove who they are to it
    /// alone, whatever it is called.
    #[must_use]
    pub fn with_key(mut self, key: DeviceIdentity) -> Self {
        self.key = Some(key);
        self
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<SessionOutput> {
        self.outputs.pop_front()
    }

    /// When [`ServerSession::handle_timeout`] has to be called; `None` once the session has ended.
    pub const fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Silent { deadline }
            | State::Resuming { deadline, .. }
            | State::Challenged { deadline, .. } => Some(deadline),
            State::Standing { idle_at } => Some(idle_at),
            State::Ended => None,
        }
    }

    /// Takes in a text frame.
    pub fn handle_frame(&mut self, now: Instant, text: &str) {
        match &mut self.state {
            State::Standing { idle_at } => *idle_at = now + self.limits.idle,
            State::Ended => return,
            State::Silent { .. } | State::Resuming { .. } | State::Challenged { .. } => {}
        }
        let message = if self.bucket.take(now, 1) {
            ClientMessage::parse(text).map_err(|error| self.explain(text, error.into()))
        } else {
            Err(rate_limited(text))
        };
        self.take_in(now, message);
    }

    /// Refuses a text frame because others of the same source have taken its place.
    pub fn handle_excess(&mut self, now: Instant, text: &str) {
        if !matches!(self.state, State::Ended) {
            self.take_in(now, Err(rate_limited(text)));
        }
    }

    fn take_in(&mut self, now: Instant, message: Result<ClientMessage, Refusal>) {
        if let Err(refusal) = message.and_then(|message| self.accept(now, message)) {
            self.refuse(refusal);
        }
    }

    /// Notes a ping or a pong, which the library under the connection answers by itself. It is no sign of life. More of
    /// them than [`ConnectionLimits::pings`] end the session, and so do those that find no room among the frames.
    pub fn handle_ping(&mut self, now: Instant) {
        if !(self.pings.take(now, 1) && self.bucket.take(now, 1)) {
            self.end(ErrorCode::RateLimited);
        }
    }

    /// Whether the token of [`SessionOutput::CheckToken`] is good.
    pub fn handle_token(&mut self, now: Instant, good: bool) {
        let State::Resuming { deadline, claim, token } = &self.state else { return };
        let (deadline, claim, token) = (*deadline, *claim, token.clone());
        if good {
            // Its first session was proven in the way that this peer has to.
            self.stand(now, claim, token, true, true);
        } else {
            self.challenge(deadline, claim);
        }
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_some_and(|due| now >= due) {
            let standing = matches!(self.state, State::Standing { .. });
            self.end(if standing { ErrorCode::TimedOut } else { ErrorCode::NotAuthenticated });
        }
    }

    /// Tells the client why it is over, and closes.
    pub fn end(&mut self, refusal: impl Into<Refusal>) {
        if !matches!(self.state, State::Ended) {
            self.state = State::Ended;
            self.outputs.push_back(SessionOutput::Send(ServerMessage::Error(refusal.into())));
            self.outputs.push_back(SessionOutput::Close);
        }
    }

    fn accept(&mut self, now: Instant, message: ClientMessage) -> Result<(), Refusal> {
        match (&self.state, message) {
            (
                State::Silent { deadline },
                ClientMessage::Session(SessionMessage::Hello {
                    protocol,
                    identity,
                    session,
                    if_absent,
                    nonce,
                    ..
                }),
            ) => {
                let deadline = *deadline;
                let Some(spoken) = negotiate(protocol) else {
                    self.end(unspoken(protocol));
                    return Ok(());
                };
                let claim = Claim { identity, protocol: spoken, if_absent, nonce };
                match session {
                    Some(token) => {
                        let peer = PeerId::of(&identity);
                        self.outputs.push_back(SessionOutput::CheckToken { peer, token: token.clone() });
                        self.state = State::Resuming { deadline, claim, token };
                    }
                    None => self.challenge(deadline, claim),
                }
            }
            (
                State::Challenged { claim, .. },
                ClientMessage::Session(SessionMessage::Prove { authority, signature }),
            ) => {
                let claim = *claim;
                match self.check_proof(&claim, &authority, &signature) {
                    Ok(bound) => {
                        let token = self.random.token.clone();
                        self.stand(now, claim, token, false, bound);
                    }
                    Err(code) => self.end(code),
                }
            }
            (State::Standing { .. }, ClientMessage::Request(request @ Request::GetParty { .. }))
                if !self.snapshots.take(now, 1) =>
            {
                let refusal = Refusal::new(ErrorCode::RateLimited).retry_after(1_000);
                return Err(refusal.about(request.kind(), request.party()));
            }
            (State::Standing { .. }, ClientMessage::Request(request)) => {
                self.refused = 0;
                self.outputs.push_back(SessionOutput::Request(request));
            }
            (State::Standing { .. }, ClientMessage::Session(SessionMessage::Heartbeat)) => {
                self.refused = 0;
                self.outputs.push_back(SessionOutput::Heartbeat);
            }
            (State::Standing { .. }, ClientMessage::Session(SessionMessage::GetRelays)) => {
                self.refused = 0;
                self.outputs.push_back(SessionOutput::GetRelays);
            }
            (State::Standing { .. }, ClientMessage::Session(SessionMessage::RegisterRelay(relay))) => {
                self.refused = 0;
                self.outputs.push_back(SessionOutput::RegisterRelay(relay));
            }
            (State::Standing { .. }, ClientMessage::Session(_)) => {
                return Err(Refusal::new(ErrorCode::BadFrame).detail("the session stands already"));
            }
            (_, ClientMessage::Request(request)) => {
                let refusal = Refusal::new(ErrorCode::NotAuthenticated);
                return Err(refusal.about(request.kind(), request.party()));
            }
            (_, ClientMessage::Session(_)) => return Err(ErrorCode::NotAuthenticated.into()),
        }
        Ok(())
    }

    fn challenge(&mut self, deadline: Instant, claim: Claim) {
        self.state = State::Challenged { deadline, claim };
        let nonce = self.random.nonce;
        let server = self.key.as_ref().zip(claim.nonce).map(|(key, theirs)| {
            let peer = PeerId::of(&claim.identity);
            let message = challenge_message(nonce.as_bytes(), theirs.as_bytes(), &peer);
            ServerProof { key: key.public(), signature: key.sign(&message) }
        });
        self.outputs.push_back(SessionOutput::Send(ServerMessage::Challenge { nonce, server }));
    }

    /// Whether the proof is for this server alone.
    fn check_proof(&self, claim: &Claim, authority: &str, signature: &Signature) -> Result<bool, ErrorCode> {
        let Claim { identity, .. } = claim;
        let nonce = &self.random.nonce;
        let bound = self.key.as_ref().is_some_and(|key| {
            let peer = PeerId::of(identity);
            let message = login_message(nonce.as_bytes(), &key.public(), &peer, authority);
            identity.verifies(&message, signature)
        });
        if !bound && !identity.verifies(&prove_message(nonce, authority), signature) {
            return Err(ErrorCode::BadSignature);
        }
        let known =
            self.names.is_empty() || self.names.iter().any(|name| name.eq_ignore_ascii_case(authority));
        if known { Ok(bound) } else { Err(ErrorCode::WrongServer) }
    }

    fn stand(&mut self, now: Instant, claim: Claim, token: SessionToken, resumed: bool, bound: bool) {
        self.refused = 0;
        self.state = State::Standing { idle_at: now + self.limits.idle };
        self.outputs.push_back(SessionOutput::Proven(Proven {
            peer: PeerId::of(&claim.identity),
            protocol: claim.protocol,
            token,
            resumed,
            if_absent: claim.if_absent,
            nonce: self.random.nonce,
            bound,
        }));
    }

    /// Answers a frame that is refused; too many in a row, or a protocol that is not spoken, end the session.
    fn refuse(&mut self, refusal: Refusal) {
        self.refused += 1;
        if self.refused > self.limits.refused || refusal.code == ErrorCode::ProtocolVersion {
            self.end(refusal);
        } else {
            self.outputs.push_back(SessionOutput::Send(ServerMessage::Error(refusal)));
        }
    }

    /// A first frame that cannot be read may be the hello of a protocol that is not spoken any more.
    fn explain(&self, text: &str, refusal: Refusal) -> Refusal {
        let silent = matches!(self.state, State::Silent { .. });
        let claimed = if silent { ClientMessage::claimed_protocol(text) } else { None };
        claimed.filter(|version| negotiate(*version).is_none()).map_or(refusal, unspoken)
    }
}

fn unspoken(version: u16) -> Refusal {
    let detail = format!(
        "the client speaks version {version}, this server {OLDEST_PROTOCOL_VERSION} to {PROTOCOL_VERSION}"
    );
    Refusal::new(ErrorCode::ProtocolVersion).detail(detail)
}

fn rate_limited(text: &str) -> Refusal {
    let refusal = Refusal::new(ErrorCode::RateLimited).retry_after(1_000);
    match ClientMessage::glance(text) {
        Some((kind, party)) => refusal.about(kind, party),
        None => refusal,
    }
}
