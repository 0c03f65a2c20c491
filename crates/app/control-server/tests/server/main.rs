//! The server as its clients meet it: over real sockets, with a real database.

mod bad_input;
mod migrations;
mod operator;
mod parties;
mod relay;
mod service;
mod sources;
mod support;
