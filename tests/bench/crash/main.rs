//! What a program's death costs: a child changes the state of a data folder as fast as it can and confirms every
//! change that is durable; its parent kills it at random moments, starts it again on the same folder, and compares
//! what is there with what was confirmed.
//!
//! Changes are numbered and follow from their number, so the parent knows what every change makes of the state. One is
//! made after the other. After `n` confirmed changes the content must be, in every entry, that of `n` changes, or of
//! `n + 1`: the last may have become durable without a chance to be confirmed. Anything else is counted as lost.
//!
//! `cargo xtask crash` runs it. A killed program leaves the system's caches in place, so this shows that changes are
//! whole and in order, not that disks keep what they were told to sync.

mod change;
mod child;
mod database;
mod parent;
mod random;

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(about = "Kills a program at random moments and checks that no confirmed change is lost")]
struct Arguments {
    /// How often the program is killed
    #[arg(long, default_value_t = 1_000)]
    rounds: u32,
    /// Repeats the moments of an earlier run; by default they are new
    #[arg(long)]
    seed: Option<u64>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// The program that is killed
    #[command(hide = true)]
    Child(Child),
}

#[derive(Debug, clap::Args)]
struct Child {
    /// The data folder
    folder: PathBuf,
    /// Number of the first change
    first: u64,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing was lost.
fn run(arguments: Arguments) -> Result<bool> {
    if let Some(Role::Child(child)) = arguments.role {
        child::run(child)?;
        return Ok(true);
    }
    let seed = match arguments.seed {
        Some(seed) => seed,
        None => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
    };
    let outcome = parent::run(arguments.rounds, seed)?;
    println!("{outcome}");
    Ok(outcome.is_good())
}
