use std::time::Duration;

use crate::timing;

/// How long a way may be quiet before a router on it forgets it. RFC 4787 REQ-5 asks routers for two minutes; many forget after
/// 30 s, and some after a few. It is not measured ahead, as that would cost every friend a silence: it shows when something
/// was lost after a pause and the peer's own sending opened the way again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::path_agent) struct Quiet {
    /// A pause that no router was seen to forget after. Only ever becomes shorter.
    longest: Duration,
}

impl Default for Quiet {
    fn default() -> Self {
        Self { longest: timing::LONGEST_PROBE }
    }
}

impl Quiet {
    /// A router has forgotten a way that was quiet for so long.
    pub(in crate::path_agent) fn forgotten_after(&mut self, pause: Duration) {
        self.longest = self.longest.min(pause / 2).max(timing::SHORTEST_KEEPALIVE);
    }

    /// The pause between two probes of a way that is kept open, where it would be `usual` otherwise.
    pub(in crate::path_agent) fn pause(&self, usual: Duration) -> Duration {
        usual.min(self.longest)
    }
}
