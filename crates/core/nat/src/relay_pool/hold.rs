use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_party::{AllocationId, RelayTransport};

use super::{
    AllocationEnd, PoolOutput,
    peers::{Learnt, Lesson, Peers},
    pulse::{Pace, Pulse},
};
use crate::turn::{
    Alternate, Framing, IpFamily, Received, Transport, TurnClient, TurnClientConfig, TurnCredentials,
    TurnEvent, TurnFailure,
};

/// Implementation: how long a stream may take to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Implementation: for so long an allocation that is not wanted any more is kept, so that peers who send to it have
/// time to move.
pub(super) const GRACE: Duration = Duration::from_secs(10);
/// Specification: the code of a server that has no addresses of a family (RFC 8656 §19).
const ADDRESS_FAMILY_NOT_SUPPORTED: u16 = 440;

/// An allocation that is being made, held or given back, on one server by one transport.
#[derive(Debug)]
pub(super) struct Hold {
    /// Another one after each loss.
    pub(super) id: AllocationId,
    pub(super) relay: String,
    pub(super) transport: RelayTransport,
    pub(super) server: SocketAddr,
    pub(super) created_at: Instant,
    /// Since when it has not been wanted any more, and why.
    pub(super) retiring: Option<Retirement>,
    /// Our address on the relay, while there is an allocation.
    pub(super) relayed: Option<SocketAddr>,
    /// Where the server saw us when it was made.
    mapped: Option<SocketAddr>,
    pub(super) busy: bool,
    /// Of a stream; that of a UDP server outlives the allocations on it.
    pub(super) pulse: Option<Pulse>,
    stage: Stage,
    /// As far as TURN's own requests tell.
    refreshed: bool,
    /// As it was said.
    responsive: bool,
    /// As they were said.
    channels: BTreeMap<SocketAddr, u16>,
    /// Those that the relay does not reach.
    refused: BTreeSet<SocketAddr>,
    /// As the client was told.
    permitted: BTreeSet<SocketAddr>,
    learnt: Learnt,
}

/// On its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Retirement {
    pub(super) since: Instant,
    /// Another hold on the same relay is better: there is no way back.
    pub(super) superseded: bool,
    pub(super) why: AllocationEnd,
}

#[derive(Debug)]
enum Stage {
    /// The stream is being connected.
    Connecting {
        config: TurnClientConfig,
        seed: [u8; 32],
    },
    Running(TurnClient),
    /// Given back, as far as we are concerned; driven until the server has heard.
    Closing(TurnClient),
    Gone,
}

/// What became of a hold that the pool has to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HoldEvent {
    Opened {
        mapped: Option<SocketAddr>,
    },
    /// `was_open`: there was an allocation.
    Failed {
        failure: TurnFailure,
        retry_at: Instant,
        was_open: bool,
    },
    /// The relay reaches other addresses than before.
    PeersAnswered,
    /// The relay sends us to another server.
    Redirected {
        to: Alternate,
        retry_at: Instant,
    },
    /// The relay has no addresses of this family.
    OtherFamily,
}

/// What a hold is for.
#[derive(Debug)]
pub(super) struct Purpose {
    pub(super) relay: String,
    pub(super) transport: RelayTransport,
    pub(super) server: SocketAddr,
    pub(super) family: IpFamily,
    pub(super) credentials: TurnCredentials,
}

impl Hold {
    pub(super) fn new(now: Instant, id: AllocationId, purpose: Purpose, seed: [u8; 32]) -> Self {
        let Purpose { relay, transport, server, family, credentials } = purpose;
        let over_udp = transport == RelayTransport::Udp;
        let config = TurnClientConfig {
            server,
            transport: if over_udp { Transport::Udp } else { Transport::Stream },
            credentials,
            family,
        };
        let stage = if over_udp {
            Stage::Running(TurnClient::new(now, config, seed))
        } else {
            Stage::Connecting { config, seed }
        };
        Self {
            id,
            relay,
            transport,
            server,
            created_at: now,
            retiring: None,
            relayed: None,
            mapped: None,
            busy: false,
            pulse: (!over_udp).then(Pulse::over_stream),
            stage,
            refreshed: true,
            responsive: true,
            channels: BTreeMap::new(),
            refused: BTreeSet::new(),
            permitted: BTreeSet::new(),
            learnt: Learnt::default(),
        }
    }

    pub(super) fn is_stream(&self) -> bool {
        self.transport != RelayTransport::Udp
    }

