use std::{collections::BTreeMap, time::Duration};

use lanrage_party::{
    DoorKey, Leave, Name, NatType, PartyId, PeerId, SignedRecord, Subnet, UnixMillis, VirtualIp,
};

use super::{StoredParty, StoredPeer};
use crate::protocol::{Change, ErrorCode, PartySnapshot, PeerEntry, Refusal};

/// One party and its members: the rules that need to know of no other party.
#[derive(Debug)]
pub(super) struct PartyState {
    pub(super) id: PartyId,
    pub(super) name: Name,
    pub(super) subnet: Subnet,
    pub(super) host: PeerId,
    pub(super) created_at: UnixMillis,
    pub(super) active_at: UnixMillis,
    pub(super) revision: u64,
    /// Whose proof lets somebody in; `None` lets in anybody who knows the id.
    pub(super) door: Option<DoorKey>,
    /// Whether it ever had a second member, as far as this registry remembers since it was started.
    pub(super) had_company: bool,
    /// Boxed: a map keeps room for eleven, and most parties have fewer.
    pub(super) members: BTreeMap<PeerId, Box<Member>>,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) record: SignedRecord,
    pub(super) nat_type: NatType,
    pub(super) joined_at: UnixMillis,
    pub(super) last_seen: UnixMillis,
    /// `last_seen` as it is stored.
    pub(super) saved_seen: UnixMillis,
    pub(super) online: bool,
}

impl Member {
    pub(super) fn entry(&self) -> PeerEntry {
        PeerEntry {
            record: self.record.clone(),
            nat_type: self.nat_type,
            joined_at: self.joined_at,
            online: self.online,
        }
    }

    pub(super) fn lease(&self) -> VirtualIp {
        self.record.claimed().virtual_ip
    }
}

impl PartyState {
    /// Lets a peer be here: as a new member, or as the member that it already is.
    ///
    /// `record` is signed by `peer` and about this party.
    pub(super) fn admit(
        &mut self,
        peer: PeerId,
        record: SignedRecord,
        nat_type: NatType,
        now: UnixMillis,
        most: usize,
    ) -> Result<Option<Change>, Refusal> {
        if !self.members.contains_key(&peer) {
            return self.add(peer, record, nat_type, now, most).map(Some);
        }
        let renewed = self.renew(peer, Some(record), Some(nat_type))?;
        let Some(member) = self.members.get_mut(&peer) else { return Ok(None) };
        member.last_seen = now;
        self.active_at = now;
        let returned = !std::mem::replace(&mut member.online, true);
        Ok(match (renewed, returned) {
            (true, _) => Some(Change::PeerUpdated { entry: member.entry() }),
            (false, true) => Some(Change::PeerOnline { peer, online: true }),
            (false, false) => None,
        })
    }

    fn add(
        &mut self,
        peer: PeerId,
        record: SignedRecord,
        nat_type: NatType,
        now: UnixMillis,
        most: usize,
    ) -> Result<Change, Refusal> {
        if self.members.len() >= most {
            return Err(ErrorCode::PartyFull.into());
        }
        let lease = record.claimed().virtual_ip;
        if !self.subnet.contains(lease) {
            return Err(ErrorCode::OutsideSubnet.into());
        }
        let taken: Vec<VirtualIp> = self.members.values().map(|member| member.lease()).collect();
        if taken.contains(&lease) {
            return Err(Refusal { taken, ..ErrorCode::LeaseTaken.into() });
        }
        let member =
            Member { record, nat_type, joined_at: now, last_seen: now, saved_seen: now, online: true };
        let change = Change::PeerJoined { entry: member.entry() };
        self.members.insert(peer, Box::new(member));
        self.had_company |= self.members.len() > 1;
        self.active_at = now;
        Ok(change)
    }

    /// Takes a newer record or NAT type of a member; says whether anything is new.
    pub(super) fn renew(
        &mut self,
        peer: PeerId,
        record: Option<SignedRecord>,
        nat_type: Option<NatType>,
    ) -> Result<bool, Refusal> {
        let member = self.members.get_mut(&peer).ok_or(ErrorCode::NotAMember)?;
        let mut renewed = false;
        if let Some(record) = record.filter(|record| *record != member.record) {
            let newest = member.record.claimed().sequence;
            if record.claimed().sequence <= newest {
                return Err(Refusal { newest: Some(newest), ..ErrorCode::StaleRecord.into() });
            }
            if record.claimed().virtual_ip != member.lease() {
                return Err(Refusal { lease: Some(member.lease()), ..ErrorCode::LeaseFixed.into() });
            }
            member.record = record;
            renewed = true;
        }
        if let Some(nat_type) = nat_type.filter(|nat_type| *nat_type != member.nat_type) {
            member.nat_type = nat_type;
            renewed = true;
        }
        Ok(renewed)
    }

    /// Takes a member out. If it was the host, the member that joined first inherits.
    pub(super) fn remove(&mut self, peer: PeerId, leave: Option<Leave>) -> Vec<Change> {
        if self.members.remove(&peer).is_none() {
            return Vec::new();
        }
        let mut changes = vec![Change::PeerLeft { peer, leave }];
        if self.host == peer
            && let Some((heir, _)) = self.members.iter().min_by_key(|(id, member)| (member.joined_at, **id))
        {
            self.host = *heir;
            changes.push(Change::HostChanged { host: *heir });
        }
        changes
    }

    /// Marks a member away; its lease stays reserved.
    pub(super) fn leave_alone(&mut self, peer: PeerId, now: UnixMillis) -> Option<Change> {
        let member = self.members.get_mut(&peer).filter(|member| member.online)?;
        member.online = false;
        member.last_seen = now;
        Some(Change::PeerOnline { peer, online: false })
    }

    pub(super) fn online(&self) -> impl Iterator<Item = PeerId> {
        self.members.iter().filter(|(_, member)| member.online).map(|(peer, _)| *peer)
    }

    /// Members that are online, or not, and unheard of for longer than `time`.
    pub(super) fn silent(&self, online: bool, time: Duration, now: UnixMillis) -> Vec<PeerId> {
        let silent = |member: &Member| {
            member.online == online && u128::from(now.since(member.last_seen)) > time.as_millis()
        };
        self.members.iter().filter(|(_, member)| silent(member)).map(|(peer, _)| *peer).collect()
    }

    pub(super) fn snapshot(&self) -> PartySnapshot {
        let mut members: Vec<(&PeerId, &Box<Member>)> = self.members.iter().collect();
        members.sort_by_key(|(id, member)| (member.joined_at, **id));
        PartySnapshot {
            party: self.id,
            name: self.name.clone(),
            subnet: self.subnet,
            host: self.host,
            created_at: self.created_at,
            revision: self.revision,
            peers: members.into_iter().map(|(_, member)| member.entry()).collect(),
        }
    }

    pub(super) fn stored(&self) -> StoredParty {
        StoredParty {
            party: self.id,
            name: self.name.clone(),
            subnet: self.subnet,
            host: self.host,
            created_at: self.created_at,
            active_at: self.active_at,
            revision: self.revision,
            door: self.door,
        }
    }

    /// The member as it is to be stored, which it then counts as.
    pub(super) fn store(&mut self, peer: PeerId) -> Option<StoredPeer> {
        let member = self.members.get_mut(&peer)?;
        member.saved_seen = member.last_seen;
        Some(StoredPeer {
            party: self.id,
            peer,
            record: member.record.clone(),
            nat_type: member.nat_type,
            joined_at: member.joined_at,
            last_seen: member.last_seen,
        })
    }
}
