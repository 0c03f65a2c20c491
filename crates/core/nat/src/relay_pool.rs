//! Which relays we hold allocations on, and how they are kept: [`RelayPool`]. Pure.

mod hold;
mod peers;
mod planner;
mod pulse;
mod redirects;
mod relay;
mod seeds;
mod upkeep;
mod view;

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_party::{
    AllocationId, Candidate, CandidateType, PeerId, RelayTransport, Remote, Subnet, facts::RelayFault, limits,
};

use hold::Hold;
use peers::Peers;
use planner::{MEASURING, Planner};
use pulse::{Pace, Pulse};
use relay::Relay;
use seeds::Seeds;
pub use view::{
    AllocationEnd, AllocationView, PeerRelayInfo, PoolOutput, PoolReceived, RelayState, RelayView,
    ResolvedRelay, StreamInput,
};

use crate::{TransactionIds, address::canonical, relay_choice::RelayHealth, stun, turn::Received};

/// Most relays that allocations are wanted on at a time.
pub const ALLOCATIONS: usize = 4;
/// Most allocations that exist at a time, with those that are being made, replaced or given back.
pub const HOLDS: usize = 2 * ALLOCATIONS;
/// Most addresses of a relay that are used per transport.
pub const SERVERS: usize = 4;

/// Holds allocations on the relays that serve us best, and measures all that are offered. Pure: see the crate's
/// documentation for how to drive it; outputs are drained with [`Self::poll_output`].
///
/// While there is a party ([`Self::set_active`]) it holds an allocation on the nearest relay, a warm spare on
/// another, and one on the best relay of each pair of peers (the formula is in [`crate::relay_choice`]), at most
/// [`ALLOCATIONS`]. What is not wanted any more is kept for 10 s after its successor was asked for.
///
/// A relay is reached by UDP. If that is not answered for 700 ms its first TCP and TLS addresses are tried at once, each
/// next one half a second later beside them, and
/// the first to serve is kept, until UDP works again, which is tried after a change of network, when the relay
/// answers a measurement, and at most every 60 s. A stream that answers no more is kept for five seconds, in which the
/// others are tried in the same way.
///
/// While traffic flows by an allocation ([`Self::set_busy`]) its server is asked every 200 ms, and counts as dead
/// after 300 ms of silence and its round trip: [`PoolOutput::Unresponsive`]. If it was the nearest, the spare is already
/// there, and another spare is opened at once. An allocation that the server forgot is made anew at once.
///
/// A relay that sends us to another server (300, RFC 8489 §10) is that server from then on, over the same transport, until
/// it fails; at most three in a row, and none in a loop or into a private network.
///
/// A relay that refuses all addresses of a peer (403, RFC 8656 §19) is not the pair's, nor anybody's that refuses all peers
/// so, while there is another.
///
/// Addresses that peers' datagrams come from by an allocation without having been named (symmetric NAT) get a
/// channel as well, a few per IP address.
#[derive(Debug)]
pub struct RelayPool {
    seeds: Seeds,
    ids: TransactionIds,
    next_allocation: u32,
    active: bool,
    /// The party's own network, into which no relay may send us.
    party_network: Option<Subnet>,
    relays: Vec<Relay>,
    /// Every UDP address of a relay that is offered or held.
    servers: BTreeMap<SocketAddr, Server>,
    holds: Vec<Hold>,
    peers: Peers,
    planner: Planner,
    upkeep: Upkeep,
    /// Until then relays are only taken once they are measured.
    measuring_until: Instant,
    /// When everything that was due was done.
    settled_at: Instant,
    /// Something became due since.
    hurry: bool,
    outputs: VecDeque<PoolOutput>,
}

#[derive(Debug)]
struct Server {
    pulse: Pulse,
    /// Where it sees us.
    mapped: Option<SocketAddr>,
}

