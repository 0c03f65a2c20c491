use std::time::{Duration, Instant};

use super::transaction::Transaction;
use crate::{stun::TransactionId, turn::ChannelNumber};

/// Implementation: renewal of a binding. A permission lives for 5 min and a channel for 10 (RFC 8656 §9, §12);
/// ChannelBind renews both.
pub(super) const RENEWAL: Duration = Duration::from_secs(240);
/// Implementation: pause after the server refused a peer.
pub(super) const REFUSED_RETRY: Duration = Duration::from_secs(30);

/// How far the server's permission for one peer is.
#[derive(Debug)]
pub(super) struct Peer {
    /// The channel to bind; without one only a permission is asked for.
    pub(super) channel: Option<ChannelNumber>,
    /// Whether that is its second number, as the relay did not take the first.
    pub(super) renumbered: bool,
    pub(super) state: PeerState,
    /// The server has installed the permission, and the channel if there is one, as far as we know.
    pub(super) bound: bool,
    /// For indications before the channel is bound. Nobody answers them, so one id does for all.
    pub(super) indication: TransactionId,
}

#[derive(Debug)]
pub(super) enum PeerState {
    /// To be asked for as soon as there is an allocation.
    Wanted,
    Asking(Transaction),
    Held {
        renew_at: Instant,
    },
    Refused {
        retry_at: Instant,
    },
}

impl Peer {
    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.state {
            PeerState::Wanted => None,
            PeerState::Asking(transaction) => Some(transaction.deadline()),
            PeerState::Held { renew_at } => Some(*renew_at),
            PeerState::Refused { retry_at } => Some(*retry_at),
        }
    }
}
