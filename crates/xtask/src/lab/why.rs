//! `cargo xtask why`: whether a player is told why a game is not seen, and whether what mends it does.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;
use lanrage_lab::{
    radar::why::{self, LEFT_OUT, Told},
    world,
};

use super::in_a_world;
use crate::{
    setup::{self, Setup},
    shell,
};

/// The longest that an answer may take.
const ANSWER: Duration = Duration::from_secs(6);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Write one JSON object a line instead of the table
    #[arg(long)]
    json: bool,
    /// Use the programs as they were built last
    #[arg(long)]
    no_build: bool,
}

/// Plays it and shows what came of it.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    if !world::is_inside() {
        setup.packages(&[setup::GAME])?;
    }
    in_a_world(setup, options.no_build, "players are not told why a game is not seen", || play(options))
}

fn play(options: &Options) -> Result<()> {
    let begun = Instant::now();
    if !options.json {
        println!("Two players behind NATs; a game is kept from being seen, and one asks why; times in ms");
        println!("  {:18} {:>6} {:>6}  {:14} what is told", "", "took", "asked", "mended by");
    }
    let mut failed = Vec::new();
    why::play(|told| {
        let fault = fault(&told);
        if options.json {
            println!("{}", told.to_json());
        } else {
            println!("{}", line(&told, fault.as_deref()));
        }
        if fault.is_some() {
            failed.push(told.fault);
        }
    })?;
    if !options.json {
        for (verdict, why) in LEFT_OUT {
            println!("– {verdict:18} not tried: {why}");
        }
        println!("In {:.0} s", begun.elapsed().as_secs_f64());
    }
    ensure!(failed.is_empty(), "not as it should be: {}", failed.join(", "));
    Ok(())
}

fn fault(told: &Told) -> Option<String> {
    let is_late = told.took > ANSWER;
    told.problem.clone().or_else(|| is_late.then(|| format!("not within {} ms", ANSWER.as_millis())))
}

fn line(told: &Told, fault: Option<&str>) -> String {
    let mark = if fault.is_none() { shell::green("✓") } else { shell::red("✗") };
    let fault = fault.map(|fault| format!("\n    {}", fault.replace('\n', "\n    "))).unwrap_or_default();
    let (took, verdicts) = (told.took.as_millis(), told.verdicts.join(", "));
    format!("{mark} {:18} {took:>6} {:>6}  {:14} {verdicts}{fault}", told.fault, told.asked, told.fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_late_or_wrong_is_a_fault() {
        let told = |ms: u64| Told { took: Duration::from_millis(ms), ..Told::default() };
        assert_eq!((fault(&told(6_000)), fault(&Told::default())), (None, None));
        assert!(fault(&told(6_001)).is_some());
        let wrong = Told { problem: Some("x".to_owned()), ..told(1) };
        assert_eq!(fault(&wrong).as_deref(), Some("x"));
    }
}
