//! The party that this device is in, and the command that may still wait for it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use lanrage_control::{Now, protocol::PeerEntry};
use lanrage_party::{
    Admission, DeviceIdentity, Name, NatType, PeerId, PeerRecord, SearchRedirect, SignedRecord, UnixMillis,
    facts::{CommandError, News, Remedy},
    limits,
};
use lanrage_rendezvous::{Addresses, Finder};

use crate::{
    facts::DroppedView,
    input::Ticket,
    network::{
        adapter::{AdapterFailure, AdapterState},
        adapter_watch::{AdapterWatch, Endpoint, holds},
    },
    output::{Output, StoreAction, Turn},
    party::{
        codes::OwnCode,
        found::Found,
        membership::{Membership, SavedMembership},
        requests::Requests,
        roster::{Refusal, Roster},
        undo::Undo,
    },
    peers::{
        awaited::Awaited,
        called::Called,
        connections::Connections,
        gossip::{
            Gossip, chat::Chat, departures::Departures, games::Games, questions::Questions, ready::Ready,
            ruled::Ruled, shares::Asking, voice::Voice,
        },
        knocking::Knocking,
        relaying::{carried::Carried, carrier::Carrier},
        sightings::Sightings,
    },
};

/// How long a new party waits for its server before it goes on without.
const CREATE_PATIENCE: Duration = Duration::from_secs(3);
/// How long joining waits for the server.
const JOIN_PATIENCE: Duration = Duration::from_secs(10);
/// How long joining waits for the owner or a moderator, once somebody has said that they must let this device in.
const ASK_PATIENCE: Duration = Duration::from_secs(600);
/// How long joining goes on after one of the party has said that this device is not let in.
const SECOND_OPINION: Duration = Duration::from_secs(2);
/// How long joining waits for anybody of a party without one: who looks after its door looks there every 15 s.
const MEET_PATIENCE: Duration = Duration::from_secs(30);
/// The same where it is known that no way leads to anybody, from the beginning.
const HOPELESS: Duration = Duration::from_secs(18);
/// How long it waits for somebody to whom a reply is on its way by chat.
const REPLY_PATIENCE: Duration = Duration::from_secs(1_800);
/// Most addresses tried before joining gives up.
const LEASE_TRIES: u8 = 8;

/// The party that this device is in.
#[derive(Debug)]
pub(crate) struct ActiveParty {
    pub(crate) membership: Membership,
    pub(crate) host: PeerId,
    pub(crate) connections: Connections,
    pub(crate) roster: Roster,
    pub(crate) adapter: AdapterState,
    pub(crate) watch: AdapterWatch,
    /// What the control plane was told of this device's NAT.
    pub(crate) told_nat_type: NatType,
    pub(crate) pending: Option<Pending>,
    pub(crate) knocking: Knocking,
    /// Addresses of the link at which nobody has answered yet.
    pub(crate) unanswered: Vec<SocketAddr>,
    /// Addresses that the public store names.
    pub(crate) called: Called,
    pub(crate) finder: Option<Finder>,
    /// What the public store says of members.
    pub(crate) found: Found,
    /// Who has sent a reply by chat.
    pub(crate) awaited: Awaited,
    /// This device's own, while it is not in and nobody answers.
    pub(crate) reply: Option<OwnReply>,
    /// Short codes that lead to it, made here: a few.
    pub(crate) codes: Vec<OwnCode>,
    pub(crate) gossip: Gossip,
    pub(crate) departures: Departures,
    pub(crate) ruled: Ruled,
    /// What is asked for of the party's secret.
    pub(crate) asking: Asking,
    /// Whether the next start finds this device in the party.
    pub(crate) is_kept: bool,
    /// What this device and its friends play.
    pub(crate) games: Games,
    /// What was said to all.
    pub(crate) chat: Chat,
    /// Whether everybody is ready.
    pub(crate) ready: Ready,
    /// Where the party talks.
    pub(crate) voice: Voice,
    /// What friends play of which they say nothing.
    pub(crate) sightings: Sightings,
    /// Why they are not seen.
    pub(crate) questions: Questions,
    /// Who waits to be let in.
    pub(crate) requests: Requests,
    /// What this device's player may take back.
    pub(crate) undo: Undo,
    /// Whom a server lists by a secret that is not known here yet.
    pub(crate) unread: BTreeMap<PeerId, PeerEntry>,
    /// Why somebody of the party does not let this device in, as the player was told last.
    pub(crate) told_refused: Option<CommandError>,
    /// What friends pass on for this device.
    pub(crate) carried: Carried,
    /// What this device passes on for friends.
    pub(crate) carrier: Carrier,
    /// Where friends' searches for this device's games go.
    pub(crate) redirects: Vec<SearchRedirect>,
}

