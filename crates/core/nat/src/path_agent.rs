//! The path agent: which way packets to one peer go.

mod direct_retry;
mod doubling;
mod farewell;
mod history;
mod pairs;
mod path;
mod path_mtu;
mod path_set;
mod preference;
mod probe_log;
mod rounds;
mod selection;
pub mod timing;
mod view;

use std::{
    cmp::Reverse,
    time::{Duration, Instant},
};

use direct_retry::DirectRetry;
use doubling::Doubling;
use farewell::Farewells;
pub use history::HealthSample;
use history::History;
use lanrage_party::{Candidate, CandidateType, Remote};
use pairs::{ALLOCATION_PATHS, Pair, STRAIGHT_PATHS};
pub use pairs::{Allocation, Reach};
use path::{Path, Quiet};
use probe_log::pings::Pings;
use rounds::{Round, Search};
pub use view::{LossReason, PathEvent, PathState, PathStats, PathTransmit, PathView, Phase};

use crate::{Probe, ProbeError, address::canonical, outbox::Outbox};

/// Room for one burst, one probe and one response per path, twice.
const TRANSMITS: usize = 6 * (STRAIGHT_PATHS + ALLOCATION_PATHS);
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
/// **Relays** carry the first packets, since they answer first; a direct path takes over as soon as it is proven.
/// **At rest** a probe keeps every router on the way open. One that forgets sooner than others is noticed by the first loss after
/// a pause, and probed more often from then on.
///
/// Relayed paths stay warm, so that to fall back on one is a decision and not a search. While a relay carries the
/// packets, both sides try all direct paths together, now and then, for ever.
///
/// Probes and everything given to `handle_session`, `handle_probe` and `handle_remote` must have been
/// authenticated by the session. Memory is bounded, whatever a peer does, and so is what it can make us send: at
/// most [`limits::CANDIDATES`](lanrage_party::limits::CANDIDATES) straight paths and as many by our allocations.
///
/// Addresses are compared without IPv6 scope and flow, and IPv4-mapped ones as IPv4. `now` must not go back;
/// if it does, it counts as standing still.
#[derive(Debug)]
pub struct PathAgent {
    config: PathAgentConfig,
    now: Instant,
    /// The peer's usable candidates, each once.
    offered: Vec<Candidate>,
    allocations: Vec<Allocation>,
    /// Whether our own allocations are the only way to the peer.
    relay_only: bool,
    paths: Vec<Path>,
    state: State,
    /// Whether probes can be sent at all.
    session: bool,
    busy_until: Option<Instant>,
    quiet: Quiet,
    /// The other paths have been asked because the selected one is suspect.
    doubting: bool,
    doubling: Doubling,
    /// While nothing is connected and there is something to try.
    search: Option<Search>,
    last_burst: Option<Instant>,
    /// How many there were.
    bursts: u64,
    direct_retry: Option<DirectRetry>,
    last_direct_try: Option<Instant>,
    announced_mtu: Option<u16>,
    history: History,
    next_probe_id: u64,
    farewells: Farewells,
    pings: Pings,
    /// Until when the peer's guesses of its own ports are worth a try.
    guesses_end: Option<Instant>,
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
    Connected { remote: Remote, is_relayed: bool, since: Instant },
}

impl PathAgent {
    /// An agent that knows nothing of its peer yet.
    pub fn new(config: PathAgentConfig, now: Instant) -> Self {
        Self {
            config,
            now,
            offered: Vec::new(),
            allocations: Vec::new(),
            relay_only: false,
            paths: Vec::new(),
            state: State::Idle,
            session: false,
            busy_until: None,
            quiet: Quiet::default(),
            doubting: false,
            doubling: Doubling::default(),
            search: None,
            last_burst: None,
            bursts: 0,
            direct_retry: None,
            last_direct_try: None,
            announced_mtu: None,
            history: History::default(),
            next_probe_id: 0,
            farewells: Farewells::default(),
            pings: Pings::default(),
            guesses_end: None,
            stats: PathStats::default(),
            transmits: Outbox::new(TRANSMITS),
            events: Outbox::new(EVENTS),
        }
    }

    /// What the peer offers now, in place of what it offered before. Unusable candidates and those beyond
    /// [`limits::CANDIDATES`](lanrage_party::limits::CANDIDATES) are dropped and counted. Proven paths stay, also when they are no longer offered.
    pub fn set_remote_candidates(&mut self, now: Instant, candidates: &[Candidate]) {
        self.advance(now);
        self.offered = self.sift(candidates);
        self.begin_guesses();
        let news = self.form_pairs();
        if news {
            self.renew_search();
            self.retry_direct_soon();
        }
        self.wake();
        match self.state {
            State::Checking(_) if news || self.paths.is_empty() => self.start_round(),
            // Also without news: that the peer speaks at all means that it tries now.
            State::Idle | State::Waiting { .. } => self.start_round(),
            _ => {}
        }
        self.run();
    }

