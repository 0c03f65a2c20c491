mod quiet;

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_base::backoff::{Backoff, doubled};
use lanrage_party::{CandidateType, Remote};

pub(super) use quiet::Quiet;

use super::{pairs::Pair, path_mtu::PathMtu, preference::Quality, probe_log::ProbeLog, timing};

/// So many probes in a row that were lost after a pause are no bad luck.
const FORGOTTEN: usize = 2;

/// One way to the peer, and what is known of it.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) pair: Pair,
    /// Whether the peer's last candidates name it; if not, it was seen, or is no longer offered.
    pub(super) signalled: bool,
    pub(super) log: ProbeLog,
    pub(super) mtu: PathMtu,
    /// When a small probe was last answered.
    answered_at: Option<Instant>,
    /// Of a relayed path: probed as often as a direct one.
    pub(super) warm: bool,
    /// Lost with all others; asked often until then.
    vigil_until: Option<Instant>,
    /// Our own address as the peer last saw it on this path.
    pub(super) observed: Option<SocketAddr>,
    /// Since when every loss of it was short of a lost path.
    proven_since: Option<Instant>,
    /// When anything authenticated last came from there.
    heard_at: Option<Instant>,
    last_probe: Option<Instant>,
    /// How long it was quiet before the first probe since then that was not answered.
    quiet_before: Option<Duration>,
    /// Probe as soon as [`timing::SHORTEST_PROBE`] allows.
    triggered: bool,
    fast_until: Instant,
    /// Pause between probes while unproven and no longer fast.
    backoff: Backoff,
    /// How often it was lost after it was proven, lately.
    losses: u32,
    /// The owner has been told that it leaves probes unanswered.
    pub(super) reported_unresponsive: bool,
}

impl Path {
    pub(super) fn new(pair: Pair, signalled: bool, now: Instant) -> Self {
        Self {
            pair,
            signalled,
            log: ProbeLog::default(),
            mtu: PathMtu::default(),
            answered_at: None,
            warm: false,
            vigil_until: None,
            observed: None,
            proven_since: None,
            heard_at: None,
            last_probe: None,
            quiet_before: None,
            triggered: true,
            fast_until: now + timing::FAST_PERIOD,
            backoff: Backoff::new(timing::IDLE_PROBE, timing::LONGEST_PROBE),
            losses: 0,
            reported_unresponsive: false,
        }
    }

    pub(super) fn remote(&self) -> Remote {
        self.pair.remote
    }

    pub(super) fn is_relayed(&self) -> bool {
        self.pair.kind() == CandidateType::Relayed
    }

    /// Whether both count against the same limit.
    pub(super) fn competes_with(&self, pair: Pair) -> bool {
        self.remote().via.is_none() == pair.remote.via.is_none()
    }

    pub(super) fn is_proven(&self) -> bool {
        self.proven_since.is_some()
    }

    pub(super) fn heard_at(&self) -> Option<Instant> {
        self.heard_at
    }

    /// Something authenticated came from there. Returns how long the path had been quiet before a router forgot it, if that is
    /// what happened: what we sent then did not arrive, and what the peer sends does.
    pub(super) fn heard(&mut self, now: Instant) -> Option<Duration> {
        self.heard_at = Some(now);
        let was_forgotten = self.log.overdue() >= FORGOTTEN;
        // Who reaches us can probably be reached: RFC 8445 §7.3.1.4 calls this a triggered check.
        if !self.is_proven() {
            self.triggered = true;
        }
        self.quiet_before.take().filter(|_| was_forgotten)
    }

    /// For how long nothing has passed it, as far as probes tell.
    pub(super) fn quiet_for(&self, now: Instant) -> Duration {
        let last = self.heard_at.max(self.last_probe);
        last.map_or(Duration::ZERO, |last| now.saturating_duration_since(last))
    }

    /// A response came back. Returns the round-trip time if one was awaited.
    pub(super) fn answered(&mut self, now: Instant, id: u64, observed: SocketAddr) -> Option<Duration> {
        let rtt = self.log.answered(now, id)?;
        if !self.is_proven() {
            self.mtu.revalidate();
        }
        self.quiet_before = None;
        self.heard_at = Some(now);
        self.answered_at = Some(now);
        self.proven_since.get_or_insert(now);
        self.backoff.reset();
        self.observed = Some(observed);
        Some(rtt)
    }

    /// A probe leaves now.
    pub(super) fn probed(&mut self, now: Instant, id: u64) {
        let quiet = self.quiet_for(now);
        if self.is_proven() && self.log.unanswered_since().is_none() && quiet >= timing::SHORTEST_KEEPALIVE {
            self.quiet_before = Some(quiet);
        }
        self.log.sent(now, id);
        self.last_probe = Some(now);
        self.triggered = false;
        if !self.is_proven() && now >= self.fast_until {
            self.backoff.double();
        }
    }

