//! The server as its clients meet it: over real sockets, with a real database.

// Needs Debian's `pebble`, which `cargo xtask setup` gets; fails without.
#[cfg(target_os = "linux")]
mod acme;
mod backup;
mod bad_input;
mod https;
#[cfg(unix)]
mod life;
mod migrations;
mod operator;
mod parties;
#[cfg(unix)]
mod private;
mod relay;
mod service;
mod sources;
// Needs Debian's `coturn`, and aioice, which `cargo xtask setup` gets; fails without.
#[cfg(target_os = "linux")]
mod stock_clients;
mod support;
