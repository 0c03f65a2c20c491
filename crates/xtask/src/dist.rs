//! `cargo xtask dist`: the packages that players install.
//!
//! Tauri's own bundler makes them all, .deb and .rpm without any tool of those systems, from one description; it would
//! also make the Windows and macOS installers from the same `tauri.conf.json`. What it is not asked for is the build: the
//! programs are built once, and `tauri bundle` packs them.

mod anywhere;
mod linux;
mod manual;
#[cfg(target_os = "linux")]
mod proof;
mod server;
#[cfg(target_os = "linux")]
pub(crate) mod windows;

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

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

/// Builds the packages and shows them.
pub(crate) fn run(setup: Setup) -> Result<()> {
    setup.packages(&[setup::BUILD])?;
    setup.node_packages()?;
    shell::run(&mut npm(&["run", "build"]))?;
    let packages = if cfg!(target_os = "linux") {
        build(Profile::Release)?;
        let mut packages = linux::packages(Profile::Release, None)?;
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
        let kind = if cfg!(windows) { "nsis" } else { "dmg" };
        let mut build = tauri(&["build", "--ci", "--bundles", kind]);
        if cfg!(windows) {
            // The adapter's driver stands beside the program, as its licence allows.
            let driver = json!({ "bundle": { "resources": {
                driver()?: "wintun.dll",
                driver_folder()?.join("wintun/LICENSE.txt").to_string_lossy(): "wintun-license.txt",
            } } });
            build.arg("--config").arg(driver.to_string());
        }
        shell::run(&mut build)?;
        found_in(&project::target().join("release/bundle").join(kind))?
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

/// Builds the installer for Windows here, and shows it.
#[cfg(target_os = "linux")]
pub(crate) fn run_for_windows(setup: Setup) -> Result<()> {
    show(&[windows::package(setup)?])
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
        linux::packages(Profile::Dev, Some(proof::NEWER))?;
        linux::packages(Profile::Dev, None)?;
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
    let program =
        project::ui().join("node_modules/.bin").join(if cfg!(windows) { "tauri.cmd" } else { "tauri" });
    shell::command(program, arguments)
}

/// Where the crate that speaks with the Windows driver keeps the driver.
fn driver() -> Result<String> {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let driver = driver_folder()?.join("wintun/bin").join(architecture).join("wintun.dll");
    ensure!(driver.is_file(), "{} is missing", driver.display());
    Ok(driver.to_string_lossy().into_owned())
}

/// The folder of that crate.
fn driver_folder() -> Result<PathBuf> {
    let metadata =
        shell::ask(&mut cargo(&["metadata", "--format-version=1", "--locked"])).context("cargo metadata")?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let mut packages = metadata["packages"].as_array().into_iter().flatten();
    let package = packages.find(|package| package["name"] == "wintun-bindings");
    let manifest =
        package.and_then(|package| package["manifest_path"].as_str()).context("no wintun-bindings")?;
    Ok(Path::new(manifest).with_file_name(""))
}

/// The files in a folder.
fn found_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|path| path.is_file());
    Ok(files)
}
