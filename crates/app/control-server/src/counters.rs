//! What was refused, and why: how often.

use std::{
    array,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

/// Why somebody, or something, was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A connection: every place is taken by somebody who has logged in.
    Full,
    /// A connection: its address has as many as it may.
    SourceFull,
    /// A connection that had not logged in, and made room for another one.
    Replaced,
    /// A connection: its address makes them too fast.
    Connects,
    /// A connection of a web page.
    Origin,
    /// A frame: its address sends too many.
    Frames,
    /// A login: too many of one address.
    Logins,
    /// A new party: too many of one address.
    Parties,
    /// A new member: too many of one address.
    Joins,
    /// Somebody who knows a party's id, and has no key of its door.
    Door,
    /// A party's members, asked for too often.
    Snapshots,
    /// A signal, or a change of a party, that made room for newer ones, because the receiver is slow.
    Waiting,
    /// A client that takes nothing for too long.
    Slow,
    /// Something new that could not be stored.
    Storage,
}

impl Cause {
    pub(crate) const ALL: [Self; 14] = [
        Self::Full,
        Self::SourceFull,
        Self::Replaced,
        Self::Connects,
        Self::Origin,
        Self::Frames,
        Self::Logins,
        Self::Parties,
        Self::Joins,
        Self::Door,
        Self::Snapshots,
        Self::Waiting,
        Self::Slow,
        Self::Storage,
    ];

    /// Its name among the metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Full => "connections_full",
            Self::SourceFull => "connections_per_address",
            Self::Replaced => "connection_not_logged_in",
            Self::Connects => "connection_rate",
            Self::Origin => "web_page",
            Self::Frames => "frame_rate",
            Self::Logins => "login_rate",
            Self::Parties => "new_parties",
            Self::Joins => "new_members",
            Self::Door => "door_closed",
            Self::Snapshots => "get_party_rate",
            Self::Waiting => "slow_receiver",
            Self::Slow => "slow_client",
            Self::Storage => "storage",
        }
    }
}

/// A count for each [`Cause`] since the start, and how many parties there are.
#[derive(Debug)]
pub(crate) struct Counters {
    refused: [AtomicU64; Cause::ALL.len()],
    parties: AtomicU64,
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self { refused: array::from_fn(|_| AtomicU64::new(0)), parties: AtomicU64::new(0) }
    }

    pub(crate) fn add(&self, cause: Cause) {
        self.refused[cause as usize].fetch_add(1, Relaxed);
    }

    pub(crate) fn get(&self, cause: Cause) -> u64 {
        self.refused[cause as usize].load(Relaxed)
    }

    /// Notes the number of parties.
    pub(crate) fn set_parties(&self, parties: usize) {
        self.parties.store(parties as u64, Relaxed);
    }

    /// Parties now.
    pub(crate) fn parties(&self) -> u64 {
        self.parties.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_a_count_and_a_name_of_its_own() {
        let counters = Counters::new();
        for (index, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, index);
            counters.add(cause);
            assert_eq!(counters.get(cause), 1);
        }
        let names: std::collections::BTreeSet<_> = Cause::ALL.into_iter().map(Cause::name).collect();
        assert_eq!(names.len(), Cause::ALL.len());
    }
}
