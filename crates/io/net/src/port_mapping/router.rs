use std::{net::SocketAddrV4, num::NonZeroU16, pin::pin, time::Duration};

use igd_next::aio::{Gateway, tokio::Tokio};
use lanrage_nat::port_mapping::{MappingFailure, MappingProtocol};
use parking_lot::Mutex;
use tokio::time::timeout;

use super::{
    asked::{self, Asked, Mapped},
    is_no_address,
    upnp::{self, Igd, IgdMapping},
    way_out::WayOut,
};

/// Longest time that giving back a mapping takes. PCP and NAT-PMP take a millisecond, UPnP is a request over HTTP.
pub const RELEASE_LIMIT: Duration = Duration::from_secs(1);

/// Implementation: the longest wait for a mapping by UPnP: some requests over HTTP, and home routers take their time.
const UPNP_LIMIT: Duration = Duration::from_secs(5);

/// The router of the present network.
#[derive(Default)]
pub(super) struct Router {
    /// What it has mapped, to be given back.
    mapped: Mutex<Option<ToRelease>>,
}

enum ToRelease {
    Asked(Asked),
    Igd((Gateway<Tokio>, u16)),
}

/// A mapping, for as long as its router is there.
pub(super) struct Lease {
    pub(super) protocol: MappingProtocol,
    from: Source,
}

/// Who tells of a mapping.
enum Source {
    Asked(Mapped),
    Igd(IgdMapping),
}

impl Lease {
    pub(super) fn external(&self) -> Option<SocketAddrV4> {
        let external = match &self.from {
            Source::Asked(mapped) => mapped.external(),
            Source::Igd(mapping) => mapping.external(),
        };
        Some(external).filter(|external| !is_no_address(external.ip()))
    }

    /// Waits until it was renewed, perhaps at another address. False if it is not given any more.
    pub(super) async fn changed(&mut self) -> bool {
        match &mut self.from {
            Source::Asked(mapped) => mapped.renew().await,
            Source::Igd(mapping) => {
                mapping.renew().await;
                false
            }
        }
    }
}

impl Router {
    /// Asks for a mapping of `port`, in every language that the router knows until one succeeds. `known` is where the port was
    /// reached before: friends may know that, so it is asked for again, and otherwise for the same number outside.
    pub(super) async fn map(
        &self,
        port: NonZeroU16,
        known: Option<SocketAddrV4>,
    ) -> Result<Lease, MappingFailure> {
        let way = WayOut::present().await.ok_or(MappingFailure::NoRouter)?;
        let outside = known.unwrap_or_else(|| asked::same(port));
        // Looked for at the same time, so that a router which knows only UPnP is found as fast.
        let (mut directly, mut search) = (pin!(asked::map(way, port, outside)), pin!(Igd::search(way)));
        let (result, found) = tokio::select! {
            result = &mut directly => (result, None),
            found = &mut search => (directly.await, Some(found)),
        };
        let failure = match result {
            Ok(mapped) => {
                *self.mapped.lock() = Some(ToRelease::Asked(mapped.asked()));
                return Ok(Lease { protocol: mapped.asked().protocol(), from: Source::Asked(mapped) });
            }
            Err(failure) => failure,
        };
        let found = match found {
            Some(found) => found,
            None => search.await,
        };
        let Some(igd) = found else { return Err(failure) };
        let outside = NonZeroU16::new(outside.port()).unwrap_or(port);
        let asked = timeout(UPNP_LIMIT, igd.map(port, outside)).await;
        let mapping = asked.unwrap_or(Err(MappingFailure::Refused))?;
        *self.mapped.lock() = Some(ToRelease::Igd(mapping.to_release()));
        Ok(Lease { protocol: MappingProtocol::Upnp, from: Source::Igd(mapping) })
    }

    /// Gives back what was mapped, and returns when that is done, at the latest after [`RELEASE_LIMIT`].
    pub(super) async fn release(&self) {
        let mapped = self.mapped.lock().take();
        let release = async {
            match mapped {
                Some(ToRelease::Asked(asked)) => asked.release().await,
                Some(ToRelease::Igd(mapped)) => upnp::release(mapped).await,
                None => {}
            }
        };
        if timeout(RELEASE_LIMIT, release).await.is_err() {
            tracing::debug!("the router did not confirm that the mapping is removed");
        }
    }
}
