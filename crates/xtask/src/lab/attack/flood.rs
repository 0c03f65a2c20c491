//! Whoever attacks or watches: a program of ours on a host of the lab, and what it says in the end.

use std::time::Duration;

use anyhow::{Context, Result};
use lanrage_lab::{Host, Process, program};
use serde_json::Value;

/// How long a program may take beyond the time it was told to run.
const PATIENCE: Duration = Duration::from_secs(30);

/// One that runs, and has said that it began.
pub(super) struct Flood {
    program: Process,
    limit: Duration,
}

impl Flood {
    /// Starts a role of `name` for so long.
    pub(super) fn start(host: &Host, name: &str, words: &[&str], length: Duration) -> Result<Self> {
        let mut command = host.command(program(name));
        command.args(words).args(["--seconds", &length.as_secs_f64().to_string()]);
        let program = host.spawn(command)?;
        program.wait_for("beginning", PATIENCE, |line| json(line)?["ready"].as_bool())?;
        Ok(Self { program, limit: length + PATIENCE })
    }

    /// What it says when its time is over.
    pub(super) fn finish(self) -> Result<Value> {
        last_line(&self.program, self.limit)
    }
}

/// What a role says that ends by itself.
pub(super) fn ask(host: &Host, name: &str, words: &[&str]) -> Result<Value> {
    let mut command = host.command(program(name));
    command.args(words);
    last_line(&host.spawn(command)?, PATIENCE)
}

fn last_line(program: &Process, limit: Duration) -> Result<Value> {
    let text = program.wait_for_end(limit)?;
    text.lines().last().and_then(json).with_context(|| format!("it said: {text}"))
}

fn json(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok()
}
