//! Everything around the session: the ports to the shells, the data plane, and what hosts are shown.

use std::{
    any::Any,
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use lanrage_control::{LinkAction, LinkClosed, LinkEvent, LinkId};
use lanrage_nat::relay_stream::RelayStreamEvent;
use lanrage_party::{Invitation, PeerId, facts::Cause};
use lanrage_session::{
    Command as Wish, Explained, Input, Output, Outputs, RelayStreamCommand, RendezvousOrder, Session, Ticket,
};
use lanrage_tunnel::{PeerCounters, RelayLink, Tunnel};
use tokio::sync::{broadcast, oneshot};
use tracing::warn;

use super::showing::Showing;
use crate::{
    CommandError, NetworkLogGuard, Notice,
    handle::{Answer, Command},
    known_games::KnownGames,
    ports::{Ports, adapter::Wish as DeviceWish},
    settings::log_level,
};

/// Between two looks at what was counted, while there are friends: a path is watched closely as soon as packets move on it.
const LOOK: Duration = Duration::from_millis(500);
/// The same while there are none; only the log is looked at.
const LOOK_AT_REST: Duration = Duration::from_secs(1);

/// What is let go when the shells have ended: until then they may tell what nobody listens to any more.
pub(crate) struct Remains {
    pub(crate) tunnel: Arc<Tunnel>,
    /// The log, and the ends at which the shells tell.
    _held: Box<dyn Any + Send>,
}

/// Carries out what the session decides, and tells hosts of it.
pub(crate) struct Outside {
    pub(crate) ports: Ports,
    tunnel: Arc<Tunnel>,
    /// This process's log, if it is the engine's.
    log: Option<NetworkLogGuard>,
    notices: broadcast::Sender<Notice>,
    showing: Showing,
    answers: HashMap<Ticket, Answer>,
    last_ticket: Ticket,
    /// Who waits to hear why a game is not seen.
    explaining: HashMap<Ticket, oneshot::Sender<Explained>>,
    /// Who waits to hear where a short code leads.
    opening: HashMap<Ticket, oneshot::Sender<Box<Invitation>>>,
    /// Who waits for a member's answer.
    pinging: HashMap<Ticket, oneshot::Sender<Duration>>,
    /// Who waits for settings to be read, by the number of the wish.
    waiting: Vec<(u64, Answer)>,
    last_wish: u64,
    /// The connection that was dialled last.
    link: Option<LinkId>,
    /// What the session is to hear of outputs that found no room.
    echoes: VecDeque<Input>,
    last_look: Instant,
    moved_packets: HashMap<PeerId, u64>,
    log_trouble: Option<Cause>,
}

impl Outside {
    pub(crate) fn new(
        ports: Ports,
        tunnel: Arc<Tunnel>,
        log: Option<NetworkLogGuard>,
        notices: broadcast::Sender<Notice>,
        showing: Showing,
    ) -> Self {
        Self {
            ports,
            tunnel,
            log,
            notices,
            showing,
            answers: HashMap::new(),
            last_ticket: 0,
            explaining: HashMap::new(),
            opening: HashMap::new(),
            pinging: HashMap::new(),
            waiting: Vec::new(),
            last_wish: 0,
            link: None,
            echoes: VecDeque::new(),
            last_look: Instant::now(),
            moved_packets: HashMap::new(),
            log_trouble: None,
        }
    }

    /// These games are known from now on.
    pub(crate) fn know_games(&self, games: KnownGames) {
        self.tunnel.set_game_searches(games.lets_search);
        self.ports.games.know(games);
    }

    /// What a host's command means for the session; `None` if it does not concern it at once.
    pub(crate) fn command(&mut self, command: Command) -> Option<Input> {
        let (wish, answer) = match command {
            Command::CreateParty { name, answer } => (Wish::CreateParty { name }, answer),
            Command::JoinParty { invitation, answer } => (Wish::JoinParty(invitation), answer),
            Command::MakeCode { new, answer } => (Wish::MakeCode(new), answer),
            Command::FindCode { keys, opened, answer } => {
                self.opening.insert(self.last_ticket + 1, opened);
                (Wish::FindCode(*keys), answer)
            }
            Command::LeaveParty { answer } => (Wish::LeaveParty, answer),
            Command::PauseParty { answer } => (Wish::PauseParty, answer),
            Command::TrustServer { answer } => (Wish::TrustServer, answer),
            Command::ResumeParty { party, answer } => (Wish::ResumeParty(party), answer),
            Command::ExplainGame { peer, slug, is_own, explained, answer } => {
                // The ticket that this command gets below.
                self.explaining.insert(self.last_ticket + 1, explained);
                (Wish::ExplainGame { peer, slug, is_own }, answer)
            }
            Command::Ping { peer, pong, answer } => {
                // Those that nobody waits for any more had no answer.
                self.pinging.retain(|_, pong| !pong.is_closed());
                self.pinging.insert(self.last_ticket + 1, pong);
                (Wish::Ping(peer), answer)
            }
            Command::CheckAway { party, answer } => (Wish::CheckAway(party), answer),
            Command::Rule { wish, answer } => (Wish::Rule(wish), answer),
            Command::Say { text, answer } => (Wish::Say(text), answer),
            Command::AskReady { answer } => (Wish::AskReady, answer),
            Command::AnswerReady { is_ready, answer } => (Wish::AnswerReady(is_ready), answer),
            Command::PinVoiceLink { text, answer } => (Wish::PinVoiceLink(text), answer),
            Command::LookForGames { answer } => (Wish::LookForGames, answer),
            Command::LinkCopied { answer } => (Wish::LinkCopied, answer),
            Command::ReplyCopied { answer } => (Wish::ReplyCopied, answer),
            Command::TakeReply { reply, answer } => (Wish::TakeReply(reply), answer),
            Command::MeasureAgain { answer } => (Wish::MeasureAgain, answer),
            Command::Suspend { answer } => (Wish::Suspend, answer),
            Command::ApplySettings { answer } => {
                self.last_wish += 1;
                self.waiting.push((self.last_wish, answer));
                self.ports.settings.wanted.send_replace(self.last_wish);
                return None;
            }
            Command::Shutdown { answer } => {
                // Handled by the loop itself; a second one only waits for the first.
                let _ = answer.send(Ok(()));
                return None;
            }
        };
        self.last_ticket += 1;
        self.answers.insert(self.last_ticket, answer);
        Some(Input::Command(self.last_ticket, wish))
    }

    /// The settings of this wish are in effect, or cannot be read.
    pub(crate) fn answer_settings(
        &mut self,
        session: &Session,
        wish: u64,
        result: &Result<(), CommandError>,
    ) {
        self.showing.publish(session, &self.tunnel.counters());
        for (_, answer) in self.waiting.extract_if(.., |(asked, _)| *asked <= wish) {
            let _ = answer.send(result.clone());
        }
    }

    /// What is logged from now on.
    pub(crate) fn set_log_level(&self, setting: lanrage_store::LogLevel) {
        if let Some(log) = &self.log {
            log.set_level(log_level(setting));
        }
    }

    /// What the session is to hear of an output that found no room.
    pub(crate) fn next_echo(&mut self) -> Option<Input> {
        self.echoes.pop_front()
    }

    /// When to look at what was counted.
    pub(crate) fn next_look(&self, session: &Session) -> Instant {
        self.last_look + if session.has_peers() { LOOK } else { LOOK_AT_REST }
    }

    /// Whose packets have moved since the last look, and whether the log is written.
    pub(crate) fn look(&mut self) -> Option<Input> {
        self.last_look = Instant::now();
        let trouble = self.log.as_ref().and_then(|log| log.status().failure);
        if trouble != self.log_trouble {
            self.log_trouble.clone_from(&trouble);
            self.echoes.push_back(Input::LogTrouble(trouble));
        }
        let counters = self.tunnel.counters();
        let moved = |(peer, counted): (&PeerId, &PeerCounters)| {
            let packets = counted.received.packets + counted.sent.packets;
            (self.moved_packets.insert(*peer, packets) != Some(packets)).then_some(*peer)
        };
        let busy: Vec<PeerId> = counters.peers.iter().filter_map(moved).collect();
        self.moved_packets.retain(|peer, _| counters.peers.contains_key(peer));
        (!busy.is_empty()).then_some(Input::Traffic(busy))
    }

    /// The session has changed; only figures, if the change is small and its digest is as before.
    pub(crate) fn note_change(&mut self, session: &Session, is_small: bool) {
        self.showing.note_change(session, is_small);
    }

    /// Shows the session's state, if it is time.
    pub(crate) fn show(&mut self, session: &Session) {
        if self.showing.is_due() {
            self.showing.publish(session, &self.tunnel.counters());
        }
    }

    /// When the session's state is to be shown next.
    pub(crate) fn next_show(&self) -> Instant {
        self.showing.next()
    }

    /// Asks nothing more of any shell, so that they close what is open and end.
    pub(crate) fn close(self) -> Remains {
        let Ports { link, adapter, relay_streams, rendezvous, keeper, .. } = self.ports;
        keeper.close();
        let held = (self.log, link.rx, adapter.rx, relay_streams.rx, rendezvous.rx);
        Remains { tunnel: self.tunnel, _held: Box::new(held) }
    }

    fn tell_link(&mut self, action: LinkAction) {
        if let LinkAction::Dial { link, .. } = &action {
            self.link = Some(*link);
        }
        if self.ports.link.tx.try_send(action).is_err()
            && let Some(link) = self.link
        {
            warn!("the connection to the control server hangs");
            let closed = LinkClosed::Lost(Cause::NoRoom);
            self.echoes.push_back(Input::Link(LinkEvent::Closed(link, closed)));
        }
    }

    fn tell_stores(&mut self, order: RendezvousOrder) {
        if let Err(refused) = self.ports.rendezvous.tx.try_send(order) {
            self.echoes.extend(refused.into_inner().refused().map(Input::Rendezvous));
        }
    }

    fn tell_relays(&mut self, command: RelayStreamCommand) {
        if let Err(refused) = self.ports.relay_streams.tx.try_send(command) {
            let allocation = match refused.into_inner() {
                RelayStreamCommand::Connect(target) => target.allocation,
                RelayStreamCommand::Use(allocation) => allocation,
                // Asked for again; and a connection that nobody uses is ended by its relay.
                RelayStreamCommand::Send { .. } | RelayStreamCommand::Close(_) => return,
            };
            let closed = RelayStreamEvent::Closed { cause: Cause::NoRoom };
            self.echoes.push_back(Input::RelayStream(allocation, closed));
        }
    }
}

impl Outputs for Outside {
    fn perform(&mut self, session: &Session, output: Output) {
        let tunnel = &self.tunnel;
        match output {
            Output::Enter(end) => tunnel.enter(end),
            Output::Leave => tunnel.leave(),
            Output::AddPeer(config) => {
                if let Err(error) = tunnel.add_peer(config) {
                    warn!(%error, "peer not added to the data plane");
                }
            }
            Output::RemovePeer(peer) => tunnel.remove_peer(&peer),
            Output::SetPath { peer, to } => tunnel.set_path(&peer, Some(to)),
            Output::SetSecondPath { peer, to } => tunnel.set_second_path(&peer, to),
            Output::Mute { peer, is_muted } => tunnel.set_muted(&peer, is_muted),
            Output::SetPathMtu { peer, mtu } => tunnel.set_path_mtu(&peer, mtu),
            Output::Handshake { peer, targets } => tunnel.initiate_handshake(&peer, &targets),
            Output::Probe { peer, to, payload } => {
                // Without a session there is nothing to probe in; the path agent asks again.
                let _ = tunnel.send_probe(&peer, to, &payload);
            }
            Output::Datagram { to, bytes } => tunnel.send_datagram(to, &bytes),
            Output::Relayed { from, bytes } => tunnel.receive_relayed(from, &bytes),
            Output::SetChannel { allocation, peer, channel } => {
                tunnel.set_channel(allocation, peer, channel);
            }
            Output::ChooseSources => tunnel.choose_sources(),
            Output::RelayOnly(only) => tunnel.set_relay_only(only),
            Output::OpenAllocation { id, server } => {
                tunnel.open_allocation(id, RelayLink::Udp { server });
            }
            Output::CloseAllocation(id) => tunnel.close_allocation(id),
            Output::Forward { pairs, limits } => tunnel.set_forwarding(&pairs, limits),
            Output::RelayStream(command) => self.tell_relays(command),
            Output::Link(action) => self.tell_link(action),
            Output::OpenAdapter { address, subnet } => {
                self.ports.adapter.wish.send_modify(|wish| wish.open(address, subnet));
            }
            Output::MendAdapter => self.ports.adapter.wish.send_modify(DeviceWish::mend),
            Output::CloseAdapter => self.ports.adapter.wish.send_modify(DeviceWish::close),
            Output::ReadRoutes => {
                self.ports.routes.wanted.send_replace(());
            }
            Output::LookUp(names) => {
                self.ports.names.wanted.send_if_modified(|wanted| {
                    let changed = *wanted != names;
                    *wanted = names;
                    changed
                });
            }
            Output::MeasureNat(servers) => {
                let _ = self.ports.nat_test.tx.try_send(servers);
            }
            Output::MapPort(request) => {
                if let Some(wanted) = &self.ports.port_mapping.wanted {
                    wanted.send_replace(request);
                }
            }
            Output::Rendezvous(order) => self.tell_stores(order),
            Output::WatchPrograms(watch) => self.ports.games.watch(watch),
            Output::LookAgain(number) => self.ports.games.look(number),
            Output::ExamineGame(wish) => self.ports.games.examine(wish),
            Output::SearchGames(wish) => self.ports.games.search(wish),
            Output::GameExplained { ticket, explained } => {
                if let Some(asked) = self.explaining.remove(&ticket) {
                    let _ = asked.send(*explained);
                }
            }
            Output::CodeOpened { ticket, invitation } => {
                if let Some(asked) = self.opening.remove(&ticket) {
                    let _ = asked.send(invitation);
                }
            }
            Output::Pong { ticket, rtt } => {
                if let Some(asked) = self.pinging.remove(&ticket) {
                    let _ = asked.send(rtt);
                }
            }
            Output::SetGates { others, named } => tunnel.set_gates(others, named),
            Output::RedirectSearches(redirects) => tunnel.set_search_redirects(redirects),
            Output::Store(action) => self.ports.keeper.keep(action),
            Output::Load { ticket, party } => {
                if self.ports.store.tx.try_send((ticket, party)).is_err() {
                    let hangs = CommandError::DatabaseFailed { cause: Cause::TooSlow };
                    self.echoes.push_back(Input::Kept(ticket, Err(hangs)));
                }
            }
            Output::Notice(notice) => {
                // Nobody listening is no fault: the snapshot says what is.
                let _ = self.notices.send(notice);
            }
            Output::Complete { ticket, result } => {
                // The answer must find the state that it speaks of.
                self.showing.publish(session, &tunnel.counters());
                self.explaining.remove(&ticket);
                self.opening.remove(&ticket);
                if let Some(answer) = self.answers.remove(&ticket) {
                    let _ = answer.send(result);
                }
            }
        }
    }
}
