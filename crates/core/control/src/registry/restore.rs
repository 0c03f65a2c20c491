use std::collections::BTreeMap;

use lanrage_party::UnixMillis;

use super::{
    Registry, RegistrySettings, StoredParty, StoredPeer,
    party::{Member, PartyState},
};

impl Registry {
    /// A registry with what was stored, everybody away. What breaks a rule of the registry is left out, and
    /// removed from the store with the next changes: a record that its peer did not sign, an address outside
    /// the network or held twice, a party without members. The number of such rows is returned too.
    pub fn restore(
        settings: RegistrySettings,
        parties: Vec<StoredParty>,
        peers: Vec<StoredPeer>,
        now: UnixMillis,
    ) -> (Self, usize) {
        let mut registry = Self::new(settings, now);
        for stored in parties {
            let party = PartyState {
                id: stored.party,
                name: stored.name,
                subnet: stored.subnet,
                host: stored.host,
                created_at: stored.created_at,
                active_at: stored.active_at,
                revision: stored.revision,
                door: stored.door,
                had_company: false,
                members: BTreeMap::new(),
            };
            registry.parties.insert(party.id, party);
        }
        let mut refused = 0;
        for stored in peers {
            let key = (stored.party, stored.peer);
            if !registry.restore_peer(stored) {
                registry.dirty.peers.insert(key);
                refused += 1;
            }
        }
        refused += registry.restore_hosts();
        if let Some(last) = registry.last_sign_of_life() {
            registry.was_away(last, now);
        }
        (registry, refused)
    }

    fn restore_peer(&mut self, stored: StoredPeer) -> bool {
        let Some(party) = self.parties.get_mut(&stored.party) else { return false };
        let Ok(record) = stored.record.verify_signature() else { return false };
        let lease = record.virtual_ip;
        let fits = record.peer_id() == stored.peer
            && record.party == stored.party
            && party.subnet.contains(lease)
            && !party.members.values().any(|member| member.record.claimed().virtual_ip == lease);
        if fits {
            let member = Member {
                nat_type: stored.nat_type,
                joined_at: stored.joined_at,
                last_seen: stored.last_seen,
                saved_seen: stored.last_seen,
                online: false,
                record: stored.record,
            };
            party.members.insert(stored.peer, Box::new(member));
            party.had_company |= party.members.len() > 1;
            self.memberships.add(stored.peer, stored.party);
        }
        fits
    }

    /// Every party has a member, and a host among them.
    fn restore_hosts(&mut self) -> usize {
        let mut refused = 0;
        let dirty = &mut self.dirty.parties;
        self.parties.retain(|id, party| {
            let heir = party.members.iter().min_by_key(|(peer, member)| (member.joined_at, **peer));
            let Some((heir, _)) = heir else {
                dirty.insert(*id);
                refused += 1;
                return false;
            };
            if !party.members.contains_key(&party.host) {
                party.host = *heir;
                dirty.insert(*id);
            }
            true
        });
        refused
    }
}
