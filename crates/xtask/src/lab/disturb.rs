//! `cargo xtask disturb`: how soon a player is told what others do to his computer and router, and how soon it is mended.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use lanrage_lab::{
    disturb::{self, Right, Round, Trouble},
    flow,
    world::{self, World},
};
use serde_json::{Value, json};

use super::{Played, in_a_new_world, rounds_of, show_each, until_well};
use crate::{
    setup::{self, Setup},
    shell::{self, cargo},
};

/// The longest until a player is told.
const TOLD: Duration = Duration::from_secs(5);
/// The longest until all is well again.
const HEALED: Duration = Duration::from_secs(10);
/// The longest that a transfer stands still after the way became narrower: where somebody says so, and where nobody does.
const NARROWER: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(5)];
/// The longest pause of a game that nobody notices: the lab's machine does other things too.
const UNNOTICED: Duration = Duration::from_millis(1_000);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How often each is played
    #[arg(long, default_value_t = 20, value_name = "N")]
    rounds: u32,
    /// Only these
    #[arg(long, value_delimiter = ',', value_name = "NAME", value_parser = names())]
    only: Vec<Trouble>,
    /// Minutes in which nothing is done, and nothing may be told
    #[arg(long, default_value_t = 60, value_name = "MINUTES")]
    calm: u64,
    /// One round each, and half a minute in which nothing is done
    #[arg(long, conflicts_with_all = ["rounds", "calm"])]
    quick: bool,
    /// Write one JSON object a line instead of the table
    #[arg(long)]
    json: bool,
    /// Use the programs as they were built last
    #[arg(long)]
    no_build: bool,
    /// Play rounds of one, in a world of its own
    #[arg(long, hide = true, value_name = "NAME", value_parser = names())]
    play: Option<Trouble>,
    /// Do nothing for so many seconds, in a world of its own
    #[arg(long, hide = true, value_name = "SECONDS", conflicts_with = "play")]
    leave_alone: Option<u64>,
}

impl Options {
    fn rounds(&self) -> u32 {
        if self.quick { 1 } else { self.rounds }
    }

    /// How often each is played at most until it is as it should be; more than once in the short form alone.
    fn tries(&self) -> u32 {
        if self.quick { 3 } else { 1 }
    }
}

fn names() -> impl TypedValueParser<Value = Trouble> {
    PossibleValuesParser::new(Trouble::ALL.map(Trouble::name))
        .try_map(|name| Trouble::named(&name).ok_or("no such disturbance"))
}

/// Plays every chosen one, one after the other, and shows what it cost.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    if options.play.is_some() || options.leave_alone.is_some() {
        return play(options);
    }
    setup.packages(&[setup::COMPILE, setup::LAB])?;
    if !options.no_build {
        shell::run(&mut cargo(&["build", "--quiet"]))?;
    }
    let chosen = if options.only.is_empty() { Trouble::ALL.to_vec() } else { options.only.clone() };
    let begun = Instant::now();
    if !options.json {
        println!(
            "A game of {} packets/s each way and a transfer; times in ms, the worst of all rounds",
            flow::RATE
        );
        println!(
            "{:17} {:34} {:>6} {:>8} {:>9} {:>6} {:>7} {:>8}  told what",
            "", "", "rounds", "game gap", "transfer", "told", "healed", "cleared"
        );
    }
    let mut failed =
        show_each(&chosen, (options.tries(), options.json), |trouble| Rounds::of(trouble, options.rounds()))?;
    if options.only.is_empty() {
        let length = if options.quick { 30 } else { options.calm * 60 };
        let words = until_well(options.tries(), || false_alarms(length), Vec::is_empty)?;
        if options.json {
            println!("{}", json!({ "undisturbed_seconds": length, "told": words }));
        } else {
            let mark = if words.is_empty() { shell::green("✓") } else { shell::red("✗") };
            println!("{mark} undisturbed for {length} s: told {} times {}", words.len(), words.join("; "));
        }
        if !words.is_empty() {
            failed.push("undisturbed");
        }
    }
    if !options.json {
        println!("In {:.0} s", begun.elapsed().as_secs_f64());
    }
    ensure!(failed.is_empty(), "not within its goal: {}", failed.join(", "));
    Ok(())
}

/// All rounds of one.
#[derive(Debug)]
struct Rounds {
    trouble: Trouble,
    rounds: Vec<Round>,
    /// Why it could not be played to the end.
    failure: Option<String>,
}

impl Rounds {
    fn of(trouble: Trouble, rounds: u32) -> Result<Self> {
        let (rounds, failure) =
            rounds_of("disturb", trouble.name(), rounds, |line| Round::from_json(line).context("a round"))?;
        Ok(Self { trouble, rounds, failure })
    }
}

