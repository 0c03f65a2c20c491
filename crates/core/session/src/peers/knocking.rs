//! Knocking at the addresses of a link, or where friends were last reached, until somebody is.

use std::{
    collections::VecDeque,
    net::IpAddr,
    time::{Duration, Instant},
};

use lanrage_base::bucket::{Rate, TokenBucket};
use lanrage_party::{Epoch, Epochs, Knock, KnockError, KnockKey, PartyId, UnixMillis};

/// When it is knocked, from the beginning: a lost datagram costs little, and a router that opens for the answer of the other
/// side needs a second one.
pub(crate) const FIRST: [Duration; 6] = [
    Duration::ZERO,
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(700),
    Duration::from_millis(1_500),
    Duration::from_millis(3_000),
];
/// Between two knocks after those.
const THEN: Duration = Duration::from_secs(2);
/// How long that goes on.
const KEEN: Duration = Duration::from_secs(60);
/// Between two knocks after that, while nobody is reached.
pub(crate) const PATIENT: Duration = Duration::from_secs(30);
/// The same at members who are missed while others are reached: they are looked for by paths, and told of this device by
/// friends, unless nobody whom this device reaches reaches them, and they do not know it any more.
pub(crate) const MISSED: Duration = Duration::from_secs(60);
/// The same while a reply is on its way by chat, or was taken: routers close after half a minute of silence, and later.
pub(crate) const AWAITING: Duration = Duration::from_secs(10);
/// Most addresses that are knocked at.
pub(crate) const TARGETS: usize = 16;
/// How old a knock may be, or how far in the future: a clock that is wrong by a day does not keep its owner out.
pub(crate) const VALIDITY_MS: u64 = 26 * 3_600_000;
/// Between two answers to one ask.
const ANSWERS: Duration = Duration::from_millis(200);
/// Asks whose last answer is remembered.
const REMEMBERED: usize = 64;
/// Knocks that are passed on to everybody: all of them answer where it says, so that they come from a whole party.
const PASSED_ON: Rate = Rate { burst: 16, per_second: 4 };
/// Addresses that are remembered of those to which a knock went.
const SENT: usize = 256;
/// What one new member takes of [`NEWCOMERS`].
const NEWCOMER: u64 = 60;
/// Eight new members at once, and eight a minute: a link that got around fills a party slowly.
const NEWCOMERS: Rate = Rate { burst: 8 * NEWCOMER, per_second: 8 };

/// How it is knocked after the first knocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Every two seconds for the first minute: nobody is reached yet, or a router has to be opened for somebody.
    pub(crate) is_keen: bool,
    /// How often after that; `None` if not at all.
    pub(crate) then: Option<Duration>,
}

/// When this device knocks, what it waits to hear, and which knocks it answers.
#[derive(Debug)]
pub(crate) struct Knocking {
    key: KnockKey,
    /// The number of the secret that it is of.
    epoch: u32,
    /// Those of before, the newest first: who was away knocks with one of them.
    former: Vec<(u32, KnockKey)>,
    /// What an answer must repeat.
    token: [u8; 8],
    /// Whether anybody was asked with it.
    has_asked: bool,
    begun: Instant,
    round: usize,
    due: Option<Instant>,
    /// Whether everybody was lost when last looked.
    is_lonely: bool,
    answered: VecDeque<([u8; 8], Instant)>,
    newcomers: TokenBucket,
    passed_on: TokenBucket,
    /// Where it was knocked, or answered, lately: who comes from there may have come through a router that this opened.
    sent: VecDeque<IpAddr>,
    /// Knocks that no holder of the link has made, or that are of another day.
    pub(crate) dropped: u64,
}

impl Knocking {
    /// Knocks at nobody yet.
    pub(crate) fn new(epochs: &Epochs, party: PartyId, now: Instant) -> Self {
        let (key, epoch, former) = keys(epochs, party);
        Self {
            key,
            epoch,
            former,
            token: [0; 8],
            has_asked: false,
            begun: now,
            round: 0,
            due: None,
            is_lonely: false,
            answered: VecDeque::new(),
            newcomers: TokenBucket::new(NEWCOMERS),
            passed_on: TokenBucket::new(PASSED_ON),
            sent: VecDeque::new(),
            dropped: 0,
        }
    }

