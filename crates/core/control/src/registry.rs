//! Who is in which party, and at which address.
//!
//! A pure state machine. Each step leaves behind changes to be written ([`Registry::take_changes`]) and
//! messages to be sent ([`Registry::poll_outgoing`]); whoever keeps the registry on a disk writes the first
//! before it sends the second, so that what a peer was told is never lost.
//!
//! The registry chooses no address: a peer's lease stands in its signed record. The registry only sees to it
//! that no two members of a party hold the same one.
//!
//! # Doors
//!
//! Who knows a party's id has not been invited: ids are in links, but also in logs, databases and every server that a
//! party ever used. So a party has a door, the public half of a key that its secret gives
//! ([`lanrage_party::PartySecret::door_key`]), and nobody enters it or reads who is in it without a proof for this very
//! session. A door comes with its party. A party that was made before there were doors is given one by its maker, while it is
//! host: an heir may be a stranger who came in by the id. Nobody changes a door. What such a party's other members deposit counts for nothing: whoever knows the id could be one
//! of them, and would shut out the rest.
//!
//! # Clean-up
//!
//! All of it is decided here, by [`Registry::sweep`] and the settings:
//! - a peer that was silent for [`RegistrySettings::stale_after`] is away, and its connection is given up;
//! - a member that was away for [`RegistrySettings::retention`] is removed; nobody is before, whatever happens
//!   to the host, the clock or the registry itself (see [`RegistrySettings::grace`]);
//! - a party that never had a second member is removed a day after its only one was last here
//!   ([`RegistrySettings::alone`]), and before that where there is no room for another party;
//! - a party whose last member left or was removed is removed;
//! - a session token is removed after [`RegistrySettings::token_lifetime`].

mod access;
mod alone;
mod caller;
mod cleanup;
mod door;
mod memberships;
mod party;
mod relays;
mod restore;
mod settings;
mod stored;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lanrage_party::{Leave, PartyId, PeerId, SignedRecord, UnixMillis};

pub use access::Access;
pub use caller::Caller;
pub use relays::{ConfiguredRelay, IssueCredentials, OffersChange, RelayRegistry, RelaySettings};
pub use settings::RegistrySettings;
pub use stored::{StoredChange, StoredParty, StoredPeer, StoredRelay, StoredToken};

use self::{memberships::Memberships, party::PartyState, stored::Dirty};
use crate::protocol::{Change, ErrorCode, PartySnapshot, Refusal, Request, ServerMessage};

/// Parties, their members, leases, presence and revisions.
#[derive(Debug)]
pub struct Registry {
    settings: RegistrySettings,
    access: Access,
    parties: BTreeMap<PartyId, PartyState>,
    memberships: Memberships,
    outgoing: VecDeque<Outgoing>,
    silent: Vec<PeerId>,
    dirty: Dirty,
    /// Parties that made room for others.
    forgotten: u64,
    /// When the registry last had reason to believe that it was itself away.
    patient_since: UnixMillis,
    last_sweep: UnixMillis,
}

/// A message and who gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Receivers; each is connected as far as the registry knows.
    pub to: Vec<PeerId>,
    /// The message.
    pub message: ServerMessage,
}

impl Registry {
    /// An empty registry.
    pub const fn new(settings: RegistrySettings, now: UnixMillis) -> Self {
        Self {
            settings,
            access: Access::open(),
            parties: BTreeMap::new(),
            memberships: Memberships::new(),
            outgoing: VecDeque::new(),
            silent: Vec::new(),
            dirty: Dirty { parties: BTreeSet::new(), peers: BTreeSet::new(), tokens: Vec::new() },
            forgotten: 0,
            patient_since: now,
            last_sweep: now,
        }
    }

    /// Its times and bounds.
    pub const fn settings(&self) -> &RegistrySettings {
        &self.settings
    }

    /// Whom it lets do what.
    pub const fn access(&self) -> &Access {
        &self.access
    }

    /// Lets others do something from now on. Parties that there are stay.
    pub fn set_access(&mut self, access: Access) {
        self.access = access;
    }

