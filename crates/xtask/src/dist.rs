//! `cargo xtask dist`: the packages that players install.
//!
//! Tauri's own bundler makes those for Linux and macOS, .deb and .rpm without any tool of those systems, from one description.
//! What it is not asked for on Linux is the build: the programs are built once, and `tauri bundle` packs them. The installer
//! for Windows is our own, made on Linux, so that the one which is tested is the one which is published.

mod anywhere;
mod linux;
mod manual;
#[cfg(target_os = "linux")]
mod proof;
mod server;
#[cfg(target_os = "linux")]
pub(crate) mod windows;
#[cfg(target_os = "linux")]
pub(crate) mod winget;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::{
    project,
    setup::{self, Setup},
    shell::{self, cargo, npm},
};

/// What the .deb may weigh at most, in bytes.
const DEB_BYTES: u64 = 15_000_000;

/// How the programs are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Profile {
    /// What tests run, unoptimised: for the proof, which measures nothing.
    Dev,
    /// What players get.
    Release,
}

impl Profile {
    /// Cargo's folder of it, below the target folder.
    const fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }

    /// Cargo's arguments for it.
    const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Dev => &["--locked"],
            Self::Release => &["--locked", "--release"],
        }
    }
}

/// Where everything of this command lies.
fn folder() -> PathBuf {
    project::target().join("dist")
}

/// Builds the packages and shows them; with `appimage` one of these too, wherever its tools have to come from.
pub(crate) fn run(setup: Setup, appimage: bool) -> Result<()> {
    ensure!(!cfg!(windows), "the installer for Windows is made on Linux, by `cargo xtask dist --windows`");
    setup.packages(&[setup::BUILD])?;
    setup.node_packages()?;
    shell::run(&mut npm(&["run", "build"]))?;
    let packages = if cfg!(target_os = "linux") {
        build(Profile::Release)?;
        let mut packages = linux::packages(Profile::Release, None, appimage)?;
        packages.push(anywhere::archive(Profile::Release)?);
        if shell::exists("dpkg-deb") {
            packages.push(server::package(Profile::Release)?);
        } else {
            println!(
                "The server's .deb: LEFT OUT, Debian's own tool for it (dpkg-deb) is not on this machine"
            );
        }
        if shell::exists("rpmbuild") {
            packages.push(server::rpm(Profile::Release)?);
        } else {
            println!("The server's .rpm: LEFT OUT, rpm's own tool for it (rpmbuild) is not on this machine");
        }
        packages
    } else {
        shell::run(&mut tauri(&["build", "--ci", "--bundles", "dmg"]))?;
        found_in(&project::target().join("release/bundle/dmg"))?
    };
    show(&packages)
}

/// Says what was made, and how large it is.
fn show(packages: &[PathBuf]) -> Result<()> {
    println!("\n{}", shell::bold("── Packages "));
    for package in packages {
        let bytes = fs::metadata(package)?.len();
        println!("{} {:>6.1} MB  {}", shell::green("✓"), bytes as f64 / 1e6, package.display());
        let is_deb = package.extension().is_some_and(|ending| ending == "deb");
        ensure!(!is_deb || bytes < DEB_BYTES, "the .deb is to stay below {} MB", DEB_BYTES / 1_000_000);
    }
    Ok(())
}

/// Builds the installer for Windows here, and shows it; with the address where it will lie also what winget has to know.
#[cfg(target_os = "linux")]
pub(crate) fn run_for_windows(setup: Setup, address: Option<&str>) -> Result<()> {
    let installer = windows::package(setup)?;
    let mut made = address.map_or_else(|| Ok(Vec::new()), |address| winget::write(&installer, address))?;
    made.insert(0, installer);
    show(&made)
}

/// Measures the programs that were packed last, in the desktop test's two windows.
#[cfg(target_os = "linux")]
pub(crate) fn measure(setup: Setup) -> Result<()> {
    setup.packages(&[setup::BUILD, setup::LAB, setup::DESKTOP_TEST])?;
    setup.tools(&[setup::TAURI_DRIVER])?;
    let mut windows = npm(&["run", "test:desktop", "--", "two.mjs"]);
    windows.env("PATH", setup::path_with_tools()?);
    windows.env("LANRAGE_APP", project::target().join(Profile::Release.folder()).join("lanrage-desktop"));
    shell::run(&mut windows)
}

/// Installs, uses, replaces and removes the .deb, in a file system that is thrown away.
#[cfg(target_os = "linux")]
pub(crate) fn prove(setup: Setup, no_build: bool) -> Result<()> {
    use lanrage_lab::world::{self, World};

    if !world::is_inside() {
        setup.packages(&[setup::BUILD, setup::LAB, setup::PACKAGE_TEST])?;
        setup.node_packages()?;
        if !no_build {
            shell::run(&mut npm(&["run", "build"]))?;
            build(Profile::Dev)?;
        }
        linux::packages(Profile::Dev, Some(proof::NEWER), false)?;
        linux::packages(Profile::Dev, None, false)?;
        anywhere::archive(Profile::Dev)?;
        server::package(Profile::Dev)?;
        server::rpm(Profile::Dev)?;
    }
    match world::enter_as_root()? {
        World::Inside => proof::run(),
        World::Left(status) if status.success() => Ok(()),
        World::Left(status) => anyhow::bail!("the packages are not right ({status})"),
    }
}

/// Builds the programs, the control server beside them.
fn build(profile: Profile) -> Result<()> {
    // Apart, as the other commands build them too: what a library is compiled with depends on who is built together.
    for packages in [&["--package", "lanrage"][..], &[], &["--package", "lanrage-helper"]] {
        shell::run(cargo(&["build"]).args(profile.arguments()).args(packages))?;
    }
    Ok(())
}

fn tauri(arguments: &[&str]) -> std::process::Command {
    shell::command(project::ui().join("node_modules/.bin/tauri"), arguments)
}

/// The files in a folder.
fn found_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|path| path.is_file());
    Ok(files)
}
