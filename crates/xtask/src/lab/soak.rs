//! `cargo xtask soak`: whether a long evening of changing networks makes the programs grow.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use lanrage_lab::soak::{self, Event, Held, Report};
use serde_json::{Value, json};

use super::in_a_world;
use crate::{setup::Setup, shell};

/// Whose figures they are.
const PROGRAMS: [&str; 3] = ["player one", "player two", "server"];
/// How much more memory than before a program may hold in the end: allocators keep some of what was freed.
const MORE_MEMORY: u64 = 2 << 20;
/// How many more descriptors and threads: of what goes on at the moment of counting.
const MORE_HANDLES: u64 = 4;
/// How many bytes files may grow in an hour: logs turn over, databases are cleaned up.
const MORE_FILES_AN_HOUR: u64 = 1 << 20;
/// How many lines a program may write in an hour while something happens three times a minute.
const LINES_AN_HOUR: u64 = 5_000;

/// One of the figures of what a program holds.
type Figure = fn(&Held) -> u64;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// For how long
    #[arg(long, default_value_t = 120, value_name = "MINUTES")]
    minutes: u64,
    /// From which the order of events follows
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// Write one JSON object a line instead of the table
    #[arg(long)]
    json: bool,
    /// Use the programs as they were built last
    #[arg(long)]
    no_build: bool,
}

/// Lives through it and shows what grew.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    in_a_world(setup, options.no_build, "something grew, or ended", || live(options))
}

/// All that was seen.
#[derive(Debug, Default)]
struct Seen {
    held: Vec<(Duration, [Held; 3])>,
    happened: Vec<(Event, Duration)>,
}

fn live(options: &Options) -> Result<()> {
    let mut seen = Seen::default();
    let mut said = Instant::now();
    let begun = Instant::now();
    let result = soak::live(Duration::from_secs(options.minutes * 60), options.seed, |report| {
        if options.json {
            println!("{}", to_json(&report));
        }
        match report {
            Report::Happened { event, gap, .. } => seen.happened.push((event, gap)),
            Report::Holding { since_start, held } => seen.held.push((since_start, held)),
        }
        if !options.json && said.elapsed() > Duration::from_secs(600) {
            said = Instant::now();
            println!("{:>4} min: {}", begun.elapsed().as_secs() / 60, seen.now());
        }
    });
    if !options.json {
        seen.print();
    }
    result?;
    let grown = seen.grown()?;
    ensure!(grown.is_empty(), "{}", grown.join("\n"));
    if !options.json {
        println!("{} Nothing grew in {} min", shell::green("✓"), begun.elapsed().as_secs() / 60);
    }
    Ok(())
}

fn to_json(report: &Report) -> Value {
    match report {
        Report::Happened { event, gap, recovered } => {
            json!({ "event": event.name(), "gap_ms": gap.as_millis() as u64, "recovered": recovered })
        }
        Report::Holding { since_start, held } => {
            json!({ "seconds": since_start.as_secs(), "held": held.map(Held::to_json) })
        }
    }
}

/// The middle one of some figures.
fn median(mut figures: Vec<u64>) -> u64 {
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied().unwrap_or(0)
}

impl Seen {
    /// The middle of what a program held in a quarter of the time, the first one being 0. The first quarter is left to
    /// what a program needs once.
    fn quarter(&self, quarter: u32, program: usize, figure: Figure) -> u64 {
        let whole = self.held.last().map_or(Duration::ZERO, |(at, _)| *at);
        let range = whole / 4 * quarter..=whole / 4 * (quarter + 1);
        let within = self.held.iter().filter(|(at, _)| range.contains(at));
        median(within.map(|(_, held)| figure(&held[program])).collect())
    }

    /// From the middle of the second quarter to that of the last one.
    fn span(&self) -> Duration {
        self.held.last().map_or(Duration::ZERO, |(at, _)| *at) / 2
    }

