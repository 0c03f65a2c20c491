//! The shell of a [`lanrage_control::LocalControlPlane`] that friends can connect to: a WebSocket server that decides
//! nothing.
//!
//! ```text
//! let listener = GuestListener::bind(ListenSettings::on(address)).await?;
//! tasks.spawn("listen", run_listener(listener, events_in, actions_out));
//! // in the event loop, with `plane: LocalControlPlane`:
//! //   events.recv()             → plane.handle_guest(now, event)
//! //   after every call          → while let Some(action) = plane.poll_guest() { actions.try_send(action) }
//! //   plane.poll_timeout()      → plane.handle_timeout(now)
//! ```

mod connection;

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, sleep_until},
};

use self::connection::Guest;
use crate::line::{LineSender, line};
use lanrage_base::sources::Source;
use lanrage_control::{
    GuestAction, GuestEvent,
    session::{ConnectionId, ConnectionLimits, Queued},
};

/// A good capacity of the channel out of [`run_listener`]. When it is full, nothing more is read from guests
/// until there is room again.
pub const EVENTS: usize = 64;
/// A good capacity of the channel into [`run_listener`], which always takes at once. Use `try_send`; if it is
/// full all the same, tell the plane that this guest's connection is closed.
pub const ACTIONS: usize = 1_024;

/// Connections of one address (IPv4, or a /64 of IPv6) at once: several players on one computer, and not all places.
const GUESTS_PER_SOURCE: usize = 32;
/// Pause after a guest could not be accepted; everything else goes on meanwhile.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where to listen, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenSettings {
    /// Where. Port 0 takes a free one; `[::]` serves IPv4 too.
    pub address: SocketAddr,
    /// Also to whoever is not on the LAN. Off: connections from addresses that are not private, link-local or
    /// loopback are closed at once, and a proof has to name the very address that was reached, so that nobody
    /// can pass a friend's proof on.
    pub beyond_lan: bool,
    /// Times and bounds.
    pub limits: ConnectionLimits,
}

/// A socket that listens.
#[derive(Debug)]
pub struct GuestListener {
    tcp: TcpListener,
    settings: ListenSettings,
}

impl ListenSettings {
    /// Listens on `address`, to the LAN alone.
    pub fn on(address: SocketAddr) -> Self {
        Self { address, beyond_lan: false, limits: ConnectionLimits::inside_app() }
    }
}

impl GuestListener {
    /// Begins to listen.
    ///
    /// # Errors
    /// The system's: the port is taken, the address is not one of this machine.
    pub async fn bind(settings: ListenSettings) -> io::Result<Self> {
        Ok(Self { tcp: TcpListener::bind(settings.address).await?, settings })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// How the router of [`run_listener`] reaches the task of a connection.
#[derive(Debug)]
struct Line {
    /// Who is behind it.
    source: Source,
    /// Dropping it closes the connection after the last frame.
    frames: LineSender,
    /// Ends the connection at once.
    cut: oneshot::Sender<()>,
}

/// Accepts guests, reports what they say and carries out what a [`lanrage_control::LocalControlPlane`] wants, until
/// `actions` is closed. Owns the task of each connection; dropping the future ends them all.
pub async fn run_listener(
    listener: GuestListener,
    events: mpsc::Sender<GuestEvent>,
    mut actions: mpsc::Receiver<GuestAction>,
) {
    let GuestListener { tcp, settings } = listener;
    let mut lines: HashMap<ConnectionId, Line> = HashMap::new();
    let mut tasks = JoinSet::new();
    let mut last = ConnectionId::HOME;
    let mut accept_from = Instant::now();
    loop {
        let accepted = async {
            sleep_until(accept_from).await;
            tcp.accept().await
        };
        tokio::select! {
            action = actions.recv() => match action {
                Some(action) => carry_out(&mut lines, action),
                None => break,
            },
            Some(_) = tasks.join_next() => lines.retain(|_, line| !line.frames.is_closed()),
            accepted = accepted => match accepted {
                Ok((_, from)) if !settings.beyond_lan && !is_on_lan(from.ip()) => {}
                // Closed at once, so that the guest tries again later instead of waiting.
                Ok(_) if tasks.len() >= settings.limits.connections => {}
                Ok((stream, from)) => {
                    let source = Source::of(from.ip());
                    // Likewise: no device of a LAN takes the places of all the others.
                    let here = lines.values().filter(|line| line.source == source).count();
                    if here >= GUESTS_PER_SOURCE {
                        continue;
                    }
                    last = ConnectionId(last.0 + 1);
                    let (frames, outgoing) = line();
                    let (cut, cut_off) = oneshot::channel();
                    lines.insert(last, Line { source, frames, cut });
                    let guest = Guest { id: last, settings, events: events.clone() };
                    tasks.spawn(guest.serve(stream, outgoing, cut_off));
                }
                // Out of file descriptors, most likely: without a pause this would be a busy loop.
                Err(_) => accept_from = Instant::now() + ACCEPT_PAUSE,
            },
        }
    }
    // Closed by now as far as this end is concerned; they get a moment to say goodbye.
    lines.clear();
    let goodbye = async { while tasks.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(Duration::from_millis(250), goodbye).await;
}

fn carry_out(lines: &mut HashMap<ConnectionId, Line>, action: GuestAction) {
    match action {
        GuestAction::Send(guest, frame) => {
            let stuck = lines.get(&guest).is_some_and(|line| line.frames.push(frame) == Queued::TooSlow);
            if stuck && let Some(line) = lines.remove(&guest) {
                let _ = line.cut.send(());
            }
        }
        GuestAction::Close(guest) => {
            lines.remove(&guest);
        }
    }
}

/// Private (RFC 1918, RFC 4193), link-local or loopback. The shared space of RFC 6598 is the provider's, not
/// the LAN's.
fn is_on_lan(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local() || ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lan_is_private_link_local_and_loopback_in_both_families_and_nothing_else() {
        let lan = [
            "192.168.1.5",
            "10.0.0.1",
            "172.31.0.1",
            "169.254.1.1",
            "127.0.0.1",
            "fd00::1",
            "fe80::1",
            "::1",
            "::ffff:10.0.0.1",
        ];
        let world = ["8.8.8.8", "100.64.0.1", "172.32.0.1", "2001:db8::1", "::ffff:8.8.8.8", "0.0.0.0"];
        for ip in lan {
            assert!(is_on_lan(ip.parse().unwrap()), "{ip}");
        }
        for ip in world {
            assert!(!is_on_lan(ip.parse().unwrap()), "{ip}");
        }
    }
}
