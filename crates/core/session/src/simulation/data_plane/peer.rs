//! A peer's sessions, handshakes and timers.

use std::{collections::VecDeque, time::Duration};

use lanrage_party::{PeerConfig, Remote};

use super::{
    Effects, Local,
    relays::{Ways, send},
    vault::{Inner, Sealed, Vault, message},
};

pub(super) const SESSIONS: usize = 8;
pub(super) const SESSION_USABLE: Duration = Duration::from_secs(175);
pub(super) const REJECT_AFTER: Duration = Duration::from_secs(180);
pub(super) const REKEY_AFTER: Duration = Duration::from_secs(120);
pub(super) const REKEY_TIMEOUT: Duration = Duration::from_secs(5);
pub(super) const REKEY_ATTEMPT: Duration = Duration::from_secs(90);
pub(super) const KEEPALIVE: Duration = Duration::from_secs(10);
/// Counters behind the newest one that are still told apart.
pub(super) const WINDOW: u64 = 128;
pub(super) const REMEMBERED: usize = 8;

#[derive(Debug)]
pub(super) struct Peer {
    pub(super) config: PeerConfig,
    pub(super) index: u32,
    pub(super) active: bool,
    pub(super) path: Option<Remote>,
    pub(super) remotes: VecDeque<Remote>,
    pub(super) sessions: [Option<Session>; SESSIONS],
    pub(super) next_session: u8,
    pub(super) current: Option<u32>,
    pub(super) unconfirmed: [Option<u32>; SESSIONS],
    pub(super) established: Option<u32>,
    pub(super) attempts: [Option<Attempt>; 2],
    pub(super) attempting_since: Duration,
    pub(super) expired: bool,
    pub(super) seen_stamp: u64,
    pub(super) pending: VecDeque<Inner>,
    pub(super) times: Times,
}

#[derive(Debug)]
pub(super) struct Session {
    /// Place of the response in the vault: both sides know it.
    pub(super) id: u64,
    pub(super) local: u32,
    pub(super) remote: u32,
    pub(super) since: Duration,
    pub(super) sent: u64,
    pub(super) newest: u64,
    pub(super) seen: u128,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    pub(super) index: u32,
    pub(super) sealed: u64,
    pub(super) sent_at: Duration,
}

#[derive(Debug, Default)]
pub(super) struct Times {
    pub(super) established: Duration,
    pub(super) sent: Duration,
    pub(super) received: Duration,
    pub(super) data_sent: Duration,
    pub(super) data_received: Duration,
    pub(super) is_initiator: bool,
    pub(super) wants_handshake: bool,
    pub(super) wants_keepalive: bool,
}

impl Peer {
    pub(super) fn take_index(&mut self) -> u32 {
        self.next_session = self.next_session.wrapping_add(1);
        self.index << 8 | u32::from(self.next_session)
    }

    pub(super) fn destination(&self) -> Option<Remote> {
        self.path.or_else(|| self.remotes.back().copied())
    }

    pub(super) fn is_live(&self, now: Duration) -> bool {
        self.established.is_some_and(|index| self.unconfirmed[slot(index)].is_none())
            && self.current.is_some_and(|index| self.sessions[slot(index)].is_some())
            && now < self.times.established + SESSION_USABLE
    }

    /// True if the remote is none of the latest.
    pub(super) fn note(&mut self, from: Remote) -> bool {
        let known = self.remotes.iter().position(|remote| *remote == from);
        if let Some(at) = known {
            self.remotes.remove(at);
        } else if self.remotes.len() == REMEMBERED {
            self.remotes.pop_front();
        }
        self.remotes.push_back(from);
        known.is_none()
    }

    /// The session is in use by the other side: we may use it as well, unless we have a newer one.
    pub(super) fn confirm(&mut self, index: u32) {
        let since = |index: u32| self.sessions[slot(index)].as_ref().map(|session| session.since);
        if self.current.is_none_or(|current| since(current) <= since(index)) {
            self.current = Some(index);
        }
    }