    pub(super) fn is_open(&self) -> bool {
        self.relayed.is_some()
    }

    pub(super) fn is_gone(&self) -> bool {
        matches!(self.stage, Stage::Gone)
    }

    /// Neither given back nor about to be.
    pub(super) fn is_current(&self) -> bool {
        self.retiring.is_none() && self.is_live()
    }

    /// Not given back.
    pub(super) fn is_live(&self) -> bool {
        matches!(self.stage, Stage::Connecting { .. } | Stage::Running(_))
    }

    pub(super) fn is_connecting(&self) -> bool {
        matches!(self.stage, Stage::Connecting { .. })
    }

    pub(super) fn is_responsive(&self) -> bool {
        self.responsive
    }

    /// Begins to leave it: see [`GRACE`].
    pub(super) fn retire(&mut self, now: Instant, superseded: bool, why: AllocationEnd) {
        self.retiring.get_or_insert(Retirement { since: now, superseded, why });
    }

    /// When it is to be closed.
    pub(super) fn retirement_ends_at(&self) -> Option<Instant> {
        self.retiring.filter(|_| self.is_live()).map(|retirement| retirement.since + GRACE)
    }

    /// When a stream counts as not to be had.
    pub(super) fn connect_deadline(&self) -> Option<Instant> {
        self.is_connecting().then_some(self.created_at + CONNECT_TIMEOUT)
    }

    pub(super) fn connected(&mut self, now: Instant) {
        if let Stage::Connecting { config, seed } = &self.stage {
            self.stage = Stage::Running(TurnClient::new(now, config.clone(), *seed));
        }
    }

    pub(super) fn set_credentials(&mut self, now: Instant, credentials: &TurnCredentials) {
        match &mut self.stage {
            Stage::Connecting { config, .. } => config.credentials = credentials.clone(),
            Stage::Running(client) => client.set_credentials(now, credentials.clone()),
            Stage::Closing(_) | Stage::Gone => {}
        }
    }

    /// Permits these peers, those that were learnt, and no others.
    pub(super) fn set_peers(&mut self, now: Instant, peers: &Peers, outputs: &mut VecDeque<PoolOutput>) {
        let (Stage::Running(client), Some(relayed)) = (&mut self.stage, self.relayed) else {
            return;
        };
        let wanted = peers.addresses(IpFamily::of(relayed.ip()));
        self.learnt.retain(|learnt| peers.knows(learnt.ip()));
        let unwanted: Vec<SocketAddr> = self
            .permitted
            .difference(&wanted)
            .copied()
            .filter(|address| !self.learnt.contains(address))
            .collect();
        for address in unwanted {
            client.remove_peer(address);
            self.permitted.remove(&address);
            self.refused.remove(&address);
            if self.channels.remove(&address).is_some() {
                outputs.push_back(PoolOutput::Channel { allocation: self.id, peer: address, channel: None });
            }
        }
        for address in wanted {
            // A full client has room again after the next change of peers.
            if client.add_peer(now, address).is_ok() {
                self.permitted.insert(address);
            }
        }
    }

    pub(super) fn handle_datagram(&mut self, now: Instant, bytes: &[u8]) -> Received {
        match &mut self.stage {
            Stage::Running(client) | Stage::Closing(client) => {
                client.handle_datagram(now, self.server, bytes)
            }
            Stage::Connecting { .. } | Stage::Gone => Received::NotOurs,
        }
    }

    /// A payload came from this address of a peer. If nobody told us of it, it is permitted from now on; true if it is
    /// new.
    pub(super) fn learn(
        &mut self,
        now: Instant,
        peer: SocketAddr,
        outputs: &mut VecDeque<PoolOutput>,
    ) -> bool {
        let Stage::Running(client) = &mut self.stage else {
            return false;
        };
        if self.permitted.contains(&peer) {
            return false;
        }
        let Lesson::Add { instead_of } = self.learnt.learn(now, peer) else {
            return false;
        };
        if let Some(old) = instead_of {
            client.remove_peer(old);
            self.permitted.remove(&old);
            self.refused.remove(&old);
            if self.channels.remove(&old).is_some() {
                outputs.push_back(PoolOutput::Channel { allocation: self.id, peer: old, channel: None });
            }
        }
        if client.add_peer(now, peer).is_ok() {
            self.permitted.insert(peer);
        }
        true
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if let Stage::Running(client) | Stage::Closing(client) = &mut self.stage {
            client.handle_timeout(now);
        }
    }

