//! `cargo xtask recovery`: how long a game stands still when something befalls its players' networks.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use lanrage_lab::{
    flow::{self, Counts},
    recovery::{self, Disturbance, Lengths, Round},
    world::{self, World},
};
use serde_json::Value;

use super::{Played, show_each};
use crate::{
    setup::{self, Setup},
    shell::{self, cargo},
};

/// A flow's own pace leaves pauses: what is shorter than this is none that a player could notice.
const NOTHING: Duration = Duration::from_millis(100);
/// How often a lab that does not come up is tried.
const LAB_ATTEMPTS: u32 = 3;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How often each disturbance is played
    #[arg(long, default_value_t = 20, value_name = "N")]
    rounds: u32,
    /// Only these disturbances
    #[arg(long, value_delimiter = ',', value_name = "NAME", value_parser = names())]
    only: Vec<Disturbance>,
    /// Seconds for which a program is stopped in `sleep`; 600 are ten minutes of real sleep
    #[arg(long, default_value_t = 20, value_name = "SECONDS")]
    sleep: u64,
    /// Seconds for which everything is dropped in `blackhole`
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    blackhole: u64,
    /// One round each, with three seconds of sleep and of blackhole
    #[arg(long, conflicts_with_all = ["rounds", "sleep", "blackhole"])]
    quick: bool,
    /// Write one JSON object a line instead of the table
    #[arg(long)]
    json: bool,
    /// Use the programs as they were built last
    #[arg(long)]
    no_build: bool,
    /// Play rounds of one disturbance, in a world of its own
    #[arg(long, hide = true, value_name = "NAME", value_parser = names())]
    play: Option<Disturbance>,
}

fn names() -> impl TypedValueParser<Value = Disturbance> {
    PossibleValuesParser::new(Disturbance::ALL.map(Disturbance::name))
        .try_map(|name| Disturbance::named(&name).ok_or("no such disturbance"))
}

impl Options {
    fn rounds(&self, disturbance: Disturbance) -> u32 {
        match disturbance {
            _ if !self.quick => self.rounds,
            // There, back, and there again: what is kept of a network must not outlive it.
            Disturbance::Roam => 3,
            _ => 1,
        }
    }

    fn lengths(&self) -> Lengths {
        let [sleep, blackhole] =
            if self.quick { [3, 3] } else { [self.sleep, self.blackhole] }.map(Duration::from_secs);
        Lengths { sleep, blackhole }
    }

    /// How often each is played at most until it is as it should be; more than once in the short form alone.
    fn tries(&self) -> u32 {
        if self.quick { 2 } else { 1 }
    }
}

/// The longest that the 99th percentile of the gaps may be.
const fn goal(disturbance: Disturbance) -> Duration {
    match disturbance {
        Disturbance::RelayDeath => Duration::from_millis(500),
        Disturbance::ControlDeath => NOTHING,
        _ => Duration::from_millis(2_000),
    }
}

fn words(disturbance: Disturbance, lengths: Lengths) -> String {
    match disturbance {
        Disturbance::Roam => "another interface and address".to_owned(),
        Disturbance::Sleep => format!("the program stopped for {} s", lengths.sleep.as_secs()),
        Disturbance::RelayDeath => "the relay in use killed".to_owned(),
        Disturbance::ControlDeath => "the control server killed".to_owned(),
        Disturbance::MappingLost => "a router forgets its mappings".to_owned(),
        Disturbance::Blackhole => format!("everything dropped for {} s", lengths.blackhole.as_secs()),
    }
}

/// All rounds of one disturbance.
#[derive(Debug)]
struct Rounds {
    disturbance: Disturbance,
    lengths: Lengths,
    rounds: Vec<Round>,
    /// Why it could not be played to the end.
    failure: Option<String>,
}

/// Plays every chosen disturbance, one after the other, and shows what it cost.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    let lengths = options.lengths();
    if let Some(disturbance) = options.play {
        return play(disturbance, options.rounds(disturbance), lengths);
    }
    setup.packages(&[setup::COMPILE, setup::LAB])?;
    if !options.no_build {
        shell::run(&mut cargo(&["build", "--quiet"]))?;
    }
    let chosen = if options.only.is_empty() { Disturbance::ALL.to_vec() } else { options.only.clone() };
    let begun = Instant::now();
    if !options.json {
        println!(
            "{} packets/s each way; the longest time without one, in ms from when the network is usable again",
            flow::RATE
        );
        println!(
            "{:14} {:32} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}  lost/dup/reordered of sent",
            "", "", "rounds", "min", "p50", "p99", "max", "goal"
        );
    }
    let failed = show_each(&chosen, (options.tries(), options.json), |disturbance| {
        Rounds::of(disturbance, options.rounds(disturbance), lengths)
    })?;
    if !options.json {
        println!("In {:.0} s", begun.elapsed().as_secs_f64());
    }
    ensure!(failed.is_empty(), "not within its goal: {}", failed.join(", "));
    Ok(())
}

