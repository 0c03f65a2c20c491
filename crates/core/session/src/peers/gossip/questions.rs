//! Why a game is not seen: what this device asks of friends, and what they ask of it.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lanrage_base::bucket::{Rate, TokenBucket};
use lanrage_games::{Examined, Side, Slug};
use lanrage_party::{PeerId, Place};

use crate::input::Ticket;

/// What one friend may ask.
const ASKED: Rate = Rate { burst: 6, per_second: 1 };
/// After so long a question is asked again that was not answered: it or its answer may be lost.
const AGAIN: [Duration; 2] = [Duration::from_millis(700), Duration::from_millis(1_500)];
/// How long a friend may take, who asks a server meanwhile.
const PATIENCE: Duration = Duration::from_millis(4_500);
/// How long a look at this computer may take.
const LOOK: Duration = Duration::from_secs(4);
/// Most questions at once; the oldest is answered by what is known until then.
const MOST: usize = 4;

/// All questions that are open.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    last: u64,
    own: BTreeMap<u64, Question>,
    /// Whom a look at this computer is for, by its number, and the friend's number of the question.
    of_friends: BTreeMap<u64, (PeerId, u64)>,
    limits: BTreeMap<PeerId, TokenBucket>,
}

/// A question of this device's player.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) ticket: Ticket,
    pub(crate) peer: PeerId,
    pub(crate) slug: Slug,
    /// Whether it is hosted here.
    pub(crate) is_own: bool,
    pub(crate) own: Option<Examined>,
    /// Whether friends are told nothing of it.
    pub(crate) is_hidden: bool,
    pub(crate) friend: Option<Side>,
    /// Whether the friend is to say something now, or else this computer is looked at.
    asks_friend: bool,
    /// When it goes on without an answer.
    until: Instant,
    /// When the friend is asked again, and how often that was.
    again: Option<(Instant, usize)>,
}

/// What is to be done for a question.
#[derive(Debug)]
pub(crate) enum Act {
    /// Look at this computer, and try the game there, of that friend.
    Examine { number: u64, slug: Slug, peer: PeerId, try_at: Option<Place> },
    /// Ask the friend, who is to try the game of this device there.
    Ask { number: u64, slug: Slug, peer: PeerId, try_at: Option<Place> },
    /// Tell the friend, who has asked by this number, what was seen here.
    Tell { number: u64, peer: PeerId, side: Box<Side>, is_hidden: bool },
    /// All is known that can be.
    Answer(Box<Question>),
}

impl Question {
    /// Where it is hosted, as far as it is known.
    fn place(&self) -> Option<Place> {
        let host = if self.is_own { self.own.as_ref().map(|own| &own.side) } else { self.friend.as_ref() };
        host.and_then(Side::hosted).map(|bound| bound.place)
    }

    fn examine(&mut self, now: Instant, number: u64) -> Act {
        (self.asks_friend, self.until, self.again) = (false, now + LOOK, None);
        let try_at = if self.is_own { None } else { self.place() };
        Act::Examine { number, slug: self.slug.clone(), peer: self.peer, try_at }
    }

    fn ask(&mut self, now: Instant, number: u64) -> Act {
        (self.asks_friend, self.until, self.again) = (true, now + PATIENCE, Some((now + AGAIN[0], 0)));
        self.ask_once_more(number)
    }

    fn ask_once_more(&self, number: u64) -> Act {
        let try_at = if self.is_own { self.place() } else { None };
        Act::Ask { number, slug: self.slug.clone(), peer: self.peer, try_at }
    }
}

impl Questions {
    /// These are members, and no others.
    pub(crate) fn set_members(&mut self, is_member: impl Fn(&PeerId) -> bool) {
        self.limits.retain(|peer, _| is_member(peer));
        self.of_friends.retain(|_, (peer, _)| is_member(peer));
    }

