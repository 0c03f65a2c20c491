//! What the members of a party say to all of it, and how whoever comes later is told. Nothing of it is kept on a disk or known to
//! a server: it is there for as long as somebody who has heard it.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use lanrage_base::{
    bucket::{Rate, TokenBucket},
    clock::Now,
};
use lanrage_party::{ChatLine, ChatMark, Name, PeerId, UnixMillis};
use sha2::{Digest, Sha256};

use super::schedule::{Schedule, keep_reached};

/// The most lines that are kept. Of more, whoever has most loses the oldest: nobody talks the others away.
pub(crate) const KEPT: usize = 200;
/// Lines of one member: all that is kept at once, for whoever comes later, then as fast as people read.
const SAID: Rate = Rate { burst: KEPT as u64, per_second: 1 };
/// What this device's player may say, which is less than friends hear.
const OWN: Rate = Rate { burst: 20, per_second: 1 };
/// Lines that one member may bring, its own and others': each costs a signature to check.
const BROUGHT: Rate = Rate { burst: 2 * KEPT as u64, per_second: 10 };
/// How long it is quiet after the player was told that somebody has said something.
const CALM: Duration = Duration::from_secs(30);
/// How often one member is told which lines are here, and is given those that it lacks.
const ANSWERS: Rate = Rate { burst: 4, per_second: 1 };

/// A line as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) line: ChatLine,
    /// What its author was called then.
    pub(crate) name: Name,
    /// When, by this device's clock.
    pub(crate) at: UnixMillis,
    /// Whether its author is a member still: what others have said is told to nobody, as nobody could check it.
    is_told: bool,
}

/// The chat of a party.
#[derive(Debug)]
pub(crate) struct Chat {
    /// In the order of time.
    lines: Vec<Shown>,
    schedule: Schedule<u64>,
    limits: BTreeMap<PeerId, Limits>,
    /// How much each member may say.
    said: BTreeMap<PeerId, TokenBucket>,
    own: TokenBucket,
    own_at: UnixMillis,
    /// When the player was told last that there is something new.
    told_at: Option<Instant>,
    revision: u64,
}

/// How much one member brings, and is told.
#[derive(Debug)]
struct Limits {
    brought: TokenBucket,
    answers: TokenBucket,
    asked: TokenBucket,
}

impl Default for Chat {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            schedule: Schedule::default(),
            limits: BTreeMap::new(),
            said: BTreeMap::new(),
            own: TokenBucket::new(OWN),
            own_at: UnixMillis(0),
            told_at: None,
            revision: 0,
        }
    }
}

impl Chat {
    /// There is a path to these members, and to no others.
    pub(crate) fn set_reached(&mut self, now: Instant, reached: &[PeerId]) {
        self.schedule.set_reached(now, reached);
        keep_reached(&mut self.limits, reached, || Limits {
            brought: TokenBucket::new(BROUGHT),
            answers: TokenBucket::new(ANSWERS),
            asked: TokenBucket::new(ANSWERS),
        });
    }

    /// Who else is a member.
    pub(crate) fn set_members(&mut self, own: &PeerId, is_member: impl Fn(&PeerId) -> bool) {
        self.said.retain(|peer, _| is_member(peer));
        for shown in &mut self.lines {
            shown.is_told = shown.line.author == *own || is_member(&shown.line.author);
        }
    }

    /// Whether this device's player may say something more now.
    pub(crate) fn may_say(&mut self, now: Instant) -> bool {
        self.own.take(now, 1)
    }

    /// The time of the next line of this device's player: no two have the same.
    pub(crate) fn next_at(&mut self, wall: UnixMillis) -> UnixMillis {
        self.own_at = wall.max(self.own_at.plus(1));
        self.own_at
    }

    /// This device's player has said something.
    pub(crate) fn note_own(&mut self, now: Now, name: Name, line: ChatLine) {
        self.keep(Shown { line, name, at: now.wall, is_told: true });
        self.schedule.note_change(now.instant);
    }

