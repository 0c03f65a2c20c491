//! Which path packets go by, and when that changes.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_party::{CandidateType, Remote};

use super::{
    LossReason, PathAgent, PathEvent, State,
    path::Path,
    preference::{Preference, preference},
    rounds::Search,
    timing,
};
use crate::ProbeError;

impl PathAgent {
    pub(super) fn leave_silent_paths(&mut self) {
        let selected = self.selected_remote();
        let (mut selected_lost, mut relayed_lost) = (false, false);
        for path in &mut self.paths {
            path.log.expire(self.now);
            if path.lost_at().is_some_and(|at| self.now >= at) {
                path.lost(self.now);
                selected_lost |= Some(path.remote()) == selected;
                relayed_lost |= path.is_relayed();
            }
        }
        if relayed_lost {
            self.choose_warm_relayed();
        }
        if selected_lost {
            self.fall_over(LossReason::Silent);
        }
    }

    /// The selected path is of no use any more.
    pub(super) fn fall_over(&mut self, reason: LossReason) {
        for path in &mut self.paths {
            path.recheck(self.now, timing::FAST_PERIOD);
        }
        match self.best_answering() {
            Some(fallback) => self.select(fallback),
            None => {
                self.lose(reason);
                self.search = Some(Search::new(self.now, true));
                for path in &mut self.paths {
                    path.keep_vigil(self.now);
                }
                self.start_round();
            }
        }
    }

    /// Prepares for the loss of the selected path as soon as it leaves a probe unanswered.
    pub(super) fn watch_selected(&mut self) {
        let Some(remote) = self.selected_remote() else {
            return;
        };
        let now = self.now;
        let Some(path) = self.path_mut(remote) else {
            return;
        };
        let suspect = path.is_suspect(now);
        // One lost probe is everyday life on Wi-Fi; the second is news.
        let unresponsive = suspect && path.log.overdue() >= 2;
        let changed = unresponsive != path.reported_unresponsive && (unresponsive || !suspect);
        if changed {
            path.reported_unresponsive = unresponsive;
            let event = if unresponsive {
                PathEvent::Unresponsive { remote }
            } else {
                PathEvent::Responsive { remote }
            };
            self.events.push(event);
        }
        if suspect && !self.doubting {
            for path in self.paths.iter_mut().filter(|path| path.remote() != remote && path.is_proven()) {
                path.trigger();
            }
        }
        self.doubting = suspect;
        if let Some(answering) = self.successor_of_silent(remote) {
            self.select(answering);
        }
    }

    /// The best path that has answered since the selected one fell silent, once that is silent for longer than bad luck
    /// lasts. The silent one is not given up: if it is the better one, it is back with its first answer.
    fn successor_of_silent(&self, selected: Remote) -> Option<Remote> {
        let path = self.path(selected)?;
        let unanswered = path.log.unanswered_since()?;
        // What was on its way when the path died still arrives after the first probe that it cost.
        let silent_since = path.heard_at().map_or(unanswered, |heard| heard.max(unanswered));
        let patience = if path.is_relayed() { timing::OVERDUE_RELAYED } else { timing::OVERDUE_DIRECT };
        if path.log.overdue_since(silent_since) < patience {
            return None;
        }
        let answered_since = |path: &&Path| path.heard_at().is_some_and(|heard| heard > silent_since);
        self.best_of(self.paths.iter().filter(|path| path.remote() != selected).filter(answered_since))
    }

    pub(super) fn handle_response(
        &mut self,
        from: Remote,
        id: u64,
        observed: SocketAddr,
    ) -> Result<(), ProbeError> {
        let now = self.now;
        let Some(path) = self.path_mut(from) else {
            self.stats.probes_unexpected += 1;
            return Err(ProbeError::Unexpected);
        };
        if path.mtu.answered(now, id) {
            path.heard(now);
            return Ok(());
        }
        let Some(rtt) = path.answered(now, id, observed) else {
            self.stats.probes_unexpected += 1;
            return Err(ProbeError::Unexpected);
        };
        if path.is_relayed() {
            self.choose_warm_relayed();
        }
        for tag in self.pings.answered(id) {
            self.events.push(PathEvent::Pong { tag, rtt });
        }
        let better = match self.state {
            State::Connected { remote, since, .. } => self.better_than(remote, since),
            _ => self.best_answering(),
        };
        if let Some(remote) = better {
            self.select(remote);
        }
        Ok(())
    }

