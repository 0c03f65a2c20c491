//! `cargo xtask bench-relay`: the same load on our relay and on coturn, in turns, as a ratio.

use std::{fs, process::Command, thread, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use lanrage_lab::{
    Host, Lab, Process, stage,
    world::{self, World},
};
use serde_json::Value;

use super::program::release;
use crate::{
    setup::{self, Setup},
    shell::{self, cargo},
};

const SECRET: &str = "known to everybody in the lab";
const TURN_PORT: u16 = 3478;
/// How long a server may take to start.
const START_LIMIT: Duration = Duration::from_secs(20);

/// The relays that are compared, ours first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relay {
    Ours,
    Coturn,
}

/// A figure of the load generator.
#[derive(Debug, Clone, Copy)]
struct Figure {
    words: &'static str,
    /// Where it stands in the generator's answer, as a JSON pointer.
    at: &'static str,
    more_is_better: bool,
}

/// All of them come from one address, which ours answers a few times a second before it has shown its credentials.
const ALLOCATIONS: &str = "/allocations_per_second";

const FIGURES: [Figure; 5] = [
    Figure { words: "allocations/s", at: ALLOCATIONS, more_is_better: true },
    Figure { words: "packets/s of 1200 B", at: "/payloads/0/packets_per_second", more_is_better: true },
    Figure { words: "packets/s of 100 B", at: "/payloads/1/packets_per_second", more_is_better: true },
    Figure {
        words: "CPU s/GiB at 1200 B",
        at: "/payloads/0/server_cpu_seconds_per_gib",
        more_is_better: false,
    },
    Figure {
        words: "CPU s/GiB at 100 B",
        at: "/payloads/1/server_cpu_seconds_per_gib",
        more_is_better: false,
    },
];

/// Builds the optimised programs, and measures each relay so often in turns.
pub(crate) fn run(setup: Setup, rounds: u32, no_build: bool) -> Result<()> {
    if !world::is_inside() {
        setup.packages(&[setup::COMPILE, setup::LAB, setup::ORACLES])?;
    }
    if !world::is_inside() && !no_build {
        shell::run(&mut cargo(&["build", "--release", "--package", "lanrage-control-server", "--bins"]))?;
        let load = ["build", "--release", "--package", "lanrage-bench", "--bin", "relay_load"];
        shell::run(&mut cargo(&load))?;
    }
    match world::enter()? {
        World::Inside => measure(rounds.max(1)),
        World::Left(status) if status.success() => Ok(()),
        World::Left(status) => bail!("the relays were not measured ({status})"),
    }
}

fn measure(rounds: u32) -> Result<()> {
    let mut lab = Lab::new()?;
    let (host, client) = (lab.public_host("server", 5)?, lab.public_host("client", 6)?);
    lab.settle()?;
    let mut answers = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (relay, answers) in [Relay::Ours, Relay::Coturn].into_iter().zip(&mut answers) {
            answers.push(load(relay, &host, &client).with_context(|| format!("{relay:?}"))?);
        }
    }
    println!("{:24} {:>12} {:>12} {:>8}", format!("median of {rounds}"), "ours", "coturn", "ratio");
    let mut behind = Vec::new();
    for Figure { words, at, more_is_better } in FIGURES {
        let [ours, theirs] = [median(&answers[0], at)?, median(&answers[1], at)?];
        let ratio = if more_is_better { ours / theirs } else { theirs / ours };
        println!("{words:24} {ours:>12.1} {theirs:>12.1} {ratio:>7.2}×");
        if ratio < 1.0 && at != ALLOCATIONS {
            behind.push(words);
        }
    }
    println!("A ratio above 1 is in our favour in every row.");
    println!(
        "Ours gives one client address few unauthenticated answers, on purpose: that bounds the first row."
    );
    ensure!(behind.is_empty(), "coturn is ahead in: {}", behind.join(", "));
    Ok(())
}

fn median(answers: &[Value], at: &str) -> Result<f64> {
    let mut values: Vec<_> = answers.iter().filter_map(|answer| answer.pointer(at)?.as_f64()).collect();
    ensure!(values.len() == answers.len(), "{at} is missing in {answers:?}");
    values.sort_unstable_by(f64::total_cmp);
    Ok(values[values.len() / 2])
}

/// Starts the relay, loads it, and stops it.
fn load(relay: Relay, host: &Host, client: &Host) -> Result<Value> {
    let mut server = start(relay, host)?;
    let mut command = client.command(release("relay_load"));
    command.args(["--server", &format!("{}:{TURN_PORT}", host.address()), "--secret", SECRET]);
    let output = command.args(["--pid", &server.id().to_string()]).output()?;
    let (answer, words) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "the load failed: {words}\nthe relay said:\n{}", server.tail());
    server.kill()?;
    serde_json::from_str(&answer).with_context(|| format!("the load wrote no JSON: {answer}"))
}

fn start(relay: Relay, host: &Host) -> Result<Process> {
    let command = match relay {
        Relay::Ours => ours(host)?,
        Relay::Coturn => coturn(host),
    };
    let mut process = host.spawn(command)?;
    // A Binding request (RFC 8489 §5), until somebody answers.
    let request = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    let probe = host.udp(0)?;
    probe.set_read_timeout(Some(Duration::from_millis(50)))?;
    let deadline = std::time::Instant::now() + START_LIMIT;
    loop {
        let sent = probe.send_to(&request, (host.address(), TURN_PORT));
        if sent.is_ok() && probe.recv(&mut [0; 256]).is_ok() {
            return Ok(process);
        }
        let alive = process.is_running()? && std::time::Instant::now() < deadline;
        ensure!(alive, "it does not answer; it said:\n{}", process.tail());
        thread::sleep(Duration::from_millis(20));
    }
}

fn ours(host: &Host) -> Result<Command> {
    let data = stage::data_folder("bench-relay")?;
    let secret = data.join("secret");
    fs::write(&secret, SECRET)?;
    let mut command = host.command(release("lanrage-server"));
    command.arg("--data-dir").arg(data).arg("--relay-secret-file").arg(secret);
    // What is measured is the work, not the limits.
    command.args([
        "--relay-rate",
        "0",
        "--relay-total-rate",
        "0",
        "--relay-address",
        &host.address().to_string(),
    ]);
    Ok(command)
}

fn coturn(host: &Host) -> Command {
    let address = host.address();
    let mut command = host.command("turnserver");
    command.args(["-n", "--no-cli", "--no-tls", "--no-dtls", "--log-file=stdout", "--pidfile="]);
    command.args([format!("--listening-ip={address}"), format!("--relay-ip={address}")]);
    command.args(["--use-auth-secret", "--realm=relay.test", "--userdb=/nonexistent"]);
    command.arg(format!("--static-auth-secret={SECRET}"));
    command
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::median;

    #[test]
    fn a_figure_that_is_missing_once_is_no_figure() {
        let answers = [json!({"a": [{"b": 3.0}]}), json!({"a": [{"b": 1.0}]}), json!({"a": [{"b": 2.0}]})];
        assert_eq!(median(&answers, "/a/0/b").expect("a median"), 2.0);
        assert!(median(&[json!({"a": [null]})], "/a/0/b").is_err());
    }
}
