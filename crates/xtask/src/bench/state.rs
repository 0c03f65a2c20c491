//! `cargo xtask bench-state`: what keeping state costs, and how fast a party comes back.

use std::process::Command;

use anyhow::{Context, Result, bail};
use lanrage_lab::{
    program, restore,
    world::{self, World},
};

use crate::{
    setup::{self, Setup},
    shell::{self, cargo},
};

/// Builds everything, measures outside of the lab and then in it.
pub(crate) fn run(setup: Setup) -> Result<()> {
    if !world::is_inside() {
        setup.packages(&[setup::COMPILE, setup::LAB])?;
        shell::run(&mut cargo(&["build", "--quiet"]))?;
        let programs = ["build", "--quiet", "--package", "lanrage-bench", "--bin", "bench_state"];
        shell::run(&mut cargo(&programs))?;
        for measurement in ["config", "changes", "registry"] {
            shell::run(Command::new(benchmark()).arg(measurement))?;
        }
        count_syncs("changes")?;
    }
    match world::enter()? {
        World::Inside => {
            for back in restore::tell()? {
                println!(
                    "Restore with every server dead, player {}: process start to handshake {:.0?}, to first echo \
                     through the tunnel {:.0?}",
                    back.player, back.connected, back.first_echo
                );
            }
            Ok(())
        }
        World::Left(status) if status.success() => Ok(()),
        World::Left(status) => bail!("no party came back ({status})"),
    }
}

fn benchmark() -> std::path::PathBuf {
    program("bench_state")
}

/// Runs a measurement once more, slowly, with its calls of the system that wait for the disk counted.
fn count_syncs(measurement: &str) -> Result<()> {
    if !shell::exists("strace") {
        println!("Syncs of `{measurement}`: not counted, which takes the package strace");
        return Ok(());
    }
    let mut command = Command::new("strace");
    command.args(["--follow-forks", "--summary-only", "--trace=fsync,fdatasync"]).arg(benchmark());
    let output = command.arg(measurement).output()?;
    let table = String::from_utf8_lossy(&output.stderr);
    // Columns: share of time, seconds, microseconds a call, calls, errors if any, name.
    let calls = |name: &str| {
        let row = table.lines().find(|line| line.trim_end().ends_with(&format!(" {name}")));
        row.and_then(|row| row.split_whitespace().nth(3)?.parse::<u32>().ok())
    };
    let total = calls("total").with_context(|| format!("strace counted nothing:\n{table}"))?;
    println!("Syncs of `{measurement}`, opening included: {total} (counted by strace)");
    Ok(())
}
