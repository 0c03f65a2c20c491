//! What friends say of their games, and when they are told of this device's.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lanrage_base::bucket::{Rate, TokenBucket};
use lanrage_games::{Slug, Statement};
use lanrage_party::{PeerId, Place};

use super::schedule::{CALM, Schedule};

/// What one friend may say of games.
const HEARD: Rate = Rate { burst: 8, per_second: 2 };
/// Between two words that differ by figures alone.
const FIGURES: Duration = Duration::from_secs(2);
/// How long a friend's word counts: it is repeated in a third of the time.
const COUNTS: Duration = Duration::from_secs(3 * CALM.as_secs() + 5);
/// After so long a word counts though its number is lower: the friend's clock was set back.
const OLD: Duration = Duration::from_secs(10);

/// This device's games and its friends'.
#[derive(Debug, Default)]
pub(crate) struct Games {
    own: Vec<Statement>,
    /// Whether anybody in the party was told of a game: nobody else has to hear that there is none.
    has_told: bool,
    schedule: Schedule<()>,
    /// When figures that have changed are told.
    figures_due: Option<Instant>,
    figures_told: Option<Instant>,
    heard: BTreeMap<PeerId, Heard>,
    revision: u64,
}

#[derive(Debug)]
struct Heard {
    number: u64,
    at: Instant,
    statements: Vec<Statement>,
    limit: TokenBucket,
}

/// What is hosted or played, without figures.
fn what(statements: &[Statement]) -> Vec<(&Slug, Option<Place>)> {
    statements.iter().map(|said| (&said.slug, said.hosted.as_ref().map(|hosted| hosted.place))).collect()
}

impl Games {
    /// There is a path to these members, and to no others.
    pub(crate) fn set_reached(&mut self, now: Instant, reached: &[PeerId]) {
        self.schedule.set_reached(now, reached);
    }

    /// These are members, and no others.
    pub(crate) fn set_members(&mut self, is_member: impl Fn(&PeerId) -> bool) {
        self.heard.retain(|peer, _| is_member(peer));
    }

    /// What runs on this device.
    pub(crate) fn set_own(&mut self, now: Instant, statements: Vec<Statement>) {
        if statements == self.own {
            return;
        }
        let is_news = what(&statements) != what(&self.own);
        self.own = statements;
        self.revision += 1;
        let rested = self.figures_told.map_or(now, |told| told + FIGURES);
        if is_news || rested <= now {
            (self.figures_due, self.figures_told) = (None, Some(now));
            self.schedule.note_change(now);
        } else {
            self.figures_due.get_or_insert(rested);
        }
    }

    /// What runs on this device, as friends are told.
    pub(crate) fn own(&self) -> &[Statement] {
        &self.own
    }

    fn has_something_to_say(&self) -> bool {
        self.has_told || !self.own.is_empty()
    }

    /// When [`Self::take_due`] has something to say.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let due = self.schedule.poll_timeout().into_iter().chain(self.figures_due).min();
        due.filter(|_| self.has_something_to_say())
    }

    /// Who is to be told of this device's games now; nobody before it is time.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Vec<PeerId>> {
        if !self.has_something_to_say() {
            return None;
        }
        if self.figures_due.take_if(|due| *due <= now).is_some() {
            self.figures_told = Some(now);
            self.schedule.note_change(now);
        }
        let (told, ()) = self.schedule.take_due(now, || ())?;
        self.has_told |= !told.is_empty();
        Some(told)
    }

    /// A member has said what it plays. Gives what it hosts now and did not before.
    pub(crate) fn handle(
        &mut self,
        now: Instant,
        from: PeerId,
        number: u64,
        statements: Vec<Statement>,
    ) -> Vec<Statement> {
        let heard = self.heard.entry(from).or_insert_with(|| Heard {
            number: 0,
            at: now,
            statements: Vec::new(),
            limit: TokenBucket::new(HEARD),
        });
        let is_stale = number < heard.number && now.saturating_duration_since(heard.at) < OLD;
        if is_stale || !heard.limit.take(now, 1) {
            return Vec::new();
        }
        (heard.number, heard.at) = (number, now);
        if heard.statements == statements {
            return Vec::new();
        }
        self.revision += 1;
        let before = std::mem::replace(&mut heard.statements, statements);
        let place = |said: &Statement| said.hosted.as_ref().map(|hosted| hosted.place);
        let is_new = |said: &&Statement| {
            said.hosted.is_some()
                && !before.iter().any(|known| known.slug == said.slug && place(known) == place(said))
        };
        heard.statements.iter().filter(is_new).cloned().collect()
    }

    /// What a member plays and hosts, by its last word.
    pub(crate) fn of(&self, peer: &PeerId, now: Instant) -> &[Statement] {
        let heard = self.heard.get(peer);
        let counts = heard.filter(|heard| now.saturating_duration_since(heard.at) < COUNTS);
        counts.map_or(&[], |heard| &heard.statements)
    }

    /// Grows with every change.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }
}

