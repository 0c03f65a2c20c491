//! Measures what a storm of changes costs the disk: changes per second in, writes out, and how long the newest
//! change was not on the disk.
//!
//! `cargo run --release -p lanrage-control --example state_storm -- DIRECTORY`

use std::{
    path::PathBuf,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use lanrage_control::{
    persist::StatePersister,
    registry::{StoredChange, StoredParty},
};
use lanrage_party::{DeviceIdentity, Name, PartyId, PeerId, Subnet, UnixMillis};

const PER_SECOND: u32 = 10_000;
const SECONDS: u32 = 3;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let now = UnixMillis(u64::try_from(now).unwrap_or(u64::MAX));
    let path = directory.join("state_storm.json");
    let (persister, _) = StatePersister::open(&path, now)?;
    let queue = persister.queue();
    let host = DeviceIdentity::from_seed(&[1; 32]).peer_id();
    let begin = Instant::now();
    for n in 0..PER_SECOND * SECONDS {
        queue.queue([change(u64::from(n), host, now)]);
        // In step with the clock, a millisecond's worth at a time.
        let due = begin + Duration::from_secs(1) * n / PER_SECOND;
        if due > Instant::now() + Duration::from_millis(1) {
            tokio::time::sleep_until(due.into()).await;
        }
    }
    let stormed = begin.elapsed();
    let last = Instant::now();
    persister.flush().await?;
    println!(
        "{} changes in {:.2} s: {} writes (each syncs the file and its directory); the last one took {:.1} ms",
        PER_SECOND * SECONDS,
        stormed.as_secs_f64(),
        persister.writes(),
        last.elapsed().as_secs_f64() * 1e3,
    );
    persister.close().await?;
    let _ = std::fs::remove_file(&path);
    let _ = std::fs::remove_file(path.with_extension("json.1"));
    Ok(())
}

/// Another revision of one of 64 parties.
fn change(n: u64, host: PeerId, now: UnixMillis) -> StoredChange {
    let mut id = [0; 16];
    id[0] = (n % 64) as u8;
    StoredChange::PutParty(StoredParty {
        party: PartyId::from_random(id),
        name: Name::new("Friday night").expect("short enough"),
        subnet: Subnet::DEFAULT,
        host,
        created_at: now,
        active_at: now,
        revision: n,
    })
}
