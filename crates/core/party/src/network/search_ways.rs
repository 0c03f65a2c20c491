//! Where a system leads what programs send to everybody: so that the real LAN loses nothing where that can be, and a game finds
//! the party where there is no other network.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

/// Destinations outside the party's network by which games search: limited broadcast (RFC 919) and multicast (RFC 5771).
pub const SEARCHES: [Ipv4Net; 2] =
    [Ipv4Net::new_assert(Ipv4Addr::BROADCAST, 32), Ipv4Net::new_assert(Ipv4Addr::new(224, 0, 0, 0), 4)];

/// By what a system chooses the interface that a search leaves by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchRule {
    /// Routes, of each destination for itself: Linux and macOS.
    Routes,
    /// The metric of interfaces, for all destinations at once: Windows, which keeps routes for them at every interface.
    Metric,
}

impl SearchRule {
    /// The one of this system.
    pub const OWN: Self = if cfg!(windows) { Self::Metric } else { Self::Routes };
}

/// Whether the adapter comes before other networks or behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// Before every other.
    First,
    /// Behind every other.
    Last,
}

impl Rank {
    /// As the metric of an interface of Windows, which goes from 1 to 9,999.
    pub const fn metric(self) -> u16 {
        match self {
            Self::First => 1,
            Self::Last => 9_999,
        }
    }
}

/// What leads searches into the adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchWays {
    /// Routes to each of [`SEARCHES`]; none where other networks lead there.
    pub routes: [Option<Rank>; SEARCHES.len()],
    /// The adapter's metric, where the system goes by that.
    pub metric: Option<Rank>,
}

impl SearchWays {
    /// What is needed where other networks lead to these of [`SEARCHES`]. `is_copied` is whether searches that leave by them are
    /// seen and copied into the party: only then may they leave by them.
    pub const fn new(rule: SearchRule, is_copied: bool, elsewhere: [bool; SEARCHES.len()]) -> Self {
        let [limited, groups] = elsewhere;
        match rule {
            SearchRule::Routes => {
                Self { routes: [rank(is_copied, limited), rank(is_copied, groups)], metric: None }
            }
            // There is one metric for both, and no search that has no way: every interface has one.
            SearchRule::Metric => {
                let metric = if is_copied { Rank::Last } else { Rank::First };
                Self { routes: [None; SEARCHES.len()], metric: Some(metric) }
            }
        }
    }

    /// Whether searches that other networks had a way for are led into the adapter instead.
    pub fn take_from_others(&self, elsewhere: [bool; SEARCHES.len()]) -> bool {
        let is_first = |rank: Option<Rank>| rank == Some(Rank::First);
        let taken = self.routes.into_iter().zip(elsewhere).any(|(rank, there)| there && is_first(rank));
        taken || is_first(self.metric) && elsewhere.contains(&true)
    }
}

const fn rank(is_copied: bool, is_elsewhere: bool) -> Option<Rank> {
    match (is_copied, is_elsewhere) {
        (false, _) => Some(Rank::First),
        // A program's search would be refused.
        (true, false) => Some(Rank::Last),
        (true, true) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: [SearchRule; 2] = [SearchRule::Routes, SearchRule::Metric];
    const NETWORKS: [[bool; 2]; 4] = [[false, false], [false, true], [true, false], [true, true]];

    #[test]
    fn what_is_copied_is_taken_from_nobody() {
        for rule in RULES {
            for elsewhere in NETWORKS {
                assert!(!SearchWays::new(rule, true, elsewhere).take_from_others(elsewhere), "{rule:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_copied_reaches_the_party_and_that_is_known() {
        for rule in RULES {
            for elsewhere in NETWORKS {
                let ways = SearchWays::new(rule, false, elsewhere);
                assert!(ways.routes == [Some(Rank::First); 2] || ways.metric == Some(Rank::First));
                assert_eq!(ways.take_from_others(elsewhere), elsewhere.contains(&true), "{rule:?}");
            }
        }
    }

    #[test]
    fn a_search_has_a_way_where_there_is_no_other_network() {
        let [limited_alone, groups_alone] = [[true, false], [false, true]];
        let routes = |elsewhere| SearchWays::new(SearchRule::Routes, true, elsewhere).routes;
        assert_eq!(routes([false; 2]), [Some(Rank::Last); 2]);
        assert_eq!(routes(limited_alone), [None, Some(Rank::Last)]);
        assert_eq!(routes(groups_alone), [Some(Rank::Last), None]);
        assert_eq!(routes([true; 2]), [None; 2]);
    }
}