#[cfg(test)]
mod tests {
    use lanrage_games::Hosted;
    use lanrage_party::{Name, Transport};

    use super::*;

    fn bob() -> PeerId {
        PeerId::from_bytes([2; 16])
    }

    fn hosted(players: u16) -> Statement {
        Statement {
            slug: Slug::new("teeworlds").unwrap(),
            name: Name::new("Teeworlds").unwrap(),
            hosted: Some(Hosted {
                place: Place { transport: Transport::Udp, port: 8_303 },
                title: "Skyblock".to_owned(),
                map: String::new(),
                version: String::new(),
                players: Some(players),
                max_players: Some(8),
                is_locked: false,
            }),
        }
    }

    /// Every word until `until`, in milliseconds from the start.
    fn words(games: &mut Games, start: Instant, until: Duration) -> Vec<u64> {
        let mut words = Vec::new();
        while let Some(due) = games.poll_timeout().filter(|due| *due <= start + until) {
            if games.take_due(due).is_some_and(|told| told == [bob()]) {
                words.push((due - start).as_millis() as u64);
            }
        }
        words
    }

    #[test]
    fn nothing_is_said_where_nothing_was_ever_played() {
        let start = Instant::now();
        let mut games = Games::default();
        games.set_reached(start, &[bob()]);
        assert_eq!((games.poll_timeout(), games.take_due(start)), (None, None));
    }

    #[test]
    fn a_game_is_told_at_once_again_soon_and_then_rarely_and_so_is_its_end() {
        let start = Instant::now();
        let mut games = Games::default();
        games.set_reached(start, &[bob()]);
        games.set_own(start, vec![hosted(0)]);
        let twenty = Duration::from_secs(20);
        assert_eq!(words(&mut games, start, twenty), [0, 200, 1_200, 6_200]);
        games.set_own(start + twenty, Vec::new());
        assert_eq!(words(&mut games, start, twenty * 2), [20_000, 20_200, 21_200, 26_200]);
        assert!(games.has_told);
    }

    #[test]
    fn figures_that_change_all_the_time_are_told_every_two_seconds() {
        let start = Instant::now();
        let mut games = Games::default();
        games.set_reached(start, &[bob()]);
        let mut told = 0;
        for tick in 0..100_u16 {
            let now = start + Duration::from_millis(100) * u32::from(tick);
            games.set_own(now, vec![hosted(tick)]);
            told += games.take_due(now).map_or(0, |told| told.len());
        }
        assert!((5..=20).contains(&told), "{told}");
        let last = games.own()[0].hosted.as_ref().unwrap().players;
        assert_eq!(last, Some(99));
    }

    #[test]
    fn what_a_friend_hosts_anew_is_news_and_an_old_word_or_a_flood_is_not_heard() {
        let start = Instant::now();
        let mut games = Games::default();
        assert_eq!(games.handle(start, bob(), 5, vec![hosted(0)]), [hosted(0)]);
        assert!(games.handle(start, bob(), 6, vec![hosted(1)]).is_empty(), "only figures");
        assert!(games.handle(start, bob(), 4, Vec::new()).is_empty());
        assert_eq!(games.of(&bob(), start), [hosted(1)], "the word before came late");
        for number in 7..100 {
            games.handle(start, bob(), number, vec![hosted(number as u16)]);
        }
        assert_eq!(games.of(&bob(), start), [hosted(12)], "a burst and no more");
        let later = start + OLD;
        games.handle(later, bob(), 1, vec![hosted(0)]);
        assert_eq!(games.of(&bob(), later), [hosted(0)], "the clock was set back");
        assert!(games.of(&bob(), later + COUNTS).is_empty(), "it has not been said for long");
        games.set_members(|_| false);
        assert!(games.of(&bob(), later).is_empty());
    }
}
