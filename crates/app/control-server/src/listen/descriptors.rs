//! File descriptors: how many there are, and who is promised how many.
//!
//! A server that runs out of them can accept nobody, open no relayed address and write no database. So it promises no
//! more places than there are descriptors for.

/// Descriptors that no client gets: database, listeners, runtime, standard streams, and what a look-up of names opens.
const RESERVE: usize = 128;
/// Descriptors of one allocation: its socket, and the streams that may be made for each.
const PER_ALLOCATION: usize = 1 + STREAMS_PER_ALLOCATION;
/// TCP and TLS connections to the relay per allocation that may be made: some are still logging in.
pub(crate) const STREAMS_PER_ALLOCATION: usize = 2;

/// How many clients there may be at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Places {
    /// TCP connections of HTTP and WebSocket.
    pub(crate) connections: usize,
    /// Allocations of the relay.
    pub(crate) allocations: usize,
}

impl Places {
    /// These places, or as many of them as this process can have descriptors for, which is then said in the log.
    pub(crate) fn granted(self) -> Self {
        let granted = raise_limit().map_or(self, |descriptors| self.within(descriptors));
        if granted != self {
            tracing::warn!(
                connections = granted.connections,
                allocations = granted.allocations,
                "this process may open too few files for all places; raise its limit (LimitNOFILE= of systemd, \
                 ulimit -Hn) for more"
            );
        }
        granted
    }

    /// What of it `descriptors` suffice for, each kind cut by the same share, and none to less than one.
    fn within(self, descriptors: usize) -> Self {
        let wanted = self.connections + self.allocations * PER_ALLOCATION;
        let there = descriptors.saturating_sub(RESERVE);
        if wanted <= there {
            return self;
        }
        let share = |places: usize| match places {
            0 => 0,
            places => (places * there / wanted).max(1),
        };
        Self { connections: share(self.connections), allocations: share(self.allocations) }
    }
}

/// Raises the limit of open files as far as this process may. Returns it; `None` where there is none.
#[cfg(unix)]
fn raise_limit() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // macOS refuses "unlimited" and takes OPEN_MAX.
    for current in [maximum, maximum.map_or(Some(10_240), |most| Some(most.min(10_240)))] {
        if setrlimit(Resource::Nofile, Rlimit { current, maximum }).is_ok() {
            break;
        }
    }
    let current = getrlimit(Resource::Nofile).current?;
    Some(usize::try_from(current).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn raise_limit() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Places = Places { connections: 10_000, allocations: 1_000 };

    #[test]
    fn no_more_places_are_promised_than_descriptors_suffice_for() {
        for descriptors in [200, 256, 1_024, 4_096, 13_000] {
            let granted = WANTED.within(descriptors);
            let used = granted.connections + granted.allocations * PER_ALLOCATION;
            assert!(used + RESERVE <= descriptors, "{descriptors}: {granted:?}");
            assert!(granted.connections > 0 && granted.allocations > 0);
        }
        assert_eq!(WANTED.within(13_000 + RESERVE), WANTED);
        assert_eq!(WANTED.within(1 << 20), WANTED);
    }

    #[test]
    fn what_nobody_wants_gets_nothing_and_the_rest_is_never_none() {
        let no_relay = Places { allocations: 0, ..WANTED };
        assert_eq!(no_relay.within(1_128), Places { connections: 1_000, allocations: 0 });
        assert_eq!(WANTED.within(10), Places { connections: 1, allocations: 1 });
    }
}
