use std::{hash::Hash, mem, net::IpAddr, time::Instant};

use lanrage_control::{
    ControlEvent, ControlPlane, DisconnectReason, GuestEvent, GuestRefusals, LinkAction, LinkEvent,
    LocalControlPlane, Now, RemoteControlPlane, RemoteSettings, RemoteTimings,
    protocol::{Change, PeerEntry, Request},
};
use lanrage_party::{
    ControlEndpoint, DeviceIdentity, Invitation, PartyId, PartySecret, ServerId, facts::ServerFault,
};

use crate::{
    facts::ControlView,
    output::{GuestCommand, Output, Turn},
};

/// The control planes of this device: always a local one, and a remote one where a server is named.
///
/// The local one hears of everything that this device does, so that a party goes on when the server does not;
/// while the server is in session, its word is the one that counts.
#[derive(Debug)]
pub(crate) struct ControlPlanes {
    identity: DeviceIdentity,
    local: LocalControlPlane,
    remote: Option<Remote>,
    /// The party that is spoken of, with what its members' records are checked by.
    party: Option<PartyDoor>,
}

/// What the records of a party's members are checked by.
#[derive(Debug)]
struct PartyDoor {
    party: PartyId,
    epoch: u32,
    secret: PartySecret,
}

#[derive(Debug)]
struct Remote {
    endpoint: ControlEndpoint,
    plane: RemoteControlPlane,
    state: RemoteState,
}

#[derive(Debug)]
enum RemoteState {
    Connecting,
    Connected,
    Disconnected { reason: DisconnectReason, retry_at: Instant },
}

impl PartyDoor {
    /// The same without those whom the party's secret does not vouch for: a lying server would fill the local registry
    /// with them, and leave no room for friends. `None` if nothing is left, or it is about another party.
    fn sift(&self, event: &ControlEvent) -> Option<ControlEvent> {
        let vouched = |entry: &PeerEntry| entry.record.verify(&self.party, self.epoch, &self.secret).is_ok();
        match event {
            ControlEvent::Party(snapshot) if snapshot.party == self.party => {
                let mut snapshot = snapshot.clone();
                snapshot.peers.retain(vouched);
                Some(ControlEvent::Party(snapshot))
            }
            ControlEvent::Change { party, change, .. } if *party == self.party => match change {
                Change::PeerJoined { entry } | Change::PeerUpdated { entry } if !vouched(entry) => None,
                _ => Some(event.clone()),
            },
            _ => None,
        }
    }
}

impl ControlPlanes {
    pub(crate) fn new(identity: DeviceIdentity, mut local: LocalControlPlane) -> Self {
        local.show_key(identity.clone());
        Self { identity, local, remote: None, party: None }
    }

    /// Talks to this server from now on, or to none; `server` says which one is meant, if that is known. Nothing happens
    /// if it is the one already. What was to be said to the one before is on its way first.
    pub(crate) fn use_server(
        &mut self,
        turn: &mut Turn<'_>,
        endpoint: Option<ControlEndpoint>,
        server: Option<ServerId>,
    ) {
        let is_same = self.endpoint() == endpoint.as_ref();
        if is_same && self.remote.as_mut().is_none_or(|remote| remote.plane.may_serve(server)) {
            return;
        }
        self.take_outputs(turn);
        // A new dial ends the connection before it; without one it is closed by hand.
        if self.remote.is_some() && endpoint.is_none() {
            turn.push(Output::Link(LinkAction::Close));
        }
        self.remote = endpoint.map(|endpoint| {
            let settings = RemoteSettings {
                endpoint: endpoint.clone(),
                server,
                client_version: env!("CARGO_PKG_VERSION").to_owned(),
                jitter_seed: u64::from_ne_bytes(turn.entropy.bytes()),
                timings: RemoteTimings::default(),
            };
            let plane = RemoteControlPlane::new(settings, self.identity.clone(), turn.now);
            Remote { endpoint, plane, state: RemoteState::Connecting }
        });
    }

    /// The server in use.
    pub(crate) fn endpoint(&self) -> Option<&ControlEndpoint> {
        self.remote.as_ref().map(|remote| &remote.endpoint)
    }

    /// How often guests were refused.
    pub(crate) const fn refused_guests(&self) -> GuestRefusals {
        self.local.refused()
    }

