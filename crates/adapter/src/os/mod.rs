//! What differs between operating systems. Each offers
//! `create(name, config) -> Result<(Packets, name given), AdapterError>`, which tries exactly one name and
//! answers `NameTaken` if it is in use, and `Packets`, the open device; dropping it removes the device.

#[cfg(unix)]
mod descriptor;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod linux_route;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use descriptor::Packets;
#[cfg(target_os = "linux")]
pub(crate) use linux::create;
#[cfg(target_os = "macos")]
pub(crate) use macos::create;
#[cfg(windows)]
pub(crate) use windows::{Packets, create};
