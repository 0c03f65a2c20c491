//! Our TURN against other implementations of it: our server's core against the client of `turn-client-proto`, our
//! client against coturn.

mod other_client;
// Needs Debian's `coturn`, and fails without: a test that skips in silence proves nothing.
#[cfg(target_os = "linux")]
mod coturn;
#[cfg(target_os = "linux")]
mod relays;
