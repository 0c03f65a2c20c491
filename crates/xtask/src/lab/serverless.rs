//! `cargo xtask serverless`: how soon two players meet with nobody's server.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use lanrage_lab::{
    serverless::{self, Case, Round},
    world::{self, World},
};
use serde_json::{Value, json};

use super::{Played, rounds_of, show_each};
use crate::{
    setup::{self, Setup},
    shell::{self, cargo},
};

/// The most addresses that a player may send to in a minute: home routers have few places for flows.
const ADDRESSES: usize = 120;
/// The most that a program may grow by while nodes of the DHT lie to it.
const GROWN_KIB: u64 = 8 * 1_024;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How often each is played
    #[arg(long, default_value_t = 20, value_name = "N")]
    rounds: u32,
    /// Only these
    #[arg(long, value_delimiter = ',', value_name = "NAME", value_parser = names())]
    only: Vec<Case>,
    /// One round each, which may take as long as the worst of all
    #[arg(long, conflicts_with = "rounds")]
    quick: bool,
    /// Write one JSON object a line instead of the table
    #[arg(long)]
    json: bool,
    /// Use the programs as they were built last
    #[arg(long)]
    no_build: bool,
    /// Play rounds of one, in a world of its own
    #[arg(long, hide = true, value_name = "NAME", value_parser = names())]
    play: Option<Case>,
}

impl Options {
    fn rounds(&self) -> u32 {
        if self.quick { 1 } else { self.rounds }
    }

    /// How often each is played at most until it is as it should be; more than once in the short form alone.
    fn tries(&self) -> u32 {
        if self.quick { 2 } else { 1 }
    }
}

fn names() -> impl TypedValueParser<Value = Case> {
    PossibleValuesParser::new(Case::ALL.map(Case::name))
        .try_map(|name| Case::named(&name).ok_or("no such case"))
}

/// The longest from the click to the first packet: the median, and the worst of all.
const fn goal(case: Case) -> [Duration; 2] {
    let [median, worst] = match case {
        Case::Fresh | Case::FreshWithoutDht => [250, 500],
        Case::Stale => [1_500, 4_000],
        Case::Strict => [5_000, 9_000],
        // Two seconds more than with a DHT that is well.
        Case::HalfSilent | Case::Hostile => [7_000, 11_000],
        Case::FriendsWithoutDht => [1_000, 2_000],
    };
    [Duration::from_millis(median), Duration::from_millis(worst)]
}

const fn words(case: Case) -> &'static str {
    match case {
        Case::Fresh => "fresh link, reachable host",
        Case::Stale => "old link, the host has moved",
        Case::Strict => "nobody is reachable",
        Case::HalfSilent => "the same, half of the DHT silent",
        Case::Hostile => "the same, nodes of the DHT lie",
        Case::FreshWithoutDht => "fresh link, no DHT",
        Case::FriendsWithoutDht => "friends come back, no DHT",
    }
}

/// Plays every chosen one, one after the other, and shows how long it took.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    if let Some(case) = options.play {
        return play(case, options.rounds);
    }
    setup.packages(&[setup::COMPILE, setup::LAB])?;
    if !options.no_build {
        shell::run(&mut cargo(&["build", "--quiet"]))?;
    }
    let chosen = if options.only.is_empty() { Case::ALL.to_vec() } else { options.only.clone() };
    let begun = Instant::now();
    if !options.json {
        println!(
            "From the click on a link to the first packet on the virtual LAN, in ms, with nobody's server"
        );
        println!(
            "{:16} {:32} {:>6} {:>7} {:>7} {:>13} {:>9}",
            "", "", "rounds", "median", "worst", "goals", "addresses"
        );
    }
    let failed =
        show_each(&chosen, (options.tries(), options.json), |case| Rounds::of(case, options.rounds()))?;
    if !options.json {
        println!("In {:.0} s", begun.elapsed().as_secs_f64());
    }
    ensure!(failed.is_empty(), "not within its goal: {}", failed.join(", "));
    Ok(())
}

/// All rounds of one.
#[derive(Debug)]
struct Rounds {
    case: Case,
    rounds: Vec<Round>,
    /// Why it could not be played to the end.
    failure: Option<String>,
}

impl Rounds {
    fn of(case: Case, rounds: u32) -> Result<Self> {
        let (rounds, failure) = rounds_of("serverless", case.name(), rounds, Round::from_json)?;
        Ok(Self { case, rounds, failure })
    }

