use std::time::Instant;

use crate::{
    retransmission::{Due, Retransmission},
    stun::TransactionId,
    turn::LongTermKey,
};

/// One request on its way.
#[derive(Debug)]
pub(super) struct Transaction {
    pub(super) id: TransactionId,
    bytes: Vec<u8>,
    retransmission: Retransmission,
    /// What it was signed with, and the answer must be.
    pub(super) key: Option<LongTermKey>,
    /// Which state of the login it was signed in; 0 if it was not.
    pub(super) generation: u32,
    /// How often the server has asked for other credentials so far.
    pub(super) challenges: u8,
}

impl Transaction {
    pub(super) fn new(
        now: Instant,
        id: TransactionId,
        bytes: Vec<u8>,
        key: Option<LongTermKey>,
        generation: u32,
    ) -> Self {
        Self { id, bytes, retransmission: Retransmission::start(now), key, generation, challenges: 0 }
    }

    /// Never given up.
    pub(super) fn persistent(self, now: Instant) -> Self {
        Self { retransmission: Retransmission::persistent(now), ..self }
    }

    /// Transmissions so far.
    pub(super) fn sent(&self) -> u32 {
        self.retransmission.sent()
    }

    pub(super) fn deadline(&self) -> Instant {
        self.retransmission.deadline()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) -> Due {
        self.retransmission.handle_timeout(now)
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }
}
