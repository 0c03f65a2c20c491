//! `cargo xtask shield`: which ports of a computer a friend reaches at each level, and how soon a server that has just begun.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Args;
use lanrage_lab::{
    sweep::{self, Ports, Swept},
    world,
};

use super::in_a_world;
use crate::{
    setup::{self, Setup},
    shell,
};

/// The longest until a friend reaches a server that has just begun to listen.
const REACHED: Duration = Duration::from_millis(1_500);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Some hundred ports instead of all 65,535
    #[arg(long)]
    quick: bool,
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
    in_a_world(setup, options.no_build, "friends reach what they should not, or not what they should", || {
        play(options)
    })
}

fn play(options: &Options) -> Result<()> {
    let begun = Instant::now();
    if !options.json {
        println!(
            "Two players behind NATs; one tries ports of the other, on which services, a game and programs listen"
        );
        println!("  {:12} {:>7} {:>7} {:>7}  which", "", "tried", "udp", "tcp");
    }
    let mut failed = Vec::new();
    sweep::play(if options.quick { Ports::Few } else { Ports::All }, |swept| {
        let fault = fault(&swept);
        if options.json {
            println!("{}", swept.to_json());
        } else {
            println!("{}", line(&swept, fault.as_deref()));
        }
        if fault.is_some() {
            failed.push(swept.what);
        }
    })?;
    if !options.json {
        println!("In {:.0} s", begun.elapsed().as_secs_f64());
    }
    ensure!(failed.is_empty(), "not as it should be: {}", failed.join(", "));
    Ok(())
}

fn fault(swept: &Swept) -> Option<String> {
    let is_late = swept.slowest.is_some_and(|time| time > REACHED);
    swept.problem.clone().or_else(|| is_late.then(|| format!("not within {} ms", REACHED.as_millis())))
}

fn line(swept: &Swept, fault: Option<&str>) -> String {
    let mark = if fault.is_none() { shell::green("✓") } else { shell::red("✗") };
    let [udp, tcp] = swept.arrived;
    let slowest = swept.slowest.map(|time| format!("{} ms at most", time.as_millis())).unwrap_or_default();
    let fault = fault.map(|fault| format!("\n    {fault}")).unwrap_or_default();
    format!("{mark} {:12} {:>7} {udp:>7} {tcp:>7}  {}{slowest}{fault}", swept.what, swept.tried, swept.words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_late_or_wrong_is_a_fault() {
        let swept = |ms: u64| Swept { slowest: Some(Duration::from_millis(ms)), ..Swept::default() };
        assert_eq!((fault(&swept(1_500)), fault(&Swept::default())), (None, None));
        assert!(fault(&swept(1_501)).is_some());
        let wrong = Swept { problem: Some("x".to_owned()), ..swept(1) };
        assert_eq!(fault(&wrong).as_deref(), Some("x"));
    }
}
