//! Games of friends of which the friends say nothing: heard as they announce themselves, or found by asking everybody. The program
//! there may be an older one, or tell nobody of games. A friend's own word counts before them.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lanrage_games::{Slug, Statement};
use lanrage_party::{PeerId, Place};

use crate::facts::GameSource;

/// Most games of one friend: the one seen longest ago makes room.
const GAMES: usize = 8;
/// How long an announcement counts: games repeat it each second, the rarest every few.
const ANNOUNCED: Duration = Duration::from_secs(10);
/// How long an answer counts: whoever has the page in sight searches in less than half of the time.
const ANSWERED: Duration = Duration::from_secs(25);
/// Between two searches, whoever wants them.
const PAUSE: Duration = Duration::from_secs(8);

/// Games of friends, as they were seen.
#[derive(Debug, Default)]
pub(crate) struct Sightings {
    of: BTreeMap<PeerId, Vec<Sighting>>,
    searched: Option<Instant>,
    revision: u64,
}

#[derive(Debug)]
struct Sighting {
    said: Statement,
    source: GameSource,
    at: Instant,
}

fn place(said: &Statement) -> Option<Place> {
    said.hosted.as_ref().map(|hosted| hosted.place)
}

impl Sightings {
    /// A friend's game was seen.
    pub(crate) fn note(&mut self, now: Instant, peer: PeerId, said: Statement, source: GameSource) {
        let seen = self.of.entry(peer).or_default();
        let is_same = |known: &Sighting| (&known.said, known.source) == (&said, source);
        self.revision += u64::from(!seen.iter().any(is_same));
        seen.retain(|known| known.said.slug != said.slug || place(&known.said) != place(&said));
        if seen.len() >= GAMES {
            seen.remove(0);
        }
        seen.push(Sighting { said, source, at: now });
    }

    /// The friend has said something else of these games: what was seen before counts no more.
    pub(crate) fn forget(&mut self, peer: &PeerId, games: &[Slug]) {
        if let Some(seen) = self.of.get_mut(peer) {
            seen.retain(|known| !games.contains(&known.said.slug));
            self.revision += 1;
        }
    }

    /// These are members, and no others.
    pub(crate) fn set_members(&mut self, is_member: impl Fn(&PeerId) -> bool) {
        self.of.retain(|peer, _| is_member(peer));
    }

    /// What was seen of a friend lately, and of which nothing follows from what the friend says.
    pub(crate) fn of<'a>(
        &'a self,
        peer: &PeerId,
        now: Instant,
        said: &'a [Statement],
    ) -> impl Iterator<Item = (&'a Statement, GameSource)> {
        let counts = move |seen: &&Sighting| {
            let limit = if seen.source == GameSource::Announced { ANNOUNCED } else { ANSWERED };
            let is_told = said.iter().any(|told| {
                told.slug == seen.said.slug || place(told).is_some_and(|at| place(&seen.said) == Some(at))
            });
            now.saturating_duration_since(seen.at) < limit && !is_told
        };
        let seen = self.of.get(peer).into_iter().flatten();
        seen.filter(counts).map(|seen| (&seen.said, seen.source))
    }

    /// Whether everybody may be asked now. They are not again soon.
    pub(crate) fn begin_search(&mut self, now: Instant) -> bool {
        let is_due = self.searched.is_none_or(|at| now.saturating_duration_since(at) >= PAUSE);
        if is_due {
            self.searched = Some(now);
        }
        is_due
    }

    /// The search is over: who answered before and not to this one answers no more.
    pub(crate) fn end_search(&mut self) {
        let Some(begun) = self.searched else { return };
        let count = |of: &BTreeMap<PeerId, Vec<Sighting>>| of.values().map(Vec::len).sum::<usize>();
        let before = count(&self.of);
        let answers = |seen: &Sighting| seen.source != GameSource::Answers || seen.at >= begun;
        self.of.values_mut().for_each(|seen| seen.retain(answers));
        self.revision += u64::from(count(&self.of) != before);
    }

    /// Grows with every change.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }
}

#[cfg(test)]
mod tests {
    use lanrage_games::{Hosted, read_beacon};
    use lanrage_party::Name;

    use super::*;

    fn bob() -> PeerId {
        PeerId::from_bytes([2; 16])
    }

    fn world(port: u16) -> Statement {
        read_beacon(4_445, format!("[MOTD]World[/MOTD][AD]{port}[/AD]").as_bytes()).unwrap()
    }

    fn seen(sightings: &Sightings, now: Instant, said: &[Statement]) -> Vec<u16> {
        sightings.of(&bob(), now, said).filter_map(|(said, _)| Some(place(said)?.port)).collect()
    }

    #[test]
    fn what_is_heard_counts_for_a_while_and_a_flood_takes_no_room() {
        let start = Instant::now();
        let mut sightings = Sightings::default();
        for port in 1..=u16::MAX {
            sightings.note(start, bob(), world(port), GameSource::Announced);
        }
        assert_eq!(seen(&sightings, start, &[]).len(), GAMES);
        assert!(seen(&sightings, start + ANNOUNCED, &[]).is_empty());
        sightings.note(start, bob(), world(5), GameSource::Answers);
        assert_eq!(seen(&sightings, start + ANNOUNCED, &[]), [5]);
        let revision = sightings.revision();
        sightings.note(start, bob(), world(5), GameSource::Answers);
        assert_eq!(sightings.revision(), revision, "nothing new");
        sightings.set_members(|_| false);
        assert!(seen(&sightings, start, &[]).is_empty());
    }

    #[test]
    fn what_the_friend_says_counts_before_what_is_heard() {
        let start = Instant::now();
        let mut sightings = Sightings::default();
        sightings.note(start, bob(), world(5), GameSource::Announced);
        let played = Statement { hosted: None, ..world(5) };
        assert!(seen(&sightings, start, &[played]).is_empty(), "played, and not hosted");
        let other = |hosted: Option<Hosted>| Statement {
            slug: Slug::new("bzflag").unwrap(),
            name: Name::new("BZFlag").unwrap(),
            hosted,
        };
        assert_eq!(seen(&sightings, start, &[other(None)]), [5], "of another game");
        assert!(seen(&sightings, start, &[other(world(5).hosted)]).is_empty(), "another game is there");
        sightings.forget(&bob(), &[world(5).slug]);
        assert!(seen(&sightings, start, &[]).is_empty(), "it is over, by the friend's word");
    }

    #[test]
    fn everybody_is_asked_now_and_then_however_often_it_is_wished() {
        let start = Instant::now();
        let mut sightings = Sightings::default();
        let searches = (0..100).filter(|n| sightings.begin_search(start + PAUSE / 10 * *n)).count();
        assert_eq!(searches, 10);
        sightings.note(start, bob(), world(5), GameSource::Answers);
        sightings.note(start + PAUSE * 12, bob(), world(6), GameSource::Answers);
        sightings.note(start, bob(), world(7), GameSource::Announced);
        sightings.end_search();
        assert_eq!(seen(&sightings, start, &[]), [6, 7], "who answers no more is not shown");
    }
}
