//! `cargo xtask bench`: the tunnel against others on one machine, in turns, as ratios.

mod figures;
mod measure;
mod party;
mod program;
pub(crate) mod relay;
mod report;
mod search;
pub(crate) mod server;
mod shields;
pub(crate) mod state;
mod traffic;
pub(crate) mod usage;

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use lanrage_lab::{
    Wire,
    integrity::{self, Place},
    world::{self, World},
};

use self::{
    figures::Results,
    measure::{Part, Scale},
    program::Program,
    report::Machine,
};
use crate::{
    readme,
    setup::{self, Setup},
    shell::{self, cargo},
};

/// Others having more than this share of the processors make a measurement doubtful.
const DOUBTFUL_SHARE: f64 = 0.05;

/// What TCP carries in each direction to prove that nothing is changed.
const INTEGRITY_BYTES: u64 = 1 << 30;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How often each program is measured
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Only these programs
    #[arg(long, value_delimiter = ',', value_enum, value_name = "PROGRAM")]
    only: Vec<Program>,
    /// Only these parts of a round
    #[arg(long, value_delimiter = ',', value_enum, value_name = "PART")]
    parts: Vec<Part>,
    /// Measure the party of sixteen too when only some programs or parts are
    #[arg(long)]
    party: bool,
    /// How long each flow is measured
    #[arg(long, default_value_t = 3.0, value_name = "SECONDS")]
    seconds: f64,
    /// One short round, without the party of sixteen
    #[arg(long)]
    quick: bool,
    /// Write the results to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the tables into README.md
    #[arg(long, conflicts_with_all = ["quick", "parts"])]
    update_readme: bool,
    /// Instead, send 1 GiB in each direction at once through ours, and datagrams of every length meanwhile, and check
    /// that nothing is changed
    #[arg(long, conflicts_with_all = ["quick", "only", "json", "update_readme"])]
    integrity: bool,
    /// Instead, measure ours with shields and without, by turns within one flow, in so many pairs
    #[arg(long, value_name = "PAIRS", num_args = 0..=1, default_missing_value = "20")]
    #[arg(conflicts_with_all = ["quick", "only", "json", "update_readme", "integrity"])]
    shields: Option<u32>,
    /// Use the programs as they were built last
    #[arg(long)]
    no_build: bool,
}

impl Options {
    fn programs(&self) -> Vec<Program> {
        let chosen = |program: &Program| match self.only.as_slice() {
            [] => program.is_usual(),
            only => only.contains(program),
        };
        Program::ALL.into_iter().filter(chosen).collect()
    }

    fn rounds(&self) -> u32 {
        if self.quick { 1 } else { self.rounds.max(1) }
    }

    fn scale(&self) -> Scale {
        let seconds = if self.quick { 1.0 } else { self.seconds.clamp(1.0, 60.0) };
        let parts = if self.parts.is_empty() { Part::value_variants() } else { &self.parts };
        Scale {
            parts: parts.to_vec(),
            length: Duration::from_secs_f64(seconds),
            halvings: if self.quick { 2 } else { 4 },
        }
    }

    fn with_party(&self) -> bool {
        self.party || (!self.quick && self.only.is_empty() && self.parts.is_empty())
    }
}

/// Gets and builds what is compared, and compares it.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    if !world::is_inside() {
        prepare(setup, options)?;
    }
    match world::enter()? {
        World::Inside if options.integrity => prove_integrity(),
        World::Inside => match options.shields {
            Some(pairs) => shields::compare(pairs),
            None => compare(options),
        },
        World::Left(status) if status.success() => Ok(()),
        World::Left(status) => bail!("the programs were not compared ({status})"),
    }
}

fn prepare(setup: Setup, options: &Options) -> Result<()> {
    setup.packages(&[setup::COMPILE, setup::LAB, setup::BENCH])?;
    let is_ours_alone = options.integrity || options.shields.is_some();
    let programs = if is_ours_alone { vec![Program::Ours] } else { options.programs() };
    for tool in programs.into_iter().filter_map(Program::tool) {
        if let Err(error) = setup.tools(&[tool]) {
            eprintln!("{} {error:#}", shell::red("left out:"));
        }
    }
    if !options.no_build {
        shell::run(&mut cargo(&["build", "--release", "--package", "lanrage-cli"]))?;
        let mut load = cargo(&["build", "--release", "--package", "lanrage-bench", "--bin", "bench_load"]);
        // Without what measures from inside, it needs no optimised build of the whole product.
        shell::run(load.arg("--no-default-features"))?;
    }
    Ok(())
}

