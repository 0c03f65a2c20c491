use std::{collections::BTreeMap, time::Instant};

use lanrage_control::registry::StoredChange;
use lanrage_party::{PartyId, PeerId};

use super::{FLUSH_INTERVAL, RETRY_INTERVAL};

/// When to write, and what has changed since: the pure core of a [`super::StatePersister`].
///
/// What changes often between two writes is kept once: memory is bounded by what there is to store, not by how
/// often it changes.
#[derive(Debug, Default)]
pub(super) struct WriteQueue {
    pending: BTreeMap<Key, StoredChange>,
    /// There is something that the disk does not have.
    dirty: bool,
    /// A flush was asked for: the next write does not wait.
    urgent: bool,
    last_write: Option<Instant>,
    retry_at: Option<Instant>,
    /// Number of the newest change, and of the newest one in the write that is under way.
    queued: u64,
    writing: Option<u64>,
}

/// A party before its members, as in [`lanrage_control::registry::Registry::take_changes`].
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Party(PartyId),
    Peer(PartyId, PeerId),
}

impl WriteQueue {
    pub(super) fn queue(&mut self, changes: impl IntoIterator<Item = StoredChange>) {
        for change in changes {
            let key = match &change {
                StoredChange::PutParty(party) => Key::Party(party.party),
                StoredChange::RemoveParty(party) => Key::Party(*party),
                StoredChange::PutPeer(peer) => Key::Peer(peer.party, peer.peer),
                StoredChange::RemovePeer { party, peer } => Key::Peer(*party, *peer),
                StoredChange::PutToken(_) | StoredChange::PutRelay(_) | StoredChange::RemoveRelay(_) => {
                    continue;
                }
            };
            if let Key::Party(gone) = key
                && matches!(change, StoredChange::RemoveParty(_))
            {
                // Else they would be put back after their party is gone.
                self.pending.retain(|key, _| !matches!(key, Key::Peer(party, _) if *party == gone));
            }
            self.pending.insert(key, change);
            self.dirty = true;
            self.queued += 1;
        }
    }

    /// Everything is to be written again, although nothing has changed.
    pub(super) const fn touch(&mut self) {
        self.dirty = true;
        self.queued += 1;
    }

    /// Writes at once what is still to be written; returns the number of the newest change.
    pub(super) const fn flush(&mut self) -> u64 {
        self.urgent = self.dirty;
        self.queued
    }

    /// When to write; maybe in the past. `None` if there is nothing to write.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        if !self.dirty {
            return None;
        }
        if self.urgent {
            return Some(now);
        }
        let next = self.last_write.map_or(now, |last| last + FLUSH_INTERVAL);
        Some(self.retry_at.map_or(next, |retry| retry.max(next)))
    }

    /// Begins a write of everything up to now; returns what has changed since the last one.
    pub(super) fn begin(&mut self, now: Instant) -> impl Iterator<Item = StoredChange> + use<> {
        self.dirty = false;
        self.urgent = false;
        self.retry_at = None;
        self.last_write = Some(now);
        self.writing = Some(self.queued);
        std::mem::take(&mut self.pending).into_values()
    }

    /// The write is on the disk; returns the number of the newest change in it.
    pub(super) fn succeed(&mut self) -> u64 {
        self.writing.take().unwrap_or(self.queued)
    }

    /// The write has failed; what it held is written with the next one.
    pub(super) fn fail(&mut self, now: Instant) {
        self.writing = None;
        self.dirty = true;
        self.retry_at = Some(now + RETRY_INTERVAL);
    }

    /// Whether a write is under way.
    pub(super) const fn is_writing(&self) -> bool {
        self.writing.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    fn change(n: u8) -> StoredChange {
        StoredChange::RemoveParty(PartyId::from_random([n; 16]))
    }

    /// Runs the queue as its thread does, under a virtual clock; returns the times of the writes, and how long
    /// each change was not on the disk.
    fn run(changes_at: &[Duration], write_takes: Duration) -> (Vec<Instant>, Duration) {
        let start = Instant::now();
        let (mut queue, mut writes, mut longest) = (WriteQueue::default(), Vec::new(), Duration::ZERO);
        let mut now = start;
        let mut unsaved: Vec<Instant> = Vec::new();
        let mut coming = changes_at.iter().map(|at| start + *at).peekable();
        loop {
            while let Some(at) = coming.next_if(|at| *at <= now) {
                queue.queue([change((unsaved.len() % 250) as u8)]);
                unsaved.push(at);
            }
            match queue.due(now) {
                Some(due) if due <= now => {
                    assert!(queue.begin(now).count() <= 250, "coalesced by key");
                    writes.push(now);
                    let saved = std::mem::take(&mut unsaved);
                    now += write_takes;
                    queue.succeed();
                    longest = saved.iter().map(|at| now - *at).max().unwrap_or_default().max(longest);
                }
                due => match due.into_iter().chain(coming.peek().copied()).min() {
                    Some(next) => now = next,
                    None => return (writes, longest),
                },
            }
        }
    }

    #[test]
    fn ten_thousand_changes_a_second_cost_ten_writes_a_second_and_reach_the_disk_in_time() {
        let storm: Vec<Duration> = (0..30_000).map(|n| MILLI * n / 10).collect();
        let (writes, longest) = run(&storm, 20 * MILLI);
        for (n, write) in writes.iter().enumerate() {
            let second = writes[n..].iter().take_while(|later| **later < *write + 1_000 * MILLI);
            assert!(second.count() <= 10);
        }
        assert!(writes.len() >= 29, "and not fewer: {}", writes.len());
        assert!(longest <= 200 * MILLI, "{longest:?}");
    }

    #[test]
    fn a_single_change_is_written_at_once_and_silence_writes_nothing() {
        let (writes, longest) = run(&[5_000 * MILLI], 20 * MILLI);
        assert_eq!((writes.len(), longest), (1, 20 * MILLI));
        assert_eq!(WriteQueue::default().due(Instant::now()), None);
    }

    #[test]
    fn what_could_not_be_written_is_tried_again_every_second_and_at_once_for_a_flush() {
        let start = Instant::now();
        let mut queue = WriteQueue::default();
        queue.queue([change(1)]);
        assert_eq!(queue.begin(start).count(), 1);
        queue.fail(start);
        queue.queue([change(2)]);
        assert_eq!(queue.due(start), Some(start + RETRY_INTERVAL), "a full disk is not hammered");
        assert_eq!(queue.flush(), 2);
        assert_eq!(queue.due(start), Some(start));
        assert_eq!(queue.begin(start).count(), 1);
        assert_eq!(queue.succeed(), 2);
        assert_eq!(queue.due(start), None);
    }
}
