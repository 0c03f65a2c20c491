//! How many requests are answered at the same time: of each user few, so that none keeps the helper from the others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Requests of one user. Its app asks for one adapter, and may have hung up and asked again.
const OF_ONE_USER: usize = 4;
/// Requests of all users. The unit's limits of tasks and descriptors leave room for so many.
const OF_ALL: usize = 16;

/// The requests that are being answered, by user.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places(Arc<Mutex<HashMap<u32, usize>>>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Places,
    uid: u32,
}

impl Places {
    /// Whether nobody has one.
    pub(crate) fn are_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// A place for one more request of this user, if there is one.
    pub(crate) fn take(&self, uid: u32) -> Option<Place> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= OF_ALL {
            return None;
        }
        let own = taken.entry(uid).or_default();
        if *own >= OF_ONE_USER {
            return None;
        }
        *own += 1;
        Some(Place { places: self.clone(), uid })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.uid) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.uid);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_has_few_places_and_another_its_own() {
        let places = Places::default();
        let held: Vec<_> = (0..100).filter_map(|_| places.take(1)).collect();
        assert_eq!(held.len(), OF_ONE_USER);
        assert!(places.take(2).is_some());
        drop(held);
        assert!(places.take(1).is_some());
    }

    #[test]
    fn all_users_together_have_no_more_than_the_unit_allows_and_nothing_is_kept_of_who_is_gone() {
        let places = Places::default();
        let held: Vec<_> = (0..100).filter_map(|uid| places.take(uid)).collect();
        assert_eq!(held.len(), OF_ALL);
        drop(held);
        assert!(places.0.lock().unwrap().is_empty());
    }
}
