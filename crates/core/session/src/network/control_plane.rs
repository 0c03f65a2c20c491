use std::{hash::Hash, mem, net::IpAddr, time::Instant};

use lanrage_control::{
    ControlEvent, DisconnectReason, LinkAction, LinkEvent, Now, RemoteControlPlane, RemoteSettings,
    RemoteTimings, protocol::Request,
};
use lanrage_party::{
    AccessKey, Announcement, ControlEndpoint, DeviceIdentity, Invitation, ServerId, facts::ServerFault,
};

use crate::{
    facts::ControlView,
    output::{Output, Turn},
};

/// The server that keeps the party's list, where there is one. Members keep it themselves by
/// [gossip](crate::peers::gossip) where there is none, and while there is no session with it.
#[derive(Debug)]
pub(crate) struct ControlPlane {
    identity: DeviceIdentity,
    /// A private server, and its key.
    access: Option<(ControlEndpoint, AccessKey)>,
    /// What the operator of the server in use tells everybody.
    announcement: Option<Announcement>,
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

impl ControlPlane {
    /// No server yet. The key of `access` is shown to its server alone.
    pub(crate) const fn new(identity: DeviceIdentity, access: Option<(ControlEndpoint, AccessKey)>) -> Self {
        Self { identity, access, announcement: None, remote: None }
    }

    /// What the server's operator tells everybody.
    pub(crate) fn announcement(&self) -> Option<&Announcement> {
        self.announcement.as_ref()
    }

    pub(crate) fn set_announcement(&mut self, text: Option<Announcement>) {
        self.announcement = text;
    }

    /// Shows this server this key from now on. Says whether that is another key than before for the server in use.
    pub(crate) fn set_access(&mut self, access: Option<(ControlEndpoint, AccessKey)>) -> bool {
        if access == self.access {
            return false;
        }
        self.access = access;
        let Some(Remote { endpoint, .. }) = &self.remote else { return false };
        let key = self.access_to(endpoint);
        self.remote.as_mut().is_some_and(|remote| remote.plane.set_access(key))
    }

    fn access_to(&self, endpoint: &ControlEndpoint) -> Option<AccessKey> {
        self.access.as_ref().filter(|(server, _)| server == endpoint).map(|(_, key)| key.clone())
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
        self.announcement = None;
        // A new dial ends the connection before it; without one it is closed by hand.
        if self.remote.is_some() && endpoint.is_none() {
            turn.push(Output::Link(LinkAction::Close));
        }
        self.remote = endpoint.map(|endpoint| {
            let settings = RemoteSettings {
                endpoint: endpoint.clone(),
                server,
                access: self.access_to(&endpoint),
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

    /// The server's address, where it is known by that and not by a name.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.endpoint()?.address()
    }

    /// The party of this invitation is the one that is spoken of from now on: what is asked of the server about it is proven
    /// with the key of its door.
    pub(crate) fn enter(&mut self, invitation: &Invitation) {
        let Invitation { party, secret, epoch, .. } = invitation;
        if let Some(remote) = &mut self.remote {
            remote.plane.hold_door(*party, secret.door_key(*epoch));
        }
    }

    /// What stands before the secret part of an invitation in its web form, if the server has a page for that.
    pub(crate) fn page(&self) -> Option<String> {
        self.remote.as_ref().and_then(|remote| remote.plane.page())
    }

    /// Whether there is a session with a server.
    pub(crate) fn is_connected(&self) -> bool {
        self.remote.as_ref().is_some_and(|remote| matches!(remote.state, RemoteState::Connected))
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

    /// Why there is no session with the server; one that has said nothing yet is silent. `None` where there is no server.
    pub(crate) fn fault(&self) -> Option<ServerFault> {
        Some(match &self.remote.as_ref()?.state {
            RemoteState::Disconnected { reason, .. } => reason.into(),
            RemoteState::Connecting | RemoteState::Connected => ServerFault::Silent,
        })
    }

    /// Asks the server, if there is one.
    pub(crate) fn request(&mut self, now: Now, request: Request) {
        if let Some(remote) = &mut self.remote {
            remote.plane.request(now, request);
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
        if let Some(remote) = &mut self.remote {
            remote.plane.handle_timeout(now);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.remote.as_ref().and_then(|remote| remote.plane.poll_timeout())
    }

    /// Passes on what is to be said to the server.
    pub(crate) fn take_outputs(&mut self, turn: &mut Turn<'_>) {
        while let Some(action) = self.remote.as_mut().and_then(|remote| remote.plane.poll_transmit()) {
            turn.push(Output::Link(action));
        }
    }

    /// What the server has to say.
    pub(crate) fn poll_event(&mut self) -> Option<ControlEvent> {
        let remote = self.remote.as_mut()?;
        let event = remote.plane.poll_event()?;
        match &event {
            ControlEvent::Connected { .. } => {
                remote.state = RemoteState::Connected;
                // What there is to tell comes right behind.
                self.announcement = None;
            }
            ControlEvent::Disconnected { reason, retry_at } => {
                remote.state = RemoteState::Disconnected { reason: reason.clone(), retry_at: *retry_at };
            }
            _ => {}
        }
        Some(event)
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
