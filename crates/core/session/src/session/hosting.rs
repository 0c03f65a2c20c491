//! Being the control plane of one's own party: guests come to this device, and no server is needed anywhere.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use lanrage_control::{GuestEvent, Now};
use lanrage_party::{ControlEndpoint, limits};

use super::Session;
use crate::{
    output::GuestCommand,
    output::{Action, Ticket},
};

/// How long the maker of a party waits for a link with this device's addresses in it. An interface that was just plugged in
/// takes a moment.
const LINK_PATIENCE: Duration = Duration::from_secs(2);

/// How guests are let in where there is no server.
#[derive(Debug, Clone, Default)]
pub struct Hosting {
    /// Ports to try, in this order; none lets nobody in.
    ports: Vec<u16>,
    /// Also those who are not on the LAN.
    beyond_lan: bool,
    /// Where this device listens now.
    listening: Option<u16>,
    /// Whether it listens, or is about to.
    wanted: bool,
    /// Who is told that the party is made once its link says where this device listens, or at this time.
    waiting: Option<(Ticket, Instant)>,
}

impl Hosting {
    /// At the first of these ports that is free; also for those who are not on the LAN, if so wished.
    pub fn at(ports: Vec<u16>, beyond_lan: bool) -> Self {
        Self { ports, beyond_lan, ..Self::default() }
    }
}

impl Session {
    /// Lets guests in, if the party is this device's own and has no server.
    pub(super) fn host_guests(&mut self) {
        let is_own = self.party.as_ref().is_some_and(|party| party.host == self.identity.peer_id());
        if is_own && self.control.endpoint().is_none() && !self.hosting.ports.is_empty() {
            self.hosting.wanted = true;
            let Hosting { ports, beyond_lan, .. } = self.hosting.clone();
            self.actions.push_back(Action::Guests(GuestCommand::Listen { ports, beyond_lan }));
        }
    }

    /// Brings a party that this device hosts itself to a server, under the same ids and leases. Who is in it stays
    /// for as long as its path works; new friends come through the server.
    pub(super) fn publish(&mut self, now: Now, server: ControlEndpoint) {
        if !self.hosting.wanted {
            return;
        }
        self.stop_hosting(now);
        if let Some(party) = &mut self.party {
            party.membership.invitation.control = vec![server.clone()];
        }
        self.use_server(now, Some(server));
        self.register(now);
    }

    pub(super) fn stop_hosting(&mut self, now: Now) {
        if std::mem::take(&mut self.hosting.wanted) {
            self.hosting.listening = None;
            self.answer_maker();
            self.control.stop_guests(now);
            self.drain_control(now);
            self.actions.push_back(Action::Guests(GuestCommand::Stop));
        }
    }

    /// What became of [`GuestCommand::Listen`]: the port, if there is one.
    pub fn handle_listening(&mut self, port: Option<u16>) {
        self.hosting.listening = port.filter(|_| self.hosting.wanted);
        self.refresh_endpoints();
        if self.hosting.listening.is_none() {
            self.answer_maker();
        }
    }

    /// The party is made. Where guests come to this device, whoever asked for it hears so when its link tells them
    /// the way, for one that is copied before leads nowhere; without a network, a little later.
    pub(super) fn party_is_made(&mut self, now: Now, ticket: Ticket) {
        let has_way = self.party.as_ref().is_none_or(|party| !party.membership.invitation.control.is_empty());
        if self.hosting.wanted && !has_way {
            self.hosting.waiting = Some((ticket, now.instant + LINK_PATIENCE));
        } else {
            self.complete(ticket, Ok(()));
        }
    }

    /// Until when somebody waits for the link.
    pub(super) fn link_deadline(&self) -> Option<Instant> {
        self.hosting.waiting.map(|(_, until)| until)
    }

    /// The link is as good as it will be.
    pub(super) fn answer_maker(&mut self) {
        if let Some((ticket, _)) = self.hosting.waiting.take() {
            self.complete(ticket, Ok(()));
        }
    }

    /// What became of a guest's connection.
    pub fn handle_guest(&mut self, now: Now, event: GuestEvent) {
        self.control.handle_guest(now, event);
        self.drain(now);
    }

    /// The link of a party that this device hosts itself names this device's addresses.
    pub(super) fn refresh_endpoints(&mut self) {
        let (Some(port), Some(party)) = (self.hosting.listening, &mut self.party) else { return };
        let endpoints: Vec<ControlEndpoint> = self
            .nat
            .host_addresses()
            .iter()
            .filter_map(|ip| format!("ws://{}", SocketAddr::new(*ip, port)).parse().ok())
            .take(limits::CONTROL_ENDPOINTS)
            .collect();
        if party.membership.invitation.control != endpoints {
            party.membership.invitation.control = endpoints;
            self.keep_membership(true);
        }
        if self.party.as_ref().is_some_and(|party| !party.membership.invitation.control.is_empty()) {
            self.answer_maker();
        }
    }

    /// Whether these endpoints are a device's own rather than a server's: addresses at one of the ports at which
    /// this device listens.
    pub(super) fn is_own_endpoint(&self, endpoints: &[ControlEndpoint]) -> bool {
        endpoints.iter().all(|endpoint| {
            let url = endpoint.url();
            let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
            host.parse::<IpAddr>().is_ok()
                && url.port().is_some_and(|port| self.hosting.ports.contains(&port))
        })
    }

    /// The server cannot be reached; a party that names several is looked for at the next.
    pub(super) fn try_next_endpoint(&mut self, now: Now) {
        let Some(party) = &self.party else { return };
        let endpoints = &party.membership.invitation.control;
        let Some(current) = self.control.endpoint() else { return };
        let at = endpoints.iter().position(|endpoint| endpoint == current);
        let (Some(at), true) = (at, endpoints.len() > 1) else { return };
        let next = endpoints[(at + 1) % endpoints.len()].clone();
        self.use_server(now, Some(next));
        self.register(now);
    }
}