    /// The player asks why a game is not seen. Whoever hosts it is heard first, as the other tries it then.
    pub(crate) fn begin(
        &mut self,
        now: Instant,
        ticket: Ticket,
        peer: PeerId,
        slug: Slug,
        is_own: bool,
    ) -> Vec<Act> {
        let mut acts = Vec::new();
        if self.own.len() >= MOST {
            acts.extend(self.own.pop_first().map(|(_, question)| Act::Answer(Box::new(question))));
        }
        self.last += 1;
        let mut question = Question {
            ticket,
            peer,
            slug,
            is_own,
            own: None,
            is_hidden: false,
            friend: None,
            asks_friend: false,
            until: now,
            again: None,
        };
        acts.push(match is_own {
            true => question.examine(now, self.last),
            false => question.ask(now, self.last),
        });
        self.own.insert(self.last, question);
        acts
    }

    /// This computer was looked at.
    pub(crate) fn handle_examined(
        &mut self,
        now: Instant,
        number: u64,
        examined: Examined,
        is_hidden: bool,
    ) -> Option<Act> {
        if let Some((peer, number)) = self.of_friends.remove(&number) {
            return Some(Act::Tell { number, peer, side: Box::new(examined.side), is_hidden });
        }
        let question = self.own.get_mut(&number).filter(|question| !question.asks_friend)?;
        (question.own, question.is_hidden) = (Some(examined), is_hidden);
        match question.is_own {
            true => Some(question.ask(now, number)),
            false => self.answer(number),
        }
    }

    /// A friend has answered.
    pub(crate) fn handle_told(&mut self, now: Instant, from: PeerId, number: u64, side: Side) -> Option<Act> {
        let question =
            self.own.get_mut(&number).filter(|question| question.asks_friend && question.peer == from)?;
        question.friend = Some(side);
        match question.is_own {
            true => self.answer(number),
            false => Some(question.examine(now, number)),
        }
    }

    /// A friend asks. Gives the number of a look at this computer, unless it asks too often, or what is looked at already.
    pub(crate) fn handle_asked(&mut self, now: Instant, from: PeerId, number: u64) -> Option<u64> {
        if self.of_friends.values().any(|known| *known == (from, number)) {
            return None;
        }
        let limit = self.limits.entry(from).or_insert_with(|| TokenBucket::new(ASKED));
        if !limit.take(now, 1) {
            return None;
        }
        self.of_friends.retain(|_, (peer, _)| *peer != from);
        self.last += 1;
        self.of_friends.insert(self.last, (from, number));
        Some(self.last)
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let again = |question: &Question| question.again.map(|(at, _)| at);
        self.own.values().flat_map(|question| again(question).into_iter().chain([question.until])).min()
    }

    /// Asks again who has not answered, and goes on without whoever does not.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Vec<Act> {
        let mut acts = Vec::new();
        let mut done = Vec::new();
        for (number, question) in &mut self.own {
            if question.until <= now {
                match question.asks_friend && !question.is_own {
                    true => acts.push(question.examine(now, *number)),
                    false => done.push(*number),
                }
            } else if let Some((_, times)) = question.again.filter(|(at, _)| *at <= now) {
                question.again = AGAIN.get(times + 1).map(|pause| (now + *pause, times + 1));
                acts.push(question.ask_once_more(*number));
            }
        }
        acts.extend(done.into_iter().filter_map(|number| self.answer(number)));
        acts
    }

    fn answer(&mut self, number: u64) -> Option<Act> {
        self.own.remove(&number).map(|question| Act::Answer(Box::new(question)))
    }

    /// All questions of the player, which nobody answers any more.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = Question> {
        std::mem::take(&mut self.own).into_values()
    }
}

#[cfg(test)]
mod tests {
    use lanrage_games::{Bound, Reach, Sight};
    use lanrage_party::Transport;

    use super::*;

    fn anna() -> PeerId {
        PeerId::from_bytes([2; 16])
    }

    fn slug() -> Slug {
        Slug::new("teeworlds").unwrap()
    }

    const PLACE: Place = Place { transport: Transport::Udp, port: 8_303 };

    fn host() -> Side {
        let bound = Bound { place: PLACE, reach: Reach::Party, is_hosting: true, is_open: true };
        Side { sight: Sight::Seen, is_running: true, sockets: vec![bound], ..Side::default() }
    }

