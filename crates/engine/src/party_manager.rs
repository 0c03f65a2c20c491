use std::{
    collections::VecDeque,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use lanrage_control::{
    ControlEvent, LinkEvent, Now,
    protocol::{Change, ErrorCode, PartySnapshot, PeerEntry, Refusal, Request, RequestKind},
};
use lanrage_nat::{TransactionIds, stun};
use lanrage_party::{
    ControlEndpoint, DeviceIdentity, Invitation, Name, NatType, PartyId, PartySecret, PeerId, Subnet,
    UnixMillis, WireGuardPrivateKey,
};
use lanrage_tunnel::{LocalEnd, TunnelEvent};
use tracing::{info, warn};

use crate::{
    CommandError, Notice,
    action::{Action, Ticket, TunnelAction},
    adapter_state::AdapterState,
    connection::PeerInfo,
    connection_manager::{ConnectionManager, ConnectionOutput},
    control_planes::ControlPlanes,
    entropy::Entropy,
    membership::Membership,
    nat_status::NatStatus,
    roster::Roster,
    words::sentence,
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
pub(crate) struct PartyManager {
    pub(crate) identity: DeviceIdentity,
    pub(crate) player_name: Name,
    pub(crate) nat: NatStatus,
    pub(crate) control: ControlPlanes,
    pub(crate) party: Option<ActiveParty>,
    default_server: Option<ControlEndpoint>,
    /// How far this device's clock is from the control server's.
    pub(crate) clock_error_ms: u64,
    /// Why no datagrams arrive any more, if so.
    pub(crate) socket_error: Option<String>,
    punch_ids: TransactionIds,
    entropy: Entropy,
    actions: VecDeque<Action>,
}

/// The party that this device is in.
#[derive(Debug)]
pub(crate) struct ActiveParty {
    pub(crate) membership: Membership,
    pub(crate) host: PeerId,
    pub(crate) connections: ConnectionManager,
    pub(crate) roster: Roster,
    pub(crate) adapter: AdapterState,
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

impl PartyManager {
    pub(crate) fn new(
        now: Now,
        identity: DeviceIdentity,
        player_name: Name,
        udp_port: u16,
        mut entropy: Entropy,
    ) -> Self {
        Self {
            nat: NatStatus::new(entropy.bytes(), udp_port),
            control: ControlPlanes::new(identity.clone(), now),
            identity,
            player_name,
            party: None,
            default_server: None,
            clock_error_ms: 0,
            socket_error: None,
            punch_ids: TransactionIds::from_seed(entropy.bytes()),
            entropy,
            actions: VecDeque::new(),
        }
    }

    /// Begins with this device's own addresses; what they look like from outside is asked as soon as a STUN
    /// server is known.
    pub(crate) fn initialize_nat(&mut self, now: Now, addresses: Vec<IpAddr>) {
        self.handle_host_addresses(now, addresses);
    }

    /// Begins with the control server that new parties use, or with none.
    pub(crate) fn initialize_control(&mut self, now: Now, server: Option<ControlEndpoint>) {
        self.default_server.clone_from(&server);
        self.use_server(now, server);
    }

    /// Makes a party in `subnet` and becomes its host.
    pub(crate) fn create_party(&mut self, now: Now, ticket: Ticket, name: Name, subnet: Subnet) {
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
        };
        let deadline = now.instant + CREATE_PATIENCE;
        self.enter(now, invitation, Pending { ticket, deadline, kind: PendingKind::Create, lease_tries: 0 });
        self.open_adapter();
        self.register(now);
    }

    /// Joins the party of an invitation.
    pub(crate) fn join_party(&mut self, now: Now, ticket: Ticket, invitation: Invitation) {
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
        self.enter(now, invitation, Pending { ticket, deadline, kind: PendingKind::Join, lease_tries: 0 });
        self.register(now);
    }

    /// Leaves the party; its keys are forgotten.
    pub(crate) fn leave_party(&mut self, now: Now, ticket: Ticket) {
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

    /// Changes the name that friends see.
    pub(crate) fn set_player_name(&mut self, now: Now, ticket: Ticket, name: Name) {
        self.player_name = name;
        if let Some(party) = &mut self.party {
            let record = party.membership.record(now.wall, &self.identity, &self.player_name);
            let party = party.membership.invitation.party;
            self.control.request(now, Request::UpdatePeer { party, record: Some(record), nat_type: None });
        }
        self.complete(ticket, Ok(()));
        self.drain(now);
    }

    /// The device's own addresses, as often as they are looked at.
    pub(crate) fn handle_host_addresses(&mut self, now: Now, addresses: Vec<IpAddr>) {
        if self.nat.set_host_addresses(now.instant, addresses) {
            self.control.handle_network_change(now);
            if let Some(party) = &mut self.party {
                party.connections.handle_network_change(now.instant);
            }
            self.update_candidates(now);
        }
        self.drain(now);
    }

    /// The addresses of the STUN servers that were to be looked up.
    pub(crate) fn handle_stun_servers(&mut self, now: Now, servers: &[SocketAddr]) {
        self.nat.set_servers(now.instant, servers);
        self.drain(now);
    }

    pub(crate) fn handle_link(&mut self, now: Now, event: LinkEvent) {
        self.control.handle_link(now, event);
        self.drain(now);
    }

    pub(crate) fn handle_tunnel(&mut self, now: Now, event: TunnelEvent) {
        match event {
            TunnelEvent::Datagram { from, bytes } => {
                if self.nat.handle_datagram(now.instant, from, &bytes) {
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

    /// Packets of a peer have arrived lately.
    pub(crate) fn handle_traffic(&mut self, now: Now, peer: PeerId) {
        self.with_connections(|connections| connections.handle_traffic(now.instant, peer));
        self.drain(now);
    }

    /// What came of [`Action::OpenAdapter`].
    pub(crate) fn handle_adapter(&mut self, now: Now, result: Result<String, AdapterFailure>) {
        match &mut self.party {
            Some(party) => party.adapter.handle_result(now.instant, result),
            // The party was left while its adapter was being opened.
            None => self.actions.push_back(Action::CloseAdapter),
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Now) {
        self.control.handle_timeout(now);
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
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let party = self.party.as_ref();
        [
            self.control.poll_timeout(),
            self.nat.poll_timeout(),
            party.and_then(|party| party.connections.poll_timeout()),
            party.and_then(|party| party.adapter.retry_at()),
            party.and_then(|party| party.pending.as_ref()).map(|pending| pending.deadline),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    pub(crate) fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Becomes a member, as far as this device is concerned.
    fn enter(&mut self, now: Now, invitation: Invitation, pending: Pending) {
        let private_key = WireGuardPrivateKey::from_random(self.entropy.bytes());
        let membership = match Membership::new(invitation, private_key, &self.identity, now.wall) {
            Ok(membership) => membership,
            Err(error) => {
                self.complete(pending.ticket, Err(CommandError::new("no_address", error.to_string())));
                return;
            }
        };
        let invitation = &membership.invitation;
        info!(party = %invitation.party, subnet = %invitation.subnet.net(), "entering party");
        self.party = Some(ActiveParty {
            host: invitation.host,
            connections: ConnectionManager::new(
                invitation.party,
                invitation.secret.clone(),
                local_end(&membership),
                self.nat.candidates(),
            ),
            roster: Roster::default(),
            adapter: AdapterState::default(),
            pending: Some(pending),
            membership,
        });
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

    fn drop_party(&mut self, now: Now) {
        if let Some(mut party) = self.party.take() {
            info!(party = %party.membership.invitation.party, "leaving party");
            party.connections.close();
            self.take_outputs(now, &mut party);
            self.actions.push_back(Action::CloseAdapter);
            self.use_server(now, self.default_server.clone());
        }
    }

    /// Follows everything that the parts want, until nobody wants anything.
    fn drain(&mut self, now: Now) {
        self.drain_control(now);
        if let Some(mut party) = self.party.take() {
            self.take_outputs(now, &mut party);
            self.party = Some(party);
        }
        // Signals among the outputs are new words for the control plane.
        self.drain_control(now);
        while let Some((to, bytes)) = self.nat.poll_transmit() {
            self.actions.push_back(Action::Tunnel(TunnelAction::Datagram { to, bytes }));
        }
    }

    fn drain_control(&mut self, now: Now) {
        loop {
            while let Some(action) = self.control.poll_link() {
                self.actions.push_back(Action::Link(action));
            }
            let Some(event) = self.control.poll_event() else { return };
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
                ConnectionOutput::Notice { code, text } => self.notice(now.wall, code, text),
                ConnectionOutput::Signal { to, signal } => {
                    let party = party.membership.invitation.party;
                    self.control.request_remote(now, Request::Signal { party, to, signal });
                }
            }
        }
    }

    fn handle_control(&mut self, now: Now, event: ControlEvent) {
        match event {
            ControlEvent::Connected { stun, server_time } => {
                self.clock_error_ms =
                    server_time.map_or(0, |server| now.wall.since(server).max(server.since(now.wall)));
                let servers = stun.into_iter().map(|server| (server.host, server.port)).collect();
                self.actions.push_back(Action::ResolveStun(servers));
            }
            ControlEvent::Disconnected { reason, .. } => info!(%reason, "no control server"),
            ControlEvent::Party(snapshot) if self.is_current(&snapshot.party) => {
                self.take_snapshot(now, snapshot);
            }
            ControlEvent::Change { party, change, .. } if self.is_current(&party) => {
                self.take_change(now, change);
            }
            ControlEvent::Signal { party, from, signal } if self.is_current(&party) => {
                self.with_connections(|connections| {
                    connections.handle_signal(now.instant, &from, &signal);
                });
            }
            ControlEvent::Refused { refusal, retry_at } => self.handle_refusal(now, refusal, retry_at),
            ControlEvent::Left { .. }
            | ControlEvent::Party(_)
            | ControlEvent::Change { .. }
            | ControlEvent::Signal { .. } => {}
        }
    }

    fn is_current(&self, id: &PartyId) -> bool {
        self.party.as_ref().is_some_and(|party| party.membership.invitation.party == *id)
    }

    fn take_snapshot(&mut self, now: Now, snapshot: PartySnapshot) {
        let Some(party) = &mut self.party else { return };
        party.host = snapshot.host;
        let listed: Vec<PeerId> = snapshot.peers.iter().map(PeerEntry::peer).collect();
        party.connections.retain_listed(|peer| listed.contains(peer));
        for entry in snapshot.peers {
            self.take_entry(now, entry);
        }
        if let Some(party) = &mut self.party {
            // The other ends may have missed what was said while there was no control plane.
            party.connections.announce(now.wall, &mut self.entropy);
            if let Some(pending) = party.pending.take() {
                self.complete(pending.ticket, Ok(()));
                self.open_adapter();
            }
        }
    }

    fn take_change(&mut self, now: Now, change: Change) {
        match change {
            Change::PeerJoined { entry } | Change::PeerUpdated { entry } => self.take_entry(now, entry),
            Change::PeerLeft { peer } => {
                self.with_connections(|connections| connections.disconnect_peer(&peer));
                if let Some(party) = &mut self.party {
                    party.roster.forget_refusal(&peer);
                }
            }
            Change::PeerOnline { peer, online } => {
                if let Some(party) = &mut self.party {
                    party.connections.handle_online(now.wall, peer, online, &mut self.entropy);
                }
            }
            Change::HostChanged { host } => {
                if let Some(party) = &mut self.party {
                    party.host = host;
                }
            }
            Change::Unknown => {}
        }
    }

    /// Somebody is offered by the control plane: let in only if the record proves it.
    fn take_entry(&mut self, now: Now, entry: PeerEntry) {
        let Some(party) = &mut self.party else { return };
        let id = entry.peer();
        if id == self.identity.peer_id() {
            return;
        }
        match party.roster.admit(&entry.record, &party.membership, &party.connections) {
            Ok(record) => {
                let online = self.control.endpoint().map(|_| entry.online);
                let info = PeerInfo { nat_type: entry.nat_type, joined_at: entry.joined_at, online };
                party.connections.connect_to_peer(now.instant, now.wall, record, info, &mut self.entropy);
            }
            Err(refusal) => {
                let name = entry.record.claimed().name.to_string();
                if party.roster.note_refusal(id, name.clone(), refusal) {
                    warn!(peer = %id.short(), %refusal, "peer refused");
                    let text = format!("“{name}” was not let in: {refusal}.");
                    self.notice(now.wall, refusal.code(), text);
                }
            }
        }
    }

    fn handle_refusal(&mut self, now: Now, refusal: Refusal, retry_at: Option<Instant>) {
        warn!(code = ?refusal.code, detail = %refusal.detail, "refused by the control server");
        let about_us = matches!(refusal.request, Some(RequestKind::CreateParty | RequestKind::JoinParty))
            && refusal.party.is_none_or(|party| self.is_current(&party));
        if !about_us || retry_at.is_some() {
            return;
        }
        let Some(party) = &mut self.party else { return };
        let next_lease = match (refusal.code, refusal.lease) {
            (ErrorCode::LeaseTaken, _) => {
                Some(party.membership.take_next_lease(&self.identity, &refusal.taken))
            }
            (ErrorCode::LeaseFixed, Some(kept)) => {
                Some(party.membership.take_kept_lease(&self.identity, kept))
            }
            _ => None,
        };
        let tries = party.pending.as_mut().map_or(0, |pending| {
            pending.lease_tries += 1;
            pending.lease_tries
        });
        match next_lease {
            Some(Ok(())) if tries <= LEASE_TRIES => self.move_lease(now),
            Some(Err(error)) => self.give_up(now, CommandError::new("no_address", error.to_string())),
            _ => {
                let code = format!("control_{}", error_word(refusal.code));
                self.give_up(now, CommandError::new(&code, refusal_text(refusal.code)));
            }
        }
    }

    /// This device has another address now: the data plane, the adapter and the record follow.
    fn move_lease(&mut self, now: Now) {
        if let Some(party) = &mut self.party {
            let end = local_end(&party.membership);
            self.actions.push_back(Action::Tunnel(TunnelAction::Enter(end)));
            if party.adapter.is_wanted() {
                self.actions.push_back(Action::CloseAdapter);
                party.adapter = AdapterState::default();
                self.open_adapter();
            }
        }
        self.register(now);
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
        let candidates = self.nat.candidates();
        let nat_type = self.nat.nat_type();
        let Some(party) = &mut self.party else { return };
        party.connections.set_candidates(now.wall, candidates, &mut self.entropy);
        if nat_type != NatType::Unknown {
            let party = party.membership.invitation.party;
            let request = Request::UpdatePeer { party, record: None, nat_type: Some(nat_type) };
            self.control.request_remote(now, request);
        }
    }

    fn with_connections(&mut self, act: impl FnOnce(&mut ConnectionManager)) {
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

/// Why the adapter could not be opened, in the user's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AdapterFailure {
    pub(crate) code: &'static str,
    pub(crate) reason: String,
    pub(crate) fix: String,
}

fn local_end(membership: &Membership) -> LocalEnd {
    LocalEnd {
        private_key: membership.private_key.clone(),
        virtual_ip: membership.virtual_ip,
        subnet: membership.invitation.subnet,
    }
}

/// The code's word in the protocol.
fn error_word(code: ErrorCode) -> String {
    serde_json::to_value(code).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What the server refused, and what the user can do.
fn refusal_text(code: ErrorCode) -> String {
    let text = sentence(&code.to_string());
    let fix = match code {
        ErrorCode::UnknownParty => "Ask your friend whether the party still exists, and for a new link.",
        ErrorCode::PartyFull => "Somebody has to leave first.",
        ErrorCode::ProtocolVersion => "Update LANrage.",
        ErrorCode::StaleRecord => "Set this computer's clock, and join again.",
        _ => "Try again in a while.",
    };
    format!("{text} {fix}")
}

#[cfg(test)]
mod tests;
