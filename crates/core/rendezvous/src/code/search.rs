use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use lanrage_party::Invitation;

use super::{CodeKeys, CodeNote, NoteFault};
use crate::{Engine, LookId, Now, Order, SignedItem};

/// When the relays are asked too, if the DHT has said nothing by then.
const RELAYS_AFTER: Duration = Duration::from_millis(1_500);
/// Pause between two looks by one engine.
const AGAIN: Duration = Duration::from_secs(2);
/// A look of the DHT that ends within this time was answered: without a node it goes on until the engine gives up.
const ANSWERED: Duration = Duration::from_secs(10);
/// After so many answered looks, and so long, that nobody has the item is believed: it may be a moment old, or nodes may be away.
const LOOKS: u32 = 3;
const SHORTEST: Duration = Duration::from_secs(8);
/// How long is looked at most.
const LONGEST: Duration = Duration::from_secs(25);

/// Looks up where a short code leads. Pure: outputs are drained with [`Self::poll_order`], and [`Self::end`] says when it is over.
#[derive(Debug)]
pub struct CodeSearch {
    keys: CodeKeys,
    since: Instant,
    asked: Vec<Asked>,
    /// When each engine is asked next.
    dht_at: Option<Instant>,
    relays_at: Option<Instant>,
    /// Looks of the DHT that were answered.
    answered: u32,
    /// The greatest number of an item that says that the code is gone.
    gone: Option<i64>,
    end: Option<SearchEnd>,
    next_id: u32,
    orders: VecDeque<Order>,
}

#[derive(Debug)]
struct Asked {
    id: LookId,
    engine: Engine,
    at: Instant,
}

/// Where a code leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchEnd {
    /// To a party.
    Found(Box<Invitation>),
    /// Nowhere any more: it was used, was taken back, or its time is over.
    Gone,
    /// To a note that only a newer program reads.
    Newer(u8),
    /// Nowhere: nobody has made it, or its time is over for long.
    Unknown,
    /// Nobody could be asked.
    Unanswered,
}

impl CodeSearch {
    /// Begins to look. `first_id` begins the numbers by which its questions are told from all others'.
    pub fn new(now: Now, keys: CodeKeys, first_id: u32) -> Self {
        let mut search = Self {
            keys,
            since: now.instant,
            asked: Vec::new(),
            dht_at: Some(now.instant),
            relays_at: Some(now.instant + RELAYS_AFTER),
            answered: 0,
            gone: None,
            end: None,
            next_id: first_id,
            orders: VecDeque::new(),
        };
        search.handle_timeout(now);
        search
    }

    /// How it has ended, once it has. Nothing more is asked then.
    pub const fn end(&self) -> Option<&SearchEnd> {
        self.end.as_ref()
    }

    /// Somebody holds an item. Of looks that are not this search's, nothing happens.
    pub fn handle_replica(&mut self, id: LookId, item: &SignedItem) {
        if self.end.is_some() || !self.asked.iter().any(|asked| asked.id == id) {
            return;
        }
        let Some(plain) = self.keys.open(item) else { return };
        match CodeNote::parse(&plain) {
            Ok(CodeNote::Invitation(invitation)) if self.gone.is_none_or(|gone| gone < item.seq) => {
                self.end = Some(SearchEnd::Found(invitation));
            }
            Ok(CodeNote::Gone) => self.gone = self.gone.max(Some(item.seq)),
            Err(NoteFault::Version(version)) => self.end = Some(SearchEnd::Newer(version)),
            Ok(CodeNote::Invitation(_)) | Err(NoteFault::Damaged) => {}
        }
    }

    /// All that a look found has been told.
    pub fn handle_look_ended(&mut self, now: Now, id: LookId) {
        let Some(at) = self.asked.iter().position(|asked| asked.id == id) else { return };
        let asked = self.asked.swap_remove(at);
        let next = Some(now.instant + AGAIN);
        match asked.engine {
            Engine::Dht => {
                self.answered += u32::from(now.instant <= asked.at + ANSWERED);
                self.dht_at = next;
            }
            Engine::Relays => self.relays_at = next,
        }
        if self.gone.is_some() {
            self.end.get_or_insert(SearchEnd::Gone);
        }
        self.handle_timeout(now);
    }

