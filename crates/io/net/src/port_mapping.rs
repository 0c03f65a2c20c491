//! A port of the router that leads to ours, asked for by PCP (RFC 6887), NAT-PMP (RFC 6886) or UPnP IGD.

mod asked;
mod router;
mod upnp;
mod way_out;

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    num::NonZeroU16,
    time::Duration,
};

use lanrage_nat::port_mapping::{MappingRequest, PortMapping};
use tokio::{
    sync::watch::{Receiver, Sender},
    time::sleep,
};

use router::{Lease, Router};

/// How long after a router that gave nothing another is looked for at most. A change of network does so at once.
pub const RETRY: Duration = Duration::from_secs(300);
/// Implementation: the same at first. A single lost datagram hides a router that knows UPnP alone, or one that starts.
const FIRST_RETRY: Duration = Duration::from_secs(2);
/// Implementation: how much longer each time.
const RETRY_GROWTH: u32 = 4;

/// Keeps the wanted port mapped and tells of it, until the sender of `wanted` is dropped. **Then gives the mapping
/// back before it returns**, within [`RELEASE_LIMIT`]: so wait for it at the end, rather than abort it.
///
/// Asks by the first of PCP, NAT-PMP and UPnP that the router offers, and renews the lease after half of its time
/// (half an hour with most routers). The port outside that it asks for is the one at which ours was reached before, or else the
/// same number, as friends know it, or guess it. A mapping that the router makes in the moment in which it is no longer
/// wanted stays until its lease ends.
pub async fn run(mut wanted: Receiver<MappingRequest>, results: Sender<PortMapping>) {
    // Which port was reached where, last.
    let mut known: Option<(NonZeroU16, SocketAddrV4)> = None;
    loop {
        let request = *wanted.borrow_and_update();
        let Some(port) = request.port else {
            results.send_replace(PortMapping::Off);
            match wanted.changed().await {
                Ok(()) => continue,
                Err(_) => return,
            }
        };
        let router = Router::default();
        let goes_on = tokio::select! {
            goes_on = other_request(&mut wanted, request) => goes_on,
            never = keep_mapped(&router, port, &mut known, &results) => match never {},
        };
        // Who reads this shall not send to a port that is about to be somebody else's.
        results.send_replace(PortMapping::Off);
        router.release().await;
        if !goes_on {
            return;
        }
    }
}

pub use router::RELEASE_LIMIT;

/// Waits until something else is wanted. False if nothing will be, ever.
async fn other_request(wanted: &mut Receiver<MappingRequest>, present: MappingRequest) -> bool {
    wanted.wait_for(|wanted| *wanted != present).await.is_ok()
}

async fn keep_mapped(
    router: &Router,
    port: NonZeroU16,
    known: &mut Option<(NonZeroU16, SocketAddrV4)>,
    results: &Sender<PortMapping>,
) -> std::convert::Infallible {
    let mut pause = FIRST_RETRY;
    loop {
        results.send_replace(PortMapping::Searching);
        let before = known.filter(|(known, _)| *known == port).map(|(_, outside)| outside);
        match router.map(port, before).await {
            Ok(lease) => {
                pause = FIRST_RETRY;
                follow(lease, port, known, results).await;
            }
            Err(reason) => {
                tracing::debug!(%reason, "no port is mapped");
                results.send_replace(PortMapping::Unavailable { reason });
                sleep(pause).await;
                pause = (pause * RETRY_GROWTH).min(RETRY);
            }
        }
    }
}

/// Tells of the mapping until the router no longer gives it.
async fn follow(
    mut lease: Lease,
    port: NonZeroU16,
    known: &mut Option<(NonZeroU16, SocketAddrV4)>,
    results: &Sender<PortMapping>,
) {
    while let Some(external) = lease.external() {
        *known = Some((port, external));
        let mapping = PortMapping::Mapped { external, protocol: lease.protocol };
        if results.send_if_modified(|known| std::mem::replace(known, mapping) != mapping) {
            tracing::info!(protocol = ?lease.protocol, "a port of the router leads to us");
        }
        if !lease.changed().await {
            return;
        }
    }
}

/// Whether a router says with this address that it has none itself.
fn is_no_address(ip: &Ipv4Addr) -> bool {
    ip.is_unspecified() || ip.is_loopback() || ip.is_broadcast() || ip.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routers_without_an_address_of_their_own_are_noticed() {
        assert!(is_no_address(&Ipv4Addr::UNSPECIFIED));
        assert!(!is_no_address(&Ipv4Addr::new(10, 0, 0, 1)));
    }
}
