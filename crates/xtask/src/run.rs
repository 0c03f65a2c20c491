//! `cargo xtask run`: the desktop app for daily use.

use anyhow::Result;

use crate::{
    setup::{self, Setup},
    shell,
};

/// Builds the user interface and starts the app.
pub(crate) fn run(setup: Setup) -> Result<()> {
    setup.packages(&[setup::BUILD])?;
    setup.node_packages()?;
    shell::run(&mut shell::npm(&["run", "build"]))?;
    shell::run(&mut shell::cargo(&["run", "--package", "lanrage"]))
}
