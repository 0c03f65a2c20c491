//! The tests of our libraries and programs as Windows programs.

use anyhow::{Result, ensure};

use super::kit;
use crate::{
    shell,
    windows_target::{Library, TARGET},
};

/// What has tests that need neither Linux nor a lab.
const PACKAGES: [&str; 22] = [
    "lanrage-adapter",
    "lanrage-backup",
    "lanrage-base",
    "lanrage-cli",
    "lanrage-control",
    "lanrage-control-server",
    "lanrage-engine",
    "lanrage-game-watch",
    "lanrage-games",
    "lanrage-helper",
    "lanrage-link",
    "lanrage-log",
    "lanrage-nat",
    "lanrage-net",
    "lanrage-party",
    "lanrage-rendezvous",
    "lanrage-rendezvous-engines",
    "lanrage-session",
    "lanrage-shield",
    "lanrage-store",
    "lanrage-support",
    "lanrage-tunnel",
];

/// What is left out, by a part of its name, and why.
const LEFT_OUT: [(&str, &str); 1] =
    [("simulation", "the same code and numbers on every system, for minutes; Linux plays it")];

/// Builds and runs them.
pub(super) fn run(library: &Library) -> Result<()> {
    let packages = PACKAGES.iter().flat_map(|name| ["--package", name]);
    let words = kit::kit().starter("".as_ref());
    // The last one would be the program, which cargo adds.
    let words = words[..words.len() - 1].iter().map(|word| word.to_str()).collect::<Option<Vec<_>>>();
    ensure!(words.is_some(), "the name of the folder is no Unicode");
    let runner = format!("target.{TARGET}.runner={:?}", words.unwrap_or_default());
    let mut tests = library.cargo("test");
    tests.args(["--config", &runner, "--no-fail-fast", "--lib", "--bins", "--tests"]).args(packages);
    tests.arg("--");
    for (name, why) in LEFT_OUT {
        println!("Left out: {name} ({why})");
        tests.args(["--skip", name]);
    }
    shell::run(&mut tests)
}
