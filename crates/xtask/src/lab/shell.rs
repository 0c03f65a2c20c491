//! `cargo xtask lab`: a shell in the middle of it.

use std::env;

use anyhow::{Result, ensure};
use clap::ValueEnum;
use lanrage_lab::{
    Stage,
    world::{self, World},
};

use crate::{
    setup::{self, Setup},
    shell,
};

/// A machine of the demo's lab.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Place {
    /// The first player's
    One,
    /// The second player's
    Two,
    /// The control server's
    Server,
}

/// Builds the lab of the demo and opens the user's shell on one of its machines.
pub(crate) fn run(setup: Setup, place: Place) -> Result<()> {
    if !world::is_inside() {
        setup.packages(&[setup::LAB])?;
    }
    if let World::Left(status) = world::enter()? {
        // A shell ends with the status of whatever was typed last: that is no failure of ours.
        ensure!(status.code().is_some(), "the lab ended: {status}");
        return Ok(());
    }
    let stage = Stage::build()?;
    println!("{}", shell::bold("The lab stands; it vanishes when this shell ends."));
    for (name, host) in [("server", &stage.server), ("one", &stage.one), ("two", &stage.two)] {
        println!("  {name:8} {}", host.address());
    }
    println!("Another machine: ip netns exec NAME COMMAND, with the names that `ip netns` lists.");
    let host = match place {
        Place::One => stage.one,
        Place::Two => stage.two,
        Place::Server => stage.server,
    };
    let shell = env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into());
    host.command(shell).env("PS1", format!("{}$ ", host.name())).status()?;
    Ok(())
}
