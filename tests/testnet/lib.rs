//! One simulated internet for every test that needs one. Nothing in it waits, opens anything or reads a clock but
//! [`Clock::new`]: the same seed gives the same run.
//!
//! A test world keeps the protocol under test and its own rules. From here it has the time and what is under way
//! ([`Clock`], moved by [`World`]), the way between two hosts ([`Link`]), translators ([`Router`]) and the realms
//! between them ([`Internet`]), the dice ([`Rng`]), and what RFC 4787 says of two networks ([`expected`]).

mod clock;
pub mod expected;
mod internet;
mod link;
mod rng;
mod router;

pub use self::{
    clock::{Clock, World},
    internet::{Flight, INTERNET, Internet, Lost, Node, RealmId},
    link::Link,
    rng::Rng,
    router::Router,
};
