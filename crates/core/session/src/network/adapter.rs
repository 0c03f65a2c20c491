use std::time::{Duration, Instant};

use lanrage_control::Now;
use lanrage_party::facts::{AdapterFault, Remedy};

use crate::facts::AdapterView;

/// Time between two tries to open the adapter.
const RETRY: Duration = Duration::from_secs(15);

/// Why there is no adapter, and what the user can do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdapterFailure {
    /// What went wrong.
    pub fault: AdapterFault,
    /// What the user can do.
    pub remedy: Remedy,
}

/// The virtual device of the party, as the decisions see it.
#[derive(Debug, Default)]
pub(crate) enum AdapterState {
    #[default]
    Closed,
    Opening,
    Open {
        name: String,
        since: Instant,
    },
    Unavailable {
        failure: AdapterFailure,
        retry_at: Instant,
    },
}

impl AdapterState {
    /// True if it is to be opened now.
    pub(crate) fn begin(&mut self) -> bool {
        let idle = matches!(self, Self::Closed | Self::Unavailable { .. });
        if idle {
            *self = Self::Opening;
        }
        idle
    }

    /// It cannot be opened now, and is tried again.
    pub(crate) fn refuse(&mut self, now: Instant, failure: AdapterFailure) {
        *self = Self::Unavailable { failure, retry_at: now + RETRY };
    }

    pub(crate) fn handle_result(&mut self, now: Instant, result: Result<String, AdapterFailure>) {
        *self = match result {
            Ok(name) => Self::Open { name, since: now },
            Err(failure) => return self.refuse(now, failure),
        };
    }

    /// It worked, and does no more.
    pub(crate) fn handle_lost(&mut self, now: Instant, fault: AdapterFault) {
        let failure = AdapterFailure { fault, remedy: Remedy::AdapterReopens };
        *self = Self::Unavailable { failure, retry_at: now + Duration::from_secs(1) };
    }

    /// Whether the party has begun to use a device.
    pub(crate) const fn is_wanted(&self) -> bool {
        !matches!(self, Self::Closed)
    }

    pub(crate) const fn failure(&self) -> Option<&AdapterFailure> {
        match self {
            Self::Unavailable { failure, .. } => Some(failure),
            _ => None,
        }
    }

    pub(crate) const fn retry_at(&self) -> Option<Instant> {
        match self {
            Self::Unavailable { retry_at, .. } => Some(*retry_at),
            _ => None,
        }
    }

    pub(crate) fn retry_is_due(&self, now: Instant) -> bool {
        self.retry_at().is_some_and(|at| at <= now)
    }

    /// The name of the open device now: another program may have given it another.
    pub(crate) fn set_name(&mut self, now_named: &str) {
        if let Self::Open { name, .. } = self
            && name != now_named
        {
            now_named.clone_into(name);
        }
    }

    /// Since when it is open.
    pub(crate) const fn since(&self) -> Option<Instant> {
        match self {
            Self::Open { since, .. } => Some(*since),
            _ => None,
        }
    }

    pub(crate) const fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// The state as shown; `works` is what the looks at the open device found.
    pub(crate) fn view(&self, now: Now, works: Option<bool>) -> AdapterView {
        match self {
            Self::Closed | Self::Opening => AdapterView::Closed,
            Self::Open { name, .. } => AdapterView::Open { name: name.clone(), works },
            Self::Unavailable { failure, retry_at } => {
                let wait = retry_at.saturating_duration_since(now.instant).as_millis() as u64;
                AdapterView::Unavailable {
                    fault: failure.fault.clone(),
                    remedy: failure.remedy.clone(),
                    retry_at_ms: now.wall.plus(wait).0,
                }
            }
        }
    }
}
