//! `cargo xtask nat-matrix`: whether every pair of networks connects, by which way, and how soon.

mod table;
mod without_server;

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use lanrage_lab::{
    expected::Path,
    meeting::Meeting,
    networks::{KINDS, Pair},
    world::{self, World},
};
use serde_json::{Value, json};

use self::table::Cell;
use super::in_a_new_world;
use crate::{
    readme,
    setup::{self, Setup},
    shell::{self, cargo},
};

/// How often a cell whose lab did not come up is tried: many namespaces at once are not the most reliable machine.
const LAB_ATTEMPTS: u32 = 3;

/// A pair for each rule of the expected table: what `--quick` plays.
const QUICK: [&str; 8] = [
    "public:eim-apdf",
    "eim-apdf:eim-apdf",
    "eim-adf:apdm-apdf",
    "eim-apdf:apdm-apdf-random",
    "cgnat-eim:cgnat-eim",
    "ipv6:ipv6",
    "eim-apdf:udp-blocked",
    "same-lan",
];

#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// Only these pairs, as the table names them: `one:two`, or one that shares a network; `list` lists them
    #[arg(long, value_delimiter = ',', value_name = "PAIR")]
    pairs: Vec<String>,
    /// Only a pair for each rule of the expected table
    #[arg(long, conflicts_with = "pairs")]
    quick: bool,
    /// With nobody's server and no relay, by a link and a DHT; `one:two` is the party of one then, in which two clicks
    #[arg(long, conflicts_with = "expected")]
    no_server: bool,
    /// The same in the party of a third player, whom everybody reaches: pairs that do not meet alone
    #[arg(long, requires = "no_server")]
    with_friend: bool,
    /// Only pairs of which this way is expected
    #[arg(long, value_enum)]
    expected: Option<Way>,
    /// Write one JSON object a line instead of the table
    #[arg(long)]
    json: bool,
    /// Write the table into README.md
    #[arg(long, conflicts_with_all = ["pairs", "quick", "expected"])]
    update_readme: bool,
    /// Use the programs as they were built last
    #[arg(long)]
    no_build: bool,
    /// Play one pair, in a world of its own
    #[arg(long, hide = true, value_name = "PAIR")]
    cell: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Way {
    Direct,
    Relayed,
}

impl From<Way> for Path {
    fn from(way: Way) -> Self {
        match way {
            Way::Direct => Self::Direct,
            Way::Relayed => Self::Relayed,
        }
    }
}

/// Plays every chosen pair, one after the other, and shows what was seen.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    if let Some(name) = &options.cell {
        return if options.no_server { without_server::play(name, options.with_friend) } else { play(name) };
    }
    if options.pairs.iter().any(|name| name == "list") {
        Pair::all().for_each(|pair| println!("{:30} {}", pair.name(), pair.expected().word()));
        return Ok(());
    }
    setup.packages(&[setup::COMPILE, setup::LAB])?;
    if !options.no_build {
        shell::run(&mut cargo(&["build", "--quiet"]))?;
    }
    if options.no_server {
        return without_server::run(options);
    }

    let pairs = choose(options)?;
    let begun = Instant::now();
    let mut cells = Vec::new();
    for pair in pairs {
        let cell = Cell { pair, seen: meet(&pair)? };
        if options.json {
            println!("{}", cell.to_json());
        } else {
            println!("{}", cell.line());
        }
        cells.push(cell);
    }
    if !options.json {
        println!("\n{}", table::render(&cells));
        println!("{}, in {:.0} s", table::summary(&cells), begun.elapsed().as_secs_f64());
    }
    if options.update_readme {
        readme::replace("nat-matrix", &table::markdown(&cells))?;
    }
    let failed: Vec<_> = cells.iter().filter(|cell| !cell.passes()).map(|cell| cell.pair.name()).collect();
    ensure!(
        failed.is_empty(),
        "{} of {} pairs failed; to repeat them: cargo xtask nat-matrix --pairs {}",
        failed.len(),
        cells.len(),
        failed.join(",")
    );
    table::check_times(&cells)
}

fn choose(options: &Options) -> Result<Vec<Pair>> {
    let named = |name: &str| {
        Pair::named(name).with_context(|| {
            let kinds = KINDS.map(|kind| kind.name).join(", ");
            format!("there is no pair {name}; the networks are {kinds}, and `--pairs list` lists all pairs")
        })
    };
    let pairs: Vec<Pair> = if options.quick {
        QUICK.into_iter().map(named).collect::<Result<_>>()?
    } else if options.pairs.is_empty() {
        Pair::all().collect()
    } else {
        options.pairs.iter().map(|name| named(name)).collect::<Result<_>>()?
    };
    let wanted = options.expected.map(Path::from);
    Ok(pairs.into_iter().filter(|pair| wanted.is_none_or(|way| way == pair.expected())).collect())
}

/// Plays a pair in a new world.
fn meet(pair: &Pair) -> Result<Meeting> {
    Meeting::from_json(&at_last(&pair.name(), &[])?)
}

/// Plays a cell in a new world, and returns what it says. Only where the lab itself failed is there another try.
fn at_last(name: &str, words: &[&str]) -> Result<Value> {
    let mut reason = String::new();
    for _ in 0..LAB_ATTEMPTS {
        let lines = in_a_new_world("nat-matrix", &[&["--cell", name], words].concat())?;
        let answer =
            lines.into_iter().next_back().with_context(|| format!("the lab of {name} said nothing"))?;
        match answer["lab"].as_str() {
            None => return Ok(answer),
            Some(failure) => reason = failure.to_owned(),
        }
        eprintln!("The lab of {name} did not come up: {reason}");
    }
    bail!("the lab of {name} did not come up in {LAB_ATTEMPTS} attempts: {reason}")
}

/// The inside of [`meet`].
fn play(name: &str) -> Result<()> {
    let pair = Pair::named(name).with_context(|| format!("there is no pair {name}"))?;
    ensure!(matches!(world::enter()?, World::Inside), "a cell is played in a world that is there already");
    let answer = Meeting::hold(&pair)
        .map_or_else(|failure| json!({ "lab": format!("{failure:#}") }), |meeting| meeting.to_json());
    println!("{answer}");
    Ok(())
}
