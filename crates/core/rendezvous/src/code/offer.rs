use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use lanrage_base::clock::UnixMillis;

use super::{CodeKeys, CodeNote};
use crate::{Engine, Now, Order, PutFault, PutId, SignedItem, item::lock::NONCE_BYTES};

/// How long an engine may take to store an item: it answers before that itself, unless what was asked was forgotten.
const PATIENCE: Duration = Duration::from_secs(14);
/// When the relays are asked too, if the DHT has stored nothing by then.
const RELAYS_AFTER: Duration = Duration::from_millis(1_500);
/// Pause before an item that nobody took is put again, and how often it is put.
const AGAIN: Duration = Duration::from_secs(2);
const TRIES: u32 = 3;

/// Keeps a short code's note in the public store, and takes it away when the code's time is over or somebody says so. Pure: outputs
/// are drained with [`Self::poll_order`].
#[derive(Debug)]
pub struct CodeOffer {
    offered: SignedItem,
    gone: SignedItem,
    /// When the code's time is over.
    ends: Instant,
    state: OfferState,
    asked: Vec<Asked>,
    /// When the relays are asked too.
    relays_at: Option<Instant>,
    /// When the item is put again.
    again_at: Option<Instant>,
    tries: u32,
    next_id: u32,
    orders: VecDeque<Order>,
}

#[derive(Debug)]
struct Asked {
    id: PutId,
    until: Instant,
}

/// What has become of a code's note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferState {
    /// On its way into the store: nobody finds it yet.
    Storing,
    /// Whoever has the code finds it.
    Stored,
    /// Nobody took it.
    Failed(PutFault),
    /// Being taken away: what is there says that the code is gone.
    Leaving,
    /// Taken away, as far as that could be done. Nothing is wanted any more.
    Over,
}

impl CodeOffer {
    /// Begins to store the note until `ends`. The nonces are random and never used twice; `first_id` begins the numbers by
    /// which this offer's questions are told from all others'.
    pub fn new(
        now: Now,
        keys: &CodeKeys,
        note: &CodeNote,
        ends: UnixMillis,
        nonces: [[u8; NONCE_BYTES]; 2],
        first_id: u32,
    ) -> Self {
        let seq = i64::try_from(now.wall.0.saturating_mul(1_000)).unwrap_or(i64::MAX - 1);
        let mut offer = Self {
            offered: keys.seal(seq, &note.to_plain(), nonces[0]),
            gone: keys.seal(seq + 1, &CodeNote::Gone.to_plain(), nonces[1]),
            ends: now.instant + Duration::from_millis(ends.since(now.wall)),
            state: OfferState::Storing,
            asked: Vec::new(),
            relays_at: None,
            again_at: None,
            tries: 0,
            next_id: first_id,
            orders: VecDeque::new(),
        };
        offer.put(now.instant);
        offer
    }

    /// What has become of it.
    pub const fn state(&self) -> OfferState {
        self.state
    }

    /// The code is to lead nowhere any more.
    pub fn take_back(&mut self, now: Now) {
        if matches!(self.state, OfferState::Storing | OfferState::Stored) {
            self.state = OfferState::Leaving;
            self.tries = 0;
            self.put(now.instant);
        }
    }

    /// An engine has stored the item, or has not. Of what is not asked for any more, nothing happens.
    pub fn handle_put_ended(&mut self, now: Now, id: PutId, outcome: Result<(), PutFault>) {
        let Some(at) = self.asked.iter().position(|asked| asked.id == id) else { return };
        self.asked.swap_remove(at);
        match outcome {
            Ok(()) => {
                (self.relays_at, self.again_at) = (None, None);
                self.state = match self.state {
                    OfferState::Storing => OfferState::Stored,
                    OfferState::Leaving => OfferState::Over,
                    other => other,
                };
            }
            Err(fault) => self.note_fault(now.instant, fault),
        }
    }