/// What somebody who looks for a way in may send to a member by chat.
#[derive(Debug)]
pub(crate) struct OwnReply {
    /// What it says.
    pub(crate) addresses: Addresses,
    pub(crate) text: String,
}

/// A command that waits for the control plane, or for a member.
#[derive(Debug)]
pub(crate) struct Pending {
    /// The command's, and those of others that want the same.
    pub(crate) tickets: Vec<Ticket>,
    pub(crate) deadline: Instant,
    pub(crate) kind: PendingKind,
    begun: Instant,
    pub(crate) since: UnixMillis,
    /// Whether a reply is on its way by chat.
    pub(crate) is_replied: bool,
    lease_tries: u8,
    /// Whether the owner or a moderator has to let this device in.
    pub(crate) is_asking: bool,
    /// Why not, as somebody of the party has said.
    pub(crate) refused: Option<CommandError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PendingKind {
    Create,
    Join { has_server: bool },
}

impl Pending {
    pub(crate) fn new(ticket: Ticket, kind: PendingKind, now: Now) -> Self {
        let patience = match kind {
            PendingKind::Create => CREATE_PATIENCE,
            PendingKind::Join { has_server: true } => JOIN_PATIENCE,
            PendingKind::Join { has_server: false } => MEET_PATIENCE,
        };
        Self {
            tickets: vec![ticket],
            deadline: now.instant + patience,
            kind,
            begun: now.instant,
            since: now.wall,
            is_replied: false,
            lease_tries: 0,
            is_asking: false,
            refused: None,
        }
    }

    /// It is known that no way leads to anybody: more patience is of no use, unless people help.
    pub(crate) fn lose_hope(&mut self) {
        // A reply leads nowhere either: it opens a router for ports that the other one does not use.
        if !self.is_asking {
            self.deadline = self.deadline.min(self.begun + HOPELESS);
        }
    }

    /// A reply is on its way by chat: people take their time.
    pub(crate) fn await_reply(&mut self, now: Instant) {
        (self.is_replied, self.deadline) = (true, now + REPLY_PATIENCE);
    }

    /// Answers whoever waits.
    pub(crate) fn answer(self, turn: &mut Turn<'_>, result: &Result<(), CommandError>) {
        for ticket in self.tickets {
            turn.complete(ticket, result.clone());
        }
    }

    /// Counts one more address. False if that is one too many.
    pub(crate) const fn may_try_another_lease(&mut self) -> bool {
        self.lease_tries += 1;
        self.lease_tries <= LEASE_TRIES
    }

    /// Somebody of the party has said that its owner or a moderator must let this device in, who are asked.
    pub(crate) fn wait_to_be_let_in(&mut self, now: Instant) {
        if !std::mem::replace(&mut self.is_asking, true) && self.refused.is_none() {
            self.deadline = now + ASK_PATIENCE;
        }
    }
}

impl ActiveParty {
    /// Whether this device has come by a limited link, and no member has let it in yet.
    pub(crate) fn is_waiting_with_pass(&self) -> bool {
        self.membership.invitation.pass.is_some() && self.connections.reached().is_empty()
    }

    /// What this device says of itself from now on.
    pub(crate) fn new_record(
        &mut self,
        wall: UnixMillis,
        identity: &DeviceIdentity,
        name: &Name,
    ) -> SignedRecord {
        let record = self.membership.record(wall, identity, name);
        let epochs = self.membership.epochs.all();
        let former = epochs.filter(|epoch| epoch.number != record.claimed().epoch);
        let former = former.filter_map(|epoch| self.membership.record_in(epoch.number, identity));
        self.connections.former = former.collect();
        record
    }

    /// Somebody whom a server lists by a secret that is not known here yet.
    pub(crate) fn note_unread(&mut self, entry: PeerEntry) {
        let id = entry.peer();
        if self.unread.len() < limits::PEERS_PER_PARTY || self.unread.contains_key(&id) {
            self.unread.insert(id, entry);
        }
    }

