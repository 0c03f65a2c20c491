use std::{
    collections::BTreeSet,
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_nat::{
    Allocation, Reach,
    relay_pool::{
        AllocationEnd, PeerRelayInfo, PoolOutput, PoolReceived, RelayPool, RelayView, ResolvedRelay,
        StreamInput,
    },
    relay_stream::{RelayStreamEvent, RelayStreamTarget},
    turn::TurnFailure,
};
use lanrage_party::{AllocationId, Candidate, PeerId, RelayOffer, RelayTransport, Subnet};
use tracing::{debug, info};

use crate::{
    output::{Output, RelayStreamCommand, Turn},
    peers::{connection::RelayAddress, signal::RelayDistance},
};

/// An allocation that carried nothing for so long is no longer watched as closely as one in use.
const BUSY_PERIOD: Duration = Duration::from_secs(2);

/// The relays that the control plane offers, and what this device holds on them.
#[derive(Debug)]
pub(crate) struct Relays {
    pool: RelayPool,
    offers: Vec<RelayOffer>,
    resolved: Vec<ResolvedRelay>,
    open: Vec<OpenAllocation>,
    busy: Vec<(AllocationId, Instant)>,
    /// Allocations whose relay does not answer: not used while that is so.
    silent: BTreeSet<AllocationId>,
    /// Where relays see us, not yet told to anybody.
    reflexive: Vec<(SocketAddr, SocketAddr)>,
    credentials_are_refused: bool,
}

/// An allocation that can be used.
#[derive(Debug, Clone)]
struct OpenAllocation {
    id: AllocationId,
    relayed: SocketAddr,
    relay: String,
}

impl Relays {
    pub(crate) fn new(now: Instant, seed: [u8; 32]) -> Self {
        Self {
            pool: RelayPool::new(now, seed),
            offers: Vec::new(),
            resolved: Vec::new(),
            open: Vec::new(),
            busy: Vec::new(),
            silent: BTreeSet::new(),
            reflexive: Vec::new(),
            credentials_are_refused: false,
        }
    }

    /// What the control plane offers now; their names are to be looked up.
    pub(crate) fn set_offers(&mut self, offers: Vec<RelayOffer>) {
        self.offers = offers;
    }

    pub(crate) fn offers(&self) -> &[RelayOffer] {
        &self.offers
    }

    /// The relays to choose from, with their addresses.
    pub(crate) fn set_relays(&mut self, now: Instant, relays: Vec<ResolvedRelay>) {
        if relays != self.resolved {
            self.pool.set_relays(now, &relays);
            self.resolved = relays;
        }
    }

    /// The network of the party to hold allocations for, if there is one.
    pub(crate) fn set_party(&mut self, now: Instant, network: Option<Subnet>) {
        self.pool.set_party_network(network);
        self.pool.set_active(now, network.is_some());
        if network.is_none() {
            self.pool.set_peers(now, &[]);
        }
    }

    /// Whom the allocations serve.
    pub(crate) fn set_peers(&mut self, now: Instant, peers: &[PeerRelayInfo]) {
        self.pool.set_peers(now, peers);
    }

    /// Packets have just moved by these allocations: the death of one must show at once.
    pub(crate) fn set_busy(&mut self, now: Instant, busy: &[AllocationId]) {
        for id in busy {
            match self.busy.iter_mut().find(|(known, _)| known == id) {
                Some((_, until)) => *until = now + BUSY_PERIOD,
                None => {
                    self.busy.push((*id, now + BUSY_PERIOD));
                    self.pool.set_busy(*id, true);
                }
            }
        }
        self.calm_down(now);
    }

    /// A path was lost, and a relay may have died with it: each of ours is asked at once whether it still knows us. One
    /// that was started again answers, but has forgotten its allocations.
    pub(crate) fn doubt(&mut self, now: Instant) {
        let open: Vec<AllocationId> = self.open.iter().map(|open| open.id).collect();
        self.set_busy(now, &open);
    }

    fn calm_down(&mut self, now: Instant) {
        let pool = &mut self.pool;
        self.busy.retain(|(id, until)| {
            let busy = now < *until;
            if !busy {
                pool.set_busy(*id, false);
            }
            busy
        });
    }

    pub(crate) fn handle_network_change(&mut self, now: Instant) {
        self.pool.handle_network_change(now);
    }

    /// A datagram that is not WireGuard's. True if it was a relay's, and needs nobody else's attention.
    pub(crate) fn handle_datagram(&mut self, turn: &mut Turn<'_>, from: SocketAddr, bytes: &[u8]) -> bool {
        match self.pool.handle_datagram(turn.now.instant, from, bytes) {
            PoolReceived::NotOurs => false,
            PoolReceived::Consumed => true,
            PoolReceived::Data { from, payload } => {
                let bytes = bytes[payload].to_vec();
                turn.push(Output::Relayed { from, bytes });
                true
            }
        }
    }

    /// Something of a connection to a relay over TCP or TLS.
    pub(crate) fn handle_stream(&mut self, turn: &mut Turn<'_>, id: AllocationId, event: &RelayStreamEvent) {
        let input = event.as_input();
        if let (StreamInput::Message(message), PoolReceived::Data { from, payload }) =
            (input, self.pool.handle_stream(turn.now.instant, id, input))
        {
            let bytes = message[payload].to_vec();
            turn.push(Output::Relayed { from, bytes });
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.calm_down(now);
        self.pool.handle_timeout(now);
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let calm = self.busy.iter().map(|(_, until)| *until);
        self.pool.poll_timeout().into_iter().chain(calm).min()
    }

    /// What the pool wants done. True if other allocations can be used than before.
    pub(crate) fn take_outputs(&mut self, turn: &mut Turn<'_>) -> bool {
        let mut changed = false;
        while let Some(output) = self.pool.poll_output() {
            turn.push(match output {
                PoolOutput::Transmit { to, bytes } => Output::Datagram { to: to.into(), bytes },
                PoolOutput::StreamConnect { allocation, transport, server, server_name } => {
                    let target = RelayStreamTarget { allocation, transport, server, server_name };
                    Output::RelayStream(RelayStreamCommand::Connect(target))
                }
                PoolOutput::StreamSend { allocation, bytes } => {
                    Output::RelayStream(RelayStreamCommand::Send { allocation, bytes })
                }
                PoolOutput::StreamClose { allocation } => {
                    Output::RelayStream(RelayStreamCommand::Close(allocation))
                }
                PoolOutput::Opened { allocation, server, transport, relayed, relay } => {
                    info!(allocation = allocation.0, relay, ?transport, "relay can be used");
                    changed = true;
                    self.open.push(OpenAllocation { id: allocation, relayed, relay });
                    match transport {
                        RelayTransport::Udp => Output::OpenAllocation { id: allocation, server },
                        RelayTransport::Tcp | RelayTransport::Tls => {
                            Output::RelayStream(RelayStreamCommand::Use(allocation))
                        }
                    }
                }
                PoolOutput::Closed { allocation, why } => {
                    self.credentials_are_refused |= why == AllocationEnd::Lost(TurnFailure::Unauthorized);
                    info!(allocation = allocation.0, ?why, "relay is left");
                    changed = true;
                    self.open.retain(|open| open.id != allocation);
                    self.silent.remove(&allocation);
                    self.busy.retain(|(id, _)| *id != allocation);
                    Output::CloseAllocation(allocation)
                }
                PoolOutput::Unresponsive { allocation } => {
                    debug!(allocation = allocation.0, "relay does not answer");
                    self.silent.insert(allocation);
                    changed = true;
                    continue;
                }
                PoolOutput::Responsive { allocation } => {
                    changed |= self.silent.remove(&allocation);
                    continue;
                }
                PoolOutput::ReflexiveAddress { server, address } => {
                    self.reflexive.push((server, address));
                    changed = true;
                    continue;
                }
                PoolOutput::Channel { allocation, peer, channel } => {
                    debug!(allocation = allocation.0, bound = channel.is_some(), "channel");
                    Output::SetChannel { allocation, peer, channel }
                }
            });
        }
        changed
    }

    /// Our addresses on relays.
    pub(crate) fn candidates(&self) -> Vec<Candidate> {
        self.pool.relayed_candidates()
    }

    /// The allocations that can be used.
    pub(crate) fn allocations(&self) -> Vec<Allocation> {
        let answering = self.open.iter().filter(|open| !self.silent.contains(&open.id));
        answering
            .map(|open| Allocation { id: open.id, reach: Reach::Family { ipv6: open.relayed.is_ipv6() } })
            .collect()
    }

    /// How far the relays are, for the peers.
    pub(crate) fn distances(&self) -> Vec<RelayDistance> {
        let distance = |(name, rtt): (String, Duration)| RelayDistance {
            name,
            rtt_ms: u32::try_from(rtt.as_millis()).unwrap_or(u32::MAX),
        };
        self.pool.relay_rtts().into_iter().map(distance).collect()
    }

    /// Where relays see us, since the last time.
    pub(crate) fn take_reflexive(&mut self) -> Vec<(SocketAddr, SocketAddr)> {
        std::mem::take(&mut self.reflexive)
    }

    /// Whether a relay has refused our credentials since the last time: newer ones are needed.
    pub(crate) fn take_refused_credentials(&mut self) -> bool {
        std::mem::take(&mut self.credentials_are_refused)
    }

    /// Whether a relay is reached at this address.
    pub(crate) fn is_server(&self, address: SocketAddr) -> bool {
        self.servers().any(|server| server == address)
    }

    /// Where relays are.
    pub(crate) fn servers(&self) -> impl Iterator<Item = SocketAddr> {
        let offered = self.resolved.iter().flat_map(|relay| &relay.servers).map(|(_, server)| *server);
        offered.chain(self.pool.alternates())
    }

    /// Whether no relay can be used.
    pub(crate) fn are_missing(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether there are relays, and all refuse the peer's addresses.
    pub(crate) fn refuse(&self, peer: &PeerId) -> bool {
        self.pool.refuses(peer)
    }

    /// The known relays by their addresses, as people call them.
    pub(crate) fn addresses(&self) -> Vec<RelayAddress> {
        let label = |name: &str, region: &str| match region {
            "" => name.to_owned(),
            region => format!("{name} ({region})"),
        };
        let labelled = |name: &str| {
            let relay = self.resolved.iter().find(|relay| relay.name == name);
            relay.map_or_else(|| name.to_owned(), |relay| label(name, &relay.region))
        };
        let open = self.open.iter().map(|open| RelayAddress {
            ip: open.relayed.ip(),
            allocation: Some(open.id),
            label: labelled(&open.relay),
        });
        let known = self.resolved.iter().flat_map(|relay| {
            let ips: BTreeSet<_> = relay.servers.iter().map(|(_, address)| address.ip()).collect();
            ips.into_iter().map(|ip| RelayAddress {
                ip,
                allocation: None,
                label: label(&relay.name, &relay.region),
            })
        });
        open.chain(known).collect()
    }

    /// The relays as shown, nearest first.
    pub(crate) fn views(&self) -> Vec<RelayView> {
        let mut relays = self.pool.relays();
        relays.sort_by_key(|relay| relay.rtt.unwrap_or(Duration::MAX));
        relays
    }
}
