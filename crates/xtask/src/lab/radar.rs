//! `cargo xtask radar`: how soon a friend is shown who hosts what, and how soon that it is over.

use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;
use lanrage_lab::{
    radar::{self, Game, Seen},
    world,
};

use super::{
    in_a_world,
    rows::{Output, Rows},
};
use crate::setup::{self, Setup};

/// The longest from the start of a server until a friend is shown it.
const SHOWN: Duration = Duration::from_secs(3);
/// The longest from its end until it is shown no more.
const GONE: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Two servers instead of all that Debian has and all stand-ins
    #[arg(long)]
    quick: bool,
    /// Only the party of five
    #[arg(long, hide = true)]
    crowd: bool,
    #[command(flatten)]
    output: Output,
}

/// Plays it and shows what came of it.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    if !world::is_inside() {
        setup.packages(&[setup::GAME])?;
        if !options.quick {
            setup.packages(&[setup::GAMES])?;
        }
    }
    let failed = "who hosts what is not shown as it should be";
    in_a_world(setup, options.output.no_build, failed, || play(options))?;
    if !options.quick && !options.crowd && !world::is_inside() {
        // Their routers need a world of their own.
        let json = options.output.json.then_some("--json");
        let words: Vec<&str> = ["--no-setup", "radar", "--crowd"].into_iter().chain(json).collect();
        let output = world::run_again(&words)?;
        print!("{}", String::from_utf8_lossy(&output.stdout));
        ensure!(output.status.success(), "{failed} ({})", output.status);
    }
    Ok(())
}

fn play(options: &Options) -> Result<()> {
    let all = match options {
        Options { crowd: true, .. } => &[],
        Options { quick: true, .. } => &Game::ALL[..2],
        _ => &Game::ALL[..],
    };
    let (games, missing): (Vec<Game>, Vec<Game>) = all.iter().copied().partition(|game| game.is_installed());
    let headings = format!("  {:12} {:>7} {:>7} {:>7}  what is shown", "", "shown", "told", "gone");
    let title = "Two players behind NATs; a server starts at one, and the other is shown it; times in ms";
    let headings: &[&str] = if options.crowd { &[] } else { &[title, &headings] };
    let mut rows = Rows::begin(&options.output, headings);
    let mut report = |seen: Seen| rows.show(&seen.what, &faults(&seen), &seen.to_json(), &columns(&seen));
    if options.crowd {
        report(radar::crowd::play(Game::Teeworlds)?);
    } else {
        radar::play(&games, &mut report)?;
    }
    for game in missing {
        let seen = Seen { what: game.slug().to_owned(), ..Seen::default() };
        rows.show(&seen.what, &["not installed".to_owned()], &seen.to_json(), &columns(&seen));
    }
    rows.end("not within its goal")
}

fn faults(seen: &Seen) -> Vec<String> {
    let mut faults: Vec<String> = seen.problem.clone().into_iter().collect();
    for (what, time, limit) in [("shown", seen.shown, SHOWN), ("gone", seen.gone, GONE)] {
        if time.is_none_or(|time| time > limit) {
            faults.push(format!("not {what} within {} ms", limit.as_millis()));
        }
    }
    faults
}

fn columns(seen: &Seen) -> String {
    let ms = |time: Option<Duration>| time.map_or("–".to_owned(), |time| time.as_millis().to_string());
    let [shown, told, gone] = [seen.shown, seen.told, seen.gone].map(ms);
    format!("{:12} {shown:>7} {told:>7} {gone:>7}  {}", seen.what, seen.words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_late_or_never_is_a_fault() {
        let seen = |shown: Option<u64>, gone: Option<u64>| Seen {
            shown: shown.map(Duration::from_millis),
            gone: gone.map(Duration::from_millis),
            ..Seen::default()
        };
        assert!(faults(&seen(Some(900), Some(900))).is_empty());
        assert_eq!(faults(&seen(Some(3_001), Some(5_001))).len(), 2);
        assert_eq!(faults(&seen(None, Some(1))).len(), 1);
        let with_problem = Seen { problem: Some("x".to_owned()), ..seen(Some(1), Some(1)) };
        assert_eq!(faults(&with_problem), ["x"]);
    }
}
