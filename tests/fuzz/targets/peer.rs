//! What one player hears of another: knocks, gossip, signals, probes, and the paths that follow from them.

pub(crate) mod gossip;
pub(crate) mod knock;
pub(crate) mod path_agent;
pub(crate) mod probe;
pub(crate) mod rulings;
pub(crate) mod signal;