    /// The party's secret is another one.
    pub(crate) fn set_epochs(&mut self, epochs: &Epochs, party: PartyId) {
        (self.key, self.epoch, self.former) = keys(epochs, party);
    }

    /// The key of the secret in force.
    pub(crate) const fn key(&self) -> &KnockKey {
        &self.key
    }

    /// The key of the secret of this number, if it is known.
    pub(crate) fn key_of(&self, epoch: u32) -> Option<&KnockKey> {
        let former = self.former.iter().find(|(number, _)| *number == epoch).map(|(_, key)| key);
        if epoch == self.epoch { Some(&self.key) } else { former }
    }

    /// Opens a knock, made with the secret in force or one of before: with its number.
    pub(crate) fn open(&self, datagram: &[u8]) -> Result<(Knock, u32), KnockError> {
        let mut opened = self.key.open(datagram).map(|knock| (knock, self.epoch));
        for (number, key) in &self.former {
            if opened != Err(KnockError::NotAuthentic) {
                break;
            }
            opened = key.open(datagram).map(|knock| (knock, *number));
        }
        opened
    }

    /// The number of the secret to knock with: that in force; and every other time, for a member who reaches nobody, the oldest one, which
    /// all members know for ever.
    pub(crate) fn epoch_to_knock_with(&self, is_alone: bool) -> u32 {
        let oldest = self.former.last().filter(|_| is_alone && self.round.is_multiple_of(2));
        oldest.map_or(self.epoch, |(number, _)| *number)
    }

    /// Knocks from now on. An answer must repeat `token`, which is random.
    pub(crate) const fn begin(&mut self, now: Instant, token: [u8; 8]) {
        (self.token, self.has_asked) = (token, false);
        self.hurry(now);
    }

    /// Knocks as at the beginning, as there is somebody new to knock at. What was asked before may still be answered.
    pub(crate) const fn hurry(&mut self, now: Instant) {
        (self.begun, self.round, self.due) = (now, 0, Some(now));
    }

    /// Whoever was asked has to ask somebody else first: this device goes on as if it had just begun to be patient.
    pub(crate) fn persist(&mut self, now: Instant) {
        self.begun = now;
        self.round = self.round.max(FIRST.len() - 1);
    }

    /// Knocks no more.
    pub(crate) const fn stop(&mut self) {
        self.due = None;
    }

    /// Whether it is knocked no more.
    pub(crate) const fn is_at_rest(&self) -> bool {
        self.due.is_none()
    }

    /// Knocks again, this long from now, if it is knocked no more.
    pub(crate) fn go_on(&mut self, now: Instant, pause: Duration) {
        if self.due.is_none() {
            (self.due, self.round) = (Some(now + pause), self.round.max(FIRST.len()));
        }
    }

    /// Whether everybody is lost. When that begins it is knocked as at the beginning: whoever is looked for by paths alone
    /// answers none if it does not know this device any more.
    pub(crate) const fn set_lonely(&mut self, now: Instant, is_lonely: bool) {
        if !std::mem::replace(&mut self.is_lonely, is_lonely) && is_lonely {
            self.hurry(now);
        }
    }

    /// Whether the knock that was just due is one of the first ones, which follow each other fast.
    pub(crate) const fn is_beginning(&self) -> bool {
        self.round <= FIRST.len()
    }

    /// When [`Self::take_due`] has something to say.
    pub(crate) const fn poll_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// The token to knock with, if it is time to. `pace` is how it goes on after the first knocks.
    pub(crate) fn take_due(&mut self, now: Instant, pace: Pace) -> Option<[u8; 8]> {
        self.due.filter(|due| *due <= now)?;
        self.round = self.round.saturating_add(1);
        self.has_asked = true;
        let next = match FIRST.get(self.round) {
            Some(offset) => Some(self.begun + *offset),
            None if pace.is_keen && now < self.begun + KEEN => Some(now + THEN),
            None => pace.then.map(|pause| now + pause),
        };
        // One that is late does not hurry after itself.
        self.due = next.map(|at| at.max(now + FIRST[1]));
        Some(self.token)
    }

