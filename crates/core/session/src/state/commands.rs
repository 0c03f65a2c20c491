//! What the user wants.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use lanrage_control::protocol::Request;
use lanrage_party::{
    Departure, Glance, Invitation, Name, NatType, PartyId, PartySecret, PeerId, Subnet, WireGuardPrivateKey,
};
use lanrage_rendezvous::Order;
use tracing::info;

use super::State;
use crate::{
    facts::CommandError,
    input::{Command, Settings, Ticket},
    network::{adapter::AdapterState, adapter_watch::AdapterWatch},
    output::{Output, StoreAction, Turn},
    party::{
        active::{ActiveParty, Pending, PendingKind},
        found::Found,
        membership::{Kept, Membership},
        parting::Parting,
        requests::Requests,
        roster::Roster,
        undo::Undo,
    },
    peers::{
        awaited::Awaited,
        called::Called,
        connections::{Connections, Ways},
        gossip::{
            Gossip,
            chat::Chat,
            departures::Departures,
            games::Games,
            message::Message,
            questions::Questions,
            ready::Ready,
            ruled::{Ignorance, Ruled},
            shares::Asking,
            voice::Voice,
        },
        knocking::{Knocking, TARGETS},
        relaying::carried::Carried,
        sightings::Sightings,
    },
};

impl State {
    pub(super) fn handle_command(&mut self, turn: &mut Turn<'_>, ticket: Ticket, command: Command) {
        match command {
            Command::CreateParty { name } => {
                self.call_off_code(turn);
                if self.check_free(turn, ticket) {
                    self.creating = Some((ticket, name));
                    turn.push(Output::ReadRoutes);
                }
            }
            Command::JoinParty(invitation) => {
                self.call_off_code(turn);
                self.join_party(turn, ticket, invitation);
            }
            Command::FindCode(keys) => {
                self.call_off_code(turn);
                self.find_code(turn, ticket, keys);
            }
            Command::MakeCode(new) => self.make_code(turn, ticket, *new),
            Command::LeaveParty => match &self.party {
                None => {
                    let result =
                        if self.call_off_code(turn) { Ok(()) } else { Err(CommandError::NotInParty) };
                    turn.complete(ticket, result);
                }
                Some(party) => {
                    let is_being_joined = party.is_being_joined();
                    self.call_off(turn);
                    self.hand_over_before_leaving(turn);
                    let departure = self.say_leave(turn);
                    // Nothing is kept of a party that this device has not come into.
                    if is_being_joined {
                        self.withdraw(turn)
                    } else {
                        self.drop_party(turn, departure)
                    }
                    turn.complete(ticket, Ok(()));
                }
            },
            Command::PauseParty => {
                if self.party.is_none() {
                    return turn.complete(ticket, Err(CommandError::NotInParty));
                }
                self.pause(turn);
                turn.complete(ticket, Ok(()));
            }
            Command::TrustServer => {
                let result = self.trust_server(turn);
                turn.complete(ticket, result);
            }
            Command::ResumeParty(party) => {
                self.call_off_code(turn);
                turn.push(Output::Load { ticket, party });
            }
            Command::Rule(wish) => {
                let result = self.rule(turn, wish);
                turn.complete(ticket, result);
            }
            Command::LinkCopied => {
                let result = if self.party.is_some() { Ok(()) } else { Err(CommandError::NotInParty) };
                self.expect_friends(turn);
                turn.complete(ticket, result);
            }
            Command::ReplyCopied => {
                let result = self.await_reply(turn);
                turn.complete(ticket, result);
            }
            Command::TakeReply(reply) => {
                let result = self.take_reply(turn, &reply);
                turn.complete(ticket, result);
            }
            Command::ExplainGame { peer, slug, is_own } => {
                self.explain_game(turn, ticket, peer, slug, is_own);
            }
            Command::Say(text) => {
                let result = self.say(turn, &text);
                turn.complete(ticket, result);
            }
            Command::Ping(peer) => {
                let party = self.party.as_mut().ok_or(CommandError::NotInParty);
                let result = party.and_then(|party| party.connections.ping(turn, ticket, peer));
                turn.complete(ticket, result);
            }
            Command::AskReady => {
                let result = self.ask_ready(turn);
                turn.complete(ticket, result);
            }
            Command::AnswerReady(is_ready) => {
                let result = self.answer_ready(turn, is_ready);
                turn.complete(ticket, result);
            }
            Command::PinVoiceLink(text) => {
                let result = self.pin_voice_link(turn, &text);
                turn.complete(ticket, result);
            }
            Command::LookForGames => self.look_for_games(turn, ticket),
            Command::MeasureAgain => self.measure_again(turn, ticket),
            Command::CheckAway(party) => {
                let present = self.party.as_ref().map(|present| present.membership.invitation.party);
                let is_present = present == Some(party);
                turn.complete(ticket, if is_present { Err(CommandError::StillAMember) } else { Ok(()) });
            }
            Command::Suspend => {
                self.suspend(turn);
                self.use_server(turn, self.default_server.clone(), None);
                turn.complete(ticket, Ok(()));
            }
        }
    }

