//! The tasks around the device's network: each carries bytes and facts between the system and the decisions of
//! `lanrage-nat`, and decides nothing.
//!
//! - [`interfaces`]: the device's own addresses.
//! - `net_watch`, `wake_clock`: noticing another network, and that the device slept.
//! - `own_adapter`: which interface is our own.
//! - `metered`: whether the player pays for what passes.
//! - `behaviour_shell`: sockets and clocks for the measurement of the router (RFC 5780).
//! - `port_mapping`: a port of the router (PCP, NAT-PMP, UPnP IGD).
//! - `relay_stream`: a connection to a relay over TCP or TLS.
//! - `dial`: a TCP connection to a server or a relay, through the proxy where one is set.
//! - `exchange`: one HTTP request and its answer.
//! - `name_lookup`: the addresses of STUN servers and relays.
//! - `nat64`: the translator of a line that has IPv6 only.
//! - `tls`: whom this computer believes when it connects with TLS, and why it does not.
//!
//! Without the feature `tasks` only [`interfaces`] is left, what a server needs, and `dial`, `exchange`, `nat64` and `tls` with
//! features of their own.

#[cfg(feature = "tasks")]
pub mod behaviour_shell;
#[cfg(feature = "dial")]
pub mod dial;
#[cfg(feature = "exchange")]
pub mod exchange;
pub mod interfaces;
#[cfg(feature = "tasks")]
pub mod metered;
#[cfg(feature = "tasks")]
pub mod name_lookup;
#[cfg(feature = "nat64")]
pub mod nat64;
#[cfg(feature = "tasks")]
pub mod net_watch;
#[cfg(feature = "tasks")]
pub mod own_adapter;
#[cfg(feature = "tasks")]
pub mod port_mapping;
#[cfg(feature = "tasks")]
pub mod relay_stream;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "tasks")]
pub mod wake_clock;
