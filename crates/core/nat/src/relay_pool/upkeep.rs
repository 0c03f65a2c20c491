//! What the pool does by itself: measure, notice, plan, open and close.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_party::{AllocationId, PeerId, RelayTransport, facts::RelayFault};

use super::{
    AllocationEnd, HOLDS, PoolOutput, RelayPool, Server,
    hold::{Hold, HoldEvent, Purpose},
    planner::Offered,
    pulse::{IDLE_PATIENCE, Pace, Pulse, Question},
};
use crate::{
    stun,
    turn::{IpFamily, TurnFailure},
};

/// Implementation: pause between two tries of UDP while a stream works.
const UDP_AGAIN: Duration = Duration::from_secs(60);
/// Implementation: how long such a try may take.
const UDP_TRIAL: Duration = Duration::from_secs(5);
/// Implementation: a stream that is silent for so long is given up. TCP itself would go on for many minutes.
const STREAM_SILENCE: Duration = Duration::from_secs(5);
/// Implementation: for so long a silent server that a relay sent us to, and that served us, is waited for: it may only be
/// starting again. Then the relay is asked for another one.
const ALTERNATE_SILENCE: Duration = Duration::from_secs(10);
/// Implementation: a stream that is being made has so long before the relay's next server is tried beside it (RFC 8305 §5
/// has a quarter of a second, for one round trip; this takes three, and four with TLS).
const HEAD_START: Duration = Duration::from_millis(500);
/// Implementation: most streams to one relay that are being made at a time.
const STREAMS_AT_ONCE: usize = 3;
/// Implementation: pause after streams failed, doubled each time.
const FIRST_STREAM_RETRY: Duration = Duration::from_secs(1);
const LONGEST_STREAM_RETRY: Duration = Duration::from_secs(30);
/// With so few relays there is nothing to choose, and no reason to measure first.
const FEW: usize = 2;

impl RelayPool {
    /// Does everything that is due.
    pub(super) fn settle(&mut self, now: Instant) {
        self.hurry = false;
        self.settled_at = now;
        self.know_servers();
        self.holds.iter_mut().for_each(|hold| hold.handle_timeout(now));
        self.drain(now);
        self.measure(now);
        self.drain(now);
        self.judge(now);
        self.leave_silent_alternates(now);
        self.end_what_is_over(now);
        self.hold_what_is_wanted(now);
        self.drain(now);
        self.holds.retain(|hold| !hold.is_gone());
        let (relays, holds) = (&self.relays, &self.holds);
        self.servers.retain(|address, _| {
            relays.iter().any(|relay| {
                relay.has(RelayTransport::Udp, *address)
                    || relay.offered(RelayTransport::Udp).any(|offered| offered == *address)
            }) || holds.iter().any(|hold| hold.server == *address)
        });
    }

    pub(super) fn deadlines(&self) -> Vec<Instant> {
        let mut all = Vec::new();
        for (address, server) in &self.servers {
            all.extend(server.pulse.deadline(self.settled_at, self.pace_at(*address)));
        }
        for hold in &self.holds {
            all.extend(hold.deadline());
            all.extend(hold.connect_deadline());
            all.extend(hold.retirement_ends_at());
            if !hold.is_live() {
                continue;
            }
            let silent_since = self.pulse_of(hold).and_then(Pulse::silent_since);
            if let Some(pulse) = &hold.pulse {
                all.push(hold.created_at + HEAD_START);
                if !hold.is_connecting() {
                    all.extend(pulse.deadline(self.settled_at, hold.pace()));
                }
                all.extend(silent_since.map(|since| since + STREAM_SILENCE));
            } else {
                all.extend(silent_since.map(|since| since + IDLE_PATIENCE));
                all.extend(silent_since.map(|since| since + ALTERNATE_SILENCE));
                all.push(hold.created_at + UDP_TRIAL);
            }
        }
        if self.active {
            all.extend(self.planner.deadline());
            all.push(self.measuring_until);
            for relay in &self.relays {
                all.extend(relay.distrusted_until());
                all.extend(relay.refusal_ends_at());
                all.push(relay.udp_again_at);
                all.push(relay.streams_again_at);
            }
        }
        all
    }

    /// Every UDP server that a relay is, or was offered as, has a pulse.
    fn know_servers(&mut self) {
        let udp = RelayTransport::Udp;
        for server in self.relays.iter().flat_map(|relay| relay.offered(udp).chain(relay.servers(udp))) {
            self.servers.entry(server).or_insert_with(|| Server { pulse: Pulse::new(), mapped: None });
        }
    }

