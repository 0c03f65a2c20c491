use std::time::{Duration, Instant};

use super::super::timing::{BURSTS, SHORTEST_PROBE};

/// A bounded run of bursts of handshakes or punches, denser at its beginning.
#[derive(Debug, Clone, Copy)]
pub(in crate::path_agent) struct Round {
    ends: Instant,
    next_burst: Instant,
    bursts: usize,
}

impl Round {
    /// A round that begins now, or as soon after the last burst as is decent.
    pub(in crate::path_agent) fn new(now: Instant, last_burst: Option<Instant>, length: Duration) -> Self {
        Self { ends: now + length, next_burst: soonest(now, last_burst), bursts: 0 }
    }

    pub(in crate::path_agent) fn ends(&self) -> Instant {
        self.ends
    }

    /// When the next burst is due, or the round ends.
    pub(in crate::path_agent) fn deadline(&self) -> Instant {
        self.next_burst.min(self.ends)
    }

    pub(in crate::path_agent) fn burst_sent(&mut self, now: Instant) {
        self.next_burst = now + BURSTS[self.bursts.min(BURSTS.len() - 1)];
        self.bursts += 1;
    }

    /// There is a new target: do not wait for the next burst's time.
    pub(in crate::path_agent) fn hurry(&mut self, now: Instant, last_burst: Option<Instant>) {
        self.next_burst = self.next_burst.min(soonest(now, last_burst));
    }
}

fn soonest(now: Instant, last_burst: Option<Instant>) -> Instant {
    last_burst.map_or(now, |last| now.max(last + SHORTEST_PROBE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timing::ROUND;

    #[test]
    fn a_round_is_dense_then_sparse_then_over() {
        let start = Instant::now();
        let mut round = Round::new(start, None, ROUND);
        let mut times = Vec::new();
        while round.deadline() < round.ends() {
            let now = round.deadline();
            times.push((now - start).as_millis());
            round.burst_sent(now);
        }
        assert_eq!(times[..7], [0, 50, 150, 350, 750, 1_550, 2_550]);
        assert_eq!(times.len(), 14);
        assert_eq!(round.ends() - start, ROUND);
    }
}
