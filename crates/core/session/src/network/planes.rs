use std::{hash::Hash, mem, time::Instant};

use lanrage_control::{
    ControlEvent, ControlPlane, DisconnectReason, GuestEvent, LinkAction, LinkEvent, LocalControlPlane, Now,
    RemoteControlPlane, RemoteSettings, RemoteTimings, protocol::Request,
};
use lanrage_party::{ControlEndpoint, DeviceIdentity, DoorPrivateKey, PartyId, ServerId};

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

impl ControlPlanes {
    pub(crate) fn new(identity: DeviceIdentity, mut local: LocalControlPlane) -> Self {
        local.show_key(identity.clone());
        Self { identity, local, remote: None }
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

    /// What is asked of a server about this party is proven with the key of its door.
    pub(crate) fn hold_door(&mut self, party: PartyId, key: DoorPrivateKey) {
        if let Some(remote) = &mut self.remote {
            remote.plane.hold_door(party, key);
        }
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
            self.local.mirror(now, &event);
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