    /// Asks whoever sent us to a silent server again.
    fn leave_silent_alternates(&mut self, now: Instant) {
        for hold in self.holds.iter().filter(|hold| hold.is_live() && !hold.is_stream()) {
            let Some(relay) = self.relays.iter_mut().find(|relay| relay.name() == hold.relay) else {
                continue;
            };
            let Some(pulse) = self.servers.get(&hold.server).map(|server| &server.pulse) else {
                continue;
            };
            let patience = if hold.is_open() { ALTERNATE_SILENCE } else { Duration::ZERO };
            if pulse.alive() == Some(false) && pulse.silence(now) >= patience {
                relay.redirects.leave(hold.transport, hold.server);
            }
        }
    }

    /// Lets the clients speak.
    fn drain(&mut self, now: Instant) {
        let mut index = 0;
        while index < self.holds.len() {
            let hold = &mut self.holds[index];
            let server = self.servers.get_mut(&hold.server).map(|server| &mut server.pulse);
            for event in hold.drain(now, server, &mut self.outputs) {
                self.handle_hold_event(now, index, event);
            }
            index += 1;
        }
    }

    fn handle_hold_event(&mut self, now: Instant, index: usize, event: HoldEvent) {
        let hold = &mut self.holds[index];
        let relay = self.relays.iter_mut().find(|relay| relay.name() == hold.relay);
        match event {
            HoldEvent::Opened { mapped } => {
                if let Some(relay) = relay {
                    relay.works();
                }
                hold.set_peers(now, &self.peers, &mut self.outputs);
                let (server, is_stream) = (hold.server, hold.is_stream());
                if !is_stream {
                    self.mapped(now, server, mapped);
                }
                // The client has more to say now: its peers.
                let server = self.servers.get_mut(&server).map(|server| &mut server.pulse);
                self.holds[index].drain(now, server, &mut self.outputs);
            }
            HoldEvent::PeersAnswered => {
                self.note_answers(now, index);
            }
            HoldEvent::Redirected { to, retry_at } => {
                let (transport, from) = (hold.transport, hold.server);
                let party = self.party_network;
                let Some(relay) = relay else { return };
                let is_followed = relay.redirects.follow(now, transport, from, &to, party);
                if is_followed || hold.is_stream() {
                    hold.close(now, AllocationEnd::Lost(TurnFailure::Redirected), &mut self.outputs);
                }
                if is_followed {
                    relay.streams_again_at = now;
                } else if transport == RelayTransport::Udp {
                    relay.failed(now, RelayFault::RelayRedirects, retry_at, true);
                } else {
                    self.stream_failed(now, index, RelayFault::RelayRedirects, false);
                }
            }
            HoldEvent::OtherFamily => match relay {
                Some(relay) if relay.family == IpFamily::V4 => {
                    relay.family = IpFamily::V6;
                    hold.abandon(&mut self.outputs);
                }
                Some(relay) => {
                    let failure = TurnFailure::Refused(440);
                    relay.failed(now, failure.into(), now + LONGEST_STREAM_RETRY, true);
                }
                None => {}
            },
            HoldEvent::Failed { failure, was_open, .. } if hold.is_stream() => {
                hold.close(now, AllocationEnd::Lost(failure), &mut self.outputs);
                self.stream_failed(now, index, failure.into(), was_open);
            }
            HoldEvent::Failed { failure, retry_at, was_open } => {
                if was_open {
                    let id = next_id(&mut self.next_allocation);
                    self.holds[index].renamed(id, AllocationEnd::Lost(failure), &mut self.outputs);
                }
                if let Some(relay) = relay {
                    if failure != TurnFailure::Lost {
                        relay.redirects.leave(RelayTransport::Udp, self.holds[index].server);
                    }
                    // A restarted relay is as good as any.
                    let distrust = failure != TurnFailure::Lost || retry_at > now;
                    relay.failed(now, failure.into(), retry_at, distrust);
                }
            }
        }
    }

    /// What the relay of a hold says of peers' addresses is known of the relay.
    pub(super) fn note_answers(&mut self, now: Instant, index: usize) {
        let hold = &self.holds[index];
        let Some(relay) = self.relays.iter_mut().find(|relay| relay.name() == hold.relay) else {
            return;
        };
        for info in self.peers.infos() {
            if let Some(reaches) = hold.reaches(&info.addresses) {
                relay.reaches(now, info.peer, reaches);
            }
        }
    }

