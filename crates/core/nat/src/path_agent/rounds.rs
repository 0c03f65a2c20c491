//! How a first session, or the next one, comes about.

mod round;

use std::{
    cmp::Reverse,
    time::{Duration, Instant},
};

use lanrage_base::backoff::Backoff;
use lanrage_party::Remote;

use super::{PathAgent, PathEvent, PathTransmit, State, pairs::Pair, timing};
pub(super) use round::Round;

/// A search for any path at all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search {
    since: Instant,
    /// There was a path, and it was lost in silence: it may come back any moment.
    after_loss: bool,
    /// The pause after a round that failed.
    retry: Backoff,
    /// The owner has been told that it takes long.
    pub(super) dormant: bool,
}

impl Search {
    pub(super) fn new(now: Instant, after_loss: bool) -> Self {
        Self {
            since: now,
            after_loss,
            retry: Backoff::new(timing::FIRST_RETRY, timing::LONGEST_RETRY),
            dormant: false,
        }
    }

    fn is_vigil(&self, now: Instant) -> bool {
        self.after_loss && now < self.since + timing::VIGIL
    }

    /// The pause after a round that failed now.
    fn pause(&mut self, now: Instant) -> Duration {
        if self.dormant {
            return timing::LONGEST_RETRY - timing::DORMANT_ROUND;
        }
        if self.is_vigil(now) {
            return timing::FIRST_RETRY;
        }
        self.retry.next_pause()
    }
}

impl PathAgent {
    pub(super) fn advance_round(&mut self) {
        match self.state {
            State::Checking(round) if self.now >= round.ends() => self.fail_round(),
            State::Checking(round) if self.now >= round.deadline() => self.burst(),
            State::Proving { until } if self.now >= until => self.fail_round(),
            State::Waiting { retry_at, .. } if self.now >= retry_at => self.start_round(),
            _ => {}
        }
    }

    pub(super) fn start_round(&mut self) {
        let dormant = self.is_dormant();
        if self.paths.is_empty() {
            self.state = State::Idle;
            // Time without anything to try is no search. A dormant one stays so until there is a sign of life.
            self.search = self.search.filter(|_| dormant);
            return;
        }
        let (round, fast) = if dormant {
            (timing::DORMANT_ROUND, timing::DORMANT_ROUND)
        } else {
            (timing::ROUND, timing::FAST_PERIOD)
        };
        if self.session {
            for path in &mut self.paths {
                path.recheck(self.now, fast);
            }
        }
        let round = Round::new(self.now, self.last_burst, round);
        self.state = State::Checking(round);
        self.search.get_or_insert(Search::new(self.now, false));
        if self.now >= round.deadline() {
            self.burst();
        }
    }

    /// One handshake or punch to every straight path and the best [`timing::BURST_BY_ALLOCATION`] by our
    /// allocations; of those, when there are more, others in each burst.
    pub(super) fn burst(&mut self) {
        let mut pairs: Vec<Pair> = self.paths.iter().map(|path| path.pair).collect();
        pairs.sort_by_key(|pair| Reverse(pair.rank()));
        let by_allocation = pairs.iter().position(|pair| pair.remote.via.is_some()).unwrap_or(pairs.len());
        let surplus = (pairs.len() - by_allocation).saturating_sub(timing::BURST_BY_ALLOCATION);
        if surplus > 0 {
            let turn = usize::try_from(self.bursts % 1_024).unwrap_or(0) * timing::BURST_BY_ALLOCATION;
            let turned = turn % (pairs.len() - by_allocation);
            pairs[by_allocation..].rotate_left(turned);
            pairs.truncate(pairs.len() - surplus);
        }
        if pairs.is_empty() {
            return;
        }
        let targets = pairs.into_iter().map(|pair| pair.remote);
        if self.config.initiator {
            self.transmits.push(PathTransmit::Handshake { targets: targets.collect() });
        } else {
            targets.for_each(|to| self.transmits.push(PathTransmit::Punch { to }));
        }
        self.bursts = self.bursts.wrapping_add(1);
        self.last_burst = Some(self.now);
        if let State::Checking(round) = &mut self.state {
            round.burst_sent(self.now);
        }
    }

    fn fail_round(&mut self) {
        let now = self.now;
        let search = self.search.get_or_insert(Search::new(now, false));
        let falls_dormant = !search.dormant && now >= search.since + timing::DORMANT;
        search.dormant |= falls_dormant;
        let pause = search.pause(now);
        let retry_at = now + pause;
        tracing::debug!(?pause, "no path found in this round");
        self.state = State::Waiting { since: now, retry_at };
        self.events.push(PathEvent::RoundFailed { retry_at });
        if falls_dormant {
            self.events.push(PathEvent::Dormant);
        }
    }

    /// There is a new reason to hope: pauses are short again.
    pub(super) fn renew_search(&mut self) {
        if let Some(search) = &mut self.search {
            let was_dormant = search.dormant;
            *search = Search::new(self.now, search.after_loss);
            if was_dormant {
                self.events.push(PathEvent::Awake);
            }
        }
    }

    /// As [`Self::renew_search`], but only if it was given up for a while.
    pub(super) fn wake(&mut self) {
        if self.is_dormant() {
            self.renew_search();
        }
    }

    pub(super) fn enter_session(&mut self, from: Remote) {
        let connected = matches!(self.state, State::Connected { .. });
        self.session = true;
        self.farewells.begin_session(self.next_probe_id);
        self.wake();
        self.note(from);
        if connected {
            if let Some(path) = self.path_mut(from) {
                path.log.begin_session();
                path.trigger();
            }
            self.retry_direct_soon();
            return;
        }
        for path in &mut self.paths {
            path.log.begin_session();
            path.recheck(self.now, timing::FAST_PERIOD);
        }
        self.state = State::Proving { until: self.now + timing::PROVING };
    }
}
