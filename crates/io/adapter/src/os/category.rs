//! Which category the network of the adapter gets on Windows. A new network is a *public* one there, where the system's firewall
//! closes what players have let their games do at home; *private* is what a home is. A decision without a clock or the system.

use std::time::Duration;

/// Between two looks while the system has not told of the network yet: it does so some seconds after the adapter is there.
const SOON: Duration = Duration::from_millis(500);
/// Looks that are so close together: 30 s.
const SOON_LOOKS: u32 = 60;
/// Between two looks afterwards: the system may take the adapter for another network's later on.
const LATER: Duration = Duration::from_secs(10);

/// What the system says of the network of an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The network, as the system tells it from others (`INetwork::GetNetworkId`).
    pub(crate) network: u128,
    /// Whether its category is *public*.
    pub(crate) is_public: bool,
}

/// What has been done about the category so far.
#[derive(Debug, Default)]
pub(crate) struct Category {
    /// The network that is as it should be, or as somebody wants it.
    settled: Option<u128>,
    looks: u32,
}

impl Category {
    /// Whether the network that was seen is to be made *private*. Each is once: who makes it public again by hand wants that.
    pub(crate) fn is_due(&mut self, seen: Option<Seen>) -> bool {
        self.looks = self.looks.saturating_add(1);
        let Some(seen) = seen.filter(|seen| self.settled != Some(seen.network)) else { return false };
        if !seen.is_public {
            self.settle(seen.network);
        }
        seen.is_public
    }

    /// Notes that a network has the category.
    pub(crate) fn settle(&mut self, network: u128) {
        self.settled = Some(network);
    }

    /// When to look next.
    pub(crate) fn pause(&self) -> Duration {
        if self.settled.is_none() && self.looks < SOON_LOOKS { SOON } else { LATER }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(network: u128, is_public: bool) -> Option<Seen> {
        Some(Seen { network, is_public })
    }

    #[test]
    fn each_network_is_made_private_once_also_one_that_comes_later() {
        let mut category = Category::default();
        assert!(!category.is_due(None));
        assert!(category.is_due(seen(1, true)));
        assert!(category.is_due(seen(1, true)), "it failed, and is tried again");
        category.settle(1);
        assert!(!category.is_due(seen(1, true)), "somebody wants it so");
        assert!(category.is_due(seen(2, true)));
    }

    #[test]
    fn what_is_private_already_is_left_alone_for_good() {
        let mut category = Category::default();
        assert!(!category.is_due(seen(1, false)));
        assert!(!category.is_due(seen(1, true)));
    }

    #[test]
    fn it_looks_often_until_the_network_is_told_and_never_stops() {
        let mut category = Category::default();
        for _ in 0..SOON_LOOKS {
            assert_eq!(category.pause(), SOON);
            category.is_due(None);
        }
        assert_eq!(category.pause(), LATER);
        let mut category = Category::default();
        category.is_due(seen(1, false));
        assert_eq!(category.pause(), LATER);
    }
}
