//! What a host says to the tunnel and hears from it, beside the [`Tunnel`](crate::Tunnel) itself.

pub(crate) mod error;
pub(crate) mod event;
