//! The installer for Windows, made on Linux: programs linked by MinGW, packed by NSIS, signed where there is a certificate.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{
    folder,
    linux::{copy, empty},
};
use crate::{
    project,
    setup::{self, Setup},
    shell::{self, cargo, npm},
    windows_target::{Library, library},
};

/// Where the certificate lies that installers are signed with, and its private key (both PEM).
const CERTIFICATE: &str = "LANRAGE_SIGN_CERTIFICATE";
const KEY: &str = "LANRAGE_SIGN_KEY";
/// The address of a time stamp server, so that a signature outlives the certificate.
const TIME_STAMPS: &str = "LANRAGE_SIGN_TIMESTAMPS";

/// What is installed.
const PROGRAMS: [&str; 3] = ["lanrage-desktop", "lanrage", "lanrage-helper"];
/// How the desktop app finds what shows its window.
const LOADER: &str = "WebView2Loader.dll";

/// How an installer is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// In seconds, for tests.
    Quick,
    /// As small as it can be.
    Small,
}

/// Builds the programs for Windows, and packs them.
pub(super) fn package(setup: Setup) -> Result<PathBuf> {
    setup.packages(&[setup::WINDOWS_CHECK, setup::INSTALLER])?;
    setup.node_packages()?;
    let library = library().context("there is no standard library for Windows")?;
    shell::run(&mut npm(&["run", "build"]))?;
    // Apart: what a library is compiled with depends on who is built together.
    for packages in
        [&["--package", "lanrage"][..], &["--package", "lanrage-cli"], &["--package", "lanrage-helper"]]
    {
        shell::run(library.cargo("build").arg("--release").args(packages))?;
    }
    let stage = folder().join("windows");
    empty(&stage)?;
    fill(&stage, &library, "release", &driver_folder()?.join("wintun/bin/amd64/wintun.dll"))?;
    let installer = folder().join(format!("lanrage-{}-setup.exe", env!("CARGO_PKG_VERSION")));
    pack(&stage, &installer, env!("CARGO_PKG_VERSION"), Pace::Small)?;
    if let (Some(certificate), Some(key)) = (env::var_os(CERTIFICATE), env::var_os(KEY)) {
        sign(&installer, Path::new(&certificate), Path::new(&key))?;
    } else {
        println!("The installer is NOT SIGNED: {CERTIFICATE} and {KEY} name no certificate");
    }
    Ok(installer)
}

/// Puts into a folder what the installer has: the programs, the driver and the licences.
pub(crate) fn fill(stage: &Path, library: &Library, profile: &str, driver: &Path) -> Result<()> {
    for program in PROGRAMS {
        let file = format!("{program}.exe");
        // What only debuggers read is most of an unoptimised program.
        let mut strip = shell::command("x86_64-w64-mingw32-strip", &["-o"]);
        shell::run(strip.arg(stage.join(&file)).arg(library.programs(profile).join(&file)))?;
    }
    copy(&library.programs(profile).join(LOADER), &stage.join(LOADER))?;
    copy(driver, &stage.join("wintun.dll"))?;
    copy(&driver_folder()?.join("wintun/LICENSE.txt"), &stage.join("wintun-license.txt"))?;
    copy(&project::root().join("LICENSE"), &stage.join("license.txt"))
}

/// The folder of the crate that speaks with the Windows driver, which brings the driver.
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

/// Packs what lies in a folder. A version has three numbers.
pub(crate) fn pack(stage: &Path, to: &Path, version: &str, pace: Pace) -> Result<()> {
    let mut command = shell::command("makensis", &["-V2", "-WX"]);
    let icon = project::root().join("icons/icon.ico");
    for (name, value) in [
        ("FROM", stage.display().to_string()),
        ("OUT", to.display().to_string()),
        ("ICON", icon.display().to_string()),
    ] {
        command.arg(format!("-D{name}={value}"));
    }
    command.arg(format!("-DVERSION={version}.0"));
    if pace == Pace::Quick {
        command.arg("-DQUICK");
    }
    shell::run(command.arg(project::root().join("src-tauri/packaging/windows/lanrage.nsi")))
}

/// Signs an installer, in its place.
pub(crate) fn sign(installer: &Path, certificate: &Path, key: &Path) -> Result<()> {
    let signed = installer.with_extension("signed");
    let mut command = shell::command("osslsigncode", &["sign", "-h", "sha256", "-n", "LANrage"]);
    command.arg("-certs").arg(certificate).arg("-key").arg(key);
    if let Some(address) = env::var_os(TIME_STAMPS) {
        command.arg("-ts").arg(address);
    }
    shell::run(command.arg("-in").arg(installer).arg("-out").arg(&signed))?;
    Ok(fs::rename(signed, installer)?)
}

/// Whether an installer was signed by whom this certificate is of.
pub(crate) fn verify(installer: &Path, certificate: &Path) -> Result<()> {
    let mut command = shell::command("osslsigncode", &["verify", "-CAfile"]);
    let output = command.arg(certificate).arg("-in").arg(installer).output().context("osslsigncode")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success() && said.contains("Signature verification: ok"),
        "not signed as it should be:\n{said}"
    );
    Ok(())
}
