//! The client and the server's core against each other under a virtual clock, and each against messages made by
//! hand. Against other implementations: `tests/interop`.

mod abuse;
mod client;
mod letter;
mod life;
mod server;
mod world;
