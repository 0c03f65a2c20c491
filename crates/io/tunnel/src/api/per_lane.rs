//! What exists once for each lane: it is found by the lane, never by a number.

use std::ops::{Index, IndexMut};

use lanrage_party::Lane;

/// One value for each [`Lane`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PerLane<T> {
    bulk: T,
    express: T,
}

impl<T> PerLane<T> {
    /// The two values.
    pub const fn new(bulk: T, express: T) -> Self {
        Self { bulk, express }
    }

    /// What `make` gives for each lane.
    pub fn from_fn(mut make: impl FnMut(Lane) -> T) -> Self {
        Self { bulk: make(Lane::Bulk), express: make(Lane::Express) }
    }
}

impl<T> Index<Lane> for PerLane<T> {
    type Output = T;

    fn index(&self, lane: Lane) -> &T {
        match lane {
            Lane::Bulk => &self.bulk,
            Lane::Express => &self.express,
        }
    }
}

impl<T> IndexMut<Lane> for PerLane<T> {
    fn index_mut(&mut self, lane: Lane) -> &mut T {
        match lane {
            Lane::Bulk => &mut self.bulk,
            Lane::Express => &mut self.express,
        }
    }
}
