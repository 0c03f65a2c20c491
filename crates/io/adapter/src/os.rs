//! What differs between operating systems. Each offers
//! `create(name, config) -> Result<(Packets, name given), AdapterError>`, which tries exactly one name and
//! answers `NameTaken` if it is in use, and `Packets`, the open device; dropping it removes the device.

#[cfg(unix)]
mod descriptor;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod linux_helper;
#[cfg(target_os = "linux")]
mod linux_listeners;
#[cfg(target_os = "linux")]
mod linux_look;
#[cfg(target_os = "linux")]
mod linux_netlink;
#[cfg(target_os = "linux")]
mod linux_queue;
#[cfg(target_os = "linux")]
mod linux_route;
#[cfg(target_os = "linux")]
mod linux_steering;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(not(target_os = "linux"))]
mod other_listeners;
#[cfg(not(target_os = "linux"))]
mod other_look;
mod own_addresses;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use descriptor::Packets;
#[cfg(target_os = "linux")]
pub(crate) use linux::groups::Groups;
#[cfg(target_os = "linux")]
pub use linux::passing::Searches;
#[cfg(target_os = "linux")]
pub(crate) use linux::{create, create_for, searches_for};
#[cfg(target_os = "linux")]
pub(crate) use linux_helper::ask as ask_helper;
#[cfg(target_os = "linux")]
pub(crate) use linux_listeners::Listeners;
#[cfg(target_os = "linux")]
pub(crate) use linux_look::{Found, SystemSide};
#[cfg(target_os = "macos")]
pub(crate) use macos::create;
#[cfg(not(target_os = "linux"))]
pub(crate) use other_listeners::Listeners;
#[cfg(not(target_os = "linux"))]
pub(crate) use other_look::{Found, SystemSide};
pub(crate) use own_addresses::OwnAddresses;
#[cfg(windows)]
pub(crate) use windows::{Packets, create};

/// Destinations outside the subnet by which games search: limited broadcast (RFC 919) and multicast (RFC 5771). Where they
/// cannot be copied on their way elsewhere, they must leave through the adapter, or never reach the party. Windows needs
/// no routes for them.
#[cfg(unix)]
const SEARCHES: [ipnet::Ipv4Net; 2] = [
    ipnet::Ipv4Net::new_assert(std::net::Ipv4Addr::BROADCAST, 32),
    ipnet::Ipv4Net::new_assert(std::net::Ipv4Addr::new(224, 0, 0, 0), 4),
];

#[cfg(target_os = "linux")]
fn unless_there(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    }
}
