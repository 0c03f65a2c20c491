//! `cargo xtask crash`: whether anything that was confirmed is ever lost.

use anyhow::Result;

use crate::{
    project,
    setup::{self, Setup},
    shell::{self, cargo},
};

/// Builds the program that dies and the one that kills it, which are one, and runs it.
pub(crate) fn run(setup: Setup, rounds: u32, seed: Option<u64>, no_build: bool) -> Result<()> {
    setup.packages(&[setup::COMPILE])?;
    if !no_build {
        shell::run(&mut cargo(&["build", "--quiet", "--package", "lanrage-bench", "--bin", "crash"]))?;
    }
    let mut command = shell::command(project::target().join("debug/crash"), &[]);
    command.args(["--rounds", &rounds.to_string()]);
    if let Some(seed) = seed {
        command.args(["--seed", &seed.to_string()]);
    }
    shell::run(&mut command)
}
