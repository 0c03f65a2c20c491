//! A STUN responder (RFC 8489 Binding without credentials), so that a self-hosted party needs no third party.

use std::{
    hash::{BuildHasher, RandomState},
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use lanrage_control::session::TokenBucket;
use lanrage_nat::stun;
use tokio::net::UdpSocket;

use crate::shutdown::Shutdown;

/// Answers per source: so many at once, so many per second. An answer is about twice a request, which makes
/// spoofing worthless already; this makes it pointless.
const BURST: u32 = 32;
const RATE: u32 = 8;
/// Places that sources share by their hash: constant memory, however many sources there are.
const PLACES: usize = 8_192;

/// Answers until shutdown.
pub(crate) async fn respond(socket: UdpSocket, mut shutdown: Shutdown) {
    let mut sources = Sources::new(Instant::now());
    let mut buffer = [0; stun::MESSAGE_BYTES];
    loop {
        let received = tokio::select! {
            received = socket.recv_from(&mut buffer) => received,
            () = shutdown.requested() => return,
        };
        match received {
            Ok((length, from)) => {
                let from = SocketAddr::new(from.ip().to_canonical(), from.port());
                if sources.admit(from.ip(), Instant::now())
                    && let Some(answer) = stun::answer(&buffer[..length], from)
                {
                    // Never waits: UDP that cannot be sent now is lost, as everywhere.
                    let _ = socket.try_send_to(&answer, reply_address(&socket, from));
                }
            }
            // Someone's port was closed, or the system is short of memory: neither is the end of the socket.
            Err(error) => {
                tracing::debug!(%error, "STUN receive failed");
                tokio::task::yield_now().await;
            }
        }
    }
}

/// A socket for both families takes IPv4 addresses only in their mapped form.
fn reply_address(socket: &UdpSocket, to: SocketAddr) -> SocketAddr {
    match (to.ip(), socket.local_addr()) {
        (IpAddr::V4(ip), Ok(SocketAddr::V6(_))) => SocketAddr::new(ip.to_ipv6_mapped().into(), to.port()),
        _ => to,
    }
}

struct Sources {
    hasher: RandomState,
    buckets: Vec<TokenBucket>,
}

impl Sources {
    fn new(now: Instant) -> Self {
        Self { hasher: RandomState::new(), buckets: vec![TokenBucket::new(BURST, RATE, now); PLACES] }
    }

    fn admit(&mut self, source: IpAddr, now: Instant) -> bool {
        let source = match source {
            IpAddr::V4(ip) => u64::from(u32::from(ip)),
            // A /64 is one customer.
            IpAddr::V6(ip) => (u128::from(ip) >> 64) as u64,
        };
        let place = self.hasher.hash_one(source) % PLACES as u64;
        self.buckets[place as usize].take(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_one_source_is_cut_and_all_of_its_ipv6_addresses_are_one() {
        let now = Instant::now();
        let mut sources = Sources::new(now);
        let flood = |n: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, n]);
        let answered = (0..1_000).filter(|n| sources.admit(flood(*n), now)).count();
        assert_eq!(answered, BURST as usize);
        let others = (0..100_u8).filter(|n| sources.admit(IpAddr::from([192, 0, 2, *n]), now)).count();
        assert!(others >= 95, "other sources are answered: {others} of 100");
    }
}
