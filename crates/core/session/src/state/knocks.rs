//! Being let in by anybody of the party, and letting others in, without a server.

use std::net::SocketAddr;

use lanrage_party::{
    Candidate, CandidateType, Departure, Knock, KnockRefusal, KnockWord, Leave, PeerId, Remote, Role,
    SignedRecord, VirtualIp,
    facts::{ServerRefusal, Unanswered},
    limits,
};
use tracing::{debug, info, warn};

use super::State;
use crate::{
    facts::CommandError,
    output::{Output, Turn},
    party::{active::ActiveParty, last_knocks::LastKnocks, requests::Asked, roster::Refusal},
    peers::{connections::Connections, gossip::message::Message, knocking::TARGETS},
};

/// Most addresses of a knock's that are answered to.
const ANSWERED_ADDRESSES: usize = 8;

/// How a knock came to this device.
#[derive(Clone, Copy)]
enum Heard<'a> {
    /// From the one who knocks; with the datagram, to be passed on.
    Straight(&'a [u8]),
    /// A member was knocked at, and has passed it on.
    Passed,
}

impl State {
    /// Knocks from now on, if there is anybody to be reached: where the link says, and where friends were.
    pub(super) fn begin_knocking(&mut self, turn: &mut Turn<'_>) {
        let token = turn.entropy.bytes();
        match &mut self.party {
            Some(party) if self.relay_only => party.knocking.stop(),
            Some(party) => party.knocking.begin(turn.now.instant, token),
            None => {}
        }
    }

    /// Knocks, if it is time to.
    pub(super) fn knock(&mut self, turn: &mut Turn<'_>) {
        let (is_signalled, ours) = (self.is_signalled(), self.nat.nat_type());
        let Some(party) = self.party.as_mut().filter(|_| !self.relay_only) else { return };
        let is_in = !party.is_being_joined();
        party.awaited.expire(turn.now.instant);
        // Signals go by the server, and say more. Whoever comes by a limited link is told so by a member why it is not let in:
        // a server has no word in that.
        if is_signalled && party.awaited.is_empty() && !party.is_waiting_with_pass() {
            return party.knocking.stop();
        }
        let pace = party.knocking_pace(is_signalled);
        let Some(token) = party.knocking.take_due(turn.now.instant, pace) else { return };
        let mut targets = party.knocking_targets(turn.now.instant, is_signalled, ours);
        targets.truncate(TARGETS);
        party.called.note_knocked(&targets);
        if targets.is_empty() && party.called.is_empty() {
            return party.knocking.stop();
        }
        // Members and links name them; they may be anybody's.
        targets.retain(|address| party.connections.may_check(turn.now.instant, address.ip()));
        let word = if is_in { KnockWord::Call } else { KnockWord::Ask };
        let is_alone = is_in && party.connections.reached().is_empty();
        let epoch = party.knocking.epoch_to_knock_with(is_alone);
        let Some(mut knock) = self.own_knock(turn, epoch, word, token, None) else { return };
        knock.candidates = self.straight_candidates();
        targets.into_iter().for_each(|to| self.send_knock(turn, epoch, &knock, to));
    }

    /// Whether a server carries what members say to each other.
    fn is_signalled(&self) -> bool {
        self.control.is_connected() && self.party.as_ref().is_some_and(|party| !party.is_being_joined())
    }

    /// Whoever misses somebody knocks again, though nothing else has happened: the others may not know this device any more, and
    /// then nothing but a knock makes them answer.
    pub(super) fn knock_on(&mut self, turn: &Turn<'_>) {
        let (now, own) = (turn.now.instant, self.identity.peer_id());
        let (is_signalled, ours) = (self.is_signalled(), self.nat.nat_type());
        let Some(party) = self.party.as_mut().filter(|_| !self.relay_only) else { return };
        if is_signalled {
            return;
        }
        let is_lonely = !party.is_being_joined() && party.is_lonely(&own);
        party.knocking.set_lonely(now, is_lonely);
        if party.knocking.is_at_rest()
            && let Some(pause) = party.knocking_pace(is_signalled).then
            && !party.knocking_targets(now, is_signalled, ours).is_empty()
        {
            party.knocking.go_on(now, pause);
        }
    }

    /// Knocks at somebody whom the public store names, a few times.
    pub(super) fn knock_at(&mut self, turn: &mut Turn<'_>, addresses: &[SocketAddr]) {
        let Some(party) = &mut self.party else { return };
        addresses.iter().for_each(|address| party.called.note(turn.now.instant, *address));
        party.knocking.hurry(turn.now.instant);
    }

