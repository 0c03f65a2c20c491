//! The path agent: which way packets to one peer go.

mod path;
mod preference;
mod probe_log;
mod round;
mod rtt;
pub mod timing;
mod view;

use std::{cmp::Reverse, net::SocketAddr, time::Instant};

use lanrage_party::{Candidate, CandidateType, limits};
use path::Path;
use preference::{Preference, preference};
use round::Round;
pub use view::{LossReason, PathEvent, PathState, PathStats, PathTransmit, PathView, Phase};

use crate::{Probe, ProbeError, address::canonical, outbox::Outbox};

/// Room for one burst, one probe and one response per path, twice.
const TRANSMITS: usize = 6 * limits::CANDIDATES;
const EVENTS: usize = 32;

/// How an agent behaves. The rhythm is the same for all: [`timing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathAgentConfig {
    /// Whether this side begins WireGuard handshakes. Exactly one of the two peers does.
    pub initiator: bool,
}

/// Finds, keeps and improves the path to one peer. Pure: see the crate's documentation for how to drive it.
///
/// **Without a session**, rounds of [`PathTransmit::Handshake`] (initiator) or [`PathTransmit::Punch`]
/// (responder) go to all of the peer's candidates at once: the responder's punches open its router for the
/// initiator's handshakes. A failed round is followed by another after a pause of at most 30 s, for ever; new
/// candidates, a network change or a sign of life begin one at once.
///
/// **With a session**, both sides send probes inside it on every candidate. A path is proven when a response
/// comes back on it. There is no controlling role and no nomination: each side sends on its best proven path
/// and accepts on any. The selected path is left as soon as it is silent for [`timing::SILENCE`]: for another
/// proven one, else for a new round while probes go on. A better one replaces it with hysteresis, so that two
/// equals never take turns.
///
/// Probes and everything given to `handle_session`, `handle_probe` and `handle_remote` must have been
/// authenticated by the session. Memory is bounded by [`limits::CANDIDATES`], whatever a peer does, and so is
/// what it can make us send.
///
/// Addresses are compared without IPv6 scope and flow, and IPv4-mapped ones as IPv4. `now` must not go back;
/// if it does, it counts as standing still.
#[derive(Debug)]
pub struct PathAgent {
    config: PathAgentConfig,
    now: Instant,
    paths: Vec<Path>,
    state: State,
    /// Whether probes can be sent at all.
    session: bool,
    busy_until: Option<Instant>,
    /// The other paths have been asked because the selected one is suspect.
    doubting: bool,
    failed_rounds: u32,
    last_burst: Option<Instant>,
    next_probe_id: u64,
    stats: PathStats,
    transmits: Outbox<PathTransmit>,
    events: Outbox<PathEvent>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Idle,
    Checking(Round),
    Waiting { since: Instant, retry_at: Instant },
    Proving { until: Instant },
    Connected { address: SocketAddr, since: Instant },
}

impl PathAgent {
    /// An agent that knows nothing of its peer yet.
    pub fn new(config: PathAgentConfig, now: Instant) -> Self {
        Self {
            config,
            now,
            paths: Vec::new(),
            state: State::Idle,
            session: false,
            busy_until: None,
            doubting: false,
            failed_rounds: 0,
            last_burst: None,
            next_probe_id: 0,
            stats: PathStats::default(),
            transmits: Outbox::new(TRANSMITS),
            events: Outbox::new(EVENTS),
        }
    }

    /// What the peer offers now, in place of what it offered before. Unusable candidates and those beyond
    /// [`limits::CANDIDATES`] are dropped and counted. Proven paths stay, also when they are no longer offered.
    pub fn set_remote_candidates(&mut self, now: Instant, candidates: &[Candidate]) {
        self.advance(now);
        let offered = self.sift(candidates);
        let is_offered = |address| offered.iter().any(|candidate| candidate.address == address);
        self.paths.retain(|path| path.is_proven() || !path.signalled || is_offered(path.address()));
        for path in &mut self.paths {
            path.signalled = false;
        }

        let mut news = false;
        for candidate in offered {
            match self.path_mut(candidate.address) {
                Some(path) => {
                    path.signalled = true;
                    path.candidate.kind = candidate.kind;
                }
                None => news |= self.insert(candidate, true),
            }
        }
        if news {
            self.failed_rounds = 0;
        }
        match self.state {
            State::Checking(_) if news || self.paths.is_empty() => self.start_round(),
            // Also without news: that the peer speaks at all means that it tries now.
            State::Idle | State::Waiting { .. } => self.start_round(),
            _ => {}
        }
        self.run();
    }

