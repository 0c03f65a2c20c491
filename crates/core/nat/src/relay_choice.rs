//! Which relay serves two peers best. Pure.
//!
//! # The formula
//!
//! A packet by a relay takes half of each end's round trip to it, so a relay's round trip between two peers is
//!
//! ```text
//! round_trip = own_rtt + friend_rtt
//! score      = round_trip × (1 + 0.02 × load + 0.01 × failures + 0.03 × challenger)
//! ```
//!
//! with `load` from 0 to 1, `failures` the recent ones, 0 to 4, as a share of 4, and `challenger` 1 for every relay
//! but the one in use. The lowest score is the best. A relay that is unhealthy, not measured, or at least
//! [`FULL_PERCENT`] loaded is left out, unless there is no other.
//!
//! # What it promises
//!
//! The factor is never below 1 and never above 1.06. So the choice's measured round trip is at most 1.06 times the
//! best measured one, and if measurements are wrong by up to a tenth, its true one is at most
//! 1.06 × 1.1 / 0.9 < 1.3 times the best true one. Load and failures only decide among relays that are as good as
//! equal: a game feels 30 % of distance, and does not feel a busy server that still has room.

mod chooser;

use std::time::Duration;

pub use chooser::{COOL_DOWN, RelayChooser};

/// Load in percent from which on a relay counts as full.
pub const FULL_PERCENT: u8 = 95;

const LOAD_WEIGHT: f64 = 0.02;
const FAILURE_WEIGHT: f64 = 0.01;
const CHALLENGER_WEIGHT: f64 = 0.03;
/// Failures from which on more make no difference.
const MOST_FAILURES: u8 = 4;
/// What a friend claims beyond this is nonsense; a sum must not overflow over it.
const LONGEST_RTT: Duration = Duration::from_secs(60);

/// What we know about a relay from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayHealth {
    /// Round trip from here, smoothed; `None` until it is measured.
    pub rtt: Option<Duration>,
    /// Share of its capacity in use as it says itself, 0 to 100.
    pub load_percent: u8,
    /// Whether it answers, and took us the last time we asked.
    pub healthy: bool,
    /// How often it failed us lately.
    pub failures: u8,
}

impl RelayHealth {
    fn is_eligible(&self) -> bool {
        self.healthy && self.load_percent < FULL_PERCENT && self.rtt.is_some()
    }
}

/// A relay in the order of preference.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedRelay<K> {
    /// Which.
    pub key: K,
    /// Measured round trip by it from peer to peer.
    pub round_trip: Duration,
    /// What decides, in seconds: lower is better.
    pub score: f64,
}

/// The relays that both ends have measured, that are healthy and have room, best first. `in_use` gets the benefit of
/// the doubt; equal scores are ordered by key, so that both ends agree.
pub fn best_pair<K: Ord + Clone>(
    own: &[(K, RelayHealth)],
    friend: &[(K, Duration)],
    in_use: Option<&K>,
) -> Vec<RankedRelay<K>> {
    rank(own, in_use, |key| friend.iter().find(|(other, _)| other == key).map(|(_, rtt)| *rtt))
}

/// The relays that are nearest to ourselves, best first, by the same formula with a friend at no distance.
pub fn nearest<K: Ord + Clone>(own: &[(K, RelayHealth)], in_use: Option<&K>) -> Vec<RankedRelay<K>> {
    rank(own, in_use, |_| Some(Duration::ZERO))
}

fn rank<K: Ord + Clone>(
    own: &[(K, RelayHealth)],
    in_use: Option<&K>,
    friend_rtt: impl Fn(&K) -> Option<Duration>,
) -> Vec<RankedRelay<K>> {
    let mut ranking: Vec<RankedRelay<K>> = own
        .iter()
        .filter(|(_, health)| health.is_eligible())
        .filter_map(|(key, health)| {
            let round_trip = health.rtt?.min(LONGEST_RTT) + friend_rtt(key)?.min(LONGEST_RTT);
            let score = round_trip.as_secs_f64() * factor(health, in_use != Some(key));
            Some(RankedRelay { key: key.clone(), round_trip, score })
        })
        .collect();
    ranking.sort_by(|a, b| a.score.total_cmp(&b.score).then_with(|| a.key.cmp(&b.key)));
    ranking
}

fn factor(health: &RelayHealth, challenger: bool) -> f64 {
    let load = f64::from(health.load_percent.min(100)) / 100.0;
    let failures = f64::from(health.failures.min(MOST_FAILURES)) / f64::from(MOST_FAILURES);
    1.0 + LOAD_WEIGHT * load + FAILURE_WEIGHT * failures + CHALLENGER_WEIGHT * f64::from(u8::from(challenger))
}

#[cfg(test)]
mod tests;
