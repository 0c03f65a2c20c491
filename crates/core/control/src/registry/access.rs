use std::collections::BTreeSet;

use lanrage_party::{AccessKey, AccessProof, PartyId, PeerId};

use super::Caller;
use crate::protocol::ErrorCode;

/// Whom a server's operator lets do what. By itself everybody everything.
///
/// On a private server a party is made by who has its key or stands on its list. Who comes by a party's link needs neither:
/// a friend of who may make parties is let in by them. A relay is for members of parties, so a stranger gets none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Who shows this key makes parties.
    pub key: Option<AccessKey>,
    /// These make parties without a key. With a list, or a key, nobody else does.
    pub allowed: Option<BTreeSet<PeerId>>,
    /// These have no session.
    pub banned: BTreeSet<PeerId>,
}

impl Access {
    /// Everybody may do everything.
    pub const fn open() -> Self {
        Self { key: None, allowed: None, banned: BTreeSet::new() }
    }

    /// Whether the caller may make a party.
    ///
    /// # Errors
    /// [`ErrorCode::AccessNeeded`], [`ErrorCode::AccessWrong`].
    pub fn check(&self, caller: Caller, party: PartyId, proof: Option<AccessProof>) -> Result<(), ErrorCode> {
        let is_open = self.key.is_none() && self.allowed.is_none();
        if is_open || self.allowed.as_ref().is_some_and(|allowed| allowed.contains(&caller.peer)) {
            return Ok(());
        }
        let (Some(key), Some(proof), Some(nonce)) = (&self.key, proof, caller.nonce) else {
            return Err(ErrorCode::AccessNeeded);
        };
        if key.admits(nonce.as_bytes(), &party, &caller.peer, &proof) {
            Ok(())
        } else {
            Err(ErrorCode::AccessWrong)
        }
    }
}

#[cfg(test)]
mod tests {
    use lanrage_party::DeviceIdentity;

    use super::*;
    use crate::protocol::Nonce;

    #[test]
    fn on_a_private_server_the_key_or_the_list_lets_make_a_party() {
        let [ann, eve] = [1, 2].map(|n| DeviceIdentity::from_seed(&[n; 32]).peer_id());
        let party = PartyId::from_random([1; 16]);
        let nonce = Nonce::from_random([7; 32]);
        let of = |peer| Caller { peer, nonce: Some(nonce) };
        let [key, other] =
            ["a-key-of-sixteen", "another-key-of-us"].map(|text| AccessKey::new(text).unwrap());
        let shown = |key: &AccessKey, peer| Some(key.prove(nonce.as_bytes(), &party, &peer));

        assert_eq!(Access::open().check(of(eve), party, None), Ok(()));
        let by_key = Access { key: Some(key.clone()), ..Access::open() };
        assert_eq!(by_key.check(of(eve), party, None), Err(ErrorCode::AccessNeeded));
        assert_eq!(by_key.check(of(eve), party, shown(&other, eve)), Err(ErrorCode::AccessWrong));
        assert_eq!(by_key.check(of(eve), party, shown(&key, ann)), Err(ErrorCode::AccessWrong), "another's");
        assert_eq!(by_key.check(Caller::from(eve), party, shown(&key, eve)), Err(ErrorCode::AccessNeeded));
        assert_eq!(by_key.check(of(eve), party, shown(&key, eve)), Ok(()));

        let by_list = Access { allowed: Some([ann].into()), ..Access::open() };
        assert_eq!(by_list.check(of(ann), party, None), Ok(()));
        assert_eq!(by_list.check(of(eve), party, shown(&key, eve)), Err(ErrorCode::AccessNeeded));
        let both = Access { key: Some(key.clone()), ..by_list };
        assert_eq!(both.check(of(ann), party, shown(&other, ann)), Ok(()));
        assert_eq!(both.check(of(eve), party, shown(&key, eve)), Ok(()));
    }
}
