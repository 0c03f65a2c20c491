//! The Windows code must compile, wherever it is checked.
//!
//! Only `cargo check`: nothing is linked or run. What it needs beside a C compiler for Windows is the standard
//! library of the target. An ordinary machine gets it from rustup. Where Rust's own servers cannot be reached, Debian's
//! package of the standard library's source, of the very same version as the compiler, is built instead.

#[cfg(target_os = "linux")]
mod debian_source;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::{
    project,
    shell::{self, cargo},
};

const TARGET: &str = "x86_64-pc-windows-gnu";

/// What runs on Windows; the rest comes in as dependencies.
const PACKAGES: [&str; 6] =
    ["--package", "lanrage-engine", "--package", "lanrage-cli", "--package", "lanrage"];

/// Checks the code for Windows, or says in one line why it was left out.
pub(crate) fn check() -> Result<String> {
    let mut check = cargo(&["check", "--locked", "--target", TARGET]);
    check.args(PACKAGES);
    if has_target()? || (shell::exists("rustup") && add_target()) {
        shell::run(&mut check)?;
        return Ok(String::new());
    }
    match standard_library() {
        Ok(library) => {
            // A folder of its own: the switch would make every other build start afresh.
            check.arg("--target-dir").arg(project::target().join("windows-check"));
            check.args(["-Zbuild-std=std,panic_abort"]).env("RUSTC_BOOTSTRAP", "1");
            // Otherwise cargo looks for the source beside the compiler only.
            check.env("__CARGO_TESTS_ONLY_SRC_ROOT", library);
            shell::run(&mut check)?;
            Ok(" (standard library from Debian's rust-src)".to_owned())
        }
        Err(reason) => {
            let remark = format!(": LEFT OUT, there is no standard library for {TARGET}: {reason:#}");
            println!("The code for Windows{remark}");
            Ok(remark)
        }
    }
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
fn standard_library() -> Result<PathBuf> {
    debian_source::library()
}

#[cfg(not(target_os = "linux"))]
fn standard_library() -> Result<PathBuf> {
    anyhow::bail!("rustup could not add it")
}
