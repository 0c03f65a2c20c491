//! What keeps a player from playing, and what to do about it: facts are gathered by a thin shell and judged by a
//! pure function.

mod facts;
mod gather;
mod judge;
mod judge_network;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use lanrage_store::{DataDir, SettingsDatabase};
use serde::{Deserialize, Serialize};

use crate::Snapshot;

/// Everything that was judged, in the order in which it is worth reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct DoctorReport {
    /// The checks.
    pub checks: Vec<Check>,
}

/// One thing that was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct Check {
    /// Stable word for scripts and translations.
    pub code: String,
    /// What was looked at, in a few words.
    pub title: String,
    /// How it is.
    pub state: CheckState,
    /// What was found, in one sentence.
    pub result: String,
    /// What that means for playing, in one sentence.
    pub meaning: String,
    /// What the user can do, in one sentence; empty when there is nothing to do.
    pub fix: String,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// As it should be.
    Good,
    /// Something works less well than it could.
    Warning,
    /// It keeps this player from playing.
    Bad,
    /// It cannot be told now.
    Unknown,
}

/// Judges a running engine by what it shows, what is stored and what the system says.
pub(crate) async fn examine_running(snapshot: Arc<Snapshot>, database: &SettingsDatabase) -> DoctorReport {
    judge::judge(&gather::with_engine(snapshot, database).await)
}

/// Judges what there is without an engine. The caller holds the data folder's lock.
pub(crate) async fn examine_stopped(data_dir: &DataDir) -> DoctorReport {
    judge::judge(&gather::without_engine(data_dir).await)
}
