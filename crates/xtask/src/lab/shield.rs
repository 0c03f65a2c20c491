//! `cargo xtask shield`: which ports of a computer a friend reaches at each level, and how soon a server that has just begun.

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use lanrage_lab::{
    sweep::{self, Ports, Swept},
    world,
};

use super::{
    in_a_world,
    rows::{Output, Rows},
};
use crate::setup::{self, Setup};

/// The longest until a friend reaches a server that has just begun to listen.
const REACHED: Duration = Duration::from_millis(1_500);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Some hundred ports instead of all 65,535
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    output: Output,
}

/// Plays it and shows what came of it.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    if !world::is_inside() {
        setup.packages(&[setup::GAME])?;
    }
    let failed = "friends reach what they should not, or not what they should";
    in_a_world(setup, options.output.no_build, failed, || play(options))
}

fn play(options: &Options) -> Result<()> {
    let headings = format!("  {:12} {:>7} {:>7} {:>7}  which", "", "tried", "udp", "tcp");
    let title = "Two players behind NATs; one tries ports of the other, on which services, a game and programs listen";
    let mut rows = Rows::begin(&options.output, &[title, &headings]);
    sweep::play(if options.quick { Ports::Few } else { Ports::All }, |swept| {
        rows.show(&swept.what, &faults(&swept), &swept.to_json(), &columns(&swept));
    })?;
    rows.end("not as it should be")
}

fn faults(swept: &Swept) -> Vec<String> {
    let is_late = swept.slowest.is_some_and(|time| time > REACHED);
    let late = || is_late.then(|| format!("not within {} ms", REACHED.as_millis()));
    swept.problem.clone().or_else(late).into_iter().collect()
}

fn columns(swept: &Swept) -> String {
    let [udp, tcp] = swept.arrived;
    let slowest = swept.slowest.map(|time| format!("{} ms at most", time.as_millis())).unwrap_or_default();
    format!("{:12} {:>7} {udp:>7} {tcp:>7}  {}{slowest}", swept.what, swept.tried, swept.words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_late_or_wrong_is_a_fault() {
        let swept = |ms: u64| Swept { slowest: Some(Duration::from_millis(ms)), ..Swept::default() };
        assert!(faults(&swept(1_500)).is_empty() && faults(&Swept::default()).is_empty());
        assert_eq!(faults(&swept(1_501)).len(), 1);
        let wrong = Swept { problem: Some("x".to_owned()), ..swept(1) };
        assert_eq!(faults(&wrong), ["x"]);
    }
}
