//! `cargo xtask`: everything there is to do with this repository, each in one command that also sets up what it needs.

#[cfg(target_os = "linux")]
mod bench;
#[cfg(target_os = "linux")]
mod demo;
mod dist;
#[cfg(target_os = "linux")]
mod lab;
mod place;
mod project;
#[cfg(target_os = "linux")]
mod readme;
mod run;
mod setup;
mod shell;
mod steps;
mod test;
mod windows;
mod windows_target;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Everything there is to do with LANrage's source"
)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    /// Neither look for system packages nor install them
    #[arg(long, global = true)]
    no_setup: bool,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Show the main job on this machine: two players behind two routers, one link, one LAN game
    #[cfg(target_os = "linux")]
    Demo {
        /// Keep the party running after the summary, until Ctrl-C
        #[arg(long)]
        stay: bool,
        /// Let them find each other through a control server, instead of a public address book
        #[arg(long)]
        server: bool,
        /// Use the programs as they were built last
        #[arg(long)]
        no_build: bool,
    },
    /// Run every test of the project
    Test,
    /// Compile the code for Windows, and play it with wine beside a Linux player
    Windows(windows::Options),
    /// Kill a program that changes state at random moments, and check that nothing confirmed is ever lost
    Crash {
        /// How often it is killed
        #[arg(long, default_value_t = 1_000)]
        rounds: u32,
        /// Repeat the moments of an earlier run
        #[arg(long)]
        seed: Option<u64>,
        /// Use the programs as they were built last
        #[arg(long)]
        no_build: bool,
    },
    /// Put the same load on our tunnel and on others, in turns
    #[cfg(target_os = "linux")]
    Bench(bench::Options),
    /// Measure what keeping state costs, and how fast a party comes back
    #[cfg(target_os = "linux")]
    BenchState,
    /// Put the same load on our relay and on coturn, in turns
    #[cfg(target_os = "linux")]
    BenchRelay {
        /// How often each is measured
        #[arg(long, default_value_t = 3)]
        rounds: u32,
        /// Use the programs as they were built last
        #[arg(long)]
        no_build: bool,
    },
    /// Put members of many parties on one control server, and measure what each costs it
    #[cfg(target_os = "linux")]
    BenchServer(bench::server::Options),
    /// Let two players meet in every pair of networks, and check that they connect, how, and how soon
    #[cfg(target_os = "linux")]
    NatMatrix(lab::nat_matrix::Options),
    /// Play over lines that lose packets, once and with packets that go by two ways
    #[cfg(target_os = "linux")]
    Lossy(lab::lossy::Options),
    /// Send flows of large and small packets beside transfers, and check that they stay in order
    #[cfg(target_os = "linux")]
    Order(lab::order::Options),
    /// Let two players meet with nobody's server, and check how soon after the click
    #[cfg(target_os = "linux")]
    Serverless(lab::serverless::Options),
    /// Disturb two players' networks in every way, and check how long their game stands still
    #[cfg(target_os = "linux")]
    Recovery(lab::recovery::Options),
    /// Do to players' computers and routers what others do, and check how soon they are told and it is mended
    #[cfg(target_os = "linux")]
    Disturb(lab::disturb::Options),
    /// Flood a player and a control server in every way, and check what everybody else notices
    #[cfg(target_os = "linux")]
    Attack(lab::attack::Options),
    /// Send from sockets of every kind, and check who hears what on the virtual LAN and on the real one
    #[cfg(target_os = "linux")]
    LanTest(lab::lan_test::Options),
    /// Start game servers at one player and kill them, and check how soon the other is shown that
    #[cfg(target_os = "linux")]
    Radar(lab::radar::Options),
    /// Try all ports of one player's computer from the other's, at each level of what friends reach
    #[cfg(target_os = "linux")]
    Shield(lab::shield::Options),
    /// Keep a game from being seen in every way, and check that the player is told why, and what mends it
    #[cfg(target_os = "linux")]
    Why(lab::why::Options),
    /// Let players' networks change at random for two hours, and check that no program grows
    #[cfg(target_os = "linux")]
    Soak(lab::soak::Options),
    /// Build the packages that players install
    Dist {
        /// Build the .deb from unoptimised programs instead, and install, use, replace and purge it in a file system that
        /// is thrown away
        #[cfg(target_os = "linux")]
        #[arg(long)]
        test: bool,
        /// For the test, use the programs as they were built last
        #[cfg(target_os = "linux")]
        #[arg(long, requires = "test")]
        no_build: bool,
        /// Make an AppImage too, with tools that are fetched from the internet
        #[cfg(target_os = "linux")]
        #[arg(long, conflicts_with = "test")]
        appimage: bool,
        /// Build the installer for Windows instead
        #[cfg(target_os = "linux")]
        #[arg(long, conflicts_with_all = ["test", "appimage"])]
        windows: bool,
        /// For the installer, write what winget has to know too, when it will be at this address
        #[cfg(target_os = "linux")]
        #[arg(long, value_name = "ADDRESS", requires = "windows", value_parser = dist::winget::address)]
        winget: Option<String>,
        /// Measure what was packed, too: the start to the first paint and to a party restored, memory, load at rest
        #[cfg(target_os = "linux")]
        #[arg(long, conflicts_with_all = ["test", "windows"])]
        measure: bool,
    },
    /// Start the desktop app
    Run,
    /// Show every page and state of the user interface in a browser, without an engine
    Ui,
    /// Open a shell inside the network of a player of the lab
    #[cfg(target_os = "linux")]
    Lab {
        /// Whose network
        #[arg(value_enum, default_value_t = lab::shell::Place::One)]
        place: lab::shell::Place,
    },
    /// Install what the other commands need, without running them
    Setup,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match place::move_away() {
        Ok(None) => {}
        Ok(Some(ended)) => return ended,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::FAILURE;
        }
    }
    let setup = setup::Setup::new(arguments.no_setup);
    let result = match arguments.task {
        #[cfg(target_os = "linux")]
        Some(Task::Demo { stay, server, no_build }) => demo::run(setup, stay, server, no_build),
        Some(Task::Test) => test::run(setup),
        Some(Task::Windows(options)) => windows::run(setup, &options),
        Some(Task::Crash { rounds, seed, no_build }) => run::crash(setup, rounds, seed, no_build),
        #[cfg(target_os = "linux")]
        Some(Task::Bench(options)) => bench::run(setup, &options),
        #[cfg(target_os = "linux")]
        Some(Task::BenchState) => bench::state::run(setup),
        #[cfg(target_os = "linux")]
        Some(Task::BenchRelay { rounds, no_build }) => bench::relay::run(setup, rounds, no_build),
        #[cfg(target_os = "linux")]
        Some(Task::BenchServer(options)) => bench::server::run(setup, &options),
        #[cfg(target_os = "linux")]
        Some(Task::NatMatrix(options)) => lab::nat_matrix::run(setup, &options),
        #[cfg(target_os = "linux")]
        Some(Task::Lossy(options)) => lab::lossy::run(setup, &options),
        #[cfg(target_os = "linux")]
        Some(Task::Order(options)) => lab::order::run(setup, &options),
        #[cfg(target_os = "linux")]
        Some(Task::Serverless(options)) => lab::serverless::run(setup, &options),
        #[cfg(target_os = "linux")]
        Some(Task::Recovery(options)) => lab::recovery::run(setup, &options),
        #[cfg(target_os = "linux")]
        Some(Task::Disturb(options)) => lab::disturb::run(setup, &options),
        #[cfg(target_os = "linux")]
        Some(Task::Attack(options)) => lab::attack::run(setup, &options),
        #[cfg(target_os = "linux")]
        Some(Task::LanTest(options)) => lab::lan_test::run(setup, &options),
        #[cfg(target_os = "linux")]
        Some(Task::Radar(options)) => lab::radar::run(setup, &options),
        #[cfg(target_os = "linux")]
        Some(Task::Why(options)) => lab::why::run(setup, &options),
        #[cfg(target_os = "linux")]
        Some(Task::Shield(options)) => lab::shield::run(setup, &options),
        #[cfg(target_os = "linux")]
        Some(Task::Soak(options)) => lab::soak::run(setup, &options),
        #[cfg(target_os = "linux")]
        Some(Task::Dist { test: true, no_build, .. }) => dist::prove(setup, no_build),
        #[cfg(target_os = "linux")]
        Some(Task::Dist { windows: true, winget, .. }) => dist::run_for_windows(setup, winget.as_deref()),
        #[cfg(target_os = "linux")]
        Some(Task::Dist { measure: true, appimage, .. }) => {
            dist::run(setup, appimage).and_then(|()| dist::measure(setup))
        }
        #[cfg(target_os = "linux")]
        Some(Task::Dist { appimage, .. }) => dist::run(setup, appimage),
        #[cfg(not(target_os = "linux"))]
        Some(Task::Dist {}) => dist::run(setup, false),
        Some(Task::Run) => run::app(setup),
        Some(Task::Ui) => run::pages(setup),
        #[cfg(target_os = "linux")]
        Some(Task::Lab { place }) => lab::shell::run(setup, place),
        Some(Task::Setup) => setup.everything(),
        None => {
            return match Arguments::command().print_help() {
                Ok(()) => ExitCode::SUCCESS,
                Err(_) => ExitCode::FAILURE,
            };
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{} {error:#}", shell::red("error:"));
            ExitCode::FAILURE
        }
    }
}
