//! Being the control plane of one's own party: guests come to this device, and no server is needed anywhere.

use lanrage_party::{ControlEndpoint, ServerId};

use super::State;
use crate::{facts::CommandError, input::Ticket, output::Turn};

impl State {
    /// Lets guests in, if the party is this device's own and has no server.
    pub(super) fn host_guests(&mut self, turn: &mut Turn<'_>) {
        let is_own = self.party.as_ref().is_some_and(|party| party.host == self.identity.peer_id());
        if is_own && self.control.endpoint().is_none() {
            self.hosting.begin(turn);
        }
    }

    /// Brings a party that this device hosts itself to a server, under the same ids and leases. Who is in it stays
    /// for as long as its path works; new friends come through the server.
    pub(super) fn publish(&mut self, turn: &mut Turn<'_>, server: ControlEndpoint) {
        if !self.hosting.is_wanted() {
            return;
        }
        self.stop_hosting(turn);
        if let Some(party) = &mut self.party {
            party.membership.invitation.control = vec![server.clone()];
            party.membership.invitation.server = None;
        }
        self.use_server(turn, Some(server), None);
        self.register(turn);
    }

    /// A server has shown its key. A membership that knows of none keeps it; from then on no other server is believed.
    pub(super) fn meet_server(&mut self, turn: &mut Turn<'_>, server: ServerId) {
        let Some(party) = &mut self.party else { return };
        let invitation = &mut party.membership.invitation;
        if invitation.server.is_none() && self.control.mean(server) {
            invitation.server = Some(server);
            party.keep_membership(turn, true);
        }
    }

    /// The player takes the server that answers now for the party's, though its key is another.
    pub(super) fn trust_server(&mut self, turn: &mut Turn<'_>) -> Result<(), CommandError> {
        let party = self.party.as_mut().ok_or(CommandError::NotInParty)?;
        let shown = self.control.other_server().ok_or(CommandError::SameServer)?;
        party.membership.invitation.server = shown;
        party.keep_membership(turn, true);
        let endpoint = self.control.endpoint().cloned();
        // Begins anew, with what is meant now.
        self.use_server(turn, None, None);
        self.use_server(turn, endpoint, shown);
        self.register(turn);
        Ok(())
    }

    pub(super) fn stop_hosting(&mut self, turn: &mut Turn<'_>) {
        if self.hosting.end(turn) {
            self.control.stop_guests(turn);
        }
    }

    pub(super) fn handle_listening(&mut self, turn: &mut Turn<'_>, port: Option<u16>) {
        self.hosting.handle_listening(port);
        self.refresh_endpoints(turn);
        if !self.hosting.is_listening() {
            self.hosting.answer_maker(turn);
        }
    }

    /// The party is made. Where guests come to this device, whoever asked for it hears so when its link tells them
    /// the way, for one that is copied before leads nowhere; without a network, a little later.
    pub(super) fn party_is_made(&mut self, turn: &mut Turn<'_>, ticket: Ticket) {
        let has_way = self.party.as_ref().is_none_or(|party| !party.membership.invitation.control.is_empty());
        if self.hosting.is_wanted() && !has_way {
            self.hosting.let_maker_wait(turn, ticket);
        } else {
            turn.complete(ticket, Ok(()));
        }
    }

    /// The link of a party that this device hosts itself names this device's addresses.
    pub(super) fn refresh_endpoints(&mut self, turn: &mut Turn<'_>) {
        let Some(endpoints) = self.hosting.endpoints(self.nat.host_addresses()) else { return };
        let Some(party) = &mut self.party else { return };
        let invitation = &mut party.membership.invitation;
        if invitation.control != endpoints {
            invitation.control = endpoints;
            // Guests are shown this device's own key there.
            invitation.server = Some(ServerId::of(&self.identity.public()));
            party.keep_membership(turn, true);
        }
        if !party.membership.invitation.control.is_empty() {
            self.hosting.answer_maker(turn);
        }
    }

    /// The server cannot be reached; a party that names several is looked for at the next.
    pub(super) fn try_next_endpoint(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &self.party else { return };
        let endpoints = &party.membership.invitation.control;
        let Some(current) = self.control.endpoint() else { return };
        let at = endpoints.iter().position(|endpoint| endpoint == current);
        let (Some(at), true) = (at, endpoints.len() > 1) else { return };
        let next = endpoints[(at + 1) % endpoints.len()].clone();
        let server = party.membership.invitation.server;
        self.use_server(turn, Some(next), server);
        self.register(turn);
    }
}
