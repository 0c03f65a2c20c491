//! Which server keeps the party's list, if any.

use lanrage_party::{ControlEndpoint, ServerId};

use super::State;
use crate::{facts::CommandError, input::Ticket, output::Turn, party::active::ActiveParty};

impl State {
    /// Brings a party that this device hosts itself to a server, under the same ids and leases. Who is in it stays
    /// for as long as its path works; new friends come through the server.
    pub(super) fn publish(&mut self, turn: &mut Turn<'_>, server: ControlEndpoint) {
        let is_own = |party: &&mut ActiveParty| {
            party.membership.is_serverless() && party.host == self.identity.peer_id()
        };
        let Some(party) = self.party.as_mut().filter(is_own) else { return };
        {
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

    /// The party is made. Whoever asked for it hears so when its link leads somewhere, for one that is copied before does
    /// not; without a network, a little later.
    pub(super) fn party_is_made(&mut self, turn: &mut Turn<'_>, ticket: Ticket) {
        let is_serverless = self.party.as_ref().is_some_and(|party| party.membership.is_serverless());
        if is_serverless && !self.nat.is_placed() {
            self.first_link.wait(turn, ticket);
        } else {
            turn.complete(ticket, Ok(()));
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
