//! How friends find each other with no server of anybody's: sealed items in a store that anyone may read and write, the
//! BitTorrent DHT (BEP 44) for one.
//!
//! Two kinds of item, under keys that follow from the party's secret and change every day ([`Keys`]): the *beacon* says where
//! a party is reached ([`Beacon`]), the *door* is where a newcomer leaves its addresses when nobody can be reached
//! ([`Door`]). Both have one length, and nothing in them names anybody to who has not the secret. [`Finder`] decides when
//! to look, what to put, and whom to knock at; a shell with engines carries out its [`Order`]s. [`KrpcFilter`] is what an engine's socket lets
//! in.
//!
//! A third kind lies under a key of its own: a link behind a short code that people read to each other ([`code`]).
//!
//! Where no store can be reached either, people carry an entry of the door themselves: a reply ([`ReplyKey`]).
//!
//! Everything is pure: time comes in as `now`, randomness as a seed. The order for the caller is always the same: call a
//! `set_*` or `handle_*`, then drain `poll_output`, then sleep until `poll_timeout` or the next input, whichever comes
//! first.
//!
//! What is read is what whoever has the secret may have written, and no more: addresses are claims, bounded in number and
//! kind, and lead to a knock that only a friend can answer.

pub mod code;
mod entries;
mod finder;
mod item;
mod krpc_filter;
mod order;
mod reply;

pub use lanrage_base::clock::Now;

pub use entries::addresses::{Addresses, IPV4_ADDRESSES, IPV6_ADDRESSES};
pub use entries::beacon::{Beacon, BeaconEntry, PeerMark};
pub use entries::door::{Door, DoorEntry, Token};
pub use finder::{Call, Caller, Finder, FinderOutput, FinderView, Health, Member, Trouble};
pub use item::keys::{Keys, Kind, Place, Window};
pub use item::signed::{ItemKey, SignedItem};
pub use item::txt::VALUE_BYTES;
pub use item::{PLAIN_BYTES, SEALED_BYTES};
pub use krpc_filter::KrpcFilter;
pub use order::{Engine, Event, LookId, Order, PutFault, PutId};
pub use reply::{ReplyError, ReplyKey};
