//! Sockets and timers that are no bottleneck of their own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use anyhow::{Context, Result};

/// Holds more than a scheduler's time slice of the smallest packets.
#[cfg(target_os = "linux")]
const BUFFER_BYTES: usize = 16 << 20;

/// A socket at `bind`, with large buffers.
///
/// # Errors
/// If the address is not ours or taken.
pub(crate) fn bind(bind: SocketAddr) -> Result<UdpSocket> {
    let socket = UdpSocket::bind(bind).with_context(|| format!("bind {bind}"))?;
    #[cfg(target_os = "linux")]
    {
        use rustix::net::sockopt;
        // Only root may exceed the system's limit; for others the limit has to do.
        if sockopt::set_socket_recv_buffer_size_force(&socket, BUFFER_BYTES).is_err() {
            let _ = sockopt::set_socket_recv_buffer_size(&socket, BUFFER_BYTES);
            let _ = sockopt::set_socket_send_buffer_size(&socket, BUFFER_BYTES);
        } else {
            let _ = sockopt::set_socket_send_buffer_size_force(&socket, BUFFER_BYTES);
        }
    }
    Ok(socket)
}

/// A socket on any port that talks to `to` alone.
///
/// # Errors
/// If there is no route.
pub(crate) fn connect(to: SocketAddr) -> Result<UdpSocket> {
    let any: IpAddr = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = bind((any, 0).into())?;
    socket.connect(to).with_context(|| format!("no route to {to}"))?;
    Ok(socket)
}

/// Asks for timers that are right to the microsecond: by default they are late by up to 50.
pub(crate) fn wake_on_time() {
    #[cfg(target_os = "linux")]
    {
        // Refused, it costs precision only.
        let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1_000));
    }
}
