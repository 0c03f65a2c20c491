//! `cargo xtask test`: everything that must hold before a change is good.

use std::process::Command;

use anyhow::Result;

use crate::{
    project,
    setup::{self, Setup},
    shell::{self, cargo, npm},
    steps::Steps,
};

/// Runs every step, cheapest first, and stops at the first that fails.
pub(crate) fn run(setup: Setup) -> Result<()> {
    let mut steps = Steps::new();
    steps.commands("Formatting", [cargo(&["fmt", "--all", "--check"])])?;
    // Tools that are built from source come when it is their turn: they take longest.
    steps.work("Setup", |_| setup.system_and_node_packages().map(|()| String::new()))?;
    steps.commands(
        "User interface: types, rules, tests, bundle",
        [
            npm(&["run", "check"]),
            npm(&["run", "lint"]),
            npm(&["run", "test"]),
            // The desktop crate embeds the bundle when it is compiled.
            npm(&["run", "build"]),
        ],
    )?;
    let mut pages = npm(&["run", "test:pages"]);
    pages.env("LANRAGE_SCREENSHOTS", project::target().join("screenshots"));
    steps.commands("User interface: every page and state in a browser", [pages])?;
    steps.commands(
        "Lints",
        [cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny=warnings"])],
    )?;
    steps.commands(
        "Generated bindings",
        // Of the whole workspace, as everything here: what is built together decides how libraries are compiled.
        [cargo(&["test", "--workspace", "--locked", "--test", "bindings"])],
    )?;
    let mut documentation = cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    documentation.env("RUSTDOCFLAGS", "--deny=warnings");
    steps.commands("Documentation", [documentation])?;
    tools(
        &mut steps,
        setup,
        "Setup: what checks the dependencies",
        &[setup::CARGO_DENY, setup::CARGO_MACHETE],
    )?;
    steps.commands(
        "Licences, bans and sources of dependencies",
        [deny(&["check", "bans", "licenses", "sources"])],
    )?;
    steps.work("Security advisories", |_| check_advisories())?;
    let machete = shell::command(project::tools().join("bin/cargo-machete"), &[]);
    steps.commands("Unused dependencies", [machete])?;
    // The lab's tests run the programs themselves, and so does what comes after them.
    let programs = cargo(&["build", "--workspace", "--all-targets", "--locked"]);
    let tests = cargo(&["test", "--workspace", "--locked"]);
    steps.commands("Rust tests, network lab included", [programs, tests])?;
    steps.commands("Killed while it changes state", [xtask(&["crash", "--rounds", "30"])])?;
    steps.commands("The code for Windows, played with wine", [xtask(&["windows"])])?;
    tools(&mut steps, setup, "Setup: what drives the window", &[setup::TAURI_DRIVER])?;
    let mut desktop = npm(&["run", "test:desktop"]);
    desktop.env("PATH", setup::path_with_tools()?);
    steps.commands("The real window and its tray", [desktop])?;
    #[cfg(target_os = "linux")]
    {
        steps.commands("The package, installed, replaced and purged", [xtask(&["dist", "--test"])])?;
        steps.commands("The whole path", [xtask(&["demo"])])?;
        steps.commands("Networks of every kind", [xtask(&["nat-matrix", "--quick"])])?;
        steps.commands(
            "Nobody's server",
            [
                xtask(&["serverless", "--quick"]),
                xtask(&["nat-matrix", "--no-server", "--quick"]),
                xtask(&["nat-matrix", "--no-server", "--with-friend", "--quick"]),
            ],
        )?;
        steps.commands("Who hosts what", [xtask(&["radar", "--quick"])])?;
        steps.commands("What friends reach", [xtask(&["shield", "--quick"])])?;
        steps.commands("Why a game is not seen", [xtask(&["why"])])?;
        steps.commands("Disturbed networks", [xtask(&["recovery", "--quick"])])?;
        steps.commands("The virtual LAN beside the real one", [xtask(&["lan-test", "--quick"])])?;
        steps.commands("What others do", [xtask(&["disturb", "--quick"])])?;
        steps.commands("Members of many parties on one server", [xtask(&["bench-server", "--quick"])])?;
        steps.commands("Floods", [xtask(&["attack", "--quick"])])?;
    }
    steps.summary();
    Ok(())
}

/// Gets development tools, as a step of its own.
fn tools(steps: &mut Steps, setup: Setup, heading: &'static str, tools: &[setup::Tool]) -> Result<()> {
    steps.work(heading, |_| setup.tools(tools).map(|()| String::new()))
}

/// Another command of ours, with the programs that are built already.
fn xtask(arguments: &[&str]) -> Command {
    let mut command = cargo(&["xtask"]);
    command.args(arguments).arg("--no-build");
    command
}

fn deny(arguments: &[&str]) -> Command {
    shell::command(project::tools().join("bin/cargo-deny"), arguments)
}

/// Advisories come from a database on the internet, which not every place can reach.
fn check_advisories() -> Result<String> {
    if shell::run(&mut deny(&["fetch", "db"])).is_err() {
        let remark = ": LEFT OUT, the advisory database cannot be fetched here";
        println!("Security advisories{remark}");
        return Ok(remark.to_owned());
    }
    shell::run(&mut deny(&["check", "--disable-fetch", "advisories"]))?;
    Ok(String::new())
}
