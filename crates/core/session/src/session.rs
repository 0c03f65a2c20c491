mod control;
mod hosting;
mod restore;
mod status;

use std::{
    collections::VecDeque,
    num::NonZeroU16,
    time::{Duration, Instant},
};

pub use hosting::Hosting;
use lanrage_control::{LinkEvent, LocalControlPlane, Now, protocol::Request};
use lanrage_nat::{
    TransactionIds,
    behaviour_shell::NatReport,
    net_watch::NetworkState,
    port_mapping::{MappingRequest, PortMapping},
    relay_stream::RelayStreamEvent,
    stun,
};
use lanrage_party::{
    AllocationId, Candidate, ControlEndpoint, DeviceIdentity, Glance, Invitation, Name, NatType, PartyId,
    PartySecret, PeerId, QualityThresholds, Subnet, UnixMillis, WireGuardPrivateKey, limits,
};
use lanrage_party::{LocalEnd, TunnelEvent};
use tracing::{info, warn};

use crate::{
    CommandError, Notice, Problem,
    entropy::Entropy,
    network::adapter::{AdapterFailure, AdapterState},
    network::names::{Found, Names},
    network::nat_status::NatStatus,
    network::planes::ControlPlanes,
    network::relays::Relays,
    output::GuestCommand,
    output::{Action, StoreAction, Ticket, TunnelAction},
    party::membership::Membership,
    party::roster::Roster,
    peers::connections::{ConnectionOutput, Connections},
};

/// How long a new party waits for its server before it goes on without.
const CREATE_PATIENCE: Duration = Duration::from_secs(3);
/// How long joining waits for the server.
const JOIN_PATIENCE: Duration = Duration::from_secs(10);
/// Most addresses tried before joining gives up.
const LEASE_TRIES: u8 = 8;

/// Every decision about parties: which one this device is in, who else is, and what to do about it. Pure: time
/// and events come in, [`Action`]s come out.
#[derive(Debug)]
pub struct Session {
    pub(crate) identity: DeviceIdentity,
    pub(crate) player_name: Name,
    pub(crate) nat: NatStatus,
    pub(crate) relays: Relays,
    pub(crate) control: ControlPlanes,
    pub(crate) party: Option<ActiveParty>,
    /// How guests are let in where there is no server.
    pub hosting: Hosting,
    default_server: Option<ControlEndpoint>,
    /// How connections are graded.
    pub quality_thresholds: QualityThresholds,
    /// What the user should know of how the start went.
    pub standing_problems: Vec<Problem>,
    /// Why nothing can be kept for the next start, while that is so.
    pub keep_trouble: Option<String>,
    /// Why the log cannot be written, while that is so.
    pub log_trouble: Option<String>,
    /// How far this device's clock is from the control server's.
    pub(crate) clock_error_ms: u64,
    /// Why no datagrams arrive any more, if so.
    pub(crate) socket_error: Option<String>,
    /// How often everything had to be checked anew.
    checks: u64,
    punch_ids: TransactionIds,
    entropy: Entropy,
    actions: VecDeque<Action>,
}

/// The party that this device is in.
#[derive(Debug)]
pub(crate) struct ActiveParty {
    pub(crate) membership: Membership,
    pub(crate) host: PeerId,
    pub(crate) connections: Connections,
    pub(crate) roster: Roster,
    pub(crate) adapter: AdapterState,
    /// What the control plane was told of this device's NAT.
    told_nat_type: NatType,
    pending: Option<Pending>,
}

/// A command that waits for the control plane.
#[derive(Debug)]
struct Pending {
    ticket: Ticket,
    deadline: Instant,
    kind: PendingKind,
    lease_tries: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PendingKind {
    Create,
    Join,
}

impl Session {
    /// Decisions of a device that is in no party and knows nothing of its network.
    pub fn new(
        now: Now,
        identity: DeviceIdentity,
        player_name: Name,
        udp_port: u16,
        local: LocalControlPlane,
        mut entropy: Entropy,
    ) -> Self {
        Self {
            nat: NatStatus::new(entropy.bytes(), udp_port),
            relays: Relays::new(now.instant, entropy.bytes()),
            control: ControlPlanes::new(identity.clone(), local),
            identity,
            player_name,
            party: None,
            hosting: Hosting::default(),
            default_server: None,
            quality_thresholds: QualityThresholds::default(),
            standing_problems: Vec::new(),
            keep_trouble: None,
            log_trouble: None,
            clock_error_ms: 0,
            socket_error: None,
            checks: 0,
            punch_ids: TransactionIds::from_seed(entropy.bytes()),
            entropy,
            actions: VecDeque::new(),
        }
    }

