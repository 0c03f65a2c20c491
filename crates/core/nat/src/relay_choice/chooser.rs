use std::time::{Duration, Instant};

use super::{RankedRelay, RelayHealth, best_pair, nearest};

/// After a choice for something better there is no other for so long; and the better relay must have been better for
/// so long without a break. So noise, which comes and goes, moves nothing.
pub const COOL_DOWN: Duration = Duration::from_secs(2);

/// Chooses a relay and stays with it while that is sensible. Pure.
///
/// A relay that cannot be used any more (unhealthy, full, gone) is left at once; for one that is only better, see
/// [`COOL_DOWN`].
#[derive(Debug, Clone)]
pub struct RelayChooser<K> {
    chosen: Option<K>,
    chosen_at: Option<Instant>,
    /// Since when another one has been better without a break.
    outdone_since: Option<Instant>,
}

impl<K> Default for RelayChooser<K> {
    fn default() -> Self {
        Self { chosen: None, chosen_at: None, outdone_since: None }
    }
}

impl<K: Ord + Clone> RelayChooser<K> {
    /// The relay in use.
    pub fn chosen(&self) -> Option<&K> {
        self.chosen.as_ref()
    }

    /// Considers new measurements of both ends; `None` for a friend where only our own count. Gives the relay to use;
    /// `None` if none qualifies.
    pub fn update(
        &mut self,
        now: Instant,
        own: &[(K, RelayHealth)],
        friend: Option<&[(K, Duration)]>,
    ) -> Option<&K> {
        let ranking = match friend {
            Some(friend) => best_pair(own, friend, self.chosen.as_ref()),
            None => nearest(own, self.chosen.as_ref()),
        };
        self.consider(now, &ranking);
        self.chosen.as_ref()
    }

    /// When to call [`Self::update`] even if nothing is measured anew: a better relay's time may have come then.
    pub fn deadline(&self) -> Option<Instant> {
        let outdone = self.outdone_since?;
        let rested = self.chosen_at.unwrap_or(outdone);
        Some(outdone.max(rested) + COOL_DOWN)
    }

    fn consider(&mut self, now: Instant, ranking: &[RankedRelay<K>]) {
        let Some(best) = ranking.first() else {
            *self = Self::default();
            return;
        };
        let usable = ranking.iter().any(|relay| Some(&relay.key) == self.chosen.as_ref());
        if !usable {
            return self.choose(now, &best.key);
        }
        if Some(&best.key) == self.chosen.as_ref() {
            self.outdone_since = None;
            return;
        }
        self.outdone_since.get_or_insert(now);
        if self.deadline().is_some_and(|at| now >= at) {
            self.choose(now, &best.key);
        }
    }

    fn choose(&mut self, now: Instant, key: &K) {
        self.chosen = Some(key.clone());
        self.chosen_at = Some(now);
        self.outdone_since = None;
    }
}