    /// The best path that may take over from the selected one.
    pub(super) fn better_than(&self, selected: Remote, since: Instant) -> Option<Remote> {
        let settled = self.now.saturating_duration_since(since) >= timing::DWELL;
        let current = self.path(selected)?.quality()?;
        let rivals = self.paths.iter().filter(|path| path.remote() != selected && path.is_trusted(self.now));
        let (best, _) = rivals
            .filter_map(|path| Some((path.remote(), path.quality()?)))
            .filter(|(_, quality)| match preference(quality, &current) {
                Some(Preference::Kind) => true,
                Some(Preference::Speed) => settled,
                None => false,
            })
            .reduce(|best, next| if preference(&next.1, &best.1).is_some() { next } else { best })?;
        Some(best)
    }

    /// The best path that answers, with nothing to compare it to.
    pub(super) fn best_answering(&self) -> Option<Remote> {
        self.best_of(self.paths.iter())
    }

    pub(super) fn best_of<'a>(&self, paths: impl Iterator<Item = &'a Path>) -> Option<Remote> {
        let (best, _) = paths
            .filter(|path| !path.is_suspect(self.now))
            .filter_map(|path| Some((path.remote(), path.quality()?)))
            .reduce(|best, next| if preference(&next.1, &best.1).is_some() { next } else { best })?;
        Some(best)
    }

    pub(super) fn select(&mut self, remote: Remote) {
        let Some((kind, is_relayed)) = self.path(remote).map(|path| (path.pair.kind(), path.is_relayed()))
        else {
            return;
        };
        tracing::debug!(%remote, ?kind, "path selected");
        let previous = match self.state {
            State::Connected { remote, is_relayed, .. } => Some((remote, is_relayed)),
            _ => None,
        };
        let search = self.search.take();
        self.doubting = false;
        if let Some(path) = self.path_mut(remote) {
            path.reported_unresponsive = false;
        }
        self.paths.iter_mut().for_each(Path::end_vigil);
        self.state = State::Connected { remote, is_relayed, since: self.now };
        self.announced_mtu = None;
        self.choose_warm_relayed();
        if search.is_some_and(|search| search.dormant) {
            self.events.push(PathEvent::Awake);
        }
        self.events.push(PathEvent::Selected {
            remote,
            kind,
            previous: previous.map(|previous| previous.0),
            previous_was_relayed: previous.map(|previous| previous.1),
        });
    }

    /// Reports the loss of the selected path, if there is one. The caller sets the next state.
    pub(super) fn lose(&mut self, reason: LossReason) {
        if let Some(remote) = self.selected_remote() {
            tracing::debug!(%remote, ?reason, "path lost");
            self.doubting = false;
            self.events.push(PathEvent::Lost { remote, reason });
        }
    }

    /// Keeps the selected relayed path warm, and of the others the fastest, first of them one that shares no
    /// relay with it: a dead relay must find the next path proven.
    pub(super) fn choose_warm_relayed(&mut self) {
        let selected = self.selected_remote();
        let mut relayed: Vec<(Remote, CandidateType, Option<Duration>)> = self
            .paths
            .iter()
            .filter(|path| path.is_relayed() && path.is_proven())
            .map(|path| (path.remote(), path.pair.target, path.log.rtt().smoothed()))
            .collect();
        relayed.sort_by_key(|(remote, _, rtt)| (Some(*remote) != selected, rtt.is_none(), *rtt));
        if let Some(first) = relayed.first().copied()
            && let Some(other) = relayed.iter().position(|path| !share_a_relay(&first, path))
        {
            relayed[1..=other].rotate_right(1);
        }
        relayed.truncate(timing::WARM_RELAYED);
        for path in &mut self.paths {
            path.warm = relayed.iter().any(|(remote, ..)| *remote == path.remote());
        }
    }
}

/// Whether one dead relay would end both paths: our own allocation, or the peer's relay.
fn share_a_relay<T>(a: &(Remote, CandidateType, T), b: &(Remote, CandidateType, T)) -> bool {
    let of_peer = |(remote, target, _): &(Remote, CandidateType, T)| {
        (*target == CandidateType::Relayed).then_some(remote.address.ip())
    };
    let same_allocation = a.0.via.is_some() && a.0.via == b.0.via;
    same_allocation || of_peer(a).is_some() && of_peer(a) == of_peer(b)
}