    /// Lets a peer be a member if its record proves that it may, whoever brings that.
    pub(crate) fn admit(&mut self, signed: &SignedRecord) -> Result<PeerRecord, Refusal> {
        let is_known = self.connections.connections().contains_key(&signed.claimed().peer_id());
        self.admit_as(signed, is_known)
    }

    /// The same of a peer that was let in before, in an earlier life of this program.
    pub(crate) fn admit_again(&mut self, signed: &SignedRecord) -> Result<PeerRecord, Refusal> {
        self.admit_as(signed, true)
    }

    fn admit_as(&mut self, signed: &SignedRecord, was_let_in: bool) -> Result<PeerRecord, Refusal> {
        let id = signed.claimed().peer_id();
        let rulings = &self.membership.rulings;
        // What a guest came by ended when they left.
        if rulings.is_guest(&id) && self.departures.has_left(&id, 0) && rulings.admission() != Admission::Open
        {
            self.membership.epochs.verify(signed)?;
            return Err(Refusal::NotLetIn);
        }
        let record = self.roster.admit(signed, &self.membership, &self.connections, was_let_in)?;
        if self.membership.rulings.owner() == record.peer_id() {
            self.membership.rulings.hear_owner(record.sequence);
        }
        Ok(record)
    }

    /// Whether a link was followed and the party has not answered yet.
    pub(crate) fn is_being_joined(&self) -> bool {
        self.pending.as_ref().is_some_and(|pending| matches!(pending.kind, PendingKind::Join { .. }))
    }

    /// Somebody of the party says why it does not let this device in. Another one may know better, so joining goes on for a
    /// moment; whoever is in already is told once.
    pub(crate) fn note_refused(&mut self, turn: &mut Turn<'_>, why: CommandError) {
        match &mut self.pending {
            Some(pending) => {
                let is_first = pending.refused.replace(why).is_none();
                let soon = turn.now.instant + SECOND_OPINION;
                pending.deadline = if is_first { pending.deadline.min(soon) } else { pending.deadline };
            }
            None if self.told_refused.as_ref() != Some(&why) => {
                let party = self.membership.invitation.name.to_string();
                turn.notice(match &why {
                    CommandError::RemovedFromParty => News::YouWereRemoved { party },
                    why => News::Refused(why.clone()),
                });
                self.told_refused = Some(why);
            }
            None => {}
        }
    }

    /// What was not believed, or was too much.
    pub(crate) fn dropped(&self) -> DroppedView {
        DroppedView { knocks: self.knocking.dropped, ..self.connections.dropped() }
    }

    /// Opens the adapter, unless it is open or about to be, or `endpoint` is an address in the party's network that LANrage
    /// itself uses: it could not be reached any more.
    pub(crate) fn open_adapter(&mut self, turn: &mut Turn<'_>, endpoint: Option<Endpoint>) {
        if self.adapter.begin() {
            let Membership { virtual_ip, invitation, .. } = &self.membership;
            if let Some((used_as, address)) = endpoint {
                let fault = holds(invitation.subnet, Some(used_as), address);
                let failure = AdapterFailure { fault, remedy: Remedy::OtherNetwork };
                self.adapter.refuse(turn.now.instant, failure);
                return;
            }
            turn.push(Output::OpenAdapter { address: *virtual_ip, subnet: invitation.subnet });
        }
    }

    /// Keeps the membership for the next start, unless it is still being asked for, or a guest's.
    pub(crate) fn keep_membership(&mut self, turn: &mut Turn<'_>, active: bool) {
        if self.is_being_joined() {
            return;
        }
        if self.membership.is_guests() {
            // Before it was heard that they are a guest, they were kept as a member.
            if std::mem::take(&mut self.is_kept) {
                let (party, sequence) = (self.membership.invitation.party, self.membership.sequence());
                turn.store(StoreAction::ForgetMembership { party, sequence });
            }
        } else {
            self.is_kept = true;
            let voice_link = self.voice.kept().cloned();
            let membership = Box::new(SavedMembership { voice_link, ..self.membership.to_saved() });
            turn.store(StoreAction::SaveMembership { membership, host: self.host, active });
        }
    }
}
