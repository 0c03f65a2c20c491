//! What is played in the lab: the players' real programs in networks of every kind, and what befalls them there.

pub(crate) mod attack;
pub(crate) mod disturb;
pub(crate) mod nat_matrix;
pub(crate) mod recovery;
pub(crate) mod shell;
pub(crate) mod soak;
