//! Tokens that resume a session, in memory alone: after a restart everybody answers a challenge once more.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use lanrage_control::{protocol::SessionToken, registry::StoredToken};
use lanrage_party::{PeerId, UnixMillis};

/// Tokens that are remembered at most. Whoever is forgotten answers a challenge.
const MOST: usize = 32_768;

/// The newest token of each peer. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tokens(Arc<Mutex<Generations>>);

#[derive(Debug, Default)]
struct Generations {
    recent: HashMap<PeerId, StoredToken>,
    /// Those before; it becomes empty when `recent` is full.
    earlier: HashMap<PeerId, StoredToken>,
}

impl Tokens {
    /// Keeps a token in place of every other one of its peer.
    pub(crate) fn put(&self, token: StoredToken) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.earlier.remove(&token.peer);
        if tokens.recent.len() >= MOST / 2 && !tokens.recent.contains_key(&token.peer) {
            tokens.earlier = std::mem::take(&mut tokens.recent);
        }
        tokens.recent.insert(token.peer, token);
    }

    /// Keeps none any more.
    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Generations::default();
    }

    /// Whether the token is this peer's and still good.
    pub(crate) fn knows(&self, token: &SessionToken, peer: PeerId, now: UnixMillis) -> bool {
        let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = tokens.recent.get(&peer).or_else(|| tokens.earlier.get(&peer));
        stored.is_some_and(|stored| stored.token == *token && stored.is_good(peer, now))
    }
}

#[cfg(test)]
mod tests {
    use lanrage_party::DeviceIdentity;

    use super::*;

    fn token(n: u8, peer: PeerId) -> StoredToken {
        StoredToken {
            token: SessionToken::from_random([n; 32]),
            peer,
            created_at: UnixMillis(0),
            expires_at: UnixMillis(1_000),
        }
    }

    #[test]
    fn the_newest_token_of_a_peer_is_good_for_it_alone_until_it_expires() {
        let peer = |n: u8| DeviceIdentity::from_seed(&[n; 32]).peer_id();
        let tokens = Tokens::default();
        tokens.put(token(1, peer(1)));
        tokens.put(token(2, peer(1)));
        let knows =
            |n: u8, of: PeerId, at| tokens.knows(&SessionToken::from_random([n; 32]), of, UnixMillis(at));
        assert!(knows(2, peer(1), 999));
        assert!(!knows(1, peer(1), 0), "replaced");
        assert!(!knows(2, peer(2), 0), "of another peer");
        assert!(!knows(2, peer(1), 1_000), "expired");
    }

    #[test]
    fn a_flood_of_logins_takes_no_more_than_its_room() {
        let tokens = Tokens::default();
        for n in 0..100_000_u32 {
            let id: PeerId = format!("{n:032x}").parse().unwrap();
            tokens.put(token(1, id));
        }
        let kept = tokens.0.lock().unwrap();
        assert!(kept.recent.len() + kept.earlier.len() <= MOST);
    }
}