    /// Our network may be another: what was asked is forgotten.
    pub fn handle_network_change(&mut self, now: Now) {
        if !self.asked.is_empty() {
            self.asked.clear();
            self.relays_at = None;
            self.again_at = Some(now.instant + AGAIN);
        }
    }

    /// Does what is due at `now`. Calling it early does nothing.
    pub fn handle_timeout(&mut self, now: Now) {
        let at = now.instant;
        if self.ends <= at {
            self.take_back(now);
        }
        let before = self.asked.len();
        self.asked.retain(|asked| asked.until > at);
        if self.asked.len() < before {
            self.note_fault(at, PutFault::NoAnswer);
        }
        if self.relays_at.is_some_and(|due| due <= at) {
            self.relays_at = None;
            self.ask(at, Engine::Relays);
        }
        if self.again_at.is_some_and(|due| due <= at) {
            self.put(at);
        }
    }

    /// When to call [`Self::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        let ends = matches!(self.state, OfferState::Storing | OfferState::Stored).then_some(self.ends);
        let asked = self.asked.iter().map(|asked| asked.until);
        asked.chain([ends, self.relays_at, self.again_at].into_iter().flatten()).min()
    }

    /// What is wanted of the store next.
    pub fn poll_order(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    fn put(&mut self, now: Instant) {
        self.tries += 1;
        self.asked.clear();
        self.again_at = None;
        self.relays_at = Some(now + RELAYS_AFTER);
        self.ask(now, Engine::Dht);
    }

    fn ask(&mut self, now: Instant, engine: Engine) {
        let id = PutId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        self.asked.push(Asked { id, until: now + PATIENCE });
        let is_leaving = self.state == OfferState::Leaving;
        let item = if is_leaving { self.gone.clone() } else { self.offered.clone() };
        self.orders.push_back(Order::Put { id, item, engine });
    }

    /// One engine has not stored it. When none is left that may, it is tried again, but not for ever.
    fn note_fault(&mut self, now: Instant, fault: PutFault) {
        if !self.asked.is_empty() || self.relays_at.is_some() || self.again_at.is_some() {
            return;
        }
        match self.state {
            OfferState::Storing | OfferState::Leaving if self.tries < TRIES => {
                self.again_at = Some(now + AGAIN);
            }
            OfferState::Storing => self.state = OfferState::Failed(fault),
            OfferState::Leaving => self.state = OfferState::Over,
            OfferState::Stored | OfferState::Failed(_) | OfferState::Over => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{ShortCode, note::tests::invitation};

    const LIFE: Duration = Duration::from_secs(900);

    struct Setting {
        begun: Now,
        keys: CodeKeys,
        offer: CodeOffer,
    }

    fn after(begun: Now, ms: u64) -> Now {
        Now { instant: begun.instant + Duration::from_millis(ms), wall: begun.wall.plus(ms) }
    }

    impl Setting {
        fn new() -> Self {
            let begun = Now { instant: Instant::now(), wall: UnixMillis(1_800_000_000_000) };
            let keys = CodeKeys::of(&ShortCode::from_random([1; 10]));
            let note = CodeNote::of(invitation()).unwrap();
            let ends = begun.wall.plus(LIFE.as_millis() as u64);
            let offer = CodeOffer::new(begun, &keys, &note, ends, [[1; 24], [2; 24]], 70);
            Self { begun, keys, offer }
        }

        fn at(&self, ms: u64) -> Now {
            after(self.begun, ms)
        }

        /// Lets time pass as its timer wants it, and tells what is put until then, by whom, and whether it is the invitation.
        fn puts_until(&mut self, ms: u64) -> Vec<(PutId, Engine, bool)> {
            let end = self.begun.instant + Duration::from_millis(ms);
            let mut puts = Vec::new();
            loop {
                while let Some(order) = self.offer.poll_order() {
                    let Order::Put { id, item, engine } = order else { panic!("{order:?}") };
                    let note = CodeNote::parse(&self.keys.open(&item).unwrap()).unwrap();
                    puts.push((id, engine, matches!(note, CodeNote::Invitation(_))));
                }
                let Some(due) = self.offer.poll_timeout().filter(|due| *due <= end) else { return puts };
                let passed = due.saturating_duration_since(self.begun.instant);
                self.offer.handle_timeout(self.at(passed.as_millis() as u64));
            }
        }
    }

    #[test]
    fn the_note_is_stored_and_says_after_a_quarter_of_an_hour_that_the_code_is_gone() {
        let mut setting = Setting::new();
        let [(id, Engine::Dht, true)] = setting.puts_until(1_000)[..] else { panic!("one put") };
        assert_eq!(setting.offer.state(), OfferState::Storing);
        setting.offer.handle_put_ended(setting.at(1_000), id, Ok(()));
        assert_eq!(setting.offer.state(), OfferState::Stored);
        assert_eq!(setting.puts_until(899_999), [], "nothing more is wanted meanwhile");
        let puts = setting.puts_until(900_000);
        let [(id, Engine::Dht, false)] = puts[..] else { panic!("{puts:?}") };
        setting.offer.handle_put_ended(setting.at(900_500), id, Ok(()));
        assert_eq!((setting.offer.state(), setting.offer.poll_timeout()), (OfferState::Over, None));
    }

    #[test]
    fn what_is_taken_back_is_gone_at_once_also_while_it_is_on_its_way() {
        for is_stored in [true, false] {
            let mut setting = Setting::new();
            let [(first, ..)] = setting.puts_until(0)[..] else { panic!("one put") };
            if is_stored {
                setting.offer.handle_put_ended(setting.at(500), first, Ok(()));
            }
            setting.offer.take_back(setting.at(600));
            let puts = setting.puts_until(600);
            let [(second, Engine::Dht, false)] = puts[..] else { panic!("{puts:?}") };
            setting.offer.handle_put_ended(setting.at(700), first, Ok(()));
            assert_eq!(setting.offer.state(), OfferState::Leaving, "the first put means nothing any more");
            setting.offer.handle_put_ended(setting.at(800), second, Ok(()));
            assert_eq!(setting.offer.state(), OfferState::Over);
            setting.offer.take_back(setting.at(900));
            assert_eq!(setting.puts_until(900), []);
        }
    }

    #[test]
    fn the_later_item_is_the_newer_one() {
        let setting = Setting::new();
        assert!(setting.offer.gone.seq > setting.offer.offered.seq);
        assert_eq!(setting.offer.gone.value.len(), setting.offer.offered.value.len());
    }

    #[test]
    fn where_the_dht_is_silent_the_relays_are_asked_and_after_three_tries_nobody_is() {
        let mut setting = Setting::new();
        let mut all = Vec::new();
        for step in 0..200 {
            let ms = step * 500;
            for (id, engine, _) in setting.puts_until(ms) {
                all.push(engine);
                if engine == Engine::Relays {
                    setting.offer.handle_put_ended(setting.at(ms), id, Err(PutFault::NoNodes));
                }
            }
        }
        let both = [Engine::Dht, Engine::Relays];
        assert_eq!(all, [both, both, both].concat());
        assert_eq!(setting.offer.state(), OfferState::Failed(PutFault::NoAnswer));
        assert_eq!(setting.offer.poll_timeout(), None);
    }

    #[test]
    fn relays_alone_are_enough_and_a_new_network_begins_anew() {
        let mut setting = Setting::new();
        let _ = setting.puts_until(1_000);
        setting.offer.handle_network_change(setting.at(1_000));
        let [(_, Engine::Dht, true), (relays, Engine::Relays, true)] = setting.puts_until(5_000)[..] else {
            panic!("both are asked anew")
        };
        setting.offer.handle_put_ended(setting.at(5_000), relays, Ok(()));
        assert_eq!(setting.offer.state(), OfferState::Stored);
    }
}