    /// Parties that a peer is host of.
    pub fn hosted_by(&self, peer: &PeerId) -> usize {
        let parties = self.memberships.of(peer).iter().filter_map(|party| self.parties.get(party));
        parties.into_iter().filter(|party| party.host == *peer).count()
    }

    /// A party as it is now.
    pub fn party(&self, party: &PartyId) -> Option<PartySnapshot> {
        self.parties.get(party).map(PartyState::snapshot)
    }

    /// Whether there is such a party.
    pub fn knows(&self, party: &PartyId) -> bool {
        self.parties.contains_key(party)
    }

    /// Whether a peer is a member of a party, present or away.
    pub fn is_member(&self, party: &PartyId, peer: &PeerId) -> bool {
        self.parties.get(party).is_some_and(|party| party.members.contains_key(peer))
    }

    /// The party in which a peer is with somebody else; of several the one that it has been in for longest.
    pub fn company(&self, peer: &PeerId) -> Option<PartyId> {
        let mut parties = self.memberships.of(peer).iter().filter_map(|party| self.parties.get(party));
        parties.find(|party| party.members.len() > 1).map(|party| party.id)
    }

    /// The members of a party, present and away; none where there is no such party.
    pub fn members(&self, party: &PartyId) -> impl Iterator<Item = PeerId> {
        self.parties.get(party).into_iter().flat_map(|party| party.members.keys().copied())
    }

    /// Whether a peer's program binds its logins to one server, as far as the peer's records say.
    pub fn binds_logins(&self, peer: &PeerId) -> bool {
        let parties = self.memberships.of(peer).iter().filter_map(|party| self.parties.get(party));
        let mut records = parties.into_iter().filter_map(|party| party.members.get(peer));
        records.any(|member| member.record.claimed().signs_everything())
    }

    /// Every party.
    pub fn party_ids(&self) -> impl Iterator<Item = PartyId> {
        self.parties.keys().copied()
    }

    /// Removes a member by the operator's word, and tells it.
    pub(crate) fn expel(&mut self, party: PartyId, peer: PeerId) {
        self.tell(peer, ServerMessage::Left { party });
        self.remove(party, peer, None);
    }

    /// The same with every party that the member is in.
    pub(crate) fn expel_everywhere(&mut self, peer: PeerId) {
        for party in self.memberships.of(&peer).to_vec() {
            self.expel(party, peer);
        }
    }

    /// Takes back a membership that could not be stored.
    pub(crate) fn take_back(&mut self, party: PartyId, peer: PeerId) {
        self.remove(party, peer, None);
    }

    /// Number of parties.
    pub fn parties(&self) -> usize {
        self.parties.len()
    }

    /// Handles a request of a peer that has proven who it is. Answers are messages to it.
    pub fn handle(&mut self, from: impl Into<Caller>, request: Request, now: UnixMillis) {
        let from = from.into();
        // Whatever it is, it is a sign of life of all the sender's memberships.
        self.heartbeat(from.peer, now);
        let (kind, party) = (request.kind(), request.party());
        if let Err(refusal) = self.decide(from, request, now) {
            self.tell(from.peer, ServerMessage::Error(refusal.about(kind, party)));
        }
    }

    /// Notes a sign of life.
    pub fn heartbeat(&mut self, peer: PeerId, now: UnixMillis) {
        let precision = self.settings.last_seen_precision.as_millis();
        for id in self.memberships.of(&peer) {
            let member = self.parties.get_mut(id).and_then(|party| party.members.get_mut(&peer));
            let Some(member) = member.filter(|member| member.online) else { continue };
            member.last_seen = now;
            if u128::from(now.since(member.saved_seen)) > precision {
                self.dirty.peers.insert((*id, peer));
            }
        }
    }

    /// A peer's connection is gone: it is away at once, and its leases stay reserved.
    pub fn disconnected(&mut self, peer: PeerId, now: UnixMillis) {
        for id in self.memberships.of(&peer).to_vec() {
            self.mark_away(id, peer, now);
        }
    }

    /// The next message to send.
    pub fn poll_outgoing(&mut self) -> Option<Outgoing> {
        self.outgoing.pop_front()
    }

