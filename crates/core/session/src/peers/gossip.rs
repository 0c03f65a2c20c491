//! What a party's members tell each other of it, so that all know the same without anybody who keeps a list.
//!
//! Of each peer the word with the highest sequence counts, be it a record or a departure: so order, loss and repetition do
//! not matter, and no reliable stream is needed. A *digest* says in ten bytes what one knows; who knows something else
//! says in a *summary* how new its word of each peer is, and is sent what is newer.

pub(crate) mod chat;
pub(crate) mod departures;
pub(crate) mod games;
pub(crate) mod message;
pub(crate) mod questions;
pub(crate) mod ready;
pub(crate) mod ruled;
mod schedule;
pub(crate) mod shares;
pub(crate) mod voice;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lanrage_base::bucket::{Rate, TokenBucket};
use lanrage_party::{Departure, PeerId, SignedRecord};
use sha2::{Digest, Sha256};

use self::{
    message::{LINES, Line, Message},
    schedule::{Schedule, keep_reached},
};

/// Summaries to one peer, and full answers to its summaries.
const SUMMARIES: Rate = Rate { burst: 3, per_second: 5 };
/// What one peer may have passed on.
const PASSES: Rate = Rate { burst: 40, per_second: 20 };
/// How long whoever holds another's address has to take the next one, and how long it is remembered that it was told.
const GIVE_WAY: Duration = Duration::from_secs(2);
const DISPUTE: Duration = Duration::from_secs(60);
/// Records in one message that surely fit it.
const RECORDS: usize = 5;

/// What is known of one peer's word.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Word<'a> {
    Record(&'a SignedRecord),
    Departure(&'a Departure),
}

/// Everything that a member knows of its party: of each peer the newest word.
pub(crate) type Known<'a> = BTreeMap<PeerId, Word<'a>>;

/// The conversation with each member that there is a path to.
#[derive(Debug, Default)]
pub(crate) struct Gossip {
    schedule: Schedule<(u64, u16)>,
    limits: BTreeMap<PeerId, Limits>,
    /// Whoever was told that somebody else has the right to its address, and when first.
    disputes: BTreeMap<PeerId, Instant>,
}

/// How much one member is told, and has passed on.
#[derive(Debug)]
struct Limits {
    summaries: TokenBucket,
    answers: TokenBucket,
    passes: TokenBucket,
}

impl Limits {
    fn new() -> Self {
        let [summaries, answers] = [SUMMARIES; 2].map(TokenBucket::new);
        Self { summaries, answers, passes: TokenBucket::new(PASSES) }
    }
}

impl Word<'_> {
    fn sequence(&self) -> u64 {
        match self {
            Self::Record(record) => record.claimed().sequence,
            Self::Departure(departure) => departure.leave.sequence,
        }
    }
}

impl Gossip {
    /// There is a path to these members, and to no others. They keep each other's lists if `keep_lists`; something is passed on for
    /// them in any case. True if there is somebody to keep a list with with whom it was not kept before.
    pub(crate) fn set_reached(&mut self, now: Instant, reached: &[PeerId], keep_lists: bool) -> bool {
        keep_reached(&mut self.limits, reached, Limits::new);
        self.schedule.set_reached(now, if keep_lists { reached } else { &[] })
    }

    /// Whether a member that was told, now or before, that somebody else has the right to its address may still take another.
    pub(crate) fn may_give_way(&mut self, now: Instant, holder: PeerId) -> bool {
        self.disputes.retain(|_, since| now < *since + DISPUTE);
        now < *self.disputes.entry(holder).or_insert(now) + GIVE_WAY
    }

    /// Something is known that was not: everybody is told.
    pub(crate) fn note_change(&mut self, now: Instant) {
        self.schedule.note_change(now);
    }

