//! Waiting for a queue of the device beside the sockets, where the system can.
//!
//! Events come once for each change (edge-triggered): who hears of one reads until the queue is empty.

use mio::{Registry, Token};

use crate::io::{device::PacketDevice, sockets::Family};

/// What an event of the queue carries; after the tokens of the sockets and of the wake-up.
pub(crate) const TOKEN: Token = Token(Family::BOTH.len() + 1);

/// Lets who waits for the registry's events hear of packets in the queue. False where that is not possible.
#[cfg(unix)]
pub(crate) fn register(registry: &Registry, device: &dyn PacketDevice, queue: usize) -> bool {
    use std::os::fd::AsRawFd;

    use mio::{Interest, unix::SourceFd};

    let registered = device.descriptor(queue).map(|descriptor| {
        registry.register(&mut SourceFd(&descriptor.as_raw_fd()), TOKEN, Interest::READABLE)
    });
    match registered {
        Some(Ok(())) => true,
        Some(Err(error)) => {
            tracing::info!(%error, "the device's queue cannot be waited for beside the sockets");
            false
        }
        None => false,
    }
}

/// Ends what [`register`] began.
#[cfg(unix)]
pub(crate) fn deregister(registry: &Registry, device: &dyn PacketDevice, queue: usize) {
    use std::os::fd::AsRawFd;

    if let Some(descriptor) = device.descriptor(queue) {
        // Fails only for what is not registered.
        let _ = registry.deregister(&mut mio::unix::SourceFd(&descriptor.as_raw_fd()));
    }
}

#[cfg(not(unix))]
pub(crate) fn register(_registry: &Registry, _device: &dyn PacketDevice, _queue: usize) -> bool {
    false
}

#[cfg(not(unix))]
pub(crate) fn deregister(_registry: &Registry, _device: &dyn PacketDevice, _queue: usize) {}
