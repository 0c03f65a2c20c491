//! What a session knows, how an input goes to the part that it concerns, and how the parts follow each other.

mod commands;
mod control;
mod finding;
mod games;
mod gossip;
mod knocks;
mod links;
mod network;
mod relaying;
mod replies;
mod restore;
mod rulings;
mod servers;
mod shield;
mod view;

use std::time::Instant;

use lanrage_control::protocol::{ErrorCode, Request};
use lanrage_nat::Nat64Prefix;
use lanrage_party::{
    ControlEndpoint, DeviceIdentity, ForwardLimits, Invitation, Name, QualityThresholds, ServerId, Subnet,
    facts::{Cause, News},
};

use tracing::warn;

use crate::{
    facts::{CommandError, Problem},
    input::{Input, Ticket},
    network::{control_plane::ControlPlane, name_rounds::NameRounds, nat_status::NatStatus, relays::Relays},
    output::{Output, ProgramWatch, Turn},
    party::{
        active::{ActiveParty, PendingKind},
        codes::{Tries, TypedCode},
        first_link::FirstLink,
        parting::Parting,
        shield::Shield,
    },
    peers::connections::Connections,
    setup::Setup,
};

/// What a session knows.
#[derive(Debug)]
pub(crate) struct State {
    identity: DeviceIdentity,
    player_name: Name,
    nat: NatStatus,
    relays: Relays,
    control: ControlPlane,
    party: Option<ActiveParty>,
    /// A party of before, while its friends are told that this device goes.
    parting: Option<Parting>,
    /// A party that is to be made as soon as it is known which networks are in the way.
    creating: Option<(Ticket, Name)>,
    /// A link that waits for the answer whether this device is a member of its party already.
    joining: Option<(Ticket, Box<Invitation>)>,
    /// A short code that is looked up.
    code_search: Option<TypedCode>,
    code_tries: Tries,
    first_link: FirstLink,
    default_server: Option<ControlEndpoint>,
    /// Why the server does not list this party, as the player was told.
    unlisted: Option<ErrorCode>,
    default_subnet: Subnet,
    relay_only: bool,
    /// Whether packets of games may be sent twice while a path loses some.
    sends_twice: bool,
    /// Whether friends may be found in the public store.
    uses_rendezvous: bool,
    /// As the settings say; [`Self::may_forward`] is what holds now.
    forward_limits: ForwardLimits,
    /// Whether friends are told what is played here.
    shares_games: bool,
    /// What of this device friends reach.
    shield: Shield,
    /// What of this device's programs is watched.
    programs_watched: Option<ProgramWatch>,
    is_metered: bool,
    /// The line has no IPv4, and this translator to it.
    translator: Option<Nat64Prefix>,
    quality_thresholds: QualityThresholds,
    troubles: Troubles,
    names: NameRounds,
    /// When the router was last asked anew for a port that it had opened.
    mapping_doubted: Option<Instant>,
    /// How often everything had to be checked anew.
    checks: u64,
    measuring: Measuring,
    /// The newest sequence of what this device has said in parties that it is in no more. Whoever heard that believes nothing
    /// older, though the clock was set back meanwhile.
    newest_sequence: u64,
}

/// Who waits for the router to be measured anew.
#[derive(Debug, Default)]
struct Measuring {
    waiting: Vec<Ticket>,
    /// When they are answered at the latest.
    until: Option<Instant>,
}

/// What is wrong beside the party.
#[derive(Debug, Default)]
struct Troubles {
    /// What the user should know of how the start went.
    standing: Vec<Problem>,
    /// Why nothing can be kept for the next start, while that is so.
    store: Option<Cause>,
    /// Why the log cannot be written, while that is so.
    log: Option<Cause>,
    /// Why no datagrams arrive any more, if so.
    sockets: Option<Cause>,
    /// How far this device's clock is from the control server's.
    clock_error_ms: u64,
}