impl RelayPool {
    /// A pool without relays. `seed` makes its transaction ids: 32 random bytes, used for nothing else.
    pub fn new(now: Instant, seed: [u8; 32]) -> Self {
        let mut seeds = Seeds::new(seed);
        Self {
            ids: TransactionIds::from_seed(seeds.next()),
            seeds,
            next_allocation: 0,
            active: false,
            party_network: None,
            relays: Vec::new(),
            servers: BTreeMap::new(),
            holds: Vec::new(),
            peers: Peers::default(),
            planner: Planner::default(),
            upkeep: Upkeep::default(),
            measuring_until: now,
            settled_at: now,
            hurry: false,
            outputs: VecDeque::new(),
        }
    }

    /// The relays that are offered, best first as far as the offer knows. The same name is the same relay: its
    /// credentials and addresses are renewed in place. At most [`limits::RELAYS`].
    pub fn set_relays(&mut self, now: Instant, offers: &[ResolvedRelay]) {
        let mut former = std::mem::take(&mut self.relays);
        for offer in offers.iter().map(relay::bounded) {
            if self.relays.len() == limits::RELAYS
                || self.relays.iter().any(|other| other.name() == offer.name)
            {
                continue;
            }
            let relay = match former.iter().position(|relay| relay.name() == offer.name) {
                Some(index) => {
                    let mut relay = former.swap_remove(index);
                    if relay.offer.credentials != offer.credentials {
                        for hold in self.holds.iter_mut().filter(|hold| hold.relay == offer.name) {
                            hold.set_credentials(now, &offer.credentials);
                        }
                    }
                    relay.renew(now, offer);
                    relay
                }
                None => {
                    self.measuring_until = now + MEASURING;
                    Relay::new(now, offer)
                }
            };
            self.relays.push(relay);
        }
        self.settle(now);
    }

    /// Whether there is a party: allocations are held only then.
    pub fn set_active(&mut self, now: Instant, active: bool) {
        if active == self.active {
            return;
        }
        self.active = active;
        self.planner = Planner::default();
        if active {
            self.measuring_until = now + MEASURING;
            self.relays.iter_mut().for_each(|relay| relay.network_changed(now));
        } else {
            for hold in self.holds.iter_mut().filter(|hold| hold.is_live()) {
                hold.close(now, AllocationEnd::Left, &mut self.outputs);
            }
        }
        self.settle(now);
    }

    /// The party's own network: no relay's redirection leads there.
    pub fn set_party_network(&mut self, network: Option<Subnet>) {
        self.party_network = network;
    }

    /// Whom the allocations serve; at most [`limits::PEERS_PER_PARTY`]. Each address gets a permission and a channel on
    /// every allocation of its family; where there are too many, every peer's first ones do.
    pub fn set_peers(&mut self, now: Instant, peers: &[PeerRelayInfo]) {
        let before = self.peers.infos().to_vec();
        if self.peers.set(peers) {
            let addresses = |infos: &[PeerRelayInfo], peer: &PeerId| {
                infos.iter().find(|info| info.peer == *peer).map(|info| info.addresses.clone())
            };
            let infos = self.peers.infos();
            let is_as_before = |peer: &PeerId| addresses(infos, peer) == addresses(&before, peer);
            self.relays.iter_mut().for_each(|relay| relay.retain_refused(is_as_before));
            let (peers, outputs) = (&self.peers, &mut self.outputs);
            self.holds.iter_mut().for_each(|hold| hold.set_peers(now, peers, outputs));
            (0..self.holds.len()).for_each(|index| self.note_answers(now, index));
            self.settle(now);
        }
    }

    /// Whether traffic flows by an allocation, so that its relay's death must be noticed at once. Look at
    /// [`Self::poll_timeout`] afterwards.
    pub fn set_busy(&mut self, allocation: AllocationId, busy: bool) {
        if let Some(hold) = self.holds.iter_mut().find(|hold| hold.id == allocation) {
            hold.busy = busy;
            self.hurry = true;
        }
    }

