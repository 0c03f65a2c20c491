//! What the router between us and the internet does with UDP (RFC 4787), found out as RFC 5780 says.

mod report;
mod responder;
mod result;
mod survey;
#[cfg(test)]
mod tests;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

pub use report::{Gap, NatReport, NatSummary, NatVerdict};
pub use responder::{BehaviourAnswer, BehaviourResponder};
pub use result::{FilteringBehaviour, MappingBehaviour, NatBehaviour, NatOutcome};
pub use survey::{Ability, Choice, Survey};

use crate::{
    TransactionIds,
    address::canonical,
    outbox::Outbox,
    stun::retransmission::{Due, Retransmission},
    stun::{self, Change, Message, TransactionId},
};

/// Most further servers that are asked.
const FURTHER_SERVERS: usize = 4;
/// Implementation: transmissions of a request that a router may well keep from being answered, and how long to wait
/// after the last: 4 within 1.05 s, silent after 2.05 s. RFC 5780 §4.4 has such a test fail after the 39.5 s of a
/// usual request, which nobody waits for; four lost in a row on a path that has just worked are rarer than a
/// router that reboots.
const TEST_TRANSMISSIONS: u32 = 4;
const TEST_LAST_WAIT: Duration = Duration::from_secs(1);

/// What is found out of a router by one socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// Whom it lets in.
    Filtering,
    /// How it maps, and whether it turns back what is for its own mappings.
    Mapping,
}

/// What is to be found out, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatBehaviourConfig {
    /// What is found out.
    pub aspect: Aspect,
    /// A STUN server, best one that knows RFC 5780.
    pub server: SocketAddr,
    /// STUN servers at other IP addresses, which need not know RFC 5780. They tell how the mapping depends on the
    /// address when `server` has only one; not more than four are asked.
    pub further_servers: Vec<SocketAddr>,
    /// The socket's own address, once for each interface: seen from outside under one of these, it is not
    /// translated.
    pub local: Vec<SocketAddr>,
}

/// Finds out once how our router maps and filters (RFC 5780 §4). Pure: see the crate's documentation for how to
/// drive it.
///
/// It needs a UDP socket of its own, bound to a port that was not used for some minutes: a router that has seen the
/// socket send to an address lets that address answer, which would make a strict router look lenient. For the same
/// reason whom it lets in is tested first, and how it maps by another socket: a router that accepts what comes from outside
/// keeps the answer of a filtering test as a connection of its own, and gives what we send back another port, which
/// looks like a mapping that depends on the address. The tests are:
/// 1. *Mapping I*: a Binding request to the server, by each socket.
/// 2. *Filtering II and III*, by the first: the server is asked to answer from its other IP address and port, and from its other
///    port. What gets through tells how the router filters.
/// 3. *Mapping II and III*, by the second: Binding requests to the other IP address, with the first port and with the other.
///    Different answers tell how the router maps. And *hairpinning*: a request to ourselves.
///
/// **The fallback** with a server of one IP address and two ports: filtering III still tells whether the port
/// matters, and a request to the other port whether the mapping depends on it; whether the address matters stays
/// open (`NotPortDependent`), unless further servers settle it for the mapping. Without OTHER-ADDRESS at all, only
/// further servers say something, about the mapping.
///
/// Each takes between one round trip and 12 s (no answer at all), and 2.1 s at most if the server answers at once. Sends
/// a few dozen datagrams of at most 36 bytes.
#[derive(Debug)]
pub struct NatBehaviourTest {
    config: NatBehaviourConfig,
    ids: TransactionIds,
    stage: Stage,
    /// The present stage's.
    tests: Vec<Test>,
    mapped: Option<SocketAddr>,
    other: Option<SocketAddr>,
    filtering: FilteringBehaviour,
    transmits: Outbox<(SocketAddr, Vec<u8>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    First,
    Filtering,
    Mapping,
    Done(NatOutcome),
}

/// One request of the tests.
#[derive(Debug)]
struct Test {
    kind: Kind,
    to: SocketAddr,
    change: Change,
    id: TransactionId,
    retransmission: Retransmission,
    answer: Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mapping,
    /// Answered from elsewhere, or not at all.
    Filtering,
    /// Not answered: it arrives, or does not.
    Hairpin,
}

/// A datagram that may belong to a test.
#[derive(Debug, Clone, Copy)]
enum Reply {
    Seen { mapped: SocketAddr, other: Option<SocketAddr> },
    Refused,
    OwnRequest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Awaited,
    Got(SocketAddr),
    None,
    /// The server cannot do what was asked of it, so the test says nothing.
    Void,
}

impl NatBehaviourTest {
    /// Begins. `seed` makes the transaction ids: 32 random bytes, used for nothing else.
    pub fn new(now: Instant, config: NatBehaviourConfig, seed: [u8; 32]) -> Self {
        let server = canonical(config.server);
        let local = config.local.iter().copied().map(canonical).collect();
        let mut test = Self {
            config: NatBehaviourConfig { server, local, ..config },
            ids: TransactionIds::from_seed(seed),
            stage: Stage::First,
            tests: Vec::new(),
            mapped: None,
            other: None,
            filtering: FilteringBehaviour::Unknown,
            transmits: Outbox::new(32),
        };
        test.begin(now, Kind::Mapping, server, Change::NONE, Retransmission::start(now));
        test
    }