    /// Begins with this device's own addresses, and with what was measured of this network before; how it looks
    /// from outside is asked as soon as a STUN server is known.
    pub fn initialize_nat(&mut self, now: Now, network: NetworkState, stun_servers: Vec<(String, u16)>) {
        self.nat.public_servers = stun_servers;
        self.handle_network(now, network);
        self.look_up_names();
    }

    /// What was measured of this network in an earlier life; it holds until it is measured again.
    pub const fn remember_nat(&mut self, nat_type: NatType) {
        self.nat.remember(nat_type);
    }

    /// Begins with the control server that new parties use, or with none.
    pub fn initialize_control(&mut self, now: Now, server: Option<ControlEndpoint>) {
        self.default_server.clone_from(&server);
        self.use_server(now, server);
    }

    /// Makes a party in `subnet` and becomes its host.
    pub fn create_party(&mut self, now: Now, ticket: Ticket, name: Name, subnet: Subnet) {
        if !self.check_free(ticket) {
            return;
        }
        let invitation = Invitation {
            party: PartyId::from_random(self.entropy.bytes()),
            name,
            host: self.identity.peer_id(),
            subnet,
            control: self.control.endpoint().cloned().into_iter().collect(),
            secret: PartySecret::from_random(self.entropy.bytes()),
            epoch: 1,
            expires_at: None,
            glance: Glance::default(),
        };
        let deadline = now.instant + CREATE_PATIENCE;
        let pending = Pending { ticket, deadline, kind: PendingKind::Create, lease_tries: 0 };
        if self.become_member(now, invitation, pending) {
            self.open_adapter();
            self.host_guests();
            self.register(now);
        }
    }

    /// Joins the party of an invitation.
    pub fn join_party(&mut self, now: Now, ticket: Ticket, invitation: Invitation) {
        if !self.check_free(ticket) {
            return;
        }
        if let Err(error) = invitation.check_expiry(now.wall) {
            self.complete(ticket, Err(CommandError::new(error.code(), error.to_string())));
            return;
        }
        let Some(server) = invitation.control.first().cloned() else {
            let text = "This party has no server that its host could be found through; ask for a link made \
                        with one.";
            self.complete(ticket, Err(CommandError::new("no_control_server", text)));
            return;
        };
        self.use_server(now, Some(server));
        let deadline = now.instant + JOIN_PATIENCE;
        let pending = Pending { ticket, deadline, kind: PendingKind::Join, lease_tries: 0 };
        if self.become_member(now, invitation, pending) {
            self.register(now);
        }
    }

    /// Leaves the party; its keys are forgotten.
    pub fn leave_party(&mut self, now: Now, ticket: Ticket) {
        let result = match &self.party {
            None => Err(CommandError::new("not_in_party", "You are not in a party.")),
            Some(party) => {
                let party = party.membership.invitation.party;
                self.control.request(now, Request::LeaveParty { party });
                // What the control plane wants to say must be on its way before its server is changed.
                self.drain_control(now);
                self.drop_party(now);
                Ok(())
            }
        };
        self.complete(ticket, result);
    }

    /// Settings have changed: the name that friends see, and the server of new parties.
    pub fn configure(
        &mut self,
        now: Now,
        name: Option<Name>,
        server: Option<ControlEndpoint>,
        stun_servers: Vec<(String, u16)>,
    ) {
        if stun_servers != self.nat.public_servers {
            self.nat.public_servers = stun_servers;
            self.look_up_names();
        }
        if let Some(name) = name.filter(|name| *name != self.player_name) {
            self.player_name = name;
            self.announce_record(now);
        }
        if server != self.default_server {
            self.default_server.clone_from(&server);
            match server {
                Some(server) if self.party.is_some() => self.publish(now, server),
                server if self.party.is_none() => self.use_server(now, server),
                _ => {}
            }
        }
        self.drain(now);
    }

    /// Tells the party what this peer says of itself now.
    fn announce_record(&mut self, now: Now) {
        if let Some(party) = &mut self.party {
            let record = party.membership.record(now.wall, &self.identity, &self.player_name);
            let party = party.membership.invitation.party;
            self.control.request(now, Request::UpdatePeer { party, record: Some(record), nat_type: None });
            self.keep_membership(true);
        }
    }

