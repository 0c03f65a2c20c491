//! Which games run on this computer, what their servers say of themselves, and what listens: the shell around
//! `lanrage_games`.
//!
//! It looks as a task manager does: at the list of processes, their arguments and their sockets, those of this user alone.
//! It reads no program's memory, opens none, and puts nothing into any. A server is asked at this computer's own address,
//! and everybody in the party while the player looks for games, as a game does that looks for others.

mod ask;
mod examine;
mod eyes;
#[cfg(target_os = "linux")]
mod linux;
mod search;
mod seen;
#[cfg(any(not(target_os = "linux"), test))]
mod table;
mod watch;

pub use examine::{Examination, examine_each};
pub use eyes::{Eyes, IS_POSSIBLE};
pub use search::{SearchOrder, Sought, search_each};
pub use seen::Seen;
pub use watch::{Told, Wish, run};