fn prove_integrity() -> Result<()> {
    let wire = Wire::lay()?;
    let tunnel = Program::Ours.start(&wire)?;
    let [one, two] = [(&wire.one, tunnel.addresses[0]), (&wire.two, tunnel.addresses[1])];
    let [one, two] = [one, two].map(|(host, address)| Place { host, address });
    let begun = Instant::now();
    let proof = integrity::prove(one, two, INTEGRITY_BYTES)?;
    println!(
        "{} MiB by TCP came out as they went in, in {:.0} s; so did {} small and {} large datagrams, {} sent",
        proof.tcp_bytes >> 20,
        begun.elapsed().as_secs_f64(),
        proof.small_datagrams,
        proof.large_datagrams,
        proof.datagrams_sent
    );
    Ok(())
}

fn compare(options: &Options) -> Result<()> {
    let mut versions = BTreeMap::new();
    for program in options.programs() {
        match program.version() {
            Some(version) => drop(versions.insert(program, version)),
            None => println!("{} {} cannot be run on this machine", shell::red("left out:"), program.name()),
        }
    }
    let programs: Vec<_> = versions.keys().copied().collect();
    ensure!(!programs.is_empty(), "there is nothing to measure");

    let wire = Wire::lay()?;
    let mut results = Results::default();
    for round in 0..options.rounds() {
        // Each begins once, if there are enough rounds: who comes first finds a cooler machine.
        let first = round as usize % programs.len();
        for &program in programs[first..].iter().chain(&programs[..first]) {
            measure(program, &wire, &options.scale(), round, &mut results);
        }
    }
    if options.with_party() {
        let stage = party::Stage::new()?;
        for program in party::PROGRAMS.into_iter().filter(|program| programs.contains(program)) {
            measure_party(program, &stage, options, &mut results);
        }
    }

    let machine = Machine::here(versions);
    println!("{}", report::text(&results, &machine));
    if let Some(file) = &options.json {
        let text = serde_json::to_string_pretty(&report::json(&results, &machine))?;
        fs::write(file, text + "\n").with_context(|| file.display().to_string())?;
    }
    if options.update_readme {
        readme::replace("bench", &report::markdown(&results, &machine, options.rounds()))?;
    }
    ensure!(!results.rounds.is_empty(), "nothing was measured");
    Ok(())
}

/// Measures a program with sixteen friends.
fn measure_party(program: Program, stage: &party::Stage, options: &Options, results: &mut Results) {
    let name = program.name();
    match stage.measure(program, options.rounds(), options.scale().length) {
        Ok(shares) => {
            println!(
                "16 peers at once, {name}: {:.0} Mbit/s together, one alone {:.0}",
                shares.together, shares.alone
            );
            results.parties.insert(program, shares);
        }
        Err(error) => println!("{} {name} with 16 peers: {error:#}", shell::red("not measured:")),
    }
}

/// Measures a program once; one that fails is told of, and the others go on.
fn measure(program: Program, wire: &Wire, scale: &Scale, round: u32, results: &mut Results) {
    let number = round + 1;
    let measured = match measure::program(program, wire, scale) {
        Ok(measured) => measured,
        Err(error) => {
            println!("{} {} in round {number}: {error:#}", shell::red("not measured:"), program.name());
            return;
        }
    };
    println!("Round {number}: {}", program.name());
    for problem in &measured.problems {
        println!("  {} {problem}", shell::red("not measured:"));
    }
    if let Some((what, share)) = measured.others.filter(|&(_, share)| share > DOUBTFUL_SHARE) {
        println!(
            "  {} other programs of the machine had up to {:.0} % of the processors (during: {what})",
            shell::red("doubtful:"),
            share * 100.0
        );
    }
    results.rounds.entry(program).or_default().push(measured.round);
}
