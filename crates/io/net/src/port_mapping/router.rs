use std::{
    net::SocketAddrV4,
    num::NonZeroU16,
    pin::pin,
    time::{Duration, Instant},
};

use igd_next::aio::{Gateway, tokio::Tokio};
use parking_lot::Mutex;
use portmapper::{Client, Config, ProbeError, ProbeOutput, Protocol};
use tokio::{
    sync::watch::Receiver,
    time::{timeout, timeout_at},
};

use lanrage_nat::port_mapping::{MappingFailure, MappingProtocol};

use super::{
    is_no_address,
    upnp::{self, Igd, IgdMapping},
};

/// Longest time that giving back a mapping takes. PCP and NAT-PMP take a millisecond, UPnP is a request over HTTP.
pub const RELEASE_LIMIT: Duration = Duration::from_secs(1);

/// Implementation: the longest wait for the answer whether the router knows a protocol. The library waits half a second.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

/// The router of the present network. For another network make another: what the library has learned about the one
/// it keeps for ten minutes.
pub(super) struct Router {
    languages: [Language; 2],
    /// What the router has mapped by UPnP.
    mapped: Mutex<Option<(Gateway<Tokio>, u16)>>,
}

/// A client of the library that speaks one protocol only. One that speaks all would neither tell which of them it
/// uses, nor try the next where one fails.
struct Language {
    protocol: MappingProtocol,
    client: Client,
}

/// A mapping, for as long as its router is there.
pub(super) struct Lease {
    pub(super) protocol: MappingProtocol,
    from: Source,
}

/// Who tells of a mapping.
enum Source {
    Library(Receiver<Option<SocketAddrV4>>),
    Igd(IgdMapping),
}

impl Lease {
    pub(super) fn external(&mut self) -> Option<SocketAddrV4> {
        let external = match &mut self.from {
            Source::Library(external) => *external.borrow_and_update(),
            Source::Igd(mapping) => Some(mapping.external()),
        };
        external.filter(|external| !is_no_address(external.ip()))
    }

    /// Waits for another address or none. False if there will be no change.
    pub(super) async fn changed(&mut self) -> bool {
        match &mut self.from {
            Source::Library(external) => external.changed().await.is_ok(),
            Source::Igd(mapping) => {
                mapping.renew().await;
                false
            }
        }
    }
}

/// Those that the library speaks, the best first.
const PROTOCOLS: [MappingProtocol; 2] = [MappingProtocol::Pcp, MappingProtocol::NatPmp];

/// Implementation: the longest wait for a mapping. The library waits half a second for each answer of PCP and NAT-PMP;
/// UPnP takes some requests over HTTP, and home routers take their time.
const fn patience(protocol: MappingProtocol) -> Duration {
    match protocol {
        MappingProtocol::Pcp => Duration::from_millis(700),
        MappingProtocol::NatPmp => Duration::from_millis(1_200),
        MappingProtocol::Upnp => Duration::from_secs(5),
    }
}

const fn is_in(protocol: MappingProtocol, offered: &ProbeOutput) -> bool {
    match protocol {
        MappingProtocol::Pcp => offered.pcp,
        MappingProtocol::NatPmp => offered.nat_pmp,
        MappingProtocol::Upnp => offered.upnp,
    }
}

impl Router {
    /// Must be called within a runtime. Sends nothing yet.
    pub(super) fn new() -> Self {
        let language = |protocol| {
            let config = Config {
                enable_pcp: protocol == MappingProtocol::Pcp,
                enable_nat_pmp: protocol == MappingProtocol::NatPmp,
                enable_upnp: false,
                protocol: Protocol::Udp,
            };
            Language { protocol, client: Client::new(config) }
        };
        Self { languages: PROTOCOLS.map(language), mapped: Mutex::default() }
    }

    /// Asks for a mapping of `port`, in every language that the router knows until one succeeds.
    pub(super) async fn map(&self, port: NonZeroU16) -> Result<Lease, MappingFailure> {
        // Looked for at the same time, so that a router which knows only UPnP is found as fast.
        let (mut others, mut search) = (pin!(self.map_by_library(port)), pin!(Igd::search()));
        let (result, found) = tokio::select! {
            result = &mut others => (result, None),
            found = &mut search => (others.await, Some(found)),
        };
        let failure = match result {
            Err(failure) if failure != MappingFailure::NoRouter => failure,
            result => return result,
        };
        let found = match found {
            Some(found) => found,
            None => search.await,
        };
        let Some(igd) = found else { return Err(failure) };
        let asked = timeout(patience(MappingProtocol::Upnp), igd.map(port)).await;
        let mapping = asked.unwrap_or(Err(MappingFailure::Refused))?;
        *self.mapped.lock() = Some(mapping.to_release());
        Ok(Lease { protocol: MappingProtocol::Upnp, from: Source::Igd(mapping) })
    }

    async fn map_by_library(&self, port: NonZeroU16) -> Result<Lease, MappingFailure> {
        let probes = self.languages.each_ref().map(|language| language.client.probe());
        let limit = tokio::time::Instant::from_std(Instant::now() + PROBE_LIMIT);
        let mut failure = MappingFailure::NotOffered;
        for (language, probe) in self.languages.iter().zip(probes) {
            match timeout_at(limit, probe).await {
                Ok(Ok(Ok(offered))) if is_in(language.protocol, &offered) => {}
                Ok(Ok(Err(ProbeError::NoGateway { .. } | ProbeError::Ipv6Gateway { .. }))) => {
                    return Err(MappingFailure::NoRouter);
                }
                _ => continue,
            }
            if let Some(lease) = language.map(port).await {
                return Ok(lease);
            }
            failure = MappingFailure::Refused;
        }
        Err(failure)
    }

    /// Gives back what was mapped, and returns when that is done, at the latest after [`RELEASE_LIMIT`].
    pub(super) async fn release(&self) {
        let mapped = self.languages.iter().filter(|language| language.has_mapped());
        // Dropping a client aborts it with the release underway. But it does one thing after the other: who gets an
        // answer to a question that was asked later knows that the release is done. And where the protocol was seen in
        // the last ten minutes, the library answers without asking the router.
        let answers: Vec<_> = mapped
            .map(|language| {
                language.client.deactivate();
                language.client.probe()
            })
            .collect();
        let by_upnp = self.mapped.lock().take();
        let all = async {
            if let Some(mapped) = by_upnp {
                upnp::release(mapped).await;
            }
            for answer in answers {
                // Without an answer the client is gone; there is nothing left to wait for then either.
                let _ = answer.await;
            }
        };
        if timeout(RELEASE_LIMIT, all).await.is_err() {
            tracing::debug!("the router did not confirm that the mapping is removed");
        }
    }
}

impl Language {
    async fn map(&self, port: NonZeroU16) -> Option<Lease> {
        let mut external = self.client.watch_external_address();
        self.client.update_local_port(port);
        // What became of it, the lease tells.
        let _ = timeout(patience(self.protocol), external.wait_for(Option::is_some)).await;
        let mut lease = Lease { protocol: self.protocol, from: Source::Library(external) };
        if lease.external().is_some() {
            return Some(lease);
        }
        // Without this, naming the same port the next time would change nothing, and nothing would be tried.
        self.client.deactivate();
        None
    }

    fn has_mapped(&self) -> bool {
        self.client.watch_external_address().borrow().is_some()
    }
}
