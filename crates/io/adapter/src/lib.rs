//! The virtual network device of a party: created, addressed, routed, and read and written packet by packet.
//!
//! [`Adapter::open`] makes the device of the operating system; [`memory::pair`] makes one for tests, with no
//! privilege. Both speak [`Device`]. Everything that opening adds to the system goes away when the [`Adapter`]
//! is dropped, or when the process dies: the device owns its address and its routes.
//!
//! A Linux process without the right to make devices has the privileged helper do it (package `lanrage-helper`), which
//! hands over the descriptors; [`helper`] is what the two say to each other.
//!
//! While an adapter is up, the party's [`Subnet`](lanrage_party::Subnet) leaves through it, with its directed broadcast address.
//! What games look for servers with, limited broadcast (RFC 919) and multicast (RFC 5771), goes where it always went, and on
//! Linux the adapter's reader gets a copy ([`Device::has_copies`]). Where that is not possible, `255.255.255.255` and
//! `224.0.0.0/4` leave through the adapter too, for senders that choose no interface themselves.

mod adapter;
mod config;
mod device;
mod endpoints;
mod error;
mod eye;
mod fault;
pub mod helper;
pub mod memory;
mod os;
mod queue;
mod resolvers;
mod routes;
mod test_packets;

pub use adapter::Adapter;
#[cfg(target_os = "linux")]
pub use adapter::{OpenDescriptors, open_descriptors, open_searches};
pub use config::AdapterConfig;
pub use device::{Device, FRAME_BYTES, Ready, VIRTIO_HEADER_BYTES};
pub use error::AdapterError;
pub use eye::AdapterEye;
#[cfg(target_os = "linux")]
pub use os::Searches;
pub use routes::{networks_in_use, overlapping_route};