    /// Peers that a sweep found silent since the last call: their connections are dead.
    pub fn take_silent(&mut self) -> Vec<PeerId> {
        std::mem::take(&mut self.silent)
    }

    /// What has changed since the last call, in an order in which it can be written: a party before its peers.
    pub fn take_changes(&mut self) -> Vec<StoredChange> {
        let dirty = std::mem::take(&mut self.dirty);
        let parties = dirty.parties.iter().map(|id| match self.parties.get(id) {
            Some(party) => StoredChange::PutParty(party.stored()),
            None => StoredChange::RemoveParty(*id),
        });
        let mut changes: Vec<StoredChange> = parties.collect();
        for (party, peer) in dirty.peers {
            let stored = self.parties.get_mut(&party).and_then(|state| state.store(peer));
            changes.push(stored.map_or(StoredChange::RemovePeer { party, peer }, StoredChange::PutPeer));
        }
        changes.extend(dirty.tokens.into_iter().map(StoredChange::PutToken));
        changes
    }

    fn decide(&mut self, caller: Caller, request: Request, now: UnixMillis) -> Result<(), Refusal> {
        let from = caller.peer;
        match request {
            Request::CreateParty { party: id, name, subnet, record, nat_type, door, proof, access } => {
                check_record(from, id, &record)?;
                self.check_door(caller, id, proof)?;
                let known = self.parties.get(&id);
                if known.is_some_and(|party| party.host != from) {
                    return Err(ErrorCode::PartyExists.into());
                }
                let mut fresh = None;
                if known.is_none() {
                    self.access.check(caller, id, access)?;
                    if self.hosted_by(&from) >= self.settings.parties_per_host {
                        return Err(ErrorCode::DeviceParties.into());
                    }
                    if !self.make_room() {
                        return Err(ErrorCode::TooManyParties.into());
                    }
                    fresh = Some(PartyState {
                        id,
                        name,
                        subnet,
                        host: from,
                        created_at: now,
                        active_at: now,
                        revision: 0,
                        door,
                        had_company: false,
                        members: BTreeMap::new(),
                    });
                }
                self.admit(fresh, id, from, record, nat_type, now)?;
                self.deposit_door(from, id, door);
                Ok(())
            }
            Request::JoinParty { party: id, record, nat_type, door, proof } => {
                check_record(from, id, &record)?;
                self.check_door(caller, id, proof)?;
                self.admit(None, id, from, record, nat_type, now)?;
                self.deposit_door(from, id, door);
                Ok(())
            }
            Request::LeaveParty { party, leave } => {
                self.check_leave(from, party, leave)?;
                self.remove(party, from, leave);
                self.tell(from, ServerMessage::Left { party });
                Ok(())
            }
            Request::UpdatePeer { party: id, record, nat_type } => {
                if let Some(record) = &record {
                    check_record(from, id, record)?;
                }
                let party = self.parties.get_mut(&id).ok_or(ErrorCode::UnknownParty)?;
                if party.renew(from, record, nat_type)? {
                    let member = party.members.get(&from).ok_or(ErrorCode::NotAMember)?;
                    let change = Change::PeerUpdated { entry: member.entry() };
                    self.dirty.peers.insert((id, from));
                    self.announce(id, change, None);
                }
                Ok(())
            }
            Request::Signal { party: id, to, signal } => {
                let party = self.parties.get(&id).ok_or(ErrorCode::UnknownParty)?;
                if !party.members.contains_key(&from) {
                    return Err(ErrorCode::NotAMember.into());
                }
                let receiver = party.members.get(&to).ok_or(ErrorCode::NotAMember)?;
                if !receiver.online {
                    return Err(ErrorCode::PeerAway.into());
                }
                self.tell(to, ServerMessage::Signal { party: id, from, signal });
                Ok(())
            }
            Request::GetParty { party: id, proof } => {
                self.check_door(caller, id, proof)?;
                let party = self.parties.get(&id).ok_or(ErrorCode::UnknownParty)?;
                if !party.members.contains_key(&from) {
                    return Err(ErrorCode::NotAMember.into());
                }
                let snapshot = party.snapshot();
                self.tell(from, ServerMessage::Party { snapshot });
                Ok(())
            }
        }
    }