    /// Our network may be another: what was asked is forgotten.
    pub fn handle_network_change(&mut self, now: Now) {
        self.asked.clear();
        self.dht_at = Some(now.instant);
        self.relays_at = Some(now.instant + RELAYS_AFTER);
        self.handle_timeout(now);
    }

    /// Does what is due at `now`. Calling it early does nothing.
    pub fn handle_timeout(&mut self, now: Now) {
        let at = now.instant;
        let is_enough = self.answered >= LOOKS && at >= self.since + SHORTEST;
        if is_enough || at >= self.since + LONGEST {
            let found_nothing = if self.answered > 0 { SearchEnd::Unknown } else { SearchEnd::Unanswered };
            self.end.get_or_insert(found_nothing);
        }
        if self.end.is_some() {
            return;
        }
        if self.dht_at.is_some_and(|due| due <= at) {
            self.dht_at = None;
            self.ask(at, Engine::Dht);
        }
        if self.relays_at.is_some_and(|due| due <= at) {
            self.relays_at = None;
            self.ask(at, Engine::Relays);
        }
    }

    /// When to call [`Self::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.end.is_some() {
            return None;
        }
        let shortest = (self.answered >= LOOKS).then_some(self.since + SHORTEST);
        let longest = Some(self.since + LONGEST);
        [self.dht_at, self.relays_at, shortest, longest].into_iter().flatten().min()
    }

    /// What is wanted of the store next.
    pub fn poll_order(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    fn ask(&mut self, now: Instant, engine: Engine) {
        let id = LookId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        self.asked.push(Asked { id, engine, at: now });
        self.orders.push_back(Order::Look { id, key: self.keys.item_key(), engine });
    }
}

#[cfg(test)]
mod tests {
    use lanrage_base::clock::UnixMillis;

    use super::*;
    use crate::{
        PLAIN_BYTES,
        code::{ShortCode, note::tests::invitation},
    };

    /// What answers a look by an engine: items, and after how many milliseconds the look ends; `None` if it does not.
    type Answer = (Vec<SignedItem>, Option<u64>);

    fn keys() -> CodeKeys {
        CodeKeys::of(&ShortCode::from_random([1; 10]))
    }

    fn item(seq: i64, note: &CodeNote) -> SignedItem {
        keys().seal(seq, &note.to_plain(), [seq as u8; 24])
    }

    fn offered(seq: i64) -> SignedItem {
        item(seq, &CodeNote::of(invitation()).unwrap())
    }

    /// How a search ends, after how many milliseconds, and how often each engine was asked.
    fn search(mut answer: impl FnMut(Engine, u32) -> Answer) -> (SearchEnd, u64, [u32; 2]) {
        let begun = Now { instant: Instant::now(), wall: UnixMillis(1_800_000_000_000) };
        let at = |instant: Instant| {
            let passed = instant.saturating_duration_since(begun.instant);
            Now { instant, wall: begun.wall.plus(passed.as_millis() as u64) }
        };
        let mut search = CodeSearch::new(begun, keys(), 7);
        let (mut now, mut ends, mut counts) = (begun.instant, Vec::new(), [0; 2]);
        loop {
            while let Some(order) = search.poll_order() {
                let Order::Look { id, key, engine } = order else { panic!("{order:?}") };
                assert_eq!(key, keys().item_key());
                let count = &mut counts[usize::from(engine == Engine::Relays)];
                *count += 1;
                let (items, end) = answer(engine, *count);
                items.iter().for_each(|item| search.handle_replica(id, item));
                ends.extend(end.map(|end| (now + Duration::from_millis(end), id)));
            }
            if let Some(end) = search.end() {
                assert_eq!(search.poll_timeout(), None);
                return (end.clone(), (now - begun.instant).as_millis() as u64, counts);
            }
            ends.sort_by_key(|(end, _)| *end);
            let due = search.poll_timeout().expect("something is due");
            assert!(due > now, "the caller would spin");
            match ends.first().copied().filter(|(end, _)| *end <= due) {
                Some((end, id)) => {
                    ends.remove(0);
                    now = end;
                    search.handle_look_ended(at(now), id);
                }
                None => {
                    now = due;
                    search.handle_timeout(at(now));
                }
            }
        }
    }

