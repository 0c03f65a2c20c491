//! The ground floor: mechanisms that several parts of LANrage need and none of them owns.
//!
//! Everything here is a pure value, except for two places that touch the system: [`clock::now`] reads the clocks, and
//! [`atomic_file`] writes files. The core crates use neither of the two.

pub mod atomic_file;
pub mod backoff;
pub mod bucket;
pub mod channel_data;
pub mod clock;
pub mod rng;
pub mod sources;
