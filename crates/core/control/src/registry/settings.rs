use std::time::Duration;

use lanrage_party::limits;

/// Every time and bound of a [`super::Registry`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrySettings {
    /// Time between two heartbeats of a peer: 30 s.
    pub heartbeat_interval: Duration,
    /// A peer that was silent for longer is marked away and its connection given up: 5 min.
    pub stale_after: Duration,
    /// Time between two sweeps: 60 s.
    pub sweep_interval: Duration,
    /// A member that was away for longer is removed, and with the last one the party: 30 days.
    pub retention: Duration,
    /// A party that never had a second member is removed once its only one was away for longer: 24 h. Whoever made it makes
    /// it again when it comes back.
    pub alone: Duration,
    /// Nobody is removed within this time of a start, or of a jump of the clock: it may have been the
    /// registry that was away. 1 day. After an absence of its own of more than half the retention,
    /// everybody's retention begins anew.
    pub grace: Duration,
    /// How long a session can be resumed without a new challenge: 24 h. Zero: never, and no token is stored.
    pub token_lifetime: Duration,
    /// How exactly the time of a heartbeat is stored: 1 h. Finer would write for every heartbeat.
    pub last_seen_precision: Duration,
    /// Most members of one party.
    pub peers_per_party: usize,
    /// Most parties of one peer: 16.
    pub parties_per_peer: usize,
    /// Most parties that one peer is host of: 16.
    pub parties_per_host: usize,
    /// Most parties of all: 100,000.
    pub parties: usize,
}

impl Default for RegistrySettings {
    fn default() -> Self {
        const HOUR: Duration = Duration::from_secs(60 * 60);
        Self {
            heartbeat_interval: Duration::from_secs(30),
            stale_after: Duration::from_secs(5 * 60),
            sweep_interval: Duration::from_secs(60),
            retention: 30 * 24 * HOUR,
            alone: 24 * HOUR,
            grace: 24 * HOUR,
            token_lifetime: 24 * HOUR,
            last_seen_precision: HOUR,
            peers_per_party: limits::PEERS_PER_PARTY,
            parties_per_peer: 16,
            parties_per_host: 16,
            parties: 100_000,
        }
    }
}
