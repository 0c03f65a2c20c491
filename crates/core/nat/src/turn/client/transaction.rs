use std::time::{Duration, Instant};

use crate::{
    stun::TransactionId,
    stun::retransmission::{Due, Retransmission},
    turn::{LongTermKey, Transport},
};

/// Specification: how long a request over a stream is waited for (Ti, RFC 8489 §6.2.2).
const STREAM_TIMEOUT: Duration = Duration::from_millis(39_500);
/// Implementation: transmissions after which an answer is late, 2 s after the first.
const LATE_TRANSMISSIONS: u32 = 5;
/// Implementation: the same over a stream.
const LATE: Duration = Duration::from_secs(2);

/// One request on its way.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) id: TransactionId,
    bytes: Vec<u8>,
    schedule: Schedule,
    /// What it was signed with, and the answer must be.
    pub(super) key: Option<LongTermKey>,
    /// Which state of the login it was signed in; 0 if it was not.
    pub(super) generation: u32,
    /// How often the server has asked for other credentials so far.
    pub(super) challenges: u8,
}

#[derive(Debug)]
enum Schedule {
    Datagrams(Retransmission),
    /// `late`: it was noticed that the answer is.
    Stream {
        sent_at: Instant,
        late: bool,
    },
}

impl Transaction {
    pub(super) fn new(
        now: Instant,
        id: TransactionId,
        bytes: Vec<u8>,
        key: Option<LongTermKey>,
        generation: u32,
        transport: Transport,
    ) -> Self {
        let schedule = match transport {
            Transport::Udp => Schedule::Datagrams(Retransmission::start(now)),
            Transport::Stream => Schedule::Stream { sent_at: now, late: false },
        };
        Self { id, bytes, schedule, key, generation, challenges: 0 }
    }

    /// Never given up, unless it is over a stream: one that is silent for so long is dead.
    pub(super) fn persistent(self, now: Instant) -> Self {
        match self.schedule {
            Schedule::Datagrams(_) => {
                Self { schedule: Schedule::Datagrams(Retransmission::persistent(now)), ..self }
            }
            Schedule::Stream { .. } => self,
        }
    }

    /// Whether the answer should have come by now.
    pub(super) fn is_late(&self) -> bool {
        match &self.schedule {
            Schedule::Datagrams(retransmission) => retransmission.sent() >= LATE_TRANSMISSIONS,
            Schedule::Stream { late, .. } => *late,
        }
    }

    pub(super) fn deadline(&self) -> Instant {
        match &self.schedule {
            Schedule::Datagrams(retransmission) => retransmission.deadline(),
            Schedule::Stream { sent_at, late: false } => *sent_at + LATE,
            Schedule::Stream { sent_at, late: true } => *sent_at + STREAM_TIMEOUT,
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) -> Due {
        match &mut self.schedule {
            Schedule::Datagrams(retransmission) => retransmission.handle_timeout(now),
            Schedule::Stream { sent_at, late } => {
                *late |= now >= *sent_at + LATE;
                if now >= *sent_at + STREAM_TIMEOUT { Due::GiveUp } else { Due::Nothing }
            }
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }
}