    /// Makes the party that waits for it, in a network that overlaps none of these and holds nobody whom LANrage uses.
    pub(super) fn handle_routes(&mut self, turn: &mut Turn<'_>, routes: &[Ipv4Net]) {
        let Some((ticket, name)) = self.creating.take() else { return };
        // Another party may have been entered in the meantime.
        if !self.check_free(turn, ticket) {
            return;
        }
        let overlaps = |subnet: &Subnet| {
            let net = subnet.net();
            routes.iter().any(|route| route.contains(&net) || net.contains(route))
                || self.endpoint_in(*subnet).is_some()
        };
        let mut proposals = [self.default_subnet].into_iter().chain(Subnet::ALTERNATIVES);
        match proposals.find(|subnet| !overlaps(subnet)) {
            Some(subnet) => self.create_party(turn, ticket, name, subnet),
            None => turn.refuse(ticket, CommandError::NoFreeSubnet),
        }
    }

    /// Makes a party in `subnet` and becomes its host.
    fn create_party(&mut self, turn: &mut Turn<'_>, ticket: Ticket, name: Name, subnet: Subnet) {
        let invitation = Invitation {
            party: PartyId::from_random(turn.entropy.bytes()),
            name,
            host: self.identity.peer_id(),
            subnet,
            control: self.control.endpoint().cloned().into_iter().collect(),
            addresses: Vec::new(),
            server: self.control.server(),
            secret: PartySecret::from_random(turn.entropy.bytes()),
            epoch: 1,
            shares: Vec::new(),
            expires_at: None,
            pass: None,
            glance: Glance::default(),
        };
        let pending = Pending::new(ticket, PendingKind::Create, turn.now);
        if self.become_member(turn, invitation, pending) {
            let endpoint = self.endpoint_in_network();
            if let Some(party) = &mut self.party {
                party.open_adapter(turn, endpoint);
            }
            self.register(turn);
            let is_complete = self.party.as_ref().is_some_and(|party| party.membership.is_serverless());
            if is_complete {
                self.joined(turn);
            }
        }
    }

    /// Somebody opened a link. Whether this device is a member of its party already is looked up first: a membership is
    /// worth more than a link.
    fn join_party(&mut self, turn: &mut Turn<'_>, ticket: Ticket, invitation: Box<Invitation>) {
        let party = invitation.party;
        if self.party.as_ref().is_some_and(|present| present.membership.invitation.party == party) {
            return self.join_again(turn, ticket, &invitation);
        }
        if self.check_free(turn, ticket) {
            self.joining = Some((ticket, invitation));
            turn.push(Output::Load { ticket, party });
        }
    }

    /// A link of the party that this device is in already, or still looks for: a newer link may lead further.
    fn join_again(&mut self, turn: &mut Turn<'_>, ticket: Ticket, link: &Invitation) {
        let Some(party) = &mut self.party else { return };
        let own = &party.membership.invitation;
        let is_same = own.epoch == link.epoch && own.secret == link.secret;
        let own_peer = self.identity.peer_id();
        let is_apart = party.is_being_joined() || party.is_lonely(&own_peer);
        let is_another = is_same && is_apart && party.membership.take_link(link);
        // Whoever waits to be let in may have been given a limited link meanwhile.
        let own = &party.membership.invitation;
        let pass = link.pass.clone().filter(|pass| is_same && own.pass.as_ref() != Some(pass));
        let has_pass = pass.is_some();
        if has_pass {
            party.membership.invitation.pass = pass;
            party.told_refused = None;
        }
        if is_another {
            self.follow_epoch(turn);
        }
        let Some(party) = &mut self.party else { return };
        match party.pending.as_mut().filter(|pending| matches!(pending.kind, PendingKind::Join { .. })) {
            None => {
                if has_pass || is_another {
                    self.announce_record(turn);
                    self.begin_knocking(turn);
                }
                turn.complete(ticket, Ok(()));
            }
            Some(_) if !is_same => turn.refuse(ticket, CommandError::AlreadyInParty),
            Some(pending) => {
                pending.tickets.push(ticket);
                if has_pass || is_another {
                    pending.refused = None;
                    party.new_record(turn.now.wall, &self.identity, &self.player_name);
                }
                party.unanswered.retain(|known| !link.addresses.contains(known));
                party.unanswered.splice(..0, link.addresses.iter().copied());
                party.unanswered.truncate(TARGETS);
                party.knocking.hurry(turn.now.instant);
            }
        }
    }

