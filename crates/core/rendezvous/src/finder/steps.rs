//! What is begun at a place, and what follows from how it ended.

use std::time::{Duration, Instant};

use lanrage_base::clock::Now;

use super::{
    AFTERWARDS, AGAIN, FEWEST_HOLDERS, Finder, LONGEST_RETRY, OVERTAKEN, RETRY, TRIES,
    board::{ANSWER, LAST_SLOT, Purpose, Stage, Stored},
    patience::Asked,
    view::{FinderOutput, Health, Trouble},
};
use crate::{Engine, Kind, LookId, Order, Place, PutId, Window};

/// After how long without a word of the DHT's the relays are asked too.
const ALSO: Duration = Duration::from_millis(1_500);

const fn asked<Id>(now: Instant, id: Id, engine: Engine) -> Asked<Id> {
    Asked { id, engine, at: now, is_heard: false }
}

impl Finder {
    /// Begins to look at a place, if nothing goes on there and the budget allows it.
    pub(super) fn look(&mut self, now: Now, key: (Kind, Window), purpose: Purpose) {
        if self.board(key).stage.is_some() {
            return;
        }
        let place = Place { kind: key.0, window: key.1, slot: 0 };
        if !self.budget.take(now.instant, self.keys.item_key(place)) {
            self.is_blocked = true;
            return;
        }
        let version = self.version;
        let board = self.board(key);
        board.begin(now.instant);
        match purpose {
            Purpose::Read => {}
            Purpose::Write => (board.write_at, board.confirm_at, board.version) = (None, None, version),
            Purpose::Confirm(_) => board.confirm_at = None,
        }
        self.ask(now, key, purpose);
    }

    /// Asks for the replicas in the board's slot.
    fn ask(&mut self, now: Now, key: (Kind, Window), purpose: Purpose) {
        self.used = Some(now.instant);
        let engines = self.engines();
        let is_alone = engines == [Engine::Dht];
        let open = engines.into_iter().map(|engine| self.ask_engine(now, key, engine)).collect();
        let is_awaited = self.search.is_some() || self.health == Health::Unknown;
        let also_at = (is_alone && is_awaited).then(|| now.instant + ALSO);
        let until = now.instant + ANSWER;
        self.board(key).stage = Some(Stage::Looking { open, until, also_at, purpose });
    }

    fn ask_engine(&mut self, now: Now, board: (Kind, Window), engine: Engine) -> Asked<LookId> {
        let id = LookId(self.draw_id());
        let place = self.board(board).place();
        let key = self.keys.item_key(place);
        self.outputs.push_back(FinderOutput::Order(Order::Look { id, key, engine }));
        asked(now.instant, id, engine)
    }

    /// Asks the relays where the DHT has said nothing yet, and somebody waits.
    pub(super) fn ask_relays_too(&mut self, now: Now) {
        for key in self.boards.keys().copied().collect::<Vec<_>>() {
            let Some(Stage::Looking { open, also_at, .. }) = &mut self.board(key).stage else { continue };
            if also_at.take_if(|at| *at <= now.instant).is_none() || open.iter().any(|asked| asked.is_heard) {
                continue;
            }
            self.patience.note_silence(Engine::Dht);
            let relays = self.ask_engine(now, key, Engine::Relays);
            if let Some(Stage::Looking { open, .. }) = &mut self.board(key).stage {
                open.push(relays);
            }
        }
    }

    /// Writes what is known now.
    pub(super) fn put(&mut self, now: Now, key: (Kind, Window)) {
        self.used = Some(now.instant);
        let plain = match key.0 {
            Kind::Beacon => self.beacon(now, key.1).to_plain(),
            Kind::Door => self.door(now, key.1).to_plain(),
        };
        let nonce = self.draws.bytes();
        let board = self.board(key);
        let (seq, place) = (board.next_seq(now.wall), board.place());
        let item = self.keys.seal(place, seq, &plain, nonce);
        let mut open = Vec::new();
        for engine in self.engines() {
            let id = PutId(self.draw_id());
            open.push(asked(now.instant, id, engine));
            let order = Order::Put { id, item: item.clone(), engine };
            self.outputs.push_back(FinderOutput::Order(order));
        }
        let until = now.instant + ANSWER;
        self.board(key).stage = Some(Stage::Putting { open, until, seq, so_far: Stored::Nowhere });
    }

