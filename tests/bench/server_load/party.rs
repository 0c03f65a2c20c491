//! A party, and the keys of everybody in it.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::{Context, Result};
use lanrage_control::protocol::Request;
use lanrage_party::{
    DeviceIdentity, DoorPrivateKey, Ipam, Name, NatType, PEER_PROTOCOL, PartyId, PartySecret, PeerId,
    PeerRecord, SealedSignal, SignalKey, SignedRecord, Subnet, VirtualIp, WireGuardPrivateKey,
};

/// A party, as its members know it.
pub(crate) struct Party {
    pub(crate) number: usize,
    pub(crate) id: PartyId,
    /// Whose connections come from where.
    pub(crate) source: IpAddr,
    secret: PartySecret,
    members: Vec<Keys>,
}

struct Keys {
    identity: DeviceIdentity,
    wireguard: WireGuardPrivateKey,
    lease: VirtualIp,
}

impl Party {
    pub(crate) fn new(number: usize, size: usize) -> Result<Self> {
        let id = PartyId::from_random(random()?);
        let mut members: Vec<Keys> = Vec::new();
        while members.len() < size {
            let identity = DeviceIdentity::from_seed(&random()?);
            let lease =
                Ipam::new(id, Subnet::DEFAULT).lease(identity.peer_id()).context("no address is free")?;
            // Who has the address of another takes the next one; here another does instead.
            if !members.iter().any(|member| member.lease == lease) {
                let wireguard = WireGuardPrivateKey::from_random(random()?);
                members.push(Keys { identity, wireguard, lease });
            }
        }
        let [_, high, middle, low] = u32::try_from(number)?.to_be_bytes();
        // Each party is behind a router of its own.
        let source = Ipv4Addr::new(127, 16 + high, middle, low).into();
        Ok(Self { number, id, source, secret: PartySecret::from_random(random()?), members })
    }

    pub(crate) fn identity(&self, index: usize) -> DeviceIdentity {
        self.members[index].identity.clone()
    }

    pub(crate) fn door(&self) -> DoorPrivateKey {
        self.secret.door_key(0)
    }

    /// Makes the party, or comes into it.
    pub(crate) fn enter(&self, index: usize) -> Result<Request> {
        let (party, record, nat_type) = (self.id, self.record(index, 1)?, NatType::PortRestrictedCone);
        Ok(if index == 0 {
            Request::CreateParty {
                party,
                name: Name::new("LAN")?,
                subnet: Subnet::DEFAULT,
                record,
                nat_type,
                door: Some(self.door().public()),
                proof: None,
                access: None,
            }
        } else {
            Request::JoinParty { party, record, nat_type, door: None, proof: None }
        })
    }

    /// Says something new of a member.
    pub(crate) fn update(&self, index: usize, sequence: u64) -> Result<Request> {
        Ok(Request::UpdatePeer {
            party: self.id,
            record: Some(self.record(index, sequence)?),
            nat_type: None,
        })
    }

    /// Sends a message to the member behind this one.
    pub(crate) fn signal(&self, index: usize, message: &[u8]) -> Result<Request> {
        let to = (index + 1) % self.members.len();
        let signal = self.key(index, to).seal(message, random()?)?;
        Ok(Request::Signal { party: self.id, to: self.members[to].identity.peer_id(), signal })
    }

    /// Opens what the member before this one has sent.
    pub(crate) fn open(&self, index: usize, from: PeerId, signal: &SealedSignal) -> Result<Vec<u8>> {
        let sender = self.members.iter().position(|member| member.identity.peer_id() == from);
        Ok(self.key(index, sender.context("a stranger's signal")?).open(signal)?)
    }

    fn key(&self, ours: usize, theirs: usize) -> SignalKey {
        let theirs = self.members[theirs].wireguard.public();
        SignalKey::new(&self.secret, &self.members[ours].wireguard, &theirs)
    }

    fn record(&self, index: usize, sequence: u64) -> Result<SignedRecord> {
        let member = &self.members[index];
        let record = PeerRecord {
            party: self.id,
            identity: member.identity.public(),
            wireguard_key: member.wireguard.public(),
            virtual_ip: member.lease,
            name: Name::new(&format!("player {index}"))?,
            protocol: PEER_PROTOCOL,
            epoch: 0,
            sequence,
        };
        Ok(record.sign(&member.identity, &self.secret))
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("no random numbers")?;
    Ok(bytes)
}
