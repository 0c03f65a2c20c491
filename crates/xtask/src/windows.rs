//! The code for Windows: compiled wherever it is checked, and played where there is wine.

#[cfg(target_os = "linux")]
mod absence;
#[cfg(target_os = "linux")]
mod kit;
#[cfg(target_os = "linux")]
mod play;
#[cfg(target_os = "linux")]
mod screen;
#[cfg(target_os = "linux")]
mod setup_program;
#[cfg(target_os = "linux")]
mod unit_tests;

use anyhow::Result;

use crate::{
    setup::{self, Setup},
    shell,
    windows_target::{self, TARGET},
};
#[cfg(target_os = "linux")]
use crate::{shell::cargo, windows_target::Library};

/// What is built, and played. Together, so that each library is compiled once.
const PROGRAMS: [&str; 6] =
    ["--package", "lanrage", "--package", "lanrage-cli", "--package", "lanrage-helper"];

/// What is done.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Use the Linux programs as they were built last
    #[arg(long)]
    no_build: bool,
    /// Run the tests of the libraries and programs as Windows programs instead
    #[cfg(target_os = "linux")]
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    unit_tests: Option<unit_tests::Extent>,
}

/// `cargo xtask windows`: builds the programs for Windows and plays them, or says in one line what was left out and why.
pub(crate) fn run(setup: Setup, options: &Options) -> Result<()> {
    #[cfg(target_os = "linux")]
    if lanrage_lab::world::is_inside() {
        return play_in_a_world();
    }
    setup.packages(&[setup::WINDOWS_CHECK])?;
    let library = match windows_target::library() {
        Ok(library) => library,
        Err(reason) => {
            println!("The code for Windows: LEFT OUT, there is no standard library for {TARGET}: {reason:#}");
            return Ok(());
        }
    };
    #[cfg(target_os = "linux")]
    if let Some(extent) = options.unit_tests {
        if let Err(reason) = kit::get_wine(setup) {
            println!("The libraries' tests as on Windows: LEFT OUT, {reason:#}");
            return Ok(());
        }
        kit::build_prefix()?;
        return unit_tests::run(&library, extent);
    }
    shell::run(library.cargo("build").args(PROGRAMS))?;
    println!("The code for Windows is compiled");
    #[cfg(target_os = "linux")]
    return prepare_and_play(setup, options.no_build, &library);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = options.no_build;
        Ok(())
    }
}

/// Makes what is played with, where there is wine.
#[cfg(target_os = "linux")]
fn prepare_and_play(setup: Setup, no_build: bool, library: &Library) -> Result<()> {
    if let Err(reason) = kit::get_wine(setup) {
        println!("Playing as on Windows: LEFT OUT, {reason:#}");
        return Ok(());
    }
    kit::build(library)?;
    setup_program::make()?;
    setup.packages(&[setup::COMPILE, setup::LAB])?;
    if !no_build {
        shell::run(&mut cargo(&["build", "--quiet", "--workspace", "--bins"]))?;
    }
    play_in_a_world()
}

#[cfg(target_os = "linux")]
fn play_in_a_world() -> Result<()> {
    use lanrage_lab::world::{self, World};

    match world::enter()? {
        World::Inside => play::run(),
        World::Left(status) => {
            anyhow::ensure!(
                status.success(),
                "what was played as on Windows is not as it should be ({status})"
            );
            Ok(())
        }
    }
}
