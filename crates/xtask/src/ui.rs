//! `cargo xtask ui`: the user interface in a plain browser, over a backend that is not there.

use anyhow::Result;

use crate::{setup::Setup, shell};

/// Serves every page and state of the window, and says where, until it is interrupted.
pub(crate) fn run(setup: Setup) -> Result<()> {
    setup.node_packages()?;
    // Without a scene the page lists all of them.
    println!("Every page and state: http://localhost:1420/dev.html");
    shell::run(&mut shell::npm(&["run", "dev"]))
}
