//! What of this computer friends reach inside the party: a stateful filter of what they begin, as pure functions of a
//! packet, what is open, and what this computer sent lately.
//!
//! Nothing that this computer sends is held back, and who was spoken to may answer: TCP that goes on passes without state, as
//! a beginning is told by its flags, and UDP passes to a port that has spoken ([`Spoken`]). Whatever else a friend begins
//! passes where a [`Gate`] is open.

mod gate;
mod level;
mod openings;
mod rules;
mod spoken;

pub use gate::{Gate, Packet, Verdict};
pub use level::{Level, Trust};
pub use openings::Openings;
pub use rules::{Grant, Rules};
pub use spoken::{SPOKEN_COUNTS, Spoken};
