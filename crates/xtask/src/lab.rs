//! What is played in the lab: the players' real programs in networks of every kind, and what befalls them there.

pub(crate) mod attack;
pub(crate) mod disturb;
pub(crate) mod lan_test;
pub(crate) mod lossy;
pub(crate) mod nat_matrix;
pub(crate) mod order;
pub(crate) mod radar;
pub(crate) mod recovery;
mod rows;
pub(crate) mod serverless;
pub(crate) mod shell;
pub(crate) mod shield;
pub(crate) mod soak;
pub(crate) mod why;

use anyhow::{Context, Result, ensure};
use lanrage_lab::world::{self, World};
use serde_json::Value;

use crate::{
    setup::{self, Setup},
    shell::{cargo, run as run_command},
};

/// Builds the programs, unless that was done, and does `work` in a world of its own; fails with these words if it does.
fn in_a_world(setup: Setup, no_build: bool, failed: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    if !world::is_inside() {
        setup.packages(&[setup::COMPILE, setup::LAB])?;
        if !no_build {
            run_command(&mut cargo(&["build", "--quiet", "--workspace", "--bins"]))?;
        }
    }
    match world::enter()? {
        World::Inside => work(),
        World::Left(status) => {
            ensure!(status.success(), "{failed} ({status})");
            Ok(())
        }
    }
}

/// Runs a command of ours with these words in a world of its own, and returns the lines that it writes.
fn in_a_new_world(command: &str, words: &[&str]) -> Result<Vec<Value>> {
    let output = world::run_again(&[&["--no-setup", command], words].concat())?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(!text.is_empty(), "the lab ended ({}) and said nothing", output.status);
    text.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
}

/// Plays something again, so many times in all at most, until all is well: the machine may have done something else at that
/// moment.
fn until_well<T>(tries: u32, mut play: impl FnMut() -> Result<T>, is_well: impl Fn(&T) -> bool) -> Result<T> {
    let mut played = play()?;
    for _ in 1..tries {
        if is_well(&played) {
            break;
        }
        played = play()?;
    }
    Ok(played)
}

/// What was played of one thing, as a table has it.
trait Played {
    /// What was played.
    fn name(&self) -> &'static str;
    /// What was not as it should be, in words.
    fn faults(&self) -> Vec<String>;
    /// For programs.
    fn to_json(&self) -> Value;
    /// For people.
    fn line(&self) -> String;
}

/// Plays each of some things, so many times in all at most until all is well, and shows what came of it; the names of those
/// that were not as they should be.
fn show_each<T: Copy, P: Played>(
    things: &[T],
    (tries, as_json): (u32, bool),
    play: impl Fn(T) -> Result<P>,
) -> Result<Vec<&'static str>> {
    let mut failed = Vec::new();
    for thing in things {
        let played = until_well(tries, || play(*thing), |played| played.faults().is_empty())?;
        println!("{}", if as_json { played.to_json().to_string() } else { played.line() });
        if !played.faults().is_empty() {
            failed.push(played.name());
        }
    }
    Ok(failed)
}

/// Plays rounds of one thing in a world of its own: what was seen of each, and why it could not be played to the end, if so.
fn rounds_of<R>(
    command: &str,
    name: &str,
    rounds: u32,
    read: impl Fn(&Value) -> Result<R>,
) -> Result<(Vec<R>, Option<String>)> {
    let (mut seen, mut failure) = (Vec::new(), None);
    for line in in_a_new_world(command, &["--play", name, "--rounds", &rounds.to_string()])? {
        match line["failure"].as_str() {
            Some(why) => failure = Some(why.to_owned()),
            None => seen.push(read(&line).with_context(|| line.to_string())?),
        }
    }
    Ok((seen, failure))
}