    /// A datagram that claims to be a knock.
    pub(super) fn handle_knock(&mut self, turn: &mut Turn<'_>, from: SocketAddr, bytes: &[u8]) {
        if let Some(parting) = &mut self.parting {
            parting.handle_knock(bytes);
            return self.part(turn);
        }
        let Some((knock, epoch)) = self.open_knock(turn, bytes) else { return };
        match knock.word {
            KnockWord::Ask | KnockWord::Call => {
                self.handle_ask(turn, from, (knock, epoch), Heard::Straight(bytes))
            }
            KnockWord::Answer => self.handle_answer(turn, from, knock),
            KnockWord::Refusal(refusal) => {
                self.handle_knock_refusal(turn, from, &knock.record, knock.token, refusal)
            }
            KnockWord::Leave(leave) => self.handle_leave(turn, from, (&knock, epoch), leave),
        }
    }

    /// A member says that somebody knocks at it from there.
    pub(super) fn handle_passed_knock(&mut self, turn: &mut Turn<'_>, from: SocketAddr, bytes: &[u8]) {
        let Some((knock, epoch)) = self.open_knock(turn, bytes) else { return };
        if matches!(knock.word, KnockWord::Ask | KnockWord::Call) {
            self.handle_ask(turn, from, (knock, epoch), Heard::Passed);
        }
    }

    /// With the number of the secret that it was made with.
    fn open_knock(&mut self, turn: &Turn<'_>, bytes: &[u8]) -> Option<(Knock, u32)> {
        // Who hides its addresses answers nobody who may be a stranger's friend.
        let party = self.party.as_mut().filter(|_| !self.relay_only)?;
        let opened = party.knocking.open(bytes).ok();
        let knock = opened.filter(|(knock, _)| party.knocking.is_timely(knock.at, turn.now.wall));
        party.knocking.dropped += u64::from(knock.is_none());
        knock
    }

    /// Somebody who has the link wants to be let in.
    fn handle_ask(
        &mut self,
        turn: &mut Turn<'_>,
        from: SocketAddr,
        (knock, epoch): (Knock, u32),
        heard: Heard<'_>,
    ) {
        let Knock { ref record, ref candidates, token, .. } = knock;
        let own = self.identity.peer_id();
        let Some(party) = &mut self.party else { return };
        // Two who look for a way in are none for each other: they would be a party of their own.
        if party.is_being_joined() && knock.word == KnockWord::Ask {
            return;
        }
        let id = record.claimed().peer_id();
        if id == own || !party.knocking.may_answer(token, turn.now.instant) {
            return;
        }
        if matches!(heard, Heard::Straight(_))
            && !party.connections.names(from)
            && !party.knocking.has_sent(from.ip())
        {
            self.nat.note_reached(from);
        }
        let known = party.connections.connections().get(&id);
        let is_reached = known.is_some_and(|known| known.path().is_some());
        let is_new = known.is_none();
        let is_behind = !party.membership.epochs.is_present(epoch);
        // Who is not let in takes nothing of what others have.
        if is_new && !party.knocking.has_room(turn.now.instant) {
            return debug!("too many newcomers at once");
        }
        let word = match self.let_in(turn, record) {
            Ok(()) => KnockWord::Answer,
            Err(Refusal::Address(_)) => KnockWord::Refusal(KnockRefusal::AddressTaken(self.leases())),
            Err(Refusal::Full) => KnockWord::Refusal(KnockRefusal::Full),
            Err(Refusal::Removed) => KnockWord::Refusal(KnockRefusal::Removed),
            Err(Refusal::Link(fault)) => KnockWord::Refusal(KnockRefusal::Link(fault)),
            Err(Refusal::NotLetIn) => {
                let asked = Asked { from, token, epoch, candidates: candidates.clone() };
                self.note_request(turn, record, Some(asked));
                KnockWord::Refusal(KnockRefusal::NotLetIn)
            }
            Err(refusal) => return debug!(peer = %id.short(), %refusal, "a knock is not answered"),
        };
        if word == KnockWord::Answer {
            info!(peer = %id.short(), passed = matches!(heard, Heard::Passed), "let in");
            if let Some(party) = &mut self.party {
                party.awaited.note_met(from, candidates);
                if is_new {
                    party.knocking.takes_newcomer(turn.now.instant);
                }
            }
            self.place_by_knock(turn, &id, candidates, from);
            // Whoever is in and looks for newcomers is a way in.
            self.joined(turn);
        }
        // With a secret of before it may be somebody who was removed, and looks for whom to reach.
        if is_behind && word != KnockWord::Answer && matches!(heard, Heard::Passed) {
            return;
        }
        let Some(answer) = self.own_knock(turn, epoch, word, token, Some(from)) else { return };
        self.send_knock(turn, epoch, &answer, from);
        match heard {
            Heard::Straight(bytes) => {
                let passed = Message::Knock { from, bytes: bytes.to_vec() }.to_bytes();
                let Some(party) = &mut self.party else { return };
                let reached = party.connections.reached();
                let others = reached.into_iter().filter(|friend| *friend != id);
                let rulings = &party.membership.rulings;
                let decides = |peer: &PeerId| rulings.role(peer) >= Role::Moderator;
                let hearers: Vec<PeerId> = match answer.word {
                    // Everybody else answers straight to the newcomer, which opens the routers between them.
                    KnockWord::Answer if !is_reached && !is_behind => others.collect(),
                    // Whoever may let the newcomer in may not be known to it.
                    KnockWord::Refusal(KnockRefusal::NotLetIn) if !decides(&own) => {
                        others.filter(decides).collect()
                    }
                    _ => return,
                };
                if hearers.is_empty() || !party.knocking.may_pass_on(turn.now.instant) {
                    return;
                }
                for friend in hearers {
                    party.connections.tell(turn, &friend, passed.clone());
                }
            }
            Heard::Passed => {
                let named = candidates.iter().filter(|candidate| candidate.is_usable());
                let others = named.map(|candidate| candidate.address).filter(|address| *address != from);
                for address in others.take(ANSWERED_ADDRESSES) {
                    // Whoever knocks names them, and they may be anybody's.
                    let may =
                        |connections: &mut Connections| connections.may_check(turn.now.instant, address.ip());
                    if self.connections().is_some_and(may) {
                        self.send_knock(turn, epoch, &answer, address);
                    }
                }
            }
        }
    }

