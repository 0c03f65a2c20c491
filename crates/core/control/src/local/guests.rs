//! Friends that connect to this device's own control plane.

use std::net::SocketAddr;

use lanrage_party::DeviceIdentity;

use super::{LocalControlPlane, event};
use crate::{
    Now,
    protocol::{ErrorCode, ServerMessage},
    session::{ConnectionId, Frame, ServerSession, SessionOutput, SessionRandom},
};

/// What became of a connection to this device.
#[derive(Debug, Clone)]
pub enum GuestEvent {
    /// Somebody has connected.
    Opened {
        /// The connection.
        guest: ConnectionId,
        /// Where it was reached, if that is known to be the name it was dialled by: proofs that were made for
        /// another place are then refused.
        reached_at: Option<SocketAddr>,
        /// Randomness for its session.
        random: SessionRandom,
    },
    /// A text frame arrived.
    Frame(ConnectionId, String),
    /// A ping or a pong arrived.
    Ping(ConnectionId),
    /// Something arrived that is no text frame, or a larger one than any may be; nothing more follows.
    Unreadable(ConnectionId, ErrorCode),
    /// It is over.
    Closed(ConnectionId),
}

/// What is to be done with a connection to this device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuestAction {
    /// Send one text frame.
    Send(ConnectionId, Frame),
    /// Close it, once what was sent before is gone.
    Close(ConnectionId),
}

/// How often guests were refused what they asked for, or sent off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GuestRefusals {
    /// For whatever reason.
    pub all: u64,
    /// Those who knew a party's id and had no key of its door.
    pub doors: u64,
}

impl GuestRefusals {
    fn count(&mut self, message: &ServerMessage) {
        if let ServerMessage::Error(refusal) = message {
            self.all += 1;
            self.doors += u64::from(refusal.code == ErrorCode::DoorClosed);
        }
    }
}

impl LocalControlPlane {
    /// Takes in what became of a guest's connection.
    pub fn handle_guest(&mut self, now: Now, event: GuestEvent) {
        match event {
            GuestEvent::Opened { guest, reached_at, random } => {
                let names = reached_at.iter().map(SocketAddr::to_string).collect();
                let mut session = ServerSession::new(self.limits, names, random, now.instant);
                if let Some(key) = &self.key {
                    session = session.with_key(key.clone());
                }
                if self.guests.len() >= self.limits.connections {
                    session.end(ErrorCode::ServerFull);
                }
                self.guests.insert(guest, session);
                self.serve_guest(now, guest);
            }
            GuestEvent::Frame(guest, text) => match self.guests.get_mut(&guest) {
                Some(session) => {
                    session.handle_frame(now.instant, &text);
                    self.serve_guest(now, guest);
                }
                // Given up here, because it could not be told anything any more.
                None => self.guest_actions.push_back(GuestAction::Close(guest)),
            },
            GuestEvent::Ping(guest) => {
                if let Some(session) = self.guests.get_mut(&guest) {
                    session.handle_ping(now.instant);
                    self.serve_guest(now, guest);
                }
            }
            GuestEvent::Unreadable(guest, code) => {
                if let Some(session) = self.guests.get_mut(&guest) {
                    session.end(code);
                    self.serve_guest(now, guest);
                }
            }
            GuestEvent::Closed(guest) => {
                self.guests.remove(&guest);
                self.hub.disconnected(guest, now.wall);
                self.drain();
            }
        }
    }

    /// The next thing to do with a guest's connection. To be taken until there is none, after every call. If it
    /// cannot be done now, [`GuestEvent::Closed`] is to be said of that guest, and nothing is lost but its
    /// connection.
    pub fn poll_guest(&mut self) -> Option<GuestAction> {
        self.guest_actions.pop_front()
    }

    /// Tells every guest that it is over, and lets nobody in any more until the next [`GuestEvent::Opened`].
    /// Their leases stay reserved.
    pub fn stop_guests(&mut self, now: Now) {
        let guests: Vec<ConnectionId> = self.guests.keys().copied().collect();
        for guest in guests {
            if let Some(session) = self.guests.get_mut(&guest) {
                session.end(ErrorCode::Stopping);
                self.drain_guest(guest);
            }
            self.hub.disconnected(guest, now.wall);
        }
        self.drain();
    }

    /// Guests are shown from now on that this is the owner's device: a player's identity is the key of the control plane
    /// in its app, so that a link names both.
    pub fn show_key(&mut self, owner: DeviceIdentity) {
        self.key = Some(owner);
    }

    /// Number of guests that are connected.
    pub fn guests(&self) -> usize {
        self.guests.len()
    }

    pub(super) fn handle_guest_timeouts(&mut self, now: Now) {
        let due = |session: &ServerSession| session.poll_timeout().is_some_and(|due| now.instant >= due);
        let due: Vec<ConnectionId> =
            self.guests.iter().filter(|(_, session)| due(session)).map(|(guest, _)| *guest).collect();
        for guest in due {
            if let Some(session) = self.guests.get_mut(&guest) {
                session.handle_timeout(now.instant);
            }
            self.serve_guest(now, guest);
        }
    }

    /// Follows what a session wants, then what the registry answers.
    fn serve_guest(&mut self, now: Now, guest: ConnectionId) {
        while let Some(output) = self.guests.get_mut(&guest).and_then(ServerSession::poll_output) {
            match output {
                SessionOutput::Send(message) => self.say(guest, &message),
                // No token is ever stored here, so none is good.
                SessionOutput::CheckToken { .. } => {
                    if let Some(session) = self.guests.get_mut(&guest) {
                        session.handle_token(now.instant, false);
                    }
                }
                SessionOutput::Proven(proven) => self.hub.connect(guest, proven, now.wall),
                SessionOutput::Request(request) => self.hub.request(guest, request, now.wall),
                SessionOutput::Heartbeat => self.hub.heartbeat(guest, now.wall),
                SessionOutput::GetRelays => self.hub.get_relays(guest, now.wall),
                SessionOutput::RegisterRelay(relay) => self.hub.register_relay(guest, relay, now.wall),
                SessionOutput::Close => {
                    self.guests.remove(&guest);
                    self.guest_actions.push_back(GuestAction::Close(guest));
                    self.hub.disconnected(guest, now.wall);
                }
            }
        }
        self.drain();
    }

    /// The last words of a session that the hub itself has given up.
    pub(super) fn drain_guest(&mut self, guest: ConnectionId) {
        while let Some(output) = self.guests.get_mut(&guest).and_then(ServerSession::poll_output) {
            match output {
                SessionOutput::Send(message) => self.say(guest, &message),
                SessionOutput::Close => {
                    self.guests.remove(&guest);
                    self.guest_actions.push_back(GuestAction::Close(guest));
                }
                _ => {}
            }
        }
    }

    /// How often guests were refused what they asked for so far.
    pub const fn refused(&self) -> GuestRefusals {
        self.refused
    }

    fn say(&mut self, guest: ConnectionId, message: &ServerMessage) {
        self.refused.count(message);
        self.guest_actions.push_back(GuestAction::Send(guest, Frame::of(message)));
    }

    pub(super) fn send(&mut self, to: &[ConnectionId], message: ServerMessage) {
        let guests = to.iter().filter(|to| self.guests.contains_key(to));
        let mut guests = guests.peekable();
        if guests.peek().is_some() {
            self.refused.count(&message);
            let frame = Frame::of(&message);
            self.guest_actions.extend(guests.map(|guest| GuestAction::Send(*guest, frame.clone())));
        }
        if to.contains(&ConnectionId::HOME) {
            self.events.extend(event(message));
        }
    }
}