    /// The path does not work any more.
    pub(super) fn lost(&mut self, now: Instant) {
        if let Some(since) = self.proven_since.take() {
            let forgiven = now.saturating_duration_since(since) >= timing::FORGIVEN;
            self.losses = if forgiven { 1 } else { self.losses.saturating_add(1) };
        }
        self.reported_unresponsive = false;
        self.backoff.reset();
    }

    /// The peer has gone: what is open will not be answered, and the path is not to blame.
    pub(super) fn rest(&mut self) {
        self.overslept();
        self.proven_since = None;
        self.reported_unresponsive = false;
        self.triggered = false;
        self.backoff.reset();
    }

    /// Probe now, fast for a while, and then as if it were new.
    pub(super) fn recheck(&mut self, now: Instant, fast: Duration) {
        self.hurry(now, fast);
        self.backoff.reset();
    }

    /// Probe now, and fast for a while.
    pub(super) fn hurry(&mut self, now: Instant, fast: Duration) {
        self.triggered = true;
        self.fast_until = self.fast_until.max(now + fast);
    }

    /// There is no other path: if it ever worked, ask it often for [`timing::VIGIL`].
    pub(super) fn keep_vigil(&mut self, now: Instant) {
        self.vigil_until = (self.losses > 0).then_some(now + timing::VIGIL);
    }

    /// There is another path.
    pub(super) fn end_vigil(&mut self) {
        self.vigil_until = None;
    }

    /// The process stood still, and with it whoever should have read the answers.
    pub(super) fn overslept(&mut self) {
        self.log.forget_open();
        self.quiet_before = None;
    }

    pub(super) fn answered_at(&self) -> Option<Instant> {
        self.answered_at
    }

    /// Probe now.
    pub(super) fn trigger(&mut self) {
        self.triggered = true;
    }

    /// Our network changed: nothing measured is valid, and earlier losses tell nothing.
    pub(super) fn forget_measurements(&mut self) {
        self.log.reset();
        self.mtu.revalidate();
        // Sizes are measured only on what answers in the new network.
        self.answered_at = None;
        self.losses = 0;
        self.quiet_before = None;
    }

    /// When the first probe after the last answered one becomes overdue.
    pub(super) fn suspect_at(&self) -> Option<Instant> {
        Some(self.log.unanswered_since()? + self.log.rtt().timeout())
    }

    pub(super) fn is_suspect(&self, now: Instant) -> bool {
        self.suspect_at().is_some_and(|at| now >= at)
    }

    /// When it is lost unless an answer comes; `None` while unproven or nothing is open.
    pub(super) fn lost_at(&self) -> Option<Instant> {
        self.proven_since?;
        let since = self.log.unanswered_since()?;
        let limit = timing::SILENCE.max(self.log.rtt().timeout() + 2 * timing::FAST_PROBE);
        let silent_since = self.heard_at.map_or(since, |heard| heard.max(since));
        Some((silent_since + limit).min(since + timing::ONE_WAY_SILENCE.max(limit)))
    }

    /// When the next probe is due; `busy` if it is selected and packets flow.
    pub(super) fn probe_at(&self, now: Instant, busy: bool, selected: bool, quiet: Quiet) -> Instant {
        let Some(last) = self.last_probe else {
            return now;
        };
        let interval = if self.triggered {
            timing::SHORTEST_PROBE
        } else if self.is_proven() && self.is_suspect(now) {
            timing::FAST_PROBE
        } else if now < self.fast_until {
            if self.is_relayed() { timing::FAST_PROBE_RELAYED } else { timing::FAST_PROBE }
        } else if busy {
            if self.is_relayed() { timing::BUSY_PROBE_RELAYED } else { timing::BUSY_PROBE }
        } else if selected && self.is_proven() && self.log.is_doubtful() {
            timing::BUSY_PROBE
        } else if self.is_proven() {
            let is_kept = self.warm || !self.is_relayed();
            quiet.pause(if is_kept { timing::IDLE_PROBE } else { timing::LONGEST_PROBE })
        } else if self.vigil_until.is_some_and(|until| now < until) {
            timing::VIGIL_PROBE
        } else {
            self.backoff.pause()
        };
        last + interval
    }

    /// Whether it may replace a path that works.
    pub(super) fn is_trusted(&self, now: Instant) -> bool {
        let Some(since) = self.proven_since else {
            return false;
        };
        let probation = match self.losses {
            0 => Duration::ZERO,
            losses => doubled(timing::PROBATION, losses - 1, timing::LONGEST_RETRY),
        };
        !self.is_suspect(now) && now.saturating_duration_since(since) >= probation
    }

    /// For comparison with others; `None` while unproven or unmeasured.
    pub(super) fn quality(&self) -> Option<Quality> {
        self.proven_since?;
        let rtt = self.log.rtt();
        Some(Quality { kind: self.pair.kind(), rtt: rtt.smoothed()?, samples: rtt.samples() })
    }
}
