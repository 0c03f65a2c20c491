use lanrage_control::{
    protocol::Request,
    registry::{Registry, RegistrySettings},
};
use lanrage_party::{
    DeviceIdentity, Name, NatType, PartyId, PartySecret, PeerId, PeerRecord, SealedSignal, SignalKey,
    SignedRecord, Subnet, UnixMillis, VirtualIp, WireGuardPrivateKey,
};

/// Noon of some day.
pub(crate) const START: UnixMillis = UnixMillis(1_800_000_000_000);
pub(crate) const DAY: u64 = 24 * 60 * 60_000;

pub(crate) fn party(n: u8) -> PartyId {
    PartyId::from_random([n; 16])
}

pub(crate) fn identity(n: u8) -> DeviceIdentity {
    DeviceIdentity::from_seed(&[n; 32])
}

pub(crate) fn id(n: u8) -> PeerId {
    identity(n).peer_id()
}

/// A record of peer `n` for party 1, at 10.66.0.`ip`.
pub(crate) fn record(n: u8, ip: u8, sequence: u64) -> SignedRecord {
    record_in(party(1), n, VirtualIp([10, 66, 0, ip].into()), sequence)
}

pub(crate) fn record_in(party: PartyId, n: u8, virtual_ip: VirtualIp, sequence: u64) -> SignedRecord {
    let record = PeerRecord {
        party,
        identity: identity(n).public(),
        wireguard_key: WireGuardPrivateKey::from_random([n; 32]).public(),
        virtual_ip,
        name: Name::new(&format!("player {n}")).unwrap(),
        protocol: 1,
        epoch: 0,
        sequence,
    };
    record.sign(&identity(n), &PartySecret::from_random([9; 32]))
}

pub(crate) fn create(record: SignedRecord) -> Request {
    Request::CreateParty {
        party: record.claimed().party,
        name: Name::new("LAN").unwrap(),
        subnet: Subnet::DEFAULT,
        record,
        nat_type: NatType::Unknown,
        door: None,
        proof: None,
    }
}

pub(crate) fn join(record: SignedRecord) -> Request {
    Request::JoinParty {
        party: record.claimed().party,
        record,
        nat_type: NatType::Unknown,
        door: None,
        proof: None,
    }
}

/// Party 1 with peers 1 (the host) to `size`, at 10.66.0.1 and so on.
pub(crate) fn party_of(size: u8) -> Registry {
    let mut registry = Registry::new(RegistrySettings::default(), START);
    registry.handle(id(1), create(record(1, 1, 1)), START);
    for n in 2..=size {
        registry.handle(id(n), join(record(n, n, 1)), START);
    }
    registry
}

pub(crate) fn sealed(from: u8, to: u8) -> SealedSignal {
    let [ours, theirs] = [from, to].map(|n| WireGuardPrivateKey::from_random([n; 32]));
    let key = SignalKey::new(&PartySecret::from_random([9; 32]), &ours, &theirs.public());
    key.seal(b"candidates", [1; 24]).unwrap()
}