    /// Our own allocations that can be used now, in place of those before. Paths by vanished ones are dropped;
    /// if packets went by one, they go elsewhere at once.
    pub fn set_allocations(&mut self, now: Instant, allocations: &[Allocation]) {
        self.advance(now);
        self.allocations = allocations.to_vec();
        self.follow_ways();
    }

    /// The ways out are others.
    fn follow_ways(&mut self) {
        let selected = self.selected_remote();
        let news = self.form_pairs();
        if selected.is_some_and(|selected| self.path(selected).is_none()) {
            self.fall_over(LossReason::AllocationGone);
        }
        if news {
            self.renew_search();
        }
        match self.state {
            State::Checking(_) if news || self.paths.is_empty() => self.start_round(),
            State::Idle | State::Waiting { .. } if news => self.start_round(),
            _ => {}
        }
        self.run();
    }

    /// Reaches the peer by our own allocations alone from now on, or by any way. Alone: nothing leaves for one of the
    /// peer's addresses, its relayed ones included, but by them, so that it never learns ours (RFC 8828 §5.2, mode 4). If
    /// packets went straight, they go elsewhere at once.
    pub fn set_relay_only(&mut self, now: Instant, relay_only: bool) {
        self.advance(now);
        if std::mem::replace(&mut self.relay_only, relay_only) == relay_only {
            return;
        }
        self.transmits = Outbox::new(TRANSMITS);
        self.follow_ways();
    }

    /// A WireGuard handshake was completed with a message from `from`; also for a renewal of the session.
    pub fn handle_session(&mut self, now: Instant, from: impl Into<Remote>) {
        self.advance(now);
        self.enter_session(canonical_remote(from));
        self.run();
    }

    /// A probe came out of the session, in a datagram from `from`. Requests are answered at once on the way
    /// that they came.
    ///
    /// # Errors
    /// [`ProbeError`] for what is not a probe, or a response that nothing waits for; it is counted and has no
    /// other effect.
    pub fn handle_probe(
        &mut self,
        now: Instant,
        from: impl Into<Remote>,
        payload: &[u8],
    ) -> Result<(), ProbeError> {
        self.advance(now);
        let probe = Probe::parse(payload).inspect_err(|_| self.stats.probes_malformed += 1)?;
        let from = canonical_remote(from);
        if !self.session {
            // It was authenticated, so there is a session, even if nobody said so yet.
            self.enter_session(from);
        }
        let outcome = match probe {
            Probe::Request { id } | Probe::PaddedRequest { id, .. } => {
                self.note(from);
                self.farewells.asked(id);
                self.respond(from, id);
                Ok(())
            }
            Probe::Response { id, observed } => self.handle_response(from, id, canonical(observed)),
            Probe::TryDirect { .. } => {
                self.note(from);
                self.join_direct_try();
                Ok(())
            }
            Probe::Farewell { id, leaves } => self.handle_farewell(id, leaves),
        };
        self.run();
        outcome
    }

    /// An authenticated packet came from `from`, which may be new: the peer roams, or its router gave it
    /// another port. Makes a peer-reflexive candidate (RFC 8445 §7.3.1.3) and probes it at once; packets follow
    /// only when it is proven.
    pub fn handle_remote(&mut self, now: Instant, from: impl Into<Remote>) {
        self.advance(now);
        self.note(canonical_remote(from));
        self.run();
    }