    /// The stream of a hold could not be made, or ended.
    pub(super) fn stream_failed(&mut self, now: Instant, index: usize, fault: RelayFault, was_open: bool) {
        let (name, id) = (self.holds[index].relay.clone(), self.holds[index].id);
        let others = self
            .holds
            .iter()
            .any(|hold| hold.id != id && hold.relay == name && hold.is_stream() && hold.is_current());
        let Some(relay) = self.relays.iter_mut().find(|relay| relay.name() == name) else {
            return;
        };
        relay.redirects.leave(self.holds[index].transport, self.holds[index].server);
        // The other transport may still get through.
        if others {
            return;
        }
        let pause = match was_open {
            true => Duration::ZERO,
            false => {
                let pause = FIRST_STREAM_RETRY.saturating_mul(1 << relay.stream_rounds.min(8));
                relay.stream_rounds = relay.stream_rounds.saturating_add(1);
                pause.min(LONGEST_STREAM_RETRY)
            }
        };
        relay.streams_again_at = now + pause;
        relay.streams_tried.clear();
        relay.failed(now, fault, now + pause, true);
    }

    fn pace_at(&self, server: SocketAddr) -> Pace {
        let here = self.holds.iter().filter(|hold| !hold.is_stream() && hold.server == server);
        let busy = here.filter(|hold| hold.is_live()).map(Hold::pace).max();
        busy.unwrap_or_else(|| self.calm()).max(self.calm())
    }

    /// Asks the servers that are due.
    fn measure(&mut self, now: Instant) {
        let addresses: Vec<SocketAddr> = self.servers.keys().copied().collect();
        for address in addresses {
            let pace = self.pace_at(address);
            let Some(server) = self.servers.get_mut(&address) else {
                continue;
            };
            let Some(question) = server.pulse.question(now, pace) else {
                continue;
            };
            let mut here = self.holds.iter_mut().filter(|hold| !hold.is_stream() && hold.server == address);
            match here.find(|hold| hold.is_open() && hold.is_live()) {
                Some(hold) if question == Question::Refresh => hold.check(now),
                _ => {
                    let bytes = stun::binding_request(self.ids.next_id());
                    server.pulse.sent(now, &bytes);
                    self.outputs.push_back(PoolOutput::Transmit { to: address, bytes });
                }
            }
        }
        for hold in self.holds.iter_mut().filter(|hold| hold.is_live() && !hold.is_connecting()) {
            let pace = hold.pace();
            let (id, open) = (hold.id, hold.is_open());
            let Some(pulse) = &mut hold.pulse else {
                continue;
            };
            match pulse.question(now, pace) {
                None => {}
                Some(Question::Refresh) if open => hold.check(now),
                Some(_) => {
                    let bytes = stun::binding_request(self.ids.next_id());
                    pulse.sent(now, &bytes);
                    self.outputs.push_back(PoolOutput::StreamSend { allocation: id, bytes });
                }
            }
        }
    }

    /// Notices who has fallen silent, and who is back.
    fn judge(&mut self, now: Instant) {
        let addresses: Vec<SocketAddr> = self.servers.keys().copied().collect();
        for address in addresses {
            let pace = self.pace_at(address);
            if let Some(server) = self.servers.get_mut(&address) {
                server.pulse.judge(now, pace);
            }
        }
        for hold in &mut self.holds {
            let pace = hold.pace();
            let alive = match &mut hold.pulse {
                Some(pulse) => {
                    pulse.judge(now, pace);
                    pulse.alive()
                }
                None => self.servers.get(&hold.server).and_then(|server| server.pulse.alive()),
            };
            let fell_silent = hold.judge(alive, &mut self.outputs);
            if fell_silent
                && let Some(relay) = self.relays.iter_mut().find(|relay| relay.name() == hold.relay)
            {
                relay.failed(now, RelayFault::RelaySilent, now, true);
            }
        }
    }

    fn end_what_is_over(&mut self, now: Instant) {
        for index in 0..self.holds.len() {
            let hold = &mut self.holds[index];
            if hold.retirement_ends_at().is_some_and(|at| now >= at) {
                let why = match hold.retiring {
                    Some(retirement) if hold.is_responsive() => retirement.why,
                    _ => AllocationEnd::Died,
                };
                hold.close(now, why, &mut self.outputs);
            } else if hold.connect_deadline().is_some_and(|at| now >= at) {
                hold.close(now, AllocationEnd::Died, &mut self.outputs);
                self.stream_failed(now, index, RelayFault::RelaySlow, false);
            } else if hold.is_live()
                && hold.pulse.as_ref().is_some_and(|pulse| pulse.silence(now) >= STREAM_SILENCE)
            {
                let was_open = hold.is_open();
                hold.close(now, AllocationEnd::Died, &mut self.outputs);
                self.stream_failed(now, index, RelayFault::RelaySilent, was_open);
            }
        }
    }

