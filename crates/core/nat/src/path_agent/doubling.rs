//! While packets are lost on the selected path, a game's go by a second one too.

use std::time::{Duration, Instant};

use lanrage_party::Remote;

use super::{PathAgent, PathEvent, path::Path, timing};

/// Share of lost probes from which on packets are sent twice: two of the last 32. One is lost on any Wi-Fi.
const LOSSY: f32 = 2.0 / 32.0;
/// The second path may lose this share itself: what two lose independently is lost by both seldom.
const STILL_OF_USE: f32 = 0.3;

/// Whether packets are to be sent twice, and where the second copy goes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Doubling {
    /// Whether the owner wishes it at all.
    is_allowed: bool,
    to: Option<Remote>,
    /// When the selected path last lost anything, while there is a second one.
    lossy_at: Option<Instant>,
}

impl PathAgent {
    /// Whether packets of games may be sent twice from now on, by two paths, while the selected one loses some. Without
    /// this they never are.
    pub fn set_doubling(&mut self, now: Instant, is_allowed: bool) {
        self.advance(now);
        self.doubling.is_allowed = is_allowed;
        self.run();
    }

    /// Where the second copy of a game's packets goes now.
    pub fn second(&self) -> Option<Remote> {
        self.doubling.to
    }

    /// To be called after whatever may have changed the selected path.
    pub(super) fn judge_doubling(&mut self) {
        let to = self.second_wanted();
        if to.is_none() {
            self.doubling.lossy_at = None;
        }
        if std::mem::replace(&mut self.doubling.to, to) != to {
            tracing::debug!(?to, "second path");
            self.events.push(PathEvent::Doubled { to });
        }
    }

    fn second_wanted(&mut self) -> Option<Remote> {
        let is_in_use = self.busy_until.is_some_and(|until| self.now < until);
        let selected = self.selected_path().filter(|_| is_in_use && self.doubling.is_allowed)?;
        let (remote, loss) = (selected.remote(), selected.log.loss());
        if loss >= LOSSY || (loss > 0.0 && self.doubling.lossy_at.is_some()) {
            self.doubling.lossy_at = Some(self.now);
        }
        let lossy_at = self.doubling.lossy_at?;
        if self.now.saturating_duration_since(lossy_at) >= timing::CALM {
            return None;
        }
        let is_of_use = |path: &&Path| path.remote() != remote && path.log.loss() <= STILL_OF_USE;
        // The one in use stays while it is of any: each change of it is a gap in what it has measured.
        let kept = self.doubling.to.and_then(|to| self.path(to)).filter(is_of_use);
        kept.filter(|path| path.is_proven() && !path.is_suspect(self.now)).map(Path::remote).or_else(|| {
            // Another kind of way loses other packets: straight paths share the line that loses them.
            let is_relayed = self.path(remote).is_some_and(Path::is_relayed);
            let others = |is_other: bool| {
                let of_kind = move |path: &&Path| (path.is_relayed() != is_relayed) == is_other;
                self.best_of(self.paths.iter().filter(is_of_use).filter(of_kind))
            };
            others(true).or_else(|| others(false))
        })
    }

    /// When there is an end of it, without any other input.
    pub(super) fn calm_at(&self) -> Option<Instant> {
        self.doubling.to?;
        let busy_until = self.busy_until.filter(|until| *until > self.now);
        let calm_at = self.doubling.lossy_at.map(|at| at + timing::CALM);
        busy_until.into_iter().chain(calm_at).min().filter(|at| *at > self.now)
    }
}

const _: () =
    assert!(timing::CALM.as_secs() > Duration::from_secs(15).as_secs(), "longer than a loss is remembered");
