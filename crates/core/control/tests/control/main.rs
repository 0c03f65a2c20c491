//! The control plane without a network: rules of the registry, and the client against it under a virtual
//! clock.

mod client;
mod door;
mod frames;
mod invariants;
mod leaving;
mod logins;
mod registry;
mod relays;
mod session;
mod support;
mod sync;
mod world;