    fn hold_what_is_wanted(&mut self, now: Instant) {
        if !self.active {
            return;
        }
        let offered: Vec<Offered<'_>> = self
            .relays
            .iter()
            .map(|relay| Offered {
                name: relay.name(),
                health: self.health(now, relay),
                held: self.holds_of(relay).any(Hold::is_current),
                distrusted: !relay.is_trusted(now) || self.refuses_all(now, relay),
            })
            .collect();
        let blindly = self.relays.len() <= FEW || now >= self.measuring_until;
        let relays = &self.relays;
        let refuses = |name: &str, peer: &PeerId| {
            relays.iter().any(|relay| relay.name() == name && relay.refuses(now, peer))
        };
        let wanted = self.planner.plan(now, &offered, self.peers.infos(), blindly, refuses);
        drop(offered);
        self.retire_what_is_not(now, &wanted);
        for name in wanted {
            if let Some(index) = self.relays.iter().position(|relay| relay.name() == name) {
                self.keep(now, index);
            }
        }
    }

    fn retire_what_is_not(&mut self, now: Instant, wanted: &[String]) {
        for hold in self.holds.iter_mut().filter(|hold| hold.is_live()) {
            let relay = self.relays.iter().find(|relay| relay.name() == hold.relay);
            let offered = relay.is_some_and(|relay| relay.has(hold.transport, hold.server));
            if offered && wanted.contains(&hold.relay) {
                if hold.retiring.is_some_and(|retirement| !retirement.superseded) {
                    hold.retiring = None;
                }
                continue;
            }
            if hold.is_open() {
                let why = if offered { AllocationEnd::Replaced } else { AllocationEnd::Left };
                hold.retire(now, !offered, why);
            } else {
                hold.close(now, AllocationEnd::Left, &mut self.outputs);
            }
        }
    }

    /// Sees to it that there is an allocation on a relay, by the best way that works.
    fn keep(&mut self, now: Instant, index: usize) {
        self.keep_by_udp(now, index);
        self.keep_by_stream(now, index);
        self.prefer_udp(now, index);
    }

    fn keep_by_udp(&mut self, now: Instant, index: usize) {
        let relay = &self.relays[index];
        let answering = self.answering(index);
        let current = self.current(index, |hold| !hold.is_stream());
        let by_stream = self.current(index, Hold::is_stream).is_some();
        let target = match current {
            Some(current) => {
                let hold = &self.holds[current];
                let dead = self.pulse_of(hold).is_some_and(|pulse| pulse.alive() == Some(false));
                let Some(other) = answering.filter(|other| dead && *other != hold.server) else {
                    return;
                };
                let hold = &mut self.holds[current];
                if hold.is_open() {
                    hold.retire(now, true, AllocationEnd::Replaced);
                } else {
                    hold.abandon(&mut self.outputs);
                }
                Some(other)
            }
            None if by_stream => answering.filter(|_| now >= relay.udp_again_at),
            None => answering.or_else(|| relay.servers(RelayTransport::Udp).next()),
        };
        if let Some(server) = target {
            self.open(now, index, RelayTransport::Udp, server);
        }
    }

    fn keep_by_stream(&mut self, now: Instant, index: usize) {
        let relay = &self.relays[index];
        let streams = || {
            self.holds
                .iter()
                .filter(|hold| hold.relay == relay.name() && hold.is_stream() && hold.is_current())
        };
        let is_promising = |hold: &Hold| {
            if hold.is_open() { hold.is_responsive() } else { now < hold.created_at + HEAD_START }
        };
        if !relay.has_streams()
            || now < relay.streams_again_at
            || streams().any(is_promising)
            || self.answering(index).is_some_and(|server| !self.is_silent(now, server))
        {
            return;
        }
        if let Some(current) = self.current(index, |hold| !hold.is_stream())
            && !self.is_silent(now, self.holds[current].server)
        {
            return;
        }
        let room = STREAMS_AT_ONCE.saturating_sub(streams().filter(|hold| !hold.is_open()).count());
        let is_new = |target: &(RelayTransport, SocketAddr)| {
            !relay.streams_tried.contains(target)
                && streams().all(|hold| (hold.transport, hold.server) != *target)
        };
        let targets: Vec<(RelayTransport, SocketAddr)> = [RelayTransport::Tcp, RelayTransport::Tls]
            .into_iter()
            .filter_map(|transport| relay.servers(transport).map(|server| (transport, server)).find(is_new))
            .take(room)
            .collect();
        for (transport, server) in targets {
            self.relays[index].streams_tried.insert((transport, server));
            self.open(now, index, transport, server);
        }
    }

