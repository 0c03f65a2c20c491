//! How long one engine is waited for once another has answered: what one has said is acted upon though the other is dead.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use crate::{Engine, LookId, PutId};

/// How long an engine may take for a look, once another has ended; p95 of the DHT's first value from cold is 3 s.
const fn look(engine: Engine) -> Duration {
    match engine {
        Engine::Dht => Duration::from_secs(3),
        Engine::Relays => Duration::from_secs(2),
    }
}

/// The same for storing an item, once another engine has.
const fn put(engine: Engine) -> Duration {
    match engine {
        Engine::Dht => Duration::from_secs(5),
        Engine::Relays => Duration::from_secs(2),
    }
}

/// How much longer than another an engine may take that was not there the last time.
const SILENT: Duration = Duration::from_millis(300);

/// Something that an engine was asked, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked<Id> {
    pub(super) id: Id,
    pub(super) engine: Engine,
    pub(super) at: Instant,
    /// Whether it has said anything.
    pub(super) is_heard: bool,
}

/// Which engines kept us waiting the last time.
#[derive(Debug, Default)]
pub(super) struct Patience {
    silent: BTreeSet<Engine>,
}

impl Patience {
    /// Whether the engine was not there the last time.
    pub(super) fn is_silent(&self, engine: Engine) -> bool {
        self.silent.contains(&engine)
    }

    /// It was waited for in vain.
    pub(super) fn note_silence(&mut self, engine: Engine) {
        self.silent.insert(engine);
    }

    /// It has said something.
    pub(super) fn note_sign(&mut self, engine: Engine) {
        self.silent.remove(&engine);
    }

    /// A look has come to its end: of an engine that is there, unless it took so long that it has given up.
    pub(super) fn note_look_end(&mut self, asked: &Asked<LookId>, now: Instant) {
        if now <= asked.at + look(asked.engine) {
            self.silent.remove(&asked.engine);
        }
    }

    /// Until when the others are waited for, as a look of one has ended.
    pub(super) fn end_of_looks(&self, open: &[Asked<LookId>], now: Instant) -> Option<Instant> {
        open.iter().map(|asked| self.end(asked.engine, asked.at + look(asked.engine), now)).max()
    }

    /// Until when the others are waited for, as one has stored an item.
    pub(super) fn end_of_puts(&self, open: &[Asked<PutId>], now: Instant) -> Option<Instant> {
        open.iter().map(|asked| self.end(asked.engine, asked.at + put(asked.engine), now)).max()
    }

    fn end(&self, engine: Engine, usual: Instant, now: Instant) -> Instant {
        if self.is_silent(engine) { now + SILENT } else { usual.max(now) }
    }
}
