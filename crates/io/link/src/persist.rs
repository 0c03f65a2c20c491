//! `control_state.json`: the state of a registry inside the app, and how it survives.
//!
//! [`StatePersister::open`] reads what there is and starts the thread that writes. [`StateQueue`] takes what
//! changes and never waits. Between the two stands a pure core that decides when to write: at once after a
//! quiet time, then at most every [`FLUSH_INTERVAL`], however many changes come; what could not be written
//! stays in memory and is tried again every [`RETRY_INTERVAL`].
//!
//! # The file
//!
//! [`lanrage_control::state`] has its format. A file is written beside the old one, synced, and renamed into its place,
//! and the directory synced, so that at every moment a complete one is there; the one before it is kept as
//! `control_state.json.1`. Mode 0600: it names the user's friends.
//!
//! # Reading
//!
//! The file counts if it is whole. Is it missing, a complete file that was about to be renamed into its place
//! counts, else the previous generation. A file that is not whole is set aside under its name with the time
//! (`control_state.json.damaged-…`), never overwritten, and reported in [`LoadReport`].

mod file;
mod queue;
mod writer;

use std::time::Duration;

pub use file::{Damaged, LoadReport, Source};
pub use writer::{Loaded, PersistError, SaveState, StatePersister, StateQueue};

/// Shortest time between the beginnings of two writes.
pub const FLUSH_INTERVAL: Duration = Duration::from_millis(100);
/// Time between two tries of a write that failed.
pub const RETRY_INTERVAL: Duration = Duration::from_secs(1);
