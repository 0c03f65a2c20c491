use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use lanrage_base::backoff::doubled;

use crate::stun::TransactionId;

/// Implementation: pause between two measurements of a relay that might be needed.
const REST: Duration = Duration::from_secs(30);
/// Implementation: after the start and a change of network a relay is measured so often, a second apart.
const BURST: u8 = 3;
const BURST_PAUSE: Duration = Duration::from_secs(1);
/// Implementation: pause between two questions while traffic depends on the answer.
const BUSY_PAUSE: Duration = Duration::from_millis(200);
/// Implementation: then, pause between two questions without an answer: one lost datagram is no death.
const BUSY_RETRY: Duration = Duration::from_millis(80);
/// So many questions in that pace; then once a second, as is polite to a server that is in trouble.
const BUSY_RETRIES: u32 = 8;
/// Implementation: pause after the first question without an answer, doubled each time.
const FIRST_RETRY: Duration = Duration::from_millis(150);
/// A relay that nobody needs is not asked for ever.
const IDLE_RETRIES: u32 = 6;

/// Implementation: silence after which a server counts as dead while traffic depends on it, beyond its round trip.
/// Together with [`BUSY_PAUSE`] a dead server is known after 300 to 500 ms.
const PATIENCE: Duration = Duration::from_millis(300);
/// Implementation: the same over a stream, where a lost segment delays everything behind it by a retransmission timeout
/// or two, and a question waits behind what was sent before it.
const STREAM_PATIENCE: Duration = Duration::from_millis(1_200);
const LONGEST_PATIENCE: Duration = Duration::from_millis(1_500);
/// Implementation: the same for a server on which nothing depends now, or that never answered.
pub(super) const IDLE_PATIENCE: Duration = Duration::from_millis(700);
/// No verdict on fewer requests: somebody who was asleep has not listened.
const FEWEST_UNANSWERED: u32 = 3;
/// Requests whose answers are waited for. Full policy: the oldest goes.
const ASKED: usize = 32;

/// How much depends on a server's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pace {
    /// Nothing: no party.
    Idle,
    /// It may be needed soon.
    Ready,
    /// Traffic flows by it.
    Busy,
}

/// What is to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// Whether the server is there: a Binding request.
    Binding,
    /// Whether the allocation is there: a Refresh request, which also notices a restart, and which servers do not
    /// ration.
    Refresh,
}

/// Signs of life of one server, and its round trip. It sees every request that goes there and every response, whoever
/// made them, and asks for itself when there would be too few.
#[derive(Debug)]
pub(super) struct Pulse {
    asked: VecDeque<Asked>,
    /// The first request since the last sign of life.
    silent_since: Option<Instant>,
    unanswered: u32,
    /// Own questions among them.
    retries: u32,
    asked_at: Option<Instant>,
    burst: u8,
    alive: Option<bool>,
    smoothed: Option<Duration>,
    variation: Duration,
    /// The next sample begins anew.
    outdated: bool,
    /// Silence before a verdict while traffic flows.
    patience: Duration,
}

#[derive(Debug)]
struct Asked {
    id: TransactionId,
    at: Instant,
    /// Sent more than once: which one was answered is unknown (Karn).
    ambiguous: bool,
}

impl Pulse {
    /// Asks at once.
    pub(super) fn new() -> Self {
        Self {
            asked: VecDeque::new(),
            silent_since: None,
            unanswered: 0,
            retries: 0,
            asked_at: None,
            burst: BURST,
            alive: None,
            smoothed: None,
            variation: Duration::ZERO,
            outdated: false,
            patience: PATIENCE,
        }
    }

    /// For a server at the other end of a stream.
    pub(super) fn over_stream() -> Self {
        Self { patience: STREAM_PATIENCE, ..Self::new() }
    }

    /// What was true may not be any more.
    pub(super) fn restart(&mut self) {
        let (smoothed, variation, patience) = (self.smoothed, self.variation, self.patience);
        *self = Self { smoothed, variation, patience, outdated: true, ..Self::new() };
    }

    /// A request leaves.
    pub(super) fn sent(&mut self, now: Instant, datagram: &[u8]) {
        let Some(id) = transaction_id(datagram) else {
            return;
        };
        self.silent_since.get_or_insert(now);
        self.unanswered = self.unanswered.saturating_add(1);
        if let Some(asked) = self.asked.iter_mut().find(|asked| asked.id == id) {
            asked.ambiguous = true;
            return;
        }
        if self.asked.len() == ASKED {
            self.asked.pop_front();
        }
        self.asked.push_back(Asked { id, at: now, ambiguous: false });
    }

    /// A response came. Only the answer to a request that was seen is a sign of life: everything else can be forged.
    /// True if the verdict or the round trip changed.
    pub(super) fn received(&mut self, now: Instant, datagram: &[u8]) -> bool {
        let Some(id) = transaction_id(datagram) else {
            return false;
        };
        let Some(index) = self.asked.iter().position(|asked| asked.id == id) else {
            return false;
        };
        if let Some(asked) = self.asked.remove(index)
            && !asked.ambiguous
        {
            self.measured(now.saturating_duration_since(asked.at));
        }
        self.silent_since = None;
        self.unanswered = 0;
        self.retries = 0;
        self.alive = Some(true);
        true
    }