    /// Lets a peer into `fresh`, a party that is only kept if it may come in, or into the known party `id`.
    fn admit(
        &mut self,
        fresh: Option<PartyState>,
        id: PartyId,
        peer: PeerId,
        record: SignedRecord,
        nat_type: lanrage_party::NatType,
        now: UnixMillis,
    ) -> Result<(), Refusal> {
        let mine = self.memberships.of(&peer);
        if !mine.contains(&id) && mine.len() >= self.settings.parties_per_peer {
            return Err(ErrorCode::TooManyParties.into());
        }
        let most = self.settings.peers_per_party;
        let change = if let Some(mut party) = fresh {
            let change = party.admit(peer, record, nat_type, now, most)?;
            self.parties.insert(id, party);
            change
        } else {
            let party = self.parties.get_mut(&id).ok_or(ErrorCode::UnknownParty)?;
            party.admit(peer, record, nat_type, now, most)?
        };
        self.memberships.add(peer, id);
        if let Some(change) = change {
            self.dirty.parties.insert(id);
            self.dirty.peers.insert((id, peer));
            self.announce(id, change, Some(peer));
        }
        if let Some(snapshot) = self.party(&id) {
            self.tell(peer, ServerMessage::Party { snapshot });
        }
        Ok(())
    }

    /// A membership ends by the member's own word. Whoever speaks in its session may not be it: a server to which the
    /// member has logged in, or somebody on the way.
    fn check_leave(&self, from: PeerId, party: PartyId, leave: Option<Leave>) -> Result<(), Refusal> {
        let member = self.parties.get(&party).and_then(|party| party.members.get(&from));
        let Some(record) = member.map(|member| member.record.claimed()) else { return Ok(()) };
        let is_own = match leave {
            Some(leave) => leave.is_of(&record.identity, &party, record.sequence),
            None => !record.signs_everything(),
        };
        if is_own { Ok(()) } else { Err(ErrorCode::UnsignedLeave.into()) }
    }

    fn mark_away(&mut self, id: PartyId, peer: PeerId, now: UnixMillis) {
        let change = self.parties.get_mut(&id).and_then(|party| party.leave_alone(peer, now));
        if let Some(change) = change {
            self.dirty.peers.insert((id, peer));
            self.announce(id, change, None);
        }
    }

    /// Removes a member, and with the last one the party.
    fn remove(&mut self, id: PartyId, peer: PeerId, leave: Option<Leave>) {
        let Some(party) = self.parties.get_mut(&id) else { return };
        let changes = party.remove(peer, leave);
        if changes.is_empty() {
            return;
        }
        self.memberships.remove(&peer, &id);
        self.dirty.parties.insert(id);
        self.dirty.peers.insert((id, peer));
        for change in changes {
            self.announce(id, change, None);
        }
        if self.parties.get(&id).is_some_and(|party| party.members.is_empty()) {
            self.parties.remove(&id);
        }
    }

    /// Makes a change the party's next revision and tells every member that is online, but not `except`.
    fn announce(&mut self, id: PartyId, change: Change, except: Option<PeerId>) {
        let Some(party) = self.parties.get_mut(&id) else { return };
        party.revision += 1;
        let to: Vec<PeerId> = party.online().filter(|peer| Some(*peer) != except).collect();
        if !to.is_empty() {
            let message = ServerMessage::Delta { party: id, revision: party.revision, change };
            self.outgoing.push_back(Outgoing { to, message });
        }
    }

    fn tell(&mut self, peer: PeerId, message: ServerMessage) {
        self.outgoing.push_back(Outgoing { to: vec![peer], message });
    }
}

/// A record counts only from the peer that signed it, and in the party that it is about.
fn check_record(from: PeerId, party: PartyId, record: &SignedRecord) -> Result<(), Refusal> {
    let record = record.verify_signature().map_err(|_| ErrorCode::BadSignature)?;
    if record.peer_id() != from || record.party != party {
        return Err(Refusal::new(ErrorCode::BadSignature).detail("the record is of another peer or party"));
    }
    Ok(())
}