    /// Gives a datagram that came from `from`. Unless it is a relay's, it is somebody else's and nothing happened.
    pub fn handle_datagram(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) -> PoolReceived {
        let from = canonical(from);
        let known = match self.servers.get_mut(&from) {
            Some(server) => stun::is_stun(bytes) && server.pulse.received(now, bytes),
            None => false,
        };
        if known && let Some(mapped) = binding_reply(bytes) {
            self.mapped(now, from, mapped);
            self.settle(now);
            return PoolReceived::Consumed;
        }
        // One that was given back may share the address with its successor: the living one is asked first.
        let holds =
            self.holds.iter().enumerate().filter(|(_, hold)| !hold.is_stream() && hold.server == from);
        let mut indices: Vec<usize> = holds.map(|(index, _)| index).collect();
        indices.sort_by_key(|index| !self.holds[*index].is_live());
        for index in indices {
            match self.received_by(now, index, bytes) {
                PoolReceived::NotOurs => {}
                received => return received,
            }
        }
        if known { PoolReceived::Consumed } else { PoolReceived::NotOurs }
    }

    /// Says what the stream of an allocation did. Of streams that are not (any more) expected, nothing happens.
    pub fn handle_stream(
        &mut self,
        now: Instant,
        allocation: AllocationId,
        input: StreamInput<'_>,
    ) -> PoolReceived {
        let index = self.holds.iter().position(|hold| hold.id == allocation && hold.is_stream());
        let Some(index) = index else {
            return PoolReceived::NotOurs;
        };
        match input {
            StreamInput::Connected => self.holds[index].connected(now),
            StreamInput::Message(bytes) => {
                let pulse = self.holds[index].pulse.as_mut();
                let known = stun::is_stun(bytes) && pulse.is_some_and(|pulse| pulse.received(now, bytes));
                if !known || binding_reply(bytes).is_none() {
                    return self.received_by(now, index, bytes);
                }
            }
            StreamInput::Closed { cause } => {
                let was_open = self.holds[index].is_open();
                self.holds[index].stream_ended(&mut self.outputs);
                let fault = RelayFault::RelayStream { cause: cause.clone() };
                self.stream_failed(now, index, fault, was_open);
            }
        }
        self.settle(now);
        PoolReceived::Consumed
    }

    /// Our network changed, or the device woke up: everything is measured, asked for and tried again at once.
    pub fn handle_network_change(&mut self, now: Instant) {
        for server in self.servers.values_mut() {
            server.pulse.restart();
            server.mapped = None;
        }
        for relay in &mut self.relays {
            relay.network_changed(now);
        }
        for hold in self.holds.iter_mut().filter(|hold| hold.is_live()) {
            if let Some(pulse) = &mut hold.pulse {
                pulse.restart();
            }
            hold.check(now);
        }
        self.upkeep = Upkeep::default();
        self.measuring_until = now + MEASURING;
        self.settle(now);
    }

