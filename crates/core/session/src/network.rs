//! What lies between this device and its friends: control planes, relays, routers, and the virtual device.

pub(crate) mod adapter;
pub(crate) mod adapter_watch;
pub(crate) mod control_plane;
pub(crate) mod name_rounds;
pub(crate) mod nat_status;
pub(crate) mod relays;
