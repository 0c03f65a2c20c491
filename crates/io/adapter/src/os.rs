//! What differs between operating systems. Each offers
//! `create(name, config) -> Result<(Packets, name given), AdapterError>`, which tries exactly one name and
//! answers `NameTaken` if it is in use, and `Packets`, the open device; dropping it removes the device.

#[cfg(any(windows, test))]
mod category;
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
pub use windows::{Event, Pipe, is_own, own_account};
#[cfg(windows)]
pub(crate) use windows::{Packets, ask_helper, create};

#[cfg(target_os = "linux")]
fn unless_there(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    }
}
