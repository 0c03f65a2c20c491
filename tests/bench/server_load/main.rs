//! Load on a control server: members of many parties, each with the client's own state machine on a WebSocket, who log in,
//! join, stay, change what is known of them, and send each other sealed signals.
//!
//! `cargo xtask bench-server` runs it; it starts the server itself and prints one JSON object. The processors are shared
//! by both, so that the server's own time is given beside what the clock says. Each party comes from an address of its own, within the
//! limits that every server has.

mod member;
mod party;
mod server;
mod tally;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use clap::Parser;
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet, time::sleep_until};

use self::{
    member::{Handle, Order},
    party::Party,
    server::ServerProcess,
    tally::Tally,
};

/// Members that log in at the same time.
const AT_ONCE: usize = 64;
/// How long what was changed last may be under way at the end.
const LAST_WORDS: Duration = Duration::from_secs(20);

#[derive(Debug, Parser)]
struct Arguments {
    /// The program of the server
    #[arg(long)]
    server: PathBuf,
    /// How many members there are
    #[arg(long, default_value_t = 20_000)]
    members: usize,
    /// How many of them make a party
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(2..=64))]
    party: u16,
    /// Changes a minute of all members together, each with a signal beside it
    #[arg(long, default_value_t = 10_000)]
    rate: u32,
    /// How long the members are watched at rest, and as long again while they change
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    ensure!(arguments.rate > 0, "a rate of no changes measures nothing");
    let watched = Duration::try_from_secs_f64(arguments.seconds)?;
    server::raise_limit();
    let size = usize::from(arguments.party);
    let parties = arguments.members.div_ceil(size);
    let mut server = ServerProcess::start(&arguments.server, parties * size)?;
    let tally = Arc::new(Tally::new());
    let empty = server.memory_bytes()?;

    let (began, busy) = (Instant::now(), server.cpu_seconds()?);
    let (handles, mut tasks) = enter(&server, &tally, parties, size).await?;
    let (took, busy) = (began.elapsed().as_secs_f64(), server.cpu_seconds()? - busy);
    let members = handles.len();
    // What they were told of those who came after them.
    tally.is_still().await;
    let held = server.memory_bytes()?.saturating_sub(empty);

    let rest = server.cpu_seconds()?;
    tokio::time::sleep(watched).await;
    let rest = server.cpu_seconds()? - rest;

    tally.take();
    let work = server.cpu_seconds()?;
    let changes = change(&handles, arguments.rate, watched).await;
    tally.is_still().await;
    let work = server.cpu_seconds()? - work;
    let ends = finish(handles, &mut tasks).await?;
    let seen = tally.take();
    let lost = missed(&ends, size);
    server.stop()?;

    let thousands = members as f64 / 1e3;
    let said = json!({
        "members": members,
        "party": size,
        "joins_per_second": members as f64 / took,
        "server_cpu_ms_per_join": busy * 1e3 / members as f64,
        "bytes_per_member": held / members.max(1) as u64,
        "members_per_gib": (1_u64 << 30) as f64 * members as f64 / held.max(1) as f64,
        "rest_cpu_percent_per_1000_members": rest * 100.0 / watched.as_secs_f64() / thousands,
        "changes": changes,
        "changes_per_minute": f64::from(u32::try_from(changes)?) * 60.0 / watched.as_secs_f64(),
        "server_cpu_us_per_change": (work - rest).max(0.0) * 1e6 / changes.max(1) as f64,
        "deltas": seen.deltas.json(),
        "signals": seen.signals.json(),
        "deltas_missed": lost.deltas,
        "signals_missed": changes.saturating_sub(seen.signals.count() as u64),
        "sessions_lost": lost.sessions,
    });
    println!("{said}");
    ensure!(is_whole(&said), "not every member saw every change: {said}");
    Ok(())
}

/// Lets all members in, party after party, of each the host first. Returns once everybody is in.
async fn enter(
    server: &ServerProcess,
    tally: &Arc<Tally>,
    parties: usize,
    size: usize,
) -> Result<(Vec<Handle>, JoinSet<Result<member::End>>)> {
    let (mut handles, mut tasks, mut opening) = (Vec::new(), JoinSet::new(), JoinSet::new());
    let places = Arc::new(Semaphore::new(AT_ONCE.div_ceil(size).max(2)));
    for number in 0..parties {
        let place = places.clone().acquire_owned().await?;
        let (tally, address) = (tally.clone(), server.address());
        let party = Arc::new(Party::new(number, size)?);
        opening.spawn(async move {
            let mut entered = Vec::new();
            for index in 0..size {
                let (handle, member) = member::Member::new(party.clone(), index, address, tally.clone());
                entered.push((handle, member.enter().await?));
            }
            drop(place);
            Ok::<_, anyhow::Error>(entered)
        });
        // A party's members go on while the next ones come.
        while let Some(done) = opening.try_join_next() {
            stay(done??, &mut handles, &mut tasks);
        }
    }
    while let Some(done) = opening.join_next().await {
        stay(done??, &mut handles, &mut tasks);
    }
    Ok((handles, tasks))
}

fn stay(
    entered: Vec<(Handle, member::Member)>,
    handles: &mut Vec<Handle>,
    tasks: &mut JoinSet<Result<member::End>>,
) {
    for (handle, member) in entered {
        handles.push(handle);
        tasks.spawn(member.stay());
    }
}

/// Has members change, one after the other at even times, whether the server keeps up or not. Says how often.
async fn change(handles: &[Handle], rate: u32, long: Duration) -> u64 {
    let begin = tokio::time::Instant::now();
    let pause = Duration::from_secs(60) / rate;
    let mut changes = 0_u64;
    loop {
        let due = pause * u32::try_from(changes).unwrap_or(u32::MAX);
        if due >= long {
            return changes;
        }
        sleep_until(begin + due).await;
        // Far from each other, so that parties change in no order.
        let at = changes.wrapping_mul(7_919) as usize % handles.len();
        handles[at].tell(Order::Change);
        changes += 1;
    }
}

/// Ends all members, and says how each came out.
async fn finish(handles: Vec<Handle>, tasks: &mut JoinSet<Result<member::End>>) -> Result<Vec<member::End>> {
    handles.iter().for_each(|handle| handle.tell(Order::End));
    let mut ends = Vec::new();
    while let Some(end) = tasks.join_next().await {
        ends.push(end??);
    }
    Ok(ends)
}

struct Lost {
    deltas: u64,
    sessions: u64,
}

/// What members of one party made, and did not see of each other or of themselves.
fn missed(ends: &[member::End], size: usize) -> Lost {
    let mut made = vec![0_u64; ends.len() / size + 1];
    for end in ends {
        made[end.party] += end.changes;
    }
    let deltas = ends.iter().map(|end| made[end.party].abs_diff(end.seen)).sum();
    Lost { deltas, sessions: ends.iter().map(|end| end.lost_sessions).sum() }
}

fn is_whole(said: &Value) -> bool {
    ["deltas_missed", "signals_missed", "sessions_lost"].iter().all(|what| said[what] == json!(0))
}
