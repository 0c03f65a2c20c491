//! Measures the memory of a registry with many peers, as the system counts it (Linux).
//!
//! `cargo run --release -p lanrage-control --example registry_memory -- 100000`

use lanrage_control::{
    protocol::Request,
    registry::{Registry, RegistrySettings},
};
use lanrage_party::{
    DeviceIdentity, Name, NatType, PartyId, PartySecret, PeerRecord, SignedRecord, Subnet, UnixMillis,
    VirtualIp, WireGuardPrivateKey,
};

/// A usual party: four friends.
const PEERS_PER_PARTY: u64 = 4;
const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

fn main() {
    let peers = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100_000_u64);
    let Some(before) = resident_bytes() else {
        eprintln!("this system does not say how much memory a program uses");
        return;
    };
    let mut registry = Registry::new(RegistrySettings::default(), NOW);
    let mut keys = 0_usize;
    for n in 0..peers {
        keys += register(&mut registry, n);
    }
    let used = resident_bytes().unwrap_or(before).saturating_sub(before);
    let parties = registry.parties();
    println!(
        "{peers} peers in {parties} parties: {:.1} MB resident, {} bytes per peer (of which {} in its record)",
        used as f64 / 1e6,
        used / peers.max(1),
        size_of::<SignedRecord>() + keys / peers.max(1) as usize,
    );
}

/// Lets one peer in, and takes what the registry wants written and said; returns the bytes of its name.
fn register(registry: &mut Registry, n: u64) -> usize {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&n.to_le_bytes());
    let identity = DeviceIdentity::from_seed(&seed);
    let mut party = [0; 16];
    party[..8].copy_from_slice(&(n / PEERS_PER_PARTY).to_le_bytes());
    let party = PartyId::from_random(party);
    let name = Name::new(&format!("player {n}")).expect("short enough");
    let record = PeerRecord {
        party,
        identity: identity.public(),
        wireguard_key: WireGuardPrivateKey::from_random(seed).public(),
        virtual_ip: VirtualIp([10, 66, 0, 1 + (n % PEERS_PER_PARTY) as u8].into()),
        name: name.clone(),
        protocol: 1,
        epoch: 1,
        sequence: NOW.0,
    };
    let record = record.sign(&identity, &PartySecret::from_random([9; 32]));
    let length = name.as_str().len();
    let nat_type = NatType::Unknown;
    let request = if n.is_multiple_of(PEERS_PER_PARTY) {
        Request::CreateParty { party, name, subnet: Subnet::DEFAULT, record, nat_type }
    } else {
        Request::JoinParty { party, record, nat_type }
    };
    registry.handle(identity.peer_id(), request, NOW);
    while registry.poll_outgoing().is_some() {}
    registry.take_changes();
    length
}

/// Memory of this process that is in use.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}
