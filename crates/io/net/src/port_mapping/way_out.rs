use std::net::Ipv4Addr;

use netdev::ipnet::Ipv4Net;
use tokio::task::spawn_blocking;

/// The way to the internet: our address, our network, and its router.
#[derive(Debug, Clone, Copy)]
pub(super) struct WayOut {
    pub(super) own: Ipv4Addr,
    pub(super) net: Ipv4Net,
    pub(super) router: Ipv4Addr,
}

impl WayOut {
    /// As the system has it now; `None` without one in IPv4.
    pub(super) async fn present() -> Option<Self> {
        spawn_blocking(present).await.ok()?
    }
}

fn present() -> Option<WayOut> {
    let interface = netdev::get_default_interface().ok()?;
    let routers = interface.gateway?.ipv4;
    interface.ipv4.iter().find_map(|net| {
        let router = *routers.iter().find(|router| net.contains(*router))?;
        Some(WayOut { own: net.addr(), net: *net, router })
    })
}