impl Rounds {
    /// In a world of its own; in a new one after a round from which the players did not recover.
    fn of(disturbance: Disturbance, rounds: u32, lengths: Lengths) -> Result<Self> {
        let mut played = Self { disturbance, lengths, rounds: Vec::new(), failure: None };
        let mut attempts = 0;
        while played.rounds.len() < rounds as usize && played.failure.is_none() {
            let left = rounds as usize - played.rounds.len();
            let output = world::run_again(&[
                "--no-setup",
                "recovery",
                "--play",
                disturbance.name(),
                "--rounds",
                &left.to_string(),
                "--sleep",
                &lengths.sleep.as_secs().to_string(),
                "--blackhole",
                &lengths.blackhole.as_secs().to_string(),
            ])?;
            ensure!(!output.stdout.is_empty(), "the lab ended ({}) and said nothing", output.status);
            for line in String::from_utf8_lossy(&output.stdout).lines() {
                let line: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
                if let Some(failure) = line["lab"].as_str() {
                    attempts += 1;
                    ensure!(attempts < LAB_ATTEMPTS, "the lab did not come up: {failure}");
                } else if let Some(failure) = line["failure"].as_str() {
                    played.failure = Some(failure.to_owned());
                } else {
                    played.rounds.push(Round::from_json(&line).context("a round")?);
                }
            }
        }
        Ok(played)
    }

    fn gaps(&self) -> Vec<Duration> {
        let mut gaps: Vec<_> = self.rounds.iter().map(|round| round.gap).collect();
        gaps.sort_unstable();
        gaps
    }

    fn counts(&self) -> Counts {
        self.rounds.iter().map(|round| round.after).fold(Counts::default(), std::ops::Add::add)
    }
}

impl Played for Rounds {
    fn name(&self) -> &'static str {
        self.disturbance.name()
    }

    fn faults(&self) -> Vec<String> {
        let mut faults: Vec<_> = self.failure.iter().cloned().collect();
        let stuck = self.rounds.iter().filter(|round| !round.recovered).count();
        if stuck > 0 {
            faults.push(format!("{stuck} rounds without recovery"));
        }
        let goal = goal(self.disturbance);
        if !flow::percentile(&self.gaps(), 99).is_ok_and(|gap| gap < goal) {
            faults.push(format!("not under {} ms", goal.as_millis()));
        }
        faults
    }

    fn to_json(&self) -> Value {
        serde_json::json!({
            "disturbance": self.disturbance.name(),
            "rounds": self.rounds.iter().map(Round::to_json).collect::<Vec<_>>(),
            "goal_ms": goal(self.disturbance).as_millis() as u64,
            "faults": self.faults(),
        })
    }

    fn line(&self) -> String {
        let gaps = self.gaps();
        let at = |percent| {
            let gap = flow::percentile(&gaps, percent);
            format!("{:>6}", gap.map_or_else(|_| "–".to_owned(), |gap| gap.as_millis().to_string()))
        };
        let Counts { sent, lost, duplicated, reordered } = self.counts();
        let faults = self.faults();
        format!(
            "{} {:12} {:32} {:>6} {} {} {} {} {:>6}  {lost}/{duplicated}/{reordered} of {sent}{}",
            if faults.is_empty() { shell::green("✓") } else { shell::red("✗") },
            self.disturbance.name(),
            words(self.disturbance, self.lengths),
            self.rounds.len(),
            at(0),
            at(50),
            at(99),
            at(100),
            goal(self.disturbance).as_millis(),
            faults.iter().map(|fault| format!("\n    {fault}")).collect::<String>(),
        )
    }
}

/// The inside of [`Rounds::of`].
fn play(disturbance: Disturbance, rounds: u32, lengths: Lengths) -> Result<()> {
    ensure!(matches!(world::enter()?, World::Inside), "rounds are played in a world that is there already");
    let say = |key: &str, failure: anyhow::Error| {
        println!("{}", serde_json::json!({ key: format!("{failure:#}") }));
    };
    let venue = match recovery::venue(disturbance) {
        Ok(venue) => venue,
        Err(failure) => {
            say("lab", failure);
            return Ok(());
        }
    };
    let report = |round: Round| println!("{}", round.to_json());
    if let Err(failure) = recovery::play(venue, disturbance, rounds, lengths, report) {
        say("failure", failure);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(gaps_ms: &[u64], recovered: bool) -> Rounds {
        let round = |ms: &u64| Round { gap: Duration::from_millis(*ms), recovered, after: Counts::default() };
        Rounds {
            disturbance: Disturbance::Roam,
            lengths: Lengths { sleep: Duration::ZERO, blackhole: Duration::ZERO },
            rounds: gaps_ms.iter().map(round).collect(),
            failure: None,
        }
    }

    #[test]
    fn one_long_gap_of_twenty_fails() {
        let mut gaps = vec![300; 20];
        assert!(played(&gaps, true).faults().is_empty());
        gaps[7] = 2_000;
        assert_eq!(played(&gaps, true).faults(), ["not under 2000 ms"]);
    }

    #[test]
    fn what_was_not_played_or_did_not_recover_fails() {
        assert!(!played(&[], true).faults().is_empty());
        assert!(!played(&[10], false).faults().is_empty());
    }
}