    /// Does what is due at `now`. Calling it early does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.settle(now);
    }

    /// The next thing to do or to know. Drain after every input.
    pub fn poll_output(&mut self) -> Option<PoolOutput> {
        self.outputs.pop_front()
    }

    /// When to call [`Self::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.hurry {
            return Some(self.settled_at);
        }
        // Whatever was due has been done: what lies in the past can only be a wish that could not be fulfilled.
        self.deadlines().into_iter().filter(|at| *at > self.settled_at).min()
    }

    /// Our addresses on relays, best first: relayed candidates.
    pub fn relayed_candidates(&self) -> Vec<Candidate> {
        let mut allocations = self.allocations();
        allocations.retain(|allocation| !allocation.retiring);
        allocations.sort_by_key(|allocation| {
            (!allocation.responsive, allocation.transport, allocation.rtt.unwrap_or(Duration::MAX))
        });
        let address = |allocation: AllocationView| allocation.relayed;
        let candidate = |address| Candidate { kind: CandidateType::Relayed, address };
        allocations.into_iter().map(address).map(candidate).collect()
    }

    /// The allocations that can be used, in the order in which they were asked for.
    pub fn allocations(&self) -> Vec<AllocationView> {
        let open = self.holds.iter().filter_map(|hold| {
            let relay = self.relays.iter().find(|relay| relay.name() == hold.relay);
            Some(AllocationView {
                id: hold.id,
                relay: hold.relay.clone(),
                region: relay.map(|relay| relay.offer.region.clone()).unwrap_or_default(),
                transport: hold.transport,
                relayed: hold.relayed?,
                rtt: self.pulse_of(hold).and_then(Pulse::rtt),
                responsive: hold.is_responsive(),
                retiring: hold.retiring.is_some(),
            })
        });
        open.collect()
    }

    /// Round trips to the relays that answer, to be told to peers.
    pub fn relay_rtts(&self) -> Vec<(String, Duration)> {
        let rtts = self.relays.iter().filter_map(|relay| Some((relay.name().to_owned(), self.rtt(relay)?)));
        rtts.collect()
    }

    /// Whether there are allocations, and the relay of each refuses every address of the peer.
    pub fn refuses(&self, peer: &PeerId) -> bool {
        let mut relays =
            self.relays.iter().filter(|relay| self.holds_of(relay).any(Hold::is_open)).peekable();
        relays.peek().is_some() && relays.all(|relay| relay.refuses(self.settled_at, peer))
    }

    /// The servers that relays have sent us to.
    pub fn alternates(&self) -> impl Iterator<Item = SocketAddr> {
        self.holds
            .iter()
            .filter(|hold| {
                self.relays.iter().any(|relay| relay.redirects.lead_to(hold.transport, hold.server))
            })
            .map(|hold| hold.server)
    }

    /// Every relay that is offered, for people.
    pub fn relays(&self) -> Vec<RelayView> {
        let view = |relay: &Relay| RelayView {
            name: relay.offer.name.clone(),
            region: relay.offer.region.clone(),
            rtt: self.rtt(relay),
            load_percent: relay.offer.load_percent,
            state: self.state_of(relay),
        };
        self.relays.iter().map(view).collect()
    }

    fn state_of(&self, relay: &Relay) -> RelayState {
        if self.refuses_all(self.settled_at, relay) {
            return RelayState::Failed { reason: RelayFault::RelayRefusesFriends, retry_at: None };
        }
        let mut holds = self.holds_of(relay).filter(|hold| hold.is_current());
        if let Some(hold) = holds.clone().find(|hold| hold.is_open() && hold.is_responsive()) {
            return RelayState::Held { transport: hold.transport };
        }
        if let Some(trouble) = relay.trouble() {
            return RelayState::Failed { reason: trouble.reason.clone(), retry_at: Some(trouble.retry_at) };
        }
        let servers = || relay.servers(RelayTransport::Udp).filter_map(|server| self.servers.get(&server));
        let alive = |alive| servers().any(|server| server.pulse.alive() == alive);
        if !alive(Some(true)) && alive(Some(false)) {
            let retry_at =
                servers().filter_map(|server| server.pulse.deadline(self.settled_at, self.calm())).min();
            return RelayState::Failed { reason: RelayFault::RelaySilent, retry_at };
        }
        if holds.next().is_some() {
            return RelayState::Opening;
        }
        if alive(Some(true)) { RelayState::Ready } else { RelayState::Measuring }
    }

    fn received_by(&mut self, now: Instant, index: usize, bytes: &[u8]) -> PoolReceived {
        let hold = &mut self.holds[index];
        match hold.handle_datagram(now, bytes) {
            Received::NotOurs => PoolReceived::NotOurs,
            Received::Nothing => {
                self.settle(now);
                PoolReceived::Consumed
            }
            // The relay asks our permissions; one that does not is not to be trusted with what they are.
            Received::Data { peer, .. } if !self.peers.knows(peer.ip()) || !hold.is_open() => {
                PoolReceived::Consumed
            }
            Received::Data { peer, payload } => {
                let from = Remote::relayed(hold.id, peer);
                if hold.learn(now, peer, &mut self.outputs) {
                    self.settle(now);
                }
                PoolReceived::Data { from, payload }
            }
        }
    }

    fn mapped(&mut self, now: Instant, server: SocketAddr, mapped: Option<SocketAddr>) {
        let (Some(mapped), Some(entry)) = (mapped.map(canonical), self.servers.get_mut(&server)) else {
            return;
        };
        for hold in self.holds.iter_mut().filter(|hold| !hold.is_stream() && hold.server == server) {
            hold.seen_at(now, mapped);
        }
        let before = entry.mapped.replace(mapped);
        // Another port of the same router: it had forgotten the one of before, and gave the next.
        if before.is_some_and(|before| before.ip() == mapped.ip() && before != mapped)
            && let Some(pause) = self.upkeep.forgotten(now)
        {
            self.holds.iter_mut().for_each(|hold| hold.refresh_every(pause));
        }
        if before != Some(mapped) {
            self.outputs.push_back(PoolOutput::ReflexiveAddress { server, address: mapped });
        }
    }

    fn pulse_of<'a>(&'a self, hold: &'a Hold) -> Option<&'a Pulse> {
        hold.pulse.as_ref().or_else(|| self.servers.get(&hold.server).map(|server| &server.pulse))
    }

    fn holds_of<'a>(&'a self, relay: &'a Relay) -> impl Iterator<Item = &'a Hold> + Clone {
        self.holds.iter().filter(|hold| hold.relay == relay.name())
    }

    /// Round trip by the way that works.
    fn rtt(&self, relay: &Relay) -> Option<Duration> {
        let udp =
            relay.servers(RelayTransport::Udp).filter_map(|server| Some(&self.servers.get(&server)?.pulse));
        let streams = self.holds_of(relay).filter(|hold| hold.is_open() && hold.is_live());
        let streams = streams.filter_map(|hold| hold.pulse.as_ref());
        let best = |pulse: &Pulse| pulse.rtt().filter(|_| pulse.alive() == Some(true));
        // Until another server is measured that it sent us to, the relay counts as far as it was.
        let offered =
            relay.offered(RelayTransport::Udp).filter_map(|server| Some(&self.servers.get(&server)?.pulse));
        let udp = udp.filter_map(best).min().or_else(|| streams.filter_map(best).min());
        udp.or_else(|| offered.filter_map(best).min())
    }

    fn health(&self, now: Instant, relay: &Relay) -> RelayHealth {
        let rtt = self.rtt(relay);
        RelayHealth {
            rtt,
            load_percent: relay.offer.load_percent,
            healthy: rtt.is_some() && relay.is_trusted(now) && !self.refuses_all(now, relay),
            failures: relay.failures(now),
        }
    }

    /// Whether the relay refuses every peer that there is.
    fn refuses_all(&self, now: Instant, relay: &Relay) -> bool {
        let peers = self.peers.infos();
        !peers.is_empty() && peers.iter().all(|info| relay.refuses(now, &info.peer))
    }

    /// How much depends on relays without traffic.
    fn calm(&self) -> Pace {
        if self.active { Pace::Ready } else { Pace::Idle }
    }
}

