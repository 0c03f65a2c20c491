//! Copies of a SQLite database: consistent while it is in use, each with a hash beside it, in a folder that keeps the newest.
//!
//! - `backup`: what is known of a copy by its name.
//! - `file`: one copy, written and read.
//! - `folder`: the copies that are made by themselves, by their names.
//! - `rotation`: which of them are made, and which are removed.
//! - [`stamp`]: times in the names of files.
//! - [`blocking`]: file work off the runtime's threads.

mod backup;
pub mod blocking;
mod error;
mod file;
mod folder;
mod rotation;
pub mod stamp;

pub use backup::{Backup, BackupKind};
pub use error::BackupError;
pub use file::{Hash, copy, remove, text, verify, write, write_with};
pub use folder::Folder;
