//! When to look, what to put, and whom to knock at: [`Finder`].

mod board;
mod budget;
mod calls;
mod contents;
mod draws;
mod patience;
mod plan;
mod steps;
mod view;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use lanrage_base::clock::{Now, UnixMillis};
use lanrage_party::PeerId;

use board::{Board, Content, Purpose, Stage, Stored, Taken};
use budget::Budget;
use calls::Calls;
use draws::Draws;
use patience::Patience;
use plan::Work;
pub use view::{Call, Caller, FinderOutput, FinderView, Health, Member, Trouble};

use crate::{Engine, Event, Keys, Kind, LookId, Order, PeerMark, PutFault, PutId, SignedItem, Token, Window};

/// From how many nodes what was stored must be read back for the DHT to serve us.
const FEWEST_HOLDERS: u8 = 4;
/// What is said changes for so long before it is written.
const DEBOUNCE: Duration = Duration::from_secs(2);
/// When to read back what was written.
const AFTERWARDS: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(1));
/// When to read and write again, on an average, where another writer was faster: many may have come at once.
const OVERTAKEN: Duration = Duration::from_millis(1_500);
/// When to write again although nothing changed: nodes may forget an item after two hours (BEP 44).
const AGAIN: (Duration, Duration) = (Duration::from_secs(45 * 60), Duration::from_secs(270));
/// After so many tries in a row to stand beside other writers, the next one is that of [`AGAIN`] or of a change.
const TRIES: u32 = 4;
/// The first pause after an item could not be stored; it doubles, up to the longest.
const RETRY: Duration = Duration::from_secs(15);
const LONGEST_RETRY: Duration = Duration::from_secs(15 * 60);

/// Finds friends by beacon and door, and lets oneself be found. Pure: see the crate's documentation for how to drive it;
/// outputs are drained with [`Self::poll_output`].
///
/// Three things may go on, each begun and ended by its own input:
///
/// *A search* ([`Self::handle_search`]), for who has a link or comes back: the beacon of today after 300 ms, those of
/// yesterday and tomorrow from the first second on if it says nothing (clocks are wrong by a day at times), our own
/// addresses at the door after 1.5 s, in the window whose beacon said something. All replicas that a look brings count,
/// not the newest alone, and each is a reason to knock at once.
///
/// *A party that is up* ([`Self::handle_up`]): who is the keeper (the first, by host and then by peer id, of those that
/// have a session with each other; two do no harm) writes the beacon, 2 s after what it says changed and every 45 min,
/// and, while nobody is known to be reachable, looks at the door: every 3 s for 3 min after a link was copied or the party
/// came up, every 10 s for half an hour, then every 15 s.
///
/// *Leaving* ([`Self::handle_leave`]): the beacon without us.
///
/// What one engine has said is acted upon at once, and another that is dead is not waited for. Where the DHT has said nothing
/// for 1.5 s to who searches, or to who has not stored anything yet, the relays are asked too.
///
/// What was written is read back after 2 s ± 1 s: from fewer than four nodes means that the DHT does not serve us
/// ([`FinderOutput::Health`]), and the other engine is asked too; another writer's item before ours means that both are
/// united and written again. Numbers further than 26 h ahead are ignored, with their place: the next of four is used.
/// At most about 120 addresses that our router has not heard of are asked in a minute.
#[derive(Debug)]
pub struct Finder {
    keys: Keys,
    draws: Draws,
    me: Member,
    host: Option<PeerId>,
    /// Those that we have a session with.
    members: Vec<Member>,
    /// Counts what we say, from 1.
    version: u64,
    /// When that changed.
    changed_at: Instant,
    /// Whether the party is up, and when somebody last had a reason to come.
    up: Option<Instant>,
    search: Option<Search>,
    leaving: bool,
    token: Token,
    boards: BTreeMap<(Kind, Window), Board>,
    budget: Budget,
    calls: Calls,
    patience: Patience,
    health: Health,
    looked: Option<UnixMillis>,
    stored: Option<UnixMillis>,
    next_id: u32,
    /// When an engine was last wanted; `None` while none is.
    used: Option<Instant>,
    /// Something is due that the budget does not allow yet.
    is_blocked: bool,
    settled: Now,
    outputs: VecDeque<FinderOutput>,
}

/// The board where this was asked, if it may still bring something.
fn asked_by(boards: &mut BTreeMap<(Kind, Window), Board>, look: LookId) -> Option<&mut Board> {
    boards.values_mut().find_map(|board| board.asked(look).is_some().then_some(board))
}

#[derive(Debug)]
struct Search {
    since: Instant,
    /// Whose beacon said something of somebody.
    found: Option<Window>,
    /// When our addresses are to be written at the door, again.
    door_at: Instant,
}