impl State {
    pub(crate) fn new(turn: &mut Turn<'_>, setup: Setup) -> Self {
        let Setup { identity, udp_port, settings, network, .. } = setup;
        let mut state = Self {
            nat: NatStatus::new(turn.entropy.bytes(), udp_port),
            relays: Relays::new(turn.now.instant, turn.entropy.bytes()),
            control: ControlPlane::new(identity.clone(), settings.server.clone().zip(settings.server_key)),
            identity,
            player_name: settings.player_name,
            party: None,
            parting: None,
            creating: None,
            joining: None,
            code_search: None,
            code_tries: Tries::default(),
            first_link: FirstLink::default(),
            default_server: settings.server,
            unlisted: None,
            default_subnet: settings.default_subnet,
            relay_only: false,
            sends_twice: settings.sends_twice,
            uses_rendezvous: settings.uses_rendezvous,
            forward_limits: settings.forward_limits,
            shares_games: settings.shares_games,
            shield: Shield::new(settings.shield),
            programs_watched: None,
            is_metered: false,
            translator: None,
            quality_thresholds: settings.quality_thresholds,
            troubles: Troubles { standing: setup.problems, ..Troubles::default() },
            names: NameRounds::new(),
            mapping_doubted: None,
            checks: 0,
            measuring: Measuring::default(),
            newest_sequence: setup.newest_sequence,
        };
        state.nat.public_servers = settings.stun_servers;
        state.set_relay_only(turn, settings.relay_only);
        state.handle_network(turn, network);
        state.look_up_names(turn);
        state.nat.remember(setup.remembered_nat);
        state.use_server(turn, state.default_server.clone(), None);
        state.settle(turn);
        state
    }

    /// Gives the input to whom it concerns. What follows from it for the others is left to [`Self::settle`].
    pub(crate) fn handle(&mut self, turn: &mut Turn<'_>, input: Input) {
        match input {
            Input::Command(ticket, command) => self.handle_command(turn, ticket, command),
            Input::Configure(settings) => self.configure(turn, settings),
            Input::Tunnel(event) => self.handle_tunnel(turn, event),
            Input::Traffic(peers) => self.handle_traffic(turn, &peers),
            Input::Link(event) => self.control.handle_link(turn.now, event),
            Input::RelayStream(allocation, event) => self.relays.handle_stream(turn, allocation, &event),
            Input::Adapter(result) => match &mut self.party {
                Some(party) => {
                    party.watch.handle_opened();
                    party.adapter.handle_result(turn.now.instant, result);
                }
                // The party was left while its adapter was being opened.
                None => turn.push(Output::CloseAdapter),
            },
            Input::AdapterLook(look) => self.handle_adapter_look(turn, &look),
            Input::Routes(routes) => self.handle_routes(turn, &routes),
            Input::Network(network) => self.handle_network(turn, network),
            Input::Metered(is_metered) => self.handle_metered(turn, is_metered),
            Input::Woken(slept) => self.handle_woken(turn, slept),
            Input::Names(found) => self.handle_names(turn, found),
            Input::NatReport(report) => self.handle_nat_report(turn, report),
            Input::PortMapping(mapping) => {
                if self.nat.set_port_mapping(mapping) {
                    self.update_candidates(turn);
                }
            }
            Input::Restore(kept) => {
                if let Err(error) = self.restore(turn, kept) {
                    warn!(%error, "the stored party cannot be restored");
                    turn.notice(News::Refused(error));
                }
            }
            Input::Rendezvous(event) => self.handle_rendezvous(turn, event),
            Input::Kept(ticket, kept) => self.handle_kept(turn, ticket, kept),
            Input::Games { statements, redirects } => self.handle_games(turn, statements, redirects),
            Input::Doors { look, doors } => self.handle_doors(turn, look, doors),
            Input::GameExamined { number, examined, is_hidden } => {
                self.handle_game_examined(turn, number, *examined, is_hidden);
            }
            Input::GamesFound { found, is_over } => self.handle_games_found(turn, found, is_over),
            Input::StoreTrouble(trouble) => self.troubles.store = trouble,
            Input::LogTrouble(trouble) => self.troubles.log = trouble,
            Input::Timeout => self.handle_timeout(turn),
            Input::Suspend => self.suspend(turn),
        }
    }

