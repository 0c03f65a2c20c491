//! What a host says to the tunnel and hears from it, beside the [`Tunnel`](crate::Tunnel) itself. The lowest floor: it
//! uses nothing of the others.

pub(crate) mod counters;
pub(crate) mod error;
pub(crate) mod event;
pub(crate) mod per_lane;