impl Played for Rounds {
    fn name(&self) -> &'static str {
        self.trouble.name()
    }

    fn faults(&self) -> Vec<String> {
        let mut faults: Vec<_> = self.failure.iter().cloned().collect();
        if self.rounds.is_empty() {
            faults.push("nothing was played".to_owned());
        }
        for (number, round) in self.rounds.iter().enumerate() {
            faults.extend(fault(self.trouble, round).map(|fault| format!("round {}: {fault}", number + 1)));
        }
        faults
    }

    fn to_json(&self) -> Value {
        json!({
            "disturbance": self.trouble.name(),
            "rounds": self.rounds.iter().map(Round::to_json).collect::<Vec<_>>(),
            "faults": self.faults(),
        })
    }

    fn line(&self) -> String {
        let worst = |time: fn(&Round) -> Option<Duration>| {
            let times: Vec<_> = self.rounds.iter().filter_map(time).collect();
            times.iter().max().map_or_else(|| "–".to_owned(), |time| time.as_millis().to_string())
        };
        let mut words: Vec<_> =
            self.rounds.iter().map(|round| round.word.as_str()).filter(|word| !word.is_empty()).collect();
        words.sort_unstable();
        words.dedup();
        let faults = self.faults();
        format!(
            "{} {:15} {:34} {:>6} {:>8} {:>9} {:>6} {:>7} {:>8}  {}{}",
            if faults.is_empty() { shell::green("✓") } else { shell::red("✗") },
            self.trouble.name(),
            self.trouble.words(),
            self.rounds.len(),
            worst(|round| Some(round.game_gap)),
            worst(|round| Some(round.transfer_gap)),
            worst(|round| round.told),
            worst(|round| round.healed),
            worst(|round| round.cleared),
            words.join(", "),
            faults.iter().map(|fault| format!("\n    {fault}")).collect::<String>()
        )
    }
}

/// What was wrong with a round, if anything.
fn fault(trouble: Trouble, round: &Round) -> Option<String> {
    let Some(healed) = round.healed else {
        return Some("not well again in time".to_owned());
    };
    if round.cleared.is_none() {
        return Some(format!("{} was still said when all was well", round.word));
    }
    if healed > HEALED {
        return Some(format!("well again after {healed:.1?} only"));
    }
    let told_in_time = round.told.is_some_and(|told| told <= TOLD);
    let stands = round.game_gap.max(round.transfer_gap);
    match trouble.right() {
        Right::Unnoticed if round.told.is_some() => Some(format!("{} was said for nothing", round.word)),
        Right::Unnoticed if round.game_gap > UNNOTICED => {
            Some(format!("the game stood still for {:.1?}", round.game_gap))
        }
        Right::Told if !told_in_time => Some("not told in time".to_owned()),
        // Who knows no interruption needs no word.
        Right::Mended | Right::MendedOrTold if !told_in_time && stands > TOLD => {
            Some(format!("it stood still for {stands:.1?} without a word"))
        }
        _ => {
            let limit = match trouble {
                Trouble::Narrower => NARROWER[0],
                Trouble::NarrowerInSilence => NARROWER[1],
                _ => return None,
            };
            (round.transfer_gap > limit)
                .then(|| format!("the transfer stood still for {:.1?}", round.transfer_gap))
        }
    }
}

fn false_alarms(seconds: u64) -> Result<Vec<String>> {
    let lines = in_a_new_world("disturb", &["--leave-alone", &seconds.to_string()])?;
    let line = lines.into_iter().next().context("nothing was seen")?;
    let words = line["told"].as_array().with_context(|| line.to_string())?;
    Ok(words.iter().filter_map(|word| word.as_str()).map(str::to_owned).collect())
}

/// What is done inside a world of its own.
fn play(options: &Options) -> Result<()> {
    ensure!(matches!(world::enter()?, World::Inside), "rounds are played in a world that is there already");
    if let Some(seconds) = options.leave_alone {
        let told = disturb::leave_alone(Duration::from_secs(seconds))?;
        println!("{}", json!({ "told": told }));
        return Ok(());
    }
    let trouble = options.play.context("nothing to play")?;
    if let Err(failure) = disturb::play(trouble, options.rounds, |round| println!("{}", round.to_json())) {
        println!("{}", json!({ "failure": format!("{failure:#}") }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Round = Round {
        game_gap: Duration::from_millis(20),
        transfer_gap: Duration::from_millis(30),
        told: None,
        word: String::new(),
        healed: Some(Duration::from_millis(40)),
        cleared: Some(Duration::ZERO),
    };

    #[test]
    fn what_is_not_told_not_mended_or_told_for_nothing_is_a_fault() {
        let second = Duration::from_secs(1);
        let told = Round { told: Some(second), word: "a word".to_owned(), ..WELL };
        assert_eq!(fault(Trouble::AddressTaken, &WELL), None);
        assert_eq!(fault(Trouble::FirewallIn, &told), None);
        assert_eq!(fault(Trouble::Containers, &WELL), None);
        for (trouble, round) in [
            (Trouble::AddressTaken, Round { healed: None, ..WELL }),
            (Trouble::AddressTaken, Round { healed: Some(second * 11), ..WELL }),
            (Trouble::AddressTaken, Round { game_gap: second * 6, ..WELL }),
            (Trouble::Narrower, Round { transfer_gap: second * 3, ..WELL }),
            (Trouble::NarrowerInSilence, Round { transfer_gap: second * 6, ..told.clone() }),
            (Trouble::FirewallIn, WELL),
            (Trouble::FirewallIn, Round { told: Some(second * 6), ..told.clone() }),
            (Trouble::FirewallIn, Round { cleared: None, ..told.clone() }),
            (Trouble::Containers, told),
            (Trouble::Containers, Round { game_gap: second * 2, ..WELL }),
        ] {
            assert!(fault(trouble, &round).is_some(), "{trouble:?}: {round:?}");
        }
    }
}