    /// A WireGuard handshake was completed with a message from `from`; also for a renewal of the session.
    pub fn handle_session(&mut self, now: Instant, from: SocketAddr) {
        self.advance(now);
        self.enter_session(canonical(from));
        self.run();
    }

    /// A probe came out of the session, in a datagram from `from`. Requests are answered at once on the way
    /// that they came.
    ///
    /// # Errors
    /// [`ProbeError`] for what is not a probe, or a response that nothing waits for; it is counted and has no
    /// other effect.
    pub fn handle_probe(&mut self, now: Instant, from: SocketAddr, payload: &[u8]) -> Result<(), ProbeError> {
        self.advance(now);
        let probe = Probe::parse(payload).inspect_err(|_| self.stats.probes_malformed += 1)?;
        let from = canonical(from);
        if !self.session {
            // It was authenticated, so there is a session, even if nobody said so yet.
            self.enter_session(from);
        }
        let outcome = match probe {
            Probe::Request { id } => {
                self.note(from);
                let payload = Probe::Response { id, observed: from }.to_bytes();
                self.transmits.push(PathTransmit::Probe { to: from, payload });
                Ok(())
            }
            Probe::Response { id, observed } => self.handle_response(from, id, canonical(observed)),
        };
        self.run();
        outcome
    }

    /// An authenticated packet came from `from`, which may be new: the peer roams, or its router gave it
    /// another port. Makes a peer-reflexive candidate (RFC 8445 §7.3.1.3) and probes it at once; packets follow
    /// only when it is proven.
    pub fn handle_remote(&mut self, now: Instant, from: SocketAddr) {
        self.advance(now);
        self.note(canonical(from));
        self.run();
    }

    /// A punch came from `from` and is thought to be this peer's. Nobody authenticates it, so it is only a
    /// hint: the peer is up and tries to reach us from there.
    pub fn handle_punch(&mut self, now: Instant, from: SocketAddr) {
        self.advance(now);
        let candidate = Candidate { kind: CandidateType::PeerReflexive, address: canonical(from) };
        match self.path_mut(candidate.address) {
            Some(path) => path.trigger(),
            None if candidate.is_usable() => {
                if self.insert(candidate, false)
                    && let State::Checking(round) = &mut self.state
                {
                    round.hurry(self.now, self.last_burst);
                }
            }
            None => self.stats.candidates_dropped += 1,
        }
        match self.state {
            State::Idle => self.start_round(),
            State::Waiting { since, .. } if self.now >= since + timing::PUNCH_WAKE => self.start_round(),
            _ => {}
        }
        self.run();
    }

    /// Packets flow to or from the peer. Call it as often as is handy, at least once per
    /// [`timing::BUSY_PERIOD`], not per packet: the selected path is then watched closely enough that its loss
    /// shows within a second. Without it, probes are rare and a loss shows within [`timing::IDLE_PROBE`] more.
    pub fn handle_traffic(&mut self, now: Instant) {
        self.advance(now);
        self.busy_until = Some(self.now + timing::BUSY_PERIOD);
        self.run();
    }

    /// Our interfaces or addresses changed, or the device woke up: everything is checked again at once.
    pub fn handle_network_change(&mut self, now: Instant) {
        self.advance(now);
        self.failed_rounds = 0;
        for path in &mut self.paths {
            path.forget_measurements();
            path.recheck(self.now);
        }
        if !matches!(self.state, State::Connected { .. } | State::Proving { .. }) {
            self.start_round();
        }
        self.run();
    }

    /// The WireGuard session ended without a successor.
    pub fn handle_session_lost(&mut self, now: Instant) {
        self.end_session(now, LossReason::SessionLost);
    }

    /// The peer began a new life, and knows nothing of any session with us.
    pub fn handle_peer_restarted(&mut self, now: Instant) {
        self.end_session(now, LossReason::PeerRestarted);
    }

