//! `cargo xtask why`: whether a player is told why a game is not seen, and whether what mends it does.

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use lanrage_lab::{
    radar::why::{self, LEFT_OUT, Told},
    world,
};

use super::{
    in_a_world,
    rows::{Output, Rows},
};
use crate::setup::{self, Setup};

/// The longest that an answer may take.
const ANSWER: Duration = Duration::from_secs(6);

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    output: Output,
}

/// Plays it and shows what came of it.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    if !world::is_inside() {
        setup.packages(&[setup::GAME])?;
    }
    in_a_world(setup, options.output.no_build, "players are not told why a game is not seen", || {
        play(options)
    })
}

fn play(options: &Options) -> Result<()> {
    let headings = format!("  {:18} {:>6} {:>6}  {:14} what is told", "", "took", "asked", "mended by");
    let title = "Two players behind NATs; a game is kept from being seen, and one asks why; times in ms";
    let mut rows = Rows::begin(&options.output, &[title, &headings]);
    why::play(|told| rows.show(told.fault, &faults(&told), &told.to_json(), &columns(&told)))?;
    for (verdict, why) in LEFT_OUT {
        rows.remark(&format!("– {verdict:18} not tried: {why}"));
    }
    rows.end("not as it should be")
}

fn faults(told: &Told) -> Vec<String> {
    let is_late = told.took > ANSWER;
    let late = || is_late.then(|| format!("not within {} ms", ANSWER.as_millis()));
    told.problem.clone().or_else(late).into_iter().collect()
}

fn columns(told: &Told) -> String {
    let (took, verdicts) = (told.took.as_millis(), told.verdicts.join(", "));
    format!("{:18} {took:>6} {:>6}  {:14} {verdicts}", told.fault, told.asked, told.fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_late_or_wrong_is_a_fault() {
        let told = |ms: u64| Told { took: Duration::from_millis(ms), ..Told::default() };
        assert!(faults(&told(6_000)).is_empty() && faults(&Told::default()).is_empty());
        assert_eq!(faults(&told(6_001)).len(), 1);
        let wrong = Told { problem: Some("x".to_owned()), ..told(1) };
        assert_eq!(faults(&wrong), ["x"]);
    }
}
