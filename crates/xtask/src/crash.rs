//! `cargo xtask crash`: whether anything that was confirmed is ever lost.

use anyhow::Result;

use crate::{
    setup::{self, Setup},
    shell::{self, cargo},
};

/// Builds the program that dies and the one that kills it, which are one, and runs it.
pub(crate) fn run(setup: Setup, rounds: u32, seed: Option<u64>) -> Result<()> {
    setup.packages(&[setup::COMPILE])?;
    let mut command = cargo(&["run", "--quiet", "--package", "lanrage-tests", "--example", "crash", "--"]);
    command.args(["--rounds", &rounds.to_string()]);
    if let Some(seed) = seed {
        command.args(["--seed", &seed.to_string()]);
    }
    shell::run(&mut command)
}