    /// What came of looking a membership up: for a link, or for the wish to be in a party again.
    pub(super) fn handle_kept(
        &mut self,
        turn: &mut Turn<'_>,
        ticket: Ticket,
        kept: Result<Kept, CommandError>,
    ) {
        let Some((_, link)) = self.joining.take_if(|(waiting, _)| *waiting == ticket) else {
            return self.resume_party(turn, ticket, kept);
        };
        let is_of_link = |kept: &Kept| {
            let own = &kept.membership.invitation;
            own.epoch == link.epoch && own.secret == link.secret
        };
        match kept.ok().filter(is_of_link) {
            // Another party may have been entered in the meantime.
            _ if !self.check_free(turn, ticket) => {}
            Some(mut kept) => {
                kept.membership.invitation.pass.clone_from(&link.pass);
                kept.membership.take_link(&link);
                self.resume_party(turn, ticket, Ok(kept))
            }
            None => self.join_new_party(turn, ticket, *link),
        }
    }

    fn join_new_party(&mut self, turn: &mut Turn<'_>, ticket: Ticket, mut invitation: Invitation) {
        if let Err(error) = invitation.check_expiry(turn.now.wall) {
            return turn.refuse(ticket, error);
        }
        if invitation.pass.is_some() {
            // Who has come by a limited link passes on the party's own, which lasts.
            invitation.expires_at = None;
        }
        let server = invitation.control.first().cloned();
        let has_server = server.is_some();
        if !has_server && invitation.addresses.is_empty() && !self.uses_rendezvous {
            return turn.refuse(ticket, CommandError::NoControlServer);
        }
        self.use_server(turn, server, invitation.server);
        let pending = Pending::new(ticket, PendingKind::Join { has_server }, turn.now);
        if self.become_member(turn, invitation, pending) {
            self.register(turn);
        }
    }

    /// Settings have changed: the name that friends see, the server of new parties, and more.
    pub(super) fn configure(&mut self, turn: &mut Turn<'_>, settings: Settings) {
        let Settings {
            player_name,
            server,
            server_key,
            stun_servers,
            quality_thresholds,
            default_subnet,
            relay_only,
            sends_twice,
            uses_rendezvous,
            forward_limits,
            shares_games,
            shield,
        } = settings;
        self.shares_games = shares_games;
        self.shield.set_rules(shield);
        if let Some(party) = &mut self.party {
            party.connections.set_muted(turn, &self.shield.rules().muted);
        }
        self.uses_rendezvous = uses_rendezvous;
        self.set_forward_limits(turn, forward_limits);
        self.sends_twice = sends_twice;
        self.follow_sends_twice(turn);
        self.set_relay_only(turn, relay_only);
        self.quality_thresholds = quality_thresholds;
        self.default_subnet = default_subnet;
        if stun_servers != self.nat.public_servers {
            self.nat.public_servers = stun_servers;
            self.look_up_names(turn);
        }
        if player_name != self.player_name {
            self.player_name = player_name;
            self.announce_record(turn);
        }
        let is_let_in_anew = self.control.set_access(server.clone().zip(server_key));
        if is_let_in_anew && self.party.is_some() {
            self.register(turn);
        }
        if server != self.default_server {
            self.default_server.clone_from(&server);
            match server {
                Some(server) if self.party.is_some() => self.publish(turn, server),
                server if self.party.is_none() => self.use_server(turn, server, None),
                _ => {}
            }
        }
        self.choose_finder(turn);
        if self.check_codes().is_err() {
            self.call_off_code(turn);
            self.take_codes_back(turn);
        }
    }