    /// The device's own addresses and its way to the internet, whenever they change.
    pub fn handle_network(&mut self, now: Now, network: NetworkState) {
        if self.nat.set_network(now.instant, network) {
            self.with_connections(|connections| connections.handle_network_change(now.instant));
            self.check_everything(now);
            self.refresh_endpoints();
        }
        self.drain(now);
    }

    /// The device has slept, or this program was stopped, for so long: nothing is as it was.
    pub fn handle_woken(&mut self, now: Now, slept: Duration) {
        info!(seconds = slept.as_secs(), "woken up");
        self.nat.handle_network_change(now.instant);
        self.with_connections(|connections| connections.handle_resume(now.instant));
        self.check_everything(now);
        self.drain(now);
    }

    /// Tries every path, relay and server anew, without leaving what still works.
    fn check_everything(&mut self, now: Now) {
        self.checks += 1;
        self.map_port();
        self.control.handle_network_change(now);
        self.relays.handle_network_change(now.instant);
        self.measure_nat();
        self.update_candidates(now);
    }

    /// Addresses of servers whose names were to be looked up.
    pub fn handle_names(&mut self, now: Now, found: Found) {
        self.relays.set_relays(now.instant, found.relays);
        if self.nat.set_servers(now.instant, &found.stun) {
            self.measure_nat();
        }
        self.drain(now);
    }

    /// What was measured of the way to the internet.
    pub fn handle_nat_report(&mut self, now: Now, report: NatReport) {
        if self.nat.set_report(report) {
            self.actions.extend(self.nat.to_stored(now.wall).map(StoreAction::SaveNat).map(Action::Store));
            self.update_candidates(now);
        }
        self.drain(now);
    }

    /// What the router says to the wish for an open port.
    pub fn handle_port_mapping(&mut self, now: Now, mapping: PortMapping) {
        if self.nat.set_port_mapping(mapping) {
            self.update_candidates(now);
        }
        self.drain(now);
    }

    /// Something of a connection to a relay over TCP or TLS.
    pub fn handle_relay_stream(&mut self, now: Now, allocation: AllocationId, event: RelayStreamEvent) {
        self.relays.handle_stream(now.instant, allocation, &event, &mut self.actions);
        self.drain(now);
    }

    /// What became of the connection to the control server.
    pub fn handle_link(&mut self, now: Now, event: LinkEvent) {
        self.control.handle_link(now, event);
        self.drain(now);
    }

    /// What the data plane reports.
    pub fn handle_tunnel(&mut self, now: Now, event: TunnelEvent) {
        match event {
            TunnelEvent::Datagram { from, bytes } => {
                let straight = from.via.is_none();
                if straight
                    && !self.relays.handle_datagram(now.instant, from.address, &bytes, &mut self.actions)
                    && self.nat.handle_datagram(now.instant, from.address, &bytes)
                {
                    self.update_candidates(now);
                }
                if let Ok(stun::Message::BindingIndication { .. }) = stun::parse(&bytes) {
                    self.with_connections(|connections| connections.handle_punch(now.instant, from));
                }
            }
            TunnelEvent::DeviceFailed { error } => {
                if let Some(party) = &mut self.party {
                    warn!(%error, "the adapter failed");
                    party.adapter.handle_lost(now.instant, error.to_string());
                    self.actions.push_back(Action::CloseAdapter);
                }
            }
            TunnelEvent::SocketsFailed { error } => {
                warn!(%error, "the UDP sockets failed");
                self.socket_error = Some(error.to_string());
            }
            TunnelEvent::SessionEstablished { peer, from } => {
                self.with_connections(|connections| connections.handle_session(now.instant, peer, from));
            }
            TunnelEvent::Probe { peer, from, payload } => self.with_connections(|connections| {
                connections.handle_probe(now.instant, peer, from, &payload);
            }),
            TunnelEvent::NewRemote { peer, from } => {
                self.with_connections(|connections| connections.handle_remote(now.instant, peer, from));
            }
        }
        self.drain(now);
    }

