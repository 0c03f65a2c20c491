//! Probes that somebody waits for.

use std::collections::VecDeque;

/// Most pings that wait for their probe or its answer. Full policy: the oldest is forgotten, and never answered.
const MOST: usize = 16;

/// What the owner has asked about the selected path, by tags of its own.
#[derive(Debug, Default)]
pub(in crate::path_agent) struct Pings {
    /// Each with the id of its probe, once that has left.
    open: VecDeque<(Option<u64>, u64)>,
}

impl Pings {
    /// The next probe of the selected path is for this one.
    pub(in crate::path_agent) fn want(&mut self, tag: u64) {
        if self.open.len() == MOST {
            self.open.pop_front();
        }
        self.open.push_back((None, tag));
    }

    /// A probe of the selected path leaves.
    pub(in crate::path_agent) fn sent(&mut self, id: u64) {
        self.open.iter_mut().filter(|(probe, _)| probe.is_none()).for_each(|(probe, _)| *probe = Some(id));
    }

    /// A probe was answered. Gives the tags of those who wait for that.
    pub(in crate::path_agent) fn answered(&mut self, id: u64) -> Vec<u64> {
        let tags = self.open.iter().filter(|(probe, _)| *probe == Some(id)).map(|(_, tag)| *tag).collect();
        self.open.retain(|(probe, _)| *probe != Some(id));
        tags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_is_answered_by_the_probe_that_left_after_it_alone() {
        let mut pings = Pings::default();
        pings.sent(1);
        pings.want(70);
        assert!(pings.answered(1).is_empty(), "that one had left before");
        pings.sent(2);
        pings.want(71);
        pings.sent(3);
        assert_eq!((pings.answered(3), pings.answered(2), pings.answered(2)), (vec![71], vec![70], vec![]));
    }

    #[test]
    fn more_than_there_may_be_forget_the_oldest() {
        let mut pings = Pings::default();
        (0..100).for_each(|tag| pings.want(tag));
        pings.sent(1);
        assert_eq!(pings.answered(1), (84..100).collect::<Vec<_>>());
    }
}
