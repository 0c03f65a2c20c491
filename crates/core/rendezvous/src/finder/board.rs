//! One beacon or door of one day, and what we are doing there.

use std::time::{Duration, Instant};

use lanrage_base::clock::{Now, UnixMillis};

use super::patience::Asked;
use crate::{Beacon, Door, Keys, Kind, LookId, Place, PutId, SignedItem, Window};

/// Sequence numbers from further ahead than this are not the time of anybody's clock, microseconds: 26 hours.
const AHEAD_US: i64 = 26 * 3_600 * 1_000_000;
/// The last place that is tried when those before are frozen.
pub(super) const LAST_SLOT: u8 = 3;
/// Different items that are taken in at one look: there are two or three when several write at once.
const REPLICAS: usize = 16;
/// How long an engine may take for one question.
pub(super) const ANSWER: Duration = Duration::from_secs(10);

/// What an item says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Beacon(Beacon),
    Door(Door),
}

/// One item, and how many hold it.
#[derive(Debug)]
pub(super) struct Replica {
    pub(super) item: SignedItem,
    pub(super) content: Content,
    pub(super) holders: u8,
}

/// What is being done.
#[derive(Debug)]
pub(super) enum Stage {
    /// Looking, to read or before writing. At `also_at` the other engine is asked too, if nothing was heard until then.
    Looking { open: Vec<Asked<LookId>>, until: Instant, also_at: Option<Instant>, purpose: Purpose },
    /// Storing an item with this number.
    Putting { open: Vec<Asked<PutId>>, until: Instant, seq: i64, so_far: Stored },
}

/// What became of an item, as far as the engines have said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stored {
    Nowhere,
    /// Somebody has written between our look and our item: the place is in order.
    Overtaken,
    Somewhere,
}

/// Why we look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Write,
    /// Whether what we wrote, with this number, is there.
    Confirm(i64),
}

#[derive(Debug)]
pub(super) struct Board {
    pub(super) kind: Kind,
    pub(super) window: Window,
    /// The first slot that nobody froze, as far as the last look told.
    pub(super) slot: u8,
    /// Greatest number that was seen or written.
    pub(super) highest: i64,
    pub(super) stage: Option<Stage>,
    /// Looks that were waited for no longer, and may still bring something until the next one begins.
    pub(super) late: Vec<Asked<LookId>>,
    /// What the last look brought, from all slots up to ours.
    pub(super) replicas: Vec<Replica>,
    /// Somebody's number is far ahead in the slot that is looked at.
    pub(super) frozen: bool,
    /// When the last look began.
    pub(super) looked: Option<Instant>,
    /// When the last item was stored.
    pub(super) written: Option<Instant>,
    /// When to write, if it is not as it should be.
    pub(super) write_at: Option<Instant>,
    /// Which version of what we say was written, or begun to be.
    pub(super) version: u64,
    /// When to read back what was written.
    pub(super) confirm_at: Option<(Instant, i64)>,
    /// How often in a row writing was not enough.
    pub(super) tries: u32,
}

/// What became of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It says something that none before it said: its index.
    New(usize),
    /// Another node holds the same.
    Same,
    /// Not ours, or of no use.
    Refused,
}

impl Board {
    pub(super) fn new(kind: Kind, window: Window) -> Self {
        Self {
            kind,
            window,
            slot: 0,
            highest: 0,
            stage: None,
            late: Vec::new(),
            replicas: Vec::new(),
            frozen: false,
            looked: None,
            written: None,
            write_at: None,
            version: 0,
            confirm_at: None,
            tries: 0,
        }
    }

    pub(super) const fn place(&self) -> Place {
        Place { kind: self.kind, window: self.window, slot: self.slot }
    }

    /// Begins to look, at the first slot: what was read before is forgotten.
    pub(super) fn begin(&mut self, now: Instant) {
        self.looked = Some(now);
        self.slot = 0;
        self.frozen = false;
        self.replicas.clear();
        self.late.clear();
    }

    /// The look that asked this, if it may still bring something.
    pub(super) fn asked(&mut self, look: LookId) -> Option<&mut Asked<LookId>> {
        let open = match &mut self.stage {
            Some(Stage::Looking { open, .. }) => open.as_mut_slice(),
            Some(Stage::Putting { .. }) | None => &mut [],
        };
        open.iter_mut().chain(&mut self.late).find(|asked| asked.id == look)
    }

    /// Takes in an item that a node holds.
    pub(super) fn take(&mut self, keys: &Keys, wall: UnixMillis, item: SignedItem) -> Taken {
        if let Some(replica) = self.replicas.iter_mut().find(|replica| replica.item == item) {
            replica.holders = replica.holders.saturating_add(1);
            return Taken::Same;
        }
        // Before the bound: who fills the list cannot hide that the place is frozen.
        let is_ahead = item.seq > micros(wall).saturating_add(AHEAD_US);
        if is_ahead {
            if !self.frozen {
                self.frozen = item.key == keys.item_key(self.place()) && item.is_signed();
            }
            return Taken::Refused;
        }
        if self.replicas.len() == REPLICAS {
            return Taken::Refused;
        }
        let Some(plain) = keys.open(self.place(), &item) else { return Taken::Refused };
        let content = match self.kind {
            Kind::Beacon => Beacon::parse(&plain).map(Content::Beacon),
            Kind::Door => Door::parse(&plain).map(Content::Door),
        };
        // Whoever has the secret and another version counts for the number and says nothing.
        self.highest = self.highest.max(item.seq);
        let Some(content) = content else { return Taken::Refused };
        self.replicas.push(Replica { item, content, holders: 1 });
        Taken::New(self.replicas.len() - 1)
    }

    /// The number of the next item: the microsecond, and greater than any that was seen.
    pub(super) fn next_seq(&mut self, wall: UnixMillis) -> i64 {
        self.highest = micros(wall).max(self.highest.saturating_add(1));
        self.highest
    }

    /// How many nodes hold an item with this number or a greater one.
    pub(super) fn holders(&self, seq: i64) -> u8 {
        let of_slot = self.replicas.iter().filter(|replica| replica.item.seq >= seq);
        of_slot.fold(0, |holders, replica| holders.saturating_add(replica.holders))
    }

    /// What all replicas say, the newest first.
    pub(super) fn newest_first(&self) -> Vec<&Content> {
        let mut replicas: Vec<&Replica> = self.replicas.iter().collect();
        replicas.sort_by_key(|replica| std::cmp::Reverse(replica.item.seq));
        replicas.into_iter().map(|replica| &replica.content).collect()
    }

    /// When the stage that runs ends by itself.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.stage {
            Some(Stage::Looking { until, also_at: Some(also_at), .. }) => Some(*until.min(also_at)),
            Some(Stage::Looking { until, .. } | Stage::Putting { until, .. }) => Some(*until),
            None => None,
        }
    }

    /// Whether the stage that runs waits for nobody any more.
    pub(super) fn is_over(&self, now: Now) -> bool {
        match &self.stage {
            Some(Stage::Looking { open, until, .. }) => open.is_empty() || *until <= now.instant,
            Some(Stage::Putting { open, until, .. }) => open.is_empty() || *until <= now.instant,
            None => false,
        }
    }
}

/// Microseconds since 1970.
pub(super) fn micros(wall: UnixMillis) -> i64 {
    i64::try_from(wall.0.saturating_mul(1_000)).unwrap_or(i64::MAX)
}