    /// Draws the conclusions of what is over.
    pub(super) fn finish(&mut self, now: Now) {
        let over: Vec<(Kind, Window)> =
            self.boards.iter().filter(|(_, board)| board.is_over(now)).map(|(key, _)| *key).collect();
        for key in over {
            match self.board(key).stage.take() {
                Some(Stage::Looking { open, purpose, .. }) => {
                    self.looked = Some(now.wall);
                    open.iter().for_each(|asked| self.patience.note_silence(asked.engine));
                    let is_silent = |asked: &Asked<LookId>| asked.engine == Engine::Dht && !asked.is_heard;
                    if open.iter().any(is_silent) {
                        self.set_health(Health::Unwell(Trouble::NoAnswer));
                    }
                    self.board(key).late = open;
                    self.looked_at(now, key, purpose);
                }
                Some(Stage::Putting { seq, so_far, open, .. }) => {
                    open.iter().for_each(|asked| self.patience.note_silence(asked.engine));
                    if open.iter().any(|asked| asked.engine == Engine::Dht) {
                        self.set_health(Health::Unwell(Trouble::NoAnswer));
                    }
                    self.put_at(now, key, seq, so_far);
                }
                None => {}
            }
        }
    }

    fn looked_at(&mut self, now: Now, key: (Kind, Window), purpose: Purpose) {
        let board = self.board(key);
        if board.frozen && board.slot < LAST_SLOT {
            board.slot += 1;
            board.frozen = false;
            let place = board.place();
            // It counts, and is not refused: a look that stops half-way would leave the place to whoever froze it.
            self.budget.take(now.instant, self.keys.item_key(place));
            self.ask(now, key, purpose);
            return;
        }
        if board.frozen {
            self.set_health(Health::Unwell(Trouble::Frozen));
            if purpose != Purpose::Read {
                self.try_later(now, key);
            }
            return;
        }
        match purpose {
            Purpose::Read => {}
            Purpose::Write if key.0 == Kind::Door && self.search.is_none() => {}
            Purpose::Write => self.put(now, key),
            Purpose::Confirm(seq) => self.confirm(now, key, seq),
        }
    }

    /// Whether what we wrote is there, and nobody else's item before it.
    fn confirm(&mut self, now: Now, key: (Kind, Window), seq: i64) {
        let holders = self.board(key).holders(seq);
        if holders < FEWEST_HOLDERS {
            self.set_health(Health::Unwell(Trouble::FewHolders(holders)));
            self.try_later(now, key);
            return;
        }
        self.set_health(Health::Well { holders });
        if self.stands(key) {
            self.board(key).tries = 0;
            return;
        }
        // What stands there was read just now.
        if self.may_try_again(key) {
            self.put(now, key);
        }
    }

    /// Whether to write again soon, beside what another writer has written meanwhile: a few times in a row.
    fn may_try_again(&mut self, key: (Kind, Window)) -> bool {
        let board = self.board(key);
        board.tries = (board.tries + 1) % (TRIES + 1);
        board.tries > 0
    }

    fn put_at(&mut self, now: Now, key: (Kind, Window), seq: i64, stored: Stored) {
        if self.leaving {
            return;
        }
        match stored {
            Stored::Nowhere => return self.try_later(now, key),
            Stored::Overtaken => {
                if !self.may_try_again(key) {
                    return self.try_later(now, key);
                }
                let wait = self.draws.around(OVERTAKEN, OVERTAKEN);
                self.board(key).write_at = Some(now.instant + wait);
                return;
            }
            Stored::Somewhere => {}
        }
        self.stored = Some(now.wall);
        let confirm = self.draws.around(AFTERWARDS.0, AFTERWARDS.1);
        let again = self.draws.around(AGAIN.0, AGAIN.1);
        let board = self.board(key);
        board.written = Some(now.instant);
        board.confirm_at = Some((now.instant + confirm, seq));
        // A door's entry has a time of its own, see `Search::door_at`.
        board.write_at = (key.0 == Kind::Beacon).then(|| now.instant + again);
    }

    fn try_later(&mut self, now: Now, key: (Kind, Window)) {
        let tries = self.board(key).tries.min(10);
        let pause = (RETRY * 2_u32.pow(tries)).min(LONGEST_RETRY);
        let wait = self.draws.around(pause, pause / 5);
        let board = self.board(key);
        board.tries = tries + 1;
        board.write_at = Some(now.instant + wait);
    }

    /// Whether the relays are asked too.
    pub(super) fn asks_relays(&self) -> bool {
        matches!(self.health, Health::Unwell(_)) || self.patience.is_silent(Engine::Dht)
    }

    fn engines(&self) -> Vec<Engine> {
        if self.asks_relays() { vec![Engine::Dht, Engine::Relays] } else { vec![Engine::Dht] }
    }

    pub(super) fn set_health(&mut self, health: Health) {
        // How many nodes hold an item changes with every look, and is in the view.
        let is_news = std::mem::discriminant(&health) != std::mem::discriminant(&self.health)
            || matches!(health, Health::Unwell(_)) && health != self.health;
        self.health = health;
        if is_news {
            self.outputs.push_back(FinderOutput::Health(health));
        }
    }
}