    /// The result, once there is one.
    pub fn outcome(&self) -> Option<NatOutcome> {
        match self.stage {
            Stage::Done(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// Gives a datagram that came from `from`. Returns whether it belonged to a test.
    pub fn handle_datagram(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) -> bool {
        let from = canonical(from);
        let (id, reply) = match stun::parse(datagram) {
            Ok(Message::BindingResponse { id, mapped, other }) => {
                (id, Reply::Seen { mapped: canonical(mapped), other: other.map(canonical) })
            }
            Ok(Message::BindingError { id, .. }) => (id, Reply::Refused),
            Ok(Message::BindingRequest { id, .. }) => (id, Reply::OwnRequest),
            _ => return false,
        };
        let (stage, server, other) = (self.stage, self.config.server, self.other);
        let Some(test) = self.tests.iter_mut().find(|test| test.id == id && test.answer == Answer::Awaited)
        else {
            return false;
        };
        test.answer = match (test.kind, reply) {
            (Kind::Mapping, Reply::Seen { mapped, other }) if from == test.to => {
                if stage == Stage::First {
                    self.mapped = Some(mapped);
                    self.other = other.filter(|other| is_other(*other, server));
                }
                Answer::Got(mapped)
            }
            (Kind::Filtering, Reply::Seen { mapped, .. })
                if other.is_some_and(|other| from == changed(server, other, test.change)) =>
            {
                Answer::Got(mapped)
            }
            // It comes from where we sent to: the server does not change what it says it can.
            (Kind::Filtering, Reply::Seen { .. }) if from == server => Answer::Void,
            (Kind::Filtering | Kind::Mapping, Reply::Refused) if from == test.to => Answer::Void,
            // Nobody else can know its id.
            (Kind::Hairpin, Reply::OwnRequest) => Answer::Got(from),
            _ => return false,
        };
        self.advance(now);
        true
    }

    /// Does what is due at `now`. Calling it early does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        for test in self.tests.iter_mut().filter(|test| test.answer == Answer::Awaited) {
            match test.retransmission.handle_timeout(now) {
                Due::Nothing => {}
                Due::Resend => self.transmits.push((test.to, test.bytes())),
                Due::GiveUp => test.answer = Answer::None,
            }
        }
        self.advance(now);
    }

    /// The next datagram to send, and where to. Drain after every input.
    pub fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.transmits.pop()
    }

    /// When to call [`Self::handle_timeout`]; `None` once there is an outcome.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let awaited = self.tests.iter().filter(|test| test.answer == Answer::Awaited);
        awaited.map(|test| test.retransmission.deadline()).min()
    }

    fn begin(
        &mut self,
        now: Instant,
        kind: Kind,
        to: SocketAddr,
        change: Change,
        retransmission: Retransmission,
    ) {
        debug_assert!(retransmission.deadline() > now);
        let id = self.ids.next_id();
        let test = Test { kind, to, change, id, retransmission, answer: Answer::Awaited };
        self.transmits.push((to, test.bytes()));
        self.tests.push(test);
    }

    /// Goes to the next stage when the present one has all it needs; also over stages without tests.
    fn advance(&mut self, now: Instant) {
        loop {
            let awaited = self.tests.iter().any(|test| test.answer == Answer::Awaited);
            match self.stage {
                Stage::First if !awaited => match self.config.aspect {
                    _ if self.mapped.is_none() => self.finish(NatOutcome::NoAnswer),
                    Aspect::Filtering => self.begin_filtering(now),
                    Aspect::Mapping => self.begin_mapping(now),
                },
                Stage::Filtering if !awaited || self.is_endpoint_independent() => {
                    self.filtering = self.filtering_result();
                    let outcome = self.result();
                    self.finish(outcome);
                }
                Stage::Mapping if !awaited => {
                    let outcome = self.result();
                    self.finish(outcome);
                }
                _ => return,
            }
        }
    }

