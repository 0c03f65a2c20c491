//! Agents driven against each other under a virtual clock.

mod bounds;
mod connect;
mod keep;
mod life;
mod relay;
mod sim;
