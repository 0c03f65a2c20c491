//! How many things are done at the same time: of each user few, so that none keeps the helper from the others.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

/// What is being done, by user: `U` is what the system knows them by.
#[derive(Debug, Clone)]
pub(crate) struct Places<U: Hash + Eq> {
    taken: Arc<Mutex<HashMap<U, usize>>>,
    of_one_user: usize,
    of_all: usize,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place<U: Hash + Eq> {
    places: Places<U>,
    user: U,
}

impl<U: Hash + Eq + Clone> Places<U> {
    /// So many of one user, and of all.
    pub(crate) fn new(of_one_user: usize, of_all: usize) -> Self {
        Self { taken: Arc::default(), of_one_user, of_all }
    }

    /// Whether nobody has one.
    pub(crate) fn are_empty(&self) -> bool {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// A place for one more of this user, if there is one.
    pub(crate) fn take(&self, user: U) -> Option<Place<U>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= self.of_all {
            return None;
        }
        let own = taken.entry(user.clone()).or_default();
        if *own >= self.of_one_user {
            return None;
        }
        *own += 1;
        Some(Place { places: self.clone(), user })
    }
}

impl<U: Hash + Eq> Drop for Place<U> {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.user) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_has_few_places_and_another_its_own() {
        let places = Places::new(4, 16);
        let held: Vec<_> = (0..100).filter_map(|_| places.take(1)).collect();
        assert_eq!(held.len(), 4);
        assert!(places.take(2).is_some());
        drop(held);
        assert!(places.take(1).is_some());
    }

    #[test]
    fn all_users_together_have_no_more_than_there_are_and_nothing_is_kept_of_who_is_gone() {
        let places = Places::new(4, 16);
        let held: Vec<_> = (0..100).filter_map(|uid| places.take(uid)).collect();
        assert_eq!(held.len(), 16);
        drop(held);
        assert!(places.are_empty());
    }
}