    /// When [`Self::take_due`] has something to say.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.schedule.poll_timeout()
    }

    /// Who is to be told our digest now.
    pub(crate) fn take_due(&mut self, now: Instant, known: &Known<'_>) -> Option<(Vec<PeerId>, Message)> {
        let (told, (hash, count)) = self.schedule.take_due(now, || digest(known))?;
        Some((told, Message::Digest { hash, count }))
    }

    /// A member has said what it knows, in short. What to tell it.
    pub(crate) fn handle_digest(
        &mut self,
        now: Instant,
        from: &PeerId,
        said: (u64, u16),
        known: &Known<'_>,
    ) -> Option<Message> {
        self.schedule.note_heard(from, said);
        let limits = self.limits.get_mut(from)?;
        let differs = said != digest(known);
        (differs && limits.summaries.take(now, 1)).then(|| Message::Summary(lines(known)))
    }

    /// A member has said how new its word of each is. What to tell it: all that is newer here, and if it has newer words, what
    /// is known here.
    pub(crate) fn handle_summary(
        &mut self,
        now: Instant,
        from: &PeerId,
        theirs: &[Line],
        known: &Known<'_>,
    ) -> Vec<Message> {
        let Some(limits) = self.limits.get_mut(from) else { return Vec::new() };
        let theirs: BTreeMap<[u8; 8], u64> = theirs.iter().copied().collect();
        let ours: BTreeMap<[u8; 8], u64> = lines(known).into_iter().collect();
        let mut messages = Vec::new();
        let newer = known.iter().filter(|(id, word)| {
            theirs.get(&short(id)).is_none_or(|sequence| *sequence < word.sequence())
                // What does not fit a summary is in neither.
                && ours.contains_key(&short(id))
        });
        let (mut records, mut departures) = (Vec::new(), Vec::new());
        for (_, word) in newer {
            match word {
                Word::Record(record) => records.push((*record).clone()),
                Word::Departure(departure) => departures.push(**departure),
            }
        }
        if !(records.is_empty() && departures.is_empty()) && limits.answers.take(now, 1) {
            messages.extend(records.chunks(RECORDS).map(|some| Message::Records(some.to_vec())));
            messages.extend(departures.chunks(RECORDS).map(|some| Message::Departures(some.to_vec())));
        }
        let has_news = theirs.iter().any(|(id, sequence)| ours.get(id).is_none_or(|own| own < sequence));
        if has_news && limits.summaries.take(now, 1) {
            messages.push(Message::Summary(lines(known)));
        }
        messages
    }

    /// Whether one more message of that member's is passed on.
    pub(crate) fn passes(&mut self, now: Instant, from: &PeerId) -> bool {
        self.limits.get_mut(from).is_some_and(|limits| limits.passes.take(now, 1))
    }
}

/// What is known, as the lines of a summary: the members, then as many of the newest departures as fit.
fn lines(known: &Known<'_>) -> Vec<Line> {
    let line = |(id, word): (&PeerId, &Word<'_>)| (short(id), word.sequence());
    let is_record = |(_, word): &(&PeerId, &Word<'_>)| matches!(word, Word::Record(_));
    let mut lines: Vec<Line> = known.iter().filter(is_record).map(line).take(LINES).collect();
    let mut left: Vec<Line> = known.iter().filter(|entry| !is_record(entry)).map(line).collect();
    left.sort_unstable_by_key(|(id, sequence)| (std::cmp::Reverse(*sequence), *id));
    left.truncate(LINES - lines.len());
    lines.extend(left);
    lines.sort_unstable();
    lines
}

/// The same of whoever knows the same.
fn digest(known: &Known<'_>) -> (u64, u16) {
    let lines = lines(known);
    let mut hasher = Sha256::new();
    for (id, sequence) in &lines {
        hasher.update(id);
        hasher.update(sequence.to_be_bytes());
    }
    let hash = hasher.finalize();
    let hash = hash.first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
    (hash, lines.len() as u16)
}

/// The first half of an id: enough to tell apart the members of a party.
fn short(id: &PeerId) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = *id.as_bytes();
    [a, b, c, d, e, f, g, h]
}

#[cfg(test)]
mod tests;