    fn times(&self) -> Vec<Duration> {
        let mut times: Vec<_> = self.rounds.iter().filter_map(|round| round.first_packet).collect();
        times.sort_unstable();
        times
    }

    fn addresses(&self) -> usize {
        self.rounds.iter().map(|round| round.addresses).max().unwrap_or_default()
    }
}

impl Played for Rounds {
    fn name(&self) -> &'static str {
        self.case.name()
    }

    fn faults(&self) -> Vec<String> {
        let mut faults: Vec<_> = self.failure.iter().cloned().collect();
        for (number, round) in (1..).zip(&self.rounds) {
            faults.extend(round.problem.as_ref().map(|problem| format!("round {number}: {problem}")));
            if self.case == Case::Hostile && round.grown_kib > GROWN_KIB {
                faults
                    .push(format!("round {number}: the host's program has grown by {} KiB", round.grown_kib));
            }
        }
        let times = self.times();
        let [median, worst] = goal(self.case);
        match (times.get(times.len() / 2), times.last()) {
            (Some(middle), Some(last)) => {
                // One round has no median.
                if times.len() > 1 && *middle > median {
                    faults.push(format!("the median is more than {} ms", median.as_millis()));
                }
                if *last > worst {
                    faults.push(format!("the worst is more than {} ms", worst.as_millis()));
                }
            }
            _ => faults.push("nobody met".to_owned()),
        }
        if self.addresses() > ADDRESSES {
            faults.push(format!("more than {ADDRESSES} addresses were sent to"));
        }
        faults
    }

    fn to_json(&self) -> Value {
        json!({
            "case": self.case.name(),
            "rounds": self.rounds.iter().map(Round::to_json).collect::<Vec<_>>(),
            "goals_ms": goal(self.case).map(|time| time.as_millis() as u64),
            "faults": self.faults(),
        })
    }

    fn line(&self) -> String {
        let times = self.times();
        let ms = |time: Option<&Duration>| time.map_or("–".to_owned(), |time| time.as_millis().to_string());
        let [median, worst] = goal(self.case).map(|time| time.as_millis());
        let faults = self.faults();
        format!(
            "{} {:14} {:32} {:>6} {:>7} {:>7} {:>13} {:>9}{}",
            if faults.is_empty() { shell::green("✓") } else { shell::red("✗") },
            self.case.name(),
            words(self.case),
            self.rounds.len(),
            ms(times.get(times.len() / 2)),
            ms(times.last()),
            format!("{median}/{worst}"),
            self.addresses(),
            faults
                .iter()
                .map(|fault| format!("\n    {}", fault.trim_end().replace('\n', "\n    ")))
                .collect::<String>()
        )
    }
}

/// The inside of [`Rounds::of`].
fn play(case: Case, rounds: u32) -> Result<()> {
    ensure!(matches!(world::enter()?, World::Inside), "rounds are played in a world that is there already");
    let report = |round: Round| println!("{}", round.to_json());
    if let Err(failure) = serverless::play(case, rounds, report).context("the lab") {
        println!("{}", json!({ "failure": format!("{failure:#}") }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(case: Case, times_ms: &[u64]) -> Rounds {
        let round = |ms: &u64| Round {
            first_packet: Some(Duration::from_millis(*ms)),
            addresses: 30,
            grown_kib: 100,
            problem: None,
        };
        Rounds { case, rounds: times_ms.iter().map(round).collect(), failure: None }
    }

    #[test]
    fn the_median_and_the_worst_have_goals_of_their_own() {
        assert!(played(Case::Fresh, &[100, 200, 450]).faults().is_empty());
        assert_eq!(played(Case::Fresh, &[100, 300, 450]).faults().len(), 1);
        assert_eq!(played(Case::Fresh, &[100, 200, 550]).faults().len(), 1);
        assert!(played(Case::Fresh, &[450]).faults().is_empty());
        assert_eq!(played(Case::Fresh, &[]).faults().len(), 1);
    }

    #[test]
    fn whoever_does_not_meet_asks_too_many_or_grows_fails() {
        let with = |case, change: fn(&mut Round)| {
            let mut played = played(case, &[100, 100, 100]);
            change(&mut played.rounds[1]);
            played.faults().len()
        };
        assert_eq!(with(Case::Fresh, |round| round.problem = Some("not met".to_owned())), 1);
        assert_eq!(with(Case::Fresh, |round| round.addresses = 121), 1);
        assert_eq!(with(Case::Hostile, |round| round.grown_kib = 20_000), 1);
        assert_eq!(with(Case::Strict, |round| round.grown_kib = 20_000), 0);
    }
}