    pub(super) fn initiation(
        &mut self,
        now: Duration,
        local: &Local,
        stamp: &mut u64,
        vault: &mut Vault,
    ) -> Vec<u8> {
        if self.expired || self.attempts[0].is_none() {
            self.attempting_since = now;
        }
        self.expired = false;
        let index = self.take_index();
        *stamp = (now.as_nanos() as u64).max(*stamp + 1);
        let place = vault.seal(Sealed::Initiation {
            from: local.key,
            to: self.config.public_key,
            preshared: *self.config.preshared_key.expose(),
            stamp: *stamp,
        });
        self.attempts =
            [Some(Attempt { index, sealed: place, sent_at: now }), self.attempts[0].or(self.attempts[1])];
        self.times.sent = now;
        message(1, 0, index, place, 148)
    }

    pub(super) fn seal(
        &mut self,
        now: Duration,
        local: &Local,
        packet: Option<Inner>,
        vault: &mut Vault,
    ) -> Option<Vec<u8>> {
        if !self.is_live(now) {
            return None;
        }
        let session = self.sessions[slot(self.current?)].as_mut()?;
        session.sent += 1;
        let len = 32 + packet.as_ref().map_or(0, |packet| 20 + packet.payload.len());
        let (remote, counter) = (session.remote, session.sent as u32);
        self.times.sent = now;
        if packet.is_some() {
            self.times.data_sent = now;
        }
        let place = vault.seal(Sealed::Data { session: session.id, from: local.key, packet });
        Some(message(4, remote, counter, place, len))
    }

    pub(super) fn flush(
        &mut self,
        now: Duration,
        local: &Local,
        ways: &Ways,
        vault: &mut Vault,
        effects: &mut Effects,
    ) {
        while self.is_live(now)
            && let Some(to) = self.destination()
            && let Some(inner) = self.pending.pop_front()
        {
            if let Some(bytes) = self.seal(now, local, Some(inner), vault) {
                send(ways, to, bytes, effects);
            }
        }
    }

    pub(super) fn tick(
        &mut self,
        now: Duration,
        local: &Local,
        stamp: &mut u64,
        vault: &mut Vault,
    ) -> Option<Vec<u8>> {
        for session in &mut self.sessions {
            session.take_if(|session| now >= session.since + REJECT_AFTER);
        }
        if self.expired {
            return None;
        }
        let times = &mut self.times;
        let mut due = false;
        if let Some(attempt) = self.attempts[0] {
            if now >= self.attempting_since + REKEY_ATTEMPT {
                self.expired = true;
                self.sessions = Default::default();
                self.attempts = [None; 2];
                return None;
            }
            due |= now >= attempt.sent_at + REKEY_TIMEOUT;
        } else {
            if times.is_initiator {
                let age = now.saturating_sub(times.established);
                due |= times.established < times.data_sent && age >= REKEY_AFTER;
                due |= times.established < times.data_received
                    && age >= REJECT_AFTER - KEEPALIVE - REKEY_TIMEOUT;
            }
            due |= times.data_sent > times.received
                && now >= times.received + KEEPALIVE + REKEY_TIMEOUT
                && std::mem::take(&mut times.wants_handshake);
        }
        if due {
            return Some(self.initiation(now, local, stamp, vault));
        }
        let keepalive = self.attempts[0].is_none()
            && times.data_received > times.sent
            && now >= times.sent + KEEPALIVE
            && std::mem::take(&mut times.wants_keepalive);
        if keepalive { self.seal(now, local, None, vault) } else { None }
    }
}

impl Session {
    pub(super) fn new(id: u64, local: u32, remote: u32, since: Duration) -> Self {
        Self { id, local, remote, since, sent: 0, newest: 0, seen: 0 }
    }

    pub(super) fn is_new(&mut self, counter: u64) -> bool {
        let newest = self.newest.max(counter);
        let ahead = newest - self.newest;
        self.seen = if ahead < WINDOW { self.seen << ahead } else { 0 };
        self.newest = newest;
        let behind = newest - counter;
        let place = 1_u128 << behind.min(WINDOW - 1);
        if behind >= WINDOW || self.seen & place != 0 {
            return false;
        }
        self.seen |= place;
        true
    }
}

pub(super) const fn slot(index: u32) -> usize {
    index as usize % SESSIONS
}