    fn measured(&mut self, sample: Duration) {
        let outdated = std::mem::take(&mut self.outdated);
        match &mut self.smoothed {
            Some(smoothed) if !outdated => {
                self.variation = (self.variation * 3 + smoothed.abs_diff(sample)) / 4;
                *smoothed = (*smoothed * 7 + sample) / 8;
            }
            smoothed => {
                *smoothed = Some(sample);
                self.variation = sample / 2;
            }
        }
    }

    /// Smoothed round trip (RFC 6298 §2).
    pub(super) fn rtt(&self) -> Option<Duration> {
        self.smoothed
    }

    /// Whether the server answers; `None` until that is known.
    pub(super) fn alive(&self) -> Option<bool> {
        self.alive
    }

    /// For how long there has been no answer although we asked.
    pub(super) fn silence(&self, now: Instant) -> Duration {
        self.silent_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    pub(super) fn silent_since(&self) -> Option<Instant> {
        self.silent_since
    }

    /// What to ask now.
    pub(super) fn question(&mut self, now: Instant, pace: Pace) -> Option<Question> {
        if self.ask_at(now, pace).is_none_or(|at| now < at) {
            return None;
        }
        self.asked_at = Some(now);
        if self.silent_since.is_some() {
            self.retries = self.retries.saturating_add(1);
            return Some(Question::Binding);
        }
        self.burst = self.burst.saturating_sub(1);
        Some(if pace == Pace::Busy { Question::Refresh } else { Question::Binding })
    }

    /// Comes to a verdict; true if it is another one.
    pub(super) fn judge(&mut self, now: Instant, pace: Pace) -> bool {
        let dead = self.verdict_at(pace).is_some_and(|at| now >= at);
        dead && self.alive.replace(false) != Some(false)
    }

    /// When to call [`Self::question`] and [`Self::judge`]; `now` is when they were called last.
    pub(super) fn deadline(&self, now: Instant, pace: Pace) -> Option<Instant> {
        let verdict = self.verdict_at(pace).filter(|_| self.alive != Some(false));
        self.ask_at(now, pace).into_iter().chain(verdict).min()
    }

    fn ask_at(&self, now: Instant, pace: Pace) -> Option<Instant> {
        let Some(asked_at) = self.asked_at else {
            return Some(now);
        };
        if let Some(since) = self.silent_since {
            let doubled = doubled(FIRST_RETRY, self.retries, REST);
            return match pace {
                Pace::Idle if self.retries >= IDLE_RETRIES => None,
                Pace::Idle | Pace::Ready => Some(asked_at.max(since) + doubled),
                // In the first place the round trip may simply be that long.
                Pace::Busy if self.retries == 0 => Some(since + self.overdue()),
                Pace::Busy if self.retries < BUSY_RETRIES => Some(asked_at.max(since) + BUSY_RETRY),
                Pace::Busy => Some(asked_at + BURST_PAUSE),
            };
        }
        match pace {
            Pace::Busy => Some(asked_at + BUSY_PAUSE),
            _ if self.burst > 0 => Some(asked_at + BURST_PAUSE),
            Pace::Ready => Some(asked_at + REST),
            Pace::Idle => None,
        }
    }

    fn overdue(&self) -> Duration {
        let expected = self.smoothed.map_or(FIRST_RETRY, |smoothed| smoothed + self.variation * 4);
        expected.clamp(BUSY_RETRY, LONGEST_PATIENCE)
    }

    fn verdict_at(&self, pace: Pace) -> Option<Instant> {
        let since = self.silent_since.filter(|_| self.unanswered >= FEWEST_UNANSWERED)?;
        let patience = match (pace, self.smoothed) {
            (Pace::Busy, Some(_)) => (self.overdue() + 2 * BUSY_RETRY).clamp(self.patience, LONGEST_PATIENCE),
            (_, smoothed) => IDLE_PATIENCE + smoothed.unwrap_or_default().min(LONGEST_PATIENCE),
        };
        Some(since + patience)
    }
}

fn transaction_id(datagram: &[u8]) -> Option<TransactionId> {
    Some(TransactionId(*datagram.get(8..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stun;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    struct Bench {
        pulse: Pulse,
        start: Instant,
        now: Instant,
        ids: u8,
        pace: Pace,
        rtt: Duration,
        flying: Vec<(Instant, Vec<u8>)>,
        questions: Vec<(u128, Question)>,
    }

    impl Bench {
        fn new(pace: Pace, rtt: Duration) -> Self {
            let now = Instant::now();
            Self {
                pulse: Pulse::new(),
                start: now,
                now,
                ids: 0,
                pace,
                rtt,
                flying: vec![],
                questions: vec![],
            }
        }

        /// Runs until `end`; the server answers if `up`. Returns when the verdict fell, if it did.
        fn run(&mut self, duration: Duration, up: bool) -> Option<u128> {
            let end = self.now + duration;
            let mut verdict = None;
            loop {
                while let Some(question) = self.pulse.question(self.now, self.pace) {
                    self.ids += 1;
                    let request = stun::binding_request(TransactionId([self.ids; 12]));
                    self.pulse.sent(self.now, &request);
                    self.questions.push(((self.now - self.start).as_millis(), question));
                    if up {
                        self.flying.push((self.now + self.rtt, request));
                    }
                }
                if self.pulse.judge(self.now, self.pace) {
                    verdict.get_or_insert((self.now - self.start).as_millis());
                }
                let next = self.pulse.deadline(self.now, self.pace).into_iter();
                let Some(next) =
                    next.chain(self.flying.first().map(|flying| flying.0)).min().filter(|at| *at <= end)
                else {
                    self.now = end;
                    return verdict;
                };
                assert!(
                    next > self.now || !self.flying.is_empty(),
                    "a deadline in the past would spin the caller"
                );
                self.now = next.max(self.now);
                self.flying.retain(|(at, bytes)| {
                    let arrived = *at <= self.now;
                    if arrived {
                        self.pulse.received(self.now, bytes);
                    }
                    !arrived
                });
            }
        }

        fn times(&mut self) -> Vec<u128> {
            std::mem::take(&mut self.questions).into_iter().map(|question| question.0).collect()
        }
    }

    #[test]
    fn a_relay_is_measured_three_times_and_then_every_half_minute() {
        let mut bench = Bench::new(Pace::Ready, MS(20));
        assert_eq!(bench.run(MS(65_000), true), None);
        assert_eq!(bench.times(), [0, 1_000, 2_000, 32_000, 62_000]);
        assert_eq!((bench.pulse.rtt(), bench.pulse.alive()), (Some(MS(20)), Some(true)));
        bench.pulse.restart();
        bench.rtt = MS(70);
        bench.run(MS(3_000), true);
        assert_eq!(bench.times(), [65_000, 66_000, 67_000]);
        assert_eq!(bench.pulse.rtt(), Some(MS(70)), "another network, another round trip");
    }

    #[test]
    fn without_a_party_it_is_measured_at_the_start_only() {
        let mut bench = Bench::new(Pace::Idle, MS(20));
        bench.run(MS(100_000), true);
        assert_eq!(bench.times(), [0, 1_000, 2_000]);
        let mut bench = Bench::new(Pace::Idle, MS(20));
        assert!(bench.run(MS(100_000), false).is_some());
        assert_eq!(bench.times().len(), 7);
    }

    #[test]
    fn a_dead_server_is_known_within_half_a_second_when_traffic_depends_on_it() {
        for rtt in [0, 1, 30, 60] {
            for offset in [0, 50, 100, 199] {
                let mut bench = Bench::new(Pace::Busy, MS(rtt));
                assert_eq!(bench.run(MS(2_000 + offset), true), None);
                let dead = bench.run(MS(5_000), false).unwrap() - u128::from(2_000 + offset);
                assert!((100..=500).contains(&dead), "{dead} ms at {rtt}");
            }
        }
    }

    #[test]
    fn a_stream_that_stalls_for_a_second_is_not_dead() {
        let mut bench = Bench::new(Pace::Busy, MS(20));
        bench.pulse = Pulse::over_stream();
        assert_eq!(bench.run(MS(2_000), true), None);
        bench.rtt = MS(1_000);
        assert_eq!(bench.run(MS(300), true), None);
        bench.rtt = MS(20);
        assert_eq!(bench.run(MS(3_000), true), None);
        assert!(bench.run(MS(2_000), false).is_some());
    }

    #[test]
    fn a_distant_server_is_not_taken_for_a_dead_one() {
        for rtt in [100, 250, 400, 700] {
            let mut bench = Bench::new(Pace::Busy, MS(rtt));
            assert_eq!(bench.run(MS(30_000), true), None, "{rtt}");
        }
    }

    #[test]
    fn whoever_was_asleep_gives_no_verdict_before_asking_again() {
        let mut bench = Bench::new(Pace::Busy, MS(10));
        bench.run(MS(1_001), true);
        bench.flying.clear();
        bench.now += MS(60_000);
        assert_eq!(bench.run(MS(5_000), true), None);
    }

    #[test]
    fn a_forged_response_is_no_sign_of_life() {
        let mut bench = Bench::new(Pace::Busy, MS(10));
        bench.run(MS(1_000), true);
        assert!(!bench.pulse.received(bench.now, &stun::binding_request(TransactionId([0xEE; 12]))));
        assert!(!bench.pulse.received(bench.now, &[1, 1]));
    }

    #[test]
    fn a_repeated_request_is_no_sample() {
        let (now, mut pulse) = (Instant::now(), Pulse::new());
        let request = stun::binding_request(TransactionId([1; 12]));
        pulse.sent(now, &request);
        pulse.sent(now + MS(150), &request);
        assert!(pulse.received(now + MS(160), &request));
        assert_eq!((pulse.rtt(), pulse.alive()), (None, Some(true)));
    }
}
