//! What keeps a player from playing, and what to do about it, as facts.

mod finding;
mod report;

pub use finding::Finding;
pub use report::{Check, CheckState, DoctorReport, Subject};
