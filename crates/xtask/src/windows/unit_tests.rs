//! The tests of our libraries and programs as Windows programs.

use anyhow::{Context, Result};

use super::kit;
use crate::{
    shell,
    steps::passed_tests,
    windows_target::{Library, TARGET},
};

/// How many of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Extent {
    /// Those of the libraries that decide, in a few minutes
    Core,
    /// All
    All,
}

/// The libraries that decide.
const CORE: [&str; 8] = [
    "lanrage-base",
    "lanrage-control",
    "lanrage-games",
    "lanrage-nat",
    "lanrage-party",
    "lanrage-rendezvous",
    "lanrage-session",
    "lanrage-shield",
];

/// What else has tests that need neither Linux nor a lab.
const OTHERS: [&str; 15] = [
    "lanrage-adapter",
    "lanrage-backup",
    "lanrage-cli",
    "lanrage-control-server",
    "lanrage-engine",
    "lanrage-game-watch",
    "lanrage-helper",
    "lanrage-link",
    "lanrage-log",
    "lanrage-net",
    "lanrage-rendezvous-engines",
    "lanrage-store",
    "lanrage-support",
    "lanrage-tunnel",
    "lanrage-updates",
];

/// What is left out, by a part of its name, and why.
const LEFT_OUT: [(&str, &str); 1] =
    [("simulation", "the same code and numbers on every system, for minutes; Linux plays it")];

/// Builds and runs them, and says how many they were.
pub(super) fn run(library: &Library, extent: Extent) -> Result<()> {
    let mut tests = library.cargo("test");
    tests.args(CORE.iter().flat_map(|name| ["--package", name])).arg("--lib");
    if extent == Extent::All {
        tests.args(OTHERS.iter().flat_map(|name| ["--package", name])).args(["--bins", "--tests"]);
    }
    // A disk of their own: what tests leave on it is on no player's computer.
    let words = kit::kit().with_disk(kit::disks().join("unit-tests"))?.starter("".as_ref());
    // Without the program, which cargo adds.
    let words = words[..words.len() - 1].iter().map(|word| word.to_str()).collect::<Option<Vec<_>>>();
    let words = words.context("the name of the folder is no Unicode")?;
    tests.args(["--config", &format!("target.{TARGET}.runner={words:?}"), "--no-fail-fast", "--"]);
    for (name, _) in LEFT_OUT {
        tests.args(["--skip", name]);
    }
    let (mut passed, mut left_out) = (0, 0);
    shell::run_reading(&mut tests, |line| {
        passed += passed_tests(line);
        left_out += filtered_out(line);
    })?;
    println!("{passed} tests passed as Windows programs; {left_out} were left out:");
    for (name, why) in LEFT_OUT {
        println!("  {name}: {why}");
    }
    Ok(())
}

/// How many tests a line of the Rust test harness reports as left out.
fn filtered_out(line: &str) -> u32 {
    let parts = line.strip_prefix("test result: ").into_iter().flat_map(|rest| rest.split("; "));
    let mut counts = parts.filter_map(|part| part.split_once(" filtered out")?.0.parse().ok());
    counts.next().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::filtered_out;

    #[test]
    fn tests_that_are_left_out_are_read_from_the_harness_summary_only() {
        let summary =
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.1s";
        assert_eq!(filtered_out(summary), 7);
        assert_eq!(filtered_out("test 7 filtered out ... ok"), 0);
    }
}
