//! What the tunnel touches of the system: sockets, the virtual device, and how its threads get the processor.

pub(crate) mod device;
pub(crate) mod queue_events;
mod reply_source;
pub(crate) mod sockets;
#[cfg(target_os = "linux")]
mod steering;
pub(crate) mod urgency;
#[cfg(target_os = "linux")]
mod way_out;
