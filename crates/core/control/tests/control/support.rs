use std::collections::BTreeMap;

use lanrage_control::{
    protocol::{ErrorCode, Refusal, RelayProof, RelayRegistration, Request, ServerMessage},
    registry::{Registry, RegistrySettings, StoredChange, StoredParty, StoredPeer, StoredToken},
};
use lanrage_party::{
    DeviceIdentity, DoorPrivateKey, Name, NatType, PEER_PROTOCOL, PartyId, PartySecret, PeerId, PeerRecord,
    RelayCredentials, RelayOffer, RelayPassword, SealedSignal, SignalKey, SignedRecord, Subnet, UnixMillis,
    VirtualIp, WireGuardPrivateKey,
};

/// Noon of some day.
pub(crate) const START: UnixMillis = UnixMillis(1_800_000_000_000);
pub(crate) const MINUTE: u64 = 60_000;
pub(crate) const DAY: u64 = 24 * 60 * MINUTE;

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

/// The same of a program that signs all that it says.
pub(crate) fn signing_record(n: u8, ip: u8, sequence: u64) -> SignedRecord {
    let record = PeerRecord { protocol: PEER_PROTOCOL, ..record(n, ip, sequence).claimed().clone() };
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
        access: None,
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

/// The key of party 1's door.
pub(crate) fn door_key() -> DoorPrivateKey {
    PartySecret::from_random([9; 32]).door_key(0)
}

/// The same request of somebody who names the party's door.
pub(crate) fn with_door(mut request: Request) -> Request {
    if let Request::CreateParty { door, .. } | Request::JoinParty { door, .. } = &mut request {
        *door = Some(door_key().public());
    }
    request
}

pub(crate) fn signal(from: u8, to: u8) -> Request {
    Request::Signal { party: party(1), to: id(to), signal: sealed(from, to) }
}

pub(crate) fn sealed(from: u8, to: u8) -> SealedSignal {
    let [ours, theirs] = [from, to].map(|n| WireGuardPrivateKey::from_random([n; 32]));
    let key = SignalKey::new(&PartySecret::from_random([9; 32]), &ours, &theirs.public());
    key.seal(b"candidates", [1; 24]).unwrap()
}

/// An empty registry.
pub(crate) fn empty() -> Registry {
    Registry::new(RegistrySettings::default(), START)
}

/// Party 1 with peers 1 (the host) to `size`, at 10.66.0.1 and so on, joined a minute apart.
pub(crate) fn party_of(size: u8) -> Registry {
    let mut registry = empty();
    registry.handle(id(1), create(record(1, 1, 1)), START);
    for n in 2..=size {
        registry.handle(id(n), join(record(n, n, 1)), START.plus(u64::from(n) * MINUTE));
    }
    said(&mut registry);
    registry.take_changes();
    registry
}

/// All that the registry has to say, one message per receiver.
pub(crate) fn said(registry: &mut Registry) -> Vec<(PeerId, ServerMessage)> {
    let mut said = Vec::new();
    while let Some(outgoing) = registry.poll_outgoing() {
        said.extend(outgoing.to.into_iter().map(|to| (to, outgoing.message.clone())));
    }
    said
}

/// What peer `n` is told in answer to a request.
pub(crate) fn ask(registry: &mut Registry, n: u8, request: Request, now: UnixMillis) -> Vec<ServerMessage> {
    registry.handle(id(n), request, now);
    said(registry).into_iter().filter(|(to, _)| *to == id(n)).map(|(_, message)| message).collect()
}

/// The refusal of a request.
pub(crate) fn refusal(registry: &mut Registry, n: u8, request: Request) -> Refusal {
    match ask(registry, n, request, START.plus(DAY)).as_slice() {
        [ServerMessage::Error(refusal)] => refusal.clone(),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

pub(crate) fn code(registry: &mut Registry, n: u8, request: Request) -> ErrorCode {
    refusal(registry, n, request).code
}

/// An offer of a relay at this address.
pub(crate) fn relay_offer(uri: &str) -> RelayOffer {
    RelayOffer {
        name: "north".into(),
        region: "eu".into(),
        uris: vec![uri.parse().unwrap()],
        load_percent: 7,
        credentials: relay_credentials("secret", "ann", "lan", 1_000),
    }
}

/// Stands in for TURN's credentials: the password tells what it was made of.
pub(crate) fn relay_credentials(secret: &str, user: &str, group: &str, expires_at: u64) -> RelayCredentials {
    RelayCredentials {
        username: format!("{expires_at}:{user}@{group}"),
        password: RelayPassword::new(format!("{secret}/{expires_at}")),
        expires_at: UnixMillis(expires_at * 1_000),
    }
}

pub(crate) const RELAY_KEY: &[u8] = b"a relay key";

/// What the relay `name` says in the session of peer `n`.
pub(crate) fn relay_registration(n: u8, name: &str, load_percent: u8) -> RelayRegistration {
    RelayRegistration {
        name: name.into(),
        region: "eu".into(),
        uris: vec![format!("turn:{name}.example:3478").parse().unwrap()],
        load_percent,
        proof: RelayProof::new(RELAY_KEY, &id(n), name),
    }
}

/// What a server has written, and reads when it starts.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    parties: BTreeMap<PartyId, StoredParty>,
    peers: BTreeMap<(PartyId, PeerId), StoredPeer>,
    pub(crate) tokens: Vec<StoredToken>,
}

impl Disk {
    pub(crate) fn apply(&mut self, change: StoredChange) {
        match change {
            StoredChange::PutParty(party) => drop(self.parties.insert(party.party, party)),
            StoredChange::RemoveParty(party) => {
                self.parties.remove(&party);
                self.peers.retain(|(of, _), _| *of != party);
            }
            StoredChange::PutPeer(peer) => drop(self.peers.insert((peer.party, peer.peer), peer)),
            StoredChange::RemovePeer { party, peer } => drop(self.peers.remove(&(party, peer))),
            StoredChange::PutToken(token) => {
                self.tokens.retain(|other| other.peer != token.peer);
                self.tokens.push(token);
            }
            StoredChange::PutRelay(_) | StoredChange::RemoveRelay(_) => {}
        }
    }

    pub(crate) fn parties_and_peers(&self) -> (Vec<StoredParty>, Vec<StoredPeer>) {
        (self.parties.values().cloned().collect(), self.peers.values().cloned().collect())
    }
}