    /// Of several ways that work, keeps the best.
    fn prefer_udp(&mut self, now: Instant, index: usize) {
        let name = self.relays[index].name().to_owned();
        let serves = |hold: &Hold| hold.is_open() && hold.is_responsive();
        let udp = self.current(index, |hold| !hold.is_stream() && serves(hold));
        let stream = self.current(index, |hold| hold.is_stream() && serves(hold));
        let Some(best) = udp.or(stream).map(|best| self.holds[best].id) else {
            return;
        };
        for other in 0..self.holds.len() {
            let hold = &self.holds[other];
            if hold.relay != name || hold.id == best || !hold.is_current() {
                continue;
            }
            let on_trial = !hold.is_stream()
                && !hold.is_open()
                && now < hold.created_at + UDP_TRIAL
                && !self.is_silent(now, hold.server);
            if on_trial {
                continue;
            }
            let hold = &mut self.holds[other];
            if !hold.is_stream() && !hold.is_open() {
                self.relays[index].udp_again_at = now + UDP_AGAIN;
            }
            if hold.is_open() {
                hold.retire(now, true, AllocationEnd::Replaced);
            } else if hold.is_stream() {
                // It did not fail.
                self.relays[index].streams_tried.remove(&(hold.transport, hold.server));
                hold.close(now, AllocationEnd::Left, &mut self.outputs);
            } else {
                hold.abandon(&mut self.outputs);
            }
        }
    }

    fn open(&mut self, now: Instant, index: usize, transport: RelayTransport, server: SocketAddr) {
        // Two allocations on one server would be one to it; what was given back there is its affair.
        let over_udp = transport == RelayTransport::Udp;
        if over_udp
            && let Some(here) = self.holds.iter().position(|hold| !hold.is_stream() && hold.server == server)
        {
            let hold = &mut self.holds[here];
            if hold.is_live() && hold.relay == self.relays[index].name() {
                hold.retiring = None;
                return;
            }
            hold.close(now, AllocationEnd::Replaced, &mut self.outputs);
            self.holds.remove(here);
        }
        if !self.make_room(now) {
            return;
        }
        let relay = &self.relays[index];
        let purpose = Purpose {
            relay: relay.offer.name.clone(),
            transport,
            server,
            family: relay.family,
            credentials: relay.offer.credentials.clone(),
        };
        let allocation = next_id(&mut self.next_allocation);
        let mut hold = Hold::new(now, allocation, purpose, self.seeds.next());
        self.upkeep.pause.into_iter().for_each(|pause| hold.refresh_every(pause));
        self.holds.push(hold);
        if !over_udp {
            let server_name = self.relays[index].tls_name(transport, server);
            self.outputs.push_back(PoolOutput::StreamConnect { allocation, transport, server, server_name });
        }
    }

    /// Whether there is room for another hold. Those that are being given back make it, then those that are to be.
    fn make_room(&mut self, now: Instant) -> bool {
        self.holds.retain(|hold| !hold.is_gone());
        if self.holds.len() < HOLDS {
            return true;
        }
        let closing = self.holds.iter().position(|hold| !hold.is_live());
        let Some(index) = closing.or_else(|| self.holds.iter().position(|hold| !hold.is_current())) else {
            return false;
        };
        let hold = &mut self.holds[index];
        hold.close(now, AllocationEnd::Replaced, &mut self.outputs);
        let server = self.servers.get_mut(&hold.server).map(|server| &mut server.pulse);
        hold.drain(now, server, &mut self.outputs);
        self.holds.remove(index);
        true
    }

    fn current(&self, index: usize, is_meant: impl Fn(&Hold) -> bool) -> Option<usize> {
        let name = self.relays[index].name();
        self.holds.iter().position(|hold| hold.relay == name && hold.is_current() && is_meant(hold))
    }

    /// The nearest UDP server of a relay that is known to answer.
    fn answering(&self, index: usize) -> Option<SocketAddr> {
        let servers = self.relays[index].servers(RelayTransport::Udp);
        let alive = servers.filter_map(|server| {
            let pulse = &self.servers.get(&server)?.pulse;
            (pulse.alive() == Some(true)).then(|| (pulse.rtt().unwrap_or(Duration::MAX), server))
        });
        alive.min().map(|(_, server)| server)
    }

    fn is_silent(&self, now: Instant, server: SocketAddr) -> bool {
        self.servers.get(&server).is_none_or(|server| server.pulse.silence(now) >= IDLE_PATIENCE)
    }
}

fn next_id(next: &mut u32) -> AllocationId {
    *next = next.wrapping_add(1);
    AllocationId(*next)
}
