//! `cargo xtask lossy`: what a game loses on bad lines where its packets go once, and where they go by a second way too.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use lanrage_lab::flow::loss::{Line, LossyGame, Outcome};
use serde_json::json;

use super::in_a_world;
use crate::setup::Setup;

/// What the lines lose, of a thousand packets.
const LOSSES: [u32; 3] = [20, 50, 100];
const LINES: [(Line, &str); 2] = [(Line::ToFriend, "to the friend"), (Line::Access, "of the home")];
/// Where a second way has no loss, so much of what is lost once may be lost still. What is left are the seconds in which the
/// line seemed to be good again.
const LEFT: f64 = 0.35;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Play so many seconds of each
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    seconds: u64,
    /// Use the programs as they were built last
    #[arg(long)]
    no_build: bool,
    /// Print each as a line of JSON
    #[arg(long)]
    json: bool,
}

/// Builds the programs, plays over each line, and shows what was lost.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    in_a_world(setup, options.no_build, "more was lost than is right", || measure(options))
}

fn measure(options: &Options) -> Result<()> {
    if !options.json {
        println!(
            "A game of 60 packets/s each way over a line that loses packets; once, and twice by two ways"
        );
        println!("{:28} {:>14} {:>14} {:>10} {:>12}", "line", "lost once", "lost twice", "left", "p99 (ms)");
    }
    let mut failed = Vec::new();
    let game = LossyGame::begin()?;
    for (line, name) in LINES {
        for per_mille in LOSSES {
            let words = format!("{name}, {} %", per_mille / 10);
            game.lose(line, per_mille)?;
            let [once, twice] = [false, true].map(|twice| {
                game.send_twice(twice)?;
                game.play(Duration::from_secs(options.seconds))
            });
            let [once, twice] = [once.with_context(|| words.clone())?, twice.with_context(|| words.clone())?];
            let left = share(twice) / share(once);
            if options.json {
                let of = |outcome: Outcome| {
                    json!({
                        "lost": share(outcome), "p99_ms": ms(outcome.p99), "gap_ms": ms(outcome.gap),
                    })
                };
                println!(
                    "{}",
                    json!({ "line": name, "loss": per_mille, "once": of(once), "twice": of(twice) })
                );
            } else {
                println!(
                    "{words:28} {:>12.2} % {:>12.2} % {left:>10.3} {:>12}",
                    share(once) * 100.0,
                    share(twice) * 100.0,
                    format!("{:.1} {:.1}", ms(once.p99), ms(twice.p99)),
                );
            }
            failed.extend((left > LEFT).then_some(words));
        }
    }
    ensure!(failed.is_empty(), "too much is lost of what goes twice: {}", failed.join("; "));
    Ok(())
}

fn share(outcome: Outcome) -> f64 {
    outcome.counts.lost as f64 / outcome.counts.sent.max(1) as f64
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
