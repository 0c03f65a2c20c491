//! Which of several STUN servers measures the router.

#[cfg(test)]
mod tests;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::{
    STUN_SERVERS, TransactionIds,
    address::canonical,
    outbox::Outbox,
    stun::retransmission::{Due, Retransmission},
    stun::{self, Message, TransactionId},
};

/// Implementation: transmissions to each server and the wait after the last: 5 within 2.25 s, silent after 3.25 s.
const TRANSMISSIONS: u32 = 5;
const LAST_WAIT: Duration = Duration::from_secs(1);
/// Implementation: how long the others have after the first answer. Servers on another continent answer within it.
const GRACE: Duration = Duration::from_millis(300);

/// Asks servers who they are, to choose the one for the tests. Pure.
#[derive(Debug)]
pub struct Survey {
    asked: Vec<Asked>,
    /// Of the first answer, and with it the end.
    ends: Option<Instant>,
    answers: usize,
    transmits: Outbox<(SocketAddr, Vec<u8>)>,
}

#[derive(Debug)]
struct Asked {
    server: SocketAddr,
    id: TransactionId,
    retransmission: Retransmission,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Awaited,
    Answered { ability: Ability, order: usize },
    Silent,
}

/// What a server can do of RFC 5780, by its OTHER-ADDRESS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ability {
    /// Tell where it sees us.
    Plain,
    /// Answer from another port.
    OtherPort,
    /// Answer from another address and port.
    OtherAddress,
}

/// Who does the tests of RFC 5780.
#[derive(Debug, PartialEq, Eq)]
pub struct Choice {
    /// The server that does the tests.
    pub server: SocketAddr,
    /// What it can do.
    pub ability: Ability,
    /// Others that answered, the fastest first.
    pub further: Vec<SocketAddr>,
}

impl Survey {
    /// Asks `servers`, at most [`STUN_SERVERS`], at once. `seed` makes the transaction ids: 32 random bytes, used for
    /// nothing else.
    pub fn new(now: Instant, servers: &[SocketAddr], seed: [u8; 32]) -> Self {
        let mut ids = TransactionIds::from_seed(seed);
        let mut survey = Self {
            asked: Vec::new(),
            ends: None,
            answers: 0,
            transmits: Outbox::new(usize::try_from(TRANSMISSIONS).map_or(STUN_SERVERS, |n| n * STUN_SERVERS)),
        };
        for server in servers.iter().take(STUN_SERVERS) {
            if survey.asked.iter().all(|asked| asked.server != *server) {
                let id = ids.next_id();
                survey.transmits.push((*server, stun::binding_request(id)));
                let retransmission = Retransmission::limited(now, TRANSMISSIONS, LAST_WAIT);
                survey.asked.push(Asked { server: *server, id, retransmission, state: State::Awaited });
            }
        }
        survey
    }

    /// The best of those who answered, or `None` if nobody did.
    pub fn choice(&self) -> Option<Choice> {
        let mut answered: Vec<_> = self
            .asked
            .iter()
            .filter_map(|asked| match asked.state {
                State::Answered { ability, order } => Some((ability, order, asked.server)),
                _ => None,
            })
            .collect();
        answered.sort_by_key(|(_, order, _)| *order);
        let best =
            answered.iter().enumerate().min_by_key(|(_, (ability, ..))| std::cmp::Reverse(*ability))?.0;
        let (ability, _, server) = answered.remove(best);
        Some(Choice { server, ability, further: answered.into_iter().map(|(.., server)| server).collect() })
    }

    fn is_over(&self, now: Instant) -> bool {
        self.ends.is_some_and(|ends| now >= ends)
            || self.asked.iter().all(|asked| asked.state != State::Awaited)
            || self.asked.iter().any(
                |asked| matches!(asked.state, State::Answered { ability, .. } if ability == Ability::OtherAddress),
            )
    }

    fn end_if_over(&mut self, now: Instant) {
        if self.is_over(now) {
            for asked in self.asked.iter_mut().filter(|asked| asked.state == State::Awaited) {
                asked.state = State::Silent;
            }
        }
    }
}

impl Survey {
    /// Takes in a datagram; what is no answer to a question of ours is ignored.
    pub fn handle_datagram(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        let Ok(Message::BindingResponse { id, other, .. }) = stun::parse(datagram) else { return };
        let from = canonical(from);
        let matches =
            |asked: &&mut Asked| asked.id == id && asked.server == from && asked.state == State::Awaited;
        let Some(asked) = self.asked.iter_mut().find(matches) else { return };
        let ability = match other.map(canonical) {
            Some(other) if other.port() == from.port() || other.is_ipv4() != from.is_ipv4() => Ability::Plain,
            Some(other) if other.ip() != from.ip() => Ability::OtherAddress,
            Some(_) => Ability::OtherPort,
            None => Ability::Plain,
        };
        asked.state = State::Answered { ability, order: self.answers };
        self.answers += 1;
        self.ends.get_or_insert(now + GRACE);
        self.end_if_over(now);
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        for asked in self.asked.iter_mut().filter(|asked| asked.state == State::Awaited) {
            match asked.retransmission.handle_timeout(now) {
                Due::Nothing => {}
                Due::Resend => self.transmits.push((asked.server, stun::binding_request(asked.id))),
                Due::GiveUp => asked.state = State::Silent,
            }
        }
        self.end_if_over(now);
    }

    /// The next datagram to send, and where to.
    pub fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.transmits.pop()
    }

    /// When to call [`Self::handle_timeout`]; `None` once the survey is over.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let awaited = self.asked.iter().filter(|asked| asked.state == State::Awaited);
        let next = awaited.map(|asked| asked.retransmission.deadline()).min()?;
        Some(self.ends.map_or(next, |ends| ends.min(next)))
    }
}