    /// Whoever has waited to be let in is, and hears of it where it asked.
    pub(super) fn answer_asked(&mut self, turn: &mut Turn<'_>, peer: &PeerId, asked: Option<Asked>) {
        let Some(Asked { from, token, epoch, candidates }) = asked else { return };
        self.place_by_knock(turn, peer, &candidates, from);
        if let Some(answer) = self.own_knock(turn, epoch, KnockWord::Answer, token, Some(from)) {
            self.send_knock(turn, epoch, &answer, from);
        }
    }

    /// Somebody lets this device in.
    fn handle_answer(&mut self, turn: &mut Turn<'_>, from: SocketAddr, knock: Knock) {
        let Some(party) = self.party.as_mut().filter(|party| party.knocking.expects(knock.token)) else {
            return;
        };
        party.unanswered.retain(|address| *address != from);
        party.called.forget(from);
        party.awaited.note_met(from, &knock.candidates);
        let id = knock.record.claimed().peer_id();
        if id == self.identity.peer_id() {
            return;
        }
        if let Err(refusal) = self.let_in(turn, &knock.record) {
            return warn!(peer = %id.short(), %refusal, "who answers a knock is not let in");
        }
        self.place_by_knock(turn, &id, &knock.candidates, from);
        self.joined(turn);
    }

    /// Somebody of the party does not let this device in.
    fn handle_knock_refusal(
        &mut self,
        turn: &mut Turn<'_>,
        from: SocketAddr,
        by: &SignedRecord,
        token: [u8; 8],
        refusal: KnockRefusal,
    ) {
        let Some(party) = self.party.as_mut().filter(|party| party.knocking.expects(token)) else { return };
        let is_member = party.membership.epochs.verify(by).is_ok();
        // Whoever is in already has its address by the same rule as all others.
        if !is_member || !party.connections.reached().is_empty() {
            return;
        }
        info!(?refusal, "not let in");
        match refusal {
            KnockRefusal::AddressTaken(taken) => {
                let may_try = party.pending.as_mut().is_none_or(|pending| pending.may_try_another_lease());
                match party.membership.take_next_lease(&self.identity, &taken) {
                    Ok(()) if may_try => {
                        self.move_lease(turn);
                        self.begin_knocking(turn);
                    }
                    Ok(()) => {
                        self.give_up(turn, CommandError::NobodyAnswers { because: Unanswered::NotKnown })
                    }
                    Err(error) => self.give_up(turn, error.into()),
                }
            }
            // Whoever is in is told once.
            KnockRefusal::Full if party.pending.is_none() => {
                party.note_refused(turn, CommandError::Server(ServerRefusal::ControlPartyFull));
            }
            KnockRefusal::Full => self.give_up(turn, CommandError::Server(ServerRefusal::ControlPartyFull)),
            // Somebody else may know better.
            KnockRefusal::Removed => party.note_refused(turn, CommandError::RemovedFromParty),
            KnockRefusal::Link(fault) => party.note_refused(turn, fault.into()),
            KnockRefusal::NotLetIn => {
                if !party.unanswered.contains(&from) && party.unanswered.len() < TARGETS {
                    party.unanswered.push(from);
                }
                if party.pending.is_some() || !self.control.is_connected() {
                    party.knocking.persist(turn.now.instant);
                }
                if let Some(pending) = &mut party.pending {
                    pending.wait_to_be_let_in(turn.now.instant);
                }
            }
        }
    }