    #[test]
    fn the_first_good_item_ends_the_search_and_forged_ones_are_passed_over() {
        let mut forged = offered(9);
        forged.seq = 10;
        let others = CodeKeys::of(&ShortCode::from_random([2; 10]));
        let other = others.seal(9, &CodeNote::Gone.to_plain(), [1; 24]);
        let junk = keys().seal(11, &[1; PLAIN_BYTES], [3; 24]);
        let (end, ms, counts) = search(|_, count| match count {
            1 => (vec![forged.clone(), other.clone(), junk.clone()], Some(700)),
            _ => (vec![offered(5)], Some(700)),
        });
        assert_eq!(end, SearchEnd::Found(Box::new(invitation())));
        assert_eq!((ms, counts), (2_700, [2, 1]));
    }

    #[test]
    fn a_code_that_is_gone_is_told_when_the_look_has_ended_whatever_older_items_say() {
        let (end, ms, _) = search(|_, _| (vec![item(6, &CodeNote::Gone), offered(5)], Some(400)));
        assert_eq!((end, ms), (SearchEnd::Gone, 400));
        let (end, ..) = search(|_, _| (vec![item(4, &CodeNote::Gone), offered(5)], Some(400)));
        assert_eq!(end, SearchEnd::Found(Box::new(invitation())), "a newer offer counts");
    }

    #[test]
    fn a_note_of_a_newer_program_is_told() {
        let mut plain = CodeNote::Gone.to_plain();
        plain[0] = 2;
        let newer = keys().seal(5, &plain, [1; 24]);
        assert_eq!(search(|_, _| (vec![newer.clone()], Some(400))).0, SearchEnd::Newer(2));
    }

    #[test]
    fn a_code_that_nobody_has_made_is_unknown_after_some_looks_and_without_any_node_it_is_not_known() {
        let (end, ms, counts) = search(|_, _| (Vec::new(), Some(900)));
        assert_eq!((end, ms), (SearchEnd::Unknown, 8_000));
        assert_eq!(counts, [3, 3]);
        let silent = |engine, _| (Vec::new(), (engine == Engine::Dht).then_some(12_000).or(Some(100)));
        let (end, ms, _) = search(silent);
        assert_eq!((end, ms), (SearchEnd::Unanswered, 25_000));
        let (end, ms, _) = search(|_, _| (Vec::new(), None));
        assert_eq!((end, ms), (SearchEnd::Unanswered, 25_000));
    }

    #[test]
    fn relays_find_what_the_dht_does_not() {
        let by_relays = |engine, count| match (engine, count) {
            (Engine::Relays, 2) => (vec![offered(5)], Some(100)),
            (Engine::Relays, _) => (Vec::new(), Some(100)),
            (Engine::Dht, _) => (Vec::new(), None),
        };
        assert_eq!(search(by_relays).0, SearchEnd::Found(Box::new(invitation())));
    }

    #[test]
    fn a_new_network_is_asked_anew() {
        let begun = Now { instant: Instant::now(), wall: UnixMillis(1_800_000_000_000) };
        let mut search = CodeSearch::new(begun, keys(), 7);
        let first = search.poll_order();
        search.handle_network_change(begun);
        let second = search.poll_order();
        let id = |order| match order {
            Some(Order::Look { id, .. }) => id,
            other => panic!("{other:?}"),
        };
        let (first, second) = (id(first), id(second));
        search.handle_replica(first, &offered(5));
        assert_eq!(search.end(), None, "what was asked before is forgotten");
        search.handle_replica(second, &offered(5));
        assert!(search.end().is_some());
    }
}
