use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_party::{PeerId, RelayTransport, facts::RelayFault};

use super::{ResolvedRelay, SERVERS, redirects::Redirects};
use crate::turn::IpFamily;

/// Implementation: for so long a failure counts against a relay.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Implementation: after a failure a relay is left alone for so long unless there is no other, doubled with every
/// further one.
const FIRST_DISTRUST: Duration = Duration::from_secs(2);
const LONGEST_DISTRUST: Duration = Duration::from_secs(30);
/// Implementation: for so long a relay is believed not to reach a peer that it refused. While it is in use it is asked every
/// 30 s.
const REFUSAL: Duration = Duration::from_secs(300);
/// Failures that are counted.
const FAILURES: usize = 8;

/// A relay that is offered, and what we went through with it.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) offer: ResolvedRelay,
    /// Of relayed addresses: IPv4, which everybody can reach, unless the relay has none.
    pub(super) family: IpFamily,
    pub(super) redirects: Redirects,
    failures: VecDeque<Instant>,
    /// The peers that it does not reach by any of their addresses, and until when that is believed.
    refused: BTreeMap<PeerId, Instant>,
    trouble: Option<Trouble>,
    distrusted_until: Option<Instant>,
    /// When UDP is worth another try, although a stream works.
    pub(super) udp_again_at: Instant,
    /// When streams are worth another try.
    pub(super) streams_again_at: Instant,
    /// How often all of them failed, one time after the other.
    pub(super) stream_rounds: u32,
    /// What was tried since then.
    pub(super) streams_tried: BTreeSet<(RelayTransport, SocketAddr)>,
}

/// The last failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) reason: RelayFault,
    pub(super) retry_at: Instant,
}

impl Relay {
    pub(super) fn new(now: Instant, offer: ResolvedRelay) -> Self {
        Self {
            offer,
            family: IpFamily::V4,
            redirects: Redirects::default(),
            failures: VecDeque::new(),
            refused: BTreeMap::new(),
            trouble: None,
            distrusted_until: None,
            udp_again_at: now,
            streams_again_at: now,
            stream_rounds: 0,
            streams_tried: BTreeSet::new(),
        }
    }

    /// A newer offer of the same relay.
    pub(super) fn renew(&mut self, now: Instant, offer: ResolvedRelay) {
        if self.offer.credentials != offer.credentials {
            // It may have been about them.
            self.network_changed(now);
        }
        self.offer = offer;
        let offered = &self.offer.servers;
        self.redirects.retain(|transport, server| offered.contains(&(transport, server)));
    }

    /// What failed may work now.
    pub(super) fn network_changed(&mut self, now: Instant) {
        self.trouble = None;
        self.redirects.network_changed();
        self.distrusted_until = None;
        self.udp_again_at = now;
        self.streams_again_at = now;
        self.stream_rounds = 0;
        self.streams_tried.clear();
    }

    pub(super) fn name(&self) -> &str {
        &self.offer.name
    }

    /// Its servers of a transport, best first: those that the offered ones send us to.
    pub(super) fn servers(&self, transport: RelayTransport) -> impl Iterator<Item = SocketAddr> {
        self.offered(transport).map(move |server| self.redirects.target(transport, server))
    }

    /// Its servers of a transport as they are offered.
    pub(super) fn offered(&self, transport: RelayTransport) -> impl Iterator<Item = SocketAddr> {
        self.offer.servers.iter().filter(move |server| server.0 == transport).map(|server| server.1)
    }

    /// What the certificate of one of its servers must be for.
    pub(super) fn tls_name(&self, transport: RelayTransport, server: SocketAddr) -> String {
        let other = self.redirects.domain(transport, server);
        other.map_or_else(|| self.offer.tls_name.clone(), str::to_owned)
    }

    pub(super) fn has(&self, transport: RelayTransport, server: SocketAddr) -> bool {
        self.servers(transport).any(|other| other == server)
    }

    pub(super) fn has_streams(&self) -> bool {
        self.offer.servers.iter().any(|server| server.0 != RelayTransport::Udp)
    }

    /// It let us down, and is not to be trusted for a while or does only count as worse.
    pub(super) fn failed(&mut self, now: Instant, reason: RelayFault, retry_at: Instant, distrust: bool) {
        self.forget(now);
        if self.failures.len() == FAILURES {
            self.failures.pop_front();
        }
        self.failures.push_back(now);
        self.trouble = Some(Trouble { reason, retry_at });
        if !distrust {
            return;
        }
        let doublings = u32::try_from(self.failures.len() - 1).unwrap_or(u32::MAX).min(8);
        let distrust = FIRST_DISTRUST.saturating_mul(1 << doublings).min(LONGEST_DISTRUST);
        self.distrusted_until = Some(retry_at.max(now + distrust));
    }

    /// It serves us.
    pub(super) fn works(&mut self) {
        self.trouble = None;
        self.redirects.worked();
        self.stream_rounds = 0;
        self.streams_tried.clear();
    }

    /// It has said whether it reaches a peer.
    pub(super) fn reaches(&mut self, now: Instant, peer: PeerId, reaches: bool) {
        match reaches {
            true => self.refused.remove(&peer),
            false => self.refused.insert(peer, now + REFUSAL),
        };
    }

    /// Whether it refuses every address of a peer.
    pub(super) fn refuses(&self, now: Instant, peer: &PeerId) -> bool {
        self.refused.get(peer).is_some_and(|until| now < *until)
    }

    /// When that may change by itself.
    pub(super) fn refusal_ends_at(&self) -> impl Iterator<Item = Instant> {
        self.refused.values().copied()
    }

    /// Forgets what it said of all peers but these.
    pub(super) fn retain_refused(&mut self, keep: impl Fn(&PeerId) -> bool) {
        self.refused.retain(|peer, _| keep(peer));
    }

    pub(super) fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    /// Failures that still count.
    pub(super) fn failures(&self, now: Instant) -> u8 {
        let recent = self.failures.iter().filter(|at| now < **at + REMEMBERED);
        u8::try_from(recent.count()).unwrap_or(u8::MAX)
    }

    pub(super) fn is_trusted(&self, now: Instant) -> bool {
        self.distrusted_until.is_none_or(|until| now >= until)
    }

    pub(super) fn distrusted_until(&self) -> Option<Instant> {
        self.distrusted_until
    }

    fn forget(&mut self, now: Instant) {
        self.failures.retain(|at| now < *at + REMEMBERED);
    }
}

/// Without what is too much, and each address in one form.
pub(super) fn bounded(offer: &ResolvedRelay) -> ResolvedRelay {
    let mut servers: Vec<(RelayTransport, SocketAddr)> = Vec::new();
    for transport in [RelayTransport::Udp, RelayTransport::Tcp, RelayTransport::Tls] {
        let of_transport = offer.servers.iter().filter(|server| server.0 == transport);
        let of_transport = of_transport.map(|server| (transport, crate::address::canonical(server.1)));
        servers.extend(of_transport.filter(|server| server.1.port() != 0).take(SERVERS));
    }
    ResolvedRelay { servers, ..offer.clone() }
}
