//! From which of several addresses of ours a datagram leaves: what came to one of them is answered from it, as routers and
//! firewalls on the way wait for that (RFC 1122 §4.1.3.5). The system would take the address of its own choice, which is another
//! one where an interface has several, or where there are several ways to the internet.

use std::{
    hash::{BuildHasher, RandomState},
    net::{IpAddr, SocketAddr},
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::Instant,
};

use parking_lot::RwLock;

/// Remotes that are remembered. Full policy: one that shares a place with another displaces it, and that one gets the system's
/// own choice.
const PLACES: usize = 1_024;
/// Addresses of ours that are remembered. Full policy: all are forgotten.
const LOCALS: usize = 32;
/// For so long after the last datagram to one address, those to others change nothing (seconds): whoever tries several of our
/// addresses at once shall have one that answers all along.
const SETTLED: u16 = 3;
/// Who has been silent for so long is sent to from where the system chooses (seconds): a friend whose path stands says
/// something each second.
const SILENT: u16 = 3;
/// How often it is looked whether the system would send from the address through the interface that has it (seconds).
const LOOK: u16 = 5;
/// Most such looks a second: they ask the system, and anybody may send.
const LOOKS: u64 = 50;
/// Seconds are counted modulo this.
const DIAL: u16 = 1 << 12;

/// Seconds since an earlier one.
const fn age(of: u16, second: u64) -> u16 {
    ((second % DIAL as u64) as u16 + DIAL - of) % DIAL
}

/// Whether the system sends from an address of ours to a remote through this interface.
pub(super) type Look = fn(SocketAddr, IpAddr, u32) -> bool;

/// Which address each remote's datagrams have come to. One word for each, so that no thread waits for another.
#[derive(Debug)]
pub(super) struct ReplySources {
    /// Datagrams have come to more than one address. Nearly always not, and then nothing is remembered.
    several: AtomicBool,
    /// A hash of the first address.
    first: AtomicU64,
    places: Box<[AtomicU64]>,
    locals: RwLock<Vec<IpAddr>>,
    hasher: RandomState,
    began: Instant,
    /// The present second, and how often it was looked in it.
    looks: AtomicU64,
    look: Look,
}

/// What is remembered of a remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Place {
    /// A part of its hash.
    tag: u32,
    /// Our address by its place among the known ones, from 1 on; 0 if that is to be the system's choice.
    local: u8,
    /// When a datagram came to that address last.
    seen: u16,
    /// When it was looked.
    looked: u16,
}

impl Place {
    fn from_word(word: u64) -> Self {
        let low = |shift: u32| (word >> shift) as u16 % DIAL;
        Self { tag: (word >> 32) as u32, local: (word >> 24) as u8, seen: low(12), looked: low(0) }
    }

    fn to_word(self) -> u64 {
        u64::from(self.tag) << 32
            | u64::from(self.local) << 24
            | u64::from(self.seen % DIAL) << 12
            | u64::from(self.looked % DIAL)
    }
}

impl ReplySources {
    pub(super) fn new(look: Look) -> Self {
        Self {
            several: AtomicBool::new(false),
            first: AtomicU64::new(0),
            places: (0..PLACES).map(|_| AtomicU64::new(0)).collect(),
            locals: RwLock::new(Vec::new()),
            hasher: RandomState::new(),
            began: Instant::now(),
            looks: AtomicU64::new(0),
            look,
        }
    }

    /// A datagram of the remote came to `local`, by the interface of this number.
    pub(super) fn note(&self, remote: SocketAddr, local: IpAddr, interface: u32) {
        let hash = self.hasher.hash_one(local) | 1;
        if !self.several.load(Relaxed) {
            match self.first.compare_exchange(0, hash, Relaxed, Relaxed) {
                Ok(_) => return,
                Err(first) if first == hash => return,
                Err(_) => self.several.store(true, Relaxed),
            }
        }
        self.note_at(self.began.elapsed().as_secs(), remote, local, interface);
    }

    /// Where to send from to the remote; `None` for the system's choice.
    pub(super) fn of(&self, remote: SocketAddr) -> Option<IpAddr> {
        // Without several addresses no clock is read.
        if self.several.load(Relaxed) { self.of_at(self.began.elapsed().as_secs(), remote) } else { None }
    }

    /// Nothing is known any more of who speaks to which address.
    pub(super) fn forget_all(&self) {
        self.several.store(false, Relaxed);
        self.first.store(0, Relaxed);
        self.places.iter().for_each(|place| place.store(0, Relaxed));
    }

    fn of_at(&self, second: u64, remote: SocketAddr) -> Option<IpAddr> {
        let (place, tag) = self.place(remote);
        let known = Place::from_word(place.load(Relaxed));
        let index = usize::from(known.local).checked_sub(1).filter(|_| known.tag == tag)?;
        if age(known.seen, second) >= SILENT {
            // The address may lead nowhere by now, and no answer would ever show another one.
            place.store(0, Relaxed);
            return None;
        }
        self.locals.read().get(index).copied()
    }

    /// The system does not send from there: the address may be gone.
    pub(super) fn forget(&self, remote: SocketAddr) {
        self.place(remote).0.store(0, Relaxed);
    }

