//! What is due when.

use std::time::{Duration, Instant};

use super::{DEBOUNCE, Finder, board::Purpose};
use crate::{Kind, Window};

/// Whoever is reached by what the link says has answered by then.
const BEACON_AFTER: Duration = Duration::from_millis(300);
/// When the windows before and after are looked at, the nearer one first, while today's beacon says nothing.
const NEIGHBOURS_AFTER: [Duration; 2] = [Duration::from_millis(1_000), Duration::from_millis(3_000)];
/// When we write our addresses at the door, and how often again, so that whose clock is wrong stays young for a keeper.
pub(super) const DOOR_AFTER: Duration = Duration::from_millis(1_500);
pub(super) const DOOR_AGAIN: Duration = Duration::from_secs(60);
/// A search is young for so long.
const YOUNG: Duration = Duration::from_secs(60);
/// How often a young search looks at beacon and door, and an old one; and at the windows beside today's, as the beacon there may be
/// on its way still.
const SEARCH_BEACON: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(30));
const SEARCH_DOOR: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(15));
const SEARCH_NEIGHBOURS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(60));
/// How long after a reason to come the keeper looks at the door how often; later, every [`LATE`].
const KEEPER: [(Duration, Duration); 2] = [
    (Duration::from_secs(180), Duration::from_secs(3)),
    (Duration::from_secs(180 + 1_800), Duration::from_secs(10)),
];
const LATE: Duration = Duration::from_secs(15);
/// An engine that is not wanted for so long may go, a little after it was last wanted.
const REST: Duration = Duration::from_secs(60);
const REST_AFTER: Duration = Duration::from_secs(10);
/// When to ask the budget again.
const BLOCKED: Duration = Duration::from_millis(500);

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Look {
        board: (Kind, Window),
        purpose: Purpose,
    },
    /// Write our addresses at the door.
    EnterDoor(Window),
    /// Say that no engine is wanted.
    Rest,
}

impl Finder {
    /// All that is due, the most urgent first.
    pub(super) fn due(&self, now: Instant) -> Vec<Work> {
        let mut planned = self.planned();
        planned.retain(|(at, _)| *at <= now);
        let mut due: Vec<Work> = planned.into_iter().map(|(_, work)| work).collect();
        if self.rest_at().is_some_and(|at| at <= now) {
            due.push(Work::Rest);
        }
        due
    }

    /// When something is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let now = self.settled;
        let planned = self.planned().into_iter().map(|(at, _)| at).filter(|at| *at > now.instant);
        let stages = self.boards.values().filter_map(|board| board.deadline());
        let blocked = self.is_blocked.then(|| now.instant + BLOCKED);
        let other_windows = (self.up.is_some() || self.search.is_some())
            .then(|| now.instant + Duration::from_millis(self.keys.until_other_windows_ms(now.wall)));
        let others = [blocked, other_windows, self.calls.due(now.instant), self.rest_at()];
        planned.chain(stages).chain(others.into_iter().flatten()).min()
    }

    /// When it is time to say that no engine is wanted.
    fn rest_at(&self) -> Option<Instant> {
        let used = self.used?;
        if self.is_blocked || self.boards.values().any(|board| board.stage.is_some()) {
            return None;
        }
        if self.leaving {
            return Some(self.settled.instant);
        }
        let next = self.planned().into_iter().map(|(at, _)| at).min();
        let is_far = next.is_none_or(|at| at.saturating_duration_since(self.settled.instant) > REST);
        is_far.then(|| used + REST_AFTER)
    }

    /// All that will be done if nothing happens before, the most urgent first; where something goes on, nothing is.
    fn planned(&self) -> Vec<(Instant, Work)> {
        let mut planned = Vec::new();
        if !self.leaving {
            self.plan_search(&mut planned);
            self.plan_confirmations(&mut planned);
            self.plan_keeper(&mut planned);
        }
        planned.retain(|(_, work)| match work {
            Work::Look { board, .. } => self.boards.get(board).is_none_or(|board| board.stage.is_none()),
            Work::EnterDoor(window) => {
                self.boards.get(&(Kind::Door, *window)).is_none_or(|board| board.stage.is_none())
            }
            Work::Rest => true,
        });
        planned
    }

    fn plan_search(&self, planned: &mut Vec<(Instant, Work)>) {
        let Some(search) = &self.search else { return };
        let wall = self.settled.wall;
        let today = self.keys.window(wall);
        let pace = |(young, old): (Duration, Duration)| {
            let age = self.settled.instant.saturating_duration_since(search.since);
            if age < YOUNG { young } else { old }
        };
        let window = search.found.unwrap_or(today);
        planned.push(self.look_every(Kind::Beacon, window, search.since + BEACON_AFTER, pace(SEARCH_BEACON)));
        if !self.me.addresses.is_empty() {
            planned.push((search.door_at, Work::EnterDoor(window)));
        }
        let key = (Kind::Door, window);
        if let Some(door) = self.boards.get(&key) {
            let write = door.write_at.map(|at| (at, Work::Look { board: key, purpose: Purpose::Write }));
            planned.extend(write);
            let pace = pace(SEARCH_DOOR);
            planned.extend(door.written.map(|at| self.look_every(Kind::Door, window, at + pace, pace)));
        }
        if search.found.is_none() {
            for (neighbour, after) in self.keys.neighbours(wall).into_iter().zip(NEIGHBOURS_AFTER) {
                let first = search.since + after;
                planned.push(self.look_every(Kind::Beacon, neighbour, first, pace(SEARCH_NEIGHBOURS)));
            }
        }
    }

    fn plan_confirmations(&self, planned: &mut Vec<(Instant, Work)>) {
        for (key, board) in &self.boards {
            if let Some((at, seq)) = board.confirm_at {
                planned.push((at, Work::Look { board: *key, purpose: Purpose::Confirm(seq) }));
            }
        }
    }

    fn plan_keeper(&self, planned: &mut Vec<(Instant, Work)>) {
        let Some(up) = self.up.filter(|_| self.is_keeper()) else { return };
        let windows = self.keys.written(self.settled.wall);
        if self.own_entries().next().is_some() {
            for window in &windows {
                let key = (Kind::Beacon, *window);
                let changed = Some(self.changed_at + DEBOUNCE);
                let at = match self.boards.get(&key) {
                    Some(board) if board.version == self.version => board.write_at,
                    Some(board) => changed.max(board.write_at.filter(|_| board.tries > 0)),
                    None => changed,
                };
                planned.extend(at.map(|at| (at, Work::Look { board: key, purpose: Purpose::Write })));
            }
        }
        let is_somebody_reachable = self.me.reachable || self.members.iter().any(|member| member.reachable);
        if !is_somebody_reachable {
            let age = self.settled.instant.saturating_duration_since(up);
            let pace = KEEPER.iter().find(|(until, _)| age < *until).map_or(LATE, |(_, pace)| *pace);
            // Who has only just come in takes itself for the keeper until it has its session with whoever let it in.
            let first = if self.host == Some(self.me.peer) { up } else { up + DEBOUNCE };
            planned.extend(windows.iter().map(|window| self.look_every(Kind::Door, *window, first, pace)));
        }
    }

    /// A look at `first`, or, after one that began then or later, a pace after that.
    fn look_every(&self, kind: Kind, window: Window, first: Instant, pace: Duration) -> (Instant, Work) {
        let looked = self.boards.get(&(kind, window)).and_then(|board| board.looked);
        let at = match looked {
            Some(looked) => (looked + pace).max(first),
            None => first,
        };
        (at, Work::Look { board: (kind, window), purpose: Purpose::Read })
    }
}
