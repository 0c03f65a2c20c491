//! What was refused, and why: how often.

use std::{
    array,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use lanrage_control::protocol::ErrorCode;
use strum::{IntoStaticStr, VariantArray};

/// Why somebody, or something, was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
pub(crate) enum Cause {
    /// A connection: every place is taken by somebody who has logged in.
    #[strum(serialize = "connections_full")]
    Full,
    /// A connection: its address has as many as it may.
    #[strum(serialize = "connections_per_address")]
    SourceFull,
    /// A connection that had not logged in, and made room for another one.
    #[strum(serialize = "connection_not_logged_in")]
    Replaced,
    /// A connection: its address makes them too fast.
    #[strum(serialize = "connection_rate")]
    Connects,
    /// A connection of a web page.
    #[strum(serialize = "web_page")]
    Origin,
    /// A frame: its address sends too many.
    #[strum(serialize = "frame_rate")]
    Frames,
    /// A login: too many of one address.
    #[strum(serialize = "login_rate")]
    Logins,
    /// A new party: too many of one address.
    #[strum(serialize = "new_parties")]
    Parties,
    /// A new party: there are as many as there may be, and somebody has come to each of them.
    #[strum(serialize = "parties_full")]
    PartiesFull,
    /// A party that nobody ever came to, and that made room for another one.
    #[strum(serialize = "party_forgotten")]
    Forgotten,
    /// A new member: the party has as many as it may.
    #[strum(serialize = "party_full")]
    PartyFull,
    /// A new member: too many of one address.
    #[strum(serialize = "new_members")]
    Joins,
    /// Somebody who knows a party's id, and has no key of its door.
    #[strum(serialize = "door_closed")]
    Door,
    /// A new party: whoever wants it has no key of this private server.
    #[strum(serialize = "no_access")]
    Access,
    /// A device that is banned.
    #[strum(serialize = "banned")]
    Banned,
    /// A new party: its maker has as many as one device may.
    #[strum(serialize = "parties_per_device")]
    DeviceParties,
    /// A login, a record, or a proof that is not signed by whom it names, or was made for another server.
    #[strum(serialize = "bad_proof")]
    Signature,
    /// A session that says that its member leaves, which the member has not signed.
    #[strum(serialize = "unsigned_leave")]
    Leave,
    /// A party's members, asked for too often.
    #[strum(serialize = "get_party_rate")]
    Snapshots,
    /// A signal, or a change of a party, that made room for newer ones, because the receiver is slow.
    #[strum(serialize = "slow_receiver")]
    Waiting,
    /// A client that takes nothing for too long.
    #[strum(serialize = "slow_client")]
    Slow,
    /// Something new that could not be stored.
    #[strum(serialize = "storage")]
    Storage,
}

impl Cause {
    pub(crate) const ALL: &[Self] = Self::VARIANTS;

    /// Of what the registry refuses for want of proof or room; everything else is counted where it is decided.
    pub(crate) const fn of(code: ErrorCode) -> Option<Self> {
        match code {
            ErrorCode::DoorClosed => Some(Self::Door),
            ErrorCode::BadSignature | ErrorCode::WrongServer => Some(Self::Signature),
            ErrorCode::UnsignedLeave => Some(Self::Leave),
            ErrorCode::AccessNeeded | ErrorCode::AccessWrong => Some(Self::Access),
            ErrorCode::Banned => Some(Self::Banned),
            ErrorCode::DeviceParties => Some(Self::DeviceParties),
            ErrorCode::TooManyParties => Some(Self::PartiesFull),
            ErrorCode::PartyFull => Some(Self::PartyFull),
            _ => None,
        }
    }

    /// Its name among the metrics.
    pub(crate) fn name(self) -> &'static str {
        self.into()
    }
}

/// A count for each [`Cause`] since the start, and how many there are.
#[derive(Debug)]
pub(crate) struct Counters {
    refused: [AtomicU64; Cause::ALL.len()],
    parties: AtomicU64,
    sessions: AtomicU64,
    is_writing: AtomicBool,
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self {
            refused: array::from_fn(|_| AtomicU64::new(0)),
            parties: AtomicU64::new(0),
            sessions: AtomicU64::new(0),
            is_writing: AtomicBool::new(false),
        }
    }

    pub(crate) fn add(&self, cause: Cause) {
        self.refused[cause as usize].fetch_add(1, Relaxed);
    }

    /// Notes how often it was so far.
    pub(crate) fn set(&self, cause: Cause, count: u64) {
        self.refused[cause as usize].store(count, Relaxed);
    }

    pub(crate) fn get(&self, cause: Cause) -> u64 {
        self.refused[cause as usize].load(Relaxed)
    }

    /// Notes the number of parties, and of players that are there.
    pub(crate) fn set_population(&self, parties: usize, sessions: usize) {
        self.parties.store(parties as u64, Relaxed);
        self.sessions.store(sessions as u64, Relaxed);
    }

    /// Players that are there now.
    pub(crate) fn sessions(&self) -> u64 {
        self.sessions.load(Relaxed)
    }

    /// Notes whether the disk is being waited for.
    pub(crate) fn set_writing(&self, is_writing: bool) {
        self.is_writing.store(is_writing, Relaxed);
    }

    /// Whether it is.
    pub(crate) fn is_writing(&self) -> bool {
        self.is_writing.load(Relaxed)
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
        for (index, cause) in Cause::ALL.iter().copied().enumerate() {
            assert_eq!(cause as usize, index);
            counters.add(cause);
            assert_eq!(counters.get(cause), 1);
        }
        let names: std::collections::BTreeSet<_> = Cause::ALL.iter().copied().map(Cause::name).collect();
        assert_eq!(names.len(), Cause::ALL.len());
    }
}
