//! Namespaces, and what connects them.

mod host;
pub(crate) mod ip;
pub(crate) mod nat;
pub(crate) mod topology;
mod windows;
mod wire;
pub mod world;

pub use self::{
    host::Host,
    topology::{Carrier, Lab, Lan, Uplinks},
    windows::{WindowsHost, WindowsKit},
    wire::Wire,
};