    /// These peers' packets have been moving lately.
    pub fn handle_traffic(&mut self, now: Now, peers: &[PeerId]) {
        let Some(party) = &mut self.party else { return };
        let busy: Vec<AllocationId> =
            peers.iter().filter_map(|peer| party.connections.handle_traffic(now.instant, *peer)).collect();
        self.relays.set_busy(now.instant, &busy);
        self.drain(now);
    }

    /// What came of [`Action::OpenAdapter`].
    pub fn handle_adapter(&mut self, now: Now, result: Result<String, AdapterFailure>) {
        match &mut self.party {
            Some(party) => party.adapter.handle_result(now.instant, result),
            // The party was left while its adapter was being opened.
            None => self.actions.push_back(Action::CloseAdapter),
        }
    }

    /// The time that [`Session::poll_timeout`] gave has come.
    pub fn handle_timeout(&mut self, now: Now) {
        self.control.handle_timeout(now);
        self.relays.handle_timeout(now.instant);
        if self.nat.handle_timeout(now.instant) {
            self.update_candidates(now);
        }
        if let Some(party) = &mut self.party {
            party.connections.handle_timeout(now.instant);
            if party.adapter.retry_is_due(now.instant) {
                self.open_adapter();
            }
        }
        self.drain(now);
        self.expire_pending(now);
        if self.link_deadline().is_some_and(|until| until <= now.instant) {
            self.answer_maker();
        }
    }

