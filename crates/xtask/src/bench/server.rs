//! `cargo xtask bench-server`: members of many parties on one server over SQLite.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};

use super::program::release;
use crate::{
    project,
    setup::{self, Setup},
    shell::{self, cargo},
};

/// A figure of a change may be so many times what it is with a tenth of the members: were it to follow from the number of all
/// members, it would be ten times.
const MOST_GROWTH: f64 = 2.0;
/// Processor time of a change below this, in microseconds, is not told apart from none.
const LEAST_US: f64 = 200.0;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many members there are
    #[arg(long, default_value_t = 20_000)]
    members: u32,
    /// How many of them make a party
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(2..=64))]
    party: u16,
    /// Changes a minute of all members together
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// How long the members are watched at rest, and as long again while they change
    #[arg(long, default_value_t = 60.0, value_name = "SECONDS")]
    seconds: f64,
    /// A few hundred members for a few seconds with unoptimised programs, and only whether each saw every change
    #[arg(long)]
    quick: bool,
    /// Write the results to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Use the programs as they were built last
    #[arg(long)]
    no_build: bool,
}

/// Builds the programs, and loads a server with a tenth of the members, and with all.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    setup.packages(&[setup::COMPILE])?;
    if !options.no_build {
        build(options.quick)?;
    }
    if options.quick {
        let seen = load(&debug("lanrage-server"), &debug("server_load"), 240, 8, 1_200, 3.0)?;
        println!(
            "{} members saw {} deltas and {} signals, and missed none",
            seen["members"], seen["deltas"]["count"], seen["signals"]["count"]
        );
        return Ok(());
    }
    let measure = |members: u32| {
        let (server, program) = (release("lanrage-server"), release("server_load"));
        load(&server, &program, members, options.party, options.rate, options.seconds)
    };
    let few = measure((options.members / 10).max(u32::from(options.party)))?;
    let all = measure(options.members)?;
    tell(&few, &all);
    let results = json!({ "few": few, "all": all });
    if let Some(file) = &options.json {
        fs::write(file, format!("{results:#}\n")).with_context(|| file.display().to_string())?;
    }
    let cost = |run: &Value| run["server_cpu_us_per_change"].as_f64().unwrap_or(f64::INFINITY);
    let allowed = MOST_GROWTH * cost(&few).max(LEAST_US);
    ensure!(
        cost(&all) <= allowed,
        "a change costs {:.0} µs with all members, and {:.0} µs with a tenth of them",
        cost(&all),
        cost(&few)
    );
    Ok(())
}

fn build(quick: bool) -> Result<()> {
    if quick {
        return shell::run(&mut cargo(&[
            "build",
            "--quiet",
            "--package",
            "lanrage-control-server",
            "--package",
            "lanrage-bench",
            "--bins",
        ]));
    }
    shell::run(&mut cargo(&["build", "--release", "--package", "lanrage-control-server", "--bins"]))?;
    shell::run(&mut cargo(&["build", "--release", "--package", "lanrage-bench", "--bin", "server_load"]))
}

fn debug(name: &str) -> PathBuf {
    project::target().join("debug").join(name)
}

/// Runs the load, which starts the server and fails if a member missed anything.
fn load(server: &Path, program: &Path, members: u32, party: u16, rate: u32, seconds: f64) -> Result<Value> {
    let mut command = Command::new(program);
    command.arg("--server").arg(server).args(["--members", &members.to_string()]);
    command.args(["--party", &party.to_string(), "--rate", &rate.to_string()]);
    let output = command.args(["--seconds", &seconds.to_string()]).output()?;
    let (answer, words) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "the load failed: {words}");
    serde_json::from_str(&answer).with_context(|| format!("the load wrote no JSON: {answer}"))
}

/// Where each figure stands in the load's answer, as a JSON pointer.
const FIGURES: [(&str, &str); 10] = [
    ("members", "/members"),
    ("joins/s", "/joins_per_second"),
    ("server's CPU ms/join", "/server_cpu_ms_per_join"),
    ("members/GiB", "/members_per_gib"),
    ("CPU % per 1,000 at rest", "/rest_cpu_percent_per_1000_members"),
    ("changes/min", "/changes_per_minute"),
    ("server's CPU µs/change", "/server_cpu_us_per_change"),
    ("delta, p50 ms", "/deltas/p50_ms"),
    ("delta, p99 ms", "/deltas/p99_ms"),
    ("signal, p99 ms", "/signals/p99_ms"),
];

fn tell(few: &Value, all: &Value) {
    println!("{:26} {:>12} {:>12}", "one process over SQLite", "a tenth", "all");
    for (words, at) in FIGURES {
        let figure = |run: &Value| run.pointer(at).and_then(Value::as_f64).unwrap_or(f64::NAN);
        println!("{words:26} {:>12.2} {:>12.2}", figure(few), figure(all));
    }
    println!("Server and members share the processors of this machine.");
    println!(
        "Not beside headscale or NetBird: neither is a package of the system, and to each only its own client speaks, with \
         a tunnel for each member, so that the same load cannot be put on them."
    );
}