impl Finder {
    /// Finds nobody yet. `me` is who we are, as we are known so far; `seed` 32 random bytes, used for nothing else.
    pub fn new(now: Now, keys: Keys, me: Member, seed: [u8; 32]) -> Self {
        let mut draws = Draws::new(seed);
        Self {
            keys,
            token: Token(draws.bytes()),
            draws,
            me,
            host: None,
            members: Vec::new(),
            version: 1,
            changed_at: now.instant,
            up: None,
            search: None,
            leaving: false,
            boards: BTreeMap::new(),
            budget: Budget::default(),
            calls: Calls::default(),
            patience: Patience::default(),
            health: Health::Unknown,
            looked: None,
            stored: None,
            next_id: 0,
            used: None,
            is_blocked: false,
            settled: now,
            outputs: VecDeque::new(),
        }
    }

    /// Where we are, and how. Nothing is written before we have an address.
    pub fn set_me(&mut self, now: Now, me: Member) {
        if me != self.me {
            if me.addresses != self.me.addresses {
                self.calls.forget();
            }
            self.me = me;
            self.say_anew(now);
        }
        self.settle(now);
    }

    /// The party's host, and the members that we have a session with.
    pub fn set_members(&mut self, now: Now, host: Option<PeerId>, members: &[Member]) {
        if host != self.host || members != self.members {
            self.host = host;
            self.members = members.to_vec();
            self.say_anew(now);
        }
        self.settle(now);
    }

    /// Somebody wants in, or back: begins to search, or begins again.
    pub fn handle_search(&mut self, now: Now) {
        self.search =
            Some(Search { since: now.instant, found: None, door_at: now.instant + plan::DOOR_AFTER });
        self.settle(now);
    }

    /// Whoever was searched for answered: the search is over.
    pub fn handle_found(&mut self, now: Now) {
        self.search = None;
        self.settle(now);
    }

    /// The party is up, and friends may come.
    pub fn handle_up(&mut self, now: Now) {
        self.up = Some(now.instant);
        self.leaving = false;
        self.say_anew(now);
        self.settle(now);
    }

    /// Whether the party is up.
    pub const fn is_up(&self) -> bool {
        self.up.is_some()
    }

    /// A link was copied: somebody will come soon.
    pub fn handle_link_copied(&mut self, now: Now) {
        self.up = self.up.map(|_| now.instant);
        self.settle(now);
    }

    /// Our network changed, or the device woke up: engines are to be new, and everything that was asked is asked again.
    pub fn handle_network_change(&mut self, now: Now) {
        self.outputs.push_back(FinderOutput::Order(Order::Reopen));
        self.patience = Patience::default();
        for board in self.boards.values_mut() {
            if board
                .stage
                .take()
                .is_some_and(|stage| !matches!(stage, Stage::Looking { purpose: Purpose::Read, .. }))
            {
                board.version = 0;
            }
            board.late.clear();
            board.looked = None;
            board.tries = 0;
            board.write_at = board.write_at.map(|_| now.instant);
        }
        self.calls.forget();
        if self.search.is_some() {
            self.handle_search(now);
        }
        self.settle(now);
    }

    /// We go, or pause: takes us out of the beacon, if we wrote it. [`Self::is_done`] says when that has happened.
    pub fn handle_leave(&mut self, now: Now) {
        self.search = None;
        self.up = None;
        self.leaving = true;
        self.calls.forget();
        let written: Vec<(Kind, Window)> = self
            .boards
            .iter_mut()
            .filter(|((kind, _), board)| *kind == Kind::Beacon && board.written.is_some())
            .map(|(key, board)| {
                (board.stage, board.write_at, board.confirm_at) = (None, None, None);
                *key
            })
            .collect();
        self.boards.retain(|key, _| written.contains(key));
        for key in written {
            self.put(now, key);
        }
        self.settle(now);
    }

    /// Whether everything that leaving needs has been done, or has been waited for long enough.
    pub fn is_done(&self) -> bool {
        self.leaving && self.boards.values().all(|board| board.stage.is_none())
    }

    /// What an engine says. Of questions that are not open, nothing happens.
    pub fn handle_event(&mut self, now: Now, event: Event) {
        match event {
            Event::Replica(look, item) => self.handle_replica(now, look, item),
            Event::LookEnded(look) => self.handle_look_ended(now, look),
            Event::PutEnded(put, outcome) => self.handle_put_ended(now, put, outcome),
            Event::Nodes(_) => {}
        }
    }

    fn handle_replica(&mut self, now: Now, look: LookId, item: SignedItem) {
        let Some(board) = asked_by(&mut self.boards, look) else { return };
        if let Some(asked) = board.asked(look) {
            asked.is_heard = true;
            self.patience.note_sign(asked.engine);
        }
        let Taken::New(index) = board.take(&self.keys, now.wall, item) else { return };
        let (window, own) = (board.window, &self.me.addresses);
        match &board.replicas[index].content {
            Content::Beacon(beacon) => {
                let me = PeerMark::of(&self.me.peer);
                let known: Vec<PeerMark> =
                    self.members.iter().map(|member| PeerMark::of(&member.peer)).chain([me]).collect();
                self.calls.beacon(now.instant, beacon, own, |peer| known.contains(peer));
                let says_something = beacon.entries.iter().any(|entry| entry.peer != me);
                if let Some(search) = &mut self.search
                    && says_something
                {
                    // Who wrote it reads the door of the same window, whatever the time is.
                    if search.found.is_none() && window != self.keys.window(now.wall) {
                        search.door_at = search.door_at.min(now.instant.max(search.since + plan::DOOR_AFTER));
                    }
                    search.found.get_or_insert(window);
                }
            }
            Content::Door(door) => {
                let wall_s = contents::seconds(now.wall);
                self.calls.door(now.instant, door, own, self.token, wall_s);
            }
        }
        self.settle(now);
    }