    /// When [`Self::take_due`] has something to say.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.schedule.poll_timeout().filter(|_| !self.lines.is_empty())
    }

    /// Who is to be told in short which lines are here.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<(Vec<PeerId>, u64)> {
        if self.lines.is_empty() {
            return None;
        }
        self.schedule.take_due(now, || digest(&self.lines))
    }

    /// A member has said in short which lines it has. What to tell it: which are here, if those are others.
    pub(crate) fn handle_digest(&mut self, now: Instant, from: &PeerId, said: u64) -> Option<Vec<ChatMark>> {
        self.schedule.note_heard(from, said);
        let differs = said != digest(&self.lines);
        let limits = self.limits.get_mut(from)?;
        (differs && limits.asked.take(now, 1)).then(|| marks(&self.lines))
    }

    /// A member has said which lines it has. What it lacks; and which are here, if it has others.
    pub(crate) fn handle_have(
        &mut self,
        now: Instant,
        from: &PeerId,
        theirs: &[ChatMark],
    ) -> (Vec<ChatLine>, Option<Vec<ChatMark>>) {
        let ours = marks(&self.lines);
        let Some(limits) = self.limits.get_mut(from) else { return (Vec::new(), None) };
        let lacking = |shown: &&Shown| shown.is_told && !theirs.contains(&shown.line.mark());
        let mut lacking: Vec<ChatLine> =
            self.lines.iter().filter(lacking).map(|shown| shown.line.clone()).collect();
        if !lacking.is_empty() && !limits.answers.take(now, 1) {
            lacking.clear();
        }
        let has_news = theirs.iter().any(|mark| !ours.contains(mark));
        let asks = has_news && limits.asked.take(now, 1);
        (lacking, asks.then_some(ours))
    }

    /// A member has brought lines, of which `name_of` says whose they are, if they are anybody's. Gives who has just said
    /// something, if the player was not told of that a moment ago.
    pub(crate) fn take(
        &mut self,
        now: Now,
        from: &PeerId,
        lines: Vec<ChatLine>,
        name_of: impl Fn(&ChatLine) -> Option<Name>,
    ) -> Option<Name> {
        let is_live = lines.len() == 1;
        let (mut speaker, mut is_news) = (None, false);
        for line in lines {
            let mark = line.mark();
            if self.lines.iter().any(|shown| shown.line.mark() == mark) {
                continue;
            }
            let Some(limits) = self.limits.get_mut(from) else { return speaker };
            if !limits.brought.take(now.instant, 1) {
                break;
            }
            let Some(name) = name_of(&line) else { continue };
            let said = self.said.entry(line.author).or_insert_with(|| TokenBucket::new(SAID));
            if !said.take(now.instant, 1) {
                continue;
            }
            // What is said now is said now, whatever the author's clock says; what was said before, not after now.
            let is_now = is_live && line.author == *from;
            let at = if is_now { now.wall } else { line.at.min(now.wall) };
            if is_now {
                speaker = Some(name.clone());
            }
            is_news = true;
            self.keep(Shown { line, name, at, is_told: true });
        }
        if is_news {
            self.schedule.note_change(now.instant);
        }
        let is_calm = self.told_at.is_none_or(|told| now.instant.saturating_duration_since(told) >= CALM);
        let told = speaker.filter(|_| is_calm);
        if told.is_some() {
            self.told_at = Some(now.instant);
        }
        told
    }

    /// All lines, the oldest first.
    pub(crate) fn lines(&self) -> &[Shown] {
        &self.lines
    }

    /// Grows with every change.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }

    fn keep(&mut self, shown: Shown) {
        let key = |shown: &Shown| (shown.at, shown.line.at, shown.line.author);
        let at = self.lines.partition_point(|before| key(before) <= key(&shown));
        self.lines.insert(at, shown);
        self.revision += 1;
        if self.lines.len() > KEPT {
            let mut counts = BTreeMap::<PeerId, usize>::new();
            self.lines.iter().for_each(|shown| *counts.entry(shown.line.author).or_default() += 1);
            let most = counts.into_iter().max_by_key(|(author, count)| (*count, *author));
            // By the author's own order, which all know.
            let own = |(author, _): (PeerId, usize)| {
                let of_author =
                    self.lines.iter().enumerate().filter(|(_, shown)| shown.line.author == author);
                of_author.min_by_key(|(_, shown)| shown.line.at).map(|(index, _)| index)
            };
            if let Some(oldest) = most.and_then(own) {
                self.lines.remove(oldest);
            }
        }
    }
}

/// The lines that are told, in short.
fn marks(lines: &[Shown]) -> Vec<ChatMark> {
    lines.iter().filter(|shown| shown.is_told).map(|shown| shown.line.mark()).collect()
}

