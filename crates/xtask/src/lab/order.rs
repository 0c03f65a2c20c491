//! `cargo xtask order`: whether flows stay in order and how soon their packets are there, beside transfers, direct and
//! relayed; of what is built here, and of an earlier build in turns.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, ensure};
use clap::Args;
use lanrage_lab::{
    Stage,
    expected::Path as Way,
    flow,
    order::{Beside, Pairs, Players},
};

use super::in_a_world;
use crate::setup::Setup;

/// The flows whose order is looked at: a game's with large packets, one that is faster than games are, and one with
/// packets that come in fragments.
const FLOWS: [(&str, Pairs); 3] = [
    ("1,200 B and 100 B every 5 ms", Pairs { count: 1_000, large: 1_200, every: Duration::from_millis(5) }),
    ("1,200 B and 100 B every 1 ms", Pairs { count: 1_000, large: 1_200, every: Duration::from_millis(1) }),
    ("4,000 B and 100 B every 10 ms", Pairs { count: 300, large: 4_000, every: Duration::from_millis(10) }),
];
/// Payloads of the games whose round trips are taken.
const GAMES: [usize; 2] = [100, 1_000];
const ROUND_TRIPS: u32 = 300;
/// The goal: one packet of a thousand may be late beside a transfer, and none without.
const LATE_OF_THOUSAND: usize = 1;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Compare with another build of `lanrage`
    #[arg(long, value_name = "PROGRAM")]
    against: Option<PathBuf>,
    /// Use the programs as they were built last
    #[arg(long)]
    no_build: bool,
}

/// Builds the programs, lets players meet by both ways, and shows what became of their packets.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    in_a_world(setup, options.no_build, "not every flow stayed in order", || measure(options))
}

fn measure(options: &Options) -> Result<()> {
    let stage = Stage::build()?;
    let _server = stage.start_control_server()?;
    let mut failed = Vec::new();
    for way in [Way::Direct, Way::Relayed] {
        for program in [options.against.as_deref(), None] {
            if program.is_none() || options.against.is_some() {
                let name = if program.is_none() { "this build" } else { "the other build" };
                println!("{way:?}, {name}");
                let players =
                    Players::meet(&stage, way, program).with_context(|| format!("{way:?}, {name}"))?;
                let late = measure_players(&players)?;
                failed.extend((program.is_none()).then_some(late).into_iter().flatten());
            }
        }
    }
    ensure!(failed.is_empty(), "too many came late: {}", failed.join("; "));
    Ok(())
}

/// Prints what became of the packets; returns which flows miss the goal.
fn measure_players(players: &Players) -> Result<Vec<String>> {
    let mut failed = Vec::new();
    for beside in Beside::ALL {
        let _transfer = players.transfer(beside)?;
        for (words, pairs) in FLOWS {
            let order = players.pairs(pairs)?;
            let sent = pairs.count as usize * 2;
            println!("  {beside:5} {words:32} {:>5} late of {} ({sent} sent)", order.late, order.arrived);
            let allowed = if beside == Beside::Nothing { 0 } else { sent * LATE_OF_THOUSAND / 1_000 };
            failed.extend((order.late > allowed).then(|| format!("{beside}: {words}: {}", order.late)));
        }
        for bytes in GAMES {
            let words = format!("  {beside:5} round trips of {bytes} B, 60 a second");
            match players.round_trips(bytes, ROUND_TRIPS) {
                Ok(times) => {
                    let [p50, p99] = [50, 99].map(|percent| flow::percentile(&times, percent));
                    println!("{words:45} p50 {:.2?}  p99 {:.2?}", p50?, p99?);
                }
                // What is lost is none of the goal.
                Err(error) => println!("{words:45} {error:#}"),
            }
        }
    }
    Ok(failed)
}
