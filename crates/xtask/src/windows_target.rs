//! Compiling for Windows.
//!
//! It takes a C compiler for Windows and the standard library of the target. An ordinary machine gets that from rustup. Where
//! Rust's own servers cannot be reached, Debian's package of the standard library's source, of the very same version as the
//! compiler, is built instead.

#[cfg(target_os = "linux")]
mod debian_source;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    project,
    shell::{self, cargo},
};

pub(crate) const TARGET: &str = "x86_64-pc-windows-gnu";

/// Where the target's standard library comes from.
#[derive(Debug)]
pub(crate) enum Library {
    /// It is installed beside the compiler.
    Installed,
    /// It is built from this source.
    Source(PathBuf),
}

impl Library {
    /// Cargo for the target.
    pub(crate) fn cargo(&self, subcommand: &str) -> Command {
        let mut command = cargo(&[subcommand, "--locked", "--target", TARGET]);
        if let Self::Source(source) = self {
            // A folder of its own: the switch would make every other build start afresh.
            command.arg("--target-dir").arg(self.target());
            command.args(["-Zbuild-std=std,panic_abort"]).env("RUSTC_BOOTSTRAP", "1");
            // Otherwise cargo looks for the source beside the compiler only.
            command.env("__CARGO_TESTS_ONLY_SRC_ROOT", source);
        }
        command
    }

    fn target(&self) -> PathBuf {
        match self {
            Self::Installed => project::target(),
            Self::Source(_) => project::target().join("windows-check"),
        }
    }

    /// Where programs lie that were built for the target, by this profile's folder.
    pub(crate) fn programs(&self, profile: &str) -> PathBuf {
        self.target().join(TARGET).join(profile)
    }
}

/// Where the target's standard library can be had.
pub(crate) fn library() -> Result<Library> {
    if has_target()? || (shell::exists("rustup") && add_target()) {
        return Ok(Library::Installed);
    }
    source().map(Library::Source)
}

fn has_target() -> Result<bool> {
    let sysroot =
        shell::ask(&mut shell::command("rustc", &["--print", "sysroot"])).context("rustc is missing")?;
    Ok(Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).join("lib").is_dir())
}

fn add_target() -> bool {
    shell::run(&mut shell::command("rustup", &["target", "add", TARGET])).is_ok()
}

#[cfg(target_os = "linux")]
fn source() -> Result<PathBuf> {
    debian_source::library()
}

#[cfg(not(target_os = "linux"))]
fn source() -> Result<PathBuf> {
    anyhow::bail!("rustup could not add it")
}