    /// Does what is due at `now`. Calling it early or late does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
        self.run();
    }

    /// The next thing to send. Drain after every input.
    pub fn poll_transmit(&mut self) -> Option<PathTransmit> {
        self.transmits.pop()
    }

    /// The next thing that happened. Drain after every input.
    pub fn poll_event(&mut self) -> Option<PathEvent> {
        self.events.pop()
    }

    /// When to call [`Self::handle_timeout`], always later than the last `now`; `None` if only an input can
    /// bring work.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let of_state = match self.state {
            State::Idle | State::Connected { .. } => None,
            State::Checking(round) => Some(round.deadline()),
            State::Waiting { retry_at, .. } => Some(retry_at),
            State::Proving { until } => Some(until),
        };
        let of_paths = self.paths.iter().filter(|_| self.session).flat_map(|path| {
            let suspect_at = path.suspect_at().filter(|at| path.is_proven() && *at > self.now);
            [Some(path.probe_at(self.now, self.is_busy(path))), suspect_at, path.lost_at()]
                .into_iter()
                .flatten()
        });
        of_state.into_iter().chain(of_paths).min()
    }

    /// The path that packets go to.
    pub fn selected(&self) -> Option<PathView> {
        self.paths
            .iter()
            .find(|path| Some(path.address()) == self.selected_address())
            .map(|path| self.view(path))
    }

    /// Every path, proven or not, best priority first.
    pub fn paths(&self) -> impl Iterator<Item = PathView> {
        let mut paths: Vec<&Path> = self.paths.iter().collect();
        paths.sort_by_key(|path| Reverse(path.candidate.priority()));
        paths.into_iter().map(|path| self.view(path))
    }

    /// What the agent is doing.
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Idle => Phase::Idle,
            State::Checking(_) => Phase::Checking,
            State::Waiting { retry_at, .. } => Phase::Waiting { retry_at },
            State::Proving { .. } => Phase::Proving,
            State::Connected { .. } => Phase::Connected,
        }
    }

    /// What was left out so far.
    pub fn stats(&self) -> PathStats {
        self.stats
    }

    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    /// Everything that is due, in an order in which each step sees what the one before decided.
    fn run(&mut self) {
        self.leave_silent_paths();
        self.watch_selected();
        self.advance_round();
        self.send_probes();
    }

    fn leave_silent_paths(&mut self) {
        let selected = self.selected_address();
        let mut selected_lost = false;
        for path in &mut self.paths {
            path.log.expire(self.now);
            if path.lost_at().is_some_and(|at| self.now >= at) {
                path.lost(self.now);
                selected_lost |= Some(path.address()) == selected;
            }
        }
        if !selected_lost {
            return;
        }
        for path in &mut self.paths {
            path.recheck(self.now);
        }
        match self.best_answering() {
            Some(fallback) => self.select(fallback),
            None => {
                self.lose(LossReason::Silent);
                self.start_round();
            }
        }
    }

    /// Prepares for the loss of the selected path as soon as it leaves a probe unanswered.
    fn watch_selected(&mut self) {
        let Some(address) = self.selected_address() else {
            return;
        };
        let now = self.now;
        let Some(path) = self.path_mut(address) else {
            return;
        };
        let suspect = path.is_suspect(now);
        // One lost probe is everyday life on Wi-Fi; the second is news.
        let unresponsive = suspect && path.log.overdue() >= 2;
        let changed = unresponsive != path.reported_unresponsive && (unresponsive || !suspect);
        if changed {
            path.reported_unresponsive = unresponsive;
            let event = if unresponsive {
                PathEvent::Unresponsive { address }
            } else {
                PathEvent::Responsive { address }
            };
            self.events.push(event);
        }
        if suspect && !self.doubting {
            for path in self.paths.iter_mut().filter(|path| path.address() != address && path.is_proven()) {
                path.trigger();
            }
        }
        self.doubting = suspect;
    }

    fn advance_round(&mut self) {
        match self.state {
            State::Checking(round) if self.now >= round.ends() => self.fail_round(),
            State::Checking(round) if self.now >= round.deadline() => self.burst(),
            State::Proving { until } if self.now >= until => self.fail_round(),
            State::Waiting { retry_at, .. } if self.now >= retry_at => self.start_round(),
            _ => {}
        }
    }

    fn send_probes(&mut self) {
        if !self.session {
            return;
        }
        for index in 0..self.paths.len() {
            let busy = self.is_busy(&self.paths[index]);
            let path = &mut self.paths[index];
            if self.now < path.probe_at(self.now, busy) {
                continue;
            }
            let id = self.next_probe_id;
            self.next_probe_id += 1;
            path.probed(self.now, id);
            let payload = Probe::Request { id }.to_bytes();
            self.transmits.push(PathTransmit::Probe { to: path.address(), payload });
        }
    }

    fn start_round(&mut self) {
        if self.paths.is_empty() {
            self.state = State::Idle;
            return;
        }
        if self.session {
            for path in &mut self.paths {
                path.recheck(self.now);
            }
        }
        let round = Round::new(self.now, self.last_burst);
        self.state = State::Checking(round);
        if self.now >= round.deadline() {
            self.burst();
        }
    }

    fn burst(&mut self) {
        let mut candidates: Vec<Candidate> = self.paths.iter().map(|path| path.candidate).collect();
        candidates.sort_by_key(|candidate| Reverse(candidate.priority()));
        let targets = candidates.into_iter().map(|candidate| candidate.address);
        if self.config.initiator {
            self.transmits.push(PathTransmit::Handshake { targets: targets.collect() });
        } else {
            targets.for_each(|to| self.transmits.push(PathTransmit::Punch { to }));
        }
        self.last_burst = Some(self.now);
        if let State::Checking(round) = &mut self.state {
            round.burst_sent(self.now);
        }
    }

    fn fail_round(&mut self) {
        let pause = (timing::FIRST_RETRY * (1 << self.failed_rounds.min(8))).min(timing::LONGEST_RETRY);
        self.failed_rounds = self.failed_rounds.saturating_add(1);
        let retry_at = self.now + pause;
        tracing::debug!(failed_rounds = self.failed_rounds, ?pause, "no path found in this round");
        self.state = State::Waiting { since: self.now, retry_at };
        self.events.push(PathEvent::RoundFailed { retry_at });
    }

    fn enter_session(&mut self, from: SocketAddr) {
        let connected = matches!(self.state, State::Connected { .. });
        self.session = true;
        self.note(from);
        if connected {
            if let Some(path) = self.path_mut(from) {
                path.trigger();
            }
            return;
        }
        for path in &mut self.paths {
            path.log.forget_open();
            path.recheck(self.now);
        }
        self.state = State::Proving { until: self.now + timing::PROVING };
    }

    fn end_session(&mut self, now: Instant, reason: LossReason) {
        self.advance(now);
        self.session = false;
        self.failed_rounds = 0;
        self.lose(reason);
        for path in &mut self.paths {
            path.unprove();
        }
        if !matches!(self.state, State::Checking(_)) {
            self.start_round();
        }
        self.run();
    }

    fn handle_response(&mut self, from: SocketAddr, id: u64, observed: SocketAddr) -> Result<(), ProbeError> {
        let now = self.now;
        if !self.path_mut(from).is_some_and(|path| path.answered(now, id, observed)) {
            self.stats.probes_unexpected += 1;
            return Err(ProbeError::Unexpected);
        }
        let better = match self.state {
            State::Connected { address, since } => self.better_than(address, since),
            _ => self.best_answering(),
        };
        if let Some(address) = better {
            self.select(address);
        }
        Ok(())
    }

    /// The best path that may take over from the selected one.
    fn better_than(&self, selected: SocketAddr, since: Instant) -> Option<SocketAddr> {
        let settled = self.now.saturating_duration_since(since) >= timing::DWELL;
        let current = self.path(selected)?.quality()?;
        let rivals = self.paths.iter().filter(|path| path.address() != selected && path.is_trusted(self.now));
        let (best, _) = rivals
            .filter_map(|path| Some((path.address(), path.quality()?)))
            .filter(|(_, quality)| match preference(quality, &current) {
                Some(Preference::Kind) => true,
                Some(Preference::Speed) => settled,
                None => false,
            })
            .reduce(|best, next| if preference(&next.1, &best.1).is_some() { next } else { best })?;
        Some(best)
    }

    /// The best path that answers, with nothing to compare it to.
    fn best_answering(&self) -> Option<SocketAddr> {
        let answering = self.paths.iter().filter(|path| !path.is_suspect(self.now));
        let (best, _) = answering
            .filter_map(|path| Some((path.address(), path.quality()?)))
            .reduce(|best, next| if preference(&next.1, &best.1).is_some() { next } else { best })?;
        Some(best)
    }

    fn select(&mut self, address: SocketAddr) {
        let Some(kind) = self.path(address).map(|path| path.candidate.kind) else {
            return;
        };
        tracing::debug!(%address, ?kind, "path selected");
        self.failed_rounds = 0;
        self.doubting = false;
        if let Some(path) = self.path_mut(address) {
            path.reported_unresponsive = false;
        }
        self.state = State::Connected { address, since: self.now };
        self.events.push(PathEvent::Selected { address, kind });
    }

    /// Reports the loss of the selected path, if there is one. The caller sets the next state.
    fn lose(&mut self, reason: LossReason) {
        if let Some(address) = self.selected_address() {
            tracing::debug!(%address, ?reason, "path lost");
            self.doubting = false;
            self.events.push(PathEvent::Lost { address, reason });
        }
    }

    /// Something authenticated came from there.
    fn note(&mut self, from: SocketAddr) {
        let now = self.now;
        if self.path_mut(from).is_none() {
            let candidate = Candidate { kind: CandidateType::PeerReflexive, address: from };
            if !candidate.is_usable() {
                self.stats.candidates_dropped += 1;
                return;
            }
            self.make_room();
            self.insert(candidate, false);
        }
        if let Some(path) = self.path_mut(from) {
            path.heard(now);
        }
    }

    /// Forgets the least promising path if there is no room: one that was seen before one that is offered,
    /// and what was heard long ago before what was heard lately. Never a proven one.
    fn make_room(&mut self) {
        if self.paths.len() < limits::CANDIDATES {
            return;
        }
        let unproven = self.paths.iter().enumerate().filter(|(_, path)| !path.is_proven());
        let least =
            unproven.min_by_key(|(_, path)| (path.signalled, path.heard_at(), path.candidate.priority()));
        if let Some((index, _)) = least {
            self.paths.swap_remove(index);
        }
    }

    /// Adds a path. Without room, an unproven one that is not offered yields: to an offer any such, to a hint
    /// only another hint, so that nobody's punches displace what the session authenticated. Returns whether
    /// there was room.
    fn insert(&mut self, candidate: Candidate, signalled: bool) -> bool {
        if self.paths.len() >= limits::CANDIDATES {
            let yields = |path: &Path| {
                !path.is_proven() && !path.signalled && (signalled || path.heard_at().is_none())
            };
            let yielding = self.paths.iter().enumerate().filter(|(_, path)| yields(path));
            let Some((index, _)) = yielding.min_by_key(|(_, path)| path.heard_at()) else {
                self.stats.candidates_dropped += 1;
                return false;
            };
            self.paths.swap_remove(index);
        }
        self.paths.push(Path::new(candidate, signalled, self.now));
        true
    }

    /// The usable ones, each address once under its best type.
    fn sift(&mut self, candidates: &[Candidate]) -> Vec<Candidate> {
        let mut sifted: Vec<Candidate> = Vec::new();
        for candidate in candidates {
            let candidate = Candidate { address: canonical(candidate.address), ..*candidate };
            match sifted.iter().position(|known| known.address == candidate.address) {
                Some(index) if candidate.priority() > sifted[index].priority() => sifted[index] = candidate,
                Some(_) => {}
                None if candidate.is_usable() && sifted.len() < limits::CANDIDATES => sifted.push(candidate),
                None => self.stats.candidates_dropped += 1,
            }
        }
        sifted
    }

    fn selected_address(&self) -> Option<SocketAddr> {
        match self.state {
            State::Connected { address, .. } => Some(address),
            _ => None,
        }
    }

    fn is_busy(&self, path: &Path) -> bool {
        Some(path.address()) == self.selected_address()
            && self.busy_until.is_some_and(|until| self.now < until)
    }

    fn path(&self, address: SocketAddr) -> Option<&Path> {
        self.paths.iter().find(|path| path.address() == address)
    }

    fn path_mut(&mut self, address: SocketAddr) -> Option<&mut Path> {
        self.paths.iter_mut().find(|path| path.address() == address)
    }

    fn view(&self, path: &Path) -> PathView {
        let state = match (path.is_proven(), path.is_suspect(self.now)) {
            (false, _) => PathState::Unproven,
            (true, false) => PathState::Proven,
            (true, true) => PathState::Unresponsive,
        };
        PathView {
            address: path.address(),
            kind: path.candidate.kind,
            state,
            rtt: path.log.rtt().smoothed(),
            jitter: path.log.rtt().jitter(),
            loss: path.log.loss(),
            observed: path.observed,
        }
    }
}

#[cfg(test)]
mod tests;