    #[test]
    fn the_host_is_heard_first_and_then_the_other_tries_its_game() {
        let now = Instant::now();
        let mut questions = Questions::default();
        let asked = questions.begin(now, 7, anna(), slug(), false);
        let [Act::Ask { number, try_at: None, .. }] = asked[..] else { panic!("{asked:?}") };
        let stranger = PeerId::from_bytes([3; 16]);
        assert!(questions.handle_told(now, stranger, number, host()).is_none(), "somebody else answers");
        let Some(Act::Examine { try_at, .. }) = questions.handle_told(now, anna(), number, host()) else {
            panic!()
        };
        assert_eq!(try_at, Some(PLACE));
        let done = questions.handle_examined(now, number, Examined::default(), false);
        let Some(Act::Answer(question)) = done else { panic!() };
        assert!(question.ticket == 7 && question.own.is_some() && question.friend == Some(host()));
        // Hosted here, the friend is told where to try.
        let own = questions.begin(now, 8, anna(), slug(), true);
        let [Act::Examine { number, try_at: None, .. }] = own[..] else { panic!("{own:?}") };
        let mut examined = Examined::default();
        examined.side = host();
        let Some(Act::Ask { try_at, .. }) = questions.handle_examined(now, number, examined, false) else {
            panic!()
        };
        assert_eq!(try_at, Some(PLACE));
        let Some(Act::Answer(_)) = questions.handle_told(now, anna(), number, Side::default()) else {
            panic!()
        };
        assert_eq!(questions.poll_timeout(), None);
    }

    #[test]
    fn a_friend_that_says_nothing_is_asked_thrice_and_then_done_without() {
        let start = Instant::now();
        let mut questions = Questions::default();
        questions.begin(start, 7, anna(), slug(), false);
        let (mut asked, mut looked) = (1, 0);
        loop {
            let now = questions.poll_timeout().unwrap();
            let acts = questions.handle_timeout(now);
            asked += acts.iter().filter(|act| matches!(act, Act::Ask { .. })).count();
            looked += acts.iter().filter(|act| matches!(act, Act::Examine { .. })).count();
            if let Some(Act::Answer(question)) = acts.into_iter().next_back() {
                assert!(question.friend.is_none() && question.own.is_none());
                assert!(now - start <= PATIENCE + LOOK);
                break;
            }
        }
        assert_eq!((asked, looked), (3, 1));
    }

    #[test]
    fn a_friend_may_ask_so_often_and_one_look_at_a_time_is_its() {
        let now = Instant::now();
        let mut questions = Questions::default();
        let first = questions.handle_asked(now, anna(), 1).unwrap();
        assert_eq!(questions.handle_asked(now, anna(), 1), None, "it is looked already");
        let looks: Vec<u64> =
            (2..100).filter_map(|number| questions.handle_asked(now, anna(), number)).collect();
        assert_eq!((looks.len(), questions.of_friends.len()), (5, 1));
        let ignored = questions.handle_examined(now, first, Examined::default(), false);
        assert!(ignored.is_none(), "a later question has taken its place");
        let told = questions.handle_examined(now, *looks.last().unwrap(), Examined::default(), false);
        assert!(matches!(told, Some(Act::Tell { peer, number: 6, .. }) if peer == anna()), "{told:?}");
        assert!(questions.handle_asked(now + Duration::from_secs(1), anna(), 500).is_some());
        questions.set_members(|_| false);
        assert!(questions.of_friends.is_empty() && questions.limits.is_empty());
    }

    #[test]
    fn more_questions_than_there_may_be_answer_the_oldest() {
        let now = Instant::now();
        let mut questions = Questions::default();
        let acts: Vec<Act> =
            (0..6).flat_map(|ticket| questions.begin(now, ticket, anna(), slug(), false)).collect();
        let answered: Vec<Ticket> = acts
            .iter()
            .filter_map(|act| match act {
                Act::Answer(question) => Some(question.ticket),
                _ => None,
            })
            .collect();
        assert_eq!((answered, questions.own.len()), (vec![0, 1], MOST));
        assert_eq!(questions.take_all().count(), MOST);
    }
}