    fn note_at(&self, second: u64, remote: SocketAddr, local: IpAddr, interface: u32) {
        let now = (second % u64::from(DIAL)) as u16;
        let age = |of| age(of, second);
        let (place, tag) = self.place(remote);
        let known = Place::from_word(place.load(Relaxed));
        let is_known = known.tag == tag;
        let is_same = known.local != 0 && self.local(known.local) == Some(local);
        let is_fresh = is_known && age(known.looked) < LOOK;
        if is_known && is_same && is_fresh {
            if known.seen != now {
                place.store(Place { seen: now, ..known }.to_word(), Relaxed);
            }
            return;
        }
        let is_settled = is_known && age(known.seen) < SETTLED;
        if (is_settled && !is_same && is_fresh) || !self.may_look(second) {
            return;
        }
        let local = if (self.look)(remote, local, interface) { self.number(local) } else { 0 };
        place.store(Place { tag, local, seen: now, looked: now }.to_word(), Relaxed);
    }

    fn place(&self, remote: SocketAddr) -> (&AtomicU64, u32) {
        let hash = self.hasher.hash_one((remote.ip(), remote.port()));
        (&self.places[hash as usize % PLACES], (hash >> 32) as u32 | 1)
    }

    fn local(&self, number: u8) -> Option<IpAddr> {
        self.locals.read().get(usize::from(number) - 1).copied()
    }

    fn number(&self, local: IpAddr) -> u8 {
        let mut locals = self.locals.write();
        let known = locals.iter().position(|known| *known == local);
        let index = known.unwrap_or_else(|| {
            if locals.len() == LOCALS {
                locals.clear();
                self.places.iter().for_each(|place| place.store(0, Relaxed));
            }
            locals.push(local);
            locals.len() - 1
        });
        index as u8 + 1
    }

    fn may_look(&self, second: u64) -> bool {
        let looks = self.looks.load(Relaxed);
        let count = if looks >> 32 == second { looks & 0xFFFF_FFFF } else { 0 };
        self.looks.store(second << 32 | (count + 1), Relaxed);
        count < LOOKS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "192.0.2.1";
    const SECOND: &str = "192.0.2.2";

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn remote(port: u16) -> SocketAddr {
        SocketAddr::from(([203, 0, 113, 5], port))
    }

    fn with_several(look: Look) -> ReplySources {
        let sources = ReplySources::new(look);
        sources.note(remote(9), ip(FIRST), 1);
        assert_eq!(sources.of(remote(9)), None, "who has one address has no choice");
        sources.several.store(true, Relaxed);
        sources
    }

    #[test]
    fn each_remote_is_answered_from_where_its_datagrams_came_to() {
        let sources = with_several(|_, _, _| true);
        sources.note(remote(1), ip(FIRST), 1);
        sources.note(remote(2), ip(SECOND), 1);
        assert_eq!([1, 2, 3].map(|port| sources.of(remote(port))), [Some(ip(FIRST)), Some(ip(SECOND)), None]);
        sources.forget(remote(2));
        assert_eq!(sources.of(remote(2)), None);
        sources.forget_all();
        assert_eq!(sources.of(remote(1)), None);
        sources.note(remote(1), ip(SECOND), 1);
        assert_eq!(sources.of(remote(1)), None, "it is the only one again");
    }

    #[test]
    fn an_address_to_which_nothing_comes_any_more_is_left() {
        let sources = with_several(|_, _, _| true);
        for begin in [100, u64::from(DIAL) - 2] {
            sources.note_at(begin, remote(1), ip(SECOND), 1);
            let last = begin + u64::from(SILENT) - 1;
            assert_eq!(sources.of_at(last, remote(1)), Some(ip(SECOND)));
            assert_eq!(sources.of_at(last + 1, remote(1)), None);
            assert_eq!(sources.of_at(last, remote(1)), None, "and not tried again");
        }
    }

    #[test]
    fn who_tries_several_addresses_gets_one_that_stays_and_another_once_that_is_silent() {
        let sources = with_several(|_, _, _| true);
        // Also where the dial begins anew.
        for begin in [100, u64::from(DIAL) - 2] {
            sources.forget(remote(1));
            for second in begin..begin + 20 {
                sources.note_at(second, remote(1), ip(SECOND), 1);
                sources.note_at(second, remote(1), ip(FIRST), 1);
                assert_eq!(sources.of_at(second, remote(1)), Some(ip(SECOND)), "{second}");
            }
            for second in begin + 20..begin + 30 {
                sources.note_at(second, remote(1), ip(FIRST), 1);
            }
            assert_eq!(sources.of_at(begin + 29, remote(1)), Some(ip(FIRST)));
        }
    }

    #[test]
    fn an_address_that_the_system_would_use_by_another_interface_is_left_to_its_choice() {
        let sources = with_several(|_, local, interface| local == ip(FIRST) || interface == 2);
        sources.note_at(1, remote(1), ip(SECOND), 1);
        assert_eq!(sources.of_at(1, remote(1)), None);
        sources.note_at(2, remote(2), ip(SECOND), 2);
        assert_eq!(sources.of_at(2, remote(2)), Some(ip(SECOND)));
        // The routes have changed since.
        sources.note_at(8, remote(2), ip(SECOND), 1);
        assert_eq!(sources.of_at(8, remote(2)), None);
    }

    #[test]
    fn strangers_cost_few_looks_and_no_memory() {
        use std::sync::atomic::AtomicUsize;
        static LOOKED: AtomicUsize = AtomicUsize::new(0);
        let sources = with_several(|_, _, _| {
            LOOKED.fetch_add(1, Relaxed);
            true
        });
        for port in 1..50_000 {
            let local = IpAddr::from([192, 0, (port >> 8) as u8, port as u8]);
            sources.note_at(u64::from(port) / 10_000, remote(port), local, 1);
        }
        assert!(LOOKED.load(Relaxed) <= 5 * LOOKS as usize);
        assert!(sources.locals.read().len() <= LOCALS);
    }
}
