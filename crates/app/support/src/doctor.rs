//! What keeps a player from playing, and what to do about it: facts are gathered by a thin shell and judged by a
//! pure function, which says what it found as facts again.

mod facts;
mod finding;
mod gather;
mod judge;
mod judge_network;
mod report;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use lanrage_session::Snapshot;
use lanrage_store::{DataDir, SettingsDatabase};

pub use facts::Firewall;
pub use finding::Finding;
pub use gather::firewall;
pub use report::{Check, CheckState, DoctorReport, Subject};

/// Judges a running engine by what it shows, what is stored and what the system says.
pub async fn examine_running(snapshot: Arc<Snapshot>, database: &SettingsDatabase) -> DoctorReport {
    judge::judge(&gather::with_engine(snapshot, database).await)
}

/// Judges what there is without an engine. The caller holds the data folder's lock.
pub async fn examine_stopped(data_dir: &DataDir) -> DoctorReport {
    judge::judge(&gather::without_engine(data_dir).await)
}