    /// Whether a knock with this token answers ours.
    pub(crate) fn expects(&self, token: [u8; 8]) -> bool {
        self.has_asked && self.token == token
    }

    /// Whether a knock of that time is neither too old nor from the future.
    pub(crate) const fn is_timely(&self, at: UnixMillis, wall: UnixMillis) -> bool {
        at.0.abs_diff(wall.0) <= VALIDITY_MS
    }

    /// Whether an ask is answered: copies of one are, now and then.
    pub(crate) fn may_answer(&mut self, token: [u8; 8], now: Instant) -> bool {
        if let Some((_, at)) = self.answered.iter_mut().find(|(known, _)| *known == token) {
            let may = now >= *at + ANSWERS;
            if may {
                *at = now;
            }
            return may;
        }
        if self.answered.len() == REMEMBERED {
            self.answered.pop_front();
        }
        self.answered.push_back((token, now));
        true
    }

    /// Whether one more knock is passed on to everybody.
    pub(crate) fn may_pass_on(&mut self, now: Instant) -> bool {
        self.passed_on.take(now, 1)
    }

    /// A knock goes there.
    pub(crate) fn note_sent(&mut self, to: IpAddr) {
        let to = to.to_canonical();
        if !self.sent.contains(&to) {
            if self.sent.len() == SENT {
                self.sent.pop_front();
            }
            self.sent.push_back(to);
        }
    }

    /// Whether a knock went there.
    pub(crate) fn has_sent(&self, to: IpAddr) -> bool {
        self.sent.contains(&to.to_canonical())
    }

    /// Whether one more new member may be let in now.
    pub(crate) fn has_room(&mut self, now: Instant) -> bool {
        self.newcomers.take_leaving(now, 0, NEWCOMER)
    }

    /// One more new member is let in; false if that is one too many.
    pub(crate) fn takes_newcomer(&mut self, now: Instant) -> bool {
        self.newcomers.take(now, NEWCOMER)
    }
}

fn keys(epochs: &Epochs, party: PartyId) -> (KnockKey, u32, Vec<(u32, KnockKey)>) {
    let key = |epoch: &Epoch| KnockKey::new(&epoch.secret, party, epoch.number);
    let present = epochs.present();
    let former = epochs.all().skip(1).map(|epoch| (epoch.number, key(epoch)));
    (key(present), present.number, former.collect())
}

#[cfg(test)]
mod tests {
    use lanrage_party::PartySecret;

    use super::*;

    const NOBODY: Pace = Pace { is_keen: false, then: None };

    fn knocking(now: Instant) -> Knocking {
        let secret = PartySecret::from_random([1; 32]);
        let party = PartyId::from_random([2; 16]);
        Knocking::new(&Epochs::new(party, Epoch { number: 1, secret }, &[]), party, now)
    }

    /// When it knocks within so long, each time at the moment that it names.
    fn times(knocking: &mut Knocking, start: Instant, within: Duration, pace: Pace) -> Vec<Duration> {
        let mut times = Vec::new();
        while let Some(due) = knocking.poll_timeout().filter(|due| *due <= start + within) {
            assert!(knocking.take_due(due, pace).is_some());
            times.push(due - start);
        }
        times
    }