/// The same of whoever has the same lines.
fn digest(lines: &[Shown]) -> u64 {
    let mut marks = marks(lines);
    marks.sort_unstable();
    let hash = Sha256::digest(marks.concat());
    hash.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lanrage_base::wire::Reader;
    use lanrage_party::{DeviceIdentity, PartyId};

    use super::*;

    /// A member with its chat.
    struct Member {
        identity: DeviceIdentity,
        chat: Chat,
    }

    fn now(seconds: u64) -> Now {
        static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        let start = *START.get_or_init(Instant::now);
        Now { instant: start + Duration::from_secs(seconds), wall: UnixMillis(1_000_000 + seconds * 1_000) }
    }

    fn party() -> PartyId {
        PartyId::from_random([1; 16])
    }

    fn members(count: u8) -> Vec<Member> {
        let identities: Vec<_> = (1..=count).map(|n| DeviceIdentity::from_seed(&[n; 32])).collect();
        let ids: Vec<_> = identities.iter().map(DeviceIdentity::peer_id).collect();
        let member = |identity: DeviceIdentity| {
            let mut chat = Chat::default();
            let others: Vec<_> = ids.iter().copied().filter(|id| *id != identity.peer_id()).collect();
            chat.set_reached(now(0).instant, &others);
            Member { identity, chat }
        };
        identities.into_iter().map(member).collect()
    }

    impl Member {
        fn id(&self) -> PeerId {
            self.identity.peer_id()
        }

        fn say(&mut self, now: Now, text: &str) -> ChatLine {
            let at = self.chat.next_at(now.wall);
            let line = ChatLine::sign(&self.identity, &party(), at, text).unwrap();
            self.chat.note_own(now, name(&self.id()), line.clone());
            line
        }

        /// How many of the lines are news.
        fn hear(&mut self, now: Now, from: PeerId, lines: Vec<ChatLine>, all: &[DeviceIdentity]) -> u64 {
            let author = |line: &ChatLine| {
                let key = all.iter().map(DeviceIdentity::public).find(|key| line.is_of(key, &party()))?;
                Some(name(&PeerId::of(&key)))
            };
            let before = self.chat.revision();
            self.chat.take(now, &from, lines, author);
            self.chat.revision() - before
        }

        fn texts(&self) -> Vec<&str> {
            self.chat.lines().iter().map(|shown| shown.line.text()).collect()
        }
    }

    fn name(id: &PeerId) -> Name {
        Name::new(&id.short().to_string()).unwrap()
    }

    fn keys(count: u8) -> Vec<DeviceIdentity> {
        (1..=count).map(|n| DeviceIdentity::from_seed(&[n; 32])).collect()
    }

    /// Both tell each other what they have until neither has news.
    fn meet(now: Now, [one, two]: [&mut Member; 2], all: &[DeviceIdentity]) {
        let said = digest(&one.chat.lines);
        let Some(mut have) = two.chat.handle_digest(now.instant, &one.id(), said) else { return };
        let mut turn = [one, two];
        for _ in 0..4 {
            let [hears, told] = turn;
            let (lines, asks) = hears.chat.handle_have(now.instant, &told.id(), &have);
            // In two messages, as on the wire.
            for some in lines.chunks(2) {
                told.hear(now, hears.id(), some.to_vec(), all);
            }
            let Some(next) = asks else { return };
            have = next;
            turn = [told, hears];
        }
    }

    #[test]
    fn who_comes_later_is_told_all_by_anybody_and_nothing_twice() {
        let all = keys(3);
        let [mut ann, mut bob, mut carl] = <[Member; 3]>::try_from(members(3)).ok().unwrap();
        let first = ann.say(now(1), "who hosts?");
        assert_eq!(bob.hear(now(1), ann.id(), vec![first.clone()], &all), 1, "it is news");
        assert_eq!(bob.hear(now(1), ann.id(), vec![first], &all), 0, "once");
        let second = bob.say(now(2), "I do");
        ann.hear(now(2), bob.id(), vec![second], &all);
        meet(now(60), [&mut bob, &mut carl], &all);
        assert_eq!(carl.texts(), ["who hosts?", "I do"]);
        assert_eq!(carl.chat.lines()[0].at, now(1).wall, "when it was said");
        assert_eq!(carl.chat.handle_digest(now(61).instant, &ann.id(), digest(&ann.chat.lines)), None);
    }

    #[test]
    fn a_flood_takes_nobody_elses_lines_and_is_not_all_heard() {
        let all = keys(2);
        let [mut ann, mut bob] = <[Member; 2]>::try_from(members(2)).ok().unwrap();
        for number in 0..20 {
            bob.say(now(number), &format!("mine {number}"));
        }
        let mut heard = 0;
        for number in 0..10_000 {
            let line = ann.say(now(30), &format!("flood {number}"));
            heard += bob.hear(now(30), ann.id(), vec![line], &all);
        }
        assert_eq!(heard, KEPT as u64, "a burst and no more");
        assert_eq!(bob.chat.lines().len(), KEPT);
        assert_eq!(bob.texts().iter().filter(|text| text.starts_with("mine")).count(), 20);
        assert_eq!(ann.chat.lines().len(), KEPT, "her own are bounded as well");
    }

    #[test]
    fn nobody_says_anything_in_anothers_name() {
        let all = keys(2);
        let [mut ann, mut bob] = <[Member; 2]>::try_from(members(2)).ok().unwrap();
        let eve = DeviceIdentity::from_seed(&[9; 32]);
        let of_eve = ChatLine::sign(&eve, &party(), UnixMillis(1), "I am Ann").unwrap();
        let mut bytes = Vec::new();
        of_eve.put(&mut bytes);
        bytes[..16].copy_from_slice(ann.id().as_bytes());
        let forged = ChatLine::read(&mut Reader::new(&bytes)).unwrap();
        assert_eq!(forged.author, ann.id());
        assert_eq!(bob.hear(now(1), ann.id(), vec![of_eve, forged], &all), 0);
        assert!(bob.chat.lines().is_empty());
        let line = ann.say(now(1), "I am Ann");
        assert_eq!(bob.hear(now(1), ann.id(), vec![line], &all), 1, "what others forge costs her nothing");
    }

    #[test]
    fn a_clock_that_is_wrong_moves_nothing_into_the_future_and_hides_nothing_that_is_said_now() {
        let all = keys(3);
        let [mut ann, mut bob, mut carl] = <[Member; 3]>::try_from(members(3)).ok().unwrap();
        let slow = Now { wall: UnixMillis(5), ..now(10) };
        let old = ann.say(slow, "slow clock");
        let first = bob.say(now(9), "before");
        bob.hear(now(10), ann.id(), vec![old.clone()], &all);
        assert_eq!(bob.texts(), ["before", "slow clock"]);
        let fast = Now { wall: UnixMillis(u64::MAX - 5), ..now(11) };
        let future = ann.say(fast, "fast clock");
        carl.hear(now(12), bob.id(), vec![first, future], &all);
        let last = bob.say(now(13), "after");
        carl.hear(now(13), bob.id(), vec![last], &all);
        assert_eq!(carl.texts(), ["before", "fast clock", "after"]);
    }

    #[test]
    fn what_somebody_has_said_who_is_out_is_shown_and_told_to_nobody() {
        let all = keys(3);
        let [mut ann, mut bob, mut carl] = <[Member; 3]>::try_from(members(3)).ok().unwrap();
        let line = ann.say(now(1), "bye");
        bob.hear(now(1), ann.id(), vec![line], &all);
        let (own, out) = (bob.id(), ann.id());
        bob.chat.set_members(&own, |peer| *peer != out);
        meet(now(2), [&mut bob, &mut carl], &all);
        assert_eq!((bob.texts(), carl.texts()), (vec!["bye"], Vec::new()));
        assert_eq!(digest(&bob.chat.lines), digest(&carl.chat.lines), "neither asks for ever");
    }

    #[test]
    fn the_player_is_told_of_the_first_of_many_lines() {
        let [mut ann, mut bob] = <[Member; 2]>::try_from(members(2)).ok().unwrap();
        let told = [1, 2, 30, 31, 40, 70].map(|second| {
            let line = ann.say(now(second), "hello");
            bob.chat.take(now(second), &ann.id(), vec![line], |_| Some(name(&ann.id()))).is_some()
        });
        assert_eq!(told, [true, false, false, true, false, true]);
    }

    #[test]
    fn nothing_is_said_at_rest_where_nobody_has_said_anything() {
        let [mut ann] = <[Member; 1]>::try_from(members(1)).ok().unwrap();
        ann.chat.set_reached(now(0).instant, &[PeerId::from_bytes([7; 16])]);
        assert_eq!((ann.chat.poll_timeout(), ann.chat.take_due(now(0).instant)), (None, None));
        ann.say(now(1), "hello?");
        assert!(ann.chat.take_due(now(1).instant).is_some());
    }
}