    /// A punch came from `from` and is thought to be this peer's. Nobody authenticates it, so it is only a
    /// hint: the peer is up and tries to reach us from there.
    pub fn handle_punch(&mut self, now: Instant, from: impl Into<Remote>) {
        self.advance(now);
        let pair = seen(canonical_remote(from));
        let may_add = self.may_add(pair);
        match self.path_mut(pair.remote) {
            Some(path) => path.trigger(),
            None if may_add => {
                if self.insert(pair, false)
                    && let State::Checking(round) = &mut self.state
                {
                    round.hurry(self.now, self.last_burst);
                }
            }
            None => self.stats.candidates_dropped += 1,
        }
        match self.state {
            State::Idle => self.start_round(),
            State::Waiting { since, .. } if self.now >= since + timing::PUNCH_WAKE => {
                self.wake();
                self.start_round();
            }
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

    /// Sends a probe on the selected path as soon as [`timing::SHORTEST_PROBE`] allows; [`PathEvent::Pong`] tells of its answer by
    /// this tag. Where no path is selected, or the probe or its answer is lost, nothing tells of it.
    pub fn ping(&mut self, now: Instant, tag: u64) {
        self.advance(now);
        if let Some(path) = self.selected_remote().and_then(|remote| self.path_mut(remote)) {
            path.trigger();
            self.pings.want(tag);
        }
        self.run();
    }

    /// The system refused a packet of this size (bytes, inside the tunnel) on every path that `takes_it`: it is too long for
    /// the interface that they leave by.
    pub fn handle_refused_size(&mut self, now: Instant, size: u16, takes_it: impl Fn(Remote) -> bool) {
        self.advance(now);
        for path in self.paths.iter_mut().filter(|path| takes_it(path.remote())) {
            path.mtu.refused(size);
        }
        self.run();
    }

    /// A router on some way carries no packets longer than `mtu` bytes, headers included, or so somebody says: what was found
    /// to pass on longer ones is confirmed at once, and left after one lost probe instead of three (RFC 8899 §4.6.2).
    pub fn handle_packet_too_big(&mut self, now: Instant, mtu: u32) {
        self.advance(now);
        for path in &mut self.paths {
            if u32::from(path.mtu.value()) + timing::LEAST_HEADERS > mtu {
                path.mtu.doubt(self.now);
            }
        }
        self.run();
    }

    /// Our interfaces or addresses changed: everything is checked again at once. The selected path is kept until
    /// it is known not to work.
    pub fn handle_network_change(&mut self, now: Instant) {
        self.advance(now);
        self.renew_search();
        self.quiet = Quiet::default();
        for path in &mut self.paths {
            path.forget_measurements();
            path.recheck(self.now, timing::FAST_PERIOD);
        }
        self.retry_direct_soon();
        if !matches!(self.state, State::Connected { .. } | State::Proving { .. }) {
            self.start_round();
        }
        self.run();
    }

    /// The device woke up, or something else happened after which nothing is sure, the peer's session included:
    /// everything is checked again at once, and a handshake or punch goes out at the same time. The session and
    /// the selected path are kept until they are known not to work.
    ///
    /// A pause of the process alone is noticed without this call.
    pub fn handle_resume(&mut self, now: Instant) {
        self.advance(now);
        self.resume();
        self.run();
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
            let busy = self.is_busy(path);
            let suspect_at = path.suspect_at().filter(|at| path.is_proven() && *at > self.now);
            let mtu_at = self.measures_mtu(path).then(|| path.mtu.due_at(self.now, busy));
            [Some(self.probe_at(path, busy)), suspect_at, path.lost_at(), mtu_at].into_iter().flatten()
        });
        of_state.into_iter().chain(self.next_direct_try()).chain(self.calm_at()).chain(of_paths).min()
    }

    /// The path that packets go to.
    pub fn selected(&self) -> Option<PathView> {
        self.selected_path().map(|path| self.view(path))
    }

    /// When all direct paths are tried next, while a relay carries the packets.
    pub fn next_direct_try(&self) -> Option<Instant> {
        self.direct_retry.map(|retry| retry.next)
    }

    /// Whether [`PathEvent::Dormant`] was the last word: nothing was found for long, and little is tried.
    pub fn is_dormant(&self) -> bool {
        self.search.is_some_and(|search| search.dormant)
    }

    /// The last minute of whatever path was in use, a sample per second, the newest last. Empty before the first
    /// connection.
    pub fn history(&self) -> impl Iterator<Item = HealthSample> {
        self.history.samples(self.now)
    }

    /// Every path, proven or not, best priority first.
    pub fn paths(&self) -> impl Iterator<Item = PathView> {
        let mut paths: Vec<&Path> = self.paths.iter().collect();
        paths.sort_by_key(|path| Reverse(path.pair.rank()));
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
        let late = now.saturating_duration_since(self.now) > timing::FROZEN
            && self.poll_timeout().is_some_and(|due| now > due + timing::FROZEN);
        self.now = self.now.max(now);
        self.record_history();
        if late {
            self.resume();
        }
    }

    fn resume(&mut self) {
        self.renew_search();
        for path in &mut self.paths {
            path.overslept();
            path.recheck(self.now, timing::FAST_PERIOD);
        }
        self.retry_direct_soon();
        if !matches!(self.state, State::Connected { .. }) {
            self.start_round();
        } else if self.last_burst.is_none_or(|last| self.now >= last + timing::PUNCH_WAKE) {
            self.burst();
        }
    }

    fn record_history(&mut self) {
        if !self.history.is_due(self.now) {
            return;
        }
        let selected = self.selected_path();
        if selected.is_none() && !self.history.has_begun() {
            return;
        }
        let sample = HealthSample {
            age: Duration::ZERO,
            remote: selected.map(Path::remote),
            rtt: selected.and_then(|path| path.log.rtt().smoothed()),
            jitter: selected.map_or(Duration::ZERO, |path| path.log.rtt().jitter()),
            loss: selected.map_or(1.0, |path| path.log.loss()),
        };
        self.history.record(self.now, sample);
    }