    #[test]
    fn it_knocks_fast_at_first_then_slowly_and_for_ever_only_while_nobody_is_reached() {
        let start = Instant::now();
        let hour = Duration::from_secs(3_600);
        let patient = Pace { is_keen: true, then: Some(PATIENT) };
        let mut lonely = knocking(start);
        assert!(lonely.take_due(start, patient).is_none(), "not before it has begun");
        lonely.begin(start, [7; 8]);
        let times_lonely = times(&mut lonely, start, hour, patient);
        assert_eq!(times_lonely[..6], FIRST);
        assert!((34..=36).contains(&times_lonely.iter().filter(|at| **at <= KEEN).count()));
        assert!((150..160).contains(&times_lonely.len()), "{}", times_lonely.len());
        let mut awaited = knocking(start);
        awaited.begin(start, [7; 8]);
        assert!(
            times(&mut awaited, start, hour, Pace { then: None, ..patient }).last().unwrap()
                <= &(KEEN + THEN)
        );
        assert_eq!(awaited.poll_timeout(), None);
        let mut reached = knocking(start);
        reached.begin(start, [7; 8]);
        assert_eq!(times(&mut reached, start, hour, NOBODY), FIRST);
        assert!(reached.is_at_rest());
    }

    #[test]
    fn whoever_is_at_rest_knocks_again_when_somebody_is_missed_and_fast_when_everybody_is_lost() {
        let start = Instant::now();
        let mut knocking = knocking(start);
        knocking.begin(start, [7; 8]);
        times(&mut knocking, start, KEEN, NOBODY);
        let later = start + Duration::from_secs(600);
        knocking.go_on(later, MISSED);
        knocking.go_on(later + FIRST[5], MISSED);
        assert_eq!(knocking.poll_timeout(), Some(later + MISSED));
        assert!(knocking.take_due(later + MISSED, NOBODY).is_some() && !knocking.is_beginning());
        assert!(knocking.is_at_rest());
        knocking.set_lonely(later, true);
        let patient = Pace { is_keen: true, then: Some(PATIENT) };
        assert_eq!(times(&mut knocking, later, FIRST[5], patient), FIRST);
        knocking.set_lonely(later + KEEN, true);
        assert!(!knocking.is_beginning() || knocking.round == FIRST.len(), "it is no news");
        assert!(knocking.expects([7; 8]), "an answer may still be under way");
    }

    #[test]
    fn a_timer_that_was_late_for_long_does_not_make_it_hurry() {
        let start = Instant::now();
        let mut knocking = knocking(start);
        knocking.begin(start, [7; 8]);
        let late = start + Duration::from_secs(20);
        assert!(knocking.take_due(late, NOBODY).is_some() && knocking.take_due(late, NOBODY).is_none());
        assert!(knocking.poll_timeout().unwrap() >= late + FIRST[1]);
    }

    #[test]
    fn only_what_was_asked_is_answered_and_copies_of_an_ask_are_answered_now_and_then() {
        let start = Instant::now();
        let mut knocking = knocking(start);
        assert!(!knocking.expects([0; 8]), "nothing was asked yet");
        knocking.begin(start, [7; 8]);
        knocking.take_due(start, NOBODY);
        assert!(knocking.expects([7; 8]) && !knocking.expects([8; 8]));
        knocking.hurry(start);
        assert!(knocking.expects([7; 8]), "the answer is still under way");
        assert!(knocking.may_answer([1; 8], start) && !knocking.may_answer([1; 8], start));
        assert!(knocking.may_answer([2; 8], start) && knocking.may_answer([1; 8], start + ANSWERS));
        for n in 0..1_000_u64 {
            knocking.may_answer(n.to_be_bytes(), start);
        }
        assert_eq!(knocking.answered.len(), REMEMBERED);
    }

    #[test]
    fn a_clock_may_be_wrong_by_a_day_and_a_party_fills_slowly() {
        let start = Instant::now();
        let mut knocking = knocking(start);
        let wall = UnixMillis(1_795_372_304_123);
        let day = 24 * 3_600_000;
        assert!(knocking.is_timely(UnixMillis(wall.0 - day), wall));
        assert!(knocking.is_timely(wall.plus(day), wall));
        assert!(!knocking.is_timely(wall.plus(2 * day), wall));
        assert_eq!((0..100).filter(|_| knocking.takes_newcomer(start)).count(), 8);
        let minute = start + Duration::from_secs(60);
        assert_eq!((0..100).filter(|_| knocking.takes_newcomer(minute)).count(), 8);
    }
}
