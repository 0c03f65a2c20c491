//! What a Windows computer of the lab is made from: wine's prefix as a new one has it, the stand-in for the driver with its
//! Linux side, a game, and the programs as they lie beside each other when they are installed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use lanrage_lab::WindowsKit;

use crate::{
    dist::windows,
    project,
    setup::{self, Setup},
    shell,
    windows_target::Library,
};

/// Debian's place of the program that runs 64-bit Windows programs; the one in the search path looks for 32-bit ones first.
const WINE: &str = "/usr/lib/wine/wine64";

/// Compiles C for Windows.
const COMPILER: &str = "x86_64-w64-mingw32-gcc";

/// Where it all lies.
pub(super) fn folder() -> PathBuf {
    project::target().join("wine")
}

/// Where the programs lie, as installed.
pub(super) fn programs() -> PathBuf {
    folder().join("app")
}

/// The game.
pub(super) fn game() -> PathBuf {
    folder().join("game.exe")
}

/// Where the lab's Windows computers have their disks.
pub(super) fn disks() -> PathBuf {
    folder().join("disks")
}

pub(super) fn kit() -> WindowsKit {
    WindowsKit {
        wine: WINE.into(),
        prefix: folder().join("prefix"),
        bridge: folder().join("bridge"),
        authority: None,
        screen: None,
    }
}

/// Gets what runs Windows programs, where that can be had.
pub(super) fn get_wine(setup: Setup) -> Result<()> {
    ensure!(cfg!(target_arch = "x86_64"), "wine runs programs for x86-64 on such a processor alone");
    setup.packages(&[setup::WINE, setup::INSTALLER, setup::SCREEN]).context("there is no wine")?;
    ensure!(Path::new(WINE).exists(), "{WINE} is not there");
    Ok(())
}

/// Makes it.
pub(super) fn build(library: &Library) -> Result<()> {
    fs::create_dir_all(programs())?;
    let own = folder();
    compile("cc", "bridge.c", &own.join("bridge"), &[])?;
    compile(COMPILER, "game.c", &game(), &["-lws2_32"])?;
    let driver = own.join("standin.dll");
    compile(COMPILER, "standin.c", &driver, &["-shared", "-static-libgcc", "-lws2_32", "-liphlpapi"])?;
    build_prefix()?;
    windows::fill(&programs(), library, "debug", &driver)
}

/// Makes a new computer's disk, with what wine lacks.
pub(super) fn build_prefix() -> Result<()> {
    fs::create_dir_all(folder())?;
    let missing = folder().join("bcryptprimitives.dll");
    compile(COMPILER, "missing.c", &missing, &["-shared", "-static-libgcc", "-ladvapi32", "-lws2_32"])?;
    fs::copy(&missing, prefix()?.join("drive_c/windows/system32/bcryptprimitives.dll"))?;
    Ok(())
}

fn compile(compiler: &str, source: &str, to: &Path, libraries: &[&str]) -> Result<()> {
    let mut command = shell::command(compiler, &["-O2", "-Wall", "-Werror", "-o"]);
    command.arg(to).arg(project::root().join("tests/wine").join(source)).args(libraries);
    shell::run(&mut command)
}

/// A new prefix, made once for each version of wine.
fn prefix() -> Result<PathBuf> {
    let prefix = kit().prefix;
    let version =
        shell::ask(Command::new(WINE).arg("--version")).context("wine does not tell its version")?;
    // Written last: one that was interrupted is none.
    let record = folder().join("prefix-of");
    if fs::read_to_string(&record).is_ok_and(|made| made == version) {
        return Ok(prefix);
    }
    if prefix.exists() {
        fs::remove_dir_all(&prefix)?;
    }
    let words = kit().starter(Path::new("wineboot.exe"));
    let mut boot = Command::new(&words[0]);
    // It writes links into the home folder's place of documents; nobody's own is to be among them.
    boot.args(&words[1..]).arg("--init").env_remove("DISPLAY").env("HOME", folder());
    shell::run(&mut boot)?;
    let server = Path::new(WINE).with_file_name("wineserver64");
    shell::run(Command::new(server).arg("--wait").env("WINEPREFIX", &prefix))?;
    fs::write(record, version)?;
    Ok(prefix)
}
