//! The ground floor: mechanisms that several parts of LANrage need and none of them owns.
//!
//! Everything here is a pure value, except for five places that touch the system: [`clock::now`] reads the clocks,
//! [`atomic_file`] writes files, [`system_roots`] reads one, [`argument`] changes what the system shows of this process, and
//! [`heap`] how its allocator keeps memory. The core crates use none of the five.

pub mod argument;
pub mod atomic_file;
pub mod backoff;
pub mod bucket;
pub mod channel_data;
pub mod clock;
pub mod heap;
pub mod rng;
pub mod sources;
pub mod system_roots;
pub mod wire;