    fn handle_look_ended(&mut self, now: Now, look: LookId) {
        let Some(board) = asked_by(&mut self.boards, look) else { return };
        if let Some(asked) = board.asked(look) {
            self.patience.note_look_end(asked, now.instant);
        }
        board.late.retain(|asked| asked.id != look);
        if let Some(Stage::Looking { open, until, .. }) = &mut board.stage
            && let Some(at) = open.iter().position(|asked| asked.id == look)
        {
            open.swap_remove(at);
            *until = self.patience.end_of_looks(open, now.instant).map_or(*until, |end| end.min(*until));
        }
        self.settle(now);
    }

    fn handle_put_ended(&mut self, now: Now, put: PutId, outcome: Result<(), PutFault>) {
        let mut by_dht = false;
        for board in self.boards.values_mut() {
            let Some(Stage::Putting { open, so_far, until, .. }) = &mut board.stage else { continue };
            if let Some(at) = open.iter().position(|asked| asked.id == put) {
                let engine = open.swap_remove(at).engine;
                by_dht = engine == Engine::Dht;
                *so_far = (*so_far).max(match outcome {
                    Ok(()) => Stored::Somewhere,
                    Err(PutFault::Older) => Stored::Overtaken,
                    Err(_) => Stored::Nowhere,
                });
                if outcome.is_ok() {
                    self.patience.note_sign(engine);
                    let end = self.patience.end_of_puts(open, now.instant);
                    *until = end.map_or(*until, |end| end.min(*until));
                }
            }
        }
        if by_dht {
            match outcome {
                Ok(()) | Err(PutFault::Older) => {}
                Err(PutFault::NoNodes) => self.set_health(Health::Unwell(Trouble::NoNodes)),
                Err(PutFault::NoAnswer | PutFault::Gone) => {
                    self.set_health(Health::Unwell(Trouble::NoAnswer))
                }
            }
        }
        self.settle(now);
    }

    /// Does what is due at `now`. Calling it early does nothing.
    pub fn handle_timeout(&mut self, now: Now) {
        self.settle(now);
    }

    /// The next thing to do or to know. Drain after every input.
    pub fn poll_output(&mut self) -> Option<FinderOutput> {
        self.outputs.pop_front()
    }

    /// When to call [`Self::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.next_due()
    }

    /// What we are called at the door.
    pub const fn token(&self) -> Token {
        self.token
    }

    /// What goes on, for people.
    pub fn view(&self) -> FinderView {
        FinderView {
            health: self.health,
            asks_relays: self.asks_relays(),
            looked: self.looked,
            stored: self.stored,
            keeper: self.up.is_some() && self.is_keeper(),
            searching: self.search.is_some(),
        }
    }

    fn say_anew(&mut self, now: Now) {
        self.version += 1;
        self.changed_at = now.instant;
    }

    fn is_keeper(&self) -> bool {
        let rank = |peer: &PeerId| (self.host != Some(*peer), *peer);
        self.members.iter().all(|member| rank(&self.me.peer) <= rank(&member.peer))
    }

    fn settle(&mut self, now: Now) {
        self.settled = now;
        self.ask_relays_too(now);
        self.finish(now);
        let today = self.keys.window(now.wall);
        self.boards.retain(|(_, window), board| window.is_near(today) || board.stage.is_some());
        self.is_blocked = false;
        // What is begun may let something else become due, once.
        for _ in 0..2 {
            for work in self.due(now.instant) {
                self.begin(now, work);
            }
        }
        while let Some(call) = self.calls.next(now.instant) {
            self.outputs.push_back(FinderOutput::Knock(call));
        }
    }

    fn begin(&mut self, now: Now, work: Work) {
        match work {
            Work::Look { board, purpose } => self.look(now, board, purpose),
            Work::EnterDoor(window) => {
                if let Some(search) = &mut self.search {
                    search.door_at = now.instant + plan::DOOR_AGAIN;
                }
                self.board((Kind::Door, window)).write_at = Some(now.instant);
                self.look(now, (Kind::Door, window), Purpose::Write);
            }
            Work::Rest => {
                self.used = None;
                self.outputs.push_back(FinderOutput::Order(Order::Rest));
            }
        }
    }

    fn board(&mut self, key: (Kind, Window)) -> &mut Board {
        self.boards.entry(key).or_insert_with(|| Board::new(key.0, key.1))
    }

    const fn draw_id(&mut self) -> u32 {
        self.next_id = self.next_id.wrapping_add(1);
        self.next_id
    }
}
