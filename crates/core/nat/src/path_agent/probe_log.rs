use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::rtt::RttEstimator;

/// Most probes of one path that wait for an answer. At the shortest interval more than any answer takes; full
/// policy: the oldest counts as lost and is forgotten.
const OUTSTANDING: usize = 32;
/// Over how many probes loss is measured.
const WINDOW: u32 = 32;

/// What was asked on one path, and what came of it: round trips, loss, silence.
#[derive(Debug, Default)]
pub(super) struct ProbeLog {
    rtt: RttEstimator,
    /// The latest outcomes, newest in the lowest bit; 1 is lost.
    outcomes: u32,
    outcome_count: u32,
    outstanding: VecDeque<Outstanding>,
    /// The greatest id that was answered.
    answered: Option<u64>,
    unanswered_since: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Outstanding {
    id: u64,
    sent_at: Instant,
    /// Already counted as lost. A late answer still proves the path and measures it.
    overdue: bool,
}

impl ProbeLog {
    pub(super) fn rtt(&self) -> &RttEstimator {
        &self.rtt
    }

    /// The share of the last probes that were lost, 0 to 1; 0 without any.
    pub(super) fn loss(&self) -> f32 {
        if self.outcome_count == 0 {
            return 0.0;
        }
        self.outcomes.count_ones() as f32 / self.outcome_count as f32
    }

    /// When the first probe after the last answered one was sent.
    pub(super) fn unanswered_since(&self) -> Option<Instant> {
        self.unanswered_since
    }

    /// How many probes after the last answered one are overdue.
    pub(super) fn overdue(&self) -> usize {
        self.outstanding.iter().filter(|probe| probe.overdue && Some(probe.id) > self.answered).count()
    }

    /// A probe was sent. Ids must grow.
    pub(super) fn sent(&mut self, now: Instant, id: u64) {
        if self.outstanding.len() == OUTSTANDING
            && let Some(oldest) = self.outstanding.pop_front()
            && !oldest.overdue
        {
            self.record(true);
        }
        self.outstanding.push_back(Outstanding { id, sent_at: now, overdue: false });
        self.unanswered_since.get_or_insert(now);
    }

    /// An answer came. Returns the round-trip time, or `None` if nothing open has this id.
    pub(super) fn answered(&mut self, now: Instant, id: u64) -> Option<Duration> {
        let index = self.outstanding.iter().position(|probe| probe.id == id)?;
        let probe = self.outstanding.remove(index)?;
        if !probe.overdue {
            self.record(false);
        }
        let rtt = now.saturating_duration_since(probe.sent_at);
        self.rtt.update(rtt);
        self.answered = self.answered.max(Some(id));
        self.unanswered_since =
            self.outstanding.iter().find(|probe| Some(probe.id) > self.answered).map(|probe| probe.sent_at);
        Some(rtt)
    }

    /// Counts as lost what should have been answered by now.
    pub(super) fn expire(&mut self, now: Instant) {
        let timeout = self.rtt.timeout();
        for index in 0..self.outstanding.len() {
            let probe = &mut self.outstanding[index];
            if !probe.overdue && now.saturating_duration_since(probe.sent_at) >= timeout {
                probe.overdue = true;
                self.record(true);
            }
        }
    }

    /// Forgets what is open, keeps what was measured.
    pub(super) fn forget_open(&mut self) {
        self.outstanding.clear();
        self.unanswered_since = None;
    }

    /// A new session answers no probe of the old one: what was not answered up to now says nothing of the path, since the peer
    /// may have been started again meanwhile.
    pub(super) fn begin_session(&mut self) {
        self.forget_open();
        let unanswered = self.outcomes.trailing_ones().min(self.outcome_count);
        self.outcomes = self.outcomes.checked_shr(unanswered).unwrap_or(0);
        self.outcome_count -= unanswered;
    }

    /// Forgets everything: the network under the path is another one.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    fn record(&mut self, lost: bool) {
        self.outcomes = self.outcomes << 1 | u32::from(lost);
        self.outcome_count = (self.outcome_count + 1).min(WINDOW);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn loss_is_measured_over_the_last_probes() {
        let (mut log, start) = (ProbeLog::default(), Instant::now());
        for id in 0..8 {
            let now = start + MS(1_000 * id);
            log.sent(now, id);
            if id % 4 != 0 {
                assert_eq!(log.answered(now + MS(20), id), Some(MS(20)));
            }
            log.expire(now + MS(900));
        }
        assert_eq!(log.loss(), 0.25);
        for id in 8..8 + u64::from(WINDOW) {
            log.sent(start, id);
            log.answered(start, id);
        }
        assert_eq!(log.loss(), 0.0);
    }

    #[test]
    fn silence_is_counted_from_the_first_probe_after_the_last_answered_one() {
        let (mut log, start) = (ProbeLog::default(), Instant::now());
        for id in 0..4 {
            log.sent(start + MS(100 * id), id);
        }
        assert_eq!(log.unanswered_since(), Some(start));
        log.answered(start + MS(320), 2);
        assert_eq!(log.unanswered_since(), Some(start + MS(300)));
        log.answered(start + MS(330), 1);
        assert_eq!(log.unanswered_since(), Some(start + MS(300)), "a straggler does not bring silence back");
        log.answered(start + MS(340), 3);
        assert_eq!(log.unanswered_since(), None);
    }

    #[test]
    fn a_new_session_forgives_what_the_old_one_did_not_answer_and_nothing_else() {
        let (mut log, start) = (ProbeLog::default(), Instant::now());
        for id in 0..4 {
            log.sent(start, id);
        }
        log.answered(start + MS(10), 1);
        log.expire(start + MS(600));
        log.answered(start + MS(700), 3);
        log.sent(start + MS(700), 4);
        log.answered(start + MS(710), 4);
        let before = log.loss();
        for id in 5..8 {
            log.sent(start + MS(800), id);
        }
        log.expire(start + MS(2_000));
        log.sent(start + MS(2_000), 8);
        assert!(log.loss() > before);
        log.begin_session();
        assert_eq!((log.loss(), log.overdue(), log.unanswered_since()), (before, 0, None));
        assert_eq!(log.answered(start + MS(2_010), 8), None);

        let mut silent = ProbeLog::default();
        for id in 0..1_000 {
            silent.sent(start, id);
        }
        silent.begin_session();
        assert_eq!(silent.loss(), 0.0, "a whole window of them too");
    }

    #[test]
    fn an_answer_counts_once_and_a_late_one_still_measures() {
        let (mut log, start) = (ProbeLog::default(), Instant::now());
        log.sent(start, 1);
        log.expire(start + MS(600));
        assert_eq!((log.loss(), log.overdue()), (1.0, 1));
        assert_eq!(log.answered(start + MS(700), 1), Some(MS(700)));
        assert_eq!((log.loss(), log.overdue()), (1.0, 0));
        assert_eq!(log.answered(start + MS(701), 1), None);
    }

    #[test]
    fn what_waits_for_an_answer_is_bounded() {
        let (mut log, start) = (ProbeLog::default(), Instant::now());
        for id in 0..1_000 {
            log.sent(start, id);
        }
        assert_eq!(log.outstanding.len(), OUTSTANDING);
        assert_eq!(log.answered(start, 0), None);
        assert_eq!(log.loss(), 1.0);
    }
}
