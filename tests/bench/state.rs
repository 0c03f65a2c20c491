//! What keeping state costs. `cargo xtask bench-state` runs it; each measurement is a command, so that it can also be
//! run alone, under a tool that counts calls of the system.

use std::{fs, time::Instant};

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use lanrage_control::registry::{Registry, RegistrySettings, StoredParty, StoredPeer};
use lanrage_party::{
    DeviceIdentity, Name, NatType, PartyId, PartySecret, PeerRecord, Subnet, UnixMillis, VirtualIp,
    WireGuardKey, limits,
};
use lanrage_store::{Config, DataDir, SettingsDatabase};
use serde_json::json;

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    measurement: Measurement,
}

#[derive(Debug, Subcommand)]
enum Measurement {
    /// Time to read all settings, with every one stored
    Config {
        /// How often
        #[arg(default_value_t = 1_000)]
        times: u32,
    },
    /// Settings changed one after the other, each durable before the next
    Changes {
        /// How many
        #[arg(default_value_t = 1_000)]
        number: u16,
    },
    /// Memory of a registry, in parties as full as they may be
    Registry {
        /// How many peers
        #[arg(default_value_t = 100_000)]
        peers: u32,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = DataDir::open(Some(folder.path().join("data")))?;
    match Arguments::parse().measurement {
        Measurement::Config { times } => config(&folder, times).await,
        Measurement::Changes { number } => changes(&folder, number).await,
        Measurement::Registry { peers } => registry(peers),
    }
}

async fn config(folder: &DataDir, times: u32) -> Result<()> {
    let (database, _) = SettingsDatabase::open(folder, NOW).await?;
    let values =
        Config::declarations().iter().map(|setting| (setting.key.to_owned(), setting.default.value()));
    database.set_settings(&values.collect(), NOW).await?;
    let mut took = Vec::new();
    for _ in 0..times {
        let started = Instant::now();
        Config::repaired(&database.get_all_settings().await?);
        took.push(started.elapsed());
    }
    took.sort_unstable();
    let at = |share: usize| took.get(took.len() * share / 100).copied().unwrap_or_default();
    println!("reading every stored setting: median {:.0?}, 99th percentile {:.0?}", at(50), at(99));
    Ok(())
}

async fn changes(folder: &DataDir, number: u16) -> Result<()> {
    let (database, _) = SettingsDatabase::open(folder, NOW).await?;
    let started = Instant::now();
    for value in 0..number {
        database.set_settings(&[("udp_port".to_owned(), json!(value))].into(), NOW).await?;
    }
    let took = started.elapsed().as_secs_f64();
    println!("Durable changes of a setting: {:.0}/s ({number} in {took:.2} s)", f64::from(number) / took);
    Ok(())
}

fn registry(peers: u32) -> Result<()> {
    let per_party = u32::try_from(limits::PEERS_PER_PARTY)?;
    let parties: Vec<_> = (0..peers.div_ceil(per_party)).map(party).collect();
    let members: Vec<_> =
        (0..peers).map(|number| member(number, number / per_party)).collect::<Result<_>>()?;
    // What is measured is a registry, not the lists from which it is made; both are the size of their content.
    let listed = resident()?;
    let (registry, refused) = Registry::restore(RegistrySettings::default(), parties, members, NOW);
    ensure!(refused == 0, "{refused} peers were refused");
    let held = resident()?;
    println!(
        "Registry of {peers} peers in {} parties: {} MiB resident, {} MiB of them its input",
        registry.parties(),
        held / 1024,
        listed / 1024
    );
    Ok(())
}

/// Memory of this process in KiB.
fn resident() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("memory is only measured on Linux")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no resident size")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn party(number: u32) -> StoredParty {
    StoredParty {
        party: party_id(number),
        name: Name::new("Friday night").expect("a name"),
        subnet: Subnet::DEFAULT,
        host: identity(number * limits::PEERS_PER_PARTY as u32).peer_id(),
        created_at: NOW,
        active_at: NOW,
        revision: 1,
        door: None,
    }
}

fn member(number: u32, party: u32) -> Result<StoredPeer> {
    let identity = identity(number);
    let record = PeerRecord {
        party: party_id(party),
        identity: identity.public(),
        wireguard_key: WireGuardKey::from_bytes([7; 32]),
        virtual_ip: VirtualIp([10, 66, 0, (number % limits::PEERS_PER_PARTY as u32 + 2) as u8].into()),
        name: Name::new("A player's name")?,
        protocol: 1,
        epoch: 1,
        sequence: 1,
    };
    Ok(StoredPeer {
        party: party_id(party),
        peer: identity.peer_id(),
        record: record.sign(&identity, &PartySecret::from_random([9; 32])),
        nat_type: NatType::PortRestrictedCone,
        joined_at: NOW,
        last_seen: NOW,
    })
}

fn identity(number: u32) -> DeviceIdentity {
    DeviceIdentity::from_seed(&seed(number))
}

fn party_id(number: u32) -> PartyId {
    let mut id = [1; 16];
    id[..4].copy_from_slice(&number.to_le_bytes());
    PartyId::from_random(id)
}

fn seed(number: u32) -> [u8; 32] {
    let mut seed = [1; 32];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    seed
}
