//! What the packet threads report, in two queues: what strangers can send fills the one, and what came out of a session
//! is never behind it.

use std::sync::Arc;

use lanrage_party::TunnelEvent;
use lanrage_tunnel::EventSink;
use tokio::{
    select,
    sync::mpsc::{Receiver, channel},
};

/// Reports on peers, the device and the sockets that may wait.
const AUTHENTICATED: usize = 1_024;
/// Knocks and STUN that may wait: answers of servers and punches. Of all three the tunnel lets few through.
const DATAGRAMS: usize = 256;

/// The end of both queues. What finds its queue full is dropped, and counted by the tunnel: each kind is said again.
pub(crate) struct ReportsPort {
    authenticated: Receiver<TunnelEvent>,
    datagrams: Receiver<TunnelEvent>,
}

/// The port, and where the packet threads put their reports.
pub(crate) fn queues() -> (EventSink, ReportsPort) {
    let (to_authenticated, authenticated) = channel(AUTHENTICATED);
    let (to_datagrams, datagrams) = channel(DATAGRAMS);
    let sink = Arc::new(move |event| {
        let is_strange = matches!(event, TunnelEvent::Datagram { .. } | TunnelEvent::Knock { .. });
        let queue = if is_strange { &to_datagrams } else { &to_authenticated };
        queue.try_send(event).is_ok()
    });
    (sink, ReportsPort { authenticated, datagrams })
}

impl ReportsPort {
    /// The next report, authenticated ones first; None when there is no tunnel any more. Nothing is lost if it is not
    /// waited for to the end.
    pub(crate) async fn recv(&mut self) -> Option<TunnelEvent> {
        select! {
            biased;
            Some(event) = self.authenticated.recv() => Some(event),
            Some(event) = self.datagrams.recv() => Some(event),
            else => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use lanrage_party::DeviceIdentity;

    use super::*;

    #[tokio::test]
    async fn a_flood_of_datagrams_leaves_room_for_what_came_out_of_a_session_and_does_not_delay_it() {
        let (sink, mut reports) = queues();
        let from = SocketAddr::from((Ipv4Addr::LOCALHOST, 9)).into();
        let taken = (0..10_000).filter(|_| sink(TunnelEvent::Datagram { from, bytes: vec![1] })).count();
        assert_eq!(taken, DATAGRAMS);
        let peer = DeviceIdentity::from_seed(&[7; 32]).peer_id();
        assert!(sink(TunnelEvent::SessionEstablished { peer, from }));
        let first = reports.recv().await;
        assert!(matches!(first, Some(TunnelEvent::SessionEstablished { .. })), "{first:?}");
        assert!(matches!(reports.recv().await, Some(TunnelEvent::Datagram { .. })));
    }
}
