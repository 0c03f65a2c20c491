//! The shells around the system against the real one: a device at home, in network namespaces of its own.
//!
//! Needs Debian's `iproute2`, `nftables` and `miniupnpd`, and fails without: a test that skips in silence proves nothing.
#![cfg(target_os = "linux")]

mod behaviour;
mod home;
mod net_watch;
mod port_mapping;
mod wake_clock;
