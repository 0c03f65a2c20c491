//! `cargo xtask test`: everything that must hold before a change is good.

use std::{fs, process::Command};

use anyhow::{Context, Result, bail};

use crate::{
    project,
    setup::{self, Setup},
    shell::{self, cargo, npm},
    steps::Steps,
    windows,
};

/// Runs every step, cheapest first, and stops at the first that fails.
pub(crate) fn run(setup: Setup) -> Result<()> {
    let mut steps = Steps::new();
    steps.work("Setup", |_| setup.everything().map(|()| String::new()))?;
    steps.commands("Formatting", [cargo(&["fmt", "--all", "--check"])])?;
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
    steps.commands(
        "Lints",
        [cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny=warnings"])],
    )?;
    steps.work("Generated bindings", |_| check_bindings())?;
    let mut documentation = cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    documentation.env("RUSTDOCFLAGS", "--deny=warnings");
    steps.commands("Documentation", [documentation])?;
    steps.commands(
        "Licences, bans and sources of dependencies",
        [deny(&["check", "bans", "licenses", "sources"])],
    )?;
    steps.work("Security advisories", |_| check_advisories())?;
    let machete = shell::command(project::tools().join("bin/cargo-machete"), &[]);
    steps.commands("Unused dependencies", [machete])?;
    steps.commands("Rust tests, network lab included", [cargo(&["test", "--workspace", "--locked"])])?;
    steps.work("The code for Windows", |_| windows::check())?;
    let mut desktop = npm(&["run", "test:desktop"]);
    desktop.env("PATH", setup::path_with_tools()?);
    steps.commands("The real window", [cargo(&["build", "--package", "lanrage", "--locked"]), desktop])?;
    #[cfg(target_os = "linux")]
    steps.commands("The whole path", [cargo(&["xtask", "demo"])])?;
    steps.summary();
    Ok(())
}

fn deny(arguments: &[&str]) -> Command {
    shell::command(project::tools().join("bin/cargo-deny"), arguments)
}

/// Where what the Rust types generate for the user interface lies.
const BINDINGS: &str = "src/bindings.ts";

/// Generates the bindings anew and compares: they must be what is in the checkout.
fn check_bindings() -> Result<String> {
    let file = project::ui().join(BINDINGS);
    let before = fs::read(&file).with_context(|| format!("ui/{BINDINGS}"))?;
    shell::run(&mut cargo(&["test", "--package", "lanrage", "--locked", "bindings"]))?;
    if fs::read(&file)? != before {
        bail!(
            "ui/{BINDINGS} was not what the Rust types say; it has been written anew: look at it and commit it"
        );
    }
    Ok(String::new())
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