    /// A member has left, and nobody else may know yet. It hears that this is known, as often as it asks.
    fn handle_leave(
        &mut self,
        turn: &mut Turn<'_>,
        from: SocketAddr,
        (knock, epoch): (&Knock, u32),
        leave: Leave,
    ) {
        // While a server keeps the list, its word counts.
        let gossips = self.gossips();
        let Some(party) = self.party.as_mut().filter(|_| gossips) else { return };
        let departure = Departure { identity: knock.record.claimed().identity, leave };
        let id = departure.peer();
        if !party.knocking.may_answer(knock.token, turn.now.instant) {
            return;
        }
        if party.connections.connections().contains_key(&id) {
            self.take_departure(turn, departure);
        }
        let is_known = |party: &ActiveParty| party.departures.has_left(&id, leave.sequence);
        if self.party.as_ref().is_some_and(is_known)
            && let Some(answer) = self.own_knock(turn, epoch, KnockWord::Answer, knock.token, Some(from))
        {
            self.send_knock(turn, epoch, &answer, from);
        }
    }

    /// What tells friends of this device's leaving by knocks; `None` where a server tells them, and for who hides.
    pub(super) fn last_knocks(
        &self,
        turn: &mut Turn<'_>,
        party: &ActiveParty,
        departure: Departure,
    ) -> Option<LastKnocks> {
        let record = party.membership.signed().filter(|_| self.gossips() && !self.relay_only)?.clone();
        let word = KnockWord::Leave(departure.leave);
        let (at, token) = (turn.now.wall, turn.entropy.bytes());
        let knock = Knock { word, at, token, seen: None, record, candidates: Vec::new() };
        Some(LastKnocks::new(party.knocking.key().clone(), knock, &party.connections, turn.now.instant))
    }

    /// Where a peer may be reached that has knocked or answered: by its own word, and where it was seen.
    fn place_by_knock(&mut self, turn: &mut Turn<'_>, peer: &PeerId, said: &[Candidate], from: SocketAddr) {
        let mut candidates: Vec<Candidate> = said.to_vec();
        if !candidates.iter().any(|candidate| candidate.address == from) {
            candidates.push(Candidate { kind: CandidateType::PeerReflexive, address: from });
        }
        let is_signalled = self.control.is_connected();
        if let Some(connections) = self.connections() {
            // What it has said by the server is newer, and says more.
            let known = connections.connections().get(peer);
            if is_signalled && known.is_some_and(|known| !known.candidates.is_empty()) {
                return;
            }
            // Those on relays are not said in a knock, and hold.
            let known = connections.connections().get(peer).into_iter().flat_map(|known| &known.candidates);
            candidates.extend(known.filter(|candidate| candidate.kind == CandidateType::Relayed));
            candidates.truncate(limits::CANDIDATES);
            connections.note_return(peer);
            connections.place(turn, peer, candidates);
        }
    }

    /// What this device says to who knows the party's secret of this number. Who has one of before is told nothing of where this
    /// device is but what it knows: it may be somebody who was removed, with a friend's record.
    fn own_knock(
        &self,
        turn: &Turn<'_>,
        epoch: u32,
        word: KnockWord,
        token: [u8; 8],
        seen: Option<SocketAddr>,
    ) -> Option<Knock> {
        let membership = &self.party.as_ref()?.membership;
        let record = membership.record_in(epoch, &self.identity)?;
        let is_present = membership.epochs.is_present(epoch);
        let candidates = if is_present { self.straight_candidates() } else { Vec::new() };
        Some(Knock { word, at: turn.now.wall, token, seen, record, candidates })
    }

    fn send_knock(&mut self, turn: &mut Turn<'_>, epoch: u32, knock: &Knock, to: SocketAddr) {
        if let Some(party) = &mut self.party {
            party.knocking.note_sent(to.ip());
            let Some(key) = party.knocking.key_of(epoch) else { return };
            let bytes = key.seal(knock, turn.entropy.bytes());
            turn.push(Output::Datagram { to: Remote::from(to), bytes });
        }
    }

    /// The leases of the members that are known, this device's among them.
    pub(super) fn leases(&self) -> Vec<VirtualIp> {
        let Some(party) = &self.party else { return Vec::new() };
        let others = party.connections.connections().values().map(|peer| peer.record.virtual_ip);
        others.chain([party.membership.virtual_ip]).collect()
    }
}
