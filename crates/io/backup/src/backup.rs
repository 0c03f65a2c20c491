//! What is known of a copy by its name.

use std::path::PathBuf;

use lanrage_party::UnixMillis;
use strum::{EnumString, IntoStaticStr};

/// A copy in a folder of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The file; its hash is beside it, with `.sha256` at the end of its name.
    pub path: PathBuf,
    /// Why it was made.
    pub kind: BackupKind,
    /// When it was made.
    pub made_at: UnixMillis,
}

/// Why a backup was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum BackupKind {
    /// A day had passed.
    Daily,
    /// The database was about to be brought up to date.
    Upgrade,
    /// The database was about to be replaced by a restored one.
    Restore,
    /// The user asked for it; it is never removed by itself.
    Manual,
}
