//! What is built and started as it is: the app, the pages of its window, and the program that is killed on purpose.

use anyhow::Result;

use crate::{
    project,
    setup::{self, Setup},
    shell::{self, cargo, npm},
};

/// `cargo xtask run`: the desktop app for daily use.
pub(crate) fn app(setup: Setup) -> Result<()> {
    setup.packages(&[setup::BUILD])?;
    setup.node_packages()?;
    shell::run(&mut npm(&["run", "build"]))?;
    shell::run(&mut cargo(&["run", "--package", "lanrage"]))
}

/// `cargo xtask ui`: serves every page and state of the window to a plain browser, over a backend that is not there,
/// until it is interrupted.
pub(crate) fn pages(setup: Setup) -> Result<()> {
    setup.node_packages()?;
    // Without a scene the page lists all of them.
    println!("Every page and state: http://localhost:1420/dev.html");
    shell::run(&mut npm(&["run", "dev"]))
}

/// `cargo xtask crash`: whether anything that was confirmed is ever lost. The program that dies and the one that kills
/// it are one.
pub(crate) fn crash(setup: Setup, rounds: u32, seed: Option<u64>, no_build: bool) -> Result<()> {
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