    /// Everything that is due, in an order in which each step sees what the one before decided.
    fn run(&mut self) {
        self.end_guesses();
        self.leave_silent_paths();
        self.watch_selected();
        self.judge_doubling();
        self.advance_round();
        self.retry_direct();
        self.send_padded_probes();
        self.send_probes();
        self.announce_mtu();
    }

    fn take_probe_id(&mut self) -> u64 {
        let id = self.next_probe_id;
        self.next_probe_id += 1;
        id
    }

    /// Whether it matters what the path carries: it is in use, or may be any moment.
    fn measures_mtu(&self, path: &Path) -> bool {
        let matters = path.warm || Some(path.remote()) == self.selected_remote();
        matters && path.is_proven() && path.answered_at().is_some() && !path.is_suspect(self.now)
    }

    fn send_padded_probes(&mut self) {
        if !self.session {
            return;
        }
        for index in 0..self.paths.len() {
            let busy = self.is_busy(&self.paths[index]);
            if !self.measures_mtu(&self.paths[index]) {
                continue;
            }
            let path = &mut self.paths[index];
            let Some(size) = path.mtu.next_probe(self.now, busy, path.answered_at()) else {
                continue;
            };
            let id = self.next_probe_id;
            self.next_probe_id += 1;
            path.mtu.probed(self.now, id, size, path.log.rtt().timeout());
            // The small one that tells a path too narrow from a path too lossy.
            path.trigger();
            let payload = Probe::padded_request(id, size).to_bytes();
            self.transmits.push(PathTransmit::Probe { to: path.remote(), payload });
        }
    }

    fn announce_mtu(&mut self) {
        let Some((remote, mtu)) = self.selected_path().map(|path| (path.remote(), path.mtu.value())) else {
            return;
        };
        if self.announced_mtu.replace(mtu) != Some(mtu) {
            self.events.push(PathEvent::Mtu { remote, mtu });
        }
    }

    fn send_probes(&mut self) {
        if !self.session {
            return;
        }
        for index in 0..self.paths.len() {
            let busy = self.is_busy(&self.paths[index]);
            let path = &self.paths[index];
            if self.now < self.probe_at(path, busy) {
                continue;
            }
            let id = self.take_probe_id();
            if self.is_selected(&self.paths[index]) {
                self.pings.sent(id);
            }
            let path = &mut self.paths[index];
            path.probed(self.now, id);
            let payload = Probe::Request { id }.to_bytes();
            self.transmits.push(PathTransmit::Probe { to: path.remote(), payload });
        }
    }

    fn probe_at(&self, path: &Path, busy: bool) -> Instant {
        path.probe_at(self.now, busy, self.is_selected(path), self.quiet)
    }

    fn selected_remote(&self) -> Option<Remote> {
        match self.state {
            State::Connected { remote, .. } => Some(remote),
            _ => None,
        }
    }

    fn selected_path(&self) -> Option<&Path> {
        self.path(self.selected_remote()?)
    }

    fn is_selected(&self, path: &Path) -> bool {
        Some(path.remote()) == self.selected_remote()
    }

    /// Whether packets go by it, or their second copies.
    fn is_busy(&self, path: &Path) -> bool {
        (self.is_selected(path) || self.second() == Some(path.remote()))
            && self.busy_until.is_some_and(|until| self.now < until)
    }

    fn path(&self, remote: Remote) -> Option<&Path> {
        self.paths.iter().find(|path| path.remote() == remote)
    }

    fn path_mut(&mut self, remote: Remote) -> Option<&mut Path> {
        self.paths.iter_mut().find(|path| path.remote() == remote)
    }

    fn view(&self, path: &Path) -> PathView {
        let state = match (path.is_proven(), path.is_suspect(self.now)) {
            (false, _) => PathState::Unproven,
            (true, false) => PathState::Proven,
            (true, true) => PathState::Unresponsive,
        };
        PathView {
            remote: path.remote(),
            kind: path.pair.kind(),
            is_relayed: path.is_relayed(),
            state,
            rtt: path.log.rtt().smoothed(),
            jitter: path.log.rtt().jitter(),
            loss: path.log.loss(),
            observed: path.observed,
            mtu: path.mtu.value(),
        }
    }
}

fn canonical_remote(remote: impl Into<Remote>) -> Remote {
    let remote = remote.into();
    Remote { address: canonical(remote.address), ..remote }
}

/// What came from there without being offered (RFC 8445 §7.3.1.3).
fn seen(remote: Remote) -> Pair {
    Pair { remote, target: CandidateType::PeerReflexive }
}

#[cfg(test)]
mod tests;
