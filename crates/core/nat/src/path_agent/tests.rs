//! Agents driven against each other under a virtual clock.

mod bounds;
mod connect;
mod doubling;
mod farewell;
mod keep;
mod life;
mod relay;
mod sim;