    /// Tells the party what this peer says of itself now.
    pub(super) fn announce_record(&mut self, turn: &mut Turn<'_>) {
        if let Some(party) = &mut self.party {
            let record = party.new_record(turn.now.wall, &self.identity, &self.player_name);
            party.gossip.note_change(turn.now.instant);
            let id = party.membership.invitation.party;
            let request = Request::UpdatePeer { party: id, record: Some(record), nat_type: None };
            self.control.request(turn.now, request);
            party.keep_membership(turn, true);
        }
    }

    /// Becomes a member, as far as this device is concerned. False if that is impossible; the command is answered
    /// then.
    fn become_member(&mut self, turn: &mut Turn<'_>, invitation: Invitation, pending: Pending) -> bool {
        let host = invitation.host;
        let private_key = WireGuardPrivateKey::from_random(turn.entropy.bytes());
        match Membership::new(invitation, private_key, &self.identity, turn.now.wall) {
            Ok(mut membership) => {
                membership.skip_to(self.newest_sequence);
                self.enter(turn, membership, host, Some(pending));
                true
            }
            Err(error) => {
                pending.answer(turn, &Err(error.into()));
                false
            }
        }
    }

    pub(super) fn enter(
        &mut self,
        turn: &mut Turn<'_>,
        membership: Membership,
        host: PeerId,
        pending: Option<Pending>,
    ) {
        self.finish_parting(turn);
        let invitation = &membership.invitation;
        info!(party = %invitation.party.short(), subnet = %invitation.subnet.net(), "entering party");
        if let Some(server) = invitation.server {
            self.control.mean(server);
        }
        let network = membership.invitation.subnet;
        let knocking = Knocking::new(&membership.epochs, invitation.party, turn.now.instant);
        let ways = Ways {
            relay_only: self.relay_only,
            sends_twice: self.may_send_twice(),
            translator: self.translator,
        };
        let mut connections = Connections::new(turn, &membership, self.candidates(), ways);
        connections.set_muted(turn, &self.shield.rules().muted);
        let ignorance = match pending.as_ref().map(|pending| pending.kind) {
            Some(PendingKind::Create) => Ignorance::Nothing,
            Some(PendingKind::Join { .. }) => Ignorance::Everything,
            None => Ignorance::TheLatest,
        };
        self.party = Some(ActiveParty {
            host,
            connections,
            roster: Roster::default(),
            adapter: AdapterState::default(),
            watch: AdapterWatch::default(),
            told_nat_type: NatType::Unknown,
            pending,
            knocking,
            unanswered: membership.invitation.addresses.clone(),
            called: Called::default(),
            finder: None,
            found: Found::default(),
            awaited: Awaited::default(),
            reply: None,
            codes: Vec::new(),
            gossip: Gossip::default(),
            departures: Departures::default(),
            ruled: Ruled::new(ignorance),
            asking: Asking::default(),
            is_kept: ignorance == Ignorance::TheLatest,
            games: Games::default(),
            chat: Chat::default(),
            ready: Ready::default(),
            voice: Voice::new(None),
            sightings: Sightings::default(),
            questions: Questions::default(),
            requests: Requests::default(),
            undo: Undo::default(),
            unread: BTreeMap::new(),
            told_refused: None,
            carried: Carried::new(u32::from_be_bytes(turn.entropy.bytes())),
            carrier: self.new_carrier(),
            redirects: Vec::new(),
            membership,
        });
        self.relays.set_party(turn.now.instant, Some(network));
        self.follow_allocations(turn);
        self.map_port(turn);
        self.begin_knocking(turn);
        self.choose_finder(turn);
        self.renew_reply(turn);
    }

    /// Tells the control plane of this membership, as host or as guest.
    pub(super) fn register(&mut self, turn: &mut Turn<'_>) {
        let Some(party) = &mut self.party else { return };
        let record = party.new_record(turn.now.wall, &self.identity, &self.player_name);
        party.gossip.note_change(turn.now.instant);
        party.keep_membership(turn, true);
        if party.membership.is_serverless() {
            return;
        }
        let nat_type = self.nat.nat_type();
        let invitation = &party.membership.invitation;
        let (door, proof) = (Some(invitation.secret.door_key(invitation.epoch).public()), None);
        self.control.enter(invitation);
        let request = if invitation.host == self.identity.peer_id() {
            Request::CreateParty {
                party: invitation.party,
                name: invitation.name.clone(),
                subnet: invitation.subnet,
                record,
                nat_type,
                door,
                proof,
                access: None,
            }
        } else {
            Request::JoinParty { party: invitation.party, record, nat_type, door, proof }
        };
        self.control.request(turn.now, request);
    }

