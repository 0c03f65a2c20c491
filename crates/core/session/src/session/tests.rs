//! The decisions against a control server that the test plays itself, frame by frame, honestly or not.

mod clock;
mod fallback;
mod finding;
mod hiding;
mod knocks;
mod leases;
mod loss;
mod network;
mod replies;
mod restore;
mod reunion;
mod rulings;
mod server_key;
mod stage;
mod trust;