    /// Keeps the way to the server open by a sign of life so often.
    pub(super) fn refresh_every(&mut self, pause: Duration) {
        if let Stage::Running(client) = &mut self.stage {
            client.refresh_every(pause);
        }
    }

    /// Finds out whether the allocation is still there.
    pub(super) fn check(&mut self, now: Instant) {
        if let Stage::Running(client) = &mut self.stage {
            client.check(now);
        }
    }

    /// Its server sees us at `mapped`. An allocation belongs to the address that it was made from; where we have come back
    /// to an earlier one, its server may still keep what we had there, and would refresh that instead.
    pub(super) fn seen_at(&mut self, now: Instant, mapped: SocketAddr) {
        if let Stage::Running(client) = &mut self.stage
            && self.relayed.is_some()
            && self.mapped.is_some_and(|made_at| made_at != mapped)
        {
            client.moved(now);
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Running(client) | Stage::Closing(client) => client.poll_timeout(),
            Stage::Connecting { .. } | Stage::Gone => None,
        }
    }

    /// Whether the relay reaches a peer at one of these addresses at least; `None` while it has not said so of all.
    pub(super) fn reaches(&self, addresses: &[SocketAddr]) -> Option<bool> {
        let relayed = self.relayed?;
        let mut family = addresses.iter().filter(|address| address.is_ipv4() == relayed.is_ipv4()).peekable();
        family.peek()?;
        let (refused, others): (Vec<&SocketAddr>, Vec<&SocketAddr>) =
            family.partition(|address| self.refused.contains(address));
        if others.iter().any(|address| self.channels.contains_key(address)) {
            return Some(true);
        }
        (!refused.is_empty() && others.is_empty()).then_some(false)
    }

    /// How much depends on the server.
    pub(super) fn pace(&self) -> Pace {
        if self.busy && self.is_open() { Pace::Busy } else { Pace::Ready }
    }

    /// Moves what the client has to send and to say on.
    pub(super) fn drain(
        &mut self,
        now: Instant,
        server_pulse: Option<&mut Pulse>,
        outputs: &mut VecDeque<PoolOutput>,
    ) -> Vec<HoldEvent> {
        let mut events = Vec::new();
        let mut pulse = server_pulse;
        loop {
            let client = match &mut self.stage {
                Stage::Running(client) | Stage::Closing(client) => client,
                Stage::Connecting { .. } | Stage::Gone => return events,
            };
            if let Some((to, bytes)) = client.poll_transmit() {
                if let Some(pulse) = self.pulse.as_mut().or(pulse.as_deref_mut()) {
                    pulse.sent(now, &bytes);
                }
                outputs.push_back(match self.transport {
                    RelayTransport::Udp => PoolOutput::Transmit { to, bytes },
                    RelayTransport::Tcp | RelayTransport::Tls => {
                        PoolOutput::StreamSend { allocation: self.id, bytes }
                    }
                });
                continue;
            }
            match client.poll_event() {
                Some(event) => events.extend(self.handle_event(event, outputs)),
                None => return events,
            }
        }
    }

    fn handle_event(&mut self, event: TurnEvent, outputs: &mut VecDeque<PoolOutput>) -> Option<HoldEvent> {
        let Stage::Running(client) = &self.stage else {
            if event == TurnEvent::Closed {
                self.stage = Stage::Gone;
            }
            return None;
        };
        match event {
            TurnEvent::Allocated { relayed, mapped } => {
                (self.relayed, self.mapped) = (Some(relayed), mapped);
                (self.refreshed, self.responsive) = (true, true);
                outputs.push_back(PoolOutput::Opened {
                    allocation: self.id,
                    server: self.server,
                    transport: self.transport,
                    relayed,
                    relay: self.relay.clone(),
                });
                return Some(HoldEvent::Opened { mapped });
            }
            TurnEvent::Unresponsive => self.refreshed = false,
            TurnEvent::Responsive => self.refreshed = true,
            TurnEvent::Failed { failure: TurnFailure::Refused(ADDRESS_FAMILY_NOT_SUPPORTED), .. }
                if !self.is_open() =>
            {
                return Some(HoldEvent::OtherFamily);
            }
            TurnEvent::Failed { failure, retry_at } => {
                if failure == TurnFailure::Redirected
                    && let Some(to) = client.alternate().cloned()
                {
                    return Some(HoldEvent::Redirected { to, retry_at });
                }
                return Some(HoldEvent::Failed { failure, retry_at, was_open: self.is_open() });
            }
            TurnEvent::PeerBound { peer } => {
                self.refused.remove(&peer);
                if let Some(channel) = client.framing(peer).and_then(channel_of) {
                    self.channels.insert(peer, channel);
                    let channel = Some(channel);
                    outputs.push_back(PoolOutput::Channel { allocation: self.id, peer, channel });
                }
                return Some(HoldEvent::PeersAnswered);
            }
            TurnEvent::PeerRefused { peer, .. } => {
                self.refused.insert(peer);
                if self.channels.remove(&peer).is_some() {
                    outputs.push_back(PoolOutput::Channel { allocation: self.id, peer, channel: None });
                }
                return Some(HoldEvent::PeersAnswered);
            }
            TurnEvent::Closed => self.stage = Stage::Gone,
        }
        None
    }