    /// Tells the server that this device leaves. Gives what friends are told, to be passed on.
    pub(super) fn say_leave(&mut self, turn: &mut Turn<'_>) -> Option<Departure> {
        let party = self.party.as_mut()?;
        let leave = party.membership.leave(turn.now.wall, &self.identity);
        let id = party.membership.invitation.party;
        self.control.request(turn.now, Request::LeaveParty { party: id, leave: Some(leave) });
        Some(Departure { identity: self.identity.public(), leave })
    }

    /// Is in no party any more, and forgets its keys.
    pub(super) fn drop_party(&mut self, turn: &mut Turn<'_>, departure: Option<Departure>) {
        self.take_codes_back(turn);
        self.end_questions(turn);
        if let Some(party) = self.party.take() {
            let id = party.membership.invitation.party;
            info!(party = %id.short(), "leaving party");
            let sequence = party.membership.sequence();
            self.close_party(turn, party, true, departure);
            turn.store(StoreAction::ForgetMembership { party: id, sequence });
            self.newest_sequence = self.newest_sequence.max(sequence);
            self.use_server(turn, self.default_server.clone(), None);
        }
    }

    /// Withdraws from a party that could not be joined. Nothing was kept of it, so nothing is forgotten: least of all a
    /// membership of before.
    pub(super) fn withdraw(&mut self, turn: &mut Turn<'_>) {
        self.end_questions(turn);
        if let Some(party) = self.party.take() {
            info!(party = %party.membership.invitation.party.short(), "not joined");
            self.close_party(turn, party, true, None);
            self.use_server(turn, self.default_server.clone(), None);
        }
    }

    /// Is in no party for now, and comes back to this one only when the player wants that.
    pub(super) fn pause(&mut self, turn: &mut Turn<'_>) {
        self.keep_membership(turn, false);
        self.suspend(turn);
        self.use_server(turn, self.default_server.clone(), None);
    }

    /// Leaves the party's network without giving up the membership, but for a guest's, which ends with that.
    pub(super) fn suspend(&mut self, turn: &mut Turn<'_>) {
        self.call_off(turn);
        self.call_off_code(turn);
        self.take_codes_back(turn);
        self.end_questions(turn);
        if self.party.as_ref().is_some_and(|party| party.membership.is_guests()) {
            let departure = self.say_leave(turn);
            self.drop_party(turn, departure);
        } else if let Some(party) = self.party.take() {
            info!(party = %party.membership.invitation.party.short(), "suspending party");
            self.close_party(turn, party, false, None);
        }
        self.use_server(turn, None, None);
    }

    /// Whoever waits for the party hears that it comes to nothing.
    fn call_off(&mut self, turn: &mut Turn<'_>) {
        if let Some(pending) = self.party.as_mut().and_then(|party| party.pending.take()) {
            pending.answer(turn, &Err(CommandError::Cancelled));
        }
    }

    fn close_party(
        &mut self,
        turn: &mut Turn<'_>,
        party: ActiveParty,
        leaves: bool,
        departure: Option<Departure>,
    ) {
        self.finish_parting(turn);
        let knocks = departure.and_then(|departure| self.last_knocks(turn, &party, departure));
        let word = departure.map(|departure| Message::Departures(vec![departure]).to_bytes());
        self.map_port(turn);
        turn.push(Output::CloseAdapter);
        if party.finder.is_some() {
            turn.push(Output::Rendezvous(Order::Rest));
        }
        self.first_link.is_good(turn);
        self.parting = Some(Parting::new(party.connections, leaves, word, knocks, turn.now.instant));
        self.part(turn);
    }

    /// Tells friends that this device goes, and goes when that is done.
    pub(super) fn part(&mut self, turn: &mut Turn<'_>) {
        if self.parting.as_mut().is_some_and(|parting| parting.handle_timeout(turn)) {
            self.finish_parting(turn);
        }
    }

    /// Nothing is left of a party that this device has left or paused.
    pub(super) fn finish_parting(&mut self, turn: &mut Turn<'_>) {
        if let Some(parting) = self.parting.take() {
            parting.close(turn);
            self.relays.set_party(turn.now.instant, None);
        }
    }

    pub(super) fn check_free(&self, turn: &mut Turn<'_>, ticket: Ticket) -> bool {
        let is_free = self.party.is_none() && self.creating.is_none() && self.joining.is_none();
        if !is_free {
            turn.refuse(ticket, CommandError::AlreadyInParty);
        }
        is_free
    }
}