    fn handle_timeout(&mut self, turn: &mut Turn<'_>) {
        self.control.handle_timeout(turn.now);
        self.relays.handle_timeout(turn.now.instant);
        if self.nat.handle_timeout(turn.now.instant) {
            self.update_candidates(turn);
        }
        self.first_link.handle_timeout(turn);
        self.let_finder_work(turn);
        self.let_codes_work(turn);
        self.knock(turn);
        self.gossip(turn);
        self.tell_rulings(turn);
        self.ask_for_shares(turn);
        if let Some(party) = &mut self.party {
            party.undo.expire(turn.now.instant);
        }
        self.tell_games(turn);
        self.tell_chat(turn);
        self.tell_ready(turn);
        self.tell_voice_link(turn);
        self.follow_questions(turn);
        self.relay_among_friends(turn);
        self.part(turn);
        if self.measuring.until.is_some_and(|until| until <= turn.now.instant) {
            self.answer_measured(turn);
        }
        if self.names.handle_timeout(turn.now.instant) {
            self.look_up_names(turn);
        }
        let endpoint = self.endpoint_in_network();
        if let Some(party) = &mut self.party {
            party.connections.handle_timeout(turn);
            if party.adapter.retry_is_due(turn.now.instant) {
                party.open_adapter(turn, endpoint);
            }
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        let party = self.party.as_ref();
        [
            (self.control.poll_timeout(), "control plane"),
            (self.first_link.poll_timeout(), "link of a new party"),
            (party.and_then(|party| party.knocking.poll_timeout()), "knocks"),
            (party.and_then(|party| party.gossip.poll_timeout()), "gossip"),
            (party.and_then(|party| party.ruled.poll_timeout()), "rulings"),
            (party.and_then(|party| party.asking.poll_timeout()), "shares"),
            (party.and_then(|party| party.undo.poll_timeout()), "undo"),
            (party.and_then(|party| party.games.poll_timeout()), "games"),
            (party.and_then(|party| party.chat.poll_timeout()), "chat"),
            (party.and_then(|party| party.ready.poll_timeout()), "ready check"),
            (party.and_then(|party| party.voice.poll_timeout()), "voice link"),
            (party.and_then(|party| party.questions.poll_timeout()), "questions of games"),
            (party.and_then(|party| party.carried.poll_timeout()), "ways by friends"),
            (party.and_then(|party| party.carrier.poll_timeout()), "relaying"),
            (party.and_then(|party| party.finder.as_ref()?.poll_timeout()), "public store"),
            (
                party.and_then(|party| party.codes.iter().filter_map(|own| own.offer.poll_timeout()).min()),
                "short codes",
            ),
            (self.code_search.as_ref().and_then(|typed| typed.search.poll_timeout()), "short code"),
            (self.nat.poll_timeout(), "STUN"),
            (self.relays.poll_timeout(), "relays"),
            (self.names.poll_timeout(), "names of servers"),
            (self.measuring.until, "router test"),
            (self.parting.as_ref().map(Parting::poll_timeout), "farewell"),
            (party.and_then(|party| party.connections.poll_timeout()), "paths to peers"),
            (party.and_then(|party| party.adapter.retry_at()), "adapter"),
            (
                party.and_then(|party| party.pending.as_ref()).map(|pending| pending.deadline),
                "pending command",
            ),
        ]
        .into_iter()
        .filter_map(|(at, reason)| Some((at?, reason)))
        .min()
    }

    /// Lets the parts follow each other until none has anything to say. Who hears of whom: the connections of what the
    /// control plane says and of the relays that can be used, the relays of where peers may be reached, the control plane
    /// of signals to peers.
    pub(crate) fn settle(&mut self, turn: &mut Turn<'_>) {
        loop {
            let news = self.follow_control(turn)
                | self.follow_relays(turn)
                | self.follow_connections(turn)
                | self.follow_finder(turn)
                | self.follow_codes(turn);
            self.lose_hope();
            // What came at the last moment counts: deadlines are looked at when all else is said.
            if !news && !self.expire_pending(turn) {
                break;
            }
        }
        self.knock_on(turn);
        self.follow_ready(turn);
        self.follow_programs(turn);
        self.keep_departures(turn);
        self.names.set_silent(turn.now.instant, self.servers_are_silent());
        while let Some((to, bytes)) = self.nat.poll_transmit() {
            turn.push(Output::Datagram { to: to.into(), bytes });
        }
    }

    fn follow_control(&mut self, turn: &mut Turn<'_>) -> bool {
        let mut news = false;
        self.control.take_outputs(turn);
        while let Some(event) = self.control.poll_event() {
            news = true;
            self.handle_control(turn, event);
            self.control.take_outputs(turn);
        }
        news
    }

    fn follow_relays(&mut self, turn: &mut Turn<'_>) -> bool {
        let news = self.relays.take_outputs(turn);
        if news {
            if self.relays.take_refused_credentials() {
                self.control.request_relays(turn.now);
            }
            for (server, address) in self.relays.take_reflexive() {
                self.nat.handle_reflexive(server, address);
            }
            self.follow_allocations(turn);
            self.update_candidates(turn);
        }
        news
    }

    fn follow_connections(&mut self, turn: &mut Turn<'_>) -> bool {
        let mut news = false;
        self.follow_reached(turn);
        self.follow_ways(turn);
        let Some(party) = &mut self.party else { return news };
        if party.connections.take_moved() {
            news = true;
            self.relays.set_peers(turn.now.instant, &party.connections.relay_infos());
        }
        if party.connections.take_lost() {
            news = true;
            self.relays.doubt(turn.now.instant);
            self.control.doubt(turn.now);
            self.nat.doubt(turn.now.instant);
        }
        let straight_lost = party.connections.take_straight_lost();
        let id = party.membership.invitation.party;
        let mut signals = Vec::new();
        while let Some(signal) = party.connections.poll_signal() {
            news = true;
            signals.push(signal);
        }
        for (to, signal, again) in signals {
            // Whoever has heard nothing by the server may hear it by friends.
            if self.gossips() || again {
                self.carry_signal(turn, to, signal.clone());
            }
            self.control.request(turn.now, Request::Signal { party: id, to, signal });
        }
        if straight_lost || self.nat.take_moved() {
            self.doubt_mapping(turn);
        }
        news
    }

    /// A command has waited long enough for the control plane. True if one had.
    fn expire_pending(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some(party) = &mut self.party else { return false };
        let Some(pending) = party.pending.take_if(|pending| pending.deadline <= turn.now.instant) else {
            return false;
        };
        match pending.kind {
            PendingKind::Create => {
                turn.notice(News::PartyIsLocal);
                pending.answer(turn, &Ok(()));
            }
            PendingKind::Join { .. } => {
                let (why, because) = (self.control.fault(), self.unanswered());
                let (refused, is_asking) = (pending.refused.clone(), pending.is_asking);
                self.say_leave(turn);
                self.withdraw(turn);
                let error = match why {
                    _ if refused.is_some() => refused.unwrap_or_default(),
                    Some(why) => CommandError::ControlUnreachable { why },
                    None if is_asking => CommandError::NotLetIn,
                    None => CommandError::NobodyAnswers { because },
                };
                pending.answer(turn, &Err(error));
            }
        }
        true
    }

    /// Whether friends are still being told that this device goes.
    pub(crate) const fn is_parting(&self) -> bool {
        self.parting.is_some()
    }

    /// The party, while there is one.
    pub(crate) const fn party(&self) -> Option<&ActiveParty> {
        self.party.as_ref()
    }

    fn connections(&mut self) -> Option<&mut Connections> {
        self.party.as_mut().map(|party| &mut party.connections)
    }

    /// Talks to the server there; only to the one with this key, if one is known.
    fn use_server(
        &mut self,
        turn: &mut Turn<'_>,
        endpoint: Option<ControlEndpoint>,
        server: Option<ServerId>,
    ) {
        self.control.use_server(turn, endpoint, server);
    }

    fn keep_membership(&mut self, turn: &mut Turn<'_>, active: bool) {
        if let Some(party) = &mut self.party {
            party.keep_membership(turn, active);
        }
    }

    /// Ends a party that could not be entered; one that stands already is only reported on.
    fn give_up(&mut self, turn: &mut Turn<'_>, error: CommandError) {
        match self.party.as_mut().and_then(|party| party.pending.take()) {
            Some(pending) => {
                match pending.kind {
                    PendingKind::Create => self.drop_party(turn, None),
                    PendingKind::Join { .. } => self.withdraw(turn),
                }
                pending.answer(turn, &Err(error));
            }
            None => turn.notice(News::Refused(error)),
        }
    }
}

#[cfg(test)]
impl State {
    pub(crate) const fn relays(&self) -> &Relays {
        &self.relays
    }
}
