//! What is for everybody, broadcast and multicast: what of it goes into the party, how much of it, and how often.

pub(crate) mod flood;
pub(crate) mod household;
pub(crate) mod redirect;
pub(crate) mod repeats;
pub(crate) mod search_copy;
pub(crate) mod unicast_copy;
