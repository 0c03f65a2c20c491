//! Schemas of LANrage's databases, as SeaORM migrations. One module per database.
//!
//! A released migration never changes: what is wrong in one is mended by the next.

pub mod client;
pub mod control_server;