    fn grown(&self) -> Result<Vec<String>> {
        let first = self.held.first().context("nothing was seen")?;
        let last = self.held.last().context("nothing was seen")?;
        let hours = |amount: u64, over: Duration| (amount as f64 * over.as_secs_f64() / 3600.0) as u64;
        let mut grown = Vec::new();
        for (program, name) in PROGRAMS.iter().enumerate() {
            let mut judge = |what: &str, figure: Figure, more: u64| {
                let [early, late] = [1, 3].map(|quarter| self.quarter(quarter, program, figure));
                if late > early + more {
                    grown.push(format!("{name}: {what} grew from {early} to {late}"));
                }
            };
            judge("memory", |held| held.memory, MORE_MEMORY);
            judge("descriptors", |held| held.descriptors, MORE_HANDLES);
            judge("threads", |held| held.threads, MORE_HANDLES);
            judge("files", |held| held.files, hours(MORE_FILES_AN_HOUR, self.span()));
            // The server is started again at times, and counts anew.
            let lines = last.1[program].lines.saturating_sub(first.1[program].lines);
            if lines > hours(LINES_AN_HOUR, last.0) + 100 {
                grown.push(format!("{name}: {lines} lines were written"));
            }
        }
        Ok(grown)
    }

    fn now(&self) -> String {
        let Some((_, held)) = self.held.last() else { return String::new() };
        let words = PROGRAMS.iter().zip(held).map(|(name, held)| {
            format!(
                "{name} {:.1} MB, {} descriptors, {} threads, {} kB of files, {} lines",
                held.memory as f64 / 1e6,
                held.descriptors,
                held.threads,
                held.files / 1000,
                held.lines
            )
        });
        words.collect::<Vec<_>>().join("; ")
    }

    fn print(&self) {
        println!("{:11} {:>6} {:>8} {:>8}  ms without a packet", "", "times", "median", "longest");
        for event in Event::ALL {
            let gaps: Vec<_> = self
                .happened
                .iter()
                .filter(|(happened, _)| *happened == event)
                .map(|(_, gap)| gap.as_millis() as u64)
                .collect();
            let longest = gaps.iter().max().copied().unwrap_or(0);
            println!("{:11.11} {:>6} {:>8} {longest:>8}", event.name(), gaps.len(), median(gaps));
        }
        println!("{:25} {:>10} {:>10} {:>10} {:>10}", "median of each quarter", "1", "2", "3", "4");
        let figures: [(&str, Figure); 5] = [
            ("memory, kB", |held| held.memory / 1000),
            ("descriptors", |held| held.descriptors),
            ("threads", |held| held.threads),
            ("files, kB", |held| held.files / 1000),
            ("lines", |held| held.lines),
        ];
        for (program, name) in PROGRAMS.iter().enumerate() {
            for (what, figure) in figures {
                let [a, b, c, d] = [0, 1, 2, 3].map(|quarter| self.quarter(quarter, program, figure));
                println!("{name:10} {what:14} {a:>10} {b:>10} {c:>10} {d:>10}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(memory: impl Fn(u64) -> u64) -> Seen {
        let held = |minute: u64| {
            let held = Held { memory: memory(minute), ..Held::default() };
            (Duration::from_secs(minute * 60), [held; 3])
        };
        Seen { held: (0..120).map(held).collect(), happened: Vec::new() }
    }

    #[test]
    fn what_grows_by_and_by_is_found_and_what_is_needed_once_is_not() {
        assert_eq!(seen(|_| 20 << 20).grown().unwrap(), Vec::<String>::new());
        assert_eq!(seen(|minute| minute.min(20) << 20).grown().unwrap(), Vec::<String>::new());
        let grown = seen(|minute| (20 << 20) + minute * (50 << 10)).grown().unwrap();
        assert_eq!(grown.len(), 3, "{grown:?}");
        assert!(grown[0].starts_with("player one: memory grew"), "{grown:?}");
        assert!(Seen::default().grown().is_err());
    }
}
