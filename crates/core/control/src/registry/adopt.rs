//! What one registry takes over from another one of the same party.

use std::collections::BTreeMap;

use lanrage_party::{PartyId, PeerId, Subnet, UnixMillis, VirtualIp};

use super::{
    Registry, check_record,
    party::{Member, PartyState},
};
use crate::protocol::{Change, ErrorCode, PartySnapshot, PeerEntry, Refusal, RequestKind, ServerMessage};

impl Registry {
    /// Takes over what the control server says of a party, so that this registry can go on in its place under
    /// the same ids and leases:
    /// - of two records of one peer, the one with the higher sequence counts, at a tie the server's;
    /// - members that only one side knows stay members;
    /// - where two members hold one address, the one that holds it on the server keeps it; the other is
    ///   removed and told [`ErrorCode::LeaseTaken`], and comes back under another address;
    /// - the server names the host.
    ///
    /// Presence is not taken over, except of [`super::RegistrySettings::owner`], which is always here. Entries
    /// that are not signed by their peer are left out. An unknown party is taken up only with its owner in it.
    pub fn adopt(&mut self, snapshot: &PartySnapshot, now: UnixMillis) {
        let id = snapshot.party;
        let Some(party) = self.parties.get(&id) else { return self.take_up(snapshot, now) };
        let mut waiting: Vec<&PeerEntry> =
            snapshot.peers.iter().filter(|entry| is_acceptable(id, party.subnet, entry)).collect();
        // First whoever needs nobody else to move; the order then does not matter.
        loop {
            let before = waiting.len();
            waiting.retain(|entry| {
                let free = self.holder(id, entry).is_none();
                if free {
                    self.adopt_entry(id, entry, now);
                }
                !free
            });
            if waiting.len() == before {
                break;
            }
        }
        for entry in waiting {
            self.make_way(id, entry);
            self.adopt_entry(id, entry, now);
        }
        self.adopt_host(id, snapshot.host);
    }

    /// Takes over that a member left the party on the control server. One that is here right now stays.
    pub fn adopt_departure(&mut self, party: PartyId, peer: PeerId) {
        let member = self.parties.get(&party).and_then(|party| party.members.get(&peer));
        if member.is_some_and(|member| !member.online) {
            self.remove(party, peer, None);
        }
    }

    /// Takes over who hosts the party, if it is a member.
    pub fn adopt_host(&mut self, id: PartyId, host: PeerId) {
        let Some(party) = self.parties.get_mut(&id) else { return };
        if party.host != host && party.members.contains_key(&host) {
            party.host = host;
            self.dirty.parties.insert(id);
            self.announce(id, Change::HostChanged { host }, None);
        }
    }

    /// Takes over one member of the control server's party, by the rules of [`Registry::adopt`].
    pub fn adopt_member(&mut self, id: PartyId, entry: &PeerEntry, now: UnixMillis) {
        let fits = self.parties.get(&id).is_some_and(|party| is_acceptable(id, party.subnet, entry));
        if fits {
            self.make_way(id, entry);
            self.adopt_entry(id, entry, now);
        }
    }

    fn take_up(&mut self, snapshot: &PartySnapshot, now: UnixMillis) {
        let (id, subnet) = (snapshot.party, snapshot.subnet);
        let mut members: BTreeMap<PeerId, Box<Member>> = BTreeMap::new();
        let most = self.settings.peers_per_party;
        for entry in snapshot.peers.iter().filter(|entry| is_acceptable(id, subnet, entry)).take(most) {
            if !members.values().any(|member| member.lease() == lease(entry)) {
                let online = self.settings.owner == Some(entry.peer());
                members.insert(entry.peer(), Box::new(adopted(entry, online, now)));
            }
        }
        let Some(owner) = self.settings.owner.filter(|owner| members.contains_key(owner)) else { return };
        if self.parties.len() >= self.settings.parties {
            return;
        }
        let host = if members.contains_key(&snapshot.host) { snapshot.host } else { owner };
        for peer in members.keys() {
            self.memberships.add(*peer, id);
            self.dirty.peers.insert((id, *peer));
        }
        let party = PartyState {
            id,
            name: snapshot.name.clone(),
            subnet,
            host,
            created_at: snapshot.created_at,
            active_at: now,
            revision: 1,
            door: None,
            had_company: true,
            members,
        };
        let snapshot = party.snapshot();
        self.parties.insert(id, party);
        self.dirty.parties.insert(id);
        self.tell(owner, ServerMessage::Party { snapshot });
    }

    /// Whether the entry's record is newer than what is known of its peer, or as new and another one.
    fn is_news(&self, id: PartyId, entry: &PeerEntry) -> bool {
        let known = self.parties.get(&id).and_then(|party| party.members.get(&entry.peer()));
        known.is_none_or(|known| {
            let (theirs, ours) = (entry.record.claimed().sequence, known.record.claimed().sequence);
            theirs > ours || (theirs == ours && entry.record != known.record)
        })
    }

    /// Another member that holds the entry's address.
    fn holder(&self, id: PartyId, entry: &PeerEntry) -> Option<PeerId> {
        let mut members = self.parties.get(&id)?.members.iter();
        let held = members.find(|(peer, member)| **peer != entry.peer() && member.lease() == lease(entry));
        held.map(|(peer, _)| *peer)
    }

    /// Removes whoever holds the address that the server has given to another member; not if the server's
    /// record of that one is outdated, because then it has moved away from there.
    fn make_way(&mut self, id: PartyId, entry: &PeerEntry) {
        let Some(holder) = self.holder(id, entry).filter(|_| self.is_news(id, entry)) else { return };
        let Some(party) = self.parties.get(&id) else { return };
        let taken: Vec<VirtualIp> = party.members.values().map(|member| member.lease()).collect();
        let online = party.members.get(&holder).is_some_and(|member| member.online);
        self.remove_member(id, holder, None);
        if online {
            let refusal = Refusal { taken, ..ErrorCode::LeaseTaken.into() };
            self.tell(holder, ServerMessage::Error(refusal.about(RequestKind::JoinParty, id)));
        }
    }

    fn adopt_entry(&mut self, id: PartyId, entry: &PeerEntry, now: UnixMillis) {
        let peer = entry.peer();
        if !self.is_news(id, entry) {
            return;
        }
        let owner = self.settings.owner == Some(peer);
        let most = self.settings.peers_per_party;
        let Some(party) = self.parties.get_mut(&id) else { return };
        let change = if let Some(member) = party.members.get_mut(&peer) {
            member.record = entry.record.clone();
            member.nat_type = entry.nat_type;
            Change::PeerUpdated { entry: member.entry() }
        } else {
            if party.members.len() >= most {
                return;
            }
            let member = adopted(entry, owner, now);
            let change = Change::PeerJoined { entry: member.entry() };
            party.members.insert(peer, Box::new(member));
            self.memberships.add(peer, id);
            change
        };
        self.dirty.parties.insert(id);
        self.dirty.peers.insert((id, peer));
        self.announce(id, change, None);
    }
}

fn adopted(entry: &PeerEntry, online: bool, now: UnixMillis) -> Member {
    Member {
        record: entry.record.clone(),
        nat_type: entry.nat_type,
        joined_at: entry.joined_at,
        last_seen: now,
        saved_seen: now,
        online,
    }
}

fn is_acceptable(party: PartyId, subnet: Subnet, entry: &PeerEntry) -> bool {
    subnet.contains(lease(entry)) && check_record(entry.peer(), party, &entry.record).is_ok()
}

fn lease(entry: &PeerEntry) -> VirtualIp {
    entry.record.claimed().virtual_ip
}