    /// The server's address, where it is known by that and not by a name.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.endpoint()?.address()
    }

    /// The party of this invitation is the one that is spoken of from now on: what is asked of a server about it is proven
    /// with the key of its door, and only those whom its secret vouches for are passed on to the local registry.
    pub(crate) fn enter(&mut self, invitation: &Invitation) {
        let Invitation { party, secret, epoch, .. } = invitation;
        if let Some(remote) = &mut self.remote {
            remote.plane.hold_door(*party, secret.door_key(*epoch));
        }
        self.party = Some(PartyDoor { party: *party, epoch: *epoch, secret: secret.clone() });
    }

    /// The server in session, by its key, if it has shown one.
    pub(crate) fn server(&self) -> Option<ServerId> {
        self.remote.as_ref().and_then(|remote| remote.plane.server())
    }

    /// Believes no other server than this, which is the one in session. False if it is not.
    pub(crate) fn mean(&mut self, server: ServerId) -> bool {
        self.remote.as_mut().is_some_and(|remote| remote.plane.mean(server))
    }

    /// Which server has answered instead of the one that is meant, if that was so at the last try: the one with the key
    /// that it has shown, or one without a key.
    pub(crate) fn other_server(&self) -> Option<Option<ServerId>> {
        match &self.remote.as_ref()?.state {
            RemoteState::Disconnected { reason: DisconnectReason::OtherServer { shown }, .. } => Some(*shown),
            _ => None,
        }
    }

    /// Why there is no session with the server; one that has said nothing yet is silent.
    pub(crate) fn fault(&self) -> ServerFault {
        match self.remote.as_ref().map(|remote| &remote.state) {
            Some(RemoteState::Disconnected { reason, .. }) => reason.into(),
            _ => ServerFault::Silent,
        }
    }

    /// Asks every control plane.
    pub(crate) fn request(&mut self, now: Now, request: Request) {
        if let Some(remote) = &mut self.remote {
            remote.plane.request(now, request.clone());
        }
        self.local.request(now, request);
    }

    /// Asks the control plane that counts: what goes to other members, who are where it is.
    pub(crate) fn request_counting(&mut self, now: Now, request: Request) {
        match &mut self.remote {
            Some(remote) => remote.plane.request(now, request),
            None => self.local.request(now, request),
        }
    }

    /// Asks for relays with fresh credentials.
    pub(crate) fn request_relays(&mut self, now: Now) {
        if let Some(remote) = &mut self.remote {
            remote.plane.request_relays(now);
        }
    }

    pub(crate) fn handle_link(&mut self, now: Now, event: LinkEvent) {
        if let Some(remote) = &mut self.remote {
            remote.plane.handle_link(now, event);
        }
    }

    /// What became of a guest's connection to this device.
    pub(crate) fn handle_guest(&mut self, now: Now, event: GuestEvent) {
        self.local.handle_guest(now, event);
    }

    /// Lets no guests in any more; those who are there are told.
    pub(crate) fn stop_guests(&mut self, turn: &mut Turn<'_>) {
        self.local.stop_guests(turn.now);
        self.take_outputs(turn);
        turn.push(Output::Guests(GuestCommand::Stop));
    }

    pub(crate) fn handle_network_change(&mut self, now: Now) {
        if let Some(remote) = &mut self.remote {
            remote.plane.handle_network_change(now);
        }
    }

    /// A path was lost, and the connection to the control server may have died with it: without it, no new path is
    /// agreed on.
    pub(crate) fn doubt(&mut self, now: Now) {
        if let Some(remote) = &mut self.remote {
            remote.plane.doubt(now);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Now) {
        self.local.handle_timeout(now);
        if let Some(remote) = &mut self.remote {
            remote.plane.handle_timeout(now);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let remote = self.remote.as_ref().and_then(|remote| remote.plane.poll_timeout());
        self.local.poll_timeout().into_iter().chain(remote).min()
    }

    /// Passes on what the control planes want to say to the server and to guests.
    pub(crate) fn take_outputs(&mut self, turn: &mut Turn<'_>) {
        while let Some(action) = self.remote.as_mut().and_then(|remote| remote.plane.poll_transmit()) {
            turn.push(Output::Link(action));
        }
        let changes = self.local.take_changes();
        if !changes.is_empty() {
            turn.push(Output::KeepParties(changes));
        }
        while let Some(action) = self.local.poll_guest() {
            turn.push(Output::Guests(GuestCommand::Act(action)));
        }
    }

    /// What the control plane that counts has to say.
    pub(crate) fn poll_event(&mut self, now: Now) -> Option<ControlEvent> {
        if let Some(remote) = &mut self.remote
            && let Some(event) = remote.plane.poll_event()
        {
            // The local registry learns what the server knows, so that it can go on in its place.
            if let Some(event) = self.party.as_ref().and_then(|party| party.sift(&event)) {
                self.local.mirror(now, &event);
            }
            match &event {
                ControlEvent::Connected { .. } => remote.state = RemoteState::Connected,
                ControlEvent::Disconnected { reason, retry_at } => {
                    remote.state = RemoteState::Disconnected { reason: reason.clone(), retry_at: *retry_at };
                }
                _ => {}
            }
            return Some(event);
        }
        // What the local registry answers counts only where no server ever will; a party that waits for its
        // server is already complete in itself.
        while let Some(event) = self.local.poll_event() {
            if self.remote.is_none() {
                return Some(event);
            }
        }
        None
    }

    /// Whether a server is used, and how it is with it, without the details.
    pub(crate) fn phase(&self) -> impl Hash + use<> {
        self.remote.as_ref().map(|remote| mem::discriminant(&remote.state))
    }

    /// The state as shown.
    pub(crate) fn view(&self, now: Now) -> ControlView {
        let Some(remote) = &self.remote else { return ControlView::Local };
        let server = remote.endpoint.to_string();
        match &remote.state {
            RemoteState::Connecting => ControlView::Connecting { server },
            RemoteState::Connected => ControlView::Connected { server },
            RemoteState::Disconnected { reason, retry_at } => {
                let wait = retry_at.saturating_duration_since(now.instant);
                ControlView::Disconnected {
                    server,
                    why: reason.into(),
                    retry_at_ms: now.wall.plus(wait.as_millis() as u64).0,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use lanrage_control::protocol::PartySnapshot;
    use lanrage_party::{
        Name, NatType, PEER_PROTOCOL, PeerRecord, Subnet, UnixMillis, VirtualIp, WireGuardPrivateKey,
    };

    use super::*;

    fn entry(n: u8, secret: &PartySecret) -> PeerEntry {
        let identity = DeviceIdentity::from_seed(&[n; 32]);
        let record = PeerRecord {
            party: PartyId::from_random([1; 16]),
            identity: identity.public(),
            wireguard_key: WireGuardPrivateKey::from_random([n; 32]).public(),
            virtual_ip: VirtualIp([10, 66, 0, n].into()),
            name: Name::new("Ann").unwrap(),
            protocol: PEER_PROTOCOL,
            epoch: 1,
            sequence: 1,
        };
        let (record, joined_at) = (record.sign(&identity, secret), UnixMillis(1));
        PeerEntry { record, nat_type: NatType::Unknown, joined_at, online: true }
    }

    #[test]
    fn the_local_registry_hears_of_nobody_whom_the_partys_secret_does_not_vouch_for() {
        let (secret, other) = (PartySecret::from_random([7; 32]), PartySecret::from_random([8; 32]));
        let party = PartyId::from_random([1; 16]);
        let door = PartyDoor { party, epoch: 1, secret: secret.clone() };
        let (friend, stranger) = (entry(1, &secret), entry(2, &other));
        let snapshot = |party, peers| {
            ControlEvent::Party(PartySnapshot {
                party,
                name: Name::new("LAN").unwrap(),
                subnet: Subnet::DEFAULT,
                host: friend.peer(),
                created_at: UnixMillis(1),
                revision: 1,
                peers,
            })
        };
        let change = |change| ControlEvent::Change { party, revision: 2, change };
        let told = snapshot(party, vec![stranger.clone(), friend.clone()]);
        assert_eq!(door.sift(&told), Some(snapshot(party, vec![friend.clone()])));
        assert_eq!(door.sift(&snapshot(PartyId::from_random([2; 16]), vec![friend.clone()])), None);
        let joined = |entry: &PeerEntry| change(Change::PeerJoined { entry: entry.clone() });
        assert_eq!(door.sift(&joined(&friend)), Some(joined(&friend)));
        assert_eq!(door.sift(&joined(&stranger)), None);
        assert_eq!(door.sift(&change(Change::PeerUpdated { entry: stranger })), None);
    }
}
