//! What the tunnel touches of the system: sockets, the virtual device, and how its threads get the processor.

pub(crate) mod device;
pub(crate) mod queue_events;
pub(crate) mod sockets;
#[cfg(target_os = "linux")]
mod steering;
pub(crate) mod urgency;
