//! What is known of games: how a program is recognised, which ports it hosts on, what its server answers, and how it is
//! started into a friend's game.
//!
//! Pure: the shell says which programs run and what they listen on ([`Running`]), [`Catalogue::detect`] says which games
//! these are, and [`Watch`] what friends are told of them ([`Statement`]). Nothing that came in a packet is ever a part of
//! what is started ([`Launch`]). Of a friend who tells nothing, a game is known by what it announces itself ([`read_beacon`]), or by its
//! answer to whoever looks for games ([`Search`]).

mod beacon;
mod catalogue;
mod detect;
mod doors;
mod profile;
mod query;
mod redirect;
mod search;
mod statement;
#[cfg(test)]
mod tests;
mod verdict;
mod watch;

pub use beacon::read_beacon;
pub use catalogue::{Catalogue, CatalogueFault};
pub use detect::{Detected, Listening, Running};
pub use doors::{Door, Heard, Owner};
pub use profile::{
    Certainty, Discovery, DiscoveryKind, Fact, Hint, Launch, LaunchKind, PortRange, Profile, ProfileFault,
    Program, Query, QueryPort, Slug, Start,
};
pub use query::{Answer, Asking, Protocol, Step};
pub use search::Search;
pub use statement::{Hosted, Statement, read_statements, write_statements};
pub use verdict::{
    Barrier, Bound, Device, Examined, Facts, Fix, Found, Reach, Server, Side, Sight, SystemFirewall, Verdict,
    read_side, write_side,
};
pub use watch::{Question, Watch};
