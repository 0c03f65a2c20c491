pub(super) mod pings;
mod rtt;

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use rtt::RttEstimator;

/// Most probes of one path that wait for an answer. At the shortest interval more than any answer takes; full
/// policy: the oldest counts as lost and is forgotten.
const OUTSTANDING: usize = 32;
/// Over how many probes loss is measured at most.
const WINDOW: usize = 32;
/// From how many probes on a share of them says something: what is missing to so many counts as answered, or one lost probe
/// of a path at rest would make a third of it.
const LEAST: usize = 16;
/// What is older says nothing of the path as it is.
const FRESH: Duration = Duration::from_secs(15);
/// Share of lost probes from which on a path is in doubt: [`timing::BUSY_PROBE`](super::timing::BUSY_PROBE) then finds out
/// within seconds.
const DOUBTFUL: f32 = 0.05;

/// What was asked on one path, and what came of it: round trips, loss, silence.
#[derive(Debug, Default)]
pub(super) struct ProbeLog {
    rtt: RttEstimator,
    /// The latest outcomes, newest last: when it was known, and whether the probe was lost. None is older than [`FRESH`] was
    /// at the last look.
    outcomes: VecDeque<(Instant, bool)>,
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

    /// The share of the last probes that were lost, 0 to 1.
    pub(super) fn loss(&self) -> f32 {
        let lost = self.outcomes.iter().filter(|(_, lost)| *lost).count();
        lost as f32 / self.outcomes.len().max(LEAST) as f32
    }

    /// Whether so many probes were lost that more are needed to know how the path is now.
    pub(super) fn is_doubtful(&self) -> bool {
        self.loss() > DOUBTFUL
    }

    /// When the first probe after the last answered one was sent.
    pub(super) fn unanswered_since(&self) -> Option<Instant> {
        self.unanswered_since
    }

    /// How many probes after the last answered one are overdue.
    pub(super) fn overdue(&self) -> usize {
        self.outstanding.iter().filter(|probe| probe.overdue && Some(probe.id) > self.answered).count()
    }

    /// As [`Self::overdue`], of those that were sent at `since` or later.
    pub(super) fn overdue_since(&self, since: Instant) -> usize {
        let unanswered = self.outstanding.iter().filter(|probe| Some(probe.id) > self.answered);
        unanswered.filter(|probe| probe.overdue && probe.sent_at >= since).count()
    }

    /// A probe was sent. Ids must grow.
    pub(super) fn sent(&mut self, now: Instant, id: u64) {
        if self.outstanding.len() == OUTSTANDING
            && let Some(oldest) = self.outstanding.pop_front()
            && !oldest.overdue
        {
            self.record(now, true);
        }
        self.outstanding.push_back(Outstanding { id, sent_at: now, overdue: false });
        self.unanswered_since.get_or_insert(now);
    }

    /// An answer came. Returns the round-trip time, or `None` if nothing open has this id.
    pub(super) fn answered(&mut self, now: Instant, id: u64) -> Option<Duration> {
        let index = self.outstanding.iter().position(|probe| probe.id == id)?;
        let probe = self.outstanding.remove(index)?;
        if !probe.overdue {
            self.record(now, false);
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
        while self.outcomes.front().is_some_and(|(at, _)| now.saturating_duration_since(*at) >= FRESH) {
            self.outcomes.pop_front();
        }
        let timeout = self.rtt.timeout();
        for index in 0..self.outstanding.len() {
            let probe = &mut self.outstanding[index];
            if !probe.overdue && now.saturating_duration_since(probe.sent_at) >= timeout {
                probe.overdue = true;
                self.record(now, true);
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
        while self.outcomes.pop_back_if(|(_, lost)| *lost).is_some() {}
    }

    /// Forgets everything: the network under the path is another one.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    fn record(&mut self, now: Instant, lost: bool) {
        if self.outcomes.len() == WINDOW {
            self.outcomes.pop_front();
        }
        self.outcomes.push_back((now, lost));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    /// Probes one a `pause`, answered or not, from `start` on; gives when the last outcome was known.
    fn probe(log: &mut ProbeLog, start: Instant, pause: Duration, answered: &[bool]) -> Instant {
        let mut now = start;
        let first = log.outstanding.back().map_or(0, |probe| probe.id).max(log.answered.unwrap_or(0)) + 1;
        for (id, answered) in (first..).zip(answered) {
            log.expire(now);
            log.sent(now, id);
            if *answered {
                log.answered(now + MS(20), id);
            }
            now += pause;
        }
        now += MS(900);
        log.expire(now);
        now
    }

    #[test]
    fn loss_is_measured_over_the_last_probes_and_one_of_a_few_is_not_much() {
        let (mut log, start) = (ProbeLog::default(), Instant::now());
        let now = probe(&mut log, start, MS(1_000), &[false, true, true, true]);
        assert_eq!(log.loss(), 1.0 / 16.0);
        let quarter: Vec<bool> = (0..32).map(|id| id % 4 != 0).collect();
        let now = probe(&mut log, now, MS(200), &quarter);
        assert_eq!(log.loss(), 0.25);
        probe(&mut log, now, MS(200), &[true; WINDOW]);
        assert_eq!(log.loss(), 0.0);
    }

    #[test]
    fn losses_of_a_while_ago_say_nothing_of_a_path_at_rest() {
        let (mut log, start) = (ProbeLog::default(), Instant::now());
        let now = probe(&mut log, start, MS(100), &[false; 20]);
        assert!(log.is_doubtful());
        probe(&mut log, now, MS(5_000), &[true; 4]);
        assert_eq!((log.loss(), log.is_doubtful()), (0.0, false));
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
        assert_eq!((log.loss(), log.overdue()), (1.0 / 16.0, 1));
        assert_eq!(log.answered(start + MS(700), 1), Some(MS(700)));
        assert_eq!((log.loss(), log.overdue()), (1.0 / 16.0, 0));
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