    /// When [`Session::handle_timeout`] is to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let party = self.party.as_ref();
        [
            self.control.poll_timeout(),
            self.link_deadline(),
            self.nat.poll_timeout(),
            self.relays.poll_timeout(),
            party.and_then(|party| party.connections.poll_timeout()),
            party.and_then(|party| party.adapter.retry_at()),
            party.and_then(|party| party.pending.as_ref()).map(|pending| pending.deadline),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What is to be done next.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Becomes a member, as far as this device is concerned. False if that is impossible; the command is answered
    /// then.
    fn become_member(&mut self, now: Now, invitation: Invitation, pending: Pending) -> bool {
        let host = invitation.host;
        let private_key = WireGuardPrivateKey::from_random(self.entropy.bytes());
        match Membership::new(invitation, private_key, &self.identity, now.wall) {
            Ok(membership) => {
                self.enter(now, membership, host, Some(pending));
                true
            }
            Err(error) => {
                self.complete(pending.ticket, Err(CommandError::new("no_address", error.to_string())));
                false
            }
        }
    }

    fn enter(&mut self, now: Now, membership: Membership, host: PeerId, pending: Option<Pending>) {
        let invitation = &membership.invitation;
        info!(party = %invitation.party, subnet = %invitation.subnet.net(), "entering party");
        let secret = invitation.secret.clone();
        let connections =
            Connections::new(invitation.party, secret, local_end(&membership), self.candidates());
        self.party = Some(ActiveParty {
            host,
            connections,
            roster: Roster::default(),
            adapter: AdapterState::default(),
            told_nat_type: NatType::Unknown,
            pending,
            membership,
        });
        self.relays.set_active(now.instant, true);
        self.follow_allocations(now);
        self.map_port();
    }

    /// Every address at which this device may be reached, best first.
    fn candidates(&self) -> Vec<Candidate> {
        let mut candidates = self.nat.candidates();
        let relayed = self.relays.candidates();
        candidates.truncate(limits::CANDIDATES - relayed.len().min(limits::CANDIDATES));
        candidates.extend(relayed);
        candidates
    }

    /// Keeps the membership for the next start, unless it is still being asked for.
    fn keep_membership(&mut self, active: bool) {
        if let Some(party) = &self.party
            && party.pending.as_ref().is_none_or(|pending| pending.kind == PendingKind::Create)
        {
            let membership = Box::new(party.membership.to_saved());
            let save = StoreAction::SaveMembership { membership, host: party.host, active };
            self.actions.push_back(Action::Store(save));
        }
    }

    /// Tells the control plane of this membership, as host or as guest.
    fn register(&mut self, now: Now) {
        let Some(party) = &mut self.party else { return };
        let record = party.membership.record(now.wall, &self.identity, &self.player_name);
        let nat_type = self.nat.nat_type();
        let invitation = &party.membership.invitation;
        let request = if invitation.host == self.identity.peer_id() {
            Request::CreateParty {
                party: invitation.party,
                name: invitation.name.clone(),
                subnet: invitation.subnet,
                record,
                nat_type,
            }
        } else {
            Request::JoinParty { party: invitation.party, record, nat_type }
        };
        self.control.request(now, request);
        self.keep_membership(true);
        self.drain(now);
    }

    fn use_server(&mut self, now: Now, server: Option<ControlEndpoint>) {
        let action = self.control.use_server(now, server, &mut self.entropy);
        self.actions.extend(action.map(Action::Link));
        self.drain_control(now);
    }

    fn open_adapter(&mut self) {
        if let Some(party) = &mut self.party
            && party.adapter.begin()
        {
            let Membership { virtual_ip, invitation, .. } = &party.membership;
            self.actions.push_back(Action::OpenAdapter { address: *virtual_ip, subnet: invitation.subnet });
        }
    }

    /// Is in no party any more, and forgets its keys.
    fn drop_party(&mut self, now: Now) {
        if let Some(mut party) = self.party.take() {
            let id = party.membership.invitation.party;
            info!(party = %id, "leaving party");
            party.connections.close();
            self.take_outputs(now, &mut party);
            self.relays.set_active(now.instant, false);
            self.map_port();
            self.actions.push_back(Action::CloseAdapter);
            self.stop_hosting(now);
            self.actions.push_back(Action::Store(StoreAction::ForgetMembership(id)));
            self.use_server(now, self.default_server.clone());
        }
    }

    /// Is in no party for now, and stays a member.
    pub fn pause_party(&mut self, now: Now, ticket: Ticket) {
        let result = if self.party.is_some() {
            self.keep_membership(false);
            self.suspend(now);
            self.use_server(now, self.default_server.clone());
            Ok(())
        } else {
            Err(CommandError::new("not_in_party", "You are not in a party."))
        };
        self.complete(ticket, result);
    }

    /// Ends without leaving: the membership stays, and the next start brings it back.
    pub fn suspend(&mut self, now: Now) {
        if let Some(mut party) = self.party.take() {
            info!(party = %party.membership.invitation.party, "suspending party");
            party.connections.close();
            self.take_outputs(now, &mut party);
            self.relays.set_active(now.instant, false);
            self.map_port();
            self.actions.push_back(Action::CloseAdapter);
            self.stop_hosting(now);
        }
        self.use_server(now, None);
    }

    /// Follows everything that the parts want, until nobody wants anything.
    fn drain(&mut self, now: Now) {
        self.drain_control(now);
        if self.relays.take_outputs(&mut self.actions) {
            if self.relays.take_refused_credentials() {
                self.control.request_relays(now);
            }
            for (server, address) in self.relays.take_reflexive() {
                self.nat.handle_reflexive(server, address);
            }
            self.follow_allocations(now);
            self.update_candidates(now);
        }
        if let Some(mut party) = self.party.take() {
            self.take_outputs(now, &mut party);
            self.party = Some(party);
        }
        // The peers' new addresses are news for the relays.
        self.relays.take_outputs(&mut self.actions);
        // Signals among the outputs are new words for the control plane.
        self.drain_control(now);
        while let Some((to, bytes)) = self.nat.poll_transmit() {
            self.actions.push_back(Action::Tunnel(TunnelAction::Datagram { to: to.into(), bytes }));
        }
    }

    /// The connections know of every allocation that can be used.
    fn follow_allocations(&mut self, now: Now) {
        let allocations = self.relays.allocations();
        self.with_connections(|connections| connections.set_allocations(now.instant, allocations));
    }

    /// While there is a party, friends may come in by a port of the router.
    fn map_port(&mut self) {
        let port = self.party.as_ref().and_then(|_| NonZeroU16::new(self.nat.port()));
        self.actions.push_back(Action::MapPort(MappingRequest { port, network: self.checks }));
    }

    fn measure_nat(&mut self) {
        let servers = self.nat.servers().to_vec();
        self.actions.push_back(Action::MeasureNat(servers));
    }

    /// Wants the addresses of every server that is known by name.
    fn look_up_names(&mut self) {
        let names = Names { stun: self.nat.server_names(), relays: self.relays.offers().to_vec() };
        self.actions.push_back(Action::LookUp(names));
    }

    fn drain_control(&mut self, now: Now) {
        loop {
            while let Some(action) = self.control.poll_link() {
                self.actions.push_back(Action::Link(action));
            }
            while let Some(action) = self.control.poll_guest() {
                self.actions.push_back(Action::Guests(GuestCommand::Act(action)));
            }
            let Some(event) = self.control.poll_event(now) else { return };
            self.handle_control(now, event);
        }
    }

    fn take_outputs(&mut self, now: Now, party: &mut ActiveParty) {
        while let Some(output) = party.connections.poll_output() {
            match output {
                ConnectionOutput::Punch { to } => {
                    let bytes = stun::binding_indication(self.punch_ids.next_id());
                    self.actions.push_back(Action::Tunnel(TunnelAction::Datagram { to, bytes }));
                }
                ConnectionOutput::Tunnel(action) => self.actions.push_back(Action::Tunnel(action)),
                ConnectionOutput::PeersMoved => {
                    self.relays.set_peers(now.instant, &party.connections.relay_infos());
                }
                ConnectionOutput::Notice { code, text } => self.notice(now.wall, code, text),
                ConnectionOutput::Keep(peer) => {
                    let party = party.membership.invitation.party;
                    self.actions.push_back(Action::Store(StoreAction::SavePeer { party, peer }));
                }
                ConnectionOutput::Removed { peer } => {
                    let party = party.membership.invitation.party;
                    self.actions.push_back(Action::Store(StoreAction::RemovePeer { party, peer }));
                }
                ConnectionOutput::Signal { to, signal } => {
                    let party = party.membership.invitation.party;
                    self.control.request_counting(now, Request::Signal { party, to, signal });
                }
            }
        }
    }

    /// Ends a party that could not be entered; one that stands already is only reported on.
    fn give_up(&mut self, now: Now, error: CommandError) {
        match self.party.as_mut().and_then(|party| party.pending.take()) {
            Some(pending) => {
                self.drop_party(now);
                self.complete(pending.ticket, Err(error));
            }
            None => self.notice(now.wall, &error.code, error.text),
        }
    }

    fn expire_pending(&mut self, now: Now) {
        let Some(party) = &mut self.party else { return };
        if party.pending.as_ref().is_none_or(|pending| pending.deadline > now.instant) {
            return;
        }
        let Some(pending) = party.pending.take() else { return };
        match pending.kind {
            PendingKind::Create => {
                let text = "The control server cannot be reached. The party is yours alone for now; friends can \
                            join as soon as the server is back.";
                self.notice(now.wall, "party_is_local", text.to_owned());
                self.complete(pending.ticket, Ok(()));
            }
            PendingKind::Join => {
                let id = party.membership.invitation.party;
                self.control.request(now, Request::LeaveParty { party: id });
                self.drop_party(now);
                let text = "The party's control server cannot be reached. Check your internet connection and \
                            try again; if others cannot reach it either, its operator has to start it.";
                self.complete(pending.ticket, Err(CommandError::new("control_unreachable", text)));
            }
        }
    }

    fn update_candidates(&mut self, now: Now) {
        let candidates = self.candidates();
        let distances = self.relays.distances();
        let nat_type = self.nat.nat_type();
        let Some(party) = &mut self.party else { return };
        party.connections.set_candidates(now.instant, now.wall, candidates, distances, &mut self.entropy);
        if nat_type != NatType::Unknown && party.told_nat_type != nat_type {
            party.told_nat_type = nat_type;
            let party = party.membership.invitation.party;
            let request = Request::UpdatePeer { party, record: None, nat_type: Some(nat_type) };
            self.control.request_counting(now, request);
        }
    }

    fn with_connections(&mut self, act: impl FnOnce(&mut Connections)) {
        if let Some(party) = &mut self.party {
            act(&mut party.connections);
        }
    }

    fn check_free(&mut self, ticket: Ticket) -> bool {
        if self.party.is_none() {
            return true;
        }
        let text = "You are in a party already; leave it first.";
        self.complete(ticket, Err(CommandError::new("already_in_party", text)));
        false
    }

    fn complete(&mut self, ticket: Ticket, result: Result<(), CommandError>) {
        self.actions.push_back(Action::Complete { ticket, result });
    }

    fn notice(&mut self, at: UnixMillis, code: &str, text: String) {
        self.actions.push_back(Action::Notice(Notice { at_ms: at.0, code: code.to_owned(), text }));
    }
}

fn local_end(membership: &Membership) -> LocalEnd {
    LocalEnd {
        private_key: membership.private_key.clone(),
        virtual_ip: membership.virtual_ip,
        subnet: membership.invitation.subnet,
    }
}

#[cfg(test)]
mod tests;
