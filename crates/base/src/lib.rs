//! The ground floor: mechanisms that several parts of LANrage need and none of them owns.
//!
//! Everything here is a pure value, except for four places that touch the system: [`clock::now`] reads the clocks,
//! [`atomic_file`] writes files, [`system_roots`] reads one, and [`argument`] changes what the system shows of this process.
//! The core crates use none of the four.

pub mod argument;
pub mod atomic_file;
pub mod backoff;
pub mod bucket;
pub mod channel_data;
pub mod clock;
pub mod rng;
pub mod sources;
pub mod system_roots;
pub mod wire;