    fn begin_filtering(&mut self, now: Instant) {
        self.stage = Stage::Filtering;
        self.tests.clear();
        let Some(other) = self.other else {
            return;
        };
        let server = self.config.server;
        let mut changes = vec![Change { ip: false, port: true }];
        if other.ip() != server.ip() {
            changes.insert(0, Change { ip: true, port: true });
        }
        for change in changes {
            self.begin(now, Kind::Filtering, server, change, patient(now));
        }
    }

    /// The strongest test succeeded: the weaker one's answer is known too.
    fn is_endpoint_independent(&self) -> bool {
        self.tests.iter().any(|test| test.change.ip && matches!(test.answer, Answer::Got(_)))
    }

    fn filtering_result(&self) -> FilteringBehaviour {
        let answer = |ip| self.tests.iter().find(|test| test.change.ip == ip).map(|test| test.answer);
        match (answer(true), answer(false)) {
            (Some(Answer::Got(_)), _) => FilteringBehaviour::EndpointIndependent,
            (Some(Answer::None), Some(Answer::Got(_))) => FilteringBehaviour::AddressDependent,
            (None | Some(Answer::Void), Some(Answer::Got(_))) => FilteringBehaviour::NotPortDependent,
            (_, Some(Answer::None)) => FilteringBehaviour::AddressAndPortDependent,
            _ => FilteringBehaviour::Unknown,
        }
    }

    fn begin_mapping(&mut self, now: Instant) {
        self.stage = Stage::Mapping;
        self.tests.clear();
        let server = self.config.server;
        let mut targets = Vec::new();
        if let Some(other) = self.other {
            targets.extend([SocketAddr::new(other.ip(), server.port()), other]);
        }
        let further = self.config.further_servers.iter().copied().map(canonical);
        let is_new =
            |further: &SocketAddr| further.is_ipv4() == server.is_ipv4() && further.ip() != server.ip();
        targets.extend(further.filter(is_new).take(FURTHER_SERVERS));
        let mut asked = vec![server];
        for target in targets {
            if !asked.contains(&target) {
                asked.push(target);
                self.begin(now, Kind::Mapping, target, Change::NONE, patient(now));
            }
        }
        if let Some(mapped) = self.mapped.filter(|mapped| !self.config.local.contains(mapped)) {
            self.begin(now, Kind::Hairpin, mapped, Change::NONE, patient(now));
        }
    }

    fn result(&self) -> NatOutcome {
        let Some(mapped) = self.mapped else {
            return NatOutcome::NoAnswer;
        };
        let mut seen = vec![(self.config.server, mapped)];
        let mut hairpinning = None;
        for test in &self.tests {
            match (test.kind, test.answer) {
                (Kind::Mapping, Answer::Got(mapped)) => seen.push((test.to, mapped)),
                (Kind::Hairpin, answer) => hairpinning = Some(answer != Answer::None),
                _ => {}
            }
        }
        let mapping = if self.config.local.contains(&mapped) {
            MappingBehaviour::NoTranslation
        } else {
            MappingBehaviour::from_seen(&seen)
        };
        NatOutcome::Measured(NatBehaviour { mapped, mapping, filtering: self.filtering, hairpinning })
    }

    fn finish(&mut self, outcome: NatOutcome) {
        self.stage = Stage::Done(outcome);
        self.tests.clear();
    }
}

impl Test {
    fn bytes(&self) -> Vec<u8> {
        if self.change == Change::NONE {
            stun::binding_request(self.id)
        } else {
            stun::binding_request_for(self.id, self.change)
        }
    }
}

fn patient(now: Instant) -> Retransmission {
    Retransmission::limited(now, TEST_TRANSMISSIONS, TEST_LAST_WAIT)
}

/// Whether a server's OTHER-ADDRESS can be used: it must at least have another port.
fn is_other(other: SocketAddr, server: SocketAddr) -> bool {
    other.is_ipv4() == server.is_ipv4()
        && other.port() != server.port()
        && other.port() != 0
        && !other.ip().is_unspecified()
}

/// From where the answer to a changed request must come.
fn changed(server: SocketAddr, other: SocketAddr, change: Change) -> SocketAddr {
    SocketAddr::new(
        if change.ip { other.ip() } else { server.ip() },
        if change.port { other.port() } else { server.port() },
    )
}
