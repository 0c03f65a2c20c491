//! `cargo xtask attack`: what floods cost those who are not meant, beside what they have without.

mod flood;
mod place;
mod players;
mod server;
mod strangers;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use lanrage_lab::{
    expected::Family,
    world::{self, World},
};
use serde_json::{Value, json};

use super::until_well;
use crate::{
    setup::{self, Setup},
    shell::{self, cargo},
};

/// How often an attack is made at most until all of its goals are met.
const TRIES: u32 = 3;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only these attacks
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    only: Vec<Attack>,
    /// Short ones: too short for a session to be renewed meanwhile
    #[arg(long)]
    quick: bool,
    /// Write one JSON object a line instead of the table
    #[arg(long)]
    json: bool,
    /// Use the programs as they were built last
    #[arg(long)]
    no_build: bool,
    /// Make one attack, in a world of its own
    #[arg(long, hide = true, value_name = "NAME")]
    play: Option<Attack>,
}

/// Who attacks whom with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Attack {
    /// A player's socket, by handshakes from an address that is proven
    Handshakes,
    /// The same with IPv6
    #[value(name = "handshakes-ipv6")]
    HandshakesIpv6,
    /// A player's socket, by datagrams that mean nothing
    Junk,
    /// The same with IPv6
    #[value(name = "junk-ipv6")]
    JunkIpv6,
    /// A player's socket in a party without a server, by all that a stranger may try
    Strangers,
    /// A control server, by pings whose answers are never read
    Pings,
    /// A control server of few file descriptors, by connections that say nothing
    Silence,
    /// The same from many addresses of one IPv6 network
    #[value(name = "silence-ipv6")]
    SilenceIpv6,
    /// A relay's streams, by such connections
    Streams,
    /// A control server, by new identities and parties
    Parties,
    /// A control server, by a question that costs more than asking
    Storm,
    /// A control server, by a disk that is full
    FullDisk,
}

impl Attack {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    fn play(self, quick: bool) -> Result<Vec<Row>> {
        let scale = if quick { Scale::SHORT } else { Scale::WHOLE };
        match self {
            Self::Handshakes => players::handshakes(Family::V4, scale, !quick),
            Self::HandshakesIpv6 => players::handshakes(Family::V6, scale, false),
            Self::Junk => players::junk(Family::V4, scale),
            Self::JunkIpv6 => players::junk(Family::V6, scale),
            Self::Strangers => strangers::all_kinds(scale, quick),
            Self::Pings => server::pings(scale),
            Self::Silence => server::silence(Family::V4, scale),
            Self::SilenceIpv6 => server::silence(Family::V6, scale),
            Self::Streams => server::streams(scale),
            Self::Parties => server::parties(scale),
            Self::Storm => server::storm(scale),
            Self::FullDisk => server::full_disk(scale),
        }
    }
}

/// How long each part of an attack takes, and how strictly it is judged.
#[derive(Debug, Clone, Copy)]
struct Scale {
    long: Duration,
    /// How many times worse than its goal a figure that depends on the machine may be. What had no limit at all was ten and
    /// more times worse, so that even a short attack on a machine that does other things finds it.
    slack: f64,
}

impl Scale {
    const WHOLE: Self = Self { long: Duration::from_secs(10), slack: 1.0 };
    const SHORT: Self = Self { long: Duration::from_secs(4), slack: 3.0 };
}

/// What was seen of one thing that an attack must not end.
#[derive(Debug)]
struct Row {
    what: &'static str,
    calm: String,
    attacked: String,
    goal: String,
    passes: bool,
}

impl Row {
    /// Of a download (Mbit/s) by whom it is sent to, of which this share must be left.
    fn download(calm: f64, attacked: f64, goal: f64) -> Self {
        let ratio = share(attacked, calm);
        Self {
            what: "download of whom it is sent to, Mbit/s",
            calm: format!("{calm:.0}"),
            attacked: format!("{attacked:.0} ({:.0} %)", ratio * 100.0),
            goal: format!("≥ {:.0} %", goal * 100.0),
            passes: ratio >= goal,
        }
    }

    fn to_json(&self) -> Value {
        let Self { what, calm, attacked, goal, passes } = self;
        json!({ "what": what, "calm": calm, "attacked": attacked, "goal": goal, "passes": passes })
    }

    fn line(attack: &str, row: &Value) -> String {
        let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
        let mark = if row["passes"] == true { shell::green("✓") } else { shell::red("✗") };
        let [what, calm, attacked, goal] = ["what", "calm", "attacked", "goal"].map(text);
        format!("{mark} {attack:15} {what:44} {calm:>16} {attacked:>24}  {goal}")
    }
}

/// Makes every chosen attack, one after the other, and shows what it cost.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    if let Some(attack) = options.play {
        return play(attack, options.quick);
    }
    setup.packages(&[setup::COMPILE, setup::LAB])?;
    if !options.no_build {
        shell::run(&mut cargo(&["build", "--quiet", "--workspace", "--bins"]))?;
    }
    let chosen = if options.only.is_empty() { Attack::value_variants() } else { &options.only };
    let begun = Instant::now();
    let mut failed = Vec::new();
    if !options.json {
        println!("{:17} {:44} {:>16} {:>24}  goal", "", "", "undisturbed", "attacked");
    }
    for attack in chosen {
        let name = attack.name();
        let is_well = |rows: &Vec<Value>| rows.iter().all(|row| row["passes"] == true);
        for row in until_well(TRIES, || rows_of(&name, options.quick), is_well)? {
            if options.json {
                println!("{}", json!({ "attack": name, "row": row }));
            } else {
                println!("{}", Row::line(&name, &row));
            }
            if row["passes"] != true {
                failed.push(format!("{name}: {}", row["what"].as_str().unwrap_or_default()));
            }
        }
    }
    if !options.json {
        println!("In {:.0} s", begun.elapsed().as_secs_f64());
    }
    ensure!(failed.is_empty(), "not within its goal: {}", failed.join(", "));
    Ok(())
}

fn rows_of(name: &str, quick: bool) -> Result<Vec<Value>> {
    let mut words = vec!["--no-setup", "attack", "--play", name];
    words.extend(quick.then_some("--quick"));
    let output = world::run_again(&words)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let rows = text.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned()));
    let rows: Vec<Value> = rows.collect::<Result<_>>()?;
    ensure!(output.status.success() && !rows.is_empty(), "{name} could not be made ({})", output.status);
    Ok(rows)
}

/// The inside of [`rows_of`].
fn play(attack: Attack, quick: bool) -> Result<()> {
    ensure!(matches!(world::enter()?, World::Inside), "an attack is made in a world that is there already");
    for row in attack.play(quick)? {
        println!("{}", row.to_json());
    }
    Ok(())
}

/// As a person reads it.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attack_can_be_named() {
        for attack in Attack::value_variants() {
            assert_eq!(Attack::from_str(&attack.name(), false).as_ref(), Ok(attack));
        }
    }
}