    /// The allocation is no more, and the client asks for another: by another name.
    pub(super) fn renamed(
        &mut self,
        id: AllocationId,
        why: AllocationEnd,
        outputs: &mut VecDeque<PoolOutput>,
    ) {
        self.end(why, outputs);
        self.id = id;
        // They were ports towards the old relayed address.
        let Stage::Running(client) = &mut self.stage else {
            return;
        };
        let learnt = std::mem::take(&mut self.learnt);
        self.permitted.retain(|address| {
            let stays = !learnt.contains(address);
            if !stays {
                client.remove_peer(*address);
            }
            stays
        });
    }

    /// Says whether the relay answers, if that changed; `alive` is what its pulse says. True if it fell silent.
    pub(super) fn judge(&mut self, alive: Option<bool>, outputs: &mut VecDeque<PoolOutput>) -> bool {
        let responsive = self.refreshed && alive != Some(false);
        if !self.is_open() || !self.is_live() || responsive == self.responsive {
            return false;
        }
        self.responsive = responsive;
        let allocation = self.id;
        outputs.push_back(match responsive {
            true => PoolOutput::Responsive { allocation },
            false => PoolOutput::Unresponsive { allocation },
        });
        !responsive
    }

    /// Gives it back; then [`Self::drain`] it until it is gone.
    pub(super) fn close(&mut self, now: Instant, why: AllocationEnd, outputs: &mut VecDeque<PoolOutput>) {
        let stage = std::mem::replace(&mut self.stage, Stage::Gone);
        self.end(why, outputs);
        match stage {
            Stage::Running(mut client) => {
                client.close(now);
                self.stage = Stage::Closing(client);
                if self.is_stream() {
                    // The end of the stream frees the allocation even if the request does not get through.
                    self.drain(now, None, outputs);
                    outputs.push_back(PoolOutput::StreamClose { allocation: self.id });
                    self.stage = Stage::Gone;
                }
            }
            Stage::Connecting { .. } => outputs.push_back(PoolOutput::StreamClose { allocation: self.id }),
            closing => self.stage = closing,
        }
    }

    /// Forgets it: the server has made nothing of it, as far as we know.
    pub(super) fn abandon(&mut self, outputs: &mut VecDeque<PoolOutput>) {
        if self.is_stream() {
            outputs.push_back(PoolOutput::StreamClose { allocation: self.id });
        }
        self.end(AllocationEnd::Left, outputs);
        self.stage = Stage::Gone;
    }

    /// Its stream has ended by itself.
    pub(super) fn stream_ended(&mut self, outputs: &mut VecDeque<PoolOutput>) {
        self.end(AllocationEnd::StreamEnded, outputs);
        self.stage = Stage::Gone;
    }

    fn end(&mut self, why: AllocationEnd, outputs: &mut VecDeque<PoolOutput>) {
        self.channels.clear();
        self.refused.clear();
        self.busy = false;
        if self.relayed.take().is_some() {
            outputs.push_back(PoolOutput::Closed { allocation: self.id, why });
        }
    }
}

/// The number that a framing puts in front.
fn channel_of(framing: Framing) -> Option<u16> {
    if !framing.is_channel() {
        return None;
    }
    let mut buffer = [0; Framing::HEADROOM];
    let header = framing.write(&mut buffer, Framing::HEADROOM..Framing::HEADROOM).ok()?;
    Some(u16::from_be_bytes(*buffer[header].first_chunk()?))
}