/// How often allocations are refreshed, where a router on the way forgets sooner than most.
#[derive(Debug, Default)]
struct Upkeep {
    pause: Option<Duration>,
    shortened_at: Option<Instant>,
}

impl Upkeep {
    /// Implementation: the first such pause, half of what a client keeps by itself, and the shortest.
    const FIRST: Duration = Duration::from_secs(10);
    const SHORTEST: Duration = Duration::from_secs(2);

    /// The router has forgotten a way to a relay. Returns the pause from now on, if it is another: what several relays see of
    /// one pause counts once.
    fn forgotten(&mut self, now: Instant) -> Option<Duration> {
        let pause = self.pause.map_or(Self::FIRST, |pause| (pause / 2).max(Self::SHORTEST));
        let counts = self.shortened_at.is_none_or(|at| now >= at + pause);
        (counts && self.pause != Some(pause)).then(|| {
            self.shortened_at = Some(now);
            *self.pause.insert(pause)
        })
    }
}

/// Whether a message is a reply to a Binding request; and if so, what it says.
fn binding_reply(bytes: &[u8]) -> Option<Option<SocketAddr>> {
    match stun::parse(bytes) {
        Ok(stun::Message::BindingResponse { mapped, .. }) => Some(Some(mapped)),
        Ok(stun::Message::BindingError { .. }) => Some(None),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
